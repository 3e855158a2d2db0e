"""Resynthesis of a circuit for qubits that live at given nodes (`rotations`, `frames`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Final

from qdsl.ir.operations import BY_NAME, OPERATIONS
from qdsl.ir.paulis import Pauli, pauli_on
from qdsl.ir.stages import Circuit
from qdsl.ir.table import TableBuilder
from qdsl.passes.canonicalize.expansions import to_z
from qdsl.passes.canonicalize.merging import Sums
from qdsl.passes.canonicalize.rows import Draft, drafts
from qdsl.passes.canonicalize.writing import rewritten, widest_gate
from qdsl.passes.partition.resynthesis.pauli_frames import Joint, RotatedStep, synthesised
from qdsl.passes.partition.resynthesis.pauli_rotations import (
    CliffordFrame,
    PauliRotation,
    rotations,
)
from qdsl.records import dataclass

_CODE: Final = {name: op.code for name, op in BY_NAME.items()}
MOST_ROTATIONS: Final = 4000
MOST_ROWS: Final = 50_000  # of gadgets so many take minutes to write anew
LETTERS: Final = " XZY"


@dataclass(frozen=True, slots=True)
class Gadgets:
    """A circuit as rotations, and for every qubit what the Clifford operation after them does."""

    circuit: Circuit
    rotations: list[PauliRotation]
    left: list[tuple[Pauli, Pauli]]


def gadgets_of(circuit: Circuit) -> Gadgets | None:
    """The rotations of a circuit; None where it has pins, conditions, measurements or the like,
    or leaves a Clifford operation on several qubits."""
    table = circuit.table
    if not 0 < len(table) <= MOST_ROWS or (circuit.pin >= 0).any() or (table.cond >= 0).any():
        return None
    rows = drafts(circuit)
    if circuit.disclosures or not all(OPERATIONS[r.code].is_unitary for r in rows):
        return None
    read, frame = rotations(rows, table.words, circuit.n_qubits, Sums(circuit.values))
    left = frame.local()
    if left is None or not 0 < len(read) <= MOST_ROTATIONS:
        return None
    return Gadgets(circuit, read, left)


def resynthesized(found: Gadgets, home: Sequence[int], ahead: int, gain: float) -> Circuit:
    """The circuit as rotations about words that are short at every node."""
    circuit, rotations = found.circuit, found.rotations
    sums = Sums(circuit.values)
    builder = TableBuilder(circuit.table.words, circuit.table.spans)
    steps = synthesised(rotations, home, widest_gate(circuit), ahead, gain)
    rows = list(_rows(rotations, steps, builder, sums))
    for q, images in enumerate(found.left):
        rows += [_plain(name, (q,), rows[-1]) for name in _clifford(*_on_one(images, q))]
    return rewritten(circuit, rows, sums, builder.build().words)


def _rows(
    rotations: Sequence[PauliRotation],
    steps: list[Joint | RotatedStep],
    builder: TableBuilder,
    sums: Sums,
) -> Iterator[Draft]:
    like = Draft(-1, (), -1, -1, -1, rotations[0].span, -1, rotations[0].source)
    for step in steps:
        if isinstance(step, RotatedStep):
            rotation = rotations[step.index]
            like = replace(like, span=rotation.span, source=rotation.source)
            yield _rotation_row(step, rotation, like, builder, sums)
        else:
            yield from _joint(step, like)


def _rotation_row(
    step: RotatedStep, rotation: PauliRotation, like: Draft, builder: TableBuilder, sums: Sums
) -> Draft:
    angle = sums.add(*rotation.angle(step.is_negative))
    word = builder.word(step.letters)
    return replace(like, code=_CODE["rot"], operands=step.qubits, angle=angle, attr=word)


def _joint(step: Joint, like: Draft) -> Iterator[Draft]:
    inverse = {"h": "h", "s": "sdg", "sdg": "s"}
    around = [
        (change.name, q)
        for q, letter in zip(step.qubits, step.letters, strict=True)
        for change in to_z(LETTERS[letter], 0)
    ]
    for name, q in around:
        yield _plain(name, (q,), like)
    yield _plain("cz", step.qubits, like)
    for name, q in reversed(around):
        yield _plain(inverse[name], (q,), like)


def _plain(name: str, qubits: tuple[int, ...], like: Draft) -> Draft:
    return replace(like, code=_CODE[name], operands=qubits, angle=-1, attr=-1)


def _on_one(images: tuple[Pauli, Pauli], qubit: int) -> tuple[Pauli, Pauli]:
    x, z = images
    return Pauli(x.x >> qubit, x.z >> qubit, x.phase), Pauli(z.x >> qubit, z.z >> qubit, z.phase)


@cache
def _clifford(x: Pauli, z: Pauli) -> tuple[str, ...]:
    """Gates on one qubit, a product of which takes X to x and Z to z (as `CliffordFrame` does)."""
    for length in range(8):
        for names in product(("h", "s"), repeat=length):
            frame = CliffordFrame(1)
            for name in names:
                for factor in BY_NAME[name].body:
                    quarters = round(factor.angle.constant / 1.5707963267948966)
                    frame.rotate(pauli_on(factor.word, (0,)), quarters)
            if (frame.x[0], frame.z[0]) == (x, z):
                return names
    raise AssertionError("the images are not those of a Clifford operation")
