"""The program of every node as NetQASM, checked by the `netqasm` package.

NetQASM (Dahlberg et al., Quantum Sci. Technol. 7, 035023, 2022) has no classical messages: they
are the host's, between subroutines. A text here is a list of subroutines with lines `// HOST ...`
between them; a bit that the host has received is a template `{bit_5}` that it fills in. Angles
are sums of n pi / 2^d, within `TOLERANCE_RAD`, so the node's values have to be given; `rzz` and
the like become `cnot` and rotations. A measurement of the final qubits stands for one setting:
programs whose outputs need several bases cannot be expressed, nor can reveals.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Any

from qdsl.backends._angles import Given, bind
from qdsl.backends._readout import settings
from qdsl.ir.stages import ScheduledCircuit, Stage
from qdsl.nodes.elementary import Simple, bound, elementary, own_numbers
from qdsl.nodes.program import (
    Angle,
    Begin,
    Condition,
    Encode,
    End,
    Gate,
    Learn,
    Measure,
    NodeProgram,
    Pair,
    Receive,
    Reset,
    Send,
    Step,
    Tell,
)
from qdsl.nodes.split import split
from qdsl.nodes.ticket import file_names
from qdsl.nodes.values import Numbers, gates_of
from qdsl.refusals import Refused
from qdsl.targets import Target

TARGET = Target("netqasm", "NetQASM, a program for every node", ".nqasm")

TOLERANCE_RAD = 1e-6
BITS, QUBITS, REQUEST, RESULT = 0, 1, 2, 3  # addresses of arrays
ENTANGLEMENT_INFO = 10  # entries that a pair fills in
_HEAD = "# NETQASM 1.0\n# APPID 0\n"
_PLAIN = {"x": "x", "y": "y", "z": "z", "h": "h", "s": "s", "t": "t", "cx": "cnot", "cz": "cphase"}
_TURNS = {"sdg": ("z", -pi / 2), "tdg": ("z", -pi / 4), "sx": ("x", pi / 2), "sxdg": ("x", -pi / 2)}
_AXES = {"rx": "x", "ry": "y", "rz": "z", "p": "z"}
KNOWN = frozenset({"id", "u", "swap", *_PLAIN, *_TURNS, *_AXES})


def emit(stage: Stage, values: Given | None = None) -> dict[str, str]:
    """The texts by node; nodes that do nothing have none. Refused for what cannot be said."""
    if not isinstance(stage, ScheduledCircuit):
        raise Refused("programs of the nodes are made of a scheduled program")
    bind(stage.distributed.values, values if values is not None else {})
    bases = settings(stage.distributed.placed.circuit.outputs)
    if len(bases) > 1:
        raise Refused(f"the outputs need {len(bases)} bases, and a NetQASM program measures in one")
    programs = [p for p in split(stage, bases) if p.steps or any(p.readings)]
    numbers = {p.name: own_numbers(p, values or {}) for p in programs}
    index = {p.name: k for k, p in enumerate(programs)}
    return {p.name: _text(p, index, numbers[p.name]) for p in programs}


def emit_files(stage: Stage, values: Given | None = None) -> dict[str, str]:
    """The texts by file name."""
    found = emit(stage, values)
    names = file_names(list(found))
    return {f"{n}{TARGET.suffix}": text for n, text in zip(names, found.values(), strict=True)}


def emit_text(stage: Stage, values: Given | None = None) -> str:
    """All files, one after the other, each under its name."""
    return "\n".join(f"// file {n}\n{text}" for n, text in emit_files(stage, values).items())


def subroutines(text: str) -> list[Any]:
    """The subroutines of a node's text, as the package reads them; templates are 0."""
    import re

    parse = _package().lang.parsing.text.parse_text_subroutine
    parts = re.split(r"^// HOST.*\n", re.sub(r"\{\w+\}", "0", text), flags=re.MULTILINE)
    return [parse(part) for part in parts if _HEAD in part]


def _package() -> Any:
    try:
        import netqasm
        import netqasm.lang.parsing.text
        import netqasm.sdk.toolbox.state_prep
    except ImportError:
        raise Refused("NetQASM needs the netqasm package: pip install 'qdsl[netqasm]'") from None
    return netqasm


def _text(program: NodeProgram, index: dict[str, int], numbers: Numbers) -> str:
    if any(isinstance(s, Tell | Learn) for s in program.steps):
        raise Refused(f"{program.name} reveals or learns values, which NetQASM has no words for")
    writer = _Writer(program, index, numbers)
    for step in program.steps:
        writer.step(step)
    text = writer.finished()
    subroutines(text)
    return text


class _Writer:
    def __init__(self, program: NodeProgram, index: dict[str, int], numbers: Numbers) -> None:
        self._program, self._index, self._numbers = program, index, numbers
        self._lines: list[str] = [f"// the program of node {index[program.name]}"]
        self._body: list[str] = []
        self._here: set[int] = set()  # bits measured in the subroutine that is being written
        self._labels = 0

    # ---- subroutines and what the host does between them ---------------------------------

    def _host(self, line: str) -> None:
        self._flush()
        self._lines.append(f"// HOST {line}")

    def _flush(self) -> None:
        """Bits of earlier subroutines are templates: arrays last as long as a subroutine."""
        if not self._body:
            return
        bits = max(self._program.bits + self._outcomes(), 1)
        arrays = [f"array {bits} @{BITS}", f"array 1 @{QUBITS}", f"array 20 @{REQUEST}",
                  f"array {ENTANGLEMENT_INFO} @{RESULT}"]  # fmt: skip
        self._lines += [_HEAD + "\n".join([*arrays, *self._body, f"ret_arr @{BITS}"])]
        self._body = []
        self._here = set()

    def _outcomes(self) -> int:
        return max((len(r) for r in self._program.readings), default=0)

    def finished(self) -> str:
        for reading in self._program.readings:
            for k, readout in enumerate(reading):
                for name in {"X": ("h",), "Y": ("sx",), "Z": ()}[readout.basis]:
                    self._gate(Simple(name, (readout.qubit,)))
                self._measure(readout.qubit, self._program.bits + k)
        self._flush()
        return "\n".join([*self._lines, ""])

    # ---- steps --------------------------------------------------------------------------

    def step(self, step: Step) -> None:
        match step:
            case Begin(qubit):
                self._body += [f"set Q0 {qubit}", "qalloc Q0", "init Q0"]
            case End(qubit):
                self._body += [f"set Q0 {qubit}", "qfree Q0"]
            case Pair(qubit, peer, _):
                self._pair(qubit, peer)
            case Send(peer, number, bits):
                self._host(f"send {self._index[peer]} message {number} bits {_listed(bits)}")
            case Receive(peer, number, bits):
                self._host(f"receive {self._index[peer]} message {number} bits {_listed(bits)}")
            case Gate() | Encode() | Measure() | Reset():
                self._conditional(step)
            case _:
                raise AssertionError(step)

    def _conditional(self, step: Gate | Encode | Measure | Reset) -> None:
        when: Condition | None = step.condition
        label = f"L{self._labels}"
        if when is not None:
            self._labels += 1
            if isinstance(step, Measure):
                self._body += ["set R5 0", f"store R5 @{BITS}[{step.bit}]"]
            known = when.bit in self._here
            load = f"load R0 @{BITS}[{when.bit}]" if known else f"set R0 {{bit_{when.bit}}}"
            self._body += [load, f"{'bez' if when.value else 'bnz'} R0 {label}"]
        match step:
            case Gate():
                own = bound(step.angles, self._numbers)
                for simple in elementary(Gate(step.name, step.qubits, own, step.word), KNOWN):
                    self._gate(simple)
            case Encode():
                for name, qubits, angles, _ in gates_of(step, self._numbers):
                    self._gate(Simple(name, qubits, tuple(Angle(a) for a in angles)))
            case Measure(qubit, bit):
                self._measure(qubit, bit)
            case Reset(qubit):
                self._body += [f"set Q0 {qubit}", "init Q0"]
        if when is not None:
            self._body.append(f"{label}:")

    def _measure(self, qubit: int, bit: int) -> None:
        self._here.add(bit)
        self._body += [f"set Q0 {qubit}", "meas Q0 M0", f"store M0 @{BITS}[{bit}]"]

    def _pair(self, qubit: int, peer: str) -> None:
        """The node with the lower number asks for the pair, the other one takes it."""
        own, other = self._index[self._program.name], self._index[peer]
        self._body += [f"set R5 {qubit}", f"store R5 @{QUBITS}[0]",
                       f"set R0 {other}", f"set R1 {own if own > other else other}",
                       f"set R2 {QUBITS}", f"set R4 {RESULT}"]  # fmt: skip
        if own < other:
            self._body += ["set R5 0", f"store R5 @{REQUEST}[0]", "set R5 1",
                           f"store R5 @{REQUEST}[1]", f"set R3 {REQUEST}",
                           "create_epr R0 R1 R2 R3 R4"]  # fmt: skip
        else:
            self._body.append("recv_epr R0 R1 R2 R4")
        self._body.append(f"wait_all @{RESULT}[0:{ENTANGLEMENT_INFO}]")

    # ---- gates --------------------------------------------------------------------------

    def _gate(self, gate: Simple) -> None:
        q = gate.qubits
        if gate.name in _PLAIN:
            registers = [f"Q{k}" for k in range(len(q))]
            self._body += [f"set {r} {x}" for r, x in zip(registers, q, strict=True)]
            self._body.append(f"{_PLAIN[gate.name]} {' '.join(registers)}")
        elif gate.name in _TURNS:
            self._turn(*_TURNS[gate.name], q[0])
        elif gate.name in _AXES:
            self._turn(_AXES[gate.name], gate.angles[0].constant, q[0])
        elif gate.name == "u":
            theta, phi, lam = (a.constant for a in gate.angles)
            for axis, angle in (("z", lam), ("y", theta), ("z", phi)):
                self._turn(axis, angle, q[0])
        elif gate.name == "swap":
            for pair in ((q[0], q[1]), (q[1], q[0]), (q[0], q[1])):
                self._gate(Simple("cx", pair))

    def _turn(self, axis: str, angle: float, qubit: int) -> None:
        for n, d in turns_of(angle):
            self._body += [f"set Q0 {qubit}", f"rot_{axis} Q0 {n} {d}"]


def turns_of(angle: float) -> Sequence[tuple[int, int]]:
    """(n, d) with sum n pi / 2^d equal to the angle within `TOLERANCE_RAD`, modulo 2 pi."""
    spec = _package().sdk.toolbox.state_prep.get_angle_spec_from_float
    rest = angle % (2 * pi)
    if min(rest, 2 * pi - rest) < TOLERANCE_RAD / 2:
        return ()
    found: list[tuple[int, int]] = spec(rest, tol=TOLERANCE_RAD / pi)
    return [(n, d) if d >= 0 else (n << -d, 0) for n, d in found]


def _listed(bits: Sequence[int]) -> str:
    return " ".join(map(str, bits))
