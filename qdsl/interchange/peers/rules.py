"""Can a distributed program of another compiler be executed, and what does it cost?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Final

from qdsl.interchange.peers.program import (
    CatBegins,
    CatEnds,
    Exchange,
    Half,
    HalfEnds,
    Message,
    PairMade,
    PeerGate,
    PeerMeasure,
    PeerPair,
    PeerProgram,
    said,
)
from qdsl.network.network import Network
from qdsl.records import dataclass

# gates that leave their first qubit alone in the Z basis, as a copied qubit has to be
_DIAGONAL: Final = frozenset({"id", "z", "s", "sdg", "t", "tdg", "rz", "p", "u1", "phase"})
_CONTROLS: Final = {"cx": 1, "CX": 1, "cy": 1, "ch": 1, "crx": 1, "cry": 1, "csx": 1, "cu": 1,
                    "ccx": 2, "cswap": 1, "cz": 2, "cp": 2, "crz": 2, "rzz": 2, "ccz": 3,
                    "cphase": 2, "cu1": 2, "cu3": 1}  # fmt: skip
CAT_BITS: Final = 2  # of a cat copy: one for its entangler, one for its end
TELEPORT_BITS: Final = 2


@dataclass(frozen=True, slots=True)
class PeerCost:
    """What one execution takes. `links`: ebits by pair of node indices, the smaller one first;
    `bits`: classical bits of copies and teleportations; `copies`, `exchanges`, `remote_gates`: how
    many there are; `comm`: the most communication qubits that a node has in use at once, by node;
    `violations`: where the program breaks a rule, in words. `is_written_out`: pairs and bits are
    those of the text, which does not say what they are for: `copies` and the like are 0."""

    ebits: int
    links: Mapping[tuple[int, int], int]
    bits: int
    copies: int
    exchanges: int
    remote_gates: int
    comm: Mapping[int, int]
    violations: tuple[str, ...]
    is_written_out: bool = False


def cost_of(program: PeerProgram, network: Network | None) -> PeerCost:
    """Goes through the program once."""
    if program.traffic is not None:
        return _TrafficLedger(program, network).cost()
    return _Ledger(program, network).cost()


@dataclass(slots=True)
class _Ledger:
    program: PeerProgram
    network: Network | None
    links: Counter[tuple[int, int]] = field(default_factory=Counter)
    open: dict[PeerPair, int] = field(default_factory=dict)  # root of an open copy
    counts: Counter[str] = field(default_factory=Counter)
    most: dict[int, int] = field(default_factory=dict)
    violations: dict[str, None] = field(default_factory=dict)

    def cost(self) -> PeerCost:
        for problem in (*self._room(), *self._steps(), *self._left_open()):
            self.violations.setdefault(problem)
        counts = self.counts
        bits = CAT_BITS * counts["copies"] + 2 * TELEPORT_BITS * counts["exchanges"]
        return PeerCost(
            sum(self.links.values()), dict(sorted(self.links.items())), bits, counts["copies"],
            counts["exchanges"], counts["remote"], self.most, tuple(self.violations),
        )  # fmt: skip

    # ---- rules ---------------------------------------------------------------------------

    def _room(self) -> Iterator[str]:
        """Are there such nodes, with so many qubits?"""
        program, network = self.program, self.network
        if network is None:
            return
        if program.n_nodes > len(network.nodes):
            yield f"it is for {program.n_nodes} nodes, the network has {len(network.nodes)}"
        for node in range(min(program.n_nodes, len(network.nodes))):
            own = network.nodes[node]
            if (used := program.data_of(node)) > own.qubits:
                yield f"node {node} has {own.qubits} data qubits, {used} are declared"
            if (used := program.comm.get(node, 0)) > own.comm:
                yield f"node {node} has {own.comm} communication qubits, {used} are declared"

    def _steps(self) -> Iterator[str]:
        for step in self.program.steps:
            match step:
                case PeerGate(pair=None):
                    problems = self._local(step)
                case PeerGate():
                    problems = self._remote(step)
                case CatBegins():
                    problems = self._begin(step)
                case CatEnds():
                    problems = self._end(step)
                case Exchange():
                    problems = self._exchange(step)
                case PeerMeasure():
                    problems = self._disturbed((step.qubit,), 0)
            for problem in problems:
                yield f"{said(step.line)}: {problem}"

    def _disturbed(self, qubits: tuple[int, ...], diagonal_on: int) -> Iterator[str]:
        """Qubits behind the first `diagonal_on` must not be copied."""
        copied = set(self.open.values())
        for qubit in qubits[diagonal_on:]:
            if qubit in copied:
                name = self.program.names[qubit]
                yield f"{name} is changed while a copy of it is in use"

    def _local(self, gate: PeerGate) -> Iterator[str]:
        if len({self.program.node_of[q] for q in gate.qubits}) > 1:
            names = ", ".join(self.program.names[q] for q in gate.qubits)
            yield f"`{gate.name}` acts on {names} at different nodes, and no pair is used"
        yield from self._disturbed(gate.qubits, _diagonal_on(gate.name))

    def _remote(self, gate: PeerGate) -> Iterator[str]:
        self.counts["remote"] += 1
        assert gate.pair is not None
        root = self.open.get(gate.pair)
        if root is None:
            yield f"remote `{gate.name}` without a copy: `catent` on the same pair is missing"
        elif root not in gate.qubits[: _CONTROLS[gate.name]]:
            yield f"remote `{gate.name}` is not controlled by the qubit that is copied"
        others = [q for q in gate.qubits if q != root]
        far = gate.pair.far.node
        for qubit in others:
            if self.program.node_of[qubit] != far:
                where = self.program.node_of[qubit]
                yield f"{self.program.names[qubit]} is at node {where}, the copy at node {far}"
        yield from self._disturbed(tuple(others), _CONTROLS[gate.name] - 1)

    def _begin(self, step: CatBegins) -> Iterator[str]:
        self.counts["copies"] += 1
        yield from self._use(step.pair)
        if self.program.node_of[step.root] != step.pair.near.node:
            yield f"the pair is not at the node of {self.program.names[step.root]}"
        self.open[step.pair] = step.root
        self._occupied(())

    def _end(self, step: CatEnds) -> Iterator[str]:
        root = self.open.pop(step.pair, None)
        if root is None:
            yield "a copy ends that was not begun"
        elif root != step.root:
            yield f"the copy is of {self.program.names[root]}, which is not what ends"

    def _exchange(self, step: Exchange) -> Iterator[str]:
        self.counts["exchanges"] += 1
        yield from self._disturbed(step.qubits, 0)
        for pair in step.pairs:
            yield from self._use(pair)
            ends = {self.program.node_of[q] for q in step.qubits}
            if {pair.near.node, pair.far.node} != ends:
                yield "the pair does not join the nodes of the two qubits"
        if len({half for pair in step.pairs for half in (pair.near, pair.far)}) < 4:
            yield "two pairs use one communication qubit at once"
        self._occupied(step.pairs)

    def _use(self, pair: PeerPair) -> Iterator[str]:
        a, b = sorted((pair.near.node, pair.far.node))
        self.links[a, b] += 1
        if a == b:
            yield f"a pair of node {a} with itself"
        elif self.network is not None and not _linked(self.network, a, b):
            yield f"there is no link between nodes {a} and {b}"
        busy = self._busy()
        for half in (pair.near, pair.far):
            if half in busy:
                yield f"{half.name} is in use already"

    def _busy(self) -> set[Half]:
        return {half for pair in self.open for half in (pair.near, pair.far)}

    def _occupied(self, more: tuple[PeerPair, ...]) -> None:
        uses = Counter(h.node for p in (*self.open, *more) for h in {p.near, p.far})
        for node, number in uses.items():
            self.most[node] = max(number, self.most.get(node, 0))

    def _left_open(self) -> Iterator[str]:
        for root in self.open.values():
            yield f"the copy of {self.program.names[root]} never ends"


@dataclass(slots=True)
class _TrafficLedger(_Ledger):
    """Of a program that is written out: its pairs and messages as they stand there."""

    held: set[Half] = field(default_factory=set)

    def cost(self) -> PeerCost:
        for problem in (*self._room(), *self._events()):
            self.violations.setdefault(problem)
        links = dict(sorted(self.links.items()))
        ebits, bits = sum(links.values()), self.counts["bits"]
        return PeerCost(ebits, links, bits, 0, 0, 0, self.most, tuple(self.violations), True)

    def _events(self) -> Iterator[str]:
        assert self.program.traffic is not None
        for step in self.program.traffic:
            match step:
                case PairMade(line, pair):
                    for problem in self._use(pair):
                        yield f"{said(line)}: {problem}"
                    self.held |= {pair.near, pair.far}
                    self._note()
                case HalfEnds(_, half):
                    self.held.discard(half)
                case Message():
                    self.counts["bits"] += 1

    def _busy(self) -> set[Half]:
        return self.held

    def _note(self) -> None:
        for node, number in Counter(half.node for half in self.held).items():
            self.most[node] = max(number, self.most.get(node, 0))


def _diagonal_on(name: str) -> int:
    """On how many of its first qubits a local gate is diagonal; 0 where nothing is known."""
    plain = name.removeprefix("inv @ ")
    return 1 if plain in _DIAGONAL else _CONTROLS.get(plain, 0)


def _linked(network: Network, a: int, b: int) -> bool:
    return any({a, b} == {link.a, link.b} for link in network.links)
