"""Writes a circuit in canonical form, by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from qdsl.canonical.expanding import expanded, narrowed, spread, with_sorted_operands, with_words
from qdsl.canonical.fusing import fuse
from qdsl.canonical.gadgets import unwrapped
from qdsl.canonical.merging import Sums, merged
from qdsl.canonical.ordering import ordered
from qdsl.canonical.rows import Draft, Rows, columns_of, rows_of
from qdsl.ir.stages import Circuit
from qdsl.ir.table import OpTable, TableBuilder

N = TypeVar("N", bound=np.generic)


def canonical(ir: Circuit, keep_wide: bool = True) -> Circuit:
    """The canonical form of a circuit. `keep_wide`: gates on three and more qubits stay whole
    where the network can serve them."""
    return _rewritten(ir, rows_of(ir), Sums(ir.values), ir.table.words, widest_gate(ir, keep_wide))


def rewritten(ir: Circuit, rows: Sequence[Draft], sums: Sums, words: Sequence[str]) -> Circuit:
    """The canonical form of rows that mean the same as the circuit's; `source` is a row of it."""
    return _rewritten(ir, columns_of(rows), sums, words, widest_gate(ir))


def widest_gate(ir: Circuit, keep_wide: bool = True) -> int:
    """The most operands that a gate may keep."""
    if not keep_wide:
        return 2
    if ir.network is None or len(ir.network.nodes) < 2:
        return ir.n_qubits
    return max(2, min(node.comm for node in ir.network.nodes) + 1)


def _rewritten(ir: Circuit, rows: Rows, sums: Sums, words: Sequence[str], widest: int) -> Circuit:
    told = {d.before for d in ir.disclosures}
    rows = spread(_ordered(ir, with_sorted_operands(rows), words, "Z"))
    rows = unwrapped(rows, ir.n_qubits, _fences(rows.source, told), sums)
    steps, constants = expanded(rows, words, len(sums.builder))
    builder = TableBuilder(ir.table.words, ir.table.spans)
    steps = with_words(narrowed(steps, widest), builder)
    steps = merged(steps, ir.n_qubits, _fences(steps.source, told), sums, constants)
    steps = fuse(steps)
    return _built(ir, _ordered(ir, steps, builder.build().words, "XYZ"), sums, builder)


def _ordered(ir: Circuit, rows: Rows, words: Sequence[str], axes: str) -> Rows:
    told = {d.before for d in ir.disclosures}
    fence = _fences(rows.source, told)
    return ordered(rows, (ir.n_qubits, ir.n_bits), words, fence, axes)


def _fences(source: npt.NDArray[np.int64], told: set[int]) -> npt.NDArray[np.bool_]:
    """Rows before which a disclosure happens: a later use may need it."""
    passed = np.searchsorted(sorted(told), np.maximum.accumulate(source), "right")
    found: npt.NDArray[np.bool_] = np.diff(passed, prepend=0) > 0
    return found


def _built(ir: Circuit, rows: Rows, sums: Sums, builder: TableBuilder) -> Circuit:
    values = sums.builder.build(ir.values.vectors, ir.values.references)
    known = builder.build()  # of words and places only
    start, operands, angle, cond, attr, span = (
        _frozen(column.astype(np.int32))
        for column in (rows.start, rows.operands, rows.angle, rows.cond, rows.attr, rows.span)
    )
    code = _frozen(rows.code.astype(np.uint16))
    table = OpTable(code, start, operands, angle, cond, attr, span, known.words, known.spans)
    told = tuple(replace(d, before=int((rows.source < d.before).sum())) for d in ir.disclosures)
    pin = _frozen(rows.pin.astype(np.int16))
    return replace(ir, table=table, values=values, pin=pin, disclosures=told)


def _frozen(column: npt.NDArray[N]) -> npt.NDArray[N]:
    column.flags.writeable = False
    return column
