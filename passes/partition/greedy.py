"""Goes through a circuit in order of time and decides where everything happens.

Qubits change their residence only when an operation asks for it. An operation happens where
it is pinned, else where the operand lives on which it is not diagonal, else (diagonal on all)
where it costs the fewest new copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit
from qdsl.network.move_order import order_moves
from qdsl.network.network import Network
from qdsl.passes.partition.errors import Refusals
from qdsl.passes.partition.timeline import Timeline
from qdsl.records import dataclass

_BARRIER = BY_NAME["barrier"].code
FAR = 1 << 20


@dataclass(frozen=True, slots=True)
class Relocation:
    """Qubits that change places before a row which they do not all take part in."""

    before: int
    qubits: tuple[int, ...]
    nodes: tuple[int, ...]


@dataclass(slots=True)
class Trajectories:
    """Where everything happens, and what that costs with copies kept as long as they can be."""

    home: list[int]
    site: list[int] = field(default_factory=list)
    residence: list[int] = field(default_factory=list)
    relocations: list[Relocation] = field(default_factory=list)
    ebits: int = 0


def walk(
    circuit: Circuit,
    network: Network,
    times: Timeline,
    home: Sequence[int],
    centre: dict[int, int] | None = None,
) -> Trajectories:
    """Trajectories from these homes. `centre[row]` is the operand at which a row that is
    diagonal on all operands should happen. Raises InvalidProgram where there is no way."""
    return _GreedyWalk(circuit, network, times, home, centre or {}).run()


class _GreedyWalk:
    def __init__(
        self,
        circuit: Circuit,
        network: Network,
        times: Timeline,
        home: Sequence[int],
        centre: dict[int, int],
    ) -> None:
        self.circuit = circuit
        self.network = network
        self.centre = centre
        self.location = list(home)
        self.free = [node.qubits for node in network.nodes]
        for node in home:
            self.free[node] -= 1
        self.result = Trajectories(list(home))
        self._copy: dict[tuple[int, int], int] = {}  # (qubit, node) -> window of its open copy
        self._next: list[int] = times.first.tolist()
        self._refusals = Refusals(circuit, network)
        self._read(times)

    def _read(self, times: Timeline) -> None:
        self.pin: list[int] = self.circuit.pin.tolist()
        self.row_of: list[int] = times.row.tolist()
        self.resident: list[bool] = times.resident.tolist()
        self.window: list[int] = times.window.tolist()
        self.following: list[int] = times.following.tolist()
        self.station: list[int] = times.station.tolist()
        price = self.network.routing.price
        self.hops = [[FAR if h < 0 else h for h in line] for line in price]

    def run(self) -> Trajectories:
        table = self.circuit.table
        operands = table.operands.tolist()
        start = table.operand_start.tolist()
        location, result = self.location, self.result
        following, upcoming = self.following, self._next
        for row, code in enumerate(table.opcode.tolist()):
            a, b = start[row], start[row + 1]
            qubits = operands[a:b]
            if code == _BARRIER:
                site = -1
            elif b - a == 1 and (self.pin[row] < 0 or self.pin[row] == location[qubits[0]]):
                site = location[qubits[0]]
            else:
                site = self._place(row, qubits, a)
            result.site.append(site)
            for k, q in enumerate(qubits, a):
                result.residence.append(location[q])
                upcoming[q] = following[k]
        return result

    # ---- one operation ------------------------------------------------------------------

    def _place(self, row: int, qubits: list[int], first: int) -> int:
        uses = range(first, first + len(qubits))
        residents = [q for q, k in zip(qubits, uses, strict=True) if self.resident[k]]
        site = self._site(row, qubits, residents, uses)
        if len(residents) > self._size(site):
            raise self._refusals.too_wide(row, len(residents), site)
        wanted = residents + [
            q
            for q, k in zip(qubits, uses, strict=True)
            if not self.resident[k] and self._pays_to_move(q, k, site)
        ]
        served = [q for q in qubits if q not in wanted and self.location[q] != site]
        room = self.network.free_comm[site]
        while len(served) > room:
            wanted.append(served.pop())
        self._gather(row, wanted, qubits, site)
        for q, k in zip(qubits, uses, strict=True):
            if q in served:
                self._serve(row, q, self.window[k], site)
        return site

    def _site(self, row: int, qubits: list[int], residents: list[int], uses: range) -> int:
        if self.pin[row] >= 0:
            return self.pin[row]
        if len(residents) == 1:
            return self.location[residents[0]]
        if residents:
            return self._meeting_place(row, residents)
        if row in self.centre:
            return self.location[qubits[self.centre[row]]]
        return self._cheapest_site(qubits, uses)

    def _cheapest_site(self, qubits: list[int], uses: range) -> int:
        """The operand's node that needs the fewest new copies; ties go to the lowest node."""
        best = (FAR * FAR, -1)
        for site in sorted({self.location[q] for q in qubits}):
            cost = sum(
                self.hops[self.location[q]][site]
                for q, k in zip(qubits, uses, strict=True)
                if self.location[q] != site and self._copy.get((q, site)) != self.window[k]
            )
            best = min(best, (cost, site))
        return best[1]

    def _meeting_place(self, row: int, residents: list[int]) -> int:
        """The node with room that all of these qubits reach with the fewest ebits."""
        wide = [v for v, node in enumerate(self.network.nodes) if node.qubits >= len(residents)]
        if not wide:
            largest = max(range(len(self.network.nodes)), key=lambda v: self._size(v))
            raise self._refusals.too_wide(row, len(residents), largest)
        return min(wide, key=lambda v: (sum(self.hops[self.location[q]][v] for q in residents), v))

    def _size(self, node: int) -> int:
        return self.network.nodes[node].qubits

    def _pays_to_move(self, q: int, use: int, site: int) -> bool:
        """Is it cheaper for a qubit to live here now than to be served by copies?"""
        here = self.location[q]
        if here == site or self.pin[self.row_of[use]] < 0 or not self.free[site]:
            return False
        station = self.station[use]
        goal = self.pin[self.row_of[station]] if station >= 0 else -1
        if goal == site:
            return True
        hops = self.hops
        back = hops[site][goal] - hops[here][goal] if goal >= 0 else 0
        price = hops[here][site] + back
        return self._copies_ahead(use, station, site) * hops[here][site] > price

    def _copies_ahead(self, use: int, station: int, site: int) -> int:
        """Copies needed at a node until the next station, counted to three at most."""
        seen: set[int] = set()
        for _ in range(64):
            if use < 0 or use == station or len(seen) > 2:
                break
            if self.pin[self.row_of[use]] == site:
                seen.add(self.window[use])
            use = self.following[use]
        return len(seen)

    def _serve(self, row: int, q: int, window: int, site: int) -> None:
        here = self.location[q]
        if self._copy.get((q, site)) == window:
            return
        self._check_pair(row, here, site)
        self._copy[q, site] = window
        self.result.ebits += self.hops[here][site]

    # ---- changing residences ------------------------------------------------------------

    def _gather(self, row: int, wanted: list[int], qubits: list[int], site: int) -> None:
        """Bring qubits to a node, making room by sending others away."""
        arriving = [q for q in wanted if self.location[q] != site]
        if not arriving:
            return
        for q in arriving:
            self._check_pair(row, self.location[q], site)
        moves = {q: (self.location[q], site) for q in arriving}
        evicted = self._evicted(row, arriving, qubits, site)
        moves.update(evicted)
        if order_moves(self.network, self.free, moves) is None:
            raise self._refusals.no_room(row, site)
        if evicted:
            nodes = tuple(target for _, target in moves.values())
            self.result.relocations.append(Relocation(row, tuple(moves), nodes))
        for q, (source, target) in moves.items():
            self._move(q, source, target)

    def _evicted(
        self, row: int, arriving: list[int], qubits: list[int], site: int
    ) -> dict[int, tuple[int, int]]:
        surplus = len(arriving) - self.free[site]
        if surplus <= 0:
            return {}
        candidates = [q for q, node in enumerate(self.location) if node == site and q not in qubits]
        if len(candidates) < surplus:
            raise self._refusals.no_room(row, site)
        candidates.sort(key=lambda q: (self._needed_at(q, site), q))
        leaving = candidates[len(candidates) - surplus :]
        room = list(self.free)
        for q in arriving:
            room[self.location[q]] += 1
        room[site] = 0
        return {q: (site, self._refuge(row, q, site, room)) for q in leaving}

    def _needed_at(self, q: int, node: int) -> int:
        """The row for which a qubit at a node is needed there next; late: the best to leave."""
        use: int = self._next[q]
        if use < 0:
            return FAR * 2
        station = self.station[use]
        if station >= 0 and self.pin[self.row_of[station]] != node:
            return FAR + self.row_of[use]
        return self.row_of[use]

    def _refuge(self, row: int, q: int, site: int, room: list[int]) -> int:
        use = self._next[q]
        station = self.station[use] if use >= 0 else -1
        goal = self.pin[self.row_of[station]] if station >= 0 else site
        open_nodes = [v for v, spare in enumerate(room) if spare > 0 and self.hops[site][v] < FAR]
        if not open_nodes:
            raise self._refusals.no_room(row, site)
        best: int = min(open_nodes, key=lambda v: (self.hops[site][v] + self.hops[v][goal], v))
        room[best] -= 1
        return best

    def _move(self, q: int, source: int, target: int) -> None:
        self.location[q] = target
        self.free[source] += 1
        self.free[target] -= 1
        self.result.ebits += self.hops[source][target]
        for node in range(len(self.network.nodes)):
            self._copy.pop((q, node), None)

    def _check_pair(self, row: int, a: int, b: int) -> None:
        refusal = self._refusals.no_pair(row, a, b)
        if refusal is not None:
            raise refusal
