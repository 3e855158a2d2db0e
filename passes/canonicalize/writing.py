"""Writes a circuit in canonical form, by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from qdsl.ir.node_order import ordered_circuit
from qdsl.ir.operations import OPERATIONS
from qdsl.ir.stages import Circuit
from qdsl.ir.table import OpTable, TableBuilder
from qdsl.network.network import inverse
from qdsl.passes.canonicalize.canonical_labels import numbering
from qdsl.passes.canonicalize.expanding import (
    expanded,
    has_swaps,
    narrowed,
    with_sorted_operands,
    with_sorted_turns,
    with_swaps_by,
    with_words,
    without_swaps,
)
from qdsl.passes.canonicalize.fusing import fuse
from qdsl.passes.canonicalize.gadgets import unwrapped
from qdsl.passes.canonicalize.merging import Sums, merged
from qdsl.passes.canonicalize.node_labels import node_order
from qdsl.passes.canonicalize.ordering import ordered
from qdsl.passes.canonicalize.rows import Column, Draft, RowColumns, columns_of, rows_of

N = TypeVar("N", bound=np.generic)


def canonical(ir: Circuit, keep_wide: bool = True) -> Circuit:
    """The canonical form of a circuit. `keep_wide`: gates on three and more qubits stay whole
    where the network can serve them."""
    return _rewritten(ir, rows_of(ir), Sums(ir.values), ir.table.words, widest_gate(ir, keep_wide))


def whole(ir: Circuit) -> Circuit:
    """The canonical form in which gates stay whole, however wide they are."""
    return _rewritten(ir, rows_of(ir), Sums(ir.values), ir.table.words, ir.n_qubits)


def narrow(ir: Circuit) -> Circuit:
    """A circuit with gates that are too wide for its network written with two-qubit gates."""
    return canonical(ir) if is_too_wide(ir) else ir


def is_too_wide(ir: Circuit) -> bool:
    """Has the circuit gates on more qubits than every node's communication qubits can serve?"""
    is_gate = np.array([op.is_unitary for op in OPERATIONS])[ir.table.opcode]
    return bool((is_gate & (ir.table.arity > widest_gate(ir))).any())


def rewritten(ir: Circuit, rows: Sequence[Draft], sums: Sums, words: Sequence[str]) -> Circuit:
    """The canonical form of rows that mean the same as the circuit's; `source` is a row of it."""
    return _rewritten(ir, columns_of(rows), sums, words, widest_gate(ir))


def renumbered(ir: Circuit) -> tuple[Circuit, Column]:
    """A canonical circuit with its qubits called by what they do (`naming`) and its rows in order,
    and int64[qubits], what each is called; outputs and registers stay as they were."""
    rows = rows_of(ir)
    number = numbering(rows, *_about(ir, rows, ir.table.words))
    if (number == np.arange(len(number))).all():
        return ir, number
    rows = with_sorted_turns(replace(rows, operands=number[rows.operands]))
    return _with_rows(ir, _ordered(ir, rows, ir.table.words, "XYZ"), ir.table), number


def widest_gate(ir: Circuit, keep_wide: bool = True) -> int:
    """The most operands that a gate may keep."""
    if not keep_wide:
        return 2
    if ir.network is None or len(ir.network.nodes) < 2:
        return ir.n_qubits
    return max(2, min(ir.network.free_comm) + 1)


def _rewritten(
    ir: Circuit, rows: RowColumns, sums: Sums, words: Sequence[str], widest: int
) -> Circuit:
    disclosed = {d.before for d in ir.disclosures}
    rows = _ordered(ir, with_sorted_operands(rows), words, "Z")
    if has_swaps(rows):
        rows = without_swaps(with_swaps_by(numbering(rows, *_about(ir, rows, words)), rows))
    rows = unwrapped(rows, ir.n_qubits, _fences(rows.source, disclosed), sums)
    steps, constants = expanded(rows, words, len(sums.builder))
    builder = TableBuilder(ir.table.words, ir.table.spans)
    steps = with_words(narrowed(steps, widest), builder)
    steps = merged(steps, ir.n_qubits, _fences(steps.source, disclosed), sums, constants)
    known = builder.build().words
    if ir.node_order is None:
        order = node_order(ir, steps, known, _fences(steps.source, disclosed))
        ir = replace(ir, node_order=order)
    return with_rows(ir, _finished(ir, steps, known), sums, builder)


def _finished(ir: Circuit, rows: RowColumns, words: Sequence[str]) -> RowColumns:
    """Fused rows in order, with the nodes in theirs meanwhile."""
    if ir.node_order is None or (rows.pin < 0).all():
        return _ordered(ir, _fused(ir, rows, words), words, "XYZ")
    called = ordered_circuit(ir, ir.node_order)
    place = np.array((*inverse(ir.node_order), -1), np.int64)
    rows = _fused(called, replace(rows, pin=place[rows.pin]), words)
    rows = _ordered(called, rows, words, "XYZ")
    return replace(rows, pin=np.array((*ir.node_order, -1), np.int64)[rows.pin])


def _ordered(ir: Circuit, rows: RowColumns, words: Sequence[str], axes: str) -> RowColumns:
    """The last time, for all axes, the nodes of pinned rows count."""
    network = ir.network if axes == "XYZ" else None
    hops = None if network is None else lambda: network.routing.hops
    return ordered(rows, *_about(ir, rows, words), axes, hops)


def _about(
    ir: Circuit, rows: RowColumns, words: Sequence[str]
) -> tuple[tuple[int, int], Sequence[str], npt.NDArray[np.bool_]]:
    """Numbers of qubits and bits, words, and fences."""
    fence = _fences(rows.source, {d.before for d in ir.disclosures})
    return (ir.n_qubits, ir.n_bits), words, fence


def _fused(ir: Circuit, rows: RowColumns, words: Sequence[str]) -> RowColumns:
    """The choices of `fuse` do not depend on the names of qubits."""
    number = numbering(rows, *_about(ir, rows, words))
    room = np.array([node.qubits for node in ir.network.nodes] if ir.network else [], np.int64)
    rows = fuse(with_sorted_turns(replace(rows, operands=number[rows.operands])), room)
    return with_sorted_turns(replace(rows, operands=np.argsort(number)[rows.operands]))


def _fences(source: npt.NDArray[np.int64], disclosed: set[int]) -> npt.NDArray[np.bool_]:
    """Rows before which a disclosure happens: a later use may need it."""
    passed = np.searchsorted(sorted(disclosed), np.maximum.accumulate(source), "right")
    found: npt.NDArray[np.bool_] = np.diff(passed, prepend=0) > 0
    return found


def with_rows(ir: Circuit, rows: RowColumns, sums: Sums, builder: TableBuilder) -> Circuit:
    """The circuit with other rows, as they are, about angles and words that were made for them."""
    values = sums.builder.build(ir.values.vectors, ir.values.references)
    return replace(_with_rows(ir, rows, builder.build()), values=values)


def reordered(ir: Circuit, rows: RowColumns) -> Circuit:
    """The circuit with its rows in this order."""
    return _with_rows(ir, rows, ir.table)


def _with_rows(ir: Circuit, rows: RowColumns, known: OpTable) -> Circuit:
    """The circuit with other rows, about the words and spans of a table."""
    start, operands, angle, cond, attr, span = (
        _frozen(column.astype(np.int32))
        for column in (rows.start, rows.operands, rows.angle, rows.cond, rows.attr, rows.span)
    )
    code = _frozen(rows.code.astype(np.uint16))
    table = OpTable(code, start, operands, angle, cond, attr, span, known.words, known.spans)
    disclosed = tuple(
        replace(d, before=int((rows.source < d.before).sum())) for d in ir.disclosures
    )
    pin = _frozen(rows.pin.astype(np.int16))
    return replace(ir, table=table, pin=pin, disclosures=disclosed)


def _frozen(column: npt.NDArray[N]) -> npt.NDArray[N]:
    column.flags.writeable = False
    return column
