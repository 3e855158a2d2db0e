"""Circuits: their heads, their bodies, and whether anything calls them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qdsl.diagnostics.diagnostic import Diagnostics, InvalidProgram
from qdsl.diagnostics.reported import Refusal
from qdsl.language import syntax
from qdsl.language.check.body import Around, Body
from qdsl.language.check.callers import Calls
from qdsl.language.check.declarations import declare, type_of
from qdsl.language.check.errors.names import UnusedCircuit, UnusedName
from qdsl.language.check.expressions import Typist
from qdsl.language.check.types import CIRCUIT_KINDS, INT, Names, Symbol, Type
from qdsl.language.lowering.imports import imported

if TYPE_CHECKING:
    from qdsl.language.check.model import CircuitEntry
    from qdsl.language.check.program import Found


def check_circuit(circuit: CircuitEntry, found: Found) -> None:
    """Report what is wrong with a circuit, whatever sizes it is called with."""
    if isinstance(circuit, syntax.CircuitImport):
        _check_import(circuit, found)
        return
    before = len(found.problems)
    typist = Typist(Names(), found.problems)
    _head(circuit, typist)
    body = Body(typist, found.circuits, None, None, Around())
    body.run(circuit.body)
    if len(found.problems) > before:
        return  # what is used wrongly is not unused
    for symbol in typist.names.symbols.values():
        if not symbol.uses and symbol.role in ("circuit parameter", "qubits"):
            found.problems.add(UnusedName(symbol.span, symbol.name, symbol.role))


def _check_import(circuit: syntax.CircuitImport, found: Found) -> None:
    try:
        imported(circuit, found.folders)
    except Refusal as refusal:
        found.problems.add(refusal.problem)
    except InvalidProgram as invalid:
        found.problems.extend(invalid.diagnostics)


def _head(circuit: syntax.CircuitDecl, typist: Typist) -> None:
    """Parameters and registers; bare names as sizes are integers bound by the call."""
    for parameter in circuit.parameters:
        found = type_of(typist, parameter.type, CIRCUIT_KINDS)
        name = parameter.name
        type_ = _as_argument(found)
        declare(typist, Symbol(name.id, type_, name.span, "circuit parameter"))
    for qubit in circuit.qubits:
        type_ = Type("qubits", "", 0 if qubit.size is None else 1)
        declare(typist, Symbol(qubit.name.id, type_, qubit.name.span, "qubits"))
    sizes = [q.size for q in circuit.qubits if q.size is not None]
    sizes += [dimension for p in circuit.parameters for dimension in p.type.shape]
    for size in sizes:
        if isinstance(size, syntax.Name) and typist.names.find(size.id) is None:
            declare(typist, Symbol(size.id, INT, size.span, "size", uses=1))
    for size in sizes:
        typist.integer(size, "an integer size")


def _as_argument(found: Type) -> Type:
    """Integers are known when the circuit is built; so may be the items of a list of them."""
    if found.kind in ("int", "bits") and found.sort == "value":
        return Type("value", f"static {found.kind}", found.rank) if found.rank else INT
    return found


def check_unused(
    own: Sequence[CircuitEntry],
    models: Sequence[syntax.ModelDecl],
    calls: Calls,
    problems: Diagnostics,
) -> None:
    """Warn of circuits that no model reaches and no other circuit calls."""
    used: set[str] = set()
    for model in models:
        used |= calls.reached(model.body)
    for circuit in own:
        name = circuit.name.id
        if isinstance(circuit, syntax.CircuitDecl):
            used |= {call.name.id for call in calls.of(name) if call.name.id != name}
    for circuit in own:
        if circuit.name.id not in used:
            problems.add(UnusedCircuit(circuit.name.span, circuit.name.id))
