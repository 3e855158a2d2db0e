"""Circuits imported from OpenQASM, written where they are called."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from qdsl.diagnostics.reported import Refusal
from qdsl.language import syntax
from qdsl.language.files import MAX_CIRCUIT_BYTES
from qdsl.language.lowering.errors.operations import ShapeMismatch
from qdsl.language.lowering.operands import distinct, flat
from qdsl.language.lowering.steps import PHASE, Step
from qdsl.language.values.domain import Qubits
from qdsl.language.values.errors import WrongArgumentCount
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Scope

if TYPE_CHECKING:
    from qdsl.language.files import Folders
    from qdsl.language.lowering.elaborate import Elaborator
    from qdsl.language.qasm.import_qasm import ImportedCircuit


def imported(declaration: syntax.CircuitImport, folders: Folders) -> ImportedCircuit:
    """The circuit in the file. `InvalidProgram` or `Refusal` if there is none."""
    text = folders.read_text(declaration.file, MAX_CIRCUIT_BYTES)
    return _read(text, declaration.file.value)


@lru_cache(maxsize=8)
def _read(text: str, path: str) -> ImportedCircuit:
    from qdsl.language.qasm.import_qasm import read_qasm

    return read_qasm(text, path)


def inline(
    run: Elaborator,
    declaration: syntax.CircuitImport,
    statement: syntax.Apply,
    operands: list[Qubits],
    scope: Scope,
) -> None:
    """Write the rows of an imported circuit on the operands' qubits, taken in order."""
    if statement.args:
        count = len(statement.args)
        raise Refusal(
            WrongArgumentCount(statement.span, declaration.name.id, "no arguments", count)
        )
    circuit = run.imported(declaration)
    lane = flat(operands)
    distinct(lane, statement.span, scope, operands)
    if len(lane) != circuit.n_qubits:
        wanted, found = f"{circuit.n_qubits} qubits", f"{len(lane)} qubits"
        name = f"'{declaration.name.id}'"
        raise Refusal(ShapeMismatch(statement.span, name, wanted, found, declaration.span))
    first = run.spare_bits(circuit.n_bits, declaration.name.id).start
    for row in circuit.rows:
        _row(run, row, lane, first, statement)
    if circuit.phase:
        run.write(Step(PHASE, (), (Polynomial(circuit.phase),)), run.state.at)


def _row(
    run: Elaborator,
    row: tuple[str, tuple[float, ...], tuple[int, ...], int | None, tuple[int, int] | None],
    lane: tuple[int, ...],
    first: int,
    statement: syntax.Apply,
) -> None:
    name, angles, operands, bit, condition = row
    state = run.state
    if condition is not None or name == "measure":
        run.unconditional(f"{statement.name.id}: {name}", statement.span)
    step = Step(
        name,
        tuple(lane[q] for q in operands),
        tuple(Polynomial(a) for a in angles),
        bit=-1 if bit is None else first + bit,
    )
    before = state.cond
    state.cond = before if condition is None else 2 * (first + condition[0]) + condition[1]
    try:
        run.write(step, state.at)
    finally:
        state.cond = before
    if bit is not None:
        state.measured.add(first + bit)
