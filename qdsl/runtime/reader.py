"""The reader's process: collects the nodes' outcomes, and compares the traffic with the report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from qdsl.backends.nodes.ticket import Ticket
from qdsl.records import dataclass
from qdsl.runtime.channel import Channel
from qdsl.runtime.errors import MessageForged, failed
from qdsl.runtime.frames import What
from qdsl.runtime.traffic import NetworkRun, NodeCounts, compared

Tally = dict[tuple[int, ...], int]
OnRound = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Collected:
    """`tallies[item][setting]`: how often the source qubits of that setting, in increasing
    order, showed each pattern."""

    tallies: tuple[tuple[Tally, ...], ...]
    traffic: NetworkRun


def run_reader(channel: Channel, ticket: Ticket, on_round: OnRound | None = None) -> Collected:
    """Collect all rounds, check the traffic, and let everybody go."""
    assert ticket.reading is not None
    plan, reading = ticket.plan, ticket.reading
    index = {p.name: p.index for p in ticket.peers}
    tallies = [
        [Counter[tuple[int, ...]]() for _ in range(plan.settings)] for _ in range(plan.items)
    ]
    for number, current in enumerate(plan.rounds()):
        columns: dict[int, Any] = {}
        for name, by_setting in reading.disclosed:
            qubits = by_setting[current.setting] if by_setting else ()
            if qubits:
                body = channel.wait(index[name], What.RESULT, number, 0)
                columns |= _columns(ticket, name, qubits, current.lanes, body)
        tallies[current.item][current.setting].update(_patterns(columns, current.lanes))
        if on_round is not None:
            on_round(number + 1, plan.n_rounds)
    counts = {
        p.index: _counts(ticket, p.name, channel.wait(p.index, What.TRAFFIC, 0, 0))
        for p in ticket.peers
    }
    names = {p.index: p.name for p in ticket.peers}
    traffic = compared(plan, reading.predicted, names, counts)
    for peer in ticket.peers:
        channel.send(peer.index, What.DONE, 0, 0, b"")
    found = tuple(tuple(dict(sorted(t.items())) for t in item) for item in tallies)
    return Collected(found, traffic)


def _columns(
    ticket: Ticket, name: str, qubits: tuple[int, ...], lanes: int, body: bytes
) -> dict[int, Any]:
    wanted = len(qubits) * lanes
    if len(body) != -(-wanted // 8):
        detail = f"{len(body)} bytes for {wanted} outcomes"
        raise failed(MessageForged(ticket.name, name, detail))
    bits = np.unpackbits(np.frombuffer(body, np.uint8))[:wanted].reshape(len(qubits), lanes)
    return dict(zip(qubits, bits, strict=True))


def _patterns(columns: dict[int, Any], lanes: int) -> Tally:
    if not columns:
        return {(): lanes}
    table = np.stack([columns[q] for q in sorted(columns)], axis=1)
    found, times = np.unique(table, axis=0, return_counts=True)
    return dict(zip(map(tuple, found.tolist()), times.tolist(), strict=True))


def _counts(ticket: Ticket, name: str, body: bytes) -> NodeCounts:
    try:
        counts = json.loads(body)
        return {str(k): {str(p): int(n) for p, n in v.items()} for k, v in counts.items()}
    except (ValueError, TypeError, AttributeError):
        raise failed(MessageForged(ticket.name, name, "its counts cannot be read")) from None
