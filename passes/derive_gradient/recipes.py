"""The templates of the exact methods, row by row."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from qdsl.ir.batch import Site, WordRotation
from qdsl.ir.light_cone import cone_of_words
from qdsl.ir.paulis import Basis, PauliWord, common_basis, of_term
from qdsl.ir.stages import Circuit, Expectation, Output, PauliTerm
from qdsl.passes.derive_gradient.blocks import CommutingBlock
from qdsl.passes.derive_gradient.writer import CircuitWriter, mean_of
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Shifted:
    """The source, with a number added to the angle of every one of these sites.

    Rows that no output depends on are left out.
    """

    sites: tuple[Site, ...]

    def circuit(self, source: Circuit) -> Circuit:
        kept = cone_of_words(source, words_of_outputs(source.outputs))
        writer = CircuitWriter(source, len(self.sites))
        slots = {(s.row, s.place): writer.slot(k) for k, s in enumerate(self.sites)}
        for i in np.flatnonzero(kept).tolist():
            row, pin = source.table.row(i), int(source.pin[i])
            mine = [slots.get((i, place)) for place in range(row.op.angles)]
            if any(s is not None for s in mine):
                writer.shifted(row, pin, mine)
            else:
                writer.row(row, pin)
        return writer.build(f"{source.name}_shifted", source.outputs)


@dataclass(frozen=True, slots=True)
class Hadamard:
    """The source with a word of one site controlled by an ancilla in `|+>`; the derivative with
    respect to the word's angle is the mean of Y on the ancilla times the observable."""

    site: Site
    rotation: WordRotation

    def circuit(self, source: Circuit) -> Circuit:
        kept = cone_of_words(source, words_of_outputs(source.outputs))
        writer = CircuitWriter(source, extra=1)
        ancilla, pin = source.n_qubits, self.site.pin
        for i in np.flatnonzero(kept).tolist():
            writer.row(source.table.row(i), int(source.pin[i]))
            if i == self.site.row:
                writer.gate("h", (ancilla,), pin)
                writer.controlled_word(ancilla, self.rotation.word, pin)
        outputs = [_times_y(output, ancilla) for output in source.outputs]
        return pruned(writer.build(f"{source.name}_hadamard", outputs))


@dataclass(frozen=True)
class CommutingBlockGradient:
    """Forwards, `exp(-i s pi/4 P0)` at the node that measures P0, backwards to the boundary of a
    block, and there the common basis of its words, at its owner.

    With an ancilla in `|+>` instead, P0 is controlled, and Y on the ancilla takes the place of
    -s. The ancilla stays with the observable.
    """

    word: PauliWord
    owner: int
    block: CommutingBlock
    with_ancilla: bool = False

    @cached_property
    def basis(self) -> Basis:
        return common_basis([r.word for r in self.block.readings])

    def circuit(self, source: Circuit) -> Circuit:
        ancilla, extra = source.n_qubits, int(self.with_ancilla)
        writer = CircuitWriter(source, free=1 - extra, extra=extra)
        kicked(writer, self.word, self.owner, self.block.last, ancilla if extra else None)
        return pruned(self._read(writer, ancilla))

    def _read(self, writer: CircuitWriter, ancilla: int) -> Circuit:
        """The basis change, and a move to the owner, who alone is to see the outcomes."""
        basis, pin = self.basis, self.block.pin
        writer.gates(basis.gates, pin)
        if pin >= 0:
            mask = 0
            for image in basis.images:
                mask |= image.z
            writer.gate("move", [q for q in range(mask.bit_length()) if (mask >> q) & 1], pin)
        outputs = [mean_of(image) for image in basis.images]
        if self.with_ancilla:
            outputs = [_times_y(output, ancilla) for output in outputs]
        return writer.build(f"{writer.source.name}_kick", outputs)


def kicked(
    writer: CircuitWriter, word: PauliWord, owner: int, last: int, ancilla: int | None = None
) -> None:
    """Forwards, the kick by a number of the template or controlled by an ancilla, and backwards
    to the boundary after row `last`."""
    source = writer.source
    kept = np.flatnonzero(cone_of_words(source, (word,))).tolist()
    for i in kept:
        writer.row(source.table.row(i), int(source.pin[i]))
    if ancilla is None:
        writer.rotation(word, (0.0, [(1.0, writer.slot(0))]), owner)
    else:
        writer.gate("h", (ancilla,), owner)
        writer.controlled_word(ancilla, word, owner)
    for i in reversed(kept):
        if i > last:
            writer.undo(source.table.row(i), int(source.pin[i]))


def words_of_outputs(outputs: tuple[Output, ...]) -> tuple[PauliWord, ...]:
    return tuple(of_term(t.paulis) for o in outputs if isinstance(o, Expectation) for t in o.terms)


def _times_y(output: Output, ancilla: int) -> Expectation:
    assert isinstance(output, Expectation)
    y = ((ancilla, "Y"),)
    return Expectation(tuple(PauliTerm(t.coefficient, t.paulis + y) for t in output.terms))


def pruned(circuit: Circuit) -> Circuit:
    """Without the rows that no output depends on."""
    kept = cone_of_words(circuit, words_of_outputs(circuit.outputs))
    if kept.all():
        return circuit
    writer = CircuitWriter(circuit)
    for i in np.flatnonzero(kept).tolist():
        writer.row(circuit.table.row(i), int(circuit.pin[i]))
    return writer.build(circuit.name, circuit.outputs)
