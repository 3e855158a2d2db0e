"""Which side of every remote symmetric gate is copied: minimum vertex covers.

Between two nodes the windows of qubits at one and at the other form a bipartite graph with a
line for every pair that shares a gate; the windows copied have to cover it. The least cover is
found from a greatest matching (König's theorem), SciPy's for many lines: the left vertices that
alternating paths from unmatched left ones do not reach, and the right ones that they do. These are
the same whichever greatest matching is found (Dulmage and Mendelsohn, Canad. J. Math. 10, 517).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.passes.partition.resynthesis.graphs import FEW, matching_size, small_cover

Column = npt.NDArray[np.int64]


def minimum_cover(left: Column, right: Column) -> tuple[Column, Column]:
    """Left and right vertices of a least vertex cover of the lines (left[i], right[i])."""
    if len(left) <= FEW:
        return small_cover(left, right)
    from scipy.sparse.csgraph import breadth_first_order

    (lefts, i), (rights, j) = (np.unique(side, return_inverse=True) for side in (left, right))
    mate = _mates(i, j, len(lefts), len(rights))
    free, matched = np.flatnonzero(mate < 0), np.flatnonzero(mate >= 0)
    # paths begin at vertex 0; left vertices come after it, and then right ones
    first = 1 + len(lefts)
    tails = np.concatenate([np.zeros_like(free), 1 + i, first + mate[matched]])
    heads = np.concatenate([1 + free, first + j, 1 + matched])
    size = first + len(rights)
    reached = np.zeros(size, np.bool_)
    paths = _graph(tails, heads, (size, size))
    reached[breadth_first_order(paths, 0, return_predecessors=False)] = True
    return lefts[~reached[1:first]], rights[reached[first:]]


def cover_size(left: Column, right: Column) -> int:
    """How many vertices a least cover of these lines has."""
    if len(left) <= FEW:
        return matching_size(left, right)
    (lefts, i), (rights, j) = (np.unique(side, return_inverse=True) for side in (left, right))
    return int((_mates(i, j, len(lefts), len(rights)) >= 0).sum())


def _mates(i: Column, j: Column, lefts: int, rights: int) -> Column:
    """The partner of every left vertex in a greatest matching, -1: none."""
    from scipy.sparse.csgraph import maximum_bipartite_matching

    graph = _graph(i, j, (lefts, rights))
    mates: Column = maximum_bipartite_matching(graph, perm_type="column").astype(np.int64)
    return mates


def _graph(tails: Column, heads: Column, shape: tuple[int, int]) -> Any:
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(tails), np.bool_), (tails, heads)), shape=shape)
