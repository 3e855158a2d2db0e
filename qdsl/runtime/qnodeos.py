"""The connection to a QNodeOS: it takes NetQASM subroutines, and returns arrays."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import field
from typing import Any

from qdsl.records import dataclass
from qdsl.runtime.errors import RuntimeFails, failed

Arrays = dict[int, list[int | None]]  # by address; None: never written

APP = 0
_ERROR = 1  # the type of a message that says what went wrong, SimulaQron's own form of it
_ERROR_TEXT_AT = 16


@dataclass(slots=True)
class QNode:
    """One node's controller, at a port of this machine. InvalidProgram (QDM860) where it does not
    do what it is asked, or says nothing for `patience_s`."""

    name: str
    port: int
    patience_s: float
    _socket: socket.socket = field(init=False)
    _buffer: bytes = b""
    _sent: int = 0

    def __post_init__(self) -> None:
        try:
            self._socket = socket.create_connection(("127.0.0.1", self.port), self.patience_s)
        except OSError as error:
            raise failed(RuntimeFails(self.name, f"it cannot be reached: {error}")) from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def open(self, node: int, qubits: int, peers: Sequence[int]) -> None:
        """Begin as node `node`, with sockets for pairs with these peers."""
        messages = _messages()
        self._ask(messages.InitNewAppMessage(app_id=APP, max_qubits=qubits))
        for peer in peers:
            self._ask(messages.OpenEPRSocketMessage(APP, peer, peer, node))

    def run(self, subroutine: bytes) -> Arrays:
        """Carry out a subroutine, in its binary form."""
        return self._ask(_messages().SubroutineMessage(subroutine))

    def close(self) -> None:
        self._socket.close()

    def _ask(self, message: Any) -> Arrays:
        messages = _messages()
        raw = bytes(message)
        size = messages.MessageHeader.len() + len(raw)
        found: Arrays = {}
        try:
            self._socket.sendall(bytes(messages.MessageHeader(id=self._sent, length=size)) + raw)
            while not isinstance(answer := self._answer(), messages.MsgDoneMessage):
                if isinstance(answer, messages.ReturnArrayMessage):
                    found[answer.address] = answer.values
        except OSError as error:
            raise failed(RuntimeFails(self.name, str(error) or "it said nothing")) from None
        self._sent += 1
        return found

    def _answer(self) -> Any:
        """The next message; netqasm's reader raises ValueError on half of one."""
        while True:
            if self._buffer[:1] == bytes([_ERROR]):
                raise failed(RuntimeFails(self.name, self._said()))
            try:
                message = _messages().deserialize_return_msg(self._buffer)
            except ValueError:
                self._more()
                continue
            self._buffer = self._buffer[len(message) :]
            return message

    def _more(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise failed(RuntimeFails(self.name, "it has ended"))
        self._buffer += data

    def _said(self) -> str:
        while len(self._buffer) < _ERROR_TEXT_AT:
            self._more()
        size = int.from_bytes(self._buffer[_ERROR_TEXT_AT - 4 : _ERROR_TEXT_AT], "little")
        while len(self._buffer) < _ERROR_TEXT_AT + size:
            self._more()
        text = self._buffer[_ERROR_TEXT_AT : _ERROR_TEXT_AT + size].decode("utf-8", "replace")
        return text.splitlines()[0] if text else "it did not say why"


def _messages() -> Any:
    from qdsl.backends.netqasm.text import package

    package()
    from netqasm.backend import messages

    return messages
