"""Circuits of pytket as OpenQASM: 2 by its own exporter where that knows all of it; else 3.

In OpenQASM 3 controls are modifiers, what no library gate says is rebased by pytket to `cx` and
`u3`, conditions are blocks of `if`, and classical logic is assignments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any, Final

from qdsl.interchange.errors import NotWritable
from qdsl.interchange.pytket_logic import LOGIC, bit, condition, logic

# Names of library gates by pytket's
GATES: Final = MappingProxyType(
    {
        "X": "x", "Y": "y", "Z": "z", "H": "h", "S": "s", "Sdg": "sdg", "T": "t", "Tdg": "tdg",
        "SX": "sx", "Rx": "rx", "Ry": "ry", "Rz": "rz", "U1": "u1", "U2": "u2", "U3": "u3",
        "CX": "cx", "CY": "cy", "CZ": "cz", "CH": "ch", "CRx": "crx", "CRy": "cry", "CRz": "crz",
        "CU1": "cp", "SWAP": "swap", "CSWAP": "cswap", "CCX": "ccx",
    }
)  # fmt: skip
CONTROLLED: Final = MappingProxyType(
    {"CnX": "x", "CnY": "y", "CnZ": "z", "CnRx": "rx", "CnRy": "ry", "CnRz": "rz"}
)
# what OpenQASM 3 has no name for, under the names of OpenQASM 2
DEFINED: Final = MappingProxyType(
    {
        "ZZPhase": "gate rzz(t) a, b { cx a, b; rz(t) b; cx a, b; }",
        "XXPhase": "gate rxx(t) a, b { h a; h b; cx a, b; rz(t) b; cx a, b; h a; h b; }",
        "YYPhase": "gate ryy(t) a, b { rx(pi/2) a; rx(pi/2) b; cx a, b; rz(t) b; cx a, b; "
        "rx(-pi/2) a; rx(-pi/2) b; }",
    }
)
OTHERS = (
    "CSX",
    "CU3",
    "SXdg",
    "ZZPhase",
    "XXPhase",
    "noop",
    "Measure",
    "Reset",
    "Barrier",
    "Phase",
)
PLAIN: Final = frozenset((*GATES, *OTHERS))  # what pytket writes by its name
# gates of OpenQASM 2, whose names no register may have
QELIB: Final = frozenset({
    "CX", "U", "c3sqrtx", "c3x", "c4x", "ccx", "ch", "cp", "crx", "cry", "crz", "cswap", "csx",
    "cu", "cu1", "cu3", "cx", "cy", "cz", "h", "id", "p", "rc3x", "rccx", "rx", "rxx", "ry", "rz",
    "rzz", "s", "sdg", "swap", "sx", "sxdg", "t", "tdg", "u", "u0", "u1", "u2", "u3", "x", "y", "z",
})  # fmt: skip
MOST_CONTROLS = 12  # of a modifier; more are decomposed
WIDEST = 32  # register that the exporter writes without being told


def written(circuit: Any) -> str:
    """OpenQASM of a circuit. `NotWritable` names an operation that cannot be said."""
    from pytket.passes import DecomposeBoxes
    from pytket.qasm.qasm import circuit_to_qasm_str

    circuit = circuit.copy()
    circuit.replace_implicit_wire_swaps()  # OpenQASM would lose them
    DecomposeBoxes().apply(circuit)
    commands = circuit.get_commands()
    _checked(circuit)
    is_plain = {c.op.type.name for c in commands} <= PLAIN and not circuit.free_symbols()
    registers = {unit.reg_name for unit in (*circuit.qubits, *circuit.bits)}
    if is_plain and registers.isdisjoint(QELIB):
        widest = max([WIDEST, *(b.index[0] + 1 for b in circuit.bits)])
        return str(circuit_to_qasm_str(circuit, maxwidth=widest))
    lines = [line for c in commands for line in _statement(c.op, c.args)]
    called = {line.partition("(")[0] for line in lines}
    lines = [text for text in DEFINED.values() if _name(text) in called] + lines
    inputs = sorted(str(symbol) for symbol in circuit.free_symbols())
    declared = [f"input float {name};" for name in inputs] + list(_registers(circuit))
    return "\n".join(['OPENQASM 3.0;\ninclude "stdgates.inc";', *declared, *lines, ""])


def _checked(circuit: Any) -> None:
    """`NotWritable` where a name is none in OpenQASM."""
    for unit in (*circuit.qubits, *circuit.bits):
        if len(unit.index) != 1:
            raise NotWritable(f"'{unit}' has no single index; call `flatten_registers()` first")
    for symbol in circuit.free_symbols():
        if not (str(symbol).isidentifier() and str(symbol).isascii()):
            raise NotWritable(f"the symbol '{symbol}' is no name of OpenQASM; rename it")


def _registers(circuit: Any) -> Iterator[str]:
    """Registers as they are declared; bits that pytket keeps for itself are no outcomes."""
    sizes: dict[tuple[str, str], int] = {}
    for sort, units in (("qubit", circuit.qubits), ("bit", circuit.bits)):
        for unit in units:
            kind = "uint" if sort == "bit" and unit.reg_name.startswith("tk_SCRATCH") else sort
            key = kind, unit.reg_name
            sizes[key] = max(sizes.get(key, 0), unit.index[0] + 1)
    for (kind, name), size in sizes.items():
        yield f"{kind}[{size}] {name};"


def _statement(op: Any, args: Sequence[Any]) -> Iterator[str]:
    """A command, on its qubits and bits."""
    name = op.type.name
    units = [bit(unit) for unit in args]
    if name == "Conditional":
        inner = list(_statement(op.op, args[op.width :]))
        if inner:
            yield f"if ({condition(units[: op.width], op.value)}) {{"
            yield from inner
            yield "}"
    elif name == "Measure":
        yield f"{units[1]} = measure {units[0]};"
    elif name == "Collapse":
        yield f"measure {units[0]};"
    elif name == "Reset":
        yield f"reset {units[0]};"
    elif name == "Barrier":
        on = [unit for unit, arg in zip(units, args, strict=True) if _is_qubit(arg)]
        if on:
            yield f"barrier {', '.join(on)};"
    elif name in ("Phase", "noop"):
        return
    elif name in LOGIC:
        yield from logic(op, units)
    elif op.is_gate():
        yield from _gate(op, units)
    else:
        raise NotWritable(f"'{op.get_name()}' has no counterpart in OpenQASM")


def _gate(op: Any, qubits: Sequence[str]) -> Iterator[str]:
    from pytket.circuit import OpType

    name, angles = op.type.name, [_angle(angle) for angle in op.params]
    written = f"({', '.join(angles)})" if angles else ""
    controls = len(qubits) - 1
    if name in GATES:
        yield f"{GATES[name]}{written} {', '.join(qubits)};"
    elif name in DEFINED:
        yield f"{_name(DEFINED[name])}{written} {', '.join(qubits)};"
    elif name in CONTROLLED and controls <= MOST_CONTROLS:
        modifier = f"ctrl({controls}) @ " if controls else ""
        yield f"{modifier}{CONTROLLED[name]}{written} {', '.join(qubits)};"
    elif op.type in (OpType.CX, OpType.U3):
        raise NotWritable(f"'{op.get_name()}' cannot be rebased")
    else:
        yield from _rebased(op, qubits)


def _name(definition: str) -> str:
    return definition.split()[1].partition("(")[0]


def _angle(turns: Any) -> str:
    """In half turns; without quotients of integers, which are integers in OpenQASM."""
    return f"({turns.evalf(17) if hasattr(turns, 'evalf') else float(turns)})*pi"


def _rebased(op: Any, qubits: Sequence[str]) -> Iterator[str]:
    """By pytket, to `cx` and `u3`, up to a phase."""
    from pytket.circuit import Circuit, OpType
    from pytket.passes import AutoRebase

    circuit = Circuit(len(qubits))
    circuit.add_gate(op, list(range(len(qubits))))
    try:
        AutoRebase({OpType.CX, OpType.U3}).apply(circuit)
    except Exception as problem:  # whatever the library may raise
        raise NotWritable(f"pytket cannot rebase '{op.get_name()}': {problem}") from problem
    for command in circuit.get_commands():
        if command.op.type == op.type:
            raise NotWritable(f"pytket cannot rebase '{op.get_name()}'")
        yield from _statement_on(command, qubits)


def _statement_on(command: Any, qubits: Sequence[str]) -> Iterator[str]:
    if command.op.type.name not in ("Phase", "noop"):
        yield from _gate(command.op, [qubits[unit.index[0]] for unit in command.args])


def _is_qubit(unit: Any) -> bool:
    from pytket.circuit import Qubit

    return isinstance(unit, Qubit)
