"""One branch of a program: measurements that give one outcome each, drawn or told.

Source and distributed program are followed through the same branch of the source's measurements
and resets, each known by its qubit or bit and how many there were before; the outcomes of the
communication are drawn. Where both do the same, the branch is as likely in both, and ends in the
same state.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from typing import Protocol

import numpy as np

from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.ir.table import Row
from qdsl.records import dataclass
from qdsl.verify.simulation.evolution import NO_WIRES, ChannelSide, last_touch

Key = tuple[str, int, int]
"""A measurement into a bit or a reset of a qubit, and which one it is."""


class Engine(Protocol):
    """A state of the wires alive."""

    def touch(self, wire: int) -> None:
        """A wire is used: fresh in |0> if it is new."""

    def drop(self, wire: int) -> None:
        """Forget a wire."""

    def apply(self, row: Row) -> None:
        """A unitary operation, an encoding or a pair."""

    def flip(self, wire: int) -> None:
        """X."""

    def measure(self, wire: int, told: int | None) -> tuple[int, float]:
        """The outcome in Z and its probability; `told`: that outcome, of whatever probability."""


class Impossible(Exception):
    """An outcome that was told has probability zero."""


class Unmatched(Exception):
    """The two have different measurements and resets: nothing can be said of a branch."""


def is_certain(source: Circuit) -> bool:
    """Whether a difference on a branch is one of the channels: nothing is measured, or else an
    outcome of the communication could tell what the source measures anyway; and amplitudes are
    loaded into fresh qubits only, without which loading is no channel."""
    table = source.table
    for row in np.flatnonzero(table.codes("amplitude")).tolist():
        first, last = table.operand_start[row : row + 2]
        if np.isin(table.operands[first:last], table.operands[:first]).any():
            return False
    return not table.codes("reset", "measure").any()


@dataclass(slots=True)
class Branch:
    """`told`: the source's outcomes by measurement; `logarithm` of their probability, base 2."""

    told: dict[Key, int] = field(default_factory=dict)
    logarithm: float = 0.0
    bits: dict[int, int] = field(default_factory=dict)


def follow(program: Circuit | DistributedCircuit, engine: Engine, told: Branch | None) -> Branch:
    """Run the program along a branch, or along one that is drawn. Impossible, Unmatched if it
    has none."""
    side = ChannelSide.of(program)
    ends = last_touch(side)
    branch = Branch()
    seen: Counter[tuple[str, int]] = Counter()
    for wire in side.home:
        engine.touch(wire)
    for row in side.table:
        if row.op.kind is Kind.SEND:
            branch.bits[row.attr] = branch.bits.get(row.operands[0], 0)
        if row.op.kind in NO_WIRES:
            continue
        for wire in row.operands:
            engine.touch(wire)
        happens = row.condition is None or branch.bits.get(row.condition[0], 0) == row.condition[1]
        if row.op.kind in (Kind.MEASURE, Kind.RESET):
            _measure(program, row, engine, (branch, told, seen), happens)
        elif happens:
            engine.apply(row)
        for wire in dict.fromkeys(row.operands):
            if ends.get(wire) == row.index:
                engine.drop(wire)
    for wire in side.final:
        engine.touch(wire)
    if told is not None and told.told.keys() != branch.told.keys():
        raise Unmatched
    return branch


def _measure(
    program: Circuit | DistributedCircuit,
    row: Row,
    engine: Engine,
    state: tuple[Branch, Branch | None, Counter[tuple[str, int]]],
    happens: bool,
) -> None:
    branch, told, seen = state
    name = _name(program, row)
    if name is not None:
        seen[name] += 1
    if not happens:
        return
    if name is None:
        outcome, _ = engine.measure(row.operands[0], None)
    else:
        key = (*name, seen[name])
        wanted = None if told is None else told.told.get(key)
        if told is not None and wanted is None:
            raise Unmatched
        outcome, probability = engine.measure(row.operands[0], wanted)
        branch.told[key] = outcome
        branch.logarithm += float(np.log2(probability))
    if row.op.kind is Kind.MEASURE:
        branch.bits[row.attr] = outcome
    elif outcome:
        engine.flip(row.operands[0])


def _name(program: Circuit | DistributedCircuit, row: Row) -> tuple[str, int] | None:
    """The measurement of the source that this is; None for one of the communication."""
    if isinstance(program, DistributedCircuit):
        source = program.placed.circuit.table
        if program.role[row.index] or not 0 <= program.origin[row.index] < len(source):
            return None
        row = source.row(int(program.origin[row.index]))
        if row.op.kind not in (Kind.MEASURE, Kind.RESET):
            return None
    return ("bit", row.attr) if row.op.kind is Kind.MEASURE else ("qubit", row.operands[0])


def same_bits(source: Branch, found: Branch, program: Circuit | DistributedCircuit) -> bool:
    """Whether the bits hold the same at the end."""
    held = ChannelSide.of(program).bits
    return all(source.bits.get(k, 0) == found.bits.get(bit, 0) for k, bit in enumerate(held))
