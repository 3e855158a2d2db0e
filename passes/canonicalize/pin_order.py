"""Puts operations of one level that are pinned to different nodes in order, so that qubits change
nodes seldom.

The rows of a level commute, so a qubit may visit their nodes in any order: best is one that begins
where the qubit was before and ends where it is wanted next. A qubit's levels are a chain of such
choices, and the fewest links along it are found exactly, by dynamic programming over levels and
the node visited last. Where several qubits of a level share rows with several nodes, they share
the order: it is chosen for all of them together, by the levels next to it, before the chains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, permutations
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.passes.canonicalize.rows import Column, RowColumns
from qdsl.records import dataclass

MOST_PERMUTED: Final = 5  # nodes whose orders are all tried
_SWEEPS: Final = 3  # through the choices that several qubits share

Order = tuple[int, ...]
Hops = Sequence[Sequence[int]]


@dataclass(slots=True)
class NodeVisit:
    """The nodes that a qubit's rows of a level are pinned to, in order; `part`: the rows of the
    level that hang together with these, -1: no choice."""

    level: int
    nodes: Order
    part: int


def turns(rows: RowColumns, level: Column, hops: Callable[[], Hops]) -> Column | None:
    """When within its level every row comes, int64[rows]; None: everywhere at once. `hops`: links
    between two nodes, -1: there is no route."""
    visits, part_of_row = _visits(rows, level)
    if not visits:
        return None
    by_part: dict[int, list[tuple[int, int]]] = {}
    for q, line in visits.items():
        for k, visit in enumerate(line):
            if visit.part >= 0:
                by_part.setdefault(visit.part, []).append((q, k))
    choice = _PinChoice(visits, by_part, hops())
    found = np.zeros(len(rows), np.int64)
    for part, order in choice.orders().items():
        turn = {node: k for k, node in enumerate(order)}
        for row in part_of_row[part]:
            found[row] = turn.get(int(rows.pin[row]), 0)
    return found


def _visits(
    rows: RowColumns, level: Column
) -> tuple[dict[int, list[NodeVisit]], dict[int, list[int]]]:
    """By level the visits of qubits that have a choice somewhere, and the rows of every part."""
    owner = rows.owner
    used = np.flatnonzero(rows.pin[owner] >= 0)
    order = used[np.lexsort((rows.pin[owner[used]], level[owner[used]], rows.operands[used]))]
    row, qubit = owner[order], rows.operands[order]
    same = (qubit[1:] == qubit[:-1]) & (level[row[1:]] == level[row[:-1]])
    split = same & (rows.pin[row[1:]] != rows.pin[row[:-1]])
    if not split.any():
        return {}, {}
    begins = np.append(0, np.flatnonzero(~same) + 1).tolist()
    visit_of = np.append(0, np.cumsum(~same))
    is_choice = np.zeros(len(begins), np.bool_)
    is_choice[visit_of[1:][split]] = True
    parts, part_of_row = _parts(row, visit_of, is_choice)
    chosen = set(qubit[np.array(begins)[is_choice]].tolist())
    visits: dict[int, list[NodeVisit]] = {}
    for k, (a, b) in enumerate(pairwise([*begins, len(order)])):
        if (q := int(qubit[a])) in chosen:
            nodes = tuple(sorted(set(rows.pin[row[a:b]].tolist())))
            visits.setdefault(q, []).append(NodeVisit(int(level[row[a]]), nodes, parts.get(k, -1)))
    return visits, part_of_row


def _parts(
    row: Column, visit_of: Column, is_choice: npt.NDArray[np.bool_]
) -> tuple[dict[int, int], dict[int, list[int]]]:
    """The part of every visit with a choice, and the rows of every part: visits that share a row,
    if only through other visits, are in one."""
    of_row: dict[int, list[int]] = {}
    rows_of: dict[int, list[int]] = {}
    for r, v in zip(row.tolist(), visit_of.tolist(), strict=True):
        of_row.setdefault(r, []).append(v)
        rows_of.setdefault(v, []).append(r)
    parts: dict[int, int] = {}
    part_of_row: dict[int, list[int]] = {}
    seen: set[int] = set()
    for start in np.flatnonzero(is_choice).tolist():
        if start in seen:
            continue
        seen.add(start)
        waiting, mine = [start], set[int]()
        while waiting:
            v = waiting.pop()
            if is_choice[v]:
                parts[v] = start
            for r in rows_of[v]:
                mine.add(r)
                fresh = [u for u in of_row[r] if u not in seen]
                seen.update(fresh)
                waiting += fresh
        part_of_row[start] = sorted(mine)
    return parts, part_of_row


@dataclass(slots=True)
class _PinChoice:
    """`visits` by qubit and level; `parts`: of every choice the visits that share it."""

    visits: dict[int, list[NodeVisit]]
    parts: dict[int, list[tuple[int, int]]]
    hops: Hops

    def orders(self) -> dict[int, Order]:
        """Of every part its nodes in order."""
        shared = [p for p, mine in self.parts.items() if len(mine) > 1]
        shared.sort(key=lambda p: (self._first(p).level, p))
        found = {p: self._all_nodes(p) for p in shared}
        for _ in range(_SWEEPS if shared else 0):
            before = dict(found)
            for p in shared:
                found[p] = self._best(p, found)
            if found == before:
                break
        for line in self.visits.values():
            found |= self._along(line, found)
        return found

    def _first(self, part: int) -> NodeVisit:
        q, k = self.parts[part][0]
        return self.visits[q][k]

    def _all_nodes(self, part: int) -> Order:
        return tuple(sorted({v for q, k in self.parts[part] for v in self.visits[q][k].nodes}))

    def _best(self, part: int, found: dict[int, Order]) -> Order:
        """The order of a part that takes fewest links, as long as nothing else changes."""
        return min(_orders(found[part]), key=lambda order: (self._cost(part, order, found), order))

    def _cost(self, part: int, order: Order, found: dict[int, Order]) -> int:
        total = 0
        for q, k in self.parts[part]:
            line = self.visits[q]
            mine = [v for v in order if v in line[k].nodes]
            total += sum(self._between(a, b) for a, b in pairwise(mine))
            if k > 0:
                ends = self._ends(line[k - 1], found, -1)
                total += min(self._between(v, mine[0]) for v in ends)
            if k + 1 < len(line):
                ends = self._ends(line[k + 1], found, 0)
                total += min(self._between(mine[-1], v) for v in ends)
        return total

    def _ends(self, visit: NodeVisit, found: dict[int, Order], which: int) -> Order:
        """The nodes at which a visit may begin or end: all, where it is still free."""
        if visit.part not in found:
            return visit.nodes
        return (self._chosen(visit, found)[which],)

    def _along(self, line: list[NodeVisit], known: dict[int, Order]) -> dict[int, Order]:
        """The orders of a qubit's own choices: the fewest links along all its levels, among
        equals those first in order."""
        steps: list[dict[int, tuple[int, Order, int]]] = []  # by the last node: cost, way, before
        for visit in line:
            is_free = visit.part >= 0 and visit.part not in known
            ways = _orders(visit.nodes) if is_free else (self._chosen(visit, known),)
            now: dict[int, tuple[int, Order, int]] = {}
            earlier = [(v, cost) for v, (cost, *_) in steps[-1].items()] if steps else []
            for way in ways:
                inside = sum(self._between(a, b) for a, b in pairwise(way))
                came = ((cost + self._between(v, way[0]), v) for v, cost in earlier)
                cost, before = min(came, default=(0, -1))
                mine = (cost + inside, way, before)
                now[way[-1]] = min(now.get(way[-1], mine), mine)
            steps.append(now)
        return dict(self._back(line, steps, known))

    def _back(
        self,
        line: list[NodeVisit],
        steps: list[dict[int, tuple[int, Order, int]]],
        known: dict[int, Order],
    ) -> Iterable[tuple[int, Order]]:
        """The parts of the line that were free, and their orders, the last first."""
        last = min(steps[-1], key=lambda v: (steps[-1][v], v))
        for visit, now in zip(reversed(line), reversed(steps), strict=True):
            _, way, last = now[last]
            if visit.part >= 0 and visit.part not in known:
                yield visit.part, way

    def _chosen(self, visit: NodeVisit, known: dict[int, Order]) -> Order:
        return tuple(v for v in known.get(visit.part, visit.nodes) if v in visit.nodes)

    def _between(self, a: int, b: int) -> int:
        hops = self.hops[a][b]
        return hops if hops >= 0 else len(self.hops)


def _orders(nodes: Order) -> Iterable[Order]:
    """The orders of nodes that are tried: of many only which comes first and which last."""
    nodes = tuple(sorted(nodes))
    if len(nodes) <= MOST_PERMUTED:
        return permutations(nodes)
    return ((a, *(v for v in nodes if v not in (a, b)), b) for a, b in permutations(nodes, 2))
