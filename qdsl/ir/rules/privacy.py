"""The rule that private values are used by their owners."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.rules.rule import named
from qdsl.ir.stages import DistributedCircuit
from qdsl.ir.values import Values

Column = npt.NDArray[np.int64]


def stays_home(ir: DistributedCircuit) -> str | None:
    index = ir.network.index
    owner = [index.get(v.owner or "", -1) for v in ir.values.vectors]
    if all(node < 0 for node in owner):
        return None
    for rows, vectors in (_by_angle(ir), _by_data(ir)):
        home = np.array(owner, np.int64)[vectors]
        at = ir.wire_node[ir.table.operands[ir.table.operand_start[rows]]]
        away = np.flatnonzero((home >= 0) & (home != at))
        for k in away[np.argsort(rows[away], kind="stable")].tolist():
            name = ir.values.vectors[int(vectors[k])].name
            row, node = int(rows[k]), int(at[k])
            if not _disclosed(ir, name, node, int(ir.origin[row])):
                return f"{named(ir.table, row)}: '{name}' is used at {ir.network.nodes[node].name}"
    return None


def _disclosed(ir: DistributedCircuit, vector: str, node: int, origin: int) -> bool:
    disclosed = ir.placed.circuit.disclosures
    return any(d.vector == vector and d.to == node and d.before <= origin for d in disclosed)


def _by_data(ir: DistributedCircuit) -> tuple[Column, Column]:
    """(row, vector) of every encoding."""
    is_encode = np.array([op.kind is Kind.ENCODE for op in OPERATIONS])
    rows = np.flatnonzero(is_encode[ir.table.opcode])
    place = {v.name: i for i, v in enumerate(ir.values.vectors)}
    vectors = [place[r.vector] for r in ir.values.references]
    return rows, np.array(vectors, np.int64)[ir.table.attr[rows]]


def _by_angle(ir: DistributedCircuit) -> tuple[Column, Column]:
    """(row, vector) of every value that an angle of a row depends on."""
    pairs = np.array(sorted(_vectors_of_expressions(ir.values)), np.int64).reshape(-1, 2)
    counts = np.array([op.angles for op in OPERATIONS])[ir.table.opcode]
    rows: list[Column] = []
    vectors: list[Column] = []
    for k in range(int(counts.max(initial=0))):
        some = np.flatnonzero(counts > k)
        expression = ir.table.angle[some] + k
        low = np.searchsorted(pairs[:, 0], expression)
        many = np.searchsorted(pairs[:, 0], expression, side="right") - low
        offset = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        rows.append(np.repeat(some, many))
        vectors.append(pairs[np.repeat(low, many) + offset, 1])
    none = np.zeros(0, np.int64)
    return np.concatenate([none, *rows]), np.concatenate([none, *vectors])


def _vectors_of_expressions(values: Values) -> set[tuple[int, int]]:
    angles = values.angles
    expression = np.repeat(np.arange(len(angles)), np.diff(angles.term_start)).tolist()
    starts = np.array([v.start for v in values.vectors], np.int64)
    n = values.n_slots

    def factors() -> Iterator[tuple[int, int]]:
        for e, slot in zip(expression, angles.slot.tolist(), strict=True):
            for s in (slot,) if slot < n else values.products[slot - n]:
                yield e, s

    found = np.array(sorted(set(factors())), np.int64).reshape(-1, 2)
    vector = np.searchsorted(starts, found[:, 1], side="right") - 1
    return set(zip(found[:, 0].tolist(), vector.tolist(), strict=True))
