"""Programs of the nodes for CUNQA, an emulator of distributed quantum computing by the Galicia
Supercomputing Centre: a circuit for each virtual QPU, in the JSON form that its `run` takes.

Pairs are `gen_ent` on communication qubits, which both nodes name by a tag of the pair's own;
messages are `send` and `recv`, one bit each, received in the order in which they are sent, as CUNQA
numbers none; corrections stand between `cif` and `endcif`. Data qubits come first, communication
qubits behind them. Outcomes of Z-basis outputs are the only bits that are saved.

Gates have the operands and angles that CUNQA's reader of JSON asks for: one qubit is a number, and
`u3` and `u1` stand for `u` and `p`, which it reads otherwise than its Python interface writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import pi
from types import MappingProxyType
from typing import Any, Final

from qdsl.backends._angles import Given, bind, wanted
from qdsl.backends.nodes.elementary import Simple, elementary
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
    Receive,
    Reset,
    Send,
    Step,
    Tell,
)
from qdsl.backends.nodes.split import split
from qdsl.backends.nodes.ticket import file_names
from qdsl.backends.nodes.values import Numbers, angle_of, gates_of
from qdsl.backends.tket import z_qubits
from qdsl.diagnostics.request_error import Refused
from qdsl.driver.targets import Target
from qdsl.ir.stages import ScheduledCircuit, Stage

TARGET = Target("cunqa", "CUNQA circuits, one for every node, as JSON", ".json")
OUTCOME: Final = "outcome"  # which bits are the outputs'
OUTCOME_FILE: Final = f"{OUTCOME}.qdsl.json"  # in a folder of circuits

KNOWN: Final = frozenset({
    "id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "p", "u",
    "cx", "cy", "cz", "cp", "crx", "cry", "crz", "swap", "ccx", "cswap",
})  # fmt: skip
_CALLED: Mapping[str, str] = MappingProxyType({"p": "u1", "u": "u3"})
_TURNS: Mapping[str, float] = MappingProxyType({"sx": pi / 2, "sxdg": -pi / 2})  # about X

Json = dict[str, Any]


def emit(stage: Stage, values: Given | None = None) -> Json:
    """`circuits`, a list of CUNQA circuits; `outcome`, for every source qubit that outputs read in
    the Z basis, in increasing order, the circuit and its classical bit.

    `InvalidProgram` (QDM756) without the values of all vectors; `Refused` before scheduling.
    """
    if not isinstance(stage, ScheduledCircuit):
        raise Refused("programs for CUNQA are made of a scheduled program")
    known = stage.distributed.values
    if bind(known, values) is None:
        raise wanted(known, known.vectors[0].name)
    numbers = {v.name: _flat((values or {})[v.name]) for v in known.vectors}
    outputs = stage.distributed.placed.circuit.outputs
    read = sorted({q for output in outputs for q in z_qubits(output)})
    programs = split(stage, [dict.fromkeys(read, "Z")])
    acting = [p for p in programs if p.steps or any(p.readings)]
    ids = dict(zip((p.name for p in acting), file_names([p.name for p in acting]), strict=True))
    writers = [_CunqaWriter(p, numbers, ids) for p in acting]
    circuits = [w.circuit() for w in writers]
    places = {q: place for w in writers for q, place in w.outcome.items()}
    return {"circuits": circuits, OUTCOME: [places[q] for q in read]}


def emit_text(stage: Stage, values: Given | None = None) -> str:
    return json.dumps(emit(stage, values), indent=1) + "\n"


def emit_files(stage: Stage, values: Given | None = None) -> dict[str, str]:
    """A file for every circuit, and one with the outcome's bits."""
    found = emit(stage, values)
    parts = {f"{c['id']}.json": c for c in found["circuits"]} | {OUTCOME_FILE: found[OUTCOME]}
    return {name: json.dumps(part, indent=1) + "\n" for name, part in parts.items()}


def _flat(array: Any) -> Any:
    import numpy as np

    return np.asarray(array, np.float64).reshape(-1)


class _CunqaWriter:
    """Writes one node's circuit."""

    def __init__(self, program: NodeProgram, numbers: Numbers, ids: Mapping[str, str]) -> None:
        self._program, self._numbers, self._ids = program, numbers, ids
        self._data = max(program.data, 1)  # CUNQA has no circuit without data qubits
        self._used: set[int] = set()
        self._waiting: dict[str, list[Receive]] = {}
        for step in program.steps:
            if isinstance(step, Receive):
                self._waiting.setdefault(step.peer, []).append(step)
        for messages in self._waiting.values():
            messages.sort(key=lambda message: message.number)
        self.outcome: dict[int, Json] = {}  # of a source qubit: circuit and bit

    def circuit(self) -> Json:
        """The circuit as CUNQA's `CunqaCircuit.info` has it."""
        instructions = [line for step in self._program.steps for line in self._step(step)]
        instructions += self._readings()
        n_bits = self._program.bits + len(self.outcome)
        sent = (self._ids[s.peer] for s in self._program.steps if isinstance(s, Send))
        return {
            "id": self._ids[self._program.name],
            "instructions": instructions,
            "num_qubits": [self._data, self._program.comm],
            "num_clbits": n_bits,
            "classical_registers": {"c0": list(range(n_bits))} if n_bits else {},
            "quantum_registers": {"q0": list(range(self._data))},
            "is_dynamic": True,
            "sending_to": sorted(set(sent)),
            "params": [],
        }

    def _readings(self) -> Iterator[Json]:
        for readout in self._program.readings[0]:
            bit = self._program.bits + len(self.outcome)
            circuit = self._ids[self._program.name]
            self.outcome[readout.source_qubit] = {"circuit": circuit, "clbit": bit}
            yield self._measured(readout.qubit, bit, save=True)

    def _step(self, step: Step) -> Iterator[Json]:
        match step:
            case Begin(qubit):
                yield from self._fresh(qubit)
            case Pair(qubit, peer, number):
                yield from self._fresh(qubit)
                yield self._pair(qubit, peer, number)
            case Gate() | Encode() | Measure() | Reset():
                yield from self._conditional(step)
            case Send(peer, _, bits):
                to = [self._ids[peer]]
                yield from ({"name": "send", "clbits": [b], "circuits": to} for b in bits)
            case Receive(peer, number):
                yield from self._received(peer, number)
            case End() | Tell() | Learn():  # a vector that is revealed is among the numbers
                return

    def _fresh(self, qubit: int) -> Iterator[Json]:
        """A qubit is 0 at first, later whatever is left in it."""
        if qubit in self._used:
            yield {"name": "reset", "qubits": [self._place(qubit)]}
        self._used.add(qubit)

    def _pair(self, qubit: int, peer: str, number: int) -> Json:
        mine, other = self._ids[self._program.name], self._ids[peer]
        first, second = sorted((mine, other))
        return {"name": "gen_ent", "comm_qubit": self._place(qubit), "circuits": [other, mine],
                "tag": f"{first}|{second}|{number}"}  # fmt: skip

    def _received(self, peer: str, number: int) -> Iterator[Json]:
        """All messages of a node up to this one, which it has sent before."""
        waiting = self._waiting[peer]
        while waiting and waiting[0].number <= number:
            for bit in waiting.pop(0).bits:
                yield {"name": "recv", "clbits": [bit], "circuits": [self._ids[peer]]}

    def _conditional(self, step: Gate | Encode | Measure | Reset) -> Iterator[Json]:
        lines = list(self._local(step))
        if step.condition is None:
            yield from lines
        elif lines:
            bit, value = [step.condition.bit], step.condition.value
            how = "and" if value else "andn"
            yield {"name": "cif", "clbits": bit, "condition": value, "operation": how}
            yield from lines
            yield {"name": "endcif", "clbits": bit}

    def _local(self, step: Gate | Encode | Measure | Reset) -> Iterator[Json]:
        match step:
            case Gate():
                yield from map(self._gate, elementary(step, KNOWN))
            case Encode():
                for name, qubits, angles, _ in gates_of(step, self._numbers):
                    yield self._gate(Simple(name, qubits, tuple(Angle(a) for a in angles)))
            case Measure(qubit, bit):
                yield self._measured(qubit, bit, save=False)
            case Reset(qubit):
                yield {"name": "reset", "qubits": [self._place(qubit)]}

    def _measured(self, qubit: int, bit: int, save: bool) -> Json:
        return {"name": "measure", "qubits": self._place(qubit), "clbits": bit, "save": save}

    def _gate(self, gate: Simple) -> Json:
        places = [self._place(q) for q in gate.qubits]
        angles = [angle_of(a, self._numbers) for a in gate.angles]
        if gate.name in _TURNS:
            gate, angles = Simple("rx", gate.qubits), [_TURNS[gate.name]]
        made: Json = {"name": _CALLED.get(gate.name, gate.name)}
        made["qubits"] = places if len(places) > 1 else places[0]
        return made | ({"params": angles} if angles else {})

    def _place(self, qubit: int) -> int:
        """Communication qubits are numbered behind the data qubits."""
        return qubit if qubit < self._program.data else qubit - self._program.data + self._data
