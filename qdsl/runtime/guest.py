"""One node's process on a network runtime: its host, which runs the node's own NetQASM.

The text is made here, of the node's program and its own values. Subroutines go to the node's
controller when the hardware lends the runtime to this node; bits go to and come from the peers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

import numpy as np

from qdsl.backends.netqasm.text import BITS, RESULT, node_text
from qdsl.backends.nodes.program import NodeProgram
from qdsl.backends.nodes.ticket import Round, Ticket
from qdsl.backends.nodes.values import of_item
from qdsl.records import dataclass
from qdsl.runtime.channel import Channel
from qdsl.runtime.errors import MessageForged, RuntimeFails, failed
from qdsl.runtime.frames import What
from qdsl.runtime.qnodeos import Arrays, QNode
from qdsl.runtime.reveal import reveal_all
from qdsl.runtime.script import HostLine, Script, Subroutine, script_of
from qdsl.runtime.traffic import Traffic

# what is known of a pair, by its place in the array
_SEQUENCE, _BELL_STATE, _PHI_PLUS = 4, 9, 0


def run_guest(channel: Channel, ticket: Ticket, values: Mapping[str, Any]) -> None:
    """All rounds of a node; `values` are its own, (1 or items, size) by vector."""
    assert ticket.program is not None
    hardware, reader = sorted(p.index for p in ticket.peers)[-2:]
    place = json.loads(channel.wait(hardware, What.PLACE, 0, 0))
    controller = QNode(ticket.name, int(place["port"]), ticket.patience_s)
    try:
        nodes = [p.index for p in ticket.peers if p.index < hardware]
        controller.open(ticket.index, ticket.program.data + ticket.program.comm, nodes)
        guest = _Guest(channel, ticket, ticket.program, values, controller, hardware, reader)
        for number, current in enumerate(ticket.plan.rounds()):
            guest.round(number, current)
        channel.send(reader, What.TRAFFIC, 0, 0, guest.traffic.body())
        channel.wait(reader, What.DONE, 0, 0)
    finally:
        controller.close()


@dataclass(slots=True)
class _Guest:
    channel: Channel
    ticket: Ticket
    program: NodeProgram
    values: Mapping[str, Any]
    controller: QNode
    hardware: int
    reader: int
    traffic: Traffic = field(default_factory=Traffic)
    _item: int = -1
    _script: Script = field(default_factory=lambda: Script((), ()))
    _bits: dict[int, int] = field(default_factory=dict)
    _round: int = 0
    _lent: int = 0  # turns of this round
    _name: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        self._name = {p.index: p.name for p in self.ticket.peers}

    def round(self, number: int, current: Round) -> None:
        self._round, self._lent, self._bits = number, 0, {}
        if current.item != self._item:
            self._item, self._script = current.item, self._written(current.item)
        for line in (*self._script.body, *self._script.readings[current.setting]):
            match line:
                case Subroutine():
                    self._run(line)
                case HostLine("send"):
                    self._send(line)
                case HostLine("receive"):
                    self._receive(line)
        self._report(len(self.program.readings[current.setting]) if self.program.readings else 0)

    def _written(self, item: int) -> Script:
        """The text of an item, with the values that are revealed to this node."""
        numbers = of_item(self.values, item)
        told = reveal_all(self.channel, self.ticket, numbers, self._round, self.traffic)
        index = {p.name: p.index for p in self.ticket.peers} | {self.ticket.name: self.ticket.index}
        return script_of(node_text(self.program, index, numbers | told))

    # ---- lines of the text --------------------------------------------------------------

    def _run(self, line: Subroutine) -> None:
        """Wait for the runtime, use it, and say which pair was made or taken."""
        self.channel.wait(self.hardware, What.TURN, self._round, self._lent)
        found = self.controller.run(line.binary(self._bits))
        self._bits |= {k: v for k, v in enumerate(found.get(BITS, [])) if v is not None}
        pairs = [] if line.peer is None else [[line.peer, self._pair(line.peer, found)]]
        body = json.dumps(pairs).encode()
        self.channel.send(self.hardware, What.WORK, self._round, self._lent, body)
        self._lent += 1

    def _pair(self, peer: int, found: Arrays) -> int:
        """The runtime's number of a pair, which must be the next one with this peer."""
        known = found.get(RESULT, [])
        wanted = self.traffic.pairs[self._name[peer]]
        if len(known) <= _BELL_STATE or known[_BELL_STATE] != _PHI_PLUS:
            raise failed(RuntimeFails(self.ticket.name, "a pair is not in the state phi+"))
        if known[_SEQUENCE] != wanted:
            detail = f"pair {known[_SEQUENCE]} came where pair {wanted} was due"
            raise failed(RuntimeFails(self.ticket.name, detail))
        self.traffic.pairs[self._name[peer]] += 1
        return wanted

    def _send(self, line: HostLine) -> None:
        self.channel.send(line.peer, What.BITS, self._round, line.number, self._packed(line.bits))
        self.traffic.sent_bits[self._name[line.peer]] += len(line.bits)
        self.traffic.sent_messages[self._name[line.peer]] += 1

    def _receive(self, line: HostLine) -> None:
        body = self.channel.wait(line.peer, What.BITS, self._round, line.number)
        if len(body) != -(-len(line.bits) // 8):
            detail = f"{len(body)} bytes for {len(line.bits)} bits"
            raise failed(MessageForged(self.ticket.name, self._name[line.peer], detail))
        values = np.unpackbits(np.frombuffer(body, np.uint8)).tolist()
        self._bits.update(zip(line.bits, values, strict=False))
        self.traffic.received_bits[self._name[line.peer]] += len(line.bits)
        self.traffic.received_messages[self._name[line.peer]] += 1

    def _report(self, outcomes: int) -> None:
        if outcomes:
            first = self.program.bits
            body = self._packed(range(first, first + outcomes))
            self.channel.send(self.reader, What.RESULT, self._round, 0, body)

    def _packed(self, bits: Sequence[int]) -> bytes:
        return np.packbits([self._bits.get(b, 0) for b in bits]).tobytes()
