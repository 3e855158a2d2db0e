"""The routed programs of all nodes as one list of operations with times.

An operation starts when its qubits are free and the bits that it depends on are known, messages
included. Pairs of a link are made one after another in each of its channels, in their mean time,
once both qubits are free. Pairs, and gates on qubits that were in |0>, then wait until just before
they are needed, as far as that delays nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qdsl.backends.nodes.program import Receive, Send
from qdsl.diagnostics.diagnostic import InternalError
from qdsl.hardware.calibration import Calibration
from qdsl.hardware.native import commands
from qdsl.hardware.routing import RoutedNode
from qdsl.network.network import Network
from qdsl.records import dataclass

Place = tuple[int, int]  # node, qubit of its device
KnownBit = tuple[int, int]  # node, bit of its circuit


@dataclass(frozen=True, slots=True)
class TimedOperation:
    """`name` by pytket, or "Pair"; angles in half turns. `writes`, `when`: bits of the node that
    measured them. `idle_s`: how long each of the qubits has held a state since its last operation.
    """

    name: str
    places: tuple[Place, ...]
    params: tuple[float, ...]
    start_s: float
    end_s: float
    idle_s: tuple[float, ...]
    writes: KnownBit | None = None
    when: tuple[KnownBit, int] | None = None


def merged(routed: Mapping[int, RoutedNode], network: Network) -> list[TimedOperation]:
    """All operations in an order that respects what waits for what. InternalError if there is
    none."""
    merger = _Merger(routed, network)
    while any(merger.left.values()):
        before = sum(map(len, merger.left.values()))
        for node in routed:
            merger.advance(node)
        if sum(map(len, merger.left.values())) == before:
            raise InternalError("routing", "nodes wait for one another in an order", "all wait")
    late = _late(merger.done, network)
    return _with_idle(sorted(late, key=lambda op: op.start_s))  # stable: ties keep their order


def _late(operations: Sequence[TimedOperation], network: Network) -> list[TimedOperation]:
    """Pairs, and gates that only fresh qubits have seen, as late as what follows allows."""
    need: dict[Place, float] = {}
    pairs: dict[tuple[int, int], list[float]] = {}  # of every link, when later ones start
    found = []
    for op, can_wait in reversed(list(zip(operations, _can_wait(operations), strict=True))):
        limit = min(need.get(p, op.end_s) for p in op.places)
        if op.name == "Pair":
            link = op.places[0][0], op.places[1][0]
            later = pairs.setdefault(link, [])
            channels = network.link_between[link].physics.channels
            limit = min(limit, later[-channels]) if len(later) >= channels else limit
        if can_wait and limit > op.end_s:
            op = replace(op, start_s=limit - (op.end_s - op.start_s), end_s=limit)
        if op.name == "Pair":
            later.append(op.start_s)
        need |= dict.fromkeys(op.places, op.start_s)
        found.append(op)
    return found[::-1]


def _can_wait(operations: Sequence[TimedOperation]) -> list[bool]:
    used: set[Place] = set()
    found = []
    for op in operations:
        is_gate = op.name not in ("Pair", "Measure", "Reset") and op.when is None
        found.append(op.name == "Pair" or (is_gate and used.isdisjoint(op.places)))
        if op.name == "Reset":
            used -= set(op.places)
        elif op.name == "Pair" or not found[-1]:
            used |= set(op.places)
    return found


def _with_idle(operations: Sequence[TimedOperation]) -> list[TimedOperation]:
    """Nothing is lost of |0>, nor of what is reset."""
    last: dict[Place, TimedOperation] = {}
    found = []
    for op in operations:
        if op.name not in ("Pair", "Reset"):
            before = [last.get(p) for p in op.places]
            idle = (0.0 if b is None or b.name == "Reset" else op.start_s - b.end_s for b in before)
            op = replace(op, idle_s=tuple(idle))
        last |= dict.fromkeys(op.places, op)
        found.append(op)
    return found


class _Merger:
    def __init__(self, routed: Mapping[int, RoutedNode], network: Network) -> None:
        self.left: dict[int, list[Any]] = {v: commands(r.circuit) for v, r in routed.items()}
        self.done: list[TimedOperation] = []
        self._routed, self._network = routed, network
        self._calibration = {v: Calibration.of(r.device) for v, r in routed.items()}
        self._source = bit_sources(routed)
        self._free: dict[Place, float] = {}
        self._known: dict[KnownBit, float] = {}
        self._halves: dict[tuple[int, int, int], tuple[Place, float]] = {}  # waiting for the other
        self._arrived: set[tuple[int, int, int]] = set()
        self._channels: dict[tuple[int, int], list[float]] = {}

    def advance(self, node: int) -> None:
        """Do all that can be done at a node; what waits holds up what comes after it on its qubits
        and bits."""
        stuck: set[Any] = set()
        rest = []
        for command in self.left[node]:
            if stuck.isdisjoint(command.args) and self._take(node, command):
                continue
            stuck.update(command.args)
            rest.append(command)
        self.left[node] = rest

    def _take(self, node: int, command: Any) -> bool:
        op, bits, when = command.op, list(command.bits), None
        if command.op.type.name == "Barrier":
            return self._pair(node, command)
        if op.type.name == "Conditional":
            when = self._source[node, command.args[0].index[0]], op.value
            op = op.op
            if when[0] not in self._known:
                return False
        places = tuple((node, q.index[0]) for q in command.qubits)
        ready = [self._free.get(p, 0.0) for p in places]
        if when is not None:
            far = self._network.message_time_ns(when[0][0], node) if when[0][0] != node else 0
            ready.append(self._known[when[0]] + far * 1e-9)
        start, name = max(ready), op.type.name
        end = start + self._calibration[node].time_s(name, [p for _, p in places])
        writes = (node, bits[0].index[0]) if bits else None
        params = tuple(float(x) for x in op.params) if op.is_gate() else ()
        idle = (0.0,) * len(places)
        self._record(TimedOperation(name, places, params, start, end, idle, writes, when))
        return True

    def _record(self, op: TimedOperation) -> None:
        self.done.append(op)
        for p in op.places:
            self._free[p] = op.end_s
        if op.writes is not None:
            self._known[op.writes] = op.end_s

    def _pair(self, node: int, command: Any) -> bool:
        data = command.op.data.split(" ")
        peer = self._network.index[" ".join(data[1:-1])]
        key = min(node, peer), max(node, peer), int(data[-1])
        place = node, command.qubits[0].index[0]
        if key in self._arrived:
            return True
        other, ready = self._halves.setdefault(key, (place, self._free.get(place, 0.0)))
        if other[0] == node:
            return False
        self._arrive(key, (other, place), max(ready, self._free.get(place, 0.0)))
        return True

    def _arrive(self, key: tuple[int, int, int], places: tuple[Place, Place], ready: float) -> None:
        link = self._network.link_between[key[:2]]
        channels = self._channels.setdefault(key[:2], [0.0] * link.physics.channels)
        k = min(range(len(channels)), key=channels.__getitem__)
        start = max(ready, channels[k])
        end = start + link.pair_time_ns * 1e-9
        channels[k] = start + link.channel_time_ns * 1e-9
        since = link.known_after_ns * 1e-9
        first, second = sorted(places)
        self._record(TimedOperation("Pair", (first, second), (), start, end, (since, since)))
        self._arrived.add(key)


def bit_sources(routed: Mapping[int, RoutedNode]) -> dict[KnownBit, KnownBit]:
    """Of every bit of every node the one that was measured, on this node or on another."""
    names = {r.node: v for v, r in routed.items()}
    sent: dict[tuple[int, int, int], tuple[int, ...]] = {}
    told: dict[KnownBit, KnownBit] = {}
    for v, r in routed.items():
        for step in r.program.steps:
            if isinstance(step, Send):
                sent[v, names[step.peer], step.number] = step.bits
    for v, r in routed.items():
        for step in r.program.steps:
            if isinstance(step, Receive):
                sender = names[step.peer]
                bits = zip(step.bits, sent[sender, v, step.number], strict=True)
                told |= {(v, mine): (sender, theirs) for mine, theirs in bits}
    found = {}
    for v, r in routed.items():
        for bit in range(len(r.circuit.bits)):
            here = v, bit
            while here in told:
                here = told[here]
            found[v, bit] = here
    return found
