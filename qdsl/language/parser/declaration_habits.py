"""Registers, parameters, measurements and properties declared as in other languages."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.printable import quoted
from qdsl.language.parser.errors.grammar import MissingLet, UnexpectedToken, ValueChanged, WrongWord
from qdsl.language.parser.forms import block_head
from qdsl.language.parser.lexer import NUMBERS
from qdsl.language.parser.tables import END
from qdsl.language.parser.trouble import LONGEST_FORM, Trouble
from qdsl.language.syntax.foreign import CONSTRUCTORS, REGISTERS

_ENDS = ("SEP", "}", END)


def _fitting(right: str, otherwise: str) -> str:
    return right if len(right) <= LONGEST_FORM else otherwise


def register(t: Trouble) -> Diagnostic | None:
    """`qubit[2] q`, `qubits q(3)`, `qubits q = 3`, `qubits 3`."""
    keyword = REGISTERS.get(t.first.text, t.first.kind)
    if keyword not in ("qubits", "bits") or t.index == t.begins:
        return None
    words = t.tokens[t.begins + 1 : t.ends]
    if len(words) > 9:
        return None
    if [w.kind for w in words[:3]] == ["NAME", "=", "measure"]:  # `bit c = measure q[0]`
        right = f"bits {words[0].text}; {t.text(t.begins + 1, t.ends)}"
        return WrongWord(t.span(t.first), keyword, _fitting(right, "bits c; c = measure q[0]"))
    known = t.first.kind == keyword
    names = [w.text for w in words if w.kind == "NAME"]
    sizes = [w.text for w in words if w.kind in NUMBERS]
    is_bare = words and words[0].kind in ("[", *NUMBERS)
    if not is_bare and t.token.kind not in ("(", "=", "["):
        return None
    usual = "q" if keyword == "qubits" else "c"
    name = names[-1] if is_bare and names else next(iter(names), usual)
    size = sizes[0] if sizes else names[0] if len(names) > 1 else "n"
    right = f"{keyword} {name}[{size}]"
    if not known:
        return WrongWord(t.span(t.first), keyword, right)
    found = quoted(t.token.text)
    expected = "a name" if is_bare else "the size in brackets"
    return UnexpectedToken(t.span(t.token), found, expected, t.tokens[t.index - 1].text, right)


def declared_type(t: Trouble) -> Diagnostic | None:
    """`param theta`, `param w[3]: angle`, `data x = [0.1, 0.2]`."""
    if t.first.kind not in ("data", "param") or ":" not in t.expected or t.before is None:
        return None
    if t.before.kind != "NAME" or t.index != t.begins + 2:
        return None
    kind = "real" if t.first.kind == "data" else "angle"
    name, rest = t.before.text, t.text(t.index, t.ends)
    right = f"{t.first.kind} {name}: {kind}"
    if t.token.kind == "[":
        size = rest.partition("]")[0].strip("[ ")
        right = f"{right}[{size}]"
    elif t.token.kind == "=" and t.first.kind == "data":
        rows, numbers = rest.count("[") - 1, rest.count(",") + 1
        shape = f"[{rows}, {numbers // rows}]" if rows > 0 else f"[{numbers}]" if rows == 0 else ""
        right = _fitting(f"{right}{shape} {rest}", f"{right}{shape} = ...")
    found = "the end of the line" if t.token.kind in _ENDS else quoted(t.token.text)
    place = t.before if t.token.kind in _ENDS else t.token
    right = _fitting(right, f"{t.first.kind} x: {kind}[n]")
    return UnexpectedToken(t.span(place), found, "`:` and a type", name, right)


def constructed(t: Trouble) -> Diagnostic | None:
    """`q = QuantumRegister(3)`, `theta = Parameter("theta")`, `use q = Qubit()`."""
    at = t.begins + (t.first.kind in ("use", "let"))
    kinds = [w.kind for w in t.tokens[at : at + 4]]
    if kinds[:2] != ["NAME", "="] or not {"(", "["} & set(kinds[3:]) or t.index < at + 1:
        return None
    keyword = CONSTRUCTORS.get(t.tokens[at + 2].text.lower())
    if keyword is None and kinds[2] in ("data", "param", "qubits", "bits"):
        keyword = kinds[2]
    if keyword is None:
        return None
    name = t.tokens[at].text
    inside = next((w.text for w in t.tokens[at + 4 : at + 8] if w.kind == "INTEGER"), "")
    size = f"[{inside}]" if inside else ""
    kinds_of = {"param": ": angle", "data": ": real"}
    right = f"{keyword} {name}{kinds_of.get(keyword, '')}{size}"
    return MissingLet(t.span(t.tokens[at]), keyword, _fitting(right, f"{keyword} q"))


def measured(t: Trouble) -> Diagnostic | None:
    """`measure(q, c)`, `measure q, c`, `let r = measure q[0]`, `if measure q[0] { ... }`."""
    rest = t.text(t.index + 1, t.ends)
    if t.first.kind == "measure" and t.token.kind in ("(", ","):
        inside = t.text(t.begins + 1, t.ends).strip("()")
        qubit, _, bit = (part.strip() for part in inside.partition(","))
        right = _fitting(f"{bit or 'c'} = measure {qubit or 'q'}", "c = measure q")
        expected = "the end of the line" if t.token.kind == "," else "a name"
        return UnexpectedToken(
            t.span(t.token), quoted(t.token.text), expected, t.tokens[t.index - 1].text, right
        )
    if t.token.kind != "measure" or t.before is None or "INTEGER" not in t.expected:
        return None
    is_named = t.first.kind == "let" or t.first.text in REGISTERS
    name = t.tokens[t.begins + 1].text if is_named else "c"
    right = f"bits {name}; {name} = measure {rest}"
    if t.first.kind == "if":
        right = f"{name} = measure {rest}; if {name} {{ ... }}"
    right = _fitting(right, "bits c; c = measure q[0]")
    expected = "a value that is no measurement"
    return UnexpectedToken(t.span(t.token), "`measure`", expected, t.before.text, right)


def increment(t: Trouble) -> Diagnostic | None:
    """`i++` and `i--`."""
    kinds = [w.kind for w in t.tokens[t.begins : t.begins + 3]]
    if kinds[0] != "NAME" or (kinds[1:] not in (["+", "+"], ["-", "-"]) and kinds[1:2] != ["--"]):
        return None
    ends = t.begins + (2 if kinds[1] == "--" else 3)
    return ValueChanged(t.span(t.first)) if t.tokens[ends].kind in _ENDS else None


def sign_behind_property(t: Trouble) -> Diagnostic | None:
    """`qubits = 4`, `fidelity: 0.97`, `shots: 1000`."""
    if t.token.kind not in ("=", ":") or t.before is None or "(" not in t.expected:
        return None
    value = t.tokens[t.index + 1]
    if value.kind not in (*NUMBERS, "STRING", "NAME", "-") or t.index < 2:
        return None
    if block_head(t.tokens, t.index) not in ("network", "node", "link", "experiment"):
        return None
    if t.tokens[t.index - 2].kind not in ("{", ",", "SEP"):
        return None
    unit = t.tokens[t.index + 2]
    behind = f" {unit.text}" if unit.kind == "UNIT" else ""
    right = _fitting(f"{t.before.text} {value.text}{behind}", f"{t.before.text[:20]} 1")
    sign = quoted(t.token.text)
    return UnexpectedToken(t.span(t.token), sign, "a value", t.before.text, right)


def typed_parameter(t: Trouble) -> Diagnostic | None:
    """`model m(int n)` and `circuit f(angle t)`."""
    if t.first.kind not in ("model", "circuit") or t.before is None or t.token.kind != "NAME":
        return None
    if t.before.kind != "NAME" or t.tokens[t.index - 2].kind not in ("(", ","):
        return None
    name, type_ = t.token.text, t.before.text
    right = f"{name} = 4" if t.first.kind == "model" else f"{name}: {type_}"
    expected = "a name alone" if t.first.kind == "model" else "the type behind the name"
    return UnexpectedToken(
        t.span(t.before), quoted(type_), expected, t.tokens[t.index - 2].text, right
    )
