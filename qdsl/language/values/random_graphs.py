"""Random graphs, edge for edge those of networkx for the same seed, which takes longer to load than
most programs to compile."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

Edges = set[tuple[int, int]]


def regular_edges(d: int, n: int, seed: int) -> Edges:
    """Edges (lower vertex first) of a random graph with d edges at each of n vertices; n d is even
    and d < n. Stubs of edges are paired at random; those that make a loop or a second edge are
    paired again, and all of them where that leads nowhere (Steger and Wormald, Combin. Probab.
    Comput. 8, 377)."""
    chance = random.Random(seed)
    while (found := _paired(d, n, chance)) is None:
        pass
    return found


def _paired(d: int, n: int, chance: random.Random) -> Edges | None:
    edges: Edges = set()
    stubs = list(range(n)) * d
    while stubs:
        left: dict[int, int] = {}
        chance.shuffle(stubs)
        for a, b in zip(stubs[::2], stubs[1::2], strict=True):
            edge = (min(a, b), max(a, b))
            if a != b and edge not in edges:
                edges.add(edge)
                continue
            for v in edge:
                left[v] = left.get(v, 0) + 1
        if left and not _is_open(edges, list(left)):
            return None
        stubs = [v for v, count in left.items() for _ in range(count)]
    return edges


def _is_open(edges: Edges, vertices: list[int]) -> bool:
    """Are two of these vertices seen that can still be joined? As networkx looks for them: of each
    two the lower one is compared with those that follow."""
    for a in vertices:
        for b in vertices:
            if a == b:
                break
            a, b = min(a, b), max(a, b)
            if (a, b) not in edges:
                return True
    return False


def independent_edges(n: int, p: float, seed: int) -> Iterator[tuple[int, int]]:
    """Every pair of n vertices with probability p each. Pairs left out are skipped in one step
    (Batagelj and Brandes, Phys. Rev. E 71, 036113)."""
    if p <= 0 or p >= 1:
        yield from ((a, b) for a in range(n) for b in range(a + 1, n) if p >= 1)
        return
    chance, scale = random.Random(seed), math.log(1.0 - p)
    v, w = 1, -1
    while v < n:
        w += 1 + int(math.log(1.0 - chance.random()) / scale)
        while w >= v and v < n:
            w, v = w - v, v + 1
        if v < n:
            yield w, v
