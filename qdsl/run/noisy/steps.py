"""A scheduled program as steps with noise, which an engine carries out one after another.

The noise is what `qdsl.analysis.error_budget` estimates: pairs are born Bell-diagonal; relaxation
and dephasing act on every qubit while it waits, from its first operation on, and on pairs from
their birth; depolarising noise follows every gate that happens; measurements record the wrong bit,
resets leave the wrong state. A returned classical bit is what was recorded when it was measured:
it is put on its qubit in the end, which is then read without an error. Times are those of the
schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from qdsl.ir.channels import coherence_times, decay
from qdsl.ir.operations import Kind
from qdsl.ir.pairs import pair_times
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.ir.state_vectors import PAULIS, Matrix, rotation, unitary
from qdsl.ir.table import Row
from qdsl.ir.values import Floats
from qdsl.network.models import PairState
from qdsl.network.network import Node
from qdsl.verify.simulation.evolution import (
    ChannelSide,
    encoding_matrix,
    forgotten_bits,
    last_touch,
)

Condition = tuple[int, int] | None


class TooManyAlive(ValueError):
    """More qubits are alive, or read, at one time than are simulated."""


class NoisyEngine(Protocol):
    """A state of the wires alive, and of the bits that are still to be read."""

    def touch(self, wire: int) -> None:
        """A wire is used: fresh in |0> if it is new."""

    def pair(self, a: int, b: int, state: PairState) -> None:
        """Two fresh wires in a Bell-diagonal state."""

    def relax(self, wire: int, flip: float, stay: float) -> None:
        """Off-diagonals times `flip`, the population of |1> times `stay`."""

    def gate(self, matrix: Matrix, wires: Sequence[int], when: Condition, error: float) -> None:
        """A matrix, then depolarising noise of this process infidelity, where it happens."""

    def measure(self, wire: int, bit: int, when: Condition, wrong: float) -> None:
        """In the Z basis; the bit is flipped with probability `wrong`."""

    def reset(self, wire: int, when: Condition, wrong: float) -> None:
        """To |0>, or with probability `wrong` to |1>."""

    def copy(self, source: int, target: int, when: Condition) -> None:
        """One bit to another."""

    def drop(self, wire: int) -> None:
        """Forget a wire."""

    def forget(self, bits: Sequence[int]) -> None:
        """Nobody reads these bits any more."""


class NoisyProgram:
    """`is_noisy` False: the same steps, without noise. `turned`: an angle expression, and what is
    added to it."""

    def __init__(
        self,
        ir: ScheduledCircuit,
        slots: Floats,
        is_noisy: bool = True,
        turned: tuple[int, float] | None = None,
    ) -> None:
        self.ir, self.slots, self.is_noisy = ir, slots, is_noisy
        program = ir.distributed
        side = ChannelSide.of(ir, shown_bits=False)
        self.home, self.final = side.home, side.final
        self._angles = program.values.angles.evaluate(slots)
        if turned is not None:
            self._angles[turned[0]] += turned[1]
        self._forgotten = forgotten_bits(side)
        self._last = last_touch(side)
        self._nodes: list[Node] = [program.network.nodes[v] for v in program.wire_node.tolist()]
        self._is_comm = program.wire_is_comm.tolist()
        times = pair_times(ir)
        self.recorded = _recorded(program) if is_noisy else {}
        self._births = dict(zip(times.row.tolist(), times.born.tolist(), strict=True))

    def run(self, engine: NoisyEngine) -> None:
        """All steps. Pairs are put in just before one of their wires is used."""
        self._waiting: dict[int, Row] = {}
        self._ended: dict[int, int] = {}
        for row in self.ir.distributed.table:
            if row.op.kind is Kind.EBIT:
                self._waiting |= dict.fromkeys(row.operands, row)
            elif row.op.kind is not Kind.BARRIER:
                self._step(engine, row)
            engine.forget(self._forgotten[row.index])
        for wire in self.final:
            engine.touch(wire)
        for wire, bit in self.recorded.items():
            engine.reset(wire, None, 0.0)
            engine.gate(PAULIS["X"], (wire,), (bit, 1), 0.0)

    def node(self, wire: int) -> Node:
        return self._nodes[wire]

    def _step(self, engine: NoisyEngine, row: Row) -> None:
        if row.op.kind is Kind.SEND:
            engine.copy(row.operands[0], row.attr, row.condition)
            return
        for wire in row.operands:
            self._bring(engine, wire, int(self.ir.start_ns[row.index]))
        self._act(engine, row)
        for wire in dict.fromkeys(row.operands):
            self._ended[wire] = int(self.ir.end_ns[row.index])
            if self._last.get(wire) == row.index:
                engine.drop(wire)

    def _bring(self, engine: NoisyEngine, wire: int, start: int) -> None:
        """The wire as it is when an operation starts."""
        if wire in self._waiting:
            pair = self._waiting[wire]
            a, b = pair.operands
            engine.pair(a, b, self._pair_state(pair))
            for half in (a, b):
                del self._waiting[half]
                self._ended[half] = self._births[pair.index]
        engine.touch(wire)
        waited = start - self._ended.get(wire, start)
        if waited > 0 and self.is_noisy:
            self._relax(engine, wire, waited)

    def _relax(self, engine: NoisyEngine, wire: int, waited: int) -> None:
        m = self.node(wire).physics
        limits = (m.comm_t1_ns, m.comm_t2_ns) if self._is_comm[wire] else (m.t1_ns, m.t2_ns)
        if limits == (None, None):
            return
        t1, t2 = coherence_times(*limits)
        flip, stay = decay(np.array(float(waited)), np.array(t1), np.array(t2))
        engine.relax(wire, float(flip), float(stay))

    def _pair_state(self, row: Row) -> PairState:
        if not self.is_noisy:
            return 1.0, 0.0, 0.0, 0.0
        program = self.ir.distributed
        a, b = (int(program.wire_node[w]) for w in row.operands)
        return program.network.link_between[a, b].pair_state

    def _act(self, engine: NoisyEngine, row: Row) -> None:
        wires, when = row.operands, row.condition
        node = self.node(wires[0]) if wires else Node("", 0)
        if not self.is_noisy:
            node = Node(node.name, node.qubits)
        match row.op.kind:
            case Kind.MEASURE:
                engine.measure(wires[0], row.attr, when, 1 - node.physics.readout_fidelity)
            case Kind.RESET:
                engine.reset(wires[0], when, 1 - node.physics.reset_fidelity)
            case _ if wires:
                good = node.physics.one_qubit_fidelity if len(wires) == 1 else node.gate_fidelity
                engine.gate(self._matrix(row), wires, when, 1 - good)

    def _matrix(self, row: Row) -> Matrix:
        program = self.ir.distributed
        angles = tuple(self._angles[list(row.angles)].tolist())
        if row.op.kind is Kind.ENCODE:
            reference = program.values.references[row.attr]
            data = self.slots[reference.start : reference.start + reference.size]
            return encoding_matrix(row.op.name, reference, data, len(row.operands))
        if row.op.name == "rot":
            return rotation(program.table.words[row.attr], angles[0])
        return unitary(row.op, angles)


def _recorded(program: DistributedCircuit) -> dict[int, int]:
    """By wire the bit that outputs read from it."""
    pairs = program.placed.circuit.recorded
    wires = {int(program.final_wire[q]): int(program.source_bit[bit]) for q, bit in pairs}
    return {wire: bit for wire, bit in wires.items() if bit >= 0}


def most_alive(program: NoisyProgram) -> int:
    """The most wires that are alive at one time."""
    counter = _Counter()
    program.run(counter)
    return counter.most


class _Counter:
    """An engine that counts wires."""

    def __init__(self) -> None:
        self.alive: set[int] = set()
        self.most = 0

    def touch(self, wire: int) -> None:
        self.alive.add(wire)
        self.most = max(self.most, len(self.alive))

    def pair(self, a: int, b: int, state: PairState) -> None:
        self.touch(a)
        self.touch(b)

    def drop(self, wire: int) -> None:
        self.alive.discard(wire)

    def relax(self, wire: int, flip: float, stay: float) -> None: ...
    def gate(self, matrix: Matrix, wires: Sequence[int], when: Condition, error: float) -> None: ...
    def measure(self, wire: int, bit: int, when: Condition, wrong: float) -> None: ...
    def reset(self, wire: int, when: Condition, wrong: float) -> None: ...
    def copy(self, source: int, target: int, when: Condition) -> None: ...
    def forget(self, bits: Sequence[int]) -> None: ...
