"""What the search and its bounds ask of graphs. Small ones are answered in plain Python: loading
the library would take longer than a small program takes to compile."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.integer]
Vertices = npt.NDArray[np.int64]
FEW: Final = 2000  # edges


def component_sizes(ends: tuple[Column, Column], n: int) -> list[int]:
    """The sizes of the connected components of a graph of n vertices."""
    if len(ends[0]) > FEW or n > FEW:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        graph = coo_array((np.ones(len(ends[0])), ends), shape=(n, n))
        label = connected_components(graph, directed=False)[1].tolist()
        return list(Counter(label).values())
    leader = list(range(n))

    def found(v: int) -> int:
        while leader[v] != v:
            leader[v] = v = leader[leader[v]]
        return v

    for a, b in zip(ends[0].tolist(), ends[1].tolist(), strict=True):
        leader[found(a)] = found(b)
    return list(Counter(map(found, range(n))).values())


def matching_size(left: Column, right: Column) -> int:
    """Edges of a maximum matching between left and right vertices, joined by these edges."""
    return _by_library(left, right) if len(left) > FEW else len(_matched(left, right)[1])


def _matched(left: Column, right: Column) -> tuple[dict[int, list[int]], dict[int, int]]:
    """The neighbours of every left vertex, and the partners of right ones in a maximum matching."""
    near: dict[int, list[int]] = defaultdict(list)
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        near[a].append(b)
    mate: dict[int, int] = {}
    taken: dict[int, int] = {}
    for a in near:
        _is_matched(a, near, mate, taken)
    return near, mate


def small_cover(left: Vertices, right: Vertices) -> tuple[Vertices, Vertices]:
    """Left and right vertices, in order, of the least vertex cover that has the fewest left
    vertices that it can have: left ones that no alternating path from an unmatched left vertex
    reaches, and right ones that one does."""
    near, mate = _matched(left, right)
    matched = set(mate.values())
    fresh = [a for a in near if a not in matched]
    reached, seen = set(fresh), set[int]()
    for a in fresh:
        for b in near[a]:
            if b in seen:
                continue
            seen.add(b)
            if mate[b] not in reached:
                reached.add(mate[b])
                fresh.append(mate[b])
    lefts, rights = sorted(near.keys() - reached), sorted(seen)
    return np.array(lefts, np.int64), np.array(rights, np.int64)


def _is_matched(
    start: int, near: dict[int, list[int]], mate: dict[int, int], taken: dict[int, int]
) -> bool:
    """Match one more left vertex, by a path that alternates, if there is one (Berge's theorem)."""
    came: dict[int, int] = {}  # right vertex -> left vertex from which it was reached
    fresh = [start]
    for a in fresh:
        for b in near[a]:
            if b in came:
                continue
            came[b] = a
            if b in mate:
                fresh.append(mate[b])
                continue
            while True:
                a = came[b]
                mate[b], taken[a], b = a, b, taken.get(a, -1)
                if a == start:
                    return True
    return False


def _by_library(left: Column, right: Column) -> int:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    names, index = np.unique(np.concatenate([left, right]), return_inverse=True)
    ones = np.ones(len(left), np.int8)
    ends = index[: len(left)], index[len(left) :]
    graph = coo_array((ones, ends), shape=(len(names), len(names))).tocsr()
    return int((maximum_bipartite_matching(graph) >= 0).sum())
