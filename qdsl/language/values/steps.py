"""One operation before it is written, and who takes it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from qdsl.diagnostics.source import Span
from qdsl.ir.operations import BY_NAME, Kind
from qdsl.language.values.domain import View
from qdsl.language.values.polynomial import Polynomial

PHASE = "global phase"  # the name of a step that multiplies the state by exp(i angle)


class LoweredStep(NamedTuple):
    """`name` is an entry of the operation table, or `PHASE`; `word` as `rot` needs it, `data`
    what an encoding reads, `bit` what a measurement writes."""

    name: str
    operands: tuple[int, ...]
    angles: tuple[Polynomial, ...] = ()
    word: str | None = None
    data: View | None = None
    bit: int = -1


class Factor(NamedTuple):
    """A factor that an encoding divides its numbers by; `kind` as in `qdsl.ir.encodings.Scale`."""

    data: View
    kind: str


class Sink(Protocol):
    """Takes the steps of an unrolled model in order."""

    def write(self, step: LoweredStep, pin: int, cond: int, span: Span | None) -> None: ...

    def __len__(self) -> int: ...


class Count:
    """A sink that only counts."""

    def __init__(self) -> None:
        self._count = 0

    def write(self, step: LoweredStep, pin: int, cond: int, span: Span | None) -> None:
        self._count += 1

    def __len__(self) -> int:
        return self._count


# What a program may write: unitary operations and encodings, by name.
GATES = {name: op for name, op in BY_NAME.items() if op.kind is Kind.UNITARY and name != "rot"}
ENCODINGS = {name: op for name, op in BY_NAME.items() if op.kind is Kind.ENCODE}
ENCODINGS["phase"] = BY_NAME["diagonal"]  # on an even superposition, which it makes first
APPLICABLE = {**GATES, **ENCODINGS, "rot": BY_NAME["rot"]}
