"""Parts of a circuit made of CX and diagonal gates, read as phases of parities.

Such a part multiplies a basis state by a phase for each of several parities of its qubits, and
then exchanges basis states by CX alone (Amy, Maslov and Mosca 2014, "Polynomial-time T-depth
optimization of Clifford+T circuits via matroid partitioning"). Which gates it was written with
does not matter: a gate that was expanded into two-qubit gates is a phase of few parities again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Final

from qdsl.ir.operations import BY_NAME, OPERATIONS, Operation
from qdsl.ir.stages import Circuit
from qdsl.passes.canonicalize.merging import TOLERANCE, Sums
from qdsl.passes.canonicalize.rows import Draft, drafts
from qdsl.records import dataclass

Angle = tuple[float, dict[int, float]]  # radians, and coefficients of value slots

_CX: Final = BY_NAME["cx"].code
_ROT: Final = BY_NAME["rot"].code
_DIAGONAL: Final = frozenset(
    op.code
    for op in OPERATIONS
    if op.is_unitary and op.body and all(set(r.word) <= {"I", "Z"} for r in op.body)
)


@dataclass(frozen=True, slots=True)
class PhaseBlock:
    """Rows of CX and diagonal gates, all pinned alike.

    `angle[mask]` is the angle of exp(-i angle P / 2), P the product of Z on the qubits of the mask
    before the first row; `left` are the CX that follow, those that cancel left out.
    """

    rows: list[Draft]
    angle: dict[int, Angle]
    left: list[Draft]

    @property
    def widest(self) -> int:
        """The most qubits of a parity."""
        return max((mask.bit_count() for mask in self.angle), default=0)


def phase_blocks(circuit: Circuit) -> Iterator[list[Draft] | PhaseBlock]:
    """All rows, in another order that means the same: in turn rows as they are, and blocks."""
    sums, words = Sums(circuit.values), circuit.table.words
    waiting = drafts(circuit)
    while waiting:
        part = _Part(circuit.n_qubits, words)
        for row in waiting:
            part.take(row)
        yield part.others
        for rows in part.apart():
            yield _read(rows, sums, words)
        waiting = part.held


@dataclass(slots=True)
class _Part:
    """Rows before the blocks, rows of blocks, and rows held back because they come after."""

    n_qubits: int
    words: Sequence[str]
    others: list[Draft] = field(default_factory=list)
    block: list[Draft] = field(default_factory=list)
    held: list[Draft] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    used: set[int] = field(default_factory=set)

    def take(self, row: Draft) -> None:
        """Put the next row where it belongs."""
        is_plain = row.cond < 0 and OPERATIONS[row.code].is_unitary
        is_free = self.blocked.isdisjoint(row.operands)
        if not is_plain and (self.block or self.held):
            is_free = False  # bits and encodings keep their order
            self.blocked.update(range(self.n_qubits))
        if is_free and is_plain and self._fits(row):
            self.block.append(row)
            self.used.update(row.operands)
        elif is_free and self.used.isdisjoint(row.operands):
            self.others.append(row)
        else:
            self.held.append(row)
            self.blocked.update(row.operands)

    def _fits(self, row: Draft) -> bool:
        if self.block and self.block[0].pin != row.pin:
            return False
        if row.code == _ROT:
            return set(self.words[row.attr]) <= {"I", "Z"}
        return row.code == _CX or row.code in _DIAGONAL

    def apart(self) -> list[list[Draft]]:
        """The rows of every block: those that share qubits, directly or by others."""
        first: dict[int, int] = {}
        parts: dict[int, list[Draft]] = {}
        for row in self.block:
            met = sorted({first[q] for q in row.operands if q in first})
            goal = met[0] if met else row.source
            parts.setdefault(goal, [])
            for other in met[1:]:
                parts[goal] += parts.pop(other)
            parts[goal].append(row)
            for r in parts[goal] if len(met) > 1 else (row,):
                first.update(dict.fromkeys(r.operands, goal))
        return list(parts.values())


# ---- what a block does -----------------------------------------------------------------


def _read(rows: list[Draft], sums: Sums, words: Sequence[str]) -> PhaseBlock:
    parity = {q: 1 << q for row in rows for q in row.operands}
    angle: dict[int, Angle] = {}
    for row in rows:
        if row.code == _CX:
            control, target = row.operands
            parity[target] ^= parity[control]
        else:
            for word, turn in _turns(row, sums, words):
                _add(angle, _mask(word, row.operands, parity), turn)
    kept = {mask: turn for mask, turn in angle.items() if mask and not _is_nothing(turn)}
    return PhaseBlock(rows, kept, _uncancelled([r for r in rows if r.code == _CX]))


def _mask(word: str, qubits: Sequence[int], parity: dict[int, int]) -> int:
    mask = 0
    for letter, q in zip(word, qubits, strict=True):
        mask ^= parity[q] if letter == "Z" else 0
    return mask


def _turns(row: Draft, sums: Sums, words: Sequence[str]) -> Iterator[tuple[str, Angle]]:
    """The rotations of a diagonal row."""
    op: Operation = OPERATIONS[row.code]
    own = [_expression(sums, row.angle + k) for k in range(op.angles)]
    if row.code == _ROT:
        yield words[row.attr], own[0]
    for rotation in op.body:
        total: Angle = (rotation.angle.constant, {})
        for coefficient, (constant, terms) in zip(rotation.angle.coefficients, own, strict=False):
            scaled = {slot: coefficient * c for slot, c in terms.items()}
            total = _sum(total, (coefficient * constant, scaled))
        yield rotation.word, total


def _expression(sums: Sums, index: int) -> Angle:
    constant, terms = sums.expression(index)
    return constant, {slot: coefficient for coefficient, slot in terms}


def _sum(a: Angle, b: Angle) -> Angle:
    terms = dict(a[1])
    for slot, coefficient in b[1].items():
        terms[slot] = terms.get(slot, 0.0) + coefficient
    return a[0] + b[0], terms


def _add(angle: dict[int, Angle], mask: int, turn: Angle) -> None:
    angle[mask] = _sum(angle[mask], turn) if mask in angle else turn


def _is_nothing(turn: Angle) -> bool:
    return abs(turn[0]) < TOLERANCE and all(abs(c) < TOLERANCE for c in turn[1].values())


def _uncancelled(rows: list[Draft]) -> list[Draft]:
    """CX without those that meet their like."""
    kept: list[Draft] = []
    for row in rows:
        control, target = row.operands
        for k in reversed(range(len(kept))):
            a, b = kept[k].operands
            if (a, b) == (control, target):
                del kept[k]
                break
            if a == target or b == control:
                kept.append(row)
                break
        else:
            kept.append(row)
    return kept
