"""Cat layers: what a node does to a register that stays elsewhere, as rotations about Z only.

A node's angles are private, the words they turn about are public. So the register's home does
all Clifford operations, and turns every commuting group of words into words of Z on as few
qubits as there are independent words: r of them. The owner rotates cat copies of these: r ebits
for the group, instead of two hand-overs of the register.
"""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.ir.operations import Kind
from qdsl.ir.paulis import PauliWord, common_basis, conjugated
from qdsl.ir.stages import Circuit
from qdsl.ir.table import Row
from qdsl.passes.derive_gradient.sites import composed, words_of
from qdsl.passes.derive_gradient.writer import CircuitWriter
from qdsl.records import dataclass

_UNDONE = {"h": "h", "sdg": "s", "cx": "cx"}


@dataclass(frozen=True, slots=True)
class _Turned:
    """A rotation of a remote row: its word, pulled back to where the run begins, its angle as
    an expression in slots, and the source place."""

    word: PauliWord
    expression: tuple[float, list[tuple[float, int]]]
    span: int


def with_cats(circuit: Circuit, home: int) -> Circuit:
    """The circuit with every run of unitary rows of another node than `home` written so.

    Runs with encodings stay as they are.
    """
    writer = CircuitWriter(circuit)
    for pin, rows in _runs(circuit):
        remote = pin >= 0 and pin != home and all(r.op.is_unitary and r.cond < 0 for r in rows)
        if remote:
            _write_run(writer, rows, pin, home)
        else:
            for row in rows:
                writer.row(row, pin)
    return writer.build(circuit.name, circuit.outputs)


def _runs(circuit: Circuit) -> Iterator[tuple[int, list[Row]]]:
    """Consecutive rows with one pin."""
    run: list[Row] = []
    last = -2
    for row, pin in zip(circuit.table, circuit.pin.tolist(), strict=True):
        if run and (pin != last or (row.op.kind is Kind.UNITARY) != run[0].op.is_unitary):
            yield last, run
            run = []
        run.append(row)
        last = pin
    if run:
        yield last, run


def _write_run(writer: CircuitWriter, rows: list[Row], owner: int, home: int) -> None:
    """`C_k .. R_2 C_1 R_1` as all rotations, pulled through what is before them, and then the
    Clifford rows, at home."""
    source = writer.source
    group: list[_Turned] = []
    cliffords: list[Row] = []
    for row in rows:
        if _is_clifford(row):
            cliffords.append(row)
            continue
        for word, angle in words_of(source, row):
            pulled = word
            for c in reversed(cliffords):
                image = conjugated(pulled, c.op, c.operands, backwards=True)
                assert image is not None
                pulled = image
            if not pulled.support:
                continue
            turned = _Turned(pulled, composed(source.values, angle, row), row.span)
            if not all(pulled.commutes(g.word) for g in group):
                _write_group(writer, group, owner, home)
                group = []
            group.append(turned)
    _write_group(writer, group, owner, home)
    for c in cliffords:
        writer.row(c, home)


def _is_clifford(row: Row) -> bool:
    if row.op.angles:
        return False
    n = len(row.operands)
    letters = [PauliWord(1 << q, 0) for q in range(n)] + [PauliWord(0, 1 << q) for q in range(n)]
    return all(conjugated(w, row.op, range(n)) is not None for w in letters)


def _write_group(writer: CircuitWriter, group: list[_Turned], owner: int, home: int) -> None:
    if not group:
        return
    basis = common_basis([t.word for t in group], compress=True)
    writer.gates(basis.gates, home)
    for turned, image in zip(group, basis.images, strict=True):
        writer.rotation(image, turned.expression, owner, turned.span)
    writer.gates([(_UNDONE[name], qubits) for name, qubits in reversed(basis.gates)], home)
