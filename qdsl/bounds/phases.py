"""The rank of a block of diagonal gates across a cut, at any size.

For a circuit of two-qubit phases, with gates on single qubits only before and after them, the
operator-Schmidt rank across a cut is that of the matrix exp(i a^T W b) over bit strings a and b
of the two sides, where W[i, j] is the phase of the pair (i, j).

- All phases pi: the rank is 2^r, r the rank of W / pi over GF(2) (M. Hein, J. Eisert,
  H. J. Briegel, Phys. Rev. A 69, 062311 (2004), for graph states).
- Else: if m rows and columns of W can be ordered so that they form a triangular matrix without
  zeros on its diagonal, the rank is at least 2^m. Proof, by induction over columns: row a of the
  matrix is the product over j of (1, z_j), z_j = exp(i sum_i a_i W[i, j]). In the last column
  z_m takes two different values for the two values of a_m, so (1, z_m) and (1, z_m') are a basis
  of C^2; if a combination of all rows vanishes, so do, for every a_1 ... a_{m-1}, its parts along
  both, as the products of the first m - 1 factors are independent.
"""

from __future__ import annotations

from math import pi, remainder

import numpy as np
import numpy.typing as npt

from qdsl.bounds.cuts import BoundTooLarge, over_cuts
from qdsl.ir.stages import PlacedCircuit
from qdsl.passes.partition.timeline import timeline

Pairs = npt.NDArray[np.int64]
Phases = dict[tuple[int, int], float]
ZERO = 1e-9
MOST_RANK = 2000  # qubits on the smaller side of a cut
MOST_ENTRIES = 20_000_000  # pairs of qubits on both sides
FACTOR = {"cz": 0.0, "cp": 1.0, "crz": 1.0, "rzz": -2.0}  # of the angle in the phase of |11>


def phase_bound(placed: PlacedCircuit) -> int | None:
    """Ebits of any protocol between these homes; None if the circuit is no such block, or its
    qubits move, or it has symbolic angles."""
    phases = _phases(placed)
    if phases is None:
        return None
    pairs = np.array([*phases], np.int64).reshape(-1, 2)
    turns = np.array([*phases.values()], np.float64)
    homes = placed.home.astype(np.int64)[pairs]

    def across(nodes: frozenset[int]) -> int:
        inside = np.isin(homes, [*nodes])
        cut = np.flatnonzero(inside[:, 0] != inside[:, 1])
        return _rank(np.where(inside[cut, :1], pairs[cut], pairs[cut][:, ::-1]), turns[cut])

    return over_cuts(placed.network, across)


def _phases(placed: PlacedCircuit) -> Phases | None:
    circuit = placed.circuit
    table = circuit.table
    moved = (placed.residence != placed.home[table.operands]).any()
    if moved or (table.cond >= 0).any():
        return None
    times = timeline(circuit)
    window: dict[int, int] = {}
    phases: Phases = {}
    start = table.operand_start.tolist()
    for row in table:
        if row.op.name == "barrier" or (len(row.operands) == 1 and row.op.is_unitary):
            continue
        if row.op.name not in FACTOR or any(
            not circuit.values.angles.is_constant(k) for k in row.angles
        ):
            return None
        for k, q in enumerate(row.operands, start[row.index]):
            if window.setdefault(q, int(times.window[k])) != times.window[k]:
                return None
        angle = float(circuit.values.angles.constant[row.angle]) if row.angles else 0.0
        a, b = sorted(row.operands)
        phase = FACTOR[row.op.name] * angle if row.angles else pi
        phases[a, b] = phases.get((a, b), 0.0) + phase
    left = {pair: remainder(w, 2 * pi) for pair, w in phases.items()}
    return {pair: w for pair, w in left.items() if abs(w) > ZERO}


def _rank(ends: Pairs, turns: npt.NDArray[np.float64]) -> int:
    """Of the phases across one cut; a row of `ends` is the qubit inside and the one outside."""
    rows, columns = (np.unique(side, return_inverse=True) for side in ends.T)
    matrix = (len(rows[0]), len(columns[0]))
    if min(matrix) > MOST_RANK or matrix[0] * matrix[1] > MOST_ENTRIES:
        raise BoundTooLarge(f"{min(matrix):,} qubits or more on each side of a cut")
    joined = np.zeros(matrix, np.bool_)
    joined[rows[1], columns[1]] = True
    if (np.abs(np.abs(turns) - pi) < ZERO).all():
        return gf2_rank(joined)
    return triangular_size(joined)


def gf2_rank(matrix: npt.NDArray[np.bool_]) -> int:
    """Gaussian elimination over GF(2), a row as the bits of one integer."""
    by_first: dict[int, int] = {}
    for packed in np.packbits(matrix, axis=1):
        row = int.from_bytes(packed.tobytes(), "big")
        while row and row.bit_length() in by_first:
            row ^= by_first[row.bit_length()]
        if row:
            by_first[row.bit_length()] = row
    return len(by_first)


def triangular_size(matrix: npt.NDArray[np.bool_]) -> int:
    """Rows and columns that form a triangular matrix without zeros on the diagonal: the row with
    the fewest columns left is taken with one of them, and its other columns are given up."""
    left = matrix.copy()
    counts = left.sum(1)
    size = 0
    while counts.any():
        row = int(np.argmin(np.where(counts > 0, counts, matrix.shape[1] + 1)))
        given_up = np.flatnonzero(left[row])
        counts -= left[:, given_up].sum(1)
        left[:, given_up] = False
        size += 1
    return size
