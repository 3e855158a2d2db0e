"""The exact optimum by dynamic programming over all states: slow, plain, and on its own.

It reads the circuit itself and shares only the table of operations with `partition-exact`.
"""

from __future__ import annotations

from itertools import combinations, product

from qdsl.ir.axes import z_diagonal
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit
from qdsl.network.network import Network

State = tuple[tuple[int, ...], tuple[int, ...]]  # by qubit: where it lives, the set of nodes
INFINITE = 1 << 30


def fewest_ebits(circuit: Circuit, network: Network) -> int:
    """Of all placements; all residences and all sets of nodes are gone through."""
    return _Search(circuit, network).run()


class _Search:
    def __init__(self, circuit: Circuit, network: Network) -> None:
        self._circuit, self._network = circuit, network
        self._n = len(network.nodes)
        rooms = [v.qubits for v in network.nodes]
        self._homes = [
            h
            for h in product(range(self._n), repeat=circuit.n_qubits)
            if all(h.count(v) <= room for v, room in enumerate(rooms))
        ]
        self._trees = {
            frozenset(c): self._tree(c)
            for k in range(1, self._n + 1)
            for c in combinations(range(self._n), k)
        }
        if all(v.comm > 1 for v in network.nodes):  # other nodes may pass copies on
            self._trees = {c: min(t for s, t in self._trees.items() if c <= s) for c in self._trees}

    def _tree(self, nodes: tuple[int, ...]) -> int:
        """Prim's minimum spanning tree over hop counts."""
        inside, outside, total = {nodes[0]}, set(nodes[1:]), 0
        while outside:
            hops = {
                (self._network.hops(a, b), b)
                for a in inside
                for b in outside
                if self._network.hops(a, b) is not None
            }
            if not hops:
                return INFINITE
            cost, nearest = min(hops, key=lambda c: (c[0] or 0, c[1]))
            total += cost or 0
            inside.add(nearest)
            outside.remove(nearest)
        return total

    def _price(self, mask: int) -> int:
        return self._trees[frozenset(v for v in range(self._n) if mask >> v & 1)]

    def run(self) -> int:
        states: dict[State, int] = {(h, tuple(1 << v for v in h)): 0 for h in self._homes}
        flags = z_diagonal(self._circuit.table)
        first = self._circuit.table.operand_start.tolist()
        for row in self._circuit.table:
            diagonal = flags[first[row.index] : first[row.index + 1]].tolist()
            if row.op.kind is Kind.BARRIER or (
                len(row.operands) == 1 and diagonal[0] and self._circuit.pin[row.index] < 0
            ):
                continue
            pairs = list(zip(row.operands, diagonal, strict=True))
            pin = int(self._circuit.pin[row.index])
            states = self._after_moves(states)
            if len(pairs) == 1 and pin < 0:
                states = self._alone(states, row.operands[0])
            else:
                states = self._together(states, pairs, pin)
        return min(sum(map(self._price, sets)) + spent for (_, sets), spent in states.items())

    def _after_moves(self, states: dict[State, int]) -> dict[State, int]:
        """Any qubits may go anywhere; one that goes loses its copies, but the one it goes to."""
        found: dict[State, int] = {}
        for (old, sets), spent in states.items():
            for homes in self._homes:
                cost, new = spent, list(sets)
                for q, (before, after) in enumerate(zip(old, homes, strict=True)):
                    if before != after:
                        cost += self._price(sets[q] | 1 << after)
                        new[q] = 1 << after
                _keep(found, (homes, tuple(new)), cost)
        return found

    def _alone(self, states: dict[State, int], q: int) -> dict[State, int]:
        """The segment ends where the qubit lives, and the next begins there."""
        found: dict[State, int] = {}
        for (homes, sets), spent in states.items():
            fresh = (*sets[:q], 1 << homes[q], *sets[q + 1 :])
            _keep(found, (homes, fresh), spent + self._price(sets[q]))
        return found

    def _together(
        self, states: dict[State, int], pairs: list[tuple[int, bool]], pin: int
    ) -> dict[State, int]:
        found: dict[State, int] = {}
        sites = range(self._n) if pin < 0 else (pin,)
        for (homes, sets), spent in states.items():
            for site in sites:
                if any(not diagonal and homes[q] != site for q, diagonal in pairs):
                    continue
                wider, cost = list(sets), spent
                for q, diagonal in pairs:
                    if diagonal:
                        wider[q] |= 1 << site
                    else:
                        cost += self._price(sets[q])
                        wider[q] = 1 << site
                _keep(found, (homes, tuple(wider)), cost)
        return found


def _keep(found: dict[State, int], state: State, spent: int) -> None:
    if spent < found.get(state, INFINITE):
        found[state] = spent
