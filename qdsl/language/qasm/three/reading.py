"""A text in OpenQASM 3, carried out as far as it is known: what is left is what happens in it.

Subroutines are inlined and loops unrolled. An `if` on measured bits runs both of its blocks, each
under its condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import Any

from openqasm3 import ast

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.diagnostics.source import Source, Span
from qdsl.language.qasm.errors import (
    QasmDoubtful,
    QasmSyntax,
    QasmTimeLeftOut,
    QasmTooLarge,
    QasmUnsupported,
)
from qdsl.language.qasm.qiskit_reading import QiskitReader
from qdsl.language.qasm.rows import ImportedRow
from qdsl.language.qasm.three.expressions import TextExpressions
from qdsl.language.qasm.three.gates import TextGates
from qdsl.language.qasm.three.places import NodePlaces
from qdsl.language.qasm.three.values import (
    NotExpressible,
    QubitSlice,
    TextScope,
    Variable,
    Wrong,
    cells_of,
)
from qdsl.language.qasm.unbound import ALWAYS, Happening, UnboundCircuit, written
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.truth import Truth
from qdsl.records import dataclass

MAX_HAPPENINGS = 2_000_000
MAX_STEPS = 500_000  # statements and turns of loops
MAX_DOUBTS = 20
MAX_QUBITS = 100_000
MAX_BITS = 1_000_000


class TextEnded(Exception):
    """`end` was reached."""


@dataclass(slots=True)
class TextReading:
    """What is known after the statements so far. `block` carries out statements, `call` a
    subroutine. `body`: rows of the gate that is being expanded;
    `implied`: for a measurement under a condition, that condition, by its value."""

    source: Source
    places: NodePlaces
    block: Callable[[TextReading, Sequence[Any], TextScope], None]
    call: Callable[[TextReading, ast.FunctionCall, TextScope], Any]
    expressions: TextExpressions = field(init=False)
    gates: TextGates = field(init=False)
    scope: TextScope = field(default_factory=TextScope)
    condition: Truth = ALWAYS
    happenings: list[Happening] = field(default_factory=list)
    registers: list[tuple[str, int]] = field(default_factory=list)
    physical: dict[int, int] = field(default_factory=dict)
    variables: list[Variable] = field(default_factory=list)  # global ones that may hold results
    inputs: list[tuple[str, int | None]] = field(default_factory=list)
    n_inputs: int = 0
    results: int = 0
    steps: int = 0
    depth: int = 0
    body: list[ImportedRow] | None = None
    statement: Any = None
    implied: dict[int, Truth] = field(default_factory=dict)
    doubts: dict[tuple[int, int], QasmDoubtful] = field(default_factory=dict)
    left_out: Any = None  # the first statement about time

    def __post_init__(self) -> None:
        self.expressions = TextExpressions(_Caller(self))
        qiskit = QiskitReader(self.source, lambda number: 0)
        self.gates = TextGates(qiskit, self.expanded)

    def run(self, program: ast.Program) -> UnboundCircuit:
        """The whole text. `InvalidProgram` if it is wrong, or says what cannot be said here."""
        try:
            self.block(self, program.statements, self.scope)
        except TextEnded:
            pass
        except Wrong as wrong:
            raise InvalidProgram((self._problem(wrong),)) from None
        except RecursionError:
            what = NotExpressible("gates, subroutines or expressions nested so deeply")
            raise InvalidProgram((self._problem(what),)) from None
        if not self.registers:
            raise InvalidProgram((QasmSyntax(Span(self.source, 0, 0), "it declares no qubits"),))
        return self._circuit()

    def _circuit(self) -> UnboundCircuit:
        kept = self._results()
        bits = tuple((v.name, v.type.n_bits) for v in kept)
        cells = tuple(cell for v in kept for cell in cells_of(v.value, v.type).cells)
        happenings = tuple(self.happenings)
        return UnboundCircuit(tuple(self.registers), bits, happenings, cells, tuple(self.inputs))

    def _results(self) -> list[Variable]:
        """What the text returns: what it declares as `output`; else its bits, and behind them
        other variables that it measures into. What is only computed is no result."""
        outputs = [v for v in self.variables if v.is_output]
        found = [v for v in self.variables if v.type.kind == "bit" or v.is_measured]
        return outputs or sorted(found, key=lambda v: v.type.kind != "bit")

    def _problem(self, wrong: Wrong) -> Diagnostic:
        span = self.places.span(self.statement if wrong.where is None else wrong.where)
        if span is None:
            span = self.places.span(self.statement) or Span(self.source, 0, 0)
        if isinstance(wrong, TooLarge):
            return QasmTooLarge(span, str(wrong), wrong.limit)
        kind = QasmUnsupported if isinstance(wrong, NotExpressible) else QasmSyntax
        return kind(span, str(wrong))

    # ---- what is declared --------------------------------------------------------------

    def declare(self, name: str, what: Any, scope: TextScope) -> None:
        if name in scope.names:
            raise Wrong(f"'{name}' is already defined")
        scope.names[name] = what

    def new_qubits(self, name: str, size: int) -> tuple[int, ...]:
        first = sum(n for _, n in self.registers)
        if first + size > MAX_QUBITS:
            raise TooLarge(f"{size} qubits", MAX_QUBITS)
        self.registers.append((name, size))
        return tuple(range(first, first + size))

    def new_input(self, name: str, sizes: tuple[int, ...]) -> Any:
        """An angle that is given from outside, or an array of them."""
        if len(sizes) > 1:
            raise NotExpressible("an input array of several dimensions")
        self.inputs.append((name, sizes[0] if sizes else None))
        first, count = self.n_inputs, sizes[0] if sizes else 1
        self.n_inputs += count
        found = [Polynomial.of_slot(first + k) for k in range(count)]
        return found if sizes else found[0]

    def hardware_qubit(self, name: str) -> QubitSlice:
        """`$3`, which is a qubit from its first use on."""
        number = int(name[1:])
        if number not in self.physical:
            (self.physical[number],) = self.new_qubits(f"physical{number}", 1)
        return QubitSlice((self.physical[number],), True)

    # ---- what happens ------------------------------------------------------------------

    def spend(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooLarge("the text, its loops unrolled,", MAX_STEPS)

    @contextmanager
    def under(self, test: Truth) -> Iterator[None]:
        """What happens inside, happens where this holds as well."""
        before = self.condition
        self.condition = self.nested(test)
        try:
            yield
        finally:
            self.condition = before

    def nested(self, test: Truth) -> Truth:
        """The condition around, and this one. A value that is measured under a condition is 0
        where that does not hold."""
        direct = test.literal
        if direct is not None and direct[1] and self.implied.get(direct[0]) == self.condition:
            return test
        return test if self.condition.constant else self.condition & test

    def gate(self, rows: Sequence[ImportedRow], qubits: tuple[int, ...], test: Truth) -> None:
        """A gate, its rows on these qubits, where `test` holds."""
        if len(set(qubits)) != len(qubits):
            raise Wrong("duplicate qubits")
        moved = tuple([row._replace(qubits=tuple([qubits[q] for q in row.qubits])) for row in rows])
        if self.body is not None:
            self.body += moved
        else:
            self._add(Happening("gate", qubits, moved, self.nested(test)))

    def barrier(self, qubits: tuple[int, ...]) -> None:
        row = ImportedRow("barrier", (), qubits)
        if self.body is not None:
            self.body.append(row)
        elif qubits:
            self._add(Happening("barrier", qubits))

    def reset(self, qubit: int) -> None:
        self._not_in_a_gate("reset")
        self._add(Happening("reset", (qubit,), (), self.condition))

    def measure(self, qubit: int, place: tuple[Variable, int] | None) -> Truth:
        """The value of a measurement, written to a place if there is one."""
        self._not_in_a_gate("measure")
        value = self.results
        self.results += 1
        target = None if place is None else (place[0].name, place[1])
        self._add(Happening("measure", (qubit,), (), self.condition, value, target))
        if not self.condition.constant:
            self.implied[value] = self.condition
        return Truth.of_bit(value)

    def stored(self, found: Truth, before: Truth) -> Truth:
        """What a bit holds once a measured value is written to it."""
        direct = found.literal
        assert direct is not None
        return written(direct[0], self.condition, before)

    def phase(self, rows: Sequence[ImportedRow], test: Truth) -> None:
        """A phase of the whole; under a condition it shows nowhere."""
        if self.body is not None:
            self.body += rows
        else:
            self._add(Happening("gate", (), tuple(rows), self.nested(test)))

    def _not_in_a_gate(self, what: str) -> None:
        if self.body is not None:
            raise Wrong(f"a gate cannot {what}")

    def _add(self, happening: Happening) -> None:
        if happening.condition.constant is False:
            return
        if len(self.happenings) >= MAX_HAPPENINGS:
            raise TooLarge("'OPENQASM' is too many operations", MAX_HAPPENINGS)
        self.happenings.append(happening._replace(span=self.places.offsets(self.statement)))

    # ---- gates and doubts --------------------------------------------------------------

    def expanded(
        self, node: ast.QuantumGateDefinition, angles: Sequence[float | Polynomial]
    ) -> tuple[ImportedRow, ...]:
        """The rows of a gate's definition, on qubits 0, 1, ... of its own."""
        scope = TextScope(_globals(self.scope))
        for argument, angle in zip(node.arguments, angles, strict=True):
            scope.names[argument.name] = angle
        for k, qubit in enumerate(node.qubits):
            scope.names[qubit.name] = QubitSlice((k,), True)
        before = (self.body, self.condition, self.statement)
        self.body, self.condition = [], ALWAYS
        try:
            self.block(self, node.body, scope)
            return tuple(self.body)
        finally:
            self.body, self.condition, self.statement = before

    def doubt(self, node: ast.QASMNode, what: str, meant: str) -> None:
        span = self.places.span(node)
        if span is not None and len(self.doubts) < MAX_DOUBTS:
            self.doubts.setdefault((span.start, span.end), QasmDoubtful(span, what, meant))

    def located(self, statement: Any) -> None:
        self.statement = statement

    def warnings(self) -> Iterator[Diagnostic]:
        yield from self.doubts.values()
        span = None if self.left_out is None else self.places.span(self.left_out)
        if span is not None:
            yield QasmTimeLeftOut(span)


class TooLarge(Wrong):
    """More than may be imported."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(what)
        self.limit = limit


class _Caller:
    """What expressions ask of the reading."""

    def __init__(self, reading: TextReading) -> None:
        self._reading = reading

    def call(self, node: ast.FunctionCall, scope: TextScope) -> Any:
        return self._reading.call(self._reading, node, scope)

    def doubt(self, node: ast.QASMNode, what: str, meant: str) -> None:
        self._reading.doubt(node, what, meant)


def _globals(scope: TextScope) -> TextScope:
    while scope.around is not None:
        scope = scope.around
    return scope
