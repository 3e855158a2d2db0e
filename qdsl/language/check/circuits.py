"""Circuits: their heads, their bodies, and whether anything calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from qdsl.diagnostics.diagnostic import Diagnostics, InvalidProgram
from qdsl.diagnostics.reported import Refusal
from qdsl.language import syntax
from qdsl.language.check import standard
from qdsl.language.check.body import check_body
from qdsl.language.check.callers import Calls
from qdsl.language.check.context import Around, Context
from qdsl.language.check.declarations import type_of
from qdsl.language.qasm.errors import QasmResultLost
from qdsl.language.qasm.files.circuit_files import read_circuit
from qdsl.language.syntax.files import Folders
from qdsl.language.typed import tree
from qdsl.language.typed.errors.names import UnusedCircuit, UnusedName
from qdsl.language.typed.expressions import Typist
from qdsl.language.typed.program import CircuitEntry
from qdsl.language.typed.types import CIRCUIT_KINDS, INT, Names, NonValue, Symbol, Type


def check_circuit(
    circuit: tree.TypedCircuit,
    circuits: Mapping[str, CircuitEntry],
    problems: Diagnostics,
    names: Mapping[str, NonValue] | None = None,
) -> None:
    """Fill in a circuit, and report what is wrong with it at any sizes it is called with. `names`:
    of what its file declares."""
    before = len(problems)
    typist = Typist(Names(others=names or {}), problems)
    _head(circuit, typist)
    body = Context(typist, circuits, None, None, Around())
    circuit.body = check_body(body, circuit.syntax.body)
    if len(problems) > before:
        return  # what is used wrongly is not unused
    for symbol in typist.names.symbols.values():
        if not symbol.uses and symbol.role in ("circuit parameter", "qubits"):
            problems.add(UnusedName(symbol.span, symbol.name, symbol.role))


@cache
def library(module: str) -> Mapping[str, tree.TypedCircuit]:
    """The circuits of a module of the standard library."""
    circuits = {
        name: tree.TypedCircuit(circuit) for name, circuit in standard.module(module).items()
    }
    for circuit in circuits.values():
        check_circuit(circuit, circuits, Diagnostics())
    return circuits


def check_import(circuit: tree.Import, folders: Folders, problems: Diagnostics) -> None:
    """Read the circuit in a file."""
    try:
        circuit.circuit = read_circuit(circuit.syntax.file, folders)
        warnings = circuit.circuit.warnings
        problems.extend(w for w in warnings if not isinstance(w, QasmResultLost))
    except Refusal as refusal:
        problems.add(refusal.problem)
    except InvalidProgram as invalid:
        problems.extend(invalid.diagnostics)


def check_results(circuit: tree.Import, problems: Diagnostics) -> None:
    """Warn of a result that is lost, if some call gives the file's bits no name."""
    if circuit.circuit is not None and circuit.drops_results:
        lost = [w for w in circuit.circuit.warnings if isinstance(w, QasmResultLost)]
        problems.extend(lost)


def _head(circuit: tree.TypedCircuit, typist: Typist) -> None:
    """Parameters and registers; bare names as sizes are integers bound by the call."""
    node = circuit.syntax
    values = [
        _declared(p.name, _as_argument(type_of(typist, p.type, CIRCUIT_KINDS)), typist)
        for p in node.parameters
    ]
    registers = [
        _declared(q.name, Type("qubits", "", 0 if q.size is None else 1), typist)
        for q in node.qubits
    ]
    own = [(q.size,) if q.size is not None else () for q in node.qubits]
    for size in [s for sizes in (*own, *(p.type.shape for p in node.parameters)) for s in sizes]:
        if isinstance(size, syntax.Name) and typist.names.find(size.id) is None:
            typist.declare(Symbol(size.id, INT, size.span, "size", uses=1))
    circuit.qubits = tuple(
        tree.Parameter(q, symbol, _sizes(sizes, typist))
        for q, symbol, sizes in zip(node.qubits, registers, own, strict=True)
    )
    circuit.parameters = tuple(
        tree.Parameter(p, symbol, _sizes(p.type.shape, typist))
        for p, symbol in zip(node.parameters, values, strict=True)
    )


def _declared(name: syntax.Name, type_: Type, typist: Typist) -> Symbol:
    role = "qubits" if type_.sort == "qubits" else "circuit parameter"
    symbol = Symbol(name.id, type_, name.span, role)
    typist.declare(symbol)
    return symbol


def _sizes(sizes: tuple[syntax.Expr, ...], typist: Typist) -> tuple[tree.Expr, ...]:
    return tuple(typist.integer(size, "an integer size") for size in sizes)


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
        used |= {call.name.id for call in calls.of(circuit.name) if call.name.id != circuit.name}
    for circuit in own:
        if circuit.name not in used:
            problems.add(UnusedCircuit(circuit.syntax.name.span, circuit.name))
