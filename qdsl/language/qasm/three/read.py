"""A syntax tree of OpenQASM 3 as a circuit."""

from __future__ import annotations

from openqasm3 import ast

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.source import Source
from qdsl.language.qasm.three.places import NodePlaces
from qdsl.language.qasm.three.reading import TextReading
from qdsl.language.qasm.three.statements import block
from qdsl.language.qasm.three.subroutines import call
from qdsl.language.qasm.unbound import UnboundCircuit


def read_tree(
    source: Source, program: ast.Program
) -> tuple[UnboundCircuit, tuple[Diagnostic, ...]]:
    """The circuit and warnings. `InvalidProgram` if the text is wrong, or says what cannot be said
    here."""
    reading = TextReading(source, NodePlaces(source), block, call)
    circuit = reading.run(program)
    return circuit, tuple(reading.warnings())
