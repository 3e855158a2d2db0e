"""Which node holds every qubit of the program, and when it moves."""

from __future__ import annotations

import numpy as np

from qdsl.ir.stages import ROLES, ScheduledCircuit
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Residence:
    """A stay at a node; `from_ns`: the start of the first operation there, 0 for the first stay."""

    node: str
    from_ns: int


@dataclass(frozen=True, slots=True)
class QubitPlacement:
    """A qubit, by its name in the source, and where it lives, in the order of time."""

    qubit: str
    residences: tuple[Residence, ...]


def placement_of(ir: ScheduledCircuit) -> tuple[QubitPlacement, ...]:
    """Every qubit of the source, in its order. Linear in the program's length."""
    placed = ir.distributed.placed
    names = [node.name for node in placed.network.nodes]
    stays = [[Residence(names[node], 0)] for node in placed.home.tolist()]
    starts = _starts(ir)
    for qubit, node, row in _arrivals(ir):
        stays[qubit].append(Residence(names[node], int(starts[row])))
    return tuple(
        QubitPlacement(placed.circuit.short_name(q), tuple(found)) for q, found in enumerate(stays)
    )


def _arrivals(ir: ScheduledCircuit) -> list[tuple[int, int, int]]:
    """(qubit, node, row of the placed circuit) wherever a qubit lives elsewhere than before."""
    placed = ir.distributed.placed
    table = placed.circuit.table
    rows = np.repeat(np.arange(len(table)), table.arity)
    quantum = np.repeat(placed.site >= 0, table.arity)
    qubits, nodes, rows = table.operands[quantum], placed.residence[quantum], rows[quantum]
    order = np.argsort(qubits, kind="stable")
    qubits, nodes, rows = qubits[order], nodes[order], rows[order]
    first = np.ones(len(qubits), bool)
    first[1:] = qubits[1:] != qubits[:-1]
    before = np.concatenate([nodes[:1], nodes[:-1]])
    before[first] = placed.home[qubits[first]]
    moved = np.flatnonzero(before != nodes)
    return [(int(qubits[k]), int(nodes[k]), int(rows[k])) for k in moved]


def _starts(ir: ScheduledCircuit) -> np.ndarray:
    """int64[rows of the placed circuit]: when each operation itself starts, in ns; of a `move`,
    which is communication alone, when that ends."""
    program = ir.distributed
    never = np.iinfo(np.int64).max
    starts = np.full(len(program.placed.circuit.table), never, np.int64)
    ends = np.zeros_like(starts)
    known = program.origin >= 0
    mine = known & (program.role == ROLES.index("local"))
    np.minimum.at(starts, program.origin[mine], ir.start_ns[mine])
    np.maximum.at(ends, program.origin[known], ir.end_ns[known])
    return np.where(starts == never, ends, starts)
