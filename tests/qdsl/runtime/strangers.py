"""Strangers: connections without a peer's key, that say all kinds of things."""

from __future__ import annotations

import random
import socket
import struct
from contextlib import suppress
from typing import Any

from qdsl.backends.nodes.ticket import Ticket
from qdsl.runtime.frames import MAGIC, MessageFrame, What, packed

GREETING = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0"  # of ZMTP 3.0 (RFC 23)
MECHANISMS = (b"NULL", b"PLAIN", b"CURVE", b"NONSENSE")


def sayings(choose: random.Random) -> bytes:
    """What a stranger says on one connection: raw bytes, nothing, or the start of ZeroMQ's own."""
    kind = choose.randrange(6)
    if kind == 0:
        return b""
    if kind == 1:
        return choose.randbytes(choose.randrange(1, 200))
    if kind == 2:
        return packed(MessageFrame(What.FAILED, 0, 0, 0, 0, b"{}"))
    if kind == 3:
        return MAGIC * choose.randrange(1, 4000)
    greeting = GREETING + choose.choice(MECHANISMS).ljust(20, b"\0") + bytes(32)
    command = b"\x04" + struct.pack("!B", 200) + choose.randbytes(200)
    long = b"\x06" + struct.pack("!Q", 2**40) + bytes(1000)  # a frame of a terabyte is announced
    return greeting + choose.choice((b"", command, long))


def intrude(port: int, count: int, seed: int) -> int:
    """So many connections, one message each; how many could be made."""
    choose, made = random.Random(seed), 0
    for _ in range(count):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as line:
            line.sendall(sayings(choose))
            made += 1
    return made


def without_keys(target: Ticket, port: int, messages: int) -> Any:
    """A socket of ZeroMQ's with keys of its own, that has greeted so many times as alice does."""
    import zmq

    from qdsl.backends.nodes.keys import public_key

    stranger: Any = zmq.Context.instance().socket(zmq.PUSH)
    stranger.setsockopt(zmq.LINGER, 0)
    stranger.setsockopt(zmq.SNDHWM, 0)
    stranger.curve_serverkey = zmq.utils.z85.encode(public_key(target.secret))
    stranger.curve_publickey, stranger.curve_secretkey = zmq.curve_keypair()
    stranger.connect(f"tcp://127.0.0.1:{port}")
    frame = packed(MessageFrame(What.HELLO, 0, 0, 0, 0, target.digest.encode()))
    with suppress(zmq.Again):
        for _ in range(messages):
            stranger.send(frame, zmq.NOBLOCK)
    return stranger
