"""What a quantum Fourier transform costs between two nodes, whatever the protocol.

With E ebits, local operations and messages implement only operators whose Schmidt rank across the
nodes is at most 2**E. Homes at the start and at the end may differ: every pair is gone through.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest

Qubits = tuple[int, ...]


@cache
def log_rank(outputs: Qubits, inputs: Qubits) -> float:
    """log2 of the rank of the phases between output bits of one node and input bits of the other.

    Without its swaps the transform has the elements exp(i pi sum(q <= t) y_q x_t / 2**(t - q)).
    """
    turns = [[2.0 ** (q - t) if t >= q else 0.0 for t in inputs] for q in outputs]
    y = np.array(list(itertools.product((0, 1), repeat=len(outputs))))
    x = np.array(list(itertools.product((0, 1), repeat=len(inputs))))
    phases = np.exp(1j * np.pi * (y @ np.array(turns) @ x.T))
    return float(np.log2(np.linalg.matrix_rank(phases, tol=1e-9 * len(x))))


@pytest.mark.parametrize("n", [4, 5, 6, 7])
def test_no_choice_of_homes_needs_fewer_ebits_than_the_smaller_side_has_qubits(n: int) -> None:
    room = n // 2 + 1
    sides = [c for k in range(n - room, room + 1) for c in itertools.combinations(range(n), k)]
    least = float(n)
    for start, end in itertools.product(sides, repeat=2):
        others_start = tuple(q for q in range(n) if q not in start)
        others_end = tuple(q for q in range(n) if q not in end)
        least = min(least, log_rank(end, others_start) + log_rank(others_end, start))
    assert least == n - room
