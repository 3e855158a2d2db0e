"""Circuits imported from OpenQASM, written where they are called."""

from __future__ import annotations

from qdsl.diagnostics.reported import Refusal
from qdsl.language.lowering.context import Unrolling
from qdsl.language.lowering.operands import distinct, flat
from qdsl.language.lowering.steps import PHASE, LoweredStep
from qdsl.language.qasm.rows import ImportedRow
from qdsl.language.typed import tree
from qdsl.language.typed.errors.operations import ShapeMismatch
from qdsl.language.values.domain import Qubits
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Scope


def inline(
    run: Unrolling,
    imported: tree.Import,
    statement: tree.TypedApply,
    operands: list[Qubits],
    scope: Scope,
) -> None:
    """Write the rows of an imported circuit on the operands' qubits, taken in order."""
    circuit = imported.circuit
    assert circuit is not None
    lane = flat(operands)
    distinct(lane, statement.span, scope, operands)
    if len(lane) != circuit.n_qubits:
        wanted, found = f"{circuit.n_qubits} qubits", f"{len(lane)} qubits"
        name = f"'{imported.name}'"
        raise Refusal(ShapeMismatch(statement.span, name, wanted, found, imported.syntax.span))
    first = run.spare_bits(circuit.n_bits, imported.name).start
    for row in circuit.rows:
        _row(run, row, lane, first, statement)
    if circuit.phase:
        run.write(LoweredStep(PHASE, (), (Polynomial(circuit.phase),)), run.state.at)


def _row(
    run: Unrolling,
    row: ImportedRow,
    lane: tuple[int, ...],
    first: int,
    statement: tree.TypedApply,
) -> None:
    name, angles, operands, bit, condition = row
    state = run.state
    if condition is not None or name in ("measure", "barrier"):
        run.unconditional(f"{statement.name}: {name}", statement.span)
    step = LoweredStep(
        name,
        tuple(lane[q] for q in operands),
        tuple(Polynomial(a) for a in angles),
        bit=-1 if bit is None else first + bit,
    )
    before = state.cond
    state.cond = before if condition is None else 2 * (first + condition[0]) + condition[1]
    try:
        run.write(step, -1 if name == "barrier" else state.at)
    finally:
        state.cond = before
    if bit is not None:
        state.measured.add(first + bit)
