"""What goes over the wire: one frame a message, a header and a body.

The header counts the frames from one process to another, so one that is lost, repeated or
exchanged is seen. Who sent it, and that nobody changed or read it, ZeroMQ's CURVE sees to.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from qdsl.records import dataclass

MAGIC = b"qdn2"
_HEADER = struct.Struct("!4sBQQQ")


class What(IntEnum):
    """What a frame carries; `round` and `number` mean what is said here."""

    HELLO = 1  # the commitment to what the sender runs
    BITS = 2  # message `number` of this round: its bits, one after the other, in every lane
    VALUES = 3  # a revealed vector: float64, big-endian
    WORK = 4  # to the hardware: instructions, as JSON
    OUTCOME = 5  # from the hardware: measurement `number` of this round, in every lane
    RESULT = 6  # to the reader: a node's outcomes of this round
    TRAFFIC = 7  # to the reader, at the end: what was counted, as JSON
    FAILED = 8  # the sender has stopped: why, as JSON
    DONE = 9  # from the reader: everything is there
    PLACE = 10  # from the hardware: where the node's controller listens, as JSON
    TURN = 11  # from the hardware: turn `number` of this round is the receiver's


@dataclass(frozen=True, slots=True)
class MessageFrame:
    what: What
    sender: int
    sequence: int
    round: int
    number: int
    body: bytes


class BadFrame(Exception):
    """Bytes that are no frame."""


def packed(frame: MessageFrame) -> bytes:
    header = _HEADER.pack(MAGIC, frame.what, frame.sequence, frame.round, frame.number)
    return header + frame.body


def unpacked(data: bytes, sender: int) -> MessageFrame:
    """The frame that this peer sent; BadFrame if it is none."""
    if len(data) < _HEADER.size or data[:4] != MAGIC:
        raise BadFrame("bytes that are no frame")
    _, what, sequence, turn, number = _HEADER.unpack_from(data)
    try:
        return MessageFrame(What(what), sender, sequence, turn, number, data[_HEADER.size :])
    except ValueError:
        raise BadFrame("a frame of no known kind") from None
