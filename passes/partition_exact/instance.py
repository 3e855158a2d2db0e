"""The placement problem of a circuit as a small combinatorial problem, without any search.

The model, which is what `insert-communication` can carry out with enough communication qubits:

- An *event* is an operation on several qubits, or one that is pinned. Every event has a site.
- At every event every qubit of the program lives at one node, and no node holds more of them
  than it has data qubits. Qubits may change places between events, all at once.
- A *segment* is a stretch of a qubit's life in which only operations diagonal on it happen. An
  operation that is not diagonal on a qubit happens where that qubit lives, and nowhere else is
  it present then: there one segment ends and the next begins.
- A *stay* is a stretch of a segment in which the qubit lives at one node. In a stay it may be
  present at several nodes at once, by cat copies: where it lives, where its events happen, and
  where it goes to live next. A stay costs the ebits of a tree over those nodes.
- An event takes at most as many copies at its site as that has communication qubits.

The order of events is that of the rows. Copies that close early for want of communication
qubits are not counted: where they matter, the compiler needs more than the optimum of this
model, and never less.
"""

from __future__ import annotations

import numpy as np

from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit
from qdsl.network.network import Network
from qdsl.passes.partition.any_basis import TURN, USE, runs
from qdsl.passes.partition.refine import APART, tree_cost
from qdsl.passes.partition.timeline import Flags, timeline
from qdsl.records import dataclass

MOST_NODES = 12  # beyond, no costs by set of nodes are kept


@dataclass(frozen=True, slots=True)
class SiteEvent:
    """An operation with a site. `served`: (qubit, segment) of operands that a copy may stand
    for; `resident`: qubits that have to live at the site; `pin`: the site, -1: any."""

    row: int
    served: tuple[tuple[int, int], ...]
    resident: tuple[int, ...]
    pin: int


@dataclass(frozen=True, slots=True)
class Segment:
    """The qubit is present where it lives at events `first` to `last`, both included.

    `gap` g >= 0: it begins with an operation on this qubit alone between events g - 1 and g,
    before or after the moves that happen there; `before` is then the segment that it ends.
    """

    qubit: int
    first: int
    last: int
    gap: int = -1
    before: int = -1


@dataclass(frozen=True, slots=True)
class Instance:
    """`room`, `comm`: by node. `tree[mask]`: ebits of a tree over a set of nodes, -1: there is
    none. `place[row]`: the number of events before that row; `starts[row]`: the segment that a
    row on one qubit begins, -1: none."""

    n_qubits: int
    room: tuple[int, ...]
    comm: tuple[int, ...]
    tree: tuple[int, ...]
    events: tuple[SiteEvent, ...]
    segments: tuple[Segment, ...]
    place: tuple[int, ...]
    starts: tuple[int, ...]

    @property
    def after(self) -> dict[int, int]:
        """The segment that ends a segment in a gap, -1: none."""
        found = dict.fromkeys(range(len(self.segments)), -1)
        return found | {g.before: s for s, g in enumerate(self.segments) if g.before >= 0}

    @property
    def n_nodes(self) -> int:
        return len(self.room)

    @property
    def size(self) -> int:
        """Places to decide about: qubits times events times nodes."""
        return self.n_qubits * len(self.events) * self.n_nodes

    @property
    def is_uniform(self) -> bool:
        """Every node after the first costs one ebit, whichever it is, and nodes are alike."""
        sizes = [mask.bit_count() - 1 for mask in range(1, len(self.tree))]
        return sizes == list(self.tree[1:])


def instance(circuit: Circuit, network: Network) -> Instance:
    """The problem of a circuit on a network of at most `MOST_NODES` nodes."""
    times = timeline(circuit)
    return _InstanceReader(circuit, network, times.resident, times.resident).read()


def relaxed(circuit: Circuit, network: Network) -> Instance:
    """The same, but copies may be taken in any basis: a gate that is diagonal in one is served by
    them, and a segment lasts as long as a run does. Its optimum is a lower bound for the circuit
    in any spelling that changes bases locally, in the order of its operations."""
    times, found = timeline(circuit), runs(circuit)
    table = circuit.table
    row = times.row
    asks = (table.opcode != BY_NAME["barrier"].code) & ((table.arity > 1) | (circuit.pin >= 0))
    event = asks[row] & (found.kind != TURN)
    qubit = table.operands.tolist()
    run, is_event = found.run.tolist(), event.tolist()
    ahead: dict[int, int] = {}
    then = [-1] * len(run)  # the run of the next event from a use on
    for k in reversed(range(len(run))):
        ahead[qubit[k]] = run[k] if is_event[k] else ahead.get(qubit[k], -1)
        then[k] = ahead[qubit[k]]
    latest: dict[int, int] = {}
    parts = np.zeros(len(run), np.bool_)
    for k, q in enumerate(qubit):
        parts[k] = times.resident[k] and latest.get(q, -1) != then[k]
        if is_event[k]:
            latest[q] = run[k]
    resident = times.resident & ~np.isin(found.kind, (USE, TURN))
    return _InstanceReader(circuit, network, resident, parts, asks[row] & ~event).read()


def _trees(network: Network) -> tuple[int, ...]:
    """Ebits by set of nodes; sets that no tree joins are -1."""
    table = tree_cost(network).table.tolist()
    silent = sum(1 << v for v, comm in enumerate(network.free_comm) if comm < 1)
    for mask, cost in enumerate(table):
        if cost >= APART or (mask & silent and mask.bit_count() > 1):
            table[mask] = -1
    return tuple(table)


class _InstanceReader:
    """`resident`: the qubit has to live where the row happens; `parts`: a segment ends there;
    `idle`: uses of pinned rows that ask for nothing."""

    def __init__(
        self, circuit: Circuit, network: Network, resident: Flags, parts: Flags,
        idle: Flags | None = None,
    ) -> None:  # fmt: skip
        self._circuit, self._network = circuit, network
        self._resident, self._parts = resident.tolist(), parts.tolist()
        self._idle = [False] * len(resident) if idle is None else idle.tolist()
        n = circuit.n_qubits
        self._events: list[SiteEvent] = []
        self._begun = [(q, 0, -1, -1) for q in range(n)]  # qubit, first, gap, before
        self._last: dict[int, int] = {}  # the last event of a segment that has ended
        self._now = list(range(n))
        self._is_plain = [True] * n  # no event in that segment yet?
        self._place: list[int] = []
        self._starts: list[int] = []

    def read(self) -> Instance:
        table = self._circuit.table
        start = table.operand_start.tolist()
        operands = table.operands.tolist()
        barrier = BY_NAME["barrier"].code
        pins = self._circuit.pin.tolist()
        for row, code in enumerate(table.opcode.tolist()):
            self._place.append(len(self._events))
            self._starts.append(-1)
            uses = range(start[row], start[row + 1])
            if code == barrier:
                continue
            if len(uses) > 1 or pins[row] >= 0:
                asked = [k for k in uses if not self._idle[k]]
                flags = [(operands[k], self._resident[k], self._parts[k]) for k in asked]
                self._event(row, flags, pins[row])
            elif self._parts[uses[0]]:
                self._alone(row, operands[uses[0]])
        return self._finished()

    def _event(self, row: int, uses: list[tuple[int, bool, bool]], pin: int) -> None:
        time = len(self._events)
        for q, resident, parts in uses:
            if parts and not resident:
                self._begin(q, time, -1, ends=time)
        served = tuple((q, self._now[q]) for q, resident, _ in uses if not resident)
        residents = tuple(q for q, resident, _ in uses if resident)
        self._events.append(SiteEvent(row, served, residents, pin))
        for q, _, _ in uses:
            self._is_plain[q] = False
        for q in residents:
            self._begin(q, time, -1, ends=time)

    def _alone(self, row: int, q: int) -> None:
        """An operation on one qubit, not diagonal; in a segment without events it changes
        nothing, and before the first event and after the last nothing is to be decided."""
        gap = len(self._events)
        if not self._is_plain[q]:
            self._starts[row] = len(self._begun)
            self._begin(q, gap, gap, ends=gap - 1)
            self._is_plain[q] = True

    def _begin(self, q: int, first: int, gap: int, ends: int) -> None:
        old = self._now[q]
        self._last[old] = ends
        self._now[q] = len(self._begun)
        self._begun.append((q, first, gap, old if gap >= 0 else -1))

    def _finished(self) -> Instance:
        last_event = len(self._events) - 1
        segments = tuple(
            Segment(q, first, self._last.get(s, last_event), gap, before)
            for s, (q, first, gap, before) in enumerate(self._begun)
        )
        nodes = self._network.nodes
        return Instance(
            self._circuit.n_qubits, tuple(v.qubits for v in nodes), self._network.free_comm,
            _trees(self._network), tuple(self._events), segments, tuple(self._place),
            tuple(self._starts),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A solution of an instance.

    `ebits`: its cost in the model; `bound`: no placement costs less; `home[t][q]`: where qubit q
    lives at event t; `site[t]`: where event t happens; `late[s]`: segment s, which begins in a
    gap, begins after the moves there.
    """

    ebits: int
    bound: int
    home: tuple[tuple[int, ...], ...]
    site: tuple[int, ...]
    late: tuple[bool, ...]

    @property
    def is_optimal(self) -> bool:
        return self.ebits == self.bound


def cost_of(problem: Instance, answer: Answer) -> int:
    """The ebits of a solution, counted from the model and not by the solver."""
    used = {(s, t) for t, event in enumerate(problem.events) for _, s in event.served}
    return sum(_segment_cost(problem, answer, s, used) for s in range(len(problem.segments)))


def _segment_cost(problem: Instance, answer: Answer, s: int, used: set[tuple[int, int]]) -> int:
    q = problem.segments[s].qubit
    total, present, lived = 0, 0, -1
    for t in stretch(problem, s, answer.late):
        home = answer.home[t][q]
        if lived not in (-1, home):
            total += problem.tree[present | 1 << home]
            present = 0
        present |= 1 << home
        if (s, t) in used:
            present |= 1 << answer.site[t]
        lived = home
    return total + (problem.tree[present] if present else 0)


def stretch(problem: Instance, s: int, late: tuple[bool, ...]) -> range:
    """The events at which a segment has its qubit live somewhere: with the one before the gap
    in which it begins, if it begins before the moves there, and with the one after the gap in
    which it ends, if it ends after the moves."""
    events = len(problem.events)
    segment = problem.segments[s]
    first, last = segment.first, min(segment.last, events - 1)
    if 0 < segment.gap < events and not late[s]:
        first -= 1
    after = problem.after[s]
    if after >= 0 and 0 < problem.segments[after].gap < events and late[after]:
        last += 1
    return range(first, last + 1)
