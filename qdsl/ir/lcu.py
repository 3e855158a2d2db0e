"""Block encodings by a linear combination of unitaries, for sparse matrices.

The entries of B = M^T fall into colours, no two of a colour in one row or column: each colour is
a permutation whose entries are at most the weight w of the colour. An entry v is the mean of
w exp(i t) and w exp(-i t), cos t = v / w, so that a colour is the mean of two unitaries, and B the
sum of them all, alpha = sum of the weights. For a symmetric matrix this is a colouring of the
edges of its graph: every permutation is an involution, its fixed points carry the diagonal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from qdsl.ir.values import Floats

Ints = npt.NDArray[np.int32]
Matrix = npt.NDArray[np.complex128]
Cell = tuple[int, ...]  # (row, column) of B; with its mirror image (row, column, column, row)


class Combination(NamedTuple):
    """B = sum over c of `weights[c]` times the operator that takes `values[c, j]` times entry
    `source[c, j]` to entry j. N colours of N rows, the last ones of weight 0."""

    weights: Floats
    source: Ints
    values: Floats

    @property
    def alpha(self) -> float:
        return float(self.weights.sum())


def combination(matrix: Floats, n_qubits: int) -> Combination:
    """Of M, on so many qubits; never more than N = 2**n_qubits colours."""
    size = 1 << n_qubits
    b = np.zeros((size, size))
    b[: matrix.shape[1], : matrix.shape[0]] = matrix.T
    cells = _cells(b)
    colours = _first_fit(cells, size) or _by_difference(cells)
    weights = np.zeros(size)
    source = np.tile(np.arange(size, dtype=np.int32), (size, 1))
    values = np.zeros((size, size))
    for c, colour in enumerate(colours):
        pairs = [pair for cell in colour for pair in _entries(cell)]
        weights[c] = max(abs(b[pair]) for pair in pairs)
        source[c] = _completed(pairs, size)
        for j, i in pairs:
            values[c, j] = b[j, i] / weights[c]
    return Combination(weights, source, values)


def alpha(matrix: Floats) -> float:
    """What an encoding of M divides by."""
    side = max(matrix.shape)
    return combination(matrix, max((side - 1).bit_length(), 1)).alpha


def _cells(b: Floats) -> list[Cell]:
    """The entries, the largest first; an entry of a symmetric matrix with its mirror image."""
    rows, columns = np.nonzero(b)
    order = np.lexsort((columns, rows, -np.abs(b[rows, columns])))
    found: list[Cell] = list(zip(rows[order].tolist(), columns[order].tolist(), strict=True))
    if not np.array_equal(b, b.T):
        return found
    return [(j, i, i, j) if i != j else (j, i) for j, i in found if j <= i]


def _entries(cell: Cell) -> Iterable[tuple[int, int]]:
    return zip(cell[::2], cell[1::2], strict=True)


def _first_fit(cells: list[Cell], most: int) -> list[list[Cell]] | None:
    """Every cell in the first colour whose rows and columns it leaves free: of large ones first,
    so that the entries of a colour are alike. None if that takes more than `most` colours."""
    colours: list[list[Cell]] = []
    rows: list[set[int]] = []
    columns: list[set[int]] = []
    for cell in cells:
        own, others = set(cell[::2]), set(cell[1::2])
        fits = (k for k in range(len(colours)) if not (own & rows[k] or others & columns[k]))
        k = next(fits, len(colours))
        if k == most:
            return None
        if k == len(colours):
            colours.append([])
            rows.append(set())
            columns.append(set())
        colours[k].append(cell)
        rows[k] |= own
        columns[k] |= others
    return colours


def _by_difference(cells: list[Cell]) -> list[list[Cell]]:
    """Entry (j, i) in the colour of j xor i: at most N colours, whatever the matrix."""
    found: dict[int, list[Cell]] = {}
    for cell in cells:
        found.setdefault(cell[0] ^ cell[1], []).append(cell)
    return [found[k] for k in sorted(found)]


def _completed(pairs: list[tuple[int, int]], size: int) -> Ints:
    """The source of every row: as the pairs say, itself where that is free, else what is left."""
    source = dict(pairs)
    taken = set(source.values())
    for j in range(size):
        if j not in source and j not in taken:
            source[j] = j
    left = sorted(set(range(size)) - set(source.values()))
    open_rows = (j for j in range(size) if j not in source)
    source.update(zip(open_rows, left, strict=True))
    return np.array([source[j] for j in range(size)], np.int32)


# ---- the circuit -------------------------------------------------------------------------


def applied(matrix: Floats, rows: Matrix) -> Matrix:
    """The encoding on the rows of a state, complex[2 N * N, ...]: n + 1 flags, then n qubits.

    The flags are brought from |0> to sum_t sqrt(weight of t / alpha) |t>, term t acts where they
    are t, and they are brought back. Flags that are all 0 then stand by B / alpha.
    """
    size = 1 << (len(rows).bit_length() // 2 - 1)
    parts = combination(matrix, size.bit_length() - 1)
    prepare = preparation(parts.weights)
    state = np.tensordot(prepare, rows.reshape(2 * size, size, -1), axes=1)
    turns = np.arccos(np.clip(parts.values, -1.0, 1.0))
    phases = np.exp(1j * np.stack([turns, -turns], axis=1)).reshape(2 * size, size, 1)
    source = np.repeat(parts.source, 2, axis=0)[:, :, None]
    state = phases * np.take_along_axis(state, source, axis=1)
    return cast("Matrix", np.tensordot(prepare, state, axes=1).reshape(rows.shape))


def preparation(weights: Floats) -> Floats:
    """The reflection float[2 N, 2 N] that exchanges |0> and the state of the weights, each of
    which stands for two terms."""
    state = np.repeat(np.sqrt(weights / (2 * weights.sum())), 2)
    normal = -state
    normal[0] += 1.0
    length = float(normal @ normal)
    mirror = np.eye(len(state))
    if length < 1e-30:
        return mirror
    found: Floats = mirror - 2 / length * np.outer(normal, normal)
    return found
