"""Which message fits a token that cannot stand where it stands."""

from __future__ import annotations

from collections.abc import Callable

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.printable import quoted
from qdsl.diagnostics.source import Span
from qdsl.language.parser import block_habits, declaration_habits, gate_habits
from qdsl.language.parser.errors.grammar import (
    EqualsMixup,
    MissingComma,
    MissingLet,
    NotAPauliWord,
    OutOfPlace,
    ReservedWord,
    UnexpectedToken,
    ValueChanged,
    WrongWord,
)
from qdsl.language.parser.forms import (
    FORMS,
    ITEM_STARTS,
    STATEMENT_STARTS,
    block_head,
    expected_words,
    form,
)
from qdsl.language.parser.lexer import NUMBERS, Token
from qdsl.language.parser.tables import END, RESERVED
from qdsl.language.parser.trouble import LONGEST_FORM, Trouble
from qdsl.language.syntax.spelling import closest

# Words of other languages -> the keyword that does their work here.
_FOREIGN_WORDS = {
    "def": "circuit", "gate": "circuit", "func": "circuit", "function": "circuit",
    "subroutine": "circuit", "import": "use", "include": "use", "from": "use",
    "qreg": "qubits", "qubit": "qubits", "creg": "bits", "bit": "bits",
    "const": "let", "var": "let", "int": "let", "float": "let", "while": "for", "foreach": "for",
    "input": "data", "weight": "param", "parameter": "param", "output": "return",
    "operation": "circuit", "repeat": "for", "loop": "for", "teleport": "move", "send": "move",
    "transfer": "move", "elif": "else if", "elseif": "else if", "party": "at", "on": "at",
}  # fmt: skip
_STARTS = tuple(sorted(STATEMENT_STARTS | ITEM_STARTS | {"node", "link", "else"}))
_ENDS_VALUE = frozenset({"NAME", "INTEGER", "REAL", "STRING", "UNIT", ")", "]"})
_OF_ANGLES = NUMBERS | {"+", "-", "*", "/", "^", "**", "("}
_BEGINS_VALUE = frozenset({"NAME", "INTEGER", "REAL", "STRING"})


def meant_keyword(word: str) -> str | None:
    """The keyword a word at the start of a statement stands for, if it seems to be one."""
    return _FOREIGN_WORDS.get(word) or closest(word, _STARTS)


def diagnose(trouble: Trouble) -> Diagnostic:
    for recognise in _MISTAKES:
        problem = recognise(trouble)
        if problem is not None:
            return problem
    return _unexpected(trouble)


def _equals(t: Trouble) -> Diagnostic | None:
    other = {"=": "==", "==": "="}.get(t.token.kind)
    return EqualsMixup(t.span(t.token)) if other in t.expected else None


def _missing_let(t: Trouble) -> Diagnostic | None:
    """`k = 3` in a model."""
    kinds = [token.kind for token in t.tokens[t.begins : t.begins + 4]]
    is_assignment = kinds[:2] == ["NAME", "="] and t.index >= t.begins + 2
    is_call = kinds[2:] == ["NAME", "NAME"]  # `c = f q`
    if is_assignment and not is_call and kinds[2:3] != ["measure"]:
        again = _is_named_before(t) or t.token.text == t.first.text
        return ValueChanged(t.span(t.first)) if again else MissingLet(t.span(t.first), "let")
    return None


def _is_named_before(t: Trouble) -> bool:
    """Whether a `let` of this name stands above, in the same model or circuit."""
    for k in range(t.begins - 1, 0, -1):
        if t.tokens[k].kind in ("model", "circuit"):
            return False
        if t.tokens[k].text == t.first.text and t.tokens[k - 1].kind == "let":
            return True
    return False


def _wrong_word(t: Trouble) -> Diagnostic | None:
    """The statement begins with a word that looks like a keyword."""
    is_move = t.token.kind == "to" and t.first.text in _FOREIGN_WORDS  # `send q[0] to bob`
    if t.first.kind not in ("NAME", "on", "from") or (t.index > t.begins + 3 and not is_move):
        return None
    if t.token.kind in ("SEP", "}", END) and t.index > t.begins + 1:
        return None
    meant = meant_keyword(t.first.text)
    named = t.tokens[t.begins + 1]
    if meant == "use" and named.kind == "STRING" and not named.text.endswith('.qdm"'):
        expected, right = "a declaration", 'circuit c from "circuit.qasm"'
        return UnexpectedToken(t.span(t.first), quoted(t.first.text), expected, "", right)
    return WrongWord(t.span(t.first), meant, _own_form(t, meant)) if meant else None


def _own_form(t: Trouble, meant: str) -> str:
    """The statement with the right keyword, where that is all it takes; else an example."""
    rest = t.text(t.begins + 1, t.ends)
    kinds = [token.kind for token in t.tokens[t.begins + 1 : t.begins + 3]]
    is_kept = {
        "let": kinds == ["NAME", "="], "move": " to " in rest, "use": kinds[:1] == ["STRING"]
    }.get(meant, False)  # fmt: skip
    right = f"{meant} {rest}"
    return right if is_kept and len(right) <= LONGEST_FORM else FORMS.get(meant, "")


def _out_of_place(t: Trouble) -> Diagnostic | None:
    if t.index != t.begins:
        return None
    is_statement = t.token.kind in STATEMENT_STARTS or t.token.kind == "NAME"
    if is_statement and "model" in t.expected:
        k = t.begins - 1
        while k > 0 and t.tokens[k].kind == "SEP":
            k -= 1
        closed = t.span(t.tokens[k]) if k > 0 and t.tokens[k].kind == "}" else None
        return OutOfPlace(t.span(t.token), is_declaration=False, closed=closed)
    if t.token.kind in ITEM_STARTS and "for" in t.expected:
        return OutOfPlace(t.span(t.token), is_declaration=True)
    return None


def _reserved(t: Trouble) -> Diagnostic | None:
    names_only = "NAME" in t.expected and "+" not in t.expected
    after_name_place = t.index > t.begins or t.token.kind in ("in", "and", "or", "not")
    if t.token.kind in RESERVED and names_only and after_name_place:
        return ReservedWord(t.span(t.token))
    return None


def _missing_comma(t: Trouble) -> Diagnostic | None:
    if "," not in t.expected or t.before is None or t.before.kind not in _ENDS_VALUE:
        return None
    if t.token.kind not in _BEGINS_VALUE:
        return None
    if "to" in t.expected and t.tokens[t.index + 1].kind != "(":  # `move q bob`
        return None
    return MissingComma(_value_before(t), _value_at(t))


def _missing_equals(t: Trouble) -> Diagnostic | None:
    """`adam(lr 0.05)`."""
    if not {",", "="} <= t.expected or t.before is None or t.token.kind not in NUMBERS:
        return None
    name, number = t.before.text, t.token.text
    form = f"{name} = {number}"
    return UnexpectedToken(t.span(t.token), quoted(number), "`=`", name, form)


def _angle_behind(t: Trouble) -> Diagnostic | None:
    """`rx q[0], pi/2`: an angle in the place of a qubit."""
    words = t.tokens[t.begins : t.index + 1]
    if (
        t.first.kind != "NAME"
        or t.token.kind not in _OF_ANGLES
        or "," not in {w.kind for w in words}
    ):
        return None
    if len(words) < 4 or words[1].kind != "NAME" or not (t.expected & {"NAME", ","}):
        return None
    ends = t.index
    while t.tokens[ends].kind not in ("SEP", "}", ",", END):
        ends += 1
    commas = [k for k in range(t.begins, t.index + 1) if t.tokens[k].kind == ","]
    qubits = t.source.text[words[1].start : t.tokens[commas[-1] - 1].end]
    span = Span(t.source, t.tokens[commas[-1] + 1].start, t.tokens[ends - 1].end)
    angle = span.text
    right = f"{t.first.text}({angle}) {qubits}"
    if len(right) > LONGEST_FORM or "\n" in right:
        right = f"{t.first.text}(angle) q[0]"
    return UnexpectedToken(span, quoted(angle), "a qubit", ",", right)


def _slice_colon(t: Trouble) -> Diagnostic | None:
    """`q[0:2]`."""
    if t.token.kind != ":" or "]" not in t.expected or ".." not in t.expected:
        return None
    near = t.tokens[max(t.index - 3, 0) : t.index + 3]
    kinds = tuple(token.kind for token in near)
    right = "q[0..2]"
    if kinds[:2] == ("NAME", "[") and kinds[5:] == ("]",):
        right = f"{near[0].text}[{near[2].text}..{near[4].text}]"
    before = near[2].text
    return UnexpectedToken(t.span(t.token), "`:`", "`..`", before, right)


def _missing_times(t: Trouble) -> Diagnostic | None:
    """`w Z q[0]` in an observable."""
    if t.index < t.begins + 2 or t.token.kind != "NAME":
        return None
    factor, pauli = t.tokens[t.index - 2], t.tokens[t.index - 1]
    if factor.kind != "NAME" or pauli.text not in ("X", "Y", "Z", "I"):
        return None
    return NotAPauliWord(t.span(factor), t.span(pauli).to(_value_at(t)))


def _value_at(t: Trouble) -> Span:
    """The value that begins at the token, its brackets included: `q[0]`."""
    i, level = t.index, 0
    while t.tokens[i + 1].kind in ("(", "[") or level > 0:
        i += 1
        level += (t.tokens[i].kind in ("(", "[")) - (t.tokens[i].kind in (")", "]"))
        if t.tokens[i].kind in ("SEP", END):
            return t.span(t.token)
    return Span(t.source, t.token.start, t.tokens[i].end)


def _value_before(t: Trouble) -> Span:
    """The value before the token, its brackets included."""
    i, level = t.index - 1, 0
    while i > t.begins:
        kind = t.tokens[i].kind
        level += (kind in (")", "]")) - (kind in ("(", "["))
        if level <= 0 and (kind not in ("(", "[") or t.tokens[i - 1].kind != "NAME"):
            break
        i -= 1
    return Span(t.source, t.tokens[i].start, t.tokens[t.index - 1].end)


_MISTAKES: tuple[Callable[[Trouble], Diagnostic | None], ...] = (
    gate_habits.dotted,
    declaration_habits.constructed,
    declaration_habits.increment,
    declaration_habits.sign_behind_property,
    declaration_habits.measured,
    _equals,
    _missing_let,
    declaration_habits.register,
    gate_habits.modifier,
    gate_habits.numbered_qubits,
    _wrong_word,
    block_habits.comment,
    _out_of_place,
    gate_habits.returned,
    declaration_habits.declared_type,
    declaration_habits.typed_parameter,
    block_habits.loop_head,
    block_habits.missing_brace,
    gate_habits.two_gates,
    gate_habits.operand_in_parentheses,
    gate_habits.parentheses,
    block_habits.colon,
    block_habits.pauli_product,
    block_habits.remainder,
    _missing_equals,
    _angle_behind,
    _slice_colon,
    _missing_times,
    _missing_comma,
    _reserved,
)


def _unexpected(t: Trouble) -> Diagnostic:
    token, before = t.token, t.before
    words = expected_words(t.expected)
    shown = form(t.first, block_head(t.tokens, t.begins), words) if t.index > t.begins else ""
    return UnexpectedToken(
        t.span(token),
        _found_words(token),
        words,
        t.source.text[before.start : before.end] if before else "",
        shown,
    )


def _found_words(token: Token) -> str:
    if token.kind == END:
        return "the end of the file"
    if token.kind == "SEP":
        return "`;`" if token.text == ";" else "the end of the line"
    return quoted(token.text or token.kind)
