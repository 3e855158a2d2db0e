"""Circuits somebody else wrote: OpenQASM 2 and 3 as rows of our own operations.

OpenQASM 2 is read by Qiskit's parser, OpenQASM 3 by a reader of its own over the syntax tree of the
language's reference parser (docs/decisions/0009-openqasm-3.md). Registers are joined in the order
of their declaration.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import accumulate
from typing import Any

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.extras import require
from qdsl.diagnostics.source import Source
from qdsl.language.qasm.binding import BoundRows, bound
from qdsl.language.qasm.lost_results import lost_results
from qdsl.language.qasm.qasm_text import checked_text, parse_2, parse_3
from qdsl.language.qasm.qiskit_reading import QiskitReader
from qdsl.language.qasm.rows import (
    PHASE,
    ImportedCircuit,
    ImportedRow,
    Registers,
    StatementPlaces,
)
from qdsl.language.qasm.twice import SAME, SecondReading
from qdsl.language.qasm.unbound import UnboundCircuit
from qdsl.language.values.polynomial import Polynomial


def read_qasm(text: str, path: str) -> ImportedCircuit:
    """The circuit of an OpenQASM 2 or 3 file; `path` is for messages only.

    `InvalidProgram` if the text is not understood, too large, says what cannot be said here, or
    if a second reading differs; `MissingExtra` where Qiskit is not installed. Reads no other file
    and runs nothing.
    """
    require("qiskit", "reading OpenQASM")
    source = Source(path, text)
    bare, version = checked_text(source)
    return _read_2(source, bare) if version == 2 else _read_3(source, bare)


def _read_2(source: Source, bare: str) -> ImportedCircuit:
    """By Qiskit's parser, compared with the second reading."""
    circuit = parse_2(source, bare)
    second = SecondReading.of(source)
    registers = _registers(circuit.qubits, circuit.qregs, second.registers, "q")
    bit_registers = _registers(circuit.clbits, circuit.cregs, second.bit_registers, "c")
    found = QiskitReader(source, second.offset).read(circuit, registers, bit_registers)
    said = second.against(found)
    found = second.located(found)
    return _imported(source, found, said, second.warnings())


def _read_3(source: Source, bare: str) -> ImportedCircuit:
    """By the reader of syntax trees, compared with the second reading and with Qiskit's, as far as
    these know the text."""
    from qdsl.language.qasm.by_qiskit import compared_with_qiskit
    from qdsl.language.qasm.three.read import read_tree

    tree = parse_3(source, bare)
    found, warnings = read_tree(source, tree)
    plainly = SecondReading.of(source).against(found)
    by_qiskit = compared_with_qiskit(source, tree, found)
    said = None if plainly is None or by_qiskit is None else by_qiskit
    return _imported(source, found, said, warnings)


def _imported(
    source: Source, circuit: UnboundCircuit, said: str | None, warnings: Iterable[Diagnostic]
) -> ImportedCircuit:
    rows = bound(circuit)
    warnings = (*warnings, *lost_results(source, circuit.happenings))
    kept = tuple([row for row in rows.rows if row.name != PHASE])
    return ImportedCircuit(
        circuit.n_qubits, circuit.n_bits, kept, _phase(rows.rows), said is None, said or SAME,
        warnings, _places(source, circuit, rows), circuit.registers, circuit.bit_registers,
        rows.n_extra_bits, rows.has_scratch, circuit.inputs,
    )  # fmt: skip


def _phase(rows: Sequence[ImportedRow]) -> float | Polynomial:
    """The phases that belong to the whole; under a condition they show nowhere."""
    phases = [row.angles[0] for row in rows if row.name == PHASE and row.condition is None]
    known = sum(phase for phase in phases if not isinstance(phase, Polynomial))
    of_inputs = [phase for phase in phases if isinstance(phase, Polynomial)]
    return reduce(Polynomial.__add__, of_inputs, Polynomial(known)) if of_inputs else known


def _places(source: Source, circuit: UnboundCircuit, rows: BoundRows) -> StatementPlaces:
    """Where the rows stand that are no phases; nothing if something has no place."""
    counts = [0, *accumulate(row.name != PHASE for row in rows.rows)]
    pairs = zip(circuit.happenings, rows.first_rows, strict=True)
    known = [(counts[row], h.span) for h, row in pairs if h.qubits]
    if any(span is None for _, span in known):
        return StatementPlaces(source)
    spans = tuple(span for _, span in known if span is not None)
    return StatementPlaces(source, tuple(row for row, _ in known), spans)


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
