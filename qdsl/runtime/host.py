"""The hardware's process on a network runtime: starts it, and lends it to one node at a time.

SimulaQron looks at its locks once a second, and nodes that want several of them can wait for one
another for ever, so no two nodes use it at once. The order of turns is that of a timetable.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from dataclasses import field

from qdsl.backends.nodes.ticket import Round, Ticket
from qdsl.records import dataclass
from qdsl.runtime.channel import Channel
from qdsl.runtime.errors import HardwareRefuses, failed
from qdsl.runtime.frames import What
from qdsl.runtime.services import Services


def run_host(channel: Channel, ticket: Ticket) -> None:
    """All rounds; InvalidProgram if the runtime cannot be started, or stops."""
    assert ticket.timetable is not None
    assert ticket.runtime is not None
    names = [p.name for p in ticket.peers if p.index < ticket.index]
    runtime, seed = ticket.runtime, ticket.timetable.seed
    services = Services(runtime.python, names, runtime.qubits, seed, ticket.patience_s)
    with services:
        channel.on_idle = services.check
        for node, port in enumerate(services.ports):
            channel.send(node, What.PLACE, 0, 0, json.dumps({"port": port}).encode())
        host = _Host(channel, ticket)
        for number, current in enumerate(ticket.plan.rounds()):
            host.round(number, current)
        reader = max(p.index for p in ticket.peers)
        counts = {"pairs": {f"{a} {b}": n for (a, b), n in sorted(host.pairs.items())}}
        channel.send(reader, What.TRAFFIC, 0, 0, json.dumps(counts).encode())
        channel.wait(reader, What.DONE, 0, 0)


@dataclass(slots=True)
class _Host:
    """`pairs` were reported by both ends, under the same number."""

    channel: Channel
    ticket: Ticket
    pairs: Counter[tuple[int, int]] = field(default_factory=Counter)
    _half: dict[tuple[int, int], deque[int]] = field(default_factory=dict)

    def round(self, number: int, current: Round) -> None:
        assert self.ticket.timetable is not None
        table = self.ticket.timetable
        lent: Counter[int] = Counter()
        ends = [(node,) for node, times in table.readouts[current.setting] for _ in range(times)]
        for (node,) in (*table.slots, *ends):
            self.channel.send(node, What.TURN, number, lent[node], b"")
            frame = self.channel.next_work()
            try:
                pairs = [(int(peer), int(k)) for peer, k in json.loads(frame.body)]
            except (ValueError, TypeError) as error:
                raise failed(HardwareRefuses(f"it cannot be read: {error}")) from None
            if (frame.sender, frame.round, frame.number) != (node, number, lent[node]):
                raise failed(HardwareRefuses("a node has used the runtime out of turn"))
            lent[node] += 1
            for peer, k in pairs:
                self._count(node, peer, k)
        if any(self._half.values()):
            raise failed(HardwareRefuses("a pair has only one end"))

    def _count(self, node: int, peer: int, number: int) -> None:
        ends = (min(node, peer), max(node, peer))
        waiting = self._half.setdefault(ends, deque())
        if node < peer:  # it has asked for the pair; the other takes it later
            waiting.append(number)
            return
        if not waiting or waiting.popleft() != number:
            raise failed(HardwareRefuses("two nodes do not hold the same pair"))
        self.pairs[ends] += 1
