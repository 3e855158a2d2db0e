"""The program of every node as OpenQASM 3 of its own: what it needs of others is extern.

`pair_bob(k, q)` waits until qubit q (data qubits first) is half of pair k with bob;
`send_bob(k, b)` puts a bit into message k to bob, `receive_bob(k)` takes the next bit of message
k from bob; `tell_bob(x)` and `learn_bob()` are the numbers of a `reveal`, one by one; encodings
of vectors whose values are not given are externs too, by qubit numbers. A node's own values are
inputs, or numbers where they are given. Nothing of another node stands in a program.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from qdsl.backends._angles import Given, bind
from qdsl.backends._layout import register_names
from qdsl.backends._readout import settings
from qdsl.backends.nodes.elementary import Simple, bound, elementary, own_numbers
from qdsl.backends.nodes.program import (
    Angle,
    Begin,
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
from qdsl.backends.nodes.split import split
from qdsl.backends.nodes.ticket import file_names
from qdsl.backends.nodes.values import Numbers, gates_of
from qdsl.diagnostics.request_error import Refused
from qdsl.driver.targets import Target
from qdsl.ir.stages import ScheduledCircuit, Stage

TARGET = Target("nodes", "OpenQASM 3, a program for every node", ".qasm")

KNOWN = frozenset({
    "id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "p", "u",
    "cx", "cy", "cz", "cp", "crx", "cry", "crz", "ch", "swap", "ccx", "cswap",
})  # fmt: skip
_SPELLED = {"sxdg": "inv @ sx", "u": "U"}


def emit(stage: Stage, values: Given | None = None) -> dict[str, str]:
    """The texts by node; nodes that do nothing have none."""
    if not isinstance(stage, ScheduledCircuit):
        raise Refused("programs of the nodes are made of a scheduled program")
    bind(stage.distributed.values, values)
    bases = settings(stage.distributed.placed.circuit.outputs)
    programs = [p for p in split(stage, bases) if p.steps or any(p.readings)]
    return {p.name: _text(p, values) for p in programs}


def emit_files(stage: Stage, values: Given | None = None) -> dict[str, str]:
    """The texts by file name."""
    found = emit(stage, values)
    names = file_names(list(found))
    return {f"{n}{TARGET.suffix}": text for n, text in zip(names, found.values(), strict=True)}


def emit_text(stage: Stage, values: Given | None = None) -> str:
    """All files, one after the other, each under its name."""
    return "\n".join(f"// file {n}\n{text}" for n, text in emit_files(stage, values).items())


def _text(program: NodeProgram, values: Given | None) -> str:
    numbers = own_numbers(program, values) if values is not None else {}
    writer = _TextWriter(program, numbers)
    body = [line for step in program.steps for line in writer.step(step)]
    body += writer.readings()
    return "\n".join([*writer.head(), *body, ""])


class _TextWriter:
    def __init__(self, program: NodeProgram, numbers: Numbers) -> None:
        self._program, self._numbers = program, numbers
        peers = program.peers
        self._peer = dict(zip(peers, register_names(peers), strict=True))
        self._externs: dict[str, None] = {}

    def head(self) -> list[str]:
        p = self._program
        comment = "".join(c if c.isprintable() else "?" for c in p.name)
        lines = ["OPENQASM 3.0;", f"// the program of node {comment}", 'include "stdgates.inc";']
        for v in (v for v in p.vectors if v.name not in self._numbers):
            kind = "input " if v.source in ("private", "public") else ""
            lines += [f"{kind}float[64] {v.name}_{k};" for k in range(v.size)]
        if len(p.readings) > 1:
            lines.append("input uint[32] reading;")
        lines += [f"extern {e};" for e in sorted(self._externs)]
        sizes = (("qubit", p.data, "data"), ("qubit", p.comm, "comm"), ("bit", p.bits, "c"))
        lines += [f"{kind}[{n}] {name};" for kind, n, name in sizes if n]
        most = max((len(r) for r in p.readings), default=0)
        return [*lines, *([f"bit[{most}] outcome;"] if most else [])]

    def step(self, step: Step) -> Iterator[str]:
        match step:
            case Begin(qubit):
                yield f"reset {self._qubit(qubit)};"
            case End():
                return
            case Gate() | Encode() | Measure() | Reset():
                yield from self._conditional(step)
            case Pair(qubit, peer, number):
                name = self._extern(f"pair_{self._peer[peer]}", "uint[32], uint[32]")
                yield f"{name}({number}, {qubit});"
            case Send(peer, number, bits):
                name = self._extern(f"send_{self._peer[peer]}", "uint[32], bit")
                yield from (f"{name}({number}, c[{b}]);" for b in bits)
            case Receive(peer, number, bits):
                name = self._extern(f"receive_{self._peer[peer]}", "uint[32]", " -> bit")
                yield from (f"c[{b}] = {name}({number});" for b in bits)
            case Tell(peer, vector) | Learn(peer, vector):
                yield from self._reveal(self._peer[peer], vector, isinstance(step, Tell))

    def _conditional(self, step: Gate | Encode | Measure | Reset) -> Iterator[str]:
        lines = list(self._local(step))
        if step.condition is None:
            yield from lines
        elif lines:
            yield f"if (c[{step.condition.bit}] == {step.condition.value}) {{"
            yield from (f"  {line}" for line in lines)
            yield "}"

    def _local(self, step: Gate | Encode | Measure | Reset) -> Iterator[str]:
        match step:
            case Gate():
                own = bound(step.angles, self._numbers)
                simple = elementary(Gate(step.name, step.qubits, own, step.word), KNOWN)
                yield from (self._gate(s) for s in simple)
            case Encode():
                yield from self._encoding(step)
            case Measure(qubit, bit):
                yield f"c[{bit}] = measure {self._qubit(qubit)};"
            case Reset(qubit):
                yield f"reset {self._qubit(qubit)};"

    def _encoding(self, step: Encode) -> Iterator[str]:
        if step.vector in self._numbers:
            for name, qubits, angles, _ in gates_of(step, self._numbers):
                yield self._gate(Simple(name, qubits, tuple(Angle(a) for a in angles)))
            return
        whole = (step.start, prod(step.shape)) == (0, self._program.vector(step.vector).size)
        part = "" if whole else f"_{step.start}_{prod(step.shape)}"
        wires = ", ".join(["uint[32]"] * len(step.qubits))
        name = self._extern(f"{step.name}_{step.vector}{part}", wires)
        yield f"{name}({', '.join(map(str, step.qubits))});"

    def _reveal(self, peer: str, vector: str, is_disclosed: bool) -> Iterator[str]:
        for k in range(self._program.vector(vector).size):
            value = f"{vector}_{k}"
            if vector in self._numbers:
                value = repr(float(self._numbers[vector][k]))
            if is_disclosed:
                yield f"{self._extern(f'tell_{peer}', 'float[64]')}({value});"
            else:
                yield f"{value} = {self._extern(f'learn_{peer}', '', ' -> float[64]')}();"

    def readings(self) -> Iterator[str]:
        for k, reading in enumerate(self._program.readings):
            lines = list(self._read(reading))
            if len(self._program.readings) == 1:
                yield from lines
            elif lines:
                yield f"if (reading == {k}) {{"
                yield from (f"  {line}" for line in lines)
                yield "}"

    def _read(self, reading: tuple[Readout, ...]) -> Iterator[str]:
        for k, readout in enumerate(reading):
            qubit = self._qubit(readout.qubit)
            if readout.basis != "Z":
                yield f"{'h' if readout.basis == 'X' else 'sx'} {qubit};"
            yield f"outcome[{k}] = measure {qubit};"

    def _qubit(self, qubit: int) -> str:
        data = self._program.data
        return f"data[{qubit}]" if qubit < data else f"comm[{qubit - data}]"

    def _extern(self, name: str, takes: str, gives: str = "") -> str:
        self._externs[f"{name}({takes}){gives}"] = None
        return name

    def _gate(self, gate: Simple) -> str:
        angles = f"({', '.join(map(_expression, gate.angles))})" if gate.angles else ""
        name = _SPELLED.get(gate.name, gate.name)
        return f"{name}{angles} {', '.join(map(self._qubit, gate.qubits))};"


def _expression(angle: Angle) -> str:
    terms = [
        "*".join([*([] if c == 1.0 else [repr(c)]), *(f"{v}_{k}" for v, k in elements)])
        for c, elements in angle.terms
    ]
    if angle.constant or not terms:
        terms.append(repr(angle.constant))
    return " + ".join(terms)
