"""`h D h` at one node as the one controlled gate that it is, once it is known where rows happen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import PlacedCircuit
from qdsl.passes.canonicalize.fusing import fuse
from qdsl.passes.canonicalize.rows import Column, RowColumns, rows_of, within
from qdsl.passes.canonicalize.writing import reordered

Nodes = npt.NDArray[np.int16]


def with_local_gates(ir: PlacedCircuit) -> PlacedCircuit:
    """The same with every such row of which that qubit lives at the node of all three: fewer gates,
    at the same places. Other qubits may have copies there, as they had."""
    rows = rows_of(ir.circuit)
    room = np.array([node.qubits for node in ir.network.nodes], np.int64)
    found = fuse(replace(rows, pin=ir.site.astype(np.int64)), room)
    if len(found) == len(rows):
        return ir
    kept, arity = found.source, found.arity
    place = np.repeat(rows.start[kept], arity) + within(arity)
    lives = _in_order(rows.operands[place], ir.residence[place], found)
    last = found.start[1:][found.code != rows.code[kept]] - 1
    if (lives[last] != np.repeat(ir.site[kept], arity)[last]).any():
        return ir  # a qubit that comes and goes between the three
    found = replace(found, pin=rows.pin[kept])
    return replace(
        ir,
        circuit=reordered(ir.circuit, found),
        site=_nodes(ir.site[kept]),
        residence=_nodes(lives),
    )


def _in_order(qubit: Column, lives: Nodes, rows: RowColumns) -> Nodes:
    """Beside the operands of rows where these qubits, in another order in their rows, live."""
    now, then = np.lexsort((rows.operands, rows.owner)), np.lexsort((qubit, rows.owner))
    found = np.empty_like(lives)
    found[now] = lives[then]
    return found


def _nodes(column: Nodes) -> Nodes:
    column.flags.writeable = False
    return column
