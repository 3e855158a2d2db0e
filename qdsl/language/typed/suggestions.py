"""What to write for names that nothing has."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qdsl.language.syntax.foreign import MODIFIERS, gate_meant
from qdsl.language.typed.types import Symbol
from qdsl.language.values.arithmetic import CONSTANTS

_PAULI_FORM = "a Pauli letter stands before its qubit: `{} q[0]`"
_NOTHING = frozenset({"none", "null", "nil", "undefined", "void"})
_OTHER_FUNCTIONS = {
    "arcsin": "`asin`", "arccos": "`acos`", "arctan": "`atan`", "log": "`ln` or `log2`",
    "pow": "`a**b`", "mod": "`a % b`", "size": "`len`", "shape": "`len`", "int": "`floor`",
    "measure": "`c = measure q[0]`", "m": "`c = measure q[0]`", "sample": "`return sample(q)`",
    "param": "`param theta: angle`", "array": "a list: `[0.1, 0.2]`", "list": "a list: `[1, 2]`",
    "linspace": "a list: `[0.1, 0.2]`",
}  # fmt: skip


def for_name(name: str, sort: str | None, visible: Iterable[Symbol]) -> str:
    """What an undeclared name may lack; `sort` is that of what is wanted, None if unknown."""
    if sort == "bits":
        return f"declare `bits {name}`, or `bits {name}[n]` for n results, above"
    if name in ("X", "Y", "Z", "I"):
        return _PAULI_FORM.format(name)
    pauli = re.fullmatch(r"([XYZI])_?(\d{1,6})", name)
    if pauli and sort is None:
        return f"write `{pauli[1]} q[{pauli[2]}]`"
    element = re.fullmatch(r"([A-Za-z]\w*?)_?(\d{1,6})", name)
    if element and element[1] in {s.name for s in visible if s.type.rank}:
        return f"write `{element[1]}[{element[2]}]`"
    if sort == "qubits":
        if name == "all":
            return "name the register: `measure q`, or `return sample(q)` at the end"
        return f"declare `qubits {name}`, or `qubits {name}[n]` for n of them, above"
    if name.lower() in _NOTHING:
        return "leave it out: there is no empty value"
    return f"declare it above: `param {name}: angle`, `data {name}: real` or `let {name} = ...`"


def for_other(name: str, what: str, sort: str | None) -> str:
    """What to write in place of the name of a circuit, a network, ..., by what is wanted."""
    if sort in ("qubits", "bits"):
        return f"name a register, or declare one above: `{sort} {name}_[n]`"
    if what == "a circuit":
        return f"call it in a statement of its own, `{name} q`, or give a number"
    return f"give a number, or declare one above: `let {name}_ = ...`"


def for_function(name: str, argument: str | None) -> str:
    """What to write in place of a call of a function that there is not."""
    if name in ("X", "Y", "Z", "I") and argument:
        return f"write `{name} {argument}`"
    if name.lower() in CONSTANTS:
        return f"write `{name.lower()}`: it is a constant"
    if name.lower() in _OTHER_FUNCTIONS:
        return f"write {_OTHER_FUNCTIONS[name.lower()]}"
    if name.lower() in MODIFIERS or gate_meant(name):
        return "gates stand in statements of their own: `h q[0]`"
    return "compute it beforehand and give the number, or give it in as `data`"
