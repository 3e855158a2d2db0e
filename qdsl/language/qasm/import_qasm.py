"""Circuits somebody else wrote: OpenQASM 2 and 3 as rows of our own operations.

Qiskit's parsers read the text. Gates that the operation table lacks are replaced by their
definitions, registers are joined in the order of their declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cache
from itertools import accumulate, islice
from math import isfinite, pi
from types import MappingProxyType
from typing import Any, NamedTuple

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.diagnostics.source import Source, Span
from qdsl.ir.operations import BY_NAME
from qdsl.language.qasm.errors import QasmCondition, QasmTooLarge, QasmUnsupported
from qdsl.language.qasm.lost_results import lost_results
from qdsl.language.qasm.qasm_text import OWN, find, parse
from qdsl.language.qasm.rows import PHASE, ImportedCircuit, ImportedRow, Registers
from qdsl.language.qasm.twice import SAME, SecondReading
from qdsl.records import dataclass

MAX_ROWS = 2_000_000
MAX_GATE_ROWS = 100_000  # of one gate, unfolded
MAX_EXPANSIONS = 1_000_000

# Qiskit's name, ours, and the angles that come before its own
ALIASES: Mapping[str, tuple[str, tuple[float, ...]]] = MappingProxyType(
    {"u1": ("p", ()), "u2": ("u", (pi / 2,)), "u3": ("u", ()), "cu1": ("cp", ())}
)
NOTHING = frozenset({"u0", "delay"})  # waiting


def read_qasm(text: str, path: str) -> ImportedCircuit:
    """The circuit of an OpenQASM 2 or 3 file; `path` is for messages only.

    `InvalidProgram` if the text is not understood, too large, says what cannot be said here, or
    if a second reading differs. Reads no other file and runs nothing.
    """
    source = Source(path, text)
    circuit = parse(source)
    second = SecondReading.of(source)
    reader = _QiskitReader(source, second)
    rows = reader.limited(reader.rows(circuit, _everything(circuit)), "OPENQASM", MAX_ROWS)
    phase = sum(row.angles[0] for row in rows if row.name == PHASE and row.condition is None)
    kept = tuple(row for row in rows if row.name != PHASE)
    starts = [*(start for _, start in reader.items), len(rows)]
    pairs = zip(reader.items, starts[1:], strict=True)
    said = second.against([(on, rows[start:end]) for (on, start), end in pairs])
    places = second.places([on for on, _ in reader.items], _kept_before(rows, starts))
    warnings = (*second.warnings(), *lost_results(source, kept, second.events))
    return ImportedCircuit(
        circuit.num_qubits, circuit.num_clbits, kept, phase, said is None, said or SAME, warnings,
        places, _registers(circuit.qubits, circuit.qregs, second.registers, "q"),
        _registers(circuit.clbits, circuit.cregs, second.bit_registers, "c"),
    )  # fmt: skip


def _registers(
    bits: Sequence[Any], registers: Sequence[Any], named: Registers, other: str
) -> Registers:
    """The registers by the names of the file: of the second reading, as Qiskit changes some, and
    has none for a bit outside of registers; else Qiskit's own, if all bits are in them."""
    if sum(size for _, size in named) == len(bits):
        return named
    if [bit for register in registers for bit in register] == list(bits):
        return tuple((register.name, register.size) for register in registers)
    return ((other, len(bits)),)


def _kept_before(rows: Sequence[ImportedRow], starts: Sequence[int]) -> list[int]:
    """How many rows other than phases stand before each of these rows."""
    counts = [0, *accumulate(row.name != PHASE for row in rows)]
    return [counts[start] for start in starts]


class _Scope(NamedTuple):
    """What the bits of a circuit or of the body of an `if` are called outside of it."""

    names: Mapping[Any, int]
    condition: tuple[int, int] | None = None
    is_file: bool = False  # not the body of a gate


def _everything(circuit: Any, is_file: bool = True) -> _Scope:
    bits = [*enumerate(circuit.qubits), *enumerate(circuit.clbits)]
    return _Scope({bit: k for k, bit in bits}, None, is_file)


@dataclass(slots=True)
class _QiskitReader:
    """Walks a Qiskit circuit. Expansions of gates are kept by class, name and angles."""

    source: Source
    second: SecondReading
    items: list[tuple[tuple[int, ...], int]] = field(default_factory=list)  # qubits, first row
    made: int = 0  # rows of items
    known: dict[tuple[Any, ...], tuple[ImportedRow, ...]] = field(default_factory=dict)
    written: set[int] = field(default_factory=set)  # bits measured so far
    expansions: int = 0

    def limited(self, rows: Iterable[ImportedRow], what: str, limit: int) -> list[ImportedRow]:
        taken = list(islice(rows, limit + 1))
        if len(taken) > limit:
            place = rf"\b{what}\b"
            raise self._refused(QasmTooLarge, place, f"'{what}' is too many operations", limit)
        return taken

    def rows(self, circuit: Any, scope: _Scope) -> Iterator[ImportedRow]:
        """The rows of a circuit whose bits the scope names."""
        for item in circuit.data:
            qubits = tuple(scope.names[q] for q in item.qubits)
            if item.operation.name == "if_else":
                bits = tuple(scope.names[b] for b in item.clbits)
                yield from self._if_rows(item.operation, qubits, bits, scope)
            else:
                yield from self._of_item(qubits, scope, self._item_rows(item, qubits, scope))
        if circuit.global_phase:
            phase = self._numbers((circuit.global_phase,), "gphase")
            row = ImportedRow(PHASE, phase, (), None, scope.condition)
            yield from self._of_item((), scope, (row,))

    def _of_item(
        self, qubits: tuple[int, ...], scope: _Scope, rows: Iterable[ImportedRow]
    ) -> Iterator[ImportedRow]:
        if scope.is_file:
            self.items.append((qubits, self.made))
        for row in rows:
            self.made += scope.is_file
            yield row

    def _item_rows(
        self, item: Any, qubits: tuple[int, ...], scope: _Scope
    ) -> Iterator[ImportedRow]:
        name = item.operation.name
        if name == "barrier":
            yield ImportedRow(name, (), qubits)
        elif name == "measure":
            bit = scope.names[item.clbits[0]]
            self.written.add(bit)
            yield ImportedRow(name, (), qubits, bit, scope.condition)
        elif name == "reset":
            yield ImportedRow(name, (), qubits, None, scope.condition)
        else:
            for row in self.gate_rows(item.operation):
                on = tuple(qubits[q] for q in row.qubits)
                yield ImportedRow(row.name, row.angles, on, None, scope.condition)

    def _if_rows(
        self, operation: Any, qubits: Sequence[int], bits: Sequence[int], scope: _Scope
    ) -> Iterator[ImportedRow]:
        if scope.condition is not None:
            raise self._refused(QasmUnsupported, r"\bif\b", "an `if` stands inside another")
        test = self._condition(operation.condition, scope)
        rows: list[ImportedRow] = []
        for body, holds in zip(operation.blocks, (True, False), strict=False):
            if test is (not holds):
                continue
            names = [*zip(body.qubits, qubits, strict=True), *zip(body.clbits, bits, strict=True)]
            when = None if isinstance(test, bool) else (test[0], test[1] ^ (not holds))
            rows += self.rows(body, _Scope(dict(names), when, scope.is_file))
        if any(row.condition and row.bit == row.condition[0] for row in rows[:-1]):
            what = "an `if` measures into the bit that it tests"
            raise self._refused(QasmUnsupported, r"\bif\b", what)
        yield from rows

    def _condition(self, condition: Any, scope: _Scope) -> tuple[int, int] | bool:
        """(bit, value), or the answer where it is known beforehand."""
        from qiskit.circuit import ClassicalRegister, Clbit

        if not isinstance(condition, tuple):
            raise self._refused(QasmCondition, r"\bif\b", "an expression")
        target, value = condition[0], int(condition[1])
        if isinstance(target, Clbit):
            bit = scope.names[target]
            return (bit, value) if bit in self.written else value == 0
        assert isinstance(target, ClassicalRegister)
        # bits that nothing has written are 0
        alive = [k for k in range(target.size) if scope.names[target[k]] in self.written]
        if value & ~sum(1 << k for k in alive):
            return False
        if len(alive) < 2:
            return (scope.names[target[alive[0]]], value >> alive[0] & 1) if alive else True
        place = rf"\bif\s*\(\s*{target.name}\b[^)]*\)"
        raise self._refused(QasmCondition, place, f"'{target.name}', which has {target.size} bits")

    def gate_rows(self, gate: Any) -> tuple[ImportedRow, ...]:
        """A gate in operations of the table, on qubits 0, 1, ... of its own."""
        if gate.name in NOTHING and _is_standard(gate):
            return ()
        if any(hasattr(p, "shape") for p in gate.params):  # OpenQASM 3's `pow` leaves a matrix
            return self._expanded(gate, ())
        angles = self._angles(gate)
        if _is_standard(gate):
            name, first = ALIASES.get(gate.name, (gate.name, ()))
            if name in BY_NAME or name == PHASE:
                return (ImportedRow(name, (*first, *angles), tuple(range(gate.num_qubits))),)
        key = (gate.base_class, gate.name, angles, gate.num_qubits)
        if type(gate).__module__ != "qiskit.qasm2.parse":
            # in OpenQASM 3 `ctrl @ f` may be called as another gate is
            return self._expanded(gate, angles)
        if key not in self.known:
            self.known[key] = self._expanded(gate, angles)
        return self.known[key]

    def _expanded(self, gate: Any, angles: tuple[float, ...]) -> tuple[ImportedRow, ...]:
        definition = getattr(gate, "definition", None)
        name = gate.name.replace(OWN, "")
        place = rf"\b{name}\b"
        if definition is None:
            raise self._refused(QasmUnsupported, place, f"'{name}' has no definition")
        self.expansions += 1
        if self.expansions > MAX_EXPANSIONS:
            raise self._refused(QasmTooLarge, place, "nested gate definitions", MAX_EXPANSIONS)
        phase = _phase_from_its_name(name, definition, angles)
        if phase is not None:
            row = ImportedRow(name, angles, tuple(range(gate.num_qubits)))
            return (row, ImportedRow(PHASE, (phase,), ())) if phase else (row,)
        try:
            rows = self.rows(definition, _everything(definition, is_file=False))
            return tuple(self.limited(rows, name, MAX_GATE_ROWS))
        except RecursionError:
            what = f"'{name}' is defined by too many gates within gates"
            raise self._refused(QasmUnsupported, place, what) from None

    def _angles(self, gate: Any) -> tuple[float, ...]:
        return self._numbers(gate.params, gate.name)

    def _numbers(self, angles: Iterable[Any], name: str) -> tuple[float, ...]:
        name = name.replace(OWN, "")
        place = rf"\b{name}\b"
        try:
            found = tuple(float(angle) for angle in angles)
        except TypeError:
            what = f"an angle of '{name}' is an `input`"
            raise self._refused(QasmUnsupported, place, what) from None
        if not all(isfinite(a) for a in found):
            raise self._refused(QasmUnsupported, place, f"an angle of '{name}' is infinite")
        return found

    def _refused(self, kind: Callable[..., Diagnostic], place: str, *what: Any) -> InvalidProgram:
        return InvalidProgram((kind(self._place(place), *what),))

    def _place(self, pattern: str) -> Span:
        """The first match in or behind the statement that is being read; else the first one."""
        start = self.second.offset(sum(bool(qubits) for qubits, _ in self.items) - 1)
        behind = find(self.source, pattern, start)
        return behind if behind.end else find(self.source, pattern)


def _is_standard(gate: Any) -> bool:
    """Whether this is Qiskit's own gate of that name, and not one that a file defines."""
    standard = _standard().get(gate.name)
    return standard is not None and gate.base_class is standard


@cache
def _standard() -> dict[str, type]:
    """The classes of Qiskit's own gates, by name."""
    from qiskit.circuit import Delay
    from qiskit.circuit.library import get_standard_gate_name_mapping

    gates = get_standard_gate_name_mapping().items()
    return {"delay": Delay} | {name: gate.base_class for name, gate in gates}


def _phase_from_its_name(name: str, definition: Any, angles: tuple[float, ...]) -> float | None:
    """The global phase by which a file's own gate differs from the table's gate of that name;
    None if it does something else."""
    from numpy import angle
    from qiskit.quantum_info import Operator

    entry, standard = BY_NAME.get(name), _standard().get(name)
    if entry is None or standard is None or not entry.is_unitary:
        return None
    if (entry.arity, entry.angles) != (definition.num_qubits, len(angles)):
        return None
    found, meant = Operator(definition), Operator(standard(*angles))
    if found == meant:
        return 0.0
    return float(angle((meant.adjoint().compose(found)).data[0, 0])) if found.equiv(meant) else None
