"""The hardware's process: carries out the nodes' instructions on one simulated state.

Instructions of different nodes come when they come; they are carried out in the order of a
timetable, as machines with a common clock would, so that a seed gives the same outcomes every
time. The hardware sees gates and angles, as hardware does, and no values behind them.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any

import numpy as np

from qdsl.backends.nodes.ticket import Round, Ticket
from qdsl.records import dataclass
from qdsl.runtime.channel import Channel
from qdsl.runtime.errors import HardwareRefuses, failed
from qdsl.runtime.frames import What
from qdsl.runtime.hardware import EntanglementTooLarge, Hardware, Lanes, NotPossible, gate_matrix

_WRONG = (
    NotPossible,
    EntanglementTooLarge,
    KeyError,
    IndexError,
    TypeError,
    ValueError,
    RecursionError,
)


def run_hardware(channel: Channel, ticket: Ticket) -> None:
    """All rounds; InvalidProgram if a node asks for what cannot be done."""
    assert ticket.timetable is not None
    service = _HostService(channel, ticket)
    for number, current in enumerate(ticket.plan.rounds()):
        service.round(number, current)
    reader = max(p.index for p in ticket.peers)
    counts = {"pairs": {f"{a} {b}": n for (a, b), n in sorted(service.pairs.items())}}
    channel.send(reader, What.TRAFFIC, 0, 0, json.dumps(counts).encode())
    channel.wait(reader, What.DONE, 0, 0)


@dataclass(slots=True)
class _HostService:
    channel: Channel
    ticket: Ticket
    pairs: Counter[tuple[int, int]] = field(default_factory=Counter)
    _queues: dict[int, deque[list[Any]]] = field(default_factory=dict)
    _measured: Counter[int] = field(default_factory=Counter)
    _round: int = 0
    _hardware: Hardware = field(init=False)

    def round(self, number: int, current: Round) -> None:
        """Every qubit is free at the beginning, and at the end, whatever is in it."""
        assert self.ticket.timetable is not None
        random = np.random.default_rng((self.ticket.timetable.seed, number))
        self._round, self._hardware = number, Hardware(current.lanes, random)
        self._measured.clear()
        for nodes in self._slots(current.setting):
            instructions = [self._next(node) for node in nodes]
            try:
                self._carry_out(nodes, instructions)
            except _WRONG as error:
                raise failed(HardwareRefuses(str(error))) from None

    def _slots(self, setting: int) -> Iterator[Sequence[int]]:
        assert self.ticket.timetable is not None
        yield from self.ticket.timetable.slots
        for node, readouts in self.ticket.timetable.readouts[setting]:
            yield from [(node,)] * (2 * readouts)

    def _next(self, node: int) -> list[Any]:
        """The node's next instruction of this round."""
        queue = self._queues.setdefault(node, deque())
        while not queue:
            frame = self.channel.next_work()
            try:
                orders = json.loads(frame.body)
                self._queues.setdefault(frame.sender, deque()).extend(
                    [frame.round, *order] for order in orders
                )
            except (ValueError, TypeError) as error:
                raise failed(HardwareRefuses(f"it cannot be read: {error}")) from None
        number, *order = queue.popleft()
        if number != self._round:
            detail = f"{self._name(node)} is in round {number}, this is round {self._round}"
            raise failed(HardwareRefuses(detail))
        return order

    # ---- instructions -------------------------------------------------------------------

    def _carry_out(self, nodes: Sequence[int], orders: list[list[Any]]) -> None:
        if len(nodes) == 2:
            self._pair(nodes, orders)
            return
        (node,), (order,) = nodes, orders
        match order:
            case ["begin", int(qubit)]:
                self._hardware.begin((node, qubit))
            case ["end", int(qubit)]:
                self._hardware.end((node, qubit))
            case ["gates", list(gates), mask]:
                lanes = self._lanes(mask)
                for gate in gates:
                    self._gate(node, gate, lanes)
            case ["measure", int(qubit), mask]:
                self._measure(node, qubit, self._lanes(mask))
            case ["reset", int(qubit), mask]:
                self._hardware.reset((node, qubit), self._lanes(mask))
            case _:
                raise NotPossible(f"{self._name(node)} asks for {str(order)[:80]} out of turn")

    def _name(self, node: int) -> str:
        return next(p.name for p in self.ticket.peers if p.index == node)

    def _pair(self, nodes: Sequence[int], orders: list[list[Any]]) -> None:
        (a, b), (first, second) = nodes, orders
        _, qubit, peer, number = first
        _, other_qubit, other_peer, other_number = second
        if (first[0], peer, other_peer, number) != (second[0], b, a, other_number):
            raise NotPossible(f"nodes {a} and {b} do not want the same pair")
        self._hardware.pair((a, qubit), (b, other_qubit))
        self.pairs[a, b] += self._hardware.lanes

    def _gate(self, node: int, gate: list[Any], lanes: Lanes | None) -> None:
        name, qubits, angles, word = gate
        places = [(node, int(q)) for q in qubits]
        if name == "rot":
            self._hardware.rotate(word, float(angles[0]), places, lanes)
        elif name == "swap" and lanes is None:
            self._hardware.swap(places[0], places[1])
        else:
            own = tuple(float(a) for a in angles)
            self._hardware.gate(gate_matrix(name, own), places, lanes)

    def _measure(self, node: int, qubit: int, lanes: Lanes | None) -> None:
        if lanes is None:
            outcome = self._hardware.measure((node, qubit))
        else:
            outcome = self._hardware.measure_some((node, qubit), lanes)
        body = np.packbits(outcome.astype(np.uint8)).tobytes()
        self.channel.send(node, What.OUTCOME, self._round, self._measured[node], body)
        self._measured[node] += 1

    def _lanes(self, mask: str | None) -> Lanes | None:
        if mask is None:
            return None
        lanes = self._hardware.lanes
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(mask), np.uint8))[:lanes]
        if len(bits) != lanes:
            raise NotPossible(f"a condition for {len(bits)} of {lanes} executions")
        return bits.astype(np.bool_)
