"""A node's program as NetQASM text.

A text is a list of subroutines with lines `// HOST ...` between them, for what is the host's:

- `tell PEER VECTOR`, `learn PEER VECTOR`: the values of a `reveal`, first of all. What is learnt
  is in the angles below.
- `send PEER message K bits A B`, `receive PEER message K bits A B`.
- `reading K`: how the program ends in setting K; a host goes through one of them.

Peers are numbers. A bit of an earlier subroutine, or one that was received, is a template
`{bit_5}` that the host fills in; 0 if it was never measured. Every pair has a subroutine of its
own: the node with the lower number asks for it, the other one takes it. A subroutine returns the
array of the bits that it measured, and one with a pair also what is known of the pair. Angles are
sums of n pi / 2^d, within `TOLERANCE_RAD`, so the values have to be given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import pi
from typing import Any

import numpy as np

from qdsl.backends.nodes.elementary import Simple, bound, elementary
from qdsl.backends.nodes.program import (
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
    Readout,
    Receive,
    Reset,
    Send,
    Step,
    Tell,
)
from qdsl.backends.nodes.values import Numbers, gates_of
from qdsl.diagnostics.request_error import Refused

TOLERANCE_RAD = 1e-6
BITS, QUBITS, REQUEST, RESULT = 0, 1, 2, 3  # addresses of arrays
REQUEST_LENGTH = 22  # entries of a request for pairs
ENTANGLEMENT_INFO = 10  # entries that a pair fills in
HEAD = "# NETQASM 1.0\n# APPID 0\n"
_PLAIN = {"x": "x", "y": "y", "z": "z", "h": "h", "t": "t", "cx": "cnot", "cz": "cphase"}
# `s` is an instruction too, but SimulaQron 4.1 does not carry it out
_TURNS = {"s": ("z", pi / 2), "sdg": ("z", -pi / 2), "tdg": ("z", -pi / 4), "sx": ("x", pi / 2),
          "sxdg": ("x", -pi / 2)}  # fmt: skip
_AXES = {"rx": "x", "ry": "y", "rz": "z", "p": "z"}
KNOWN = frozenset({"id", "u", "swap", *_PLAIN, *_TURNS, *_AXES})


def node_text(program: NodeProgram, index: Mapping[str, int], numbers: Numbers) -> str:
    """The text of one node; `index` are the numbers of all nodes that do something."""
    writer = _SubroutineWriter(program, index, numbers)
    writer.reveals()
    for step in program.steps:
        writer.step(step)
    return writer.finished()


def known_numbers(program: NodeProgram, given: Mapping[str, object]) -> Numbers:
    """The values that the node's gates need, flat: its own, public and revealed ones."""
    return {v.name: np.asarray(given[v.name], np.float64).reshape(-1) for v in program.vectors}


def subroutines(text: str) -> list[Any]:
    """The subroutines of a node's text, as the package reads them; templates are 0."""
    parse = package().lang.parsing.text.parse_text_subroutine
    parts = re.split(r"^// HOST.*\n", re.sub(r"\{\w+\}", "0", text), flags=re.MULTILINE)
    found = [HEAD + part for whole in parts for part in whole.split(HEAD)[1:]]
    return [parse(part) for part in found]


def package() -> Any:
    try:
        import netqasm
        import netqasm.lang.parsing.text
        import netqasm.sdk.toolbox.state_prep
    except ImportError:
        hint = "pip install 'qdsl-compiler[netqasm]'"
        raise Refused(f"NetQASM needs the netqasm package: {hint}") from None
    return netqasm


class _SubroutineWriter:
    def __init__(self, program: NodeProgram, index: Mapping[str, int], numbers: Numbers) -> None:
        self._program, self._index, self._numbers = program, index, numbers
        self._lines: list[str] = [f"// the program of node {index[program.name]}"]
        self._body: list[str] = []
        self._is_open = False  # a subroutine is being written, be it empty
        self._here: set[int] = set()  # bits measured in it
        self._taken: set[int] = set()  # qubits
        self._labels = 0

    # ---- subroutines and what the host does between them ---------------------------------

    def _host(self, line: str) -> None:
        self._flush()
        self._lines.append(f"// HOST {line}")

    def _flush(self, *returned: int) -> None:
        """Bits of earlier subroutines are templates: arrays last as long as a subroutine."""
        if not self._is_open:
            return
        outcomes = max((len(r) for r in self._program.readings), default=0)
        bits = max(self._program.bits + outcomes, 1)
        arrays = [
            f"array {bits} @{BITS}",
            f"array 1 @{QUBITS}",
            f"array {REQUEST_LENGTH} @{REQUEST}",
            f"array {ENTANGLEMENT_INFO} @{RESULT}",
        ]
        ends = [f"ret_arr @{k}" for k in (*returned, BITS)]
        self._lines.append(HEAD + "\n".join([*arrays, *self._body, *ends]))
        self._body, self._here, self._is_open = [], set(), False

    def finished(self) -> str:
        for k, reading in enumerate(self._program.readings or ((),)):
            self._host(f"reading {k}")
            self._read(reading)
        self._flush()
        return "\n".join([*self._lines, ""])

    def _read(self, reading: Sequence[Readout]) -> None:
        """Measure, and give back all qubits."""
        self._is_open = True
        for k, readout in enumerate(reading):
            for name in {"X": ("h",), "Y": ("sx",), "Z": ()}[readout.basis]:
                self._gate(Simple(name, (readout.qubit,)))
            self._measure(readout.qubit, self._program.bits + k)
        for qubit in sorted(self._taken):
            self._body += [f"set Q0 {qubit}", "qfree Q0"]

    # ---- steps --------------------------------------------------------------------------

    def reveals(self) -> None:
        for step in self._program.steps:
            if isinstance(step, Tell | Learn):
                word = "tell" if isinstance(step, Tell) else "learn"
                self._host(f"{word} {self._index[step.peer]} {step.vector}")

    def step(self, step: Step) -> None:
        match step:
            case Send(peer, number, bits):
                self._host(f"send {self._index[peer]} message {number} bits {_listed(bits)}")
            case Receive(peer, number, bits):
                self._host(f"receive {self._index[peer]} message {number} bits {_listed(bits)}")
            case Pair(qubit, peer, _):
                self._flush()
                self._pair(qubit, peer)
            case Tell() | Learn():
                return
            case _:
                self._is_open = True
                self._local(step)

    def _local(self, step: Begin | End | Gate | Encode | Measure | Reset) -> None:
        match step:
            case Begin(qubit):
                self._taken.add(qubit)
                self._body += [f"set Q0 {qubit}", "qalloc Q0", "init Q0"]
            case End(qubit):
                self._taken.discard(qubit)
                self._body += [f"set Q0 {qubit}", "qfree Q0"]
            case _:
                self._conditional(step)

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
        """The socket for pairs with a node has the number of that node."""
        own, other = self._index[self._program.name], self._index[peer]
        self._is_open = True
        self._taken.add(qubit)
        self._body += [f"set R5 {qubit}", f"store R5 @{QUBITS}[0]", f"set R0 {other}",
                       f"set R1 {other}", f"set R2 {QUBITS}", f"set R4 {RESULT}"]  # fmt: skip
        if own < other:
            self._body += [
                "set R5 0",
                f"store R5 @{REQUEST}[0]",
                "set R5 1",
                f"store R5 @{REQUEST}[1]",
                f"set R3 {REQUEST}",
                "create_epr R0 R1 R2 R3 R4",
            ]
        else:
            self._body.append("recv_epr R0 R1 R2 R4")
        self._body.append(f"wait_all @{RESULT}[0:{ENTANGLEMENT_INFO}]")
        self._flush(RESULT)

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
    spec = package().sdk.toolbox.state_prep.get_angle_spec_from_float
    rest = angle % (2 * pi)
    if min(rest, 2 * pi - rest) < TOLERANCE_RAD / 2:
        return ()
    found: list[tuple[int, int]] = spec(rest, tol=TOLERANCE_RAD / pi)
    return [(n, d) if d >= 0 else (n << -d, 0) for n, d in found]


def _listed(bits: Sequence[int]) -> str:
    return " ".join(map(str, bits))
