"""A circuit that was read from OpenQASM 3, compared with what Qiskit's reader makes of the text."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from openqasm3 import ast

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source, Span
from qdsl.language.qasm.errors import QasmReadingsDiffer
from qdsl.language.qasm.qasm_text import OWN
from qdsl.language.qasm.qiskit_reading import QiskitReader
from qdsl.language.qasm.row_matrices import at_inputs, matrix_of
from qdsl.language.qasm.rows import PHASE, ImportedRow
from qdsl.language.qasm.unbound import Happening, UnboundCircuit

CLOSE = 1e-7
MOST_QUBITS = 7  # of one gate as a matrix
PHYSICAL = re.compile(r"physical(\d+)")


def compared_with_qiskit(source: Source, tree: ast.Program, mine: UnboundCircuit) -> str | None:
    """None: Qiskit reads the same; else why it was not compared. `InvalidProgram` where the two
    differ. The names of the tree's gates are changed."""
    try:
        circuit = _converted(tree)
    except Exception as problem:  # it lets out IndexError, ZeroDivisionError and others
        said = str(getattr(problem, "message", problem)).replace(OWN, "").split("\n")[0]
        said = re.sub(r"^(<input>:)?\d+,\d+: ", "", said)
        return f"not compared with Qiskit's reading, which does not know it: {said[:100]}"
    numbers = _numbers(mine)
    try:
        circuit = circuit.assign_parameters(_by_name(mine, numbers))
        bits = (("c", circuit.num_clbits),)
        theirs = QiskitReader(source, lambda number: 0).read(circuit, (), bits)
    except (InvalidProgram, ValueError, TypeError, KeyError) as problem:
        shown = problem.diagnostics[0].message if isinstance(problem, InvalidProgram) else problem
        return f"not compared with Qiskit's reading: {shown}"
    theirs = _renumbered(theirs, mine)
    if len(theirs.cells) != sum(n for _, n in mine.bit_registers):
        return "not compared with Qiskit's reading, which has other classical bits"
    difference = _difference(mine, theirs, numbers)
    if difference is not None:
        start, end = difference.span or (0, 0)
        raise InvalidProgram((QasmReadingsDiffer(Span(source, start, end)),))
    return None


def _converted(tree: ast.Program) -> Any:
    from qiskit_qasm3_import import convert

    own = {s.name.name for s in tree.statements if isinstance(s, ast.QuantumGateDefinition)}
    for node in _nodes(tree):
        if isinstance(node, ast.QuantumGate | ast.QuantumGateDefinition) and node.name.name in own:
            node.name = ast.Identifier(node.name.name + OWN)
        if isinstance(node, ast.IndexedIdentifier | ast.IndexExpression):
            index = node.indices if isinstance(node, ast.IndexedIdentifier) else node.index
            for part in _nodes(index):
                _open_ended(part)
    return convert(tree)


def _open_ended(node: Any) -> None:
    """Qiskit takes `3:-1:0` and `-3:-1` for slices of Python, which end before 0: without the end
    both mean the same."""
    if not isinstance(node, ast.RangeDefinition):
        return
    start, step, end = (_literal(part) for part in (node.start, node.step, node.end))
    is_down = step is not None and step < 0 and end == 0 and (start is None or start >= 0)
    is_up = (step is None or step > 0) and end == -1 and start is not None and start < 0
    if is_down or is_up:
        node.end = None


def _literal(node: Any) -> int | None:
    """The number that is written; None of anything else."""
    if isinstance(node, ast.UnaryExpression) and node.op.name == "-":
        found = _literal(node.expression)
        return None if found is None else -found
    return node.value if isinstance(node, ast.IntegerLiteral) else None


def _nodes(node: Any) -> Iterator[Any]:
    """All nodes of a tree, also those that stand in lists."""
    left = [node]
    while left:
        found = left.pop()
        if isinstance(found, list | tuple):
            left += found
        elif isinstance(found, ast.QASMNode):
            yield found
            left += [v for k, v in vars(found).items() if k != "span"]


def _numbers(mine: UnboundCircuit) -> dict[int, float]:
    """Numbers for the inputs."""
    count = sum(1 if size is None else size for _, size in mine.inputs)
    drawn = random.Random(1)
    return {k: drawn.uniform(-3, 3) for k in range(count)}


def _by_name(mine: UnboundCircuit, numbers: Mapping[int, float]) -> dict[str, float]:
    return {name: numbers[k] for k, (name, _) in enumerate(mine.inputs)}


def _renumbered(theirs: UnboundCircuit, mine: UnboundCircuit) -> UnboundCircuit:
    """Qiskit numbers the qubits of hardware as the text does, also those that are not used."""
    found = [PHYSICAL.fullmatch(name) for name, _ in mine.registers]
    if not all(found):
        return theirs
    at = {int(match[1]): k for k, match in enumerate(found) if match is not None}

    def moved(happening: Happening) -> Happening:
        rows = (r._replace(qubits=tuple(at[q] for q in r.qubits)) for r in happening.rows)
        on = tuple(at[q] for q in happening.qubits if q in at)
        return happening._replace(qubits=on, rows=tuple(rows))

    return replace(theirs, happenings=tuple(map(moved, theirs.happenings)))


def _difference(
    mine: UnboundCircuit, theirs: UnboundCircuit, numbers: Mapping[int, float]
) -> Happening | None:
    """What happens in only one of the two."""
    left, right = ([h for h in c.happenings if h.qubits] for c in (mine, theirs))
    for one, other in zip(left, right, strict=False):
        if not _same(one, other, numbers):
            return one
    if len(left) != len(right):
        return max(left, right, key=len)[min(len(left), len(right))]
    if mine.cells != theirs.cells or abs(_phase(mine, numbers) - _phase(theirs, numbers)) > CLOSE:
        return Happening("gate", ())
    return None


def _same(one: Happening, other: Happening, numbers: Mapping[int, float]) -> bool:
    if (one.kind, one.condition, one.result) != (other.kind, other.condition, other.result):
        return False
    if one.qubits != other.qubits:
        return one.kind == "barrier" and set(one.qubits) == set(other.qubits)
    if one.rows == other.rows:
        return True
    at = {q: k for k, q in enumerate(one.qubits)}
    if len(at) > MOST_QUBITS:
        return True
    found = [
        matrix_of(at_inputs([_local(row, at) for row in h.rows], numbers), len(at))
        for h in (one, other)
    ]
    return bool(np.abs(found[0] - found[1]).max() < CLOSE)


def _local(row: ImportedRow, at: Mapping[int, int]) -> ImportedRow:
    return row._replace(qubits=tuple(at[q] for q in row.qubits))


def _phase(circuit: UnboundCircuit, numbers: Mapping[int, float]) -> complex:
    """The phases that belong to the whole."""
    bare = [
        row for h in circuit.happenings if not h.qubits and h.condition.constant for row in h.rows
    ]
    angles = [row.angles[0] for row in at_inputs([r for r in bare if r.name == PHASE], numbers)]
    return complex(np.exp(1j * sum(a for a in angles if isinstance(a, float))))
