"""A node's NetQASM text, read back by the host that runs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from qdsl.records import dataclass

_TEMPLATE = re.compile(r"\{bit_(\d+)\}")
_HOST = "// HOST "


@dataclass(frozen=True, slots=True)
class HostLine:
    """What the host does: "tell", "learn", "send", "receive" or "reading". `peer` is that of a
    reading's setting there."""

    what: str
    peer: int
    vector: str = ""
    number: int = 0
    bits: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Subroutine:
    """One subroutine. `peer` is that of its pair, if it has one; `bits` its templates."""

    text: str
    bits: tuple[int, ...]
    peer: int | None
    _made: dict[tuple[int, ...], bytes] = field(default_factory=dict, compare=False)

    def binary(self, bits: Mapping[int, int]) -> bytes:
        """Its binary form, the bits filled in; a bit that was never written is 0."""
        values = tuple(bits.get(b, 0) for b in self.bits)
        if values not in self._made:
            self._made[values] = _binary(
                _TEMPLATE.sub(lambda m: str(bits.get(int(m[1]), 0)), self.text)
            )
        return self._made[values]


Line = HostLine | Subroutine


@dataclass(frozen=True, slots=True)
class Script:
    """`body` is what comes before the readings; `readings[k]` ends it in setting k."""

    body: tuple[Line, ...]
    readings: tuple[tuple[Line, ...], ...]


def script_of(text: str) -> Script:
    lines: list[Line] = []
    readings: list[list[Line]] = []
    for part in re.split(r"(?m)^(?=// HOST |# NETQASM)", text):
        if part.startswith("# NETQASM"):
            (readings[-1] if readings else lines).append(_subroutine(part))
        elif part.startswith(f"{_HOST}reading"):
            readings.append([])
        elif part.startswith(_HOST):
            lines.append(_host_line(part[len(_HOST) :].split()))
    return Script(tuple(lines), tuple(tuple(r) for r in readings))


def _host_line(words: list[str]) -> HostLine:
    if words[0] in ("tell", "learn"):
        return HostLine(words[0], int(words[1]), words[2])
    return HostLine(words[0], int(words[1]), number=int(words[3]), bits=tuple(map(int, words[5:])))


def _subroutine(text: str) -> Subroutine:
    pair = re.search(r"set R0 (\d+)\n(?:.*\n)*?(?:create|recv)_epr R0", text)
    bits = dict.fromkeys(int(b) for b in _TEMPLATE.findall(text))
    return Subroutine(text, tuple(bits), int(pair[1]) if pair else None)


def _binary(text: str) -> bytes:
    from qdsl.backends.netqasm.text import package

    parse: Any = package().lang.parsing.text.parse_text_subroutine
    return bytes(parse(text))
