"""What a quantum Fourier transform costs at least (docs/results/optimality.md).

Whatever the protocol: with E ebits, local operations and messages implement only operators whose
Schmidt rank across two nodes is at most 2**E. Homes at the start and at the end may differ: every
pair is gone through. By cat copies and teledata: the exact optimum, and what the compiler finds.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest

from qdsl.ir.stages import Circuit
from qdsl.network.network import Network
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.partition_exact.instance import instance
from qdsl.passes.partition_exact.milp import solve
from tests.build import Line, circuit, network

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


def transform(n: int, where: Network) -> Circuit:
    lines: list[Line] = []
    for i in range(n):
        lines.append(("h", (i,)))
        lines += [("cp", (i, j), np.pi / 2 ** (j - i)) for j in range(i + 1, n)]
    return Canonicalize().run(circuit(n, lines, network=where))


def floor(n: int, room: int) -> int:
    return max(n - room, 2 * n - 4 * room)


@pytest.mark.parametrize(
    ("n", "nodes", "room"),
    [
        (4, 2, 3),
        (5, 2, 3),
        (6, 2, 4),
        (4, 3, 2),
        pytest.param(5, 3, 2, marks=pytest.mark.slow),
        (3, 3, 1),
        (4, 4, 1),
    ],
)
def test_the_floor_of_copies_and_teledata_is_the_exact_optimum(
    n: int, nodes: int, room: int
) -> None:
    where = network("complete", nodes, room, 8)
    answer = solve(instance(transform(n, where), where), 120.0)
    assert answer.is_optimal
    assert answer.ebits == floor(n, room)


@pytest.mark.parametrize(("nodes", "room"), [(2, 11), (3, 7), (4, 6)])
def test_the_compiler_needs_no_more_than_the_floor(nodes: int, room: int) -> None:
    n = 20 if nodes == 2 else 19
    where = network("complete", nodes, room, 1000)
    program = InsertCommunication().run(Partition().run(transform(n, where)))
    assert int(program.table.codes("ebit").sum()) == floor(n, room)


def test_the_floors_of_published_tables() -> None:
    assert [floor(63, room) for room in (33, 22, 17)] == [30, 41, 58]
