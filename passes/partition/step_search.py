"""Trajectories found step by step, where a greedy walk finds none from any homes.

Qubits can go back wherever they came from, so what can be reached from some homes does not depend
on the way: a row that is impossible wherever these lead is impossible from these homes.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import field
from heapq import heappop, heappush
from itertools import count

from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit
from qdsl.network.move_order import order_moves
from qdsl.network.network import Network
from qdsl.passes.partition.greedy import Relocation, Trajectories
from qdsl.passes.partition.timeline import Timeline
from qdsl.records import dataclass

Homes = tuple[int, ...]
FAR = 1 << 20
KEPT = 4  # after every row, of those from one start
MOST_HOMES = 20_000  # gone through, and kept after every row, where no others lead anywhere
MOST_STEPS = 100_000  # from one start, or for a thousand homes: half a second
FEW_HOMES, FEW_STEPS = 1000, 20_000  # the same of a short search
_BARRIER = BY_NAME["barrier"].code


@dataclass(frozen=True, slots=True)
class _Need:
    """What a row asks for: its `residents` at one of `sites`, and copies of the others there."""

    row: int
    qubits: tuple[int, ...]
    residents: tuple[int, ...]
    sites: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Reached:
    """Where all qubits are, after which ebits. `moved`: those that came by the last step; `site`:
    of the row that was the last step, -1: it was a move."""

    spent: int
    location: Homes
    before: _Reached | None = None
    moved: tuple[int, ...] = ()
    site: int = -1


def step_by_step(
    circuit: Circuit, network: Network, times: Timeline, homes: Sequence[Sequence[int]]
) -> Trajectories | None:
    """Trajectories from these homes or, where the program is small, any others; None if none are
    found, which is a proof for small programs only."""
    search = _StepSearch(circuit, network, times)
    found = min(search.ways(homes, MOST_HOMES, MOST_STEPS), key=lambda end: end.spent, default=None)
    return None if found is None else _written(circuit, found, search.needs)


def is_placeable(
    circuit: Circuit, network: Network, times: Timeline, homes: Sequence[Sequence[int]]
) -> bool:
    """Are there trajectories, as far as a short search shows?"""
    return any(_StepSearch(circuit, network, times).ways(homes, FEW_HOMES, FEW_STEPS))


def all_homes(network: Network, n_qubits: int, most: int) -> list[Homes]:
    """Of all qubits; empty where there are more than so many."""
    room = [node.qubits for node in network.nodes]
    found: list[tuple[Homes, Homes]] = [((), tuple(room))]
    for _ in range(n_qubits):
        found = [
            ((*homes, v), (*left[:v], left[v] - 1, *left[v + 1 :]))
            for homes, left in found
            for v in range(len(room))
            if left[v]
        ]
        if len(found) > most:
            return []
    return [homes for homes, _ in found]


class _StepSearch:
    def __init__(self, circuit: Circuit, network: Network, times: Timeline) -> None:
        self._network = network
        self._nodes = range(len(network.nodes))
        self._comm = list(network.free_comm)
        self.needs = list(_needs(circuit, times, len(self._comm)))
        self._hops = [[FAR if h < 0 else h for h in line] for line in network.routing.price]
        one, none = [1] * len(self._comm), [0] * len(self._comm)
        pairs = [(a, b) for a in self._nodes for b in self._nodes if a != b]
        self._moves = {
            (a, b) for a, b in pairs if order_moves(network, one, {0: (a, b)}) is not None
        }
        self._exchanges = {
            (a, b)
            for a, b in pairs
            if order_moves(network, none, {0: (a, b), 1: (b, a)}) is not None
        }
        self._links = [_links_from(network, a) for a in self._nodes]
        self._used_at: list[list[int]] = [[] for _ in range(circuit.n_qubits)]
        for need in self.needs:
            for q in need.qubits:
                self._used_at[q].append(need.row)
        self._left = 0

    def ways(
        self, homes: Sequence[Sequence[int]], most_homes: int, steps: int
    ) -> Iterator[_Reached]:
        """From each of the homes; if there are none, from any."""
        if not all(map(self._has_room, self.needs)):
            return
        starts = list(dict.fromkeys(tuple(h) for h in homes))
        is_stuck = True
        for start in starts:
            end = self.run([start], KEPT, True, steps)
            if end is not None:
                is_stuck = False
                yield end
        if is_stuck:
            others = all_homes(self._network, len(self._used_at), most_homes)
            steps *= 1 + len(others) // 1000
            end = self.run(starts + others, MOST_HOMES, False, steps)
            if end is not None:
                yield end

    def _has_room(self, need: _Need) -> bool:
        """Is there a site that could hold all residents at once?"""
        nodes = self._network.nodes
        return any(len(need.residents) <= nodes[site].qubits for site in need.sites)

    def run(
        self, homes: Sequence[Homes], width: int, is_quick: bool, steps: int
    ) -> _Reached | None:
        """The cheapest way found from any of the homes. `is_quick`: qubits that a row does not ask
        for are all the same to it, and of those at a node the one needed last goes."""
        self._left = steps
        reached = [_Reached(0, h) for h in homes]
        for need in self.needs:
            reached = self._after(reached, need, width, is_quick)
        return min(reached, key=lambda r: r.spent, default=None)

    def _after(
        self, reached: Sequence[_Reached], need: _Need, width: int, is_quick: bool
    ) -> list[_Reached]:
        """So many of the cheapest ways to have done one more row."""
        found: list[_Reached] = []
        turn, heap, seen = count(), list[tuple[int, int, _Reached]](), set[Homes]()
        for one in reached:
            self._push(heap, turn, one, need)
        while heap and len(found) < width:
            _, _, one = heappop(heap)
            key = self._key(one.location, need) if is_quick else one.location
            if key in seen:
                continue
            seen.add(key)
            cost, site = self._service(one.location, need)
            if cost < FAR:
                found.append(_Reached(one.spent + cost, one.location, one, (), site))
            elif self._left > 0 and not (found and is_quick):
                movers = self._movers(one.location, need, is_quick)
                for other in self._steps(one, movers):
                    self._push(heap, turn, other, need)
        return found

    def _key(self, location: Homes, need: _Need) -> Homes:
        return (*(location[q] for q in need.qubits), *sorted(location))

    def _movers(self, location: Homes, need: _Need, is_quick: bool) -> Sequence[int]:
        if not is_quick:
            return range(len(location))
        last: dict[int, tuple[int, int]] = {}
        for q, node in enumerate(location):
            if q not in need.qubits:
                uses = self._used_at[q]
                k = bisect(uses, need.row)
                again = uses[k] if k < len(uses) else FAR * FAR
                last[node] = max(last.get(node, (-1, -1)), (again, q))
        return [*need.qubits, *(q for _, q in last.values())]

    def _push(
        self,
        heap: list[tuple[int, int, _Reached]],
        turn: Iterator[int],
        one: _Reached,
        need: _Need,
    ) -> None:
        """By what was spent and what at least has to be, wherever comm qubits are."""
        self._left -= 1
        at = one.location
        least = min(sum(self._links[at[q]][s] for q in need.qubits) for s in need.sites)
        if least < FAR:
            heappush(heap, (one.spent + least, next(turn), one))

    def _service(self, location: Homes, need: _Need) -> tuple[int, int]:
        """The ebits and the site of a row for qubits that are there; `FAR`: it is impossible."""
        best = (FAR, -1)
        for site in need.sites:
            away = [q for q in need.qubits if location[q] != site]
            if len(away) > self._comm[site] or any(q in need.residents for q in away):
                continue
            if all(self._comm[location[q]] for q in away):
                best = min(best, (sum(self._hops[location[q]][site] for q in away), site))
        return best

    def _steps(self, one: _Reached, movers: Sequence[int]) -> Iterator[_Reached]:
        """One qubit goes where there is room, or two of full nodes change places."""
        at = one.location
        free = [node.qubits for node in self._network.nodes]
        for node in at:
            free[node] -= 1
        for k, q in enumerate(movers):
            here = at[q]
            for there in self._nodes:
                if free[there] > 0 and (here, there) in self._moves:
                    yield self._moved(one, {q: there})
            if free[here]:
                continue
            for p in movers[k + 1 :]:
                if not free[at[p]] and (here, at[p]) in self._exchanges:
                    yield self._moved(one, {q: at[p], p: here})

    def _moved(self, one: _Reached, to: dict[int, int]) -> _Reached:
        location = list(one.location)
        spent = one.spent
        for q, there in to.items():
            spent += self._hops[location[q]][there]
            location[q] = there
        return _Reached(spent, tuple(location), one, tuple(to))


def _needs(circuit: Circuit, times: Timeline, n_nodes: int) -> Iterator[_Need]:
    """Of all rows that ask for something."""
    table = circuit.table
    operands, start = table.operands.tolist(), table.operand_start.tolist()
    resident, pins = times.resident.tolist(), circuit.pin.tolist()
    for row, code in enumerate(table.opcode.tolist()):
        uses = range(start[row], start[row + 1])
        if code == _BARRIER or (len(uses) == 1 and pins[row] < 0):
            continue
        qubits = tuple(operands[k] for k in uses)
        residents = tuple(operands[k] for k in uses if resident[k])
        sites = tuple(range(n_nodes)) if pins[row] < 0 else (pins[row],)
        yield _Need(row, qubits, residents, sites)


def _links_from(network: Network, node: int) -> list[int]:
    """Links to every node, whatever communication qubits there are; `FAR`: there are none."""
    links, reached = [FAR] * len(network.nodes), [node]
    links[node] = 0
    for here in reached:
        for there in network.neighbours[here]:
            if links[there] == FAR:
                links[there] = links[here] + 1
                reached.append(there)
    return links


@dataclass(slots=True)
class _Ways:
    """Moves before a row, and its site."""

    relocations: list[Relocation] = field(default_factory=list)
    site: int = -1


def _written(circuit: Circuit, end: _Reached, needs: Sequence[_Need]) -> Trajectories:
    chain = [end]
    while chain[-1].before is not None:
        chain.append(chain[-1].before)
    chain.reverse()
    ways = {need.row: _Ways() for need in needs}
    rows = iter(needs)
    need = next(rows, None)
    for one in chain[1:]:
        assert need is not None
        if one.moved:
            nodes = tuple(one.location[q] for q in one.moved)
            ways[need.row].relocations.append(Relocation(need.row, one.moved, nodes))
        else:
            ways[need.row].site = one.site
            need = next(rows, None)
    return _filled(circuit, chain[0].location, ways, end.spent)


def _filled(circuit: Circuit, home: Homes, ways: dict[int, _Ways], spent: int) -> Trajectories:
    found, location = Trajectories(list(home), ebits=spent), list(home)
    for row in circuit.table:
        way = ways.get(row.index)
        for move in way.relocations if way else ():
            found.relocations.append(move)
            for q, node in zip(move.qubits, move.nodes, strict=True):
                location[q] = node
        alone = -1 if row.op.code == _BARRIER else location[row.operands[0]]
        found.site.append(way.site if way else alone)
        found.residence += [location[q] for q in row.operands]
    return found
