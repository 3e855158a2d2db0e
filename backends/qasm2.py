"""Programs as OpenQASM 2 text: the whole network in one file.

OpenQASM 2 compares whole registers only, so that every bit that something depends on is a register
of its own, `alice_bits_0[1]`, and a condition is `if (alice_bits_0 == 1)`. Gates are those of the
first `qelib1.inc` (Cross et al., arXiv:1707.03429).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from qdsl.backends._angles import Given
from qdsl.backends._gates import GateProgram, GateStep, gate_program
from qdsl.backends._layout import Place
from qdsl.backends.qasm3 import header
from qdsl.driver.targets import Target
from qdsl.ir.stages import Stage

TARGET = Target("qasm2", "OpenQASM 2, all nodes in one program", ".qasm")

GATES: Mapping[str, str] = MappingProxyType({
    "X": "x", "Y": "y", "Z": "z", "H": "h", "S": "s", "Sdg": "sdg", "T": "t", "Tdg": "tdg",
    "Rx": "rx", "Ry": "ry", "Rz": "rz", "U1": "u1", "U3": "u3", "CX": "cx", "CY": "cy", "CZ": "cz",
    "CH": "ch", "CRz": "crz", "CU1": "cu1", "CCX": "ccx",
})  # fmt: skip
_WORDS = """OPENQASM include qreg creg gate opaque measure reset barrier if pi U sin cos tan exp ln
sqrt id u0 u u1 u2 u3 p x y z h s sdg t tdg rx ry rz sx sxdg cx cy cz ch ccx crx cry crz cp cu cu1
cu3 csx swap cswap rxx rzz rccx c3x c3sqrtx c4x c3sx rc3x"""
_RESERVED = frozenset(_WORDS.split())


def emit(stage: Stage, values: Given | None = None) -> str:
    """The text; Z-basis outputs are measured into bit register `outcome`."""
    program = gate_program(stage, values, GATES)
    registers = _register_names(program)
    names = _bit_names(program, registers) | {
        (name, k): f"{registers[name]}[{k}]" for name, k in program.qubits()
    }
    lines = ["OPENQASM 2.0;", *header(stage, False), 'include "qelib1.inc";']
    lines += [f"qreg {registers[name]}[{size}];" for name, size in program.qubit_registers]
    lines += [f"creg {line};" for line in _bit_registers(program, registers, names)]
    lines += [_line(step, names) for step in program.steps]
    return "\n".join(lines) + "\n"


def emit_text(stage: Stage, values: Given | None = None) -> str:
    return emit(stage, values)


def _register_names(program: GateProgram) -> dict[str, str]:
    """Names that are no words of OpenQASM 2 and no gates of its include file."""
    names = [name for name, _ in (*program.qubit_registers, *program.bit_registers)]
    found: dict[str, str] = {}
    for name in names:
        found[name] = name
        while found[name] in _RESERVED or (found[name] != name and found[name] in names):
            found[name] += "_"
    return found


def _bit_names(program: GateProgram, registers: Mapping[str, str]) -> dict[Place, str]:
    """What every bit is called; one that is read is all of a register."""
    read = program.read_bits()
    taken = set(registers.values())
    names = {}
    for place in program.bits():
        register, index = registers[place[0]], place[1]
        names[place] = f"{register}[{index}]"
        if place in read:
            alone = f"{register}_{index}"
            while alone in taken:
                alone += "_"
            taken.add(alone)
            names[place] = f"{alone}[0]"
    return names


def _bit_registers(
    program: GateProgram, registers: Mapping[str, str], names: Mapping[Place, str]
) -> Iterator[str]:
    read = program.read_bits()
    for register, size in program.bit_registers:
        if not all((register, k) in read for k in range(size)):
            yield f"{registers[register]}[{size}]"
        for k in range(size):
            if (register, k) in read:
                yield names[register, k].replace("[0]", "[1]")


def _line(step: GateStep, names: Mapping[Place, str]) -> str:
    qubits = ", ".join(names[place] for place in step.qubits)
    when = ""
    if step.condition is not None:
        place, value = step.condition
        when = f"if ({names[place].removesuffix('[0]')} == {value}) "
    if step.writes is not None:
        return f"{when}measure {qubits} -> {names[step.writes]};"
    name = GATES.get(step.name, step.name.lower())
    angles = f"({', '.join(_number(a) for a in step.angles)})" if step.angles else ""
    return f"{when}{name}{angles} {qubits};"


def _number(angle: float) -> str:
    """All digits, and a decimal point even before an exponent, which OpenQASM 2 asks for."""
    text = repr(float(angle))
    mantissa, e, exponent = text.partition("e")
    return text if "." in mantissa else f"{mantissa}.0{e}{exponent}"
