"""What goes over the wire: one signed frame a message.

A frame is a header, a body and a tag: HMAC-SHA256 over both, under a key that only the two ends
have. The header names sender, receiver and session side, and counts the frames from one to the
other, so a frame that is lost, repeated, exchanged or made up is seen. Bodies are signed, and
not encrypted.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass
from enum import IntEnum

MAGIC = b"qdn1"
_HEADER = struct.Struct("!4sBHHQQQ")
TAG_BYTES = 32


class What(IntEnum):
    """What a frame carries; `round` and `number` mean what is said here."""

    HELLO = 1  # the digest of all programs and a nonce
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
class Frame:
    what: What
    sender: int
    receiver: int
    sequence: int
    round: int
    number: int
    body: bytes


class BadFrame(Exception):
    """Bytes that are no frame, or that the sender they name did not sign."""


def packed(frame: Frame, key: bytes) -> bytes:
    header = _HEADER.pack(
        MAGIC, frame.what, frame.sender, frame.receiver, frame.sequence, frame.round, frame.number
    )
    return header + frame.body + _tag(key, header + frame.body)


def sender_of(data: bytes) -> int:
    """The sender that a frame names, before anything is checked; BadFrame if it is none."""
    if len(data) < _HEADER.size + TAG_BYTES or data[:4] != MAGIC:
        raise BadFrame("bytes that are no frame")
    return int(_HEADER.unpack_from(data)[2])


def unpacked(data: bytes, key: bytes) -> Frame:
    """The frame, if its tag is right; BadFrame otherwise."""
    sender_of(data)
    signed, tag = data[:-TAG_BYTES], data[-TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(key, signed)):
        raise BadFrame("a frame with a wrong signature")
    _, what, sender, receiver, sequence, turn, number = _HEADER.unpack_from(signed)
    return Frame(What(what), sender, receiver, sequence, turn, number, signed[_HEADER.size :])


def session_key(key: bytes, nonces: tuple[bytes, bytes]) -> bytes:
    """A key for this run only: frames of an earlier run do not fit. Nonces by index of the end."""
    return _tag(key, b"session" + nonces[0] + nonces[1])


def _tag(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()
