"""The right form of gates that are applied as in Python, Q# or OpenQASM."""

from __future__ import annotations

import re

from qdsl.language.parser.trouble import LONGEST_FORM
from qdsl.language.syntax.foreign import MODIFIERS, OUTPUTS, PAULIS, entry_of, gate_meant

_KEYWORD = re.compile(r"^\w+\s*=\s*(?!=)")
_CALL = re.compile(r"(?:\w+\s*\.\s*)*(\w+)\s*\(([^()]*)\)")


def application(name: str, inside: str) -> str:
    """The right form of `name(inside)` where qubits stand among the arguments."""
    gate = gate_meant(name) or name
    if name.lower() in OUTPUTS or name in ("print", "M", "draw"):
        return "return sample(q)"
    parts = arguments(inside)
    entry = entry_of(gate)
    n_angles = entry.angles if entry else sum(not p.endswith("]") for p in parts)
    wanted = (entry.arity if entry else 1) or 1
    if entry is None:
        parts.sort(key=lambda part: part.endswith("]"))
    angles, qubits = parts[:n_angles], [qubit(p) for p in parts[n_angles:]]
    qubits += [f"q[{k}]" for k in range(len(qubits), wanted)]
    right = f"{gate}{_in_parentheses(angles)} {', '.join(qubits)}"
    if len(right) > LONGEST_FORM:
        return f"{gate}{'(angle)' * bool(angles)} " + ", ".join(f"q[{k}]" for k in range(wanted))
    return right


def _in_parentheses(angles: list[str]) -> str:
    return f"({', '.join(angles)})" if angles else ""


def arguments(inside: str) -> list[str]:
    """The parts between commas, without keywords: `0.3, wires=[0, 1]` has three."""
    parts, level, start = [], 0, 0
    text = re.sub(r"\w+\s*=\s*\[([^\[\]]*)\]", r"\1", inside)
    for i, char in enumerate(f"{text},"):
        level += (char in "([") - (char in ")]")
        if char == "," and level <= 0:
            parts.append(_KEYWORD.sub("", text[start:i].strip()))
            start = i + 1
    return [part for part in parts if part]


def qubit(text: str) -> str:
    """`0` as an element of a register, another operand as it is."""
    return f"q[{text}]" if text.isdigit() else text


def output(name: str, inside: str) -> str:
    """`expval(PauliZ(0))` as an output: `expect(Z q[0])`."""
    kind = OUTPUTS.get(name.lower(), name)
    if kind != "expect":
        return f"{kind}(q)"
    found = _CALL.findall(inside)
    letters = [(PAULIS[word.lower()], arg) for word, arg in found if word.lower() in PAULIS]
    product = " * ".join(f"{p} {(*map(qubit, arguments(arg)), 'q[0]')[0]}" for p, arg in letters)
    return f"expect({product or inside if len(inside) < LONGEST_FORM else 'Z q[0]'})"


def modified(word: str, rest: str) -> str:
    """`controlled h q, r` as `ctrl @ h q, r`; what stands behind the modifier is `rest`."""
    modifier = MODIFIERS[word.lower()]
    match = re.fullmatch(r"[@\s]*(\w+)(\([^()]*\))?\s*(?:\(([^()]*)\))?\s*([^()]*)", rest)
    plain = {"ctrl": "ctrl @ h q[0], q[1]", "inv": "inv @ s q[0]"}[modifier]
    if match is None or len(rest) > LONGEST_FORM:
        return plain
    gate, angles, inside, operands = match[1], match[2] or "", match[3] or "", match[4] or ""
    if not operands:  # `Controlled X([q[0]], q[1])`
        angles, inside = "", inside or angles.strip("()")
        operands = ", ".join(qubit(a.strip("[] ") + "]" * ("[" in a)) for a in arguments(inside))
    if not operands:
        return plain
    return f"{modifier} @ {gate_meant(gate) or gate}{angles} {operands}"
