"""Runs in threads of this process, over TCP, with something in between if wanted."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from qdsl.backends._readout import settings
from qdsl.backends.nodes.keys import public_key
from qdsl.backends.nodes.ticket import LOOPBACK, Peer, Ticket, Wanted, tickets
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.stages import ScheduledCircuit
from qdsl.runtime.channel import Channel, _PeerLine
from qdsl.runtime.reader import Collected
from qdsl.runtime.run import ItemValues, predicted, values_of
from qdsl.runtime.session import take_part

Deliver = Callable[[bytes], None]
Meddle = Callable[[bytes, Deliver], None]


def deal(
    stage: ScheduledCircuit, shots: int = 100, seed: int = 1, items: int = 1, patience: float = 20.0
) -> tuple[Ticket, ...]:
    bases = settings(stage.distributed.placed.circuit.outputs)
    return tickets(stage, bases, Wanted(items, shots, seed, predicted(stage), patience))


@dataclass
class Between:
    """Stands between the senders of one process and that process, with the keys of all of them.
    What is meddled with has the sender's index as its first byte."""

    meddle: Meddle
    target: Ticket
    dealt: Sequence[Ticket]
    address: str = ""
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self, target: str) -> None:
        channel = Channel(replace(self.target, address=LOOPBACK))
        self.address = channel.listen()
        to = Peer(self.target.index, self.target.name, target, public_key(self.target.secret))
        for p in self.target.peers:
            secret = self.dealt[p.index].secret
            line = Channel(self.dealt[p.index], _context=channel._context)
            channel._lines[p.index] = _PeerLine(p, line._outbox(to, target, public_key(secret)))

        def deliver(data: bytes) -> None:
            channel._lines[data[0]].socket.send(data[1:])

        def carry() -> None:
            while not self._stop.is_set():
                if channel._has_come():
                    message = channel._inbox.recv(copy=False)
                    sender = int(message.get("User-Id"))
                    self.meddle(bytes([sender]) + message.bytes, deliver)
            channel.close()

        self.thread = threading.Thread(target=carry, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self._stop.set()
        self.thread.join(5)


@dataclass
class Wire:
    """Stands between the senders of one process and that process, and sees bytes. `change` is
    given what a connection sends, and how many bytes it sent before."""

    change: Callable[[int, bytes], bytes]
    address: str = ""
    target: tuple[str, int] = ("", 0)
    _open: list[socket.socket] = field(default_factory=list)

    def start(self, target: str) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self._open.append(listener)
        self.address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        self.target = ("127.0.0.1", int(target.rpartition(":")[2]))

        def accept() -> None:
            with suppress(OSError):
                while True:
                    here = listener.accept()[0]
                    there = socket.create_connection(self.target)
                    self._open += [here, there]
                    self._carry(here, there, self.change)
                    self._carry(there, here, lambda _, data: data)

        threading.Thread(target=accept, daemon=True).start()

    def _carry(
        self, source: socket.socket, to: socket.socket, change: Callable[[int, bytes], bytes]
    ) -> None:
        def carry() -> None:
            passed = 0
            with suppress(OSError):
                while data := source.recv(1 << 16):
                    to.sendall(change(passed, data))
                    passed += len(data)
                to.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=carry, daemon=True).start()

    def stop(self) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@dataclass
class Ended:
    """How every process ended: what the reader found, and the problems by name."""

    found: Collected | None = None
    problems: dict[str, str] = field(default_factory=dict)


def run_threads(
    dealt: Sequence[Ticket],
    given: ItemValues | None = None,
    between: Mapping[str, Meddle | Wire] | None = None,
    absent: Sequence[str] = (),
) -> Ended:
    """All tickets' parts at once. `between` meddles with what is sent to a process; `absent`
    ones are never started (but listen, so that they can be reached)."""
    at: dict[int, str] = {}
    ready = threading.Barrier(len(dealt) - len(absent))
    meddlers: dict[int, Between | Wire] = {}
    ended = Ended()
    for ticket in dealt:
        if ticket.name in absent:
            at[ticket.index] = "tcp://127.0.0.1:1"

    def addresses(ticket: Ticket) -> Callable[[str], Mapping[int, str]]:
        def exchange(here: str) -> Mapping[int, str]:
            at[ticket.index] = here
            if between and ticket.name in between:
                meddle = between[ticket.name]
                wire = meddle if isinstance(meddle, Wire) else Between(meddle, ticket, dealt)
                meddlers[ticket.index] = wire
                meddlers[ticket.index].start(here)
                at[ticket.index] = meddlers[ticket.index].address
            ready.wait(10)
            return {p.index: at[p.index] for p in ticket.peers}

        return exchange

    def part(ticket: Ticket) -> None:
        values = values_of(ticket, given) if given else {}
        try:
            found = take_part(ticket, values, addresses(ticket))
            ended.found = found or ended.found
        except InvalidProgram as error:
            ended.problems[ticket.name] = error.diagnostics[0].code
            ended.problems[f"{ticket.name} says"] = error.diagnostics[0].message

    threads = [threading.Thread(target=part, args=(t,)) for t in dealt if t.name not in absent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "it hangs"
    for meddler in meddlers.values():
        meddler.stop()
    return ended


def values_for(stage: ScheduledCircuit, seed: int = 1) -> ItemValues:
    random = np.random.default_rng(seed)
    vectors = stage.distributed.values.vectors
    return ItemValues({v.name: random.uniform(-3, 3, v.shape) for v in vectors}, {}, 1)


def patient(dealt: Sequence[Ticket], seconds: float) -> list[Ticket]:
    return [replace(t, patience_s=seconds) for t in dealt]


def tally(ended: Ended, item: int = 0, setting: int = 0) -> dict[str, Any]:
    assert ended.found is not None, ended.problems
    found = ended.found.tallies[item][setting]
    return {"".join(map(str, bits)): n for bits, n in found.items()}
