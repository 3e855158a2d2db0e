"""Places for the values of an imported circuit: bits of the file, and more where these do not do.

A value is put into the bit of the file that it is written to, as long as nothing else is needed
there; else into a bit beside them. Conditions on several values are computed into bits of their own
(`qdsl.language.values.bit_logic`), and so is what a bit holds at the end if it is no single value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import NamedTuple

from qdsl.ir.operations import BY_NAME
from qdsl.language.qasm.rows import ImportedRow
from qdsl.language.qasm.unbound import Happening, UnboundCircuit
from qdsl.language.values.bit_logic import BitLogic, Literal, LogicStep, parity_conditions
from qdsl.records import dataclass

END = 1 << 60


class BoundRows(NamedTuple):
    """Rows over the bits of the file and `n_extra_bits` more; `first_rows`: of every happening.
    `has_scratch`: the qubit after the last one is used, begins in |0> and ends there."""

    rows: tuple[ImportedRow, ...]
    first_rows: tuple[int, ...]
    n_extra_bits: int
    has_scratch: bool


def bound(circuit: UnboundCircuit) -> BoundRows:
    """The rows of a circuit, all its bits in their places."""
    writer = _BoundWriter(circuit)
    writer.run()
    return writer.placed()


@dataclass(slots=True)
class _BoundWriter:
    """Rows whose bits are values; what the bits of the file hold at the end is left in `final`."""

    circuit: UnboundCircuit
    rows: list[ImportedRow] = field(default_factory=list)
    first_rows: list[int] = field(default_factory=list)
    wanted: dict[int, int] = field(default_factory=dict)  # bits of the file by value
    final: dict[int, int] = field(default_factory=dict)  # bits of the file by value, at the end
    has_scratch: bool = False
    next_value: int = 0
    logic: BitLogic = field(init=False)

    def __post_init__(self) -> None:
        results = [h.result for h in self.circuit.happenings if h.result is not None]
        self.next_value = max(results, default=-1) + 1
        self.logic = BitLogic(self._fresh, self._logic_step)

    def run(self) -> None:
        for happening in self.circuit.happenings:
            self.first_rows.append(len(self.rows))
            self._happening(happening)
        for bit, cell in enumerate(self.circuit.cells):
            if cell.constant is False:
                continue
            direct = cell.literal
            if direct is None or not direct[1] or direct[0] in self.final:
                self.final[self._copy(None if cell.constant else self.logic.literal(cell))] = bit
            else:
                self.final[direct[0]] = bit

    def _fresh(self) -> int:
        self.next_value += 1
        return self.next_value - 1

    def _logic_step(self, step: LogicStep) -> None:
        self.has_scratch = True
        on = (self.circuit.n_qubits,)
        self.rows.append(ImportedRow(step.name, (), on, step.bit, step.condition))

    def _copy(self, answer: Literal | None) -> int:
        """A new value that is 1 where a bit has a value; None: always."""
        value = self._fresh()
        self._logic_step(LogicStep("x", answer))
        self._logic_step(LogicStep("measure", None, value))
        self._logic_step(LogicStep("x", (value, 1)))
        return value

    # ---- happenings --------------------------------------------------------------------

    def _happening(self, happening: Happening) -> None:
        if happening.condition.constant is False:
            return
        for condition in self._conditions(happening):
            if happening.kind == "gate":
                self.rows += [row._replace(condition=condition) for row in happening.rows]
                continue
            value = happening.result
            if value is not None:
                bit = self.circuit.bit_of(happening.place)
                self.wanted |= {} if bit is None else {value: bit}
            row = ImportedRow(happening.kind, (), happening.qubits, value, condition)
            self.rows.append(row)

    def _conditions(self, happening: Happening) -> list[Literal | None]:
        """Conditions on one bit each, under every one of which it happens."""
        asked = happening.condition
        if asked.constant or happening.kind == "barrier":
            return [None]
        if len(asked.bits) > 1 and asked.is_parity and _is_self_inverse(happening):
            return parity_conditions(asked)
        return [self.logic.literal(asked)]

    # ---- places ------------------------------------------------------------------------

    def placed(self) -> BoundRows:
        names = self._places()
        rows = tuple(
            [
                row._replace(
                    bit=None if row.bit is None else names[row.bit],
                    condition=_renamed(row.condition, names),
                )
                for row in self.rows
            ]
        )
        extra = max((bit + 1 for bit in names.values()), default=0) - self.circuit.n_bits
        return BoundRows(rows, tuple(self.first_rows), max(extra, 0), self.has_scratch)

    def _places(self) -> dict[int, int]:
        """A bit for every value. Those that are left in the bits of the file come first."""
        bits = _BitPlaces(self.circuit.n_bits)
        stays = {stay.value: stay for stay in self._stays()}
        for bit, cell in enumerate(self.circuit.cells):
            if cell.constant is False:
                bits.closed.add(bit)
        for value, bit in self.final.items():
            bits.put(stays[value], bit)
        for value, stay in stays.items():
            if value not in bits.names:
                wish = self.wanted.get(value)
                bits.put(stay, wish if wish is not None and bits.fits(stay, wish) else None)
        return bits.names

    def _stays(self) -> Iterator[_Stay]:
        """From its measurement to the last row that needs it; to the end if a bit is left with
        it."""
        starts = {row.bit: k for k, row in enumerate(self.rows) if row.bit is not None}
        ends = starts | {row.condition[0]: k for k, row in enumerate(self.rows) if row.condition}
        for value, start in starts.items():
            end = END if value in self.final else max(start, ends[value])
            yield _Stay(value, start, end, self.rows[start].condition is not None)


class _Stay(NamedTuple):
    """A value in a bit from one row to another. `needs_zero`: if it is not measured it is 0."""

    value: int
    start: int
    end: int
    needs_zero: bool


@dataclass(slots=True)
class _BitPlaces:
    """Who is in which bit, and when; those that are `closed` stay 0."""

    n_bits: int
    names: dict[int, int] = field(default_factory=dict)
    taken: dict[int, list[_Stay]] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)

    def fits(self, stay: _Stay, bit: int) -> bool:
        for other in self.taken.get(bit, ()):
            first, second = sorted((stay, other), key=lambda s: s.start)
            if first.end > second.start or second.needs_zero:
                return False
        return bit not in self.closed

    def put(self, stay: _Stay, bit: int | None) -> None:
        """In this bit; None: in one of its own."""
        if bit is None:
            bit = self.n_bits
            self.n_bits += 1
        self.taken.setdefault(bit, []).append(stay)
        self.names[stay.value] = bit


def _renamed(condition: Literal | None, names: Mapping[int, int]) -> Literal | None:
    return None if condition is None else (names[condition[0]], condition[1])


def _is_self_inverse(happening: Happening) -> bool:
    """A gate that is one operation, twice which is nothing."""
    if happening.kind != "gate" or len(happening.rows) != 1:
        return False
    (row,) = happening.rows
    return row.name in BY_NAME and BY_NAME[row.name].inverse == row.name and not row.angles
