"""Messages between processes, over TCP by ZeroMQ: signed, counted, and never waited for in vain."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qdsl.backends.nodes.ticket import Peer, Ticket
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
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
from qdsl.runtime.frames import BadFrame, Frame, What, packed, sender_of, session_key, unpacked

if TYPE_CHECKING:
    import zmq

MAX_FRAME_BYTES = 2**28
LINGER_MS = 2000
POLL_MS = 100
NONCE_BYTES = 16

Address = tuple[int, What, int, int]  # sender, what, round, number


@dataclass(slots=True)
class _Line:
    """One peer: how to reach it, and what was sent and received."""

    peer: Peer
    key: bytes
    socket: zmq.Socket[bytes] | None = None
    sent: int = 0
    received: int = 0


@dataclass(slots=True)
class Channel:
    """One process's end of all its connections. `on_idle` is called while it waits."""

    ticket: Ticket
    on_idle: Callable[[], None] = lambda: None
    _lines: dict[int, _Line] = field(default_factory=dict)
    _box: dict[Address, bytes] = field(default_factory=dict)
    _work: list[Frame] = field(default_factory=list)
    _context: Any = None
    _inbox: Any = None
    _nonce: bytes = b""

    # ---- opening and closing ------------------------------------------------------------

    def listen(self) -> str:
        """Open this process's own address; returns it, with the port that was chosen."""
        zmq = _zmq()
        self._context = zmq.Context()
        self._inbox = self._context.socket(zmq.PULL)
        self._inbox.setsockopt(zmq.MAXMSGSIZE, MAX_FRAME_BYTES)
        self._inbox.setsockopt(zmq.RCVHWM, 0)
        self._inbox.setsockopt(zmq.IPV6, "[" in self.ticket.address)
        try:
            self._inbox.bind(self.ticket.address)
        except zmq.ZMQError as error:
            problem = CannotListen(self.ticket.name, self.ticket.address, str(error))
            raise failed(problem) from None
        return str(self._inbox.getsockopt(zmq.LAST_ENDPOINT).decode())

    def connect(self, addresses: Mapping[int, str] | None = None) -> None:
        """Reach all peers, at these addresses or those of the ticket, and greet them. Returns
        when all have answered with the same program."""
        zmq = _zmq()
        self._nonce = secrets.token_bytes(NONCE_BYTES)
        for peer in self.ticket.peers:
            socket = self._context.socket(zmq.PUSH)
            socket.setsockopt(zmq.LINGER, LINGER_MS)
            socket.setsockopt(zmq.SNDHWM, 0)
            address = (addresses or {}).get(peer.index, peer.address)
            socket.setsockopt(zmq.IPV6, "[" in address)
            try:
                socket.connect(address)
            except zmq.ZMQError as error:
                raise Refused(f"{peer.name} cannot be at {peer.address}: {error}") from None
            self._lines[peer.index] = _Line(peer, peer.key, socket)
        for index in self._lines:
            self.send(index, What.HELLO, 0, 0, self._nonce + self.ticket.digest.encode())
        for index in self._lines:
            self.wait(index, What.HELLO, 0, 0)

    def _greeted(self, line: _Line, body: bytes) -> None:
        nonce, digest = body[:NONCE_BYTES], body[NONCE_BYTES:].decode("ascii", "replace")
        if digest != self.ticket.digest:
            ticket = self.ticket
            raise failed(OtherProgram(ticket.name, ticket.digest, line.peer.name, digest))
        first = self.ticket.index < line.peer.index
        nonces = (self._nonce, nonce) if first else (nonce, self._nonce)
        line.key = session_key(line.peer.key, nonces)

    def close(self) -> None:
        """Close; what was sent and not yet taken is given `LINGER_MS` to leave."""
        for line in self._lines.values():
            if line.socket is not None:
                line.socket.close()
        if self._inbox is not None:
            self._inbox.close(0)
            self._context.term()

    # ---- sending and waiting ------------------------------------------------------------

    def send(self, to: int, what: What, turn: int, number: int, body: bytes) -> None:
        line = self._lines[to]
        frame = Frame(what, self.ticket.index, to, line.sent, turn, number, body)
        line.sent += 1
        assert line.socket is not None
        line.socket.send(packed(frame, line.key))

    def wait(self, sender: int, what: What, turn: int, number: int) -> bytes:
        """The body of the frame wanted; InvalidProgram if it does not come in time."""
        wanted = (sender, what, turn, number)
        self._until(lambda: wanted in self._box, sender, _said(what, turn, number))
        return self._box.pop(wanted)

    def next_work(self) -> Frame:
        """The next instructions to the hardware, whoever sends them."""
        self._until(lambda: bool(self._work), -1, "instructions")
        return self._work.pop(0)

    def _until(self, there: Callable[[], bool], sender: int, what: str) -> None:
        deadline = time.monotonic() + self.ticket.patience_s
        while not there():
            if self._inbox.poll(POLL_MS):
                self._take(self._inbox.recv())
                continue
            self.on_idle()
            if time.monotonic() > deadline:
                name = self._lines[sender].peer.name if sender >= 0 else "any node"
                patience = self.ticket.patience_s
                raise failed(PeerSilent(self.ticket.name, name, patience, what))

    def fail(self, problem: NodeProblem) -> None:
        """Tell everybody that this process stops, and why."""
        body = json.dumps(problem.to_plain()).encode()
        for index in self._lines:
            self.send(index, What.FAILED, 0, 0, body)

    # ---- what comes in ------------------------------------------------------------------

    def _take(self, data: bytes) -> None:
        frame = self._checked(data)
        line = self._lines[frame.sender]
        if frame.sequence < line.received:
            raise failed(MessageRepeated(self.ticket.name, line.peer.name, frame.sequence))
        if frame.sequence > line.received:
            raise failed(
                MessageLost(self.ticket.name, line.peer.name, line.received, frame.sequence)
            )
        line.received += 1
        if frame.what is What.FAILED:
            raise _told(frame.body, line.peer.name)
        if frame.what is What.HELLO:
            self._greeted(line, frame.body)
        if frame.what is What.WORK:
            self._work.append(frame)
            return
        self._box[frame.sender, frame.what, frame.round, frame.number] = frame.body

    def _checked(self, data: bytes) -> Frame:
        """The frame, if it is signed by the peer that it names and meant for this process."""
        name = "any peer"
        try:
            line = self._lines.get(sender_of(data))
            if line is None:
                raise BadFrame("it names a sender that is no peer")
            name = line.peer.name
            frame = self._unpacked(data, line)
        except (BadFrame, ValueError) as error:
            raise failed(MessageForged(self.ticket.name, name, str(error))) from None
        if frame.receiver != self.ticket.index:
            detail = "it is meant for somebody else"
            raise failed(MessageForged(self.ticket.name, name, detail))
        return frame

    def _unpacked(self, data: bytes, line: _Line) -> Frame:
        """After its greeting a peer signs with the session's key; only one that fails before it
        was greeted itself still signs with the ticket's."""
        try:
            return unpacked(data, line.key)
        except BadFrame:
            frame = unpacked(data, line.peer.key)
            if frame.what is not What.FAILED:
                raise
            return frame


def _told(body: bytes, peer: str) -> InvalidProgram:
    """The problem that a peer says it stopped for."""
    from qdsl.runtime.errors import PeerStopped

    try:
        problem = from_plain(json.loads(body))
    except (ValueError, TypeError):
        problem = None
    return failed(problem or PeerStopped(peer, "it did not say why"))


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


def _zmq() -> Any:
    try:
        import zmq
    except ImportError:
        raise Refused(
            "nodes in processes of their own need pyzmq: pip install 'qdsl[nodes]'"
        ) from None
    return zmq
