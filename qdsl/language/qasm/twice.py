"""An OpenQASM text read a second time, and compared with the first reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source, Span
from qdsl.language.qasm.agreement import Comparison, Disagreement
from qdsl.language.qasm.errors import QasmDoubtful, QasmReadingsDiffer
from qdsl.language.qasm.events import reader_of
from qdsl.language.qasm.qasm_text import version_of, without_comments
from qdsl.language.qasm.rows import Registers
from qdsl.language.qasm.second_reading import GateDefinitions, NotRead, ReadEvent
from qdsl.language.qasm.unbound import NEVER, UnboundCircuit
from qdsl.language.values.truth import Truth
from qdsl.records import dataclass

MAX_CHARACTERS = 2_000_000
MAX_DOUBTS = 20
SAME = "every statement compared, gates as unitaries"


@dataclass(frozen=True, slots=True)
class SecondReading:
    """`events` up to the end of the text, or to what was not read: `unread` says that."""

    source: Source
    gates: GateDefinitions
    events: tuple[ReadEvent, ...]
    unread: str | None = None
    registers: Registers = ()
    bit_registers: Registers = ()
    cells: tuple[Truth, ...] = ()

    @staticmethod
    def of(source: Source) -> SecondReading:
        bare = without_comments(source.text)
        reader = reader_of(bare if len(bare) <= MAX_CHARACTERS else "", version_of(bare))
        events: list[ReadEvent] = []
        unread = None if len(bare) <= MAX_CHARACTERS else f"more than {MAX_CHARACTERS:,} characters"
        try:
            events.extend(reader.events())
        except NotRead as stopped:
            unread = str(stopped)
        except (ArithmeticError, IndexError, RecursionError, ValueError):
            unread = "an expression"
        return SecondReading(
            source, reader.gates, tuple(events), unread,
            tuple((name, len(register)) for name, register in reader.qubits.items()),
            tuple((name, len(register)) for name, register in reader.bits.items()),
            tuple(reader.cells.get(b, NEVER) for bits in reader.bits.values() for b in bits),
        )  # fmt: skip

    def located(self, circuit: UnboundCircuit) -> UnboundCircuit:
        """The circuit with the places of what has qubits, if the whole text was read."""
        spans = iter([event.span for event in self.events if event.qubits])
        proper = sum(bool(h.qubits) for h in circuit.happenings)
        if proper > sum(bool(event.qubits) for event in self.events):
            return circuit
        placed = [h._replace(span=next(spans)) if h.qubits else h for h in circuit.happenings]
        return replace(circuit, happenings=tuple(placed))

    def offset(self, number: int) -> int:
        """Where the statement of that event with qubits begins; else of the last one before."""
        proper = [event for event in self.events if event.qubits]
        return proper[min(number, len(proper) - 1)].span[0] if proper and number >= 0 else 0

    def against(self, circuit: UnboundCircuit) -> str | None:
        """None: the same; else what was not compared. `InvalidProgram` where they differ."""
        if self.unread is not None:
            return f"not compared with a second reading, which does not know {self.unread}"
        comparison = Comparison(self.gates)
        try:
            comparison.run(circuit.happenings, self.events)
            if circuit.cells != self.cells:
                raise Disagreement(None)
        except NotRead as stopped:
            return f"not compared with a second reading, which does not know {stopped}"
        except Disagreement as difference:
            start, end = difference.event.span if difference.event else (0, 0)
            raise InvalidProgram((QasmReadingsDiffer(Span(self.source, start, end)),)) from None
        if comparison.left_out:
            total = comparison.compared + comparison.left_out
            return f"{comparison.left_out} of {total} operations are too wide for a second reading"
        return None

    def warnings(self) -> Iterator[QasmDoubtful]:
        for doubt in list(self.gates.doubts.values())[:MAX_DOUBTS]:
            span = Span(self.source, doubt.start, doubt.end)
            yield QasmDoubtful(span, doubt.what, doubt.meant)
