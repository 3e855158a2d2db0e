"""Copies for gates between nodes: the cover is the same in any order of the lines, and least."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from qdsl.passes.partition.gate_sites import _least_copies
from qdsl.passes.partition.resynthesis.cover import cover_size, minimum_cover


def _columns(lines: list[tuple[int, int]]) -> Any:
    return np.array(lines, np.int64).reshape(-1, 2).T


@pytest.mark.parametrize("seed", range(40))
def test_covers_do_not_depend_on_the_order_of_the_lines(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, density = int(random.integers(1, 40)), random.choice([0.03, 0.1, 0.4])
    lines = [(a, n + b) for a, b in product(range(n), range(n)) if random.random() < density]
    left, right = (side.tolist() for side in minimum_cover(*_columns(lines)))
    assert len(left) + len(right) == cover_size(*_columns(lines))
    shuffled = np.array(random.permutation(lines), np.int64).reshape(-1, 2)
    low, high = np.zeros(len(lines), np.int64), np.ones(len(lines), np.int64)
    found = _least_copies(shuffled[:, 0], shuffled[:, 1], low, high)
    assert found.tolist() == sorted(left + right)
    turned = _least_copies(shuffled[:, 1], shuffled[:, 0], high, low)
    assert turned.tolist() == found.tolist()


def test_a_cover_is_as_large_as_the_largest_matching() -> None:
    lines = [(0, 5), (0, 6), (1, 6), (2, 6), (3, 7), (3, 8), (4, 8)]
    by_a, by_b = np.array(lines, np.int64).T
    zeros = np.zeros(len(lines), np.int64)
    found = set(_least_copies(by_a, by_b, zeros, zeros + 1).tolist())
    assert len(found) == 4 and all(a in found or b in found for a, b in lines)
