"""Writes a circuit in canonical form, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from qdsl.canonical.expansions import EXPANSIONS, Step, ladder, toffoli_phase, word_rotation
from qdsl.canonical.fusing import fuse
from qdsl.canonical.gadgets import unwrapped
from qdsl.canonical.merging import SYMMETRIC, Draft, Sums, Writer
from qdsl.ir.operations import BY_NAME, OPERATIONS, Kind
from qdsl.ir.stages import Circuit
from qdsl.ir.table import OpTable, TableBuilder

_CODE: Final = {name: op.code for name, op in BY_NAME.items()}
_CSWAP: Final = BY_NAME["cswap"].code
_ROT: Final = BY_NAME["rot"].code
_RULES: Final = {BY_NAME[name].code: steps for name, steps in EXPANSIONS.items()}
_DIAGONAL: Final = frozenset(
    BY_NAME[name].code
    for name in ("z", "s", "sdg", "t", "tdg", "rz", "p", "cz", "cp", "crz", "rzz", "ccz")
)


def canonical(ir: Circuit, keep_wide: bool = True) -> Circuit:
    """The canonical form of a circuit. `keep_wide`: gates on three and more qubits stay whole
    where the network can serve them."""
    return rewritten(ir, drafts(ir), Sums(ir.values), ir.table.words, keep_wide)


def drafts(ir: Circuit) -> list[Draft]:
    """The rows of a circuit."""
    pins = ir.pin.tolist()
    return [
        Draft(row.op.code, row.operands, row.angle, row.cond, row.attr, row.span, pins[row.index],
              row.index)
        for row in ir.table
    ]  # fmt: skip


def rewritten(
    ir: Circuit, rows: list[Draft], sums: Sums, words: Sequence[str], keep_wide: bool = True
) -> Circuit:
    """The canonical form of rows that mean the same as the circuit's; `source` is a row of it."""
    writer = Writer(ir.n_qubits, sums)
    expander = _Expander(writer, ir.table, words, widest_gate(ir, keep_wide))
    _write_all(ir, rows, expander)
    return _built(ir, fuse([row for row in writer.rows if row.code >= 0]), expander)


def widest_gate(ir: Circuit, keep_wide: bool = True) -> int:
    """The most operands that a gate may keep."""
    if not keep_wide:
        return 2
    if ir.network is None or len(ir.network.nodes) < 2:
        return ir.n_qubits
    return max(2, min(node.comm for node in ir.network.nodes) + 1)


def _write_all(ir: Circuit, rows: list[Draft], expander: _Expander) -> None:
    told = {d.before for d in ir.disclosures}
    fences = sorted(told, reverse=True)
    for draft in unwrapped(rows, ir.n_qubits, told, expander.writer.sums):
        while fences and draft.source >= fences[-1]:  # a later use may need the disclosure
            fences.pop()
            expander.writer.separate(range(ir.n_qubits))
        expander.expand(draft)


class _Expander:
    """Hands rows to the writer, expanded where they have to be."""

    def __init__(self, writer: Writer, table: OpTable, words: Sequence[str], widest: int) -> None:
        self.writer = writer
        self.words = TableBuilder(table.words, table.spans)
        self._word_list = list(words)
        self._widest = widest

    def expand(self, row: Draft) -> None:
        code = row.code
        row.operands = _sorted_operands(code, row.operands)
        if code in _RULES:
            self._write_steps(row, _RULES[code])
        elif code == _ROT:
            self._write_steps(row, word_rotation(self._word_list[row.attr]))
        elif OPERATIONS[code].kind is Kind.UNITARY:
            self._write_gate(row)
        else:
            self._write_other(row)

    def _write_steps(self, row: Draft, steps: tuple[Step, ...]) -> None:
        for step in steps:
            qubits = tuple([row.operands[k] for k in step.places])
            angle = row.angle if step.uses_own_angle else -1
            if step.constant is not None:
                angle = self.writer.sums.constant(step.constant)
            cond = -1 if step.is_basis_change else row.cond
            code = _ROT if step.name == "zrot" else _CODE[step.name]
            self._write_gate(row.rewritten(code, qubits, angle, cond))

    def _write_gate(self, row: Draft) -> None:
        n = len(row.operands)
        if row.code in SYMMETRIC or row.code == _ROT:
            row.operands = tuple(sorted(row.operands))
        if n > self._widest:
            steps = ladder(n) if row.code == _ROT else toffoli_phase()
            self._write_steps(row, steps)
            return
        row.attr = self.words.word("Z" * n) if row.code == _ROT else -1
        self.writer.write(row, row.code in _DIAGONAL or row.code == _ROT)

    def _write_other(self, row: Draft) -> None:
        """Encodings, measurements, resets, moves and barriers stand where they stand."""
        self.writer.separate(row.operands)
        self.writer.append(row, (False,) * len(row.operands))


def _sorted_operands(code: int, operands: tuple[int, ...]) -> tuple[int, ...]:
    """Operands that may be exchanged, sorted."""
    if code in SYMMETRIC:
        return tuple(sorted(operands))
    if code == _CSWAP:
        return (operands[0], *sorted(operands[1:]))
    return operands


def _built(ir: Circuit, rows: list[Draft], expander: _Expander) -> Circuit:
    builder = expander.words
    for r in rows:
        builder.add(r.code, r.operands, r.angle, r.cond, r.attr, r.span)
    values = expander.writer.sums.builder.build(ir.values.vectors, ir.values.references)
    source = np.array([r.source for r in rows], np.int64)
    told = tuple(replace(d, before=int(np.searchsorted(source, d.before))) for d in ir.disclosures)
    pin = np.array([r.pin for r in rows], np.int16)
    pin.flags.writeable = False
    return replace(ir, table=builder.build(), values=values, pin=pin, disclosures=told)
