"""Changes of bytes and of words, by chance."""

from __future__ import annotations

import random
import re

WORDS = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*|[0-9.]+|\s+|.", re.DOTALL)
ODD = (
    b"-1", b"0", b"1e999", b"nan", b"inf", b"99999999999999999999", b"\xff", b"\0", b"{", b"}",
    b"(", b"[", b'"', b",", b";", b"null", b"true", b"\xe2\x80\xae", b"//", b"/*", b"<", b"&",
)  # fmt: skip


def flipped(choose: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(choose.randint(1, 4)):
        changed[choose.randrange(len(changed))] ^= 1 << choose.randrange(8)
    return bytes(changed)


def cut(choose: random.Random, data: bytes) -> bytes:
    return data[: choose.randrange(len(data))]


def without(choose: random.Random, data: bytes) -> bytes:
    at = choose.randrange(len(data))
    return data[:at] + data[at + choose.randint(1, 40) :]


def repeated(choose: random.Random, data: bytes) -> bytes:
    at = choose.randrange(len(data))
    piece = data[at : at + choose.randint(1, 60)]
    return data[:at] + piece * choose.choice((2, 2, 3, 200)) + data[at:]


def odd(choose: random.Random, data: bytes) -> bytes:
    at = choose.randrange(len(data))
    return data[:at] + choose.choice(ODD) + data[at + choose.choice((0, 0, 1, 3)) :]


def reworded(choose: random.Random, data: bytes) -> bytes:
    """One word is another of the same text, or something odd."""
    words = WORDS.findall(data)
    places = [k for k, word in enumerate(words) if not word.isspace()] or [0]
    other = words[choose.choice(places)] if choose.random() < 0.6 else choose.choice(ODD)
    words[choose.choice(places)] = other
    return b"".join(words)


def exchanged(choose: random.Random, data: bytes) -> bytes:
    """Two lines have changed places, or one is there twice."""
    lines = data.split(b"\n")
    a, b = choose.randrange(len(lines)), choose.randrange(len(lines))
    if choose.random() < 0.5:
        lines[a], lines[b] = lines[b], lines[a]
    else:
        lines.insert(a, lines[b])
    return b"\n".join(lines)


CHANGES = (flipped, cut, without, repeated, odd, reworded, reworded, reworded, exchanged)


def changed(choose: random.Random, data: bytes) -> bytes:
    """The bytes after one to four changes."""
    for _ in range(choose.choice((1, 1, 1, 2, 4))):
        data = choose.choice(CHANGES)(choose, data or b" ")
    return data
