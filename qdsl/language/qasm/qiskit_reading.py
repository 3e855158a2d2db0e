"""A circuit of Qiskit, as its parsers make it of OpenQASM: what happens in it, one after the other.

Gates that the operation table lacks are replaced by their definitions, loops with known bounds are
unrolled. What cannot be followed is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cache, partial
from itertools import islice
from math import isfinite, pi
from types import MappingProxyType
from typing import Any, NamedTuple

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.diagnostics.source import Source, Span
from qdsl.ir.operations import BY_NAME
from qdsl.language.qasm.errors import QasmCondition, QasmTooLarge, QasmUnsupported
from qdsl.language.qasm.qasm_text import OWN, find
from qdsl.language.qasm.qiskit_conditions import condition_of, value_of
from qdsl.language.qasm.rows import PHASE, ImportedRow, Registers
from qdsl.language.qasm.unbound import ALWAYS, Happening, Place, UnboundCircuit, written
from qdsl.language.values.truth import MOST_BITS, TooManyBits, Truth
from qdsl.records import dataclass

MAX_ROWS = 2_000_000
MAX_GATE_ROWS = 100_000  # of one gate, unfolded
MAX_EXPANSIONS = 1_000_000

# Qiskit's name, ours, and the angles that come before its own
ALIASES: Mapping[str, tuple[str, tuple[float, ...]]] = MappingProxyType(
    {"u1": ("p", ()), "u2": ("u", (pi / 2,)), "u3": ("u", ()), "cu1": ("cp", ())}
)
NOTHING = frozenset({"u0"})  # waiting
TIMING = frozenset({"delay"})  # a barrier

Happenings = Iterator[Happening]


class _Scope(NamedTuple):
    """What the bits of a circuit or of the body of an `if` are called outside of it."""

    names: Mapping[Any, int]
    condition: Truth = ALWAYS


def _everything(circuit: Any) -> _Scope:
    bits = [*enumerate(circuit.qubits), *enumerate(circuit.clbits)]
    return _Scope({bit: k for k, bit in bits})


@dataclass(slots=True)
class QiskitReader:
    """Walks a Qiskit circuit. Expansions of gates are kept by class, name and angles; `offset` says
    where in the text the statement begins whose number among those with qubits is given."""

    source: Source
    offset: Callable[[int], int]
    cells: list[Truth] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    made: int = 0  # happenings with qubits
    results: int = 0
    known: dict[tuple[Any, ...], tuple[ImportedRow, ...]] = field(default_factory=dict)
    expansions: int = 0

    def read(self, circuit: Any, registers: Registers, bit_registers: Registers) -> UnboundCircuit:
        """The whole circuit; its bits are those of the registers, one after the other."""
        self.cells = [Truth.of(False)] * circuit.num_clbits
        self.places = [(name, k) for name, size in bit_registers for k in range(size)]
        found: list[Happening] = []
        rows = 0
        for happening in self.happenings(circuit, _everything(circuit)):
            rows += max(len(happening.rows), 1)
            if rows > MAX_ROWS:
                what = "'OPENQASM' is too many operations"
                raise self.refused(QasmTooLarge, r"\bOPENQASM\b", what, MAX_ROWS)
            self.made += bool(happening.qubits)
            found.append(happening)
        return UnboundCircuit(registers, bit_registers, tuple(found), tuple(self.cells))

    # ---- what happens ------------------------------------------------------------------

    def happenings(self, circuit: Any, scope: _Scope) -> Happenings:
        for item in circuit.data:
            walk = _WALKS.get(item.operation.name)
            if walk is not None:
                yield from walk(self, item, scope)
            else:
                yield from self._simple(item, scope)
        if circuit.global_phase:
            phase = self._numbers((circuit.global_phase,), "gphase")
            yield Happening("gate", (), (ImportedRow(PHASE, phase, ()),), scope.condition)

    def _simple(self, item: Any, scope: _Scope) -> Happenings:
        name = item.operation.name
        qubits = tuple([scope.names[q] for q in item.qubits])
        if name == "barrier" or (name in TIMING and _is_standard(item.operation)):
            yield Happening("barrier", qubits)
        elif name == "measure":
            yield self._measured(qubits, scope.names[item.clbits[0]], scope.condition)
        elif name == "reset":
            yield Happening(name, qubits, (), scope.condition)
        else:
            rows = self.gate_rows(item.operation)
            on = tuple([_moved(row, qubits) for row in rows])
            yield Happening("gate", qubits, on, scope.condition)

    def _measured(self, qubits: tuple[int, ...], bit: int, condition: Truth) -> Happening:
        value = self.results
        self.results += 1
        before = self.cells[bit]
        self.cells[bit] = self._asked(lambda: written(value, condition, before))
        return Happening("measure", qubits, (), condition, value, self.places[bit])

    def _inside(self, item: Any, body: Any, scope: _Scope, condition: Truth) -> Happenings:
        """What a block does under a condition."""
        qubits, bits = (
            [*zip(own, (scope.names[b] for b in outer), strict=True)]
            for own, outer in ((body.qubits, item.qubits), (body.clbits, item.clbits))
        )
        if condition.constant is not False:
            yield from self.happenings(body, _Scope(dict([*qubits, *bits]), condition))

    def _if(self, item: Any, scope: _Scope) -> Happenings:
        test = self._asked(lambda: condition_of(item.operation.condition, self._cell_of(scope)))
        for body, holds in zip(item.operation.blocks, (test, ~test), strict=False):
            condition = self._asked(partial(self._nested, scope.condition, holds))
            yield from self._inside(item, body, scope, condition)

    def _nested(self, outer: Truth, inner: Truth) -> Truth:
        return outer & inner

    def _for(self, item: Any, scope: _Scope) -> Happenings:
        numbers, parameter, body = item.operation.params
        for number in numbers:
            bound = body if parameter is None else body.assign_parameters({parameter: number})
            yield from self._inside(item, bound, scope, scope.condition)

    def _switch(self, item: Any, scope: _Scope) -> Happenings:
        from qiskit.circuit import CASE_DEFAULT

        cells = self._asked(lambda: value_of(item.operation.target, self._cell_of(scope)))
        left = scope.condition
        for labels, body in item.operation.cases_specifier():
            found = Truth.of(False)
            for label in labels:
                is_any = label is CASE_DEFAULT
                found = found | (Truth.of(True) if is_any else cells.equals(int(label)))
            yield from self._inside(item, body, scope, left & found)
            left = left & ~found

    def _box(self, item: Any, scope: _Scope) -> Happenings:
        qubits = tuple(scope.names[q] for q in item.qubits)
        yield Happening("barrier", qubits)
        yield from self._inside(item, item.operation.blocks[0], scope, scope.condition)
        yield Happening("barrier", qubits)

    def _cell_of(self, scope: _Scope) -> Callable[[Any], Truth]:
        return lambda bit: self.cells[scope.names[bit]]

    def _asked(self, found: Callable[[], Any]) -> Any:
        try:
            return found()
        except TooManyBits:
            what = f"more than {MOST_BITS} measured bits"
            raise self.refused(QasmCondition, r"\bif\b", what) from None
        except NotImplementedError as unknown:
            raise self.refused(QasmUnsupported, r"\bif\b", str(unknown)) from None

    # ---- gates -------------------------------------------------------------------------

    def gate_rows(self, gate: Any) -> tuple[ImportedRow, ...]:
        """A gate in operations of the table, on qubits 0, 1, ... of its own."""
        if gate.name in NOTHING and _is_standard(gate):
            return ()
        if any(hasattr(p, "shape") for p in gate.params):  # OpenQASM 3's `pow` leaves a matrix
            return self._expanded(gate, ())
        angles = self._numbers(gate.params, gate.name)
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
            raise self.refused(QasmUnsupported, place, f"'{name}' has no definition")
        self.expansions += 1
        if self.expansions > MAX_EXPANSIONS:
            raise self.refused(QasmTooLarge, place, "nested gate definitions", MAX_EXPANSIONS)
        phase = _phase_from_its_name(name, definition, angles)
        if phase is not None:
            row = ImportedRow(name, angles, tuple(range(gate.num_qubits)))
            return (row, ImportedRow(PHASE, (phase,), ())) if phase else (row,)
        try:
            return tuple(self._limited(self._definition_rows(definition), name))
        except RecursionError:
            what = f"'{name}' is defined by too many gates within gates"
            raise self.refused(QasmUnsupported, place, what) from None

    def _definition_rows(self, definition: Any) -> Iterator[ImportedRow]:
        at = {qubit: k for k, qubit in enumerate(definition.qubits)}
        for item in definition.data:
            on = tuple(at[q] for q in item.qubits)
            if item.operation.name == "barrier":
                yield ImportedRow("barrier", (), on)
                continue
            for row in self.gate_rows(item.operation):
                yield _moved(row, on)
        if definition.global_phase:
            phase = self._numbers((definition.global_phase,), "gphase")
            yield ImportedRow(PHASE, phase, ())

    def _limited(self, rows: Iterable[ImportedRow], what: str) -> list[ImportedRow]:
        taken = list(islice(rows, MAX_GATE_ROWS + 1))
        if len(taken) > MAX_GATE_ROWS:
            said = f"'{what}' is too many operations"
            raise self.refused(QasmTooLarge, rf"\b{what}\b", said, MAX_GATE_ROWS)
        return taken

    def _numbers(self, angles: Iterable[Any], name: str) -> tuple[float, ...]:
        name = name.replace(OWN, "")
        place = rf"\b{name}\b"
        try:
            found = tuple(float(angle) for angle in angles)
        except TypeError:
            what = f"an angle of '{name}' is an `input`"
            raise self.refused(QasmUnsupported, place, what) from None
        if not all(isfinite(a) for a in found):
            raise self.refused(QasmUnsupported, place, f"an angle of '{name}' is infinite")
        return found

    # ---- what is refused ---------------------------------------------------------------

    def refused(self, kind: Callable[..., Diagnostic], place: str, *what: Any) -> InvalidProgram:
        return InvalidProgram((kind(self._place(place), *what),))

    def _place(self, pattern: str) -> Span:
        """The first match in or behind the statement that is being read; else the first one."""
        start = self.offset(self.made - 1)
        behind = find(self.source, pattern, start)
        return behind if behind.end else find(self.source, pattern)


def _unknown(reader: QiskitReader, item: Any, scope: _Scope) -> Happenings:
    name = item.operation.name
    what = f"`{name.removesuffix('_loop')}` is decided while the circuit runs"
    raise reader.refused(QasmUnsupported, rf"\b{name.removesuffix('_loop')}\b", what)


_WALKS: Mapping[str, Callable[[QiskitReader, Any, _Scope], Happenings]] = MappingProxyType({
    "if_else": QiskitReader._if, "for_loop": QiskitReader._for, "box": QiskitReader._box,
    "switch_case": QiskitReader._switch, "while_loop": _unknown, "break_loop": _unknown,
    "continue_loop": _unknown, "store": _unknown,
})  # fmt: skip


def _moved(row: ImportedRow, on: Sequence[int]) -> ImportedRow:
    return row._replace(qubits=tuple([on[q] for q in row.qubits]))


def _is_standard(gate: Any) -> bool:
    """Whether this is Qiskit's own gate of that name, and not one that a file defines."""
    standard = standard_gates().get(gate.name)
    return standard is not None and gate.base_class is standard


@cache
def standard_gates() -> dict[str, type]:
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

    entry, standard = BY_NAME.get(name), standard_gates().get(name)
    if entry is None or standard is None or not entry.is_unitary:
        return None
    if (entry.arity, entry.angles) != (definition.num_qubits, len(angles)):
        return None
    found, meant = Operator(definition), Operator(standard(*angles))
    if found == meant:
        return 0.0
    return float(angle((meant.adjoint().compose(found)).data[0, 0])) if found.equiv(meant) else None
