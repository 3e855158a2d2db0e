"""Compares two large programs, given as columns, in one compiled loop."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import OPERATIONS, Kind, Operation
from qdsl.ir.paulis import pauli_on
from qdsl.ir.table import OpTable
from qdsl.ir.values import Values
from qdsl.records import dataclass
from qdsl.verify.translation import stream_kernel as kernel
from qdsl.verify.translation.columns import DIAGONAL, IS_MEASURE, ROT, WIDEST, Ints, LogicalColumns
from qdsl.verify.translation.event import ROUNDING
from qdsl.verify.translation.paulis import GeneratorFrame

LETTERS = {"I": 0, "X": 1, "Z": 2, "Y": 3}
MOST_WAITING = 2**14
MOST_TERMS = 32  # of one angle
POOL_WORDS = 2**23

_SKIPPED = np.array([op.kind in (Kind.MOVE, Kind.BARRIER) for op in OPERATIONS])
_NUMBERED = np.array([op.kind in (Kind.ENCODE, Kind.RESET) for op in OPERATIONS])


@dataclass(frozen=True, slots=True)
class Difference:
    """`left` and `right`: operations without a counterpart, -1 if none is to blame.
    `is_certain`: the whole programs were compared."""

    left: int
    right: int
    frames: bool
    is_certain: bool


def fits(side: LogicalColumns, n_qubits: int, n_bits: int) -> bool:
    """Whether the loop can hold such a program: it looks for nothing that is out of range."""
    qubits, cond = side.qubits, side.cond
    return (
        (not len(qubits) or (int(qubits.min()) >= 0 and int(qubits.max()) < n_qubits))
        and int(cond.max(initial=-1)) < 2 * n_bits
        and int(side.bit.max(initial=-1)) < n_bits
    )


def first_difference(
    left: LogicalColumns, right: LogicalColumns, n_qubits: int
) -> Difference | None:
    """None if the two programs are equal; else what was found of it."""
    numbers: dict[object, int] = {}
    names: dict[tuple[int, ...], int] = {}
    a, b = (_ops(side, numbers, names) for side in (left, right))
    s, t = _fresh_side(n_qubits), _fresh_side(n_qubits)
    found, at, other = kernel.compare_streams(a, b, _bodies(), s, t, MOST_WAITING)
    if found == kernel.EQUAL:
        return None
    kept = [np.flatnonzero(~_SKIPPED[side.table.opcode[side.row]]) for side in (left, right)]
    at, other = (int(rows[k]) if k >= 0 else -1 for rows, k in zip(kept, (at, other), strict=True))
    return Difference(at, other, found == kernel.FRAMES_DIFFER, found != kernel.GAVE_UP)


@cache
def _bodies() -> kernel.RotationBodies:
    rotations = [r for op in OPERATIONS for r in op.body]
    numbers = np.zeros((len(rotations), 1 + max(op.angles for op in OPERATIONS)))
    letters = np.zeros((len(rotations), WIDEST), np.int64)
    for k, r in enumerate(rotations):
        numbers[k, 0] = r.angle.constant
        numbers[k, 1 : 1 + len(r.angle.coefficients)] = r.angle.coefficients
        letters[k, : len(r.word)] = [LETTERS[c] for c in r.word]
    images = np.full((len(OPERATIONS), 2 * WIDEST, WIDEST + 1), -1, np.int64)
    for op in OPERATIONS:
        if _is_clifford(op):
            images[op.code] = _images(op)
    start = np.cumsum([0, *(len(op.body) for op in OPERATIONS)]).astype(np.int64)
    return kernel.RotationBodies(start, numbers, letters, images, ROT)


def _is_clifford(op: Operation) -> bool:
    turns = [r.angle.constant / kernel.HALF_PI for r in op.body]
    return bool(op.body) and not op.angles and all(abs(k - round(k)) < ROUNDING for k in turns)


def _images(op: Operation) -> Ints:
    """What X and then Z of every operand become: letters by operand, then the phase."""
    assert op.arity is not None
    frame, operands = GeneratorFrame(), range(op.arity)
    for r in op.body:
        frame.append(round(r.angle.constant / kernel.HALF_PI), pauli_on(r.word, operands))
    images = np.zeros((2 * WIDEST, WIDEST + 1), np.int64)
    for k, p in enumerate(
        [frame.image_x(q) for q in operands] + [frame.image_z(q) for q in operands]
    ):
        letters = [(p.x >> q & 1) + 2 * (p.z >> q & 1) for q in operands]
        images[k, : op.arity] = letters
        images[k, -1] = (p.phase - letters.count(3)) & 3  # a Y brings its own
    return images


def _ops(
    side: LogicalColumns, numbers: dict[object, int], names: dict[tuple[int, ...], int]
) -> kernel.Ops:
    table = side.table
    kept = np.flatnonzero(~_SKIPPED[table.opcode[side.row]])
    row = side.row[kept]
    code = table.opcode[row].astype(np.int64)
    arity = np.diff(side.start)
    inside = np.repeat(~_SKIPPED[table.opcode[side.row]], arity)
    words = np.cumsum([0, *map(len, table.words)])
    ops = np.zeros((len(row) + 1, 8), np.int64)
    ops[:-1, kernel.CODE], ops[:-1, kernel.BIT] = code, side.bit[kept]
    ops[:-1, kernel.COND], ops[:-1, kernel.ANGLE] = side.cond[kept], table.angle[row]
    ops[:-1, kernel.OTHER] = _numbered(table, side.values, row, numbers)
    ops[:-1, kernel.WORD] = words[np.where(code == ROT, table.attr[row], 0)]
    ops[:-1, kernel.DIAGONAL] = code == DIAGONAL
    np.cumsum(arity[kept], out=ops[1:, kernel.START])
    letters = np.array([LETTERS[c] for w in table.words for c in w], np.int64)
    return kernel.Ops(ops, side.qubits[inside], letters, *_angles(side.values, names))


def _numbered(table: OpTable, values: Values, row: Ints, numbers: dict[object, int]) -> Ints:
    """0 for a unitary operation, 1 for a measurement, and a number for what the others do."""
    code = table.opcode[row]
    sort = np.where(IS_MEASURE[code], kernel.MEASURE, kernel.TURN).astype(np.int64)
    for k in np.flatnonzero(_NUMBERED[code]).tolist():
        op, data = OPERATIONS[code[k]], None
        if op.kind is Kind.ENCODE:
            reference = values.references[int(table.attr[row[k]])]
            data = (reference.vector, reference.kind, reference.start, reference.shape)
        sort[k] = numbers.setdefault((op.name, data), len(numbers) + 2)
    return sort


def _angles(
    values: Values, names: dict[tuple[int, ...], int]
) -> tuple[npt.NDArray[np.float64], Ints, Ints, npt.NDArray[np.float64]]:
    """Constants, starts of terms, names of values and factors, names the same for both sides."""
    angles, n = values.angles, values.n_slots
    known = np.arange(n + len(values.products), dtype=np.int64)
    for k, factors in enumerate(values.products):
        known[n + k] = names.setdefault(factors, n + len(names))
    return (
        np.array(angles.constant, np.float64),
        angles.term_start.astype(np.int64),
        known[angles.slot],
        np.array(angles.coefficient, np.float64),
    )


def _fresh_side(n: int) -> kernel.StreamSide:
    words = max(1, -(-n // 64))
    slots = min(2 * MOST_WAITING, max(256, POOL_WORDS // words)) + 64
    frame = np.zeros((2 * n, 2 * words + 1), np.int64)
    for q in range(n):
        bit = np.array(1 << q % 64, np.uint64).astype(np.int64)
        frame[q, q // 64] = frame[n + q, words + q // 64] = bit
    return kernel.StreamSide(
        frame, _zeros(slots, 2 * words + 1), _zeros(slots, kernel.NAME + MOST_TERMS),
        np.zeros((slots, 1 + MOST_TERMS)), _zeros(2, slots + 64), np.arange(slots),
        np.array([0, slots, 0]), _zeros(2 * WIDEST, 2 * words + 1),
    )  # fmt: skip


def _zeros(*shape: int) -> Ints:
    return np.zeros(shape, np.int64)
