"""Exact states of a template for many values at once, and what measuring them would show."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.request_error import Refused
from qdsl.ir.operations import Kind
from qdsl.ir.paulis import PauliWord, of_term
from qdsl.ir.stages import Circuit, Expectation
from qdsl.ir.state_vectors import PAULI_BASES, applied, unitary, word_action
from qdsl.ir.table import Row
from qdsl.passes.derive_gradient.sites import is_unitary
from qdsl.records import dataclass
from qdsl.verify.simulation.evolution import ChannelSide, Unaffordable, final_states

Floats = npt.NDArray[np.float64]
States = npt.NDArray[np.complex128]  # [batch, 2**n, columns]; qubit 0 is the most significant bit

MAX_AMPLITUDES = 2**24
_ENCODINGS = ("amplitude", "reflect", "diagonal", "relabel")


class CircuitTooLarge(Refused):
    """The circuit has too many qubits to be simulated."""


@dataclass(frozen=True, eq=False)
class Setting:
    """Words that are read together: a letter for each qubit that is measured, and for each word
    the place of its output and its coefficient."""

    letters: tuple[tuple[int, str], ...]
    outputs: npt.NDArray[np.int64]
    coefficients: Floats
    words: tuple[PauliWord, ...]

    @cached_property
    def signs(self) -> Floats:
        """Every word's value for every outcome, [2**len(letters), words]."""
        place = {q: k for k, (q, _) in enumerate(self.letters)}
        outcomes = np.arange(2 ** len(self.letters))
        found = np.ones((len(outcomes), len(self.words)))
        for w, word in enumerate(self.words):
            for q, _letter in word.letters():
                bit = (outcomes >> (len(self.letters) - 1 - place[q])) & 1
                found[:, w] *= 1 - 2 * bit
        return found

    @property
    def span(self) -> float:
        """The sum of |coefficients|."""
        return float(np.abs(self.coefficients).sum())

    def of_words(self, wanted: frozenset[PauliWord]) -> Setting:
        """The same qubits, read for these words only."""
        kept = np.array([w in wanted for w in self.words], np.bool_)
        words = tuple(w for w in self.words if w in wanted)
        return Setting(self.letters, self.outputs[kept], self.coefficients[kept], words)


def settings(circuit: Circuit) -> tuple[tuple[Setting, ...], Floats]:
    """The settings that read all expectations, each word in the first that allows it, and the
    constant part of every output."""
    constant = np.zeros(len(circuit.outputs))
    groups: list[tuple[dict[int, str], list[tuple[int, float, PauliWord]]]] = []
    for k, output in enumerate(circuit.outputs):
        assert isinstance(output, Expectation)
        for term in output.terms:
            if not term.paulis:
                constant[k] += term.coefficient
                continue
            wanted = dict(term.paulis)
            entry = (k, term.coefficient, of_term(term.paulis))
            for basis, words in groups:
                if all(basis.get(q, p) == p for q, p in wanted.items()):
                    basis.update(wanted)
                    words.append(entry)
                    break
            else:
                groups.append((wanted, [entry]))
    return tuple(_setting(basis, words) for basis, words in groups), constant


def _setting(basis: dict[int, str], words: list[tuple[int, float, PauliWord]]) -> Setting:
    return Setting(
        tuple(sorted(basis.items())),
        np.array([k for k, _, _ in words]),
        np.array([c for _, c, _ in words]),
        tuple(w for _, _, w in words),
    )


# ---- states -----------------------------------------------------------------------------


def chunks(circuit: Circuit, batch: int) -> Iterator[slice]:
    """Parts of a batch that fit in memory."""
    if 2**circuit.n_qubits > MAX_AMPLITUDES:
        raise CircuitTooLarge(f"{circuit.n_qubits} qubits are too many to be simulated here")
    size = max(1, MAX_AMPLITUDES // 2**circuit.n_qubits)
    yield from (slice(k, min(k + size, batch)) for k in range(0, batch, size))


def states(circuit: Circuit, slots: Floats) -> States:
    """Final states for slot values [batch, n_slots]; columns are what has been forgotten."""
    simple = all(
        r.op.is_unitary or r.op.name in _ENCODINGS or r.op.kind is Kind.MOVE for r in circuit.table
    )
    if is_unitary(circuit) and simple:
        return _pure(circuit, slots)[:, :, None]
    try:
        found = [final_states(ChannelSide.of(circuit), row, references=False) for row in slots]
    except Unaffordable as error:
        raise CircuitTooLarge(f"the state is too large to be simulated here: {error}") from None
    joined = [np.concatenate(list(memories.values()), axis=1) for memories in found]
    widest = max(m.shape[1] for m in joined)
    return np.stack([np.pad(m, ((0, 0), (0, widest - m.shape[1]))) for m in joined])


def _pure(circuit: Circuit, slots: Floats) -> npt.NDArray[np.complex128]:
    angles = _angles(circuit, slots)
    n = circuit.n_qubits
    state = np.zeros((len(slots),) + (2,) * n, np.complex128)
    state[(slice(None),) + (0,) * n] = 1
    for row in circuit.table:
        if row.op.kind is Kind.MOVE:
            continue
        if row.op.kind is Kind.ENCODE:
            state = _encoded(state, row, circuit, slots)
        elif not row.op.angles:
            state = _applied(_fixed(row.op), state, row.operands)
        elif row.op.name == "rot":
            state = _turned(
                state, circuit.table.words[row.attr], row.operands, angles[:, row.angle]
            )
        else:
            own = angles[:, row.angle : row.angle + row.op.angles]
            for r in row.op.body:
                turn = np.full(len(slots), r.angle.constant)
                for k, c in enumerate(r.angle.coefficients):
                    turn = turn + c * own[:, k]
                state = _turned(state, r.word, row.operands, turn)
    return state.reshape(len(slots), -1)


def _angles(circuit: Circuit, slots: Floats) -> Floats:
    values = circuit.values
    extra = [slots[:, list(p)].prod(axis=1) for p in values.products]
    extended = np.column_stack([slots, *extra]) if extra else slots
    a = values.angles
    rows = np.repeat(np.arange(len(a)), np.diff(a.term_start))
    out = np.repeat(a.constant[:, None], len(slots), axis=1)
    np.add.at(out, rows, a.coefficient[:, None] * extended[:, a.slot].T)
    return out.T


_fixed = cache(unitary)


def _applied(matrix: States, state: States, qubits: tuple[int, ...]) -> States:
    return applied(matrix, state, [q + 1 for q in qubits])


def _turned(state: States, letters: str, qubits: tuple[int, ...], angle: Floats) -> States:
    flat = state.reshape(len(state), -1)
    source, phase = _word(state.ndim - 1, letters, qubits)
    half = angle[:, None] / 2
    turned: States = np.cos(half) * flat - 1j * np.sin(half) * phase * flat[:, source]
    return turned.reshape(state.shape)


def _word(n: int, letters: str, qubits: tuple[int, ...]) -> tuple[Any, Any]:
    return (_small_word if n <= 8 else word_action)(n, letters, qubits)


_small_word = lru_cache(maxsize=2048)(word_action)


def _encoded(state: States, row: Row, circuit: Circuit, slots: Floats) -> States:
    reference = circuit.values.references[row.attr]
    data = slots[:, reference.start : reference.start + reference.size]
    k = len(row.operands)
    axes = [q + 1 for q in row.operands]
    flat = np.moveaxis(state, axes, range(1, k + 1))
    shape = flat.shape
    flat = flat.reshape(len(slots), 2**k, -1)
    wide = np.zeros((len(slots), 2**k))
    wide[:, : data.shape[1]] = data
    if row.op.name == "amplitude":
        norm = np.linalg.norm(wide, axis=1, keepdims=True)
        flat = (wide / np.where(norm > 0, norm, 1.0))[:, :, None] * flat[:, :1]
    elif row.op.name == "reflect":
        norm = np.linalg.norm(wide, axis=1, keepdims=True)
        axis = (wide / np.where(norm > 0, norm, 1.0))[:, :, None]
        flat = flat - 2 * axis * (axis * flat).sum(axis=1, keepdims=True)
    elif row.op.name == "diagonal":
        factor = np.pi if reference.kind == "bits" else 1.0
        flat = np.exp(1j * factor * wide)[:, :, None] * flat
    else:
        labels = np.tile(np.arange(2**k), (len(slots), 1))
        labels[:, : data.shape[1]] = data.round().astype(np.int64)
        flat = np.take_along_axis(flat, labels[:, :, None], axis=1)
    return np.moveaxis(flat.reshape(shape), range(1, k + 1), axes)


def distribution(state: States, n_qubits: int, setting: Setting) -> Floats:
    """Probabilities of the outcomes of a setting, [batch, 2**qubits measured]."""
    batch, _, columns = state.shape
    axes = state.reshape((batch,) + (2,) * n_qubits + (columns,))
    for q, letter in setting.letters:
        if letter != "Z":
            axes = _applied(PAULI_BASES[letter], axes, (q,))
    weight = np.abs(axes) ** 2
    kept = {q + 1 for q, _ in setting.letters}
    rest = tuple(a for a in range(1, weight.ndim) if a not in kept)
    shares: Floats = weight.sum(axis=rest).reshape(batch, -1)
    total: Floats = shares / shares.sum(axis=1, keepdims=True)
    return total
