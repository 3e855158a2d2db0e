"""One node's process: goes through its program with its own numbers.

It knows its own bits and values. Gates go to the hardware, outcomes come back, messages go to
the peers and come from them; at the end of every round the outcomes of its own qubits go to the
reader.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.backends.nodes.program import (
    Begin,
    Condition,
    Encode,
    End,
    Gate,
    Learn,
    Measure,
    NodeProgram,
    Pair,
    Readout,
    Receive,
    Reset,
    Send,
    Step,
    Tell,
)
from qdsl.backends.nodes.ticket import Round, Ticket
from qdsl.backends.nodes.values import Floats, angle_of, disclosed_bits, gates_of, of_item
from qdsl.records import dataclass
from qdsl.runtime.channel import Channel
from qdsl.runtime.errors import MessageForged, failed
from qdsl.runtime.frames import What
from qdsl.runtime.reveal import learn_one, tell_one
from qdsl.runtime.traffic import Traffic

Bits = npt.NDArray[np.bool_]  # one a lane
_TURN = {"X": "h", "Y": "sx"}  # turns the basis to Z: exp(-i pi/4 X) takes Y to Z


def run_party(channel: Channel, ticket: Ticket, values: Mapping[str, Any]) -> None:
    """All rounds of a node; `values` are its own, (1 or items, size) by vector."""
    assert ticket.program is not None
    party = _Party(channel, ticket, ticket.program, values)
    for number, current in enumerate(ticket.plan.rounds()):
        party.round(number, current)
    reader = max(p.index for p in ticket.peers)
    channel.send(reader, What.TRAFFIC, 0, 0, party.traffic.body())
    channel.wait(reader, What.DONE, 0, 0)


@dataclass(slots=True)
class _Party:
    channel: Channel
    ticket: Ticket
    program: NodeProgram
    values: Mapping[str, Any]
    traffic: Traffic = field(default_factory=Traffic)
    _item: int = -1
    _numbers: dict[str, Floats] = field(default_factory=dict)
    _loaded: dict[int, list[Any]] = field(default_factory=dict)  # encodings of this item, by step
    _bits: dict[int, Bits] = field(default_factory=dict)
    _open: list[int] = field(default_factory=list)  # bits whose outcomes are still to come
    _orders: list[Any] = field(default_factory=list)  # instructions not yet sent
    _round: int = 0
    _lanes: int = 1
    _measured: int = 0
    _reveals: Counter[str] = field(default_factory=Counter)
    _index: dict[str, int] = field(init=False)
    _hardware: int = field(init=False)
    _reader: int = field(init=False)

    def __post_init__(self) -> None:
        self._index = {p.name: p.index for p in self.ticket.peers}
        self._hardware, self._reader = sorted(self._index.values())[-2:]

    def round(self, number: int, current: Round) -> None:
        self._round, self._lanes, self._measured = number, current.lanes, 0
        self._bits, self._open = {}, []
        is_new = current.item != self._item
        if is_new:
            self._item, self._loaded = current.item, {}
            self._numbers = of_item(self.values, current.item)
        for at, step in enumerate(self.program.steps):
            if isinstance(step, Tell | Learn):
                self._reveal(step, is_new)
            else:
                self._step(at, step)
        readings = self.program.readings
        self._report(readings[current.setting] if readings else ())

    # ---- steps --------------------------------------------------------------------------

    def _step(self, at: int, step: Step) -> None:
        match step:
            case Begin(qubit):
                self._orders.append(["begin", qubit])
            case End(qubit):
                self._orders.append(["end", qubit])
            case Gate(name, qubits, angles, word, when):
                own = [angle_of(a, self._numbers) for a in angles]
                self._gates([[name, qubits, own, word]], when)
            case Encode(condition=when):
                if at not in self._loaded:
                    self._loaded[at] = list(gates_of(step, self._numbers))
                self._gates(self._loaded[at], when)
            case Measure(qubit, bit, when):
                self._measure(qubit, bit, self._mask(when))
            case Reset(qubit, when):
                mask = self._mask(when)
                self._orders.append(["reset", qubit, mask])
            case Pair(qubit, peer, number):
                self._orders.append(["pair", qubit, self._index[peer], number])
                self.traffic.pairs[peer] += self._lanes
            case Send(peer, number, bits):
                self._send(peer, number, bits)
            case Receive(peer, number, bits):
                self._receive(peer, number, bits)

    def _gates(self, gates: list[Any], when: Condition | None) -> None:
        mask = self._mask(when)
        self._orders.append(["gates", gates, mask])

    def _measure(self, qubit: int, bit: int, mask: str | None) -> None:
        self._orders.append(["measure", qubit, mask])
        self._open.append(bit)

    def _mask(self, when: Condition | None) -> str | None:
        """The lanes in which a condition holds, packed; None: no condition."""
        if when is None:
            return None
        holds = self._value(when.bit) == bool(when.value)
        return np.packbits(holds).tobytes().hex()

    def _value(self, bit: int) -> Bits:
        """A bit of this node in every lane; one that was never written is 0."""
        if bit in self._open:
            self._fetch()
        return self._bits.get(bit, np.zeros(self._lanes, np.bool_))

    def _flush(self) -> None:
        if self._orders:
            body = json.dumps(self._orders, separators=(",", ":")).encode()
            self._orders.clear()
            self.channel.send(self._hardware, What.WORK, self._round, 0, body)

    def _fetch(self) -> None:
        """Wait for all outcomes that are still to come."""
        self._flush()
        for bit in self._open:
            found = self.channel.wait(self._hardware, What.OUTCOME, self._round, self._measured)
            self._bits[bit] = self._lanes_of(found, 1, "hardware")[0]
            self._measured += 1
        self._open = []

    def _lanes_of(self, body: bytes, rows: int, peer: str) -> npt.NDArray[np.bool_]:
        """Bits, bool[rows, lanes], from a body of exactly as many."""
        wanted = rows * self._lanes
        if len(body) != -(-wanted // 8):
            detail = f"{len(body)} bytes for {wanted} bits"
            raise failed(MessageForged(self.ticket.name, peer, detail))
        flat = np.unpackbits(np.frombuffer(body, np.uint8))[:wanted]
        return flat.reshape(rows, self._lanes).astype(np.bool_)

    def _send(self, peer: str, number: int, bits: Sequence[int]) -> None:
        rows = np.stack([self._value(b) for b in bits])
        body = np.packbits(rows.reshape(-1)).tobytes()
        self.channel.send(self._index[peer], What.BITS, self._round, number, body)
        self.traffic.sent_bits[peer] += rows.size
        self.traffic.sent_messages[peer] += self._lanes

    def _receive(self, peer: str, number: int, bits: Sequence[int]) -> None:
        self._flush()
        body = self.channel.wait(self._index[peer], What.BITS, self._round, number)
        rows = self._lanes_of(body, len(bits), peer)
        self._bits.update(zip(bits, rows, strict=True))
        self.traffic.received_bits[peer] += rows.size
        self.traffic.received_messages[peer] += self._lanes

    def _reveal(self, step: Tell | Learn, is_new: bool) -> None:
        """Values are told once an item."""
        if not is_new:
            return
        address = self._round, self._reveals[step.peer]
        self._reveals[step.peer] += 1
        if isinstance(step, Tell):
            numbers = self._numbers[step.vector]
            bits = tell_one(self.channel, self.ticket, step, address, numbers)
            self.traffic.disclosed_bits[step.peer] += bits
            return
        self._flush()
        self._numbers[step.vector] = learn_one(self.channel, self.ticket, step, address)
        self.traffic.learnt_bits[step.peer] += disclosed_bits(self.program.vector(step.vector))

    # ---- the end of a round -------------------------------------------------------------

    def _report(self, reading: Sequence[Readout]) -> None:
        """Measure the program's qubits that are here, and tell the reader."""
        first = self.program.bits
        for k, readout in enumerate(reading):
            current = _TURN.get(readout.basis)
            gates = [[current, [readout.qubit], [], ""]] if current else []
            self._orders.append(["gates", gates, None])
            self._measure(readout.qubit, first + k, None)
        self._fetch()
        if reading:
            rows = np.stack([self._bits[first + k] for k in range(len(reading))])
            body = np.packbits(rows.reshape(-1)).tobytes()
            self.channel.send(self._reader, What.RESULT, self._round, 0, body)
