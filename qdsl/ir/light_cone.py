"""Which operations what is returned can depend on, found by going back from what is read.

What is read is a Pauli word as long as it is known to be one (through Clifford gates, and past what
it commutes with), and afterwards, for every qubit, the one letter of all that is read there:
nothing, X, Y, Z, or `ANY` for more than one. An operation that commutes with these letters changes
nothing that is read. All of this is exact in the Heisenberg picture, whatever the angles are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import BY_NAME, Kind
from qdsl.ir.paulis import PauliWord, conjugated, of_term, word_on
from qdsl.ir.stages import Circuit, Eigenvalue, Expectation, Output, Overlap, Probability
from qdsl.ir.table import Row
from qdsl.records import dataclass

Flags = npt.NDArray[np.bool_]

NOTHING: Final = "I"
ANY: Final = "*"
MOST_STEPS: Final = 1_000_000  # operations times words that are followed one by one

# Permutations of basis states: what is diagonal stays diagonal. `relabel` is one for all data.
_PERMUTATIONS: Final = frozenset({"x", "cx", "swap", "ccx", "cswap", "relabel"})


def light_cone(circuit: Circuit, outputs: Sequence[Output] | None = None) -> Flags:
    """Which operations these outputs (None: all that the circuit returns) can depend on, bool[n]:
    a circuit of these alone returns the same, whatever the values are. Moves and barriers are in
    it where their qubits are. What loads the numbers whose norm an output is multiplied by is, too.
    """
    found = circuit.outputs if outputs is None else tuple(outputs)
    kept = _kept(circuit, [r for o in found for r in _readings(o)])
    scaled = {s.reference for o in found if isinstance(o, Expectation | Eigenvalue)
              for s in o.scales}  # fmt: skip
    for i in range(len(circuit.table)) if scaled else ():
        row = circuit.table.row(i)
        if row.op.kind is Kind.ENCODE and circuit.values.references[row.attr] in scaled:
            kept[i] = True
    return kept


def cone_of_words(circuit: Circuit, words: Iterable[PauliWord]) -> Flags:
    """The same for the means of Pauli words."""
    return _kept(circuit, [_Reading(w, {}) for w in words])


def _kept(circuit: Circuit, readings: list[_Reading]) -> Flags:
    if len(readings) * len(circuit.table) > MOST_STEPS:
        readings = [_together(readings)]
    kept = np.zeros(len(circuit.table), np.bool_)
    for i in range(len(circuit.table) - 1, -1, -1):
        row = circuit.table.row(i)
        reached = [r.back(circuit, row) for r in readings]
        kept[i] = any(reached)
    return kept


def _readings(output: Output) -> list[_Reading]:
    match output:
        case Expectation():
            words = dict.fromkeys(of_term(t.paulis) for t in output.terms if t.coefficient)
            return [_Reading(w, {}) for w in words if w.support]
        case Overlap():
            return [_Reading(None, dict.fromkeys((*output.left, *output.right), ANY))]
        case Eigenvalue():
            return [_Reading(None, dict.fromkeys((*output.flags, *output.qubits), ANY))]
        case Probability(letters=letters) if letters:
            return [_Reading(None, dict(zip(output.qubits, letters, strict=True)))]
    return [_Reading(None, dict.fromkeys(output.qubits, "Z"))]


# ---- what is read, at one time ----------------------------------------------------------


@dataclass(slots=True)
class _Reading:
    """A word, or, where that is None, `letters` by qubit and classical `bits`: some operator made
    of these letters."""

    word: PauliWord | None
    letters: dict[int, str]
    bits: set[int] = field(default_factory=set)

    def back(self, circuit: Circuit, row: Row) -> bool:
        """Step back over an operation; whether what is read depends on it."""
        read = self._at(row.operands)
        told = row.op.kind is Kind.MEASURE and row.attr in self.bits
        if not told and read == NOTHING * len(read):
            return False
        match row.op.kind:
            case Kind.MOVE | Kind.BARRIER:
                return True
            case Kind.MEASURE:
                return self._measured(row, told)
            case Kind.RESET:
                self._spread()
                if row.cond < 0:
                    self.letters.pop(row.operands[0])
                self._conditional(row)
                return True
        return self._changed(circuit, row, read)

    def _at(self, qubits: tuple[int, ...]) -> str:
        if self.word is None:
            return "".join(self.letters.get(q, NOTHING) for q in qubits)
        x, z = self.word.x, self.word.z
        return "".join("IZXY"[2 * (x >> q & 1) + (z >> q & 1)] for q in qubits)

    def _measured(self, row: Row, told: bool) -> bool:
        """Before a measurement a qubit is read in Z, whatever becomes of it."""
        (q,) = row.operands
        read = self._at(row.operands)
        if not told and read == "Z":
            return False
        self._spread()
        if row.cond < 0:
            self.bits.discard(row.attr)
            read = NOTHING
        self.letters[q] = _either(read, "Z")
        self._conditional(row)
        return True

    def _changed(self, circuit: Circuit, row: Row, read: str) -> bool:
        words = _words(circuit, row)
        if self.word is not None:
            if _commutes(self.word, words, row.operands):
                return False
            if row.cond < 0 and not row.op.angles:
                image = conjugated(self.word, row.op, row.operands, backwards=True)
                if row.op.kind is Kind.UNITARY and image is not None:
                    self.word = image
                    return True
        before = _before(row.op.name, words, read, row.cond >= 0)
        if before is None:
            return False
        self._spread()
        self.letters.update(zip(row.operands, before, strict=True))
        self._conditional(row)
        return True

    def _spread(self) -> None:
        """From here on by letters."""
        if self.word is not None:
            self.letters, self.word = dict(self.word.letters()), None

    def _conditional(self, row: Row) -> None:
        if row.cond >= 0:
            self.bits.add(row.cond >> 1)


def _together(readings: Iterable[_Reading]) -> _Reading:
    """All in one, by letters."""
    found: dict[int, str] = {}
    for r in readings:
        letters: Mapping[int, str] = r.letters if r.word is None else dict(r.word.letters())
        for q, letter in letters.items():
            found[q] = _either(found.get(q, NOTHING), letter)
    return _Reading(None, found)


def _either(a: str, b: str) -> str:
    """The letter of what is read of one qubit in two ways."""
    return b if a in (NOTHING, b) else a if b == NOTHING else ANY


# ---- operations --------------------------------------------------------------------------


def _words(circuit: Circuit, row: Row) -> tuple[str, ...] | None:
    """Pauli words of which products a row is made, whatever its values are; None: not known."""
    if row.op.name == "rot":
        return (circuit.table.words[row.attr],)
    if row.op.name == "diagonal":
        n = len(row.operands)
        return tuple("I" * k + "Z" + "I" * (n - 1 - k) for k in range(n))
    return tuple(r.word for r in row.op.body) if row.op.kind is Kind.UNITARY else None


def _commutes(word: PauliWord, words: Sequence[str] | None, qubits: tuple[int, ...]) -> bool:
    return words is not None and all(word.commutes(word_on(w, qubits)) for w in words)


@lru_cache(8192)
def _before(
    name: str, words: tuple[str, ...] | None, read: str, is_conditional: bool
) -> str | None:
    """The letters read before an operation, `read` being those after it; None if it commutes
    with everything that is made of them."""
    is_permuted = name in _PERMUTATIONS and set(read) <= {NOTHING, "Z"}
    if words is None:
        return ("Z" if is_permuted else ANY) * len(read)
    if all(r in (NOTHING, c) or c == NOTHING for w in words for c, r in zip(w, read, strict=True)):
        return None
    found = None if is_conditional else _images(name, read)
    if found is not None:
        return found
    if is_permuted:
        return "Z" * len(read)
    columns = [set(column) - {NOTHING} for column in zip(*words, strict=True)]
    return "".join(_along(c, r) for c, r in zip(columns, read, strict=True))


def _along(axes: set[str], read: str) -> str:
    """On one operand: an operation about one axis leaves what is read along it there."""
    if not axes:
        return read
    (axis, *more) = axes
    return axis if not more and read in (NOTHING, axis) else ANY


def _images(name: str, read: str) -> str | None:
    """Where a fixed Clifford gate takes the letters that are read, each by itself; None for other
    operations."""
    op = BY_NAME[name]
    if op.angles or op.kind is not Kind.UNITARY:
        return None
    found = [NOTHING] * len(read)
    qubits = tuple(range(len(read)))
    for q, letter in enumerate(read):
        for generator in {NOTHING: "", ANY: "XZ"}.get(letter, letter):
            image = conjugated(word_on(generator, (q,)), op, qubits, backwards=True)
            if image is None:
                return None
            for at, other in image.letters():
                found[at] = _either(found[at], other)
    return "".join(found)


def encoded_parameter(circuit: Circuit) -> tuple[str, str] | None:
    """An operation that encodes a parameter as numbers, and the parameter; None without one."""
    role = {vector.name: vector.role for vector in circuit.values.vectors}
    for row in circuit.table:
        if row.op.kind is Kind.ENCODE:
            name = circuit.values.references[row.attr].vector
            if role[name] == "param":
                return row.op.name, name
    return None
