"""What an OpenQASM file is read to: rows of our own operations."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.source import Source, Span
from qdsl.language.values.polynomial import Polynomial
from qdsl.records import dataclass

Inputs = tuple[tuple[str, int | None], ...]
Registers = tuple[tuple[str, int], ...]  # names and sizes
PHASE = "global_phase"  # of a row that multiplies the state by exp(i angle)


class ImportedRow(NamedTuple):
    """One operation: `bit` is the bit a measurement writes, `condition` (bit, value), `word` the
    Pauli letters of a `rot`. Angles that depend on inputs are polynomials in their numbers."""

    name: str
    angles: tuple[float | Polynomial, ...]
    qubits: tuple[int, ...]
    bit: int | None = None
    condition: tuple[int, int] | None = None
    word: str | None = None


@dataclass(frozen=True, slots=True)
class StatementPlaces:
    """Where the statements of a file stand, `spans` from one character to another, and the
    numbers of their first rows, ascending."""

    source: Source
    first_rows: tuple[int, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()

    def of_row(self, number: int) -> Span | None:
        """The statement that a row comes from; None if it is not known."""
        k = bisect_right(self.first_rows, number) - 1
        return Span(self.source, *self.spans[k]) if k >= 0 else None


@dataclass(frozen=True, slots=True)
class ImportedCircuit:
    """Rows over qubits and bits 0, 1, ...: the registers one after the other, each (name, size).

    Behind them are `n_extra_bits` bits that only the circuit itself needs, and, if `has_scratch`, a
    qubit that begins in |0> and ends there. `inputs`: names of angles that every call gives, with
    the size of each, None for a single one. The whole is multiplied by exp(i `phase`), which shows
    where the circuit is controlled.
    `read_twice`: a second reading of the whole text said the same; `reading` is that in words.
    """

    n_qubits: int
    n_bits: int
    rows: tuple[ImportedRow, ...]
    phase: float | Polynomial = 0.0
    read_twice: bool = False
    reading: str = ""
    warnings: tuple[Diagnostic, ...] = ()
    places: StatementPlaces | None = None
    registers: Registers = ()
    bit_registers: Registers = ()
    n_extra_bits: int = 0
    has_scratch: bool = False
    inputs: Inputs = ()
