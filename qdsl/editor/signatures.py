"""How operations, functions and outputs are called, and what they are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from qdsl.diagnostics.printable import markdown_text
from qdsl.diagnostics.source import Span
from qdsl.ir.operations import Operation
from qdsl.language import syntax
from qdsl.language.check.circuits import library
from qdsl.language.check.losses import FUNCTIONS as LOSS_FUNCTIONS
from qdsl.language.check.options import OPTIMISERS
from qdsl.language.check.standard import MODULES, module_with
from qdsl.language.lowering.encodings import ENCODED_KINDS
from qdsl.language.lowering.outputs import OUTPUTS
from qdsl.language.typed import tree
from qdsl.language.typed.program import CircuitEntry
from qdsl.language.values.arithmetic import FUNCTIONS
from qdsl.language.values.graphs import GENERATORS
from qdsl.language.values.steps import APPLICABLE, ENCODINGS
from qdsl.network.network import TOPOLOGIES
from qdsl.records import dataclass

_ANGLES = ("theta", "phi", "lambda")
_OUTPUTS = {
    "expect": (("observable",), "Expectation of an observable, or of a matrix on registers."),
    "sample": (("registers...",), "Outcomes of measuring registers, or values of bits."),
    "probability": (("registers...",), "Probabilities of all outcomes of registers or bits."),
    "overlap": (("a", "b"), "Squared overlap of the states of two registers."),
    "norm2": (("registers...",), "Squared norm of what a block encoding makes."),
    "quadratic": (("matrix", "registers..."), "A quadratic form of the encoded vector."),
}
_GRAPHS = {
    "nodes": (("graph",), "Number of nodes of a graph."),
    "edges": (("graph",), "The edges of a graph: pairs to loop over."),
    "degree": (("graph", "node"), "Number of edges at a node."),
    "len": (("array",), "Length of an array, list or register; number of nodes of a graph."),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """`arguments` stand in parentheses, `operands` behind them; `doc` is one sentence, or
    several; `place` is where it is declared, None for what the language has built in."""

    name: str
    arguments: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()
    doc: str = ""
    place: Span | None = None

    @property
    def label(self) -> str:
        on = f" {', '.join(self.operands)}" if self.operands else ""
        return f"{self.name}{self._called}{on}"

    @property
    def head(self) -> str:
        """How a circuit is declared."""
        return f"circuit {self.name}{self._called} on {', '.join(self.operands)}"

    @property
    def _called(self) -> str:
        return f"({', '.join(self.arguments)})" if self.arguments else ""


def operation(name: str, circuits: Mapping[str, CircuitEntry]) -> Signature | None:
    """A gate, an encoding, `rot`, or a circuit of the program or the standard library."""
    entry = circuits.get(name)
    if isinstance(entry, tree.TypedCircuit):
        return of_circuit(entry.syntax)
    if isinstance(entry, tree.Import):
        return _of_import(entry)
    if name in APPLICABLE:
        return _builtin(name, APPLICABLE[name])
    return None


@cache
def function(name: str) -> Signature | None:
    """A function of expressions, a generator of graphs, or an output."""
    if name in _OUTPUTS and name in OUTPUTS:
        return Signature(name, *_OUTPUTS[name][:1], (), _OUTPUTS[name][1])
    if name in GENERATORS:
        required = set(GENERATORS[name].required)
        given = (n if n in required else f"{n} = ..." for n in GENERATORS[name].arguments)
        return Signature(name, tuple(given), (), "A graph.")
    if name in _GRAPHS:
        return Signature(name, _GRAPHS[name][0], (), _GRAPHS[name][1])
    if name in FUNCTIONS:
        arguments = ("x",) if FUNCTIONS[name].arity == 1 else ("x", "y", "...")
        return Signature(name, arguments, (), "A function of numbers.")
    if name in LOSS_FUNCTIONS:
        return Signature(name, ("x", "y")[: LOSS_FUNCTIONS[name][1]], (), "A function in losses.")
    return None


def shape(name: str) -> Signature | None:
    """A generator of networks."""
    if name not in TOPOLOGIES:
        return None
    arguments = ("rows", "columns") if name == "grid" else ("nodes",)
    return Signature(name, arguments, (), "A network of equal nodes `node0`, `node1`, ...")


def optimiser(name: str) -> Signature | None:
    if name not in OPTIMISERS:
        return None
    arguments = tuple(f"{argument} = ..." for argument in OPTIMISERS[name])
    return Signature(name, arguments, (), "An optimiser.")


@cache
def module_circuits() -> tuple[tuple[str, Signature], ...]:
    """Every circuit of the standard library, with the module that it is in."""
    return tuple(
        (f"std.{module}", of_circuit(circuit.syntax))
        for module in MODULES
        for circuit in library(module).values()
    )


# ---- built-in operations ----------------------------------------------------------------


def _builtin(name: str, entry: Operation) -> Signature:
    if name in ENCODINGS:
        kinds = " or ".join(ENCODED_KINDS.get(name, ("real",)))
        doc = entry.doc if name != "phase" else "Even superposition, then " + entry.doc
        return Signature(name, (f"x: {kinds}[...]",), ("q",), doc)
    if name == "rot":
        return Signature(name, _ANGLES[:1], ("PAULIS q", "..."), entry.doc)
    operands = ("q",) if entry.arity == 1 else _operands(name, entry)
    return Signature(name, _ANGLES[: entry.angles], operands, entry.doc)


def _operands(name: str, entry: Operation) -> tuple[str, ...]:
    arity = entry.arity or 1
    controls = len(name) - len(name.lstrip("c")) if "ontrol" in entry.doc else 0
    targets = arity - controls
    named = ["control"] if controls == 1 else [f"control{k + 1}" for k in range(controls)]
    return (*named, *(("target",) if targets == 1 else ("a", "b", "c")[:targets]))


# ---- circuits ----------------------------------------------------------------------------


def of_circuit(circuit: syntax.CircuitDecl) -> Signature:
    arguments = tuple(" ".join(p.span.text.split()) for p in circuit.parameters)
    operands = tuple(" ".join(q.span.text.split()) for q in circuit.qubits)
    place = circuit.name.span
    doc = comment_above(place)
    module = module_with(circuit.name.id) if place.source.path.startswith("std/") else None
    if module is not None:
        doc = f"{doc} (`use {module}`)".strip()
    return Signature(circuit.name.id, arguments, operands, doc, place)


def _of_import(entry: tree.Import) -> Signature:
    circuit = entry.circuit
    inputs = () if circuit is None else circuit.inputs
    arguments = tuple(n if size is None else f"{n}[{size}]" for n, size in inputs)
    qubits = () if circuit is None else circuit.registers
    operands = tuple(f"{name}[{size}]" for name, size in qubits)
    doc = f"The circuit in {markdown_text(entry.syntax.file.value)}."
    return Signature(entry.name, arguments, operands, doc, entry.syntax.name.span)


def comment_above(name: Span) -> str:
    """The comment on the lines right above a declaration, in Markdown."""
    source, line = name.source, name.line
    found: list[str] = []
    while line > 1 and source.line_text(line - 1).startswith("//"):
        line -= 1
        found.append(source.line_text(line).lstrip("/").strip())
    return markdown_text(" ".join(reversed(found)))
