"""Which side of every remote symmetric gate is copied: minimum vertex covers.

Between two nodes the windows of qubits at one and at the other form a bipartite graph with a
line for every pair that shares a gate; the windows copied have to cover it. The least cover is
found from a greatest matching (König's theorem; Hopcroft and Karp, SIAM J. Comput. 2, 225).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence


def minimum_cover(lines: Sequence[tuple[int, int]]) -> tuple[set[int], set[int]]:
    """Left and right vertices of a least vertex cover of a bipartite graph."""
    near: dict[int, list[int]] = {}
    for a, b in lines:
        near.setdefault(a, []).append(b)
    mate_left, mate_right = _matching(near)
    reached_left, reached_right = _alternating(near, mate_left, mate_right)
    return {a for a in near if a not in reached_left}, reached_right


def _matching(near: dict[int, list[int]]) -> tuple[dict[int, int], dict[int, int]]:
    left: dict[int, int] = {}
    right: dict[int, int] = {}
    for a, others in near.items():  # a greedy start saves most of the rounds
        for b in others:
            if b not in right:
                left[a], right[b] = b, a
                break
    while True:
        level = _levels(near, left, right)
        if level is None:
            return left, right
        todo = {a: iter(near[a]) for a in level}
        for a in near:
            if a not in left:
                _augment(a, level, todo, left, right)


def _levels(
    near: dict[int, list[int]], left: dict[int, int], right: dict[int, int]
) -> dict[int, int] | None:
    """Distance of left vertices from the unmatched ones; None if no augmenting path is left."""
    level = {a: 0 for a in near if a not in left}
    queue = deque(level)
    found = False
    while queue:
        a = queue.popleft()
        for b in near[a]:
            other = right.get(b)
            if other is None:
                found = True
            elif other not in level:
                level[other] = level[a] + 1
                queue.append(other)
    return level if found else None


def _augment(
    start: int,
    level: dict[int, int],
    todo: dict[int, Iterator[int]],
    left: dict[int, int],
    right: dict[int, int],
) -> None:
    """Depth-first search for an augmenting path, with a stack of its own."""
    path: list[tuple[int, int]] = []
    a = start
    while True:
        for b in todo[a]:
            other = right.get(b)
            if other is None:
                path.append((a, b))
                for x, y in path:
                    left[x], right[y] = y, x
                return
            if level.get(other) == level[a] + 1:
                path.append((a, b))
                a = other
                break
        else:
            del level[a]
            if not path:
                return
            a, _ = path.pop()


def _alternating(
    near: dict[int, list[int]], left: dict[int, int], right: dict[int, int]
) -> tuple[set[int], set[int]]:
    """What alternating paths from unmatched left vertices reach."""
    seen_left = {a for a in near if a not in left}
    seen_right: set[int] = set()
    queue = deque(sorted(seen_left))
    while queue:
        a = queue.popleft()
        for b in near[a]:
            if b not in seen_right:
                seen_right.add(b)
                other = right.get(b)
                if other is not None and other not in seen_left:
                    seen_left.add(other)
                    queue.append(other)
    return seen_left, seen_right
