"""The operator-Schmidt rank of a small circuit across a cut.

Write the unitary as a sum of products of operators on the two sides; the least number of terms is
its operator-Schmidt rank r. Applied to halves of maximally entangled pairs the unitary gives a
state of Schmidt rank r, and local operations with messages never raise a Schmidt rank; k ebits
have rank 2^k. So every protocol needs ceil(log2 r) ebits across the cut (M. A. Nielsen et al.,
Phys. Rev. A 67, 052301 (2003); D. Stahlke, R. B. Griffiths, Phys. Rev. A 84, 032316 (2011)).
Where a qubit ends on another side than it began, the output counts on the side where it ends.

Symbolic angles are set to fixed numbers: a program for all values is one for these. A singular
value counts if it is above 1e-9 of the largest, so rounding can only lower the rank.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from math import ceil, isqrt, log2

import numpy as np
import numpy.typing as npt

from qdsl.bounds.cuts import BoundTooLarge, Cuts
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit, PlacedCircuit
from qdsl.ir.table import Row
from qdsl.network.network import Network

Matrix = npt.NDArray[np.complex128]
MOST_QUBITS = 8  # of these homes
MOST_FREE_QUBITS = 5  # of any homes
MOST_ROWS = 1000
MOST_PLACES = 4000  # pairs of homes and ends that are gone through
REAL = 1e-9


def unitary(circuit: Circuit) -> Matrix | None:
    """The matrix of a circuit at fixed values of its parameters, qubit 0 most significant, up to
    a phase; None if it is large, or measures, resets, encodes or asks for a bit."""
    table = circuit.table
    if circuit.n_qubits > MOST_QUBITS or len(table) > MOST_ROWS or (table.cond >= 0).any():
        return None
    values = circuit.values
    places = np.arange(values.n_slots, dtype=np.float64)
    flat = np.asarray((places * 0.6180339887498949 + 0.377) % 1.0 * np.pi, np.float64)
    angles = values.angles.evaluate(values.extend(flat))
    matrix = np.eye(2**circuit.n_qubits, dtype=np.complex128)
    skipped = (BY_NAME["barrier"].code, BY_NAME["move"].code)
    for row in table:
        if row.op.code in skipped:
            continue
        if not row.op.is_unitary:
            return None
        for word, angle in _rotations(row, table.words, angles):
            matrix = _turned(matrix, circuit.n_qubits, row.operands, word, angle)
    return matrix


def _rotations(
    row: Row, words: Sequence[str], angles: npt.NDArray[np.float64]
) -> Iterator[tuple[str, float]]:
    given = tuple(float(angles[k]) for k in row.angles)
    if row.op.name == "rot":
        yield words[row.attr], given[0]
    for r in row.op.body:
        yield r.word, r.angle.at(given)


def _turned(matrix: Matrix, n: int, qubits: Sequence[int], word: str, angle: float) -> Matrix:
    """exp(-i angle P / 2) times a matrix."""
    index = np.arange(2**n)
    flip, phase = 0, np.ones(2**n, np.complex128)
    for q, letter in zip(qubits, word, strict=True):
        bit = index >> (n - 1 - q) & 1
        if letter in "XY":
            flip |= 1 << (n - 1 - q)
        if letter == "Z":
            phase *= 1 - 2 * bit
        elif letter == "Y":
            phase *= 1j * (2 * bit - 1)  # <b|Y|1-b>
    result: Matrix = np.cos(angle / 2) * matrix
    result -= 1j * np.sin(angle / 2) * phase[:, None] * matrix[index ^ flip]
    return result


def crossing(matrix: Matrix, n: int, begins: Sequence[bool], ends: Sequence[bool]) -> int:
    """Ebits across a cut: `begins[q]`, `ends[q]` say whether a qubit begins and ends on one of
    its sides."""
    tensor = matrix.reshape((2,) * (2 * n))
    one = [q for q in range(n) if ends[q]] + [n + q for q in range(n) if begins[q]]
    other = [k for k in range(2 * n) if k not in one]
    folded = tensor.transpose(one + other).reshape(2 ** len(one), -1)
    sizes = np.linalg.svd(folded, compute_uv=False)
    rank = int((sizes > REAL * sizes[0]).sum())
    return ceil(log2(rank) - 1e-12)


def schmidt_bound(placed: PlacedCircuit) -> int | None:
    """Ebits of any protocol between the homes and the last residences of this placement."""
    matrix = unitary(placed.circuit)
    if matrix is None:
        return None
    ends = placed.home.copy()
    for q, node in zip(
        placed.circuit.table.operands.tolist(), placed.residence.tolist(), strict=True
    ):
        ends[q] = node
    return _Crossings(matrix, placed.network).between(placed.home.tolist(), ends.tolist())


class _Crossings:
    """`crossing` of every cut: each pattern of what begins and ends within it is computed once."""

    def __init__(self, matrix: Matrix, network: Network) -> None:
        self._matrix, self._cuts = matrix, Cuts(network)
        self._known: dict[tuple[tuple[bool, ...], tuple[bool, ...]], int] = {}

    def between(self, begins: Sequence[int], ends: Sequence[int]) -> int:
        def across(nodes: frozenset[int]) -> int:
            sides = tuple(v in nodes for v in begins), tuple(v in nodes for v in ends)
            if sides not in self._known:
                self._known[sides] = crossing(self._matrix, len(begins), *sides)
            return self._known[sides]

        return self._cuts.bound(across)


def free_schmidt_bound(circuit: Circuit, network: Network) -> int | None:
    """Ebits of any protocol, over all homes and ends that obey the nodes' data qubits. None for
    circuits that `unitary` is not for; `BoundTooLarge` if the pairs of homes and ends are too many:
    they are counted while they are listed, and no more of them are listed than are gone through.
    """
    if circuit.n_qubits > MOST_FREE_QUBITS or (circuit.pin >= 0).any():
        return None
    most = isqrt(MOST_PLACES)
    found = places([v.qubits for v in network.nodes], circuit.n_qubits)
    homes = list(islice(found, most + 1))
    matrix = unitary(circuit)
    if matrix is None or not homes:
        return None
    if len(homes) > most:
        raise BoundTooLarge(f"more than {most} placements")
    crossings, least = _Crossings(matrix, network), None
    for begins, ends in product(homes, repeat=2):
        ebits = crossings.between(begins, ends)
        least = ebits if least is None else min(ebits, least)
        if not least:
            break
    return least


def places(rooms: Sequence[int], qubits: int) -> Iterator[tuple[int, ...]]:
    """Every choice of a node for every qubit that fits the nodes' data qubits, one after another.
    Whatever the first qubits choose can be completed if there is room for all, so that the next
    choice is found at once."""
    if not qubits:
        yield ()
    if not 0 < qubits <= sum(rooms):
        return
    for v in (v for v, room in enumerate(rooms) if room):
        fewer = [room - (k == v) for k, room in enumerate(rooms)]
        yield from ((v, *rest) for rest in places(fewer, qubits - 1))
