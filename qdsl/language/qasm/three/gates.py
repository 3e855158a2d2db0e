"""Gates of OpenQASM 3 as operations of the table, under their modifiers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from decimal import Decimal
from math import isfinite, tau
from typing import NamedTuple

from openqasm3 import ast

from qdsl.ir.operations import BY_NAME
from qdsl.language.qasm.gate_library import LIBRARY_3
from qdsl.language.qasm.matrix_stacks import Matrix, modified
from qdsl.language.qasm.qiskit_reading import ALIASES, QiskitReader, standard_gates
from qdsl.language.qasm.row_matrices import matrix_of, operation_matrix
from qdsl.language.qasm.rows import PHASE, ImportedRow
from qdsl.language.qasm.three.values import NotExpressible, Wrong
from qdsl.language.values import modifiers, steps
from qdsl.language.values.modifiers import Applied, NoRealPower, TooManySteps
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.steps import LoweredStep
from qdsl.records import dataclass

Angle = float | Polynomial
Rows = tuple[ImportedRow, ...]
TURNS = ("rx", "ry", "rz", "p", "phase", "u1", "rxx", "ryy", "rzz", "gphase")
CONTROLLED_TURNS = ("cp", "cphase", "cu1", "crx", "cry", "crz")
ADDITIVE = frozenset((*TURNS, *CONTROLLED_TURNS))  # one after the other, their angles add up
NAMES = {"U": "u", "CX": "cx", "phase": "p", "cphase": "cp", "gphase": PHASE}
PERIODS = {"p": tau, "cp": tau}  # of gates whose other period is twice that
MOST_CONTROLS = 12
MOST_POWER = 1_000_000
MOST_ROWS = 100_000  # of one gate
MOST_EXPANSIONS = 1_000_000
CLOSE = 1e-9


class GateModifier(NamedTuple):
    """`kind` inv, pow, ctrl or negctrl, with its number."""

    kind: str
    number: float


@dataclass(slots=True)
class TextGates:
    """Gates by name. `expand` gives the rows of a definition at its angles; `names` are those that
    the library adds, once it is included."""

    qiskit: QiskitReader
    expand: Callable[[ast.QuantumGateDefinition, Sequence[Angle]], Rows]
    defined: dict[str, ast.QuantumGateDefinition] = field(default_factory=dict)
    names: frozenset[str] = frozenset({"U", "CX", "gphase"})
    known: dict[tuple[str, tuple[Angle, ...], int], Rows] = field(default_factory=dict)
    expansions: int = 0

    def include(self) -> None:
        self.names |= LIBRARY_3

    def define(self, node: ast.QuantumGateDefinition) -> None:
        self.defined[node.name.name] = node
        self.known = {k: rows for k, rows in self.known.items() if k[0] != node.name.name}

    def rows(
        self, name: str, angles: Sequence[Angle], n_qubits: int, applied: Sequence[GateModifier]
    ) -> Rows:
        """A gate on qubits 0, 1, ..., the controls first."""
        controls = sum(int(m.number) for m in applied if m.kind.endswith("ctrl"))
        if controls > MOST_CONTROLS:
            raise NotExpressible(f"more than {MOST_CONTROLS} controls")
        if not all(isinstance(a, Polynomial) or isfinite(a) for a in angles):
            raise NotExpressible(f"an angle of '{name}' is infinite")
        found = self._plain(name, tuple(angles), n_qubits - controls)
        if not applied:
            return found
        moved = [_step(row, controls) for row in found if row.name != "barrier"]
        left = controls
        for modifier in reversed(applied):
            if modifier.kind.endswith("ctrl"):
                left -= int(modifier.number)
            moved = self._modified(moved, modifier, left, n_qubits)
        return tuple(_row(step) for step in moved if not _is_nothing(step))

    # ---- without modifiers -------------------------------------------------------------

    def _plain(self, name: str, angles: tuple[Angle, ...], n_qubits: int) -> Rows:
        key = (name, angles, n_qubits)
        if key not in self.known:
            self.known[key] = self._found(name, angles, n_qubits)
        return self.known[key]

    def _found(self, name: str, angles: tuple[Angle, ...], n_qubits: int) -> Rows:
        definition = self.defined.get(name)
        if definition is not None:
            return self._own(definition, angles, n_qubits)
        if name not in self.names:
            raise Wrong(f"'{name}' is not defined in this scope")
        if name == "u0":
            return ()
        plain, first = ALIASES.get(name, (NAMES.get(name, name), ()))
        entry = BY_NAME.get(plain)
        if plain == PHASE:
            self._fits(name, (0, 1), n_qubits, len(angles))
            return (ImportedRow(PHASE, angles, ()),)
        if entry is not None:
            self._fits(name, (entry.arity or 0, entry.angles - len(first)), n_qubits, len(angles))
            return (ImportedRow(plain, (*first, *angles), tuple(range(n_qubits))),)
        return self._by_definition(name, angles, n_qubits)

    def _by_definition(self, name: str, angles: tuple[Angle, ...], n_qubits: int) -> Rows:
        """A gate of the library that the table lacks, by Qiskit's definition of it."""
        if name == "cu":
            self._fits(name, (2, 4), n_qubits, len(angles))
            wave = ImportedRow("p", angles[3:], (0,))
            return (wave, *self.rows("U", angles[:3], 2, [GateModifier("ctrl", 1)]))
        if name == "cu3":
            self._fits(name, (2, 3), n_qubits, len(angles))
            return self.rows("U", angles, 2, [GateModifier("ctrl", 1)])
        gate = standard_gates()[name](*angles)
        self._fits(name, (gate.num_qubits, len(gate.params)), n_qubits, len(angles))
        return self.qiskit.gate_rows(gate)

    def _fits(self, name: str, wanted: tuple[int, int], n_qubits: int, n_angles: int) -> None:
        for number, found, what in zip(
            wanted, (n_qubits, n_angles), ("qubit", "angle"), strict=True
        ):
            if number != found:
                s = "s" * (number != 1)
                raise Wrong(f"'{name}' takes {number} {what}{s}, and {found} are given")

    def _own(
        self, node: ast.QuantumGateDefinition, angles: tuple[Angle, ...], n_qubits: int
    ) -> Rows:
        name = node.name.name
        self._fits(name, (len(node.qubits), len(node.arguments)), n_qubits, len(angles))
        self.expansions += 1
        if self.expansions > MOST_EXPANSIONS:
            raise NotExpressible("nested gate definitions")
        rows = self.expand(node, angles)
        if len(rows) > MOST_ROWS:
            raise NotExpressible(f"'{name}' is more than {MOST_ROWS:,} operations")
        return _by_its_name(name, angles, rows, n_qubits)

    # ---- modifiers ---------------------------------------------------------------------

    def _modified(
        self, found: list[LoweredStep], modifier: GateModifier, first: int, n_qubits: int
    ) -> list[LoweredStep]:
        kind, number = modifier
        controls = range(first, first + int(number)) if kind.endswith("ctrl") else ()
        if kind == "pow":
            found = _in_principal_range(found, number)
        try:
            return modifiers.modified(found, [Applied(kind, _whole(number))], controls)
        except NoRealPower:
            return [_step(row, 0) for row in self._power(found, number)]
        except TooManySteps:
            raise NotExpressible(f"`{kind}` of so many operations") from None

    def _power(self, found: list[LoweredStep], number: float) -> Iterator[ImportedRow]:
        """The principal power, by its matrix."""
        on = sorted({q for step in found for q in step.operands})
        at = {q: k for k, q in enumerate(on)}
        if any(not a.is_constant for step in found for a in step.angles):
            raise NotExpressible("a power that is no integer of a gate with an input")
        if len(on) > 6:
            raise NotExpressible(f"a power that is no integer of a gate on {len(on)} qubits")
        local = [_row(s._replace(operands=tuple(at[q] for q in s.operands))) for s in found]
        power = modified(matrix_of(tuple(local), len(on)), "pow", number)
        for row in self._of_matrix(power):
            yield row._replace(qubits=tuple(on[q] for q in row.qubits))

    def _of_matrix(self, matrix: Matrix) -> Rows:
        """A unitary as rows, by Qiskit's synthesis; its first qubit is our last."""
        from qiskit.circuit.library import UnitaryGate

        n = len(matrix).bit_length() - 1
        order = list(range(n))[::-1]
        parts = matrix.reshape((2,) * (2 * n)).transpose(*order, *(n + k for k in order))
        rows = self.qiskit.gate_rows(UnitaryGate(parts.reshape(matrix.shape)))
        return tuple(rows)


def _whole(number: float) -> int | float:
    if number == int(number) and abs(number) > MOST_POWER:
        raise NotExpressible(f"a power of {Decimal(number):.3g}")
    return int(number) if number == int(number) else number


def _in_principal_range(found: list[LoweredStep], number: float) -> list[LoweredStep]:
    """One rotation with the angle that its principal power multiplies, where that matters."""
    if number == int(number) or len(found) != 1 or found[0].name not in modifiers.SCALABLE:
        return found
    (step,) = found
    if not step.angles[0].is_constant:
        return found
    period = PERIODS.get(step.name, 2 * tau)
    angle = step.angles[0].constant % period
    angle -= period if angle > period / 2 + 1e-12 else 0.0
    return [step._replace(angles=(Polynomial(angle),))]


def _by_its_name(name: str, angles: tuple[Angle, ...], rows: Rows, n_qubits: int) -> Rows:
    """The table's gate of that name, where the definition means it, but for a phase."""
    entry = BY_NAME.get(name)
    if entry is None or not entry.is_unitary or any(isinstance(a, Polynomial) for a in angles):
        return rows
    if (entry.arity, entry.angles) != (n_qubits, len(angles)):
        return rows
    numbers = tuple(float(a) for a in angles if not isinstance(a, Polynomial))
    meant = operation_matrix(name, numbers)
    found = matrix_of(rows, n_qubits)
    overlap = complex((meant.conj() * found).sum() / len(meant))
    if abs(abs(overlap) - 1) > CLOSE:
        return rows
    row = ImportedRow(name, angles, tuple(range(n_qubits)))
    from cmath import phase

    turned = phase(overlap)
    return (row,) if abs(turned) < CLOSE else (row, ImportedRow(PHASE, (turned,), ()))


def _is_nothing(step: LoweredStep) -> bool:
    return step.word is not None and step.angles[0] == Polynomial(0.0)


def _step(row: ImportedRow, by: int) -> LoweredStep:
    name = steps.PHASE if row.name == PHASE else row.name
    angles = tuple(a if isinstance(a, Polynomial) else Polynomial(a) for a in row.angles)
    return LoweredStep(name, tuple(q + by for q in row.qubits), angles, row.word)


def _row(step: LoweredStep) -> ImportedRow:
    name = PHASE if step.name == steps.PHASE else step.name
    angles = tuple(a.constant if a.is_constant else a for a in step.angles)
    return ImportedRow(name, angles, step.operands, None, None, step.word)
