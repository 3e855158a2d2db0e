"""Messages between processes, over TCP by ZeroMQ: encrypted, counted, never waited for in vain.

Every connection is authenticated and encrypted by CURVE (ZMTP 3.1, RFC 26) at both ends: who does
not have the secret key of a peer in the ticket is turned away before anything of his is read.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from qdsl.backends.nodes.keys import public_key, zeromq
from qdsl.backends.nodes.ticket import Peer, Ticket, commitment
from qdsl.diagnostics.request_error import Refused
from qdsl.records import dataclass
from qdsl.runtime.errors import (
    CannotListen,
    MessageForged,
    MessageLost,
    MessageRepeated,
    NodeProblem,
    OtherProgram,
    PeerSilent,
    failed,
    from_plain,
)
from qdsl.runtime.frames import BadFrame, MessageFrame, What, packed, unpacked

if TYPE_CHECKING:
    import zmq

MAX_FRAME_BYTES = 2**28
MOST_WAITING_BYTES = 2**29  # of one peer's frames that nothing has waited for yet
FRAME_BYTES = 200  # what keeping a frame takes besides its body
LINGER_MS = 2000
POLL_MS = 100
ACCOUNTS = "inproc://zeromq.zap.01"  # where ZeroMQ asks who may connect (RFC 27)

Address = tuple[int, What, int, int]  # sender, what, round, number


@dataclass(slots=True)
class _PeerLine:
    """One peer: how to reach it, and what was sent and received."""

    peer: Peer
    socket: Any
    sent: int = 0
    received: int = 0
    waiting: int = 0  # bytes that it sent and that nothing has taken


@dataclass(slots=True)
class Channel:
    """One process's end of all its connections. `on_idle` is called while it waits."""

    ticket: Ticket
    on_idle: Callable[[], None] = lambda: None
    _lines: dict[int, _PeerLine] = field(default_factory=dict)
    _box: dict[Address, bytes] = field(default_factory=dict)
    _work: list[MessageFrame] = field(default_factory=list)
    _context: Any = None
    _inbox: Any = None
    _accounts: Any = None
    _refusals: Any = None  # events of connections that CURVE refused
    refused: int = 0  # connections of others that were turned away

    # ---- opening and closing ------------------------------------------------------------

    def listen(self) -> str:
        """Open this process's own address; returns it, with the port that was chosen."""
        zmq = zeromq()
        self._context = zmq.Context()
        self._accounts = self._context.socket(zmq.REP)
        self._accounts.bind(ACCOUNTS)
        self._inbox = self._context.socket(zmq.PULL)
        self._inbox.setsockopt(zmq.MAXMSGSIZE, MAX_FRAME_BYTES)
        self._inbox.setsockopt(zmq.RCVHWM, 0)
        self._inbox.setsockopt(zmq.CURVE_SERVER, 1)
        self._inbox.setsockopt(zmq.CURVE_SECRETKEY, self.ticket.secret)
        self._inbox.setsockopt(zmq.IPV6, "[" in self.ticket.address)
        failures = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_AUTH
        failures |= zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
        self._refusals = self._inbox.get_monitor_socket(failures)
        try:
            self._inbox.bind(self.ticket.address)
        except zmq.ZMQError as error:
            problem = CannotListen(self.ticket.name, self.ticket.address, str(error))
            raise failed(problem) from None
        return str(self._inbox.getsockopt(zmq.LAST_ENDPOINT).decode())

    def connect(self, addresses: Mapping[int, str] | None = None) -> None:
        """Reach all peers, at these addresses or those of the ticket, and greet them. Returns
        when all have answered with what this ticket says they run."""
        own = public_key(self.ticket.secret)
        for peer in self.ticket.peers:
            address = (addresses or {}).get(peer.index, peer.address)
            self._lines[peer.index] = _PeerLine(peer, self._outbox(peer, address, own))
        greeting = commitment(self.ticket).encode()
        for index in self._lines:
            self.send(index, What.HELLO, 0, 0, greeting)
        for index in self._lines:
            self.wait(index, What.HELLO, 0, 0)

    def _outbox(self, peer: Peer, address: str, own: bytes) -> Any:
        zmq = zeromq()
        socket = self._context.socket(zmq.PUSH)
        socket.setsockopt(zmq.LINGER, LINGER_MS)
        socket.setsockopt(zmq.SNDHWM, 0)
        socket.setsockopt(zmq.CURVE_SERVERKEY, peer.key)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, own)
        socket.setsockopt(zmq.CURVE_SECRETKEY, self.ticket.secret)
        socket.setsockopt(zmq.IPV6, "[" in address)
        try:
            socket.connect(address)
        except zmq.ZMQError as error:
            raise Refused(f"{peer.name} cannot be at {peer.address}: {error}") from None
        return socket

    def _greeted(self, line: _PeerLine, body: bytes) -> None:
        digest = body.decode("ascii", "replace")
        if digest != line.peer.commitment:
            known = line.peer.commitment
            raise failed(OtherProgram(self.ticket.name, known, line.peer.name, digest))

    def close(self) -> None:
        """Close; what was sent and not yet taken is given `LINGER_MS` to leave."""
        for line in self._lines.values():
            line.socket.close()
        if self._inbox is not None:
            self._inbox.disable_monitor()
            for socket in (self._refusals, self._inbox, self._accounts):
                socket.close(0)
            self._context.term()

    # ---- sending and waiting ------------------------------------------------------------

    def send(self, to: int, what: What, turn: int, number: int, body: bytes) -> None:
        line = self._lines[to]
        frame = MessageFrame(what, self.ticket.index, line.sent, turn, number, body)
        line.sent += 1
        line.socket.send(packed(frame))

    def wait(self, sender: int, what: What, turn: int, number: int) -> bytes:
        """The body of the frame wanted; InvalidProgram if it does not come in time."""
        wanted = (sender, what, turn, number)
        self._until(lambda: wanted in self._box, sender, _said(what, turn, number))
        body = self._box.pop(wanted)
        self._lines[sender].waiting -= len(body) + FRAME_BYTES
        return body

    def next_work(self) -> MessageFrame:
        """The next instructions to the hardware, whoever sends them."""
        self._until(lambda: bool(self._work), -1, "instructions")
        frame = self._work.pop(0)
        self._lines[frame.sender].waiting -= len(frame.body) + FRAME_BYTES
        return frame

    def _until(self, there: Callable[[], bool], sender: int, what: str) -> None:
        deadline = time.monotonic() + self.ticket.patience_s
        while not there():
            if self._inbox.poll(0) or self._has_come():
                self._take(self._inbox.recv(copy=False))
                continue
            self.on_idle()
            if time.monotonic() > deadline:
                name = self._lines[sender].peer.name if sender >= 0 else "any node"
                patience = self.ticket.patience_s
                silent = PeerSilent(self.ticket.name, name, patience, what)
                raise failed(self._forged() or silent)

    def fail(self, problem: NodeProblem) -> None:
        """Tell everybody that this process stops, and why."""
        body = json.dumps(problem.to_plain()).encode()
        for index in self._lines:
            self.send(index, What.FAILED, 0, 0, body)

    # ---- what comes in ------------------------------------------------------------------

    def _has_come(self) -> bool:
        """Whether a message is there within `POLL_MS`; who asks to connect is answered."""
        zmq = zeromq()
        poller = zmq.Poller()
        for socket in (self._inbox, self._accounts, self._refusals):
            poller.register(socket, zmq.POLLIN)
        there = dict(poller.poll(POLL_MS))
        if self._accounts in there:
            self._admit()
        if self._refusals in there:
            self._refusals.recv_multipart()
            self.refused += 1
        return self._inbox in there

    def _admit(self) -> None:
        """Answer ZeroMQ's question: a peer's key is let in, as that peer; no other is."""
        version, request, *_, key = self._accounts.recv_multipart()
        known = {p.key: str(p.index).encode() for p in self.ticket.peers}
        status = (b"200", b"OK") if key in known else (b"400", b"no peer")
        self._accounts.send_multipart([version, request, *status, known.get(key, b""), b""])

    def _forged(self) -> NodeProblem | None:
        """Why a peer may not be heard: somebody with other keys wanted to connect, or changed
        what is sent. By itself it ends no run, or any stranger could."""
        while self._refusals.poll(0):
            self._refusals.recv_multipart()
            self.refused += 1
        if not self.refused:
            return None
        said = f"{self.refused} connections with other keys were refused"
        return MessageForged(self.ticket.name, "any peer", said)

    def _take(self, message: zmq.Frame) -> None:
        line = self._lines[int(str(message.get("User-Id")))]
        name = line.peer.name
        try:
            frame = unpacked(message.bytes, line.peer.index)
        except BadFrame as error:
            raise failed(MessageForged(self.ticket.name, name, str(error))) from None
        if frame.sequence < line.received:
            raise failed(MessageRepeated(self.ticket.name, name, frame.sequence))
        if frame.sequence > line.received:
            lost = MessageLost(self.ticket.name, name, line.received, frame.sequence)
            raise failed(self._forged() or lost)
        line.received += 1
        if frame.what is What.FAILED:
            told = _told(frame.body, name)
            raise failed((isinstance(told, PeerSilent) and self._forged()) or told)
        if frame.what is What.HELLO:
            self._greeted(line, frame.body)
        self._reserve(line, frame)
        if frame.what is What.WORK:
            self._work.append(frame)
            return
        self._box[frame.sender, frame.what, frame.round, frame.number] = frame.body

    def _reserve(self, line: _PeerLine, frame: MessageFrame) -> None:
        """A peer that sends what nobody waits for, without end, is stopped, not stored."""
        line.waiting += len(frame.body) + FRAME_BYTES
        address = frame.sender, frame.what, frame.round, frame.number
        name = self.ticket.name
        if frame.what is not What.WORK and address in self._box:
            raise failed(MessageRepeated(name, line.peer.name, frame.sequence))
        if line.waiting > MOST_WAITING_BYTES:
            said = f"more than {MOST_WAITING_BYTES >> 20} MiB that nothing waits for"
            raise failed(MessageForged(name, line.peer.name, said))


def _told(body: bytes, peer: str) -> NodeProblem:
    """The problem that a peer says it stopped for."""
    from qdsl.runtime.errors import PeerStopped

    try:
        problem = from_plain(json.loads(body))
    except (ValueError, TypeError):
        problem = None
    return problem or PeerStopped(peer, "it did not say why")


def _said(what: What, turn: int, number: int) -> str:
    match what:
        case What.HELLO:
            return "its greeting"
        case What.BITS:
            return f"message {number} of round {turn}"
        case What.OUTCOME:
            return f"the outcome of measurement {number} in round {turn}"
        case What.VALUES:
            return "values that it reveals"
        case What.DONE:
            return "the end of the run"
        case What.PLACE:
            return "the start of the runtime"
        case What.TURN:
            return f"turn {number} at the runtime in round {turn}"
        case _:
            return f"the results of round {turn}"
