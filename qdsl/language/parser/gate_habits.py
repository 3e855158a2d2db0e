"""Gates applied as in Python, Q# or OpenQASM: which message names the right form."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.printable import quoted
from qdsl.language.parser.applying import application, arguments, modified, output
from qdsl.language.parser.errors.calls import DottedName, QubitsInParentheses
from qdsl.language.parser.errors.grammar import UnexpectedToken, WrongWord
from qdsl.language.parser.lexer import NUMBERS
from qdsl.language.parser.tables import END
from qdsl.language.parser.trouble import LONGEST_FORM, Trouble
from qdsl.language.syntax.foreign import GATES, MODIFIERS, OUTPUTS, entry_of, gate_meant

_ENDS = ("SEP", "}", END)
_QUBITS = "the qubits to act on"
_INVERSES = ("inverse", "inv", "dagger", "adjoint", "control", "controlled", "ctrl")


def dotted(t: Trouble) -> Diagnostic | None:
    """`qc.h(0)`, `np.pi`, `qml.expval(...)` and `q.0`."""
    if t.before is None or t.before.kind != "NAME":
        return None
    if t.token.kind == "REAL" and t.token.text[0] == "." and t.token.start == t.before.end:
        right = f"{t.before.text}[{t.token.text[1:]}]"
        span = t.over(t.index - 1, t.index + 1)
        return DottedName(span, span, right)
    if t.token.kind != "." or t.tokens[t.index + 1].kind == END:
        return None
    last = t.index + 1
    while t.tokens[last + 1].kind == "." and t.tokens[last + 2].kind == "NAME":
        last += 2
    first = t.index - 1
    ends, right = _without_dots(t, first, last)
    return DottedName(t.over(first, last + 1), t.over(first, ends), right)


def _without_dots(t: Trouble, first: int, last: int) -> tuple[int, str]:
    """Where the part ends that begins with the dotted name, and what to write in its place."""
    name = t.tokens[last].text
    end = _behind_parentheses(t, last + 1)
    inside = t.text(last + 1, end)[1:-1].strip()
    if t.first.kind == "return":
        return end, output(name, inside)
    if first > t.begins:
        return last + 1, name.lower() if name.isupper() else name
    if name.lower() in _INVERSES:  # `h.inverse() q`
        word = {"inv": "inverse", "ctrl": "control"}.get(name.lower(), name)
        return t.ends, modified(word, f"{t.tokens[first].text} {t.text(end, t.ends)}")
    if end == last + 1:
        return t.ends, f"{name} {t.text(end, t.ends)}".strip()
    return end, application(name, inside)


def _behind_parentheses(t: Trouble, start: int) -> int:
    """The index behind the `)` of the `(` at `start`; `start` itself if there is none."""
    i, level = start, 0
    while t.tokens[i].kind != END:
        level += (t.tokens[i].kind == "(") - (t.tokens[i].kind == ")")
        if level == 0:
            return i + 1 if i > start else start
        i += 1
    return start


def parentheses(t: Trouble) -> Diagnostic | None:
    """`h(q[0])`, `rx(0.3, q[0])`, `measure_all()`."""
    ends = t.token.kind in _ENDS and t.before is not None and t.before.kind == ")"
    if not ends or "NAME" not in t.expected or t.first.kind != "NAME" or t.index == t.begins:
        return None
    inside = t.text(t.begins + 1, t.index)[1:-1].strip()
    right = application(t.first.text, inside)
    if right.startswith("return"):
        found = quoted(t.first.text)
        return UnexpectedToken(t.span(t.first), found, "a statement", "", right)
    entry, parts = entry_of(gate_meant(t.first.text) or ""), arguments(inside)
    if entry is None:
        has_qubits = any(part.endswith("]") for part in parts)
    else:
        has_qubits = len(parts) > entry.angles or any(part.endswith("]") for part in parts)
    if has_qubits:
        return QubitsInParentheses(t.over(t.begins + 1, t.index), t.first.text, right)
    found = "`;`" if t.token.text == ";" else "the end of the line"
    return UnexpectedToken(t.span(t.token), found, _QUBITS, ")", right)


def operand_in_parentheses(t: Trouble) -> Diagnostic | None:
    """`h q(0)`, `rot ZZ(0.1) q[0], q[1]`."""
    if t.token.kind != "(" or t.before is None or t.before.kind != "NAME" or t.first.kind != "NAME":
        return None
    if t.first.text.lower() in MODIFIERS:
        return modifier(t)
    end = _behind_parentheses(t, t.index)
    if t.index < t.begins + 2 or end == t.index:
        return None
    inside, word = t.text(t.index, end)[1:-1].strip(), t.before.text
    if t.first.text == "rot" or set(word) <= set("XYZ"):
        right = f"rot({inside}) {word} {t.text(end, t.ends)}".strip()
        expected = "the angle before the Pauli word"
    else:
        right = f"{t.text(t.begins, t.index)}[{inside}]{t.text(end, t.ends)}"
        expected = "`[`"
    right = right if len(right) <= LONGEST_FORM else f"{word}[{inside[:9]}]"
    return UnexpectedToken(t.span(t.token), "`(`", expected, word, right)


def modifier(t: Trouble) -> Diagnostic | None:
    """`Adjoint S(q[0])`, `inverse @ s q[0]`."""
    if t.first.text.lower() not in MODIFIERS or t.index == t.begins:
        return None
    right = modified(t.first.text, t.text(t.begins + 1, t.ends))
    meant = right.partition(" ")[0]
    meant += "" if t.tokens[t.begins + 1].kind == "@" else " @"
    return WrongWord(t.span(t.first), meant, right)


def numbered_qubits(t: Trouble) -> Diagnostic | None:
    """`cx 0, 1` and `rx(0.3) 0`."""
    if t.first.kind != "NAME" or t.token.kind != "INTEGER" or t.before is None:
        return None
    behind = t.before.kind == ")" or t.index == t.begins + 1
    if not behind or not set(t.expected) & {"NAME", "="} or t.tokens[t.index - 1].kind == "=":
        return None
    head = t.text(t.begins, t.index)
    gate = gate_meant(t.first.text)
    if gate not in GATES:
        return None
    numbers = [w.text for w in t.tokens[t.index : t.ends] if w.kind in NUMBERS]
    qubits = ", ".join(f"q[{number}]" for number in numbers[:3])
    right = f"{head.replace(t.first.text, gate, 1)} {qubits}"
    right = right if len(right) <= LONGEST_FORM else f"{gate} {qubits}"
    return UnexpectedToken(t.span(t.token), quoted(t.token.text), _QUBITS, head[-20:], right)


def two_gates(t: Trouble) -> Diagnostic | None:
    """`h q[0], x q[1]`: a comma where the next gate begins, and `cx q[0]; q[1]` the other way."""
    comma = t.tokens[t.index - 2] if t.index >= t.begins + 3 else None
    is_next_gate = comma is not None and comma.kind == "," and t.first.text in GATES
    if (
        is_next_gate
        and t.before is not None
        and t.before.text in GATES
        and t.token.kind in ("NAME", "(")
    ):
        right = f"{t.text(t.begins, t.index - 2)}; {t.text(t.index - 1, t.ends)}"
        right = right if len(right) <= LONGEST_FORM else "h q[0]; x q[1]"
        span = t.over(t.index - 2, t.index - 1)
        return UnexpectedToken(span, "`,`", "`;`", t.tokens[t.index - 3].text, right)
    return _semicolon_for_comma(t)


def _semicolon_for_comma(t: Trouble) -> Diagnostic | None:
    k = t.begins - 1
    if k < 1 or t.tokens[k].text != ";" or t.token.kind not in _ENDS or "=" not in t.expected:
        return None
    begins = k
    while begins > 0 and t.tokens[begins - 1].kind not in ("SEP", "{", "}"):
        begins -= 1
    if t.tokens[begins].text not in GATES or t.tokens[k - 1].kind not in ("NAME", "]"):
        return None
    operands, entry = t.text(t.begins, t.index), entry_of(t.tokens[begins].text)
    if entry is not None and entry.arity == 1:  # `h q; r`
        right = f"{t.text(begins, k)}; {t.text(begins, begins + 1)} {operands}"
        right = right if len(right) <= LONGEST_FORM else "h q; h r"
        return UnexpectedToken(t.over(t.begins, t.index), quoted(operands), "a gate", ";", right)
    right = f"{t.text(begins, k)}, {operands}"
    right = right if len(right) <= LONGEST_FORM else "cx q[0], q[1]"
    return UnexpectedToken(t.over(k, k + 1), "`;`", "`,`", t.tokens[k - 1].text, right)


def returned(t: Trouble) -> Diagnostic | None:
    """`return q`, `return sample q`, `return expect Z q[0]`."""
    if t.first.kind != "return" or "(" not in t.expected or t.before is None:
        return None
    if t.before.kind != "NAME":
        return None
    is_end, word = t.token.kind in ("SEP", "}", END), t.before.text
    kind = OUTPUTS.get(word.lower(), word)
    outputs = ("sample", "probability", "expect", "overlap")
    if kind in outputs:
        expected = f"`{kind}(...)`"
        right = f"return {kind}({'Z q[0]' if kind == 'expect' else 'q'})"
        if not is_end:
            right = f"return {kind}({t.text(t.index, t.ends)})"
    else:
        expected = "an output"
        right = f"return sample({t.text(t.index - 1, t.ends)})"
    right = right if len(right) <= LONGEST_FORM else "return sample(q)"
    span = t.span(t.before)
    return UnexpectedToken(span, quoted(word), expected, "return", right)
