"""Whether a gradient can be seen at all: the mean squared derivative at random parameters.

Exact, by the recurrence mu <- g^+ mu, nu <- g^+ nu, dL = Im <nu|P|mu>, many parameter draws at a
time. Only for circuits deep enough to scramble and small enough to simulate.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import Affine, Kind, Rotation
from qdsl.ir.stages import Circuit, Expectation
from qdsl.ir.state_vectors import word_action
from qdsl.ir.table import Row
from qdsl.records import dataclass

DRAWS = 48
FEWEST, MOST = 4, 8  # qubits
LONGEST = 3000  # operations
MARGIN = 3.0
_PREPARING = ("amplitude", "diagonal", "relabel")

States = npt.NDArray[np.complex128]
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Signal:
    """`largest`: over parameters, the largest mean squared derivative; `scrambled`: what a random
    state gives, 1 / (2^n + 1), times the square of the observable's norm."""

    qubits: int
    largest: float
    scrambled: float

    @property
    def is_lost(self) -> bool:
        return self.largest <= MARGIN * self.scrambled

    @property
    def says(self) -> str:
        return (
            f"no trainable signal: no derivative is larger than {math.sqrt(self.largest):.2g} "
            f"in root mean square over random parameters; a random state of {self.qubits} "
            f"qubits gives {math.sqrt(self.scrambled):.2g}"
        )


def signal_of(circuit: Circuit) -> Signal | None:
    """None where the circuit cannot scramble, or is not looked at: see the limits above."""
    outputs = circuit.outputs
    if len(outputs) != 1 or not isinstance(outputs[0], Expectation) or outputs[0].scales:
        return None
    if not FEWEST <= circuit.n_qubits <= MOST or len(circuit.table) > LONGEST:
        return None
    if _depth(circuit) < 2 * circuit.n_qubits or not _is_simple(circuit):
        return None
    terms = [(t.coefficient, dict(t.paulis)) for t in outputs[0].terms if t.paulis]
    if not terms:
        return None
    largest = float(_mean_squares(circuit, terms).max(initial=0.0))
    norm = sum(c * c for c, _ in terms)
    return Signal(circuit.n_qubits, largest, norm / (2**circuit.n_qubits + 1))


def _depth(circuit: Circuit) -> int:
    """The longest chain of operations of several qubits."""
    at = [0] * circuit.n_qubits
    for row in circuit.table:
        if len(row.operands) > 1 and row.op.kind in (Kind.UNITARY, Kind.ENCODE):
            reached = 1 + max(at[q] for q in row.operands)
            for q in row.operands:
                at[q] = reached
    return max(at, default=0)


def _is_simple(circuit: Circuit) -> bool:
    """Rotations and gates, after encodings of data that a fixed state stands in for, all of them in
    front of the gates on their qubits; with parameters."""
    values = circuit.values
    role = {v.name: v.role for v in values.vectors}
    turned: set[int] = set()
    for row in circuit.table:
        if row.cond >= 0:
            return False
        if row.op.kind is Kind.UNITARY:
            turned.update(row.operands)
        elif row.op.kind is Kind.ENCODE:
            is_first = turned.isdisjoint(row.operands) and row.op.name in _PREPARING
            if not is_first or role[values.references[row.attr].vector] == "param":
                return False
        elif row.op.name not in ("barrier", "move"):
            return False
    return "param" in role.values()


def _mean_squares(circuit: Circuit, terms: list[tuple[float, dict[int, str]]]) -> Reals:
    """By slot of a parameter, over random draws of all values; data are 0 and basis states."""
    values, n = circuit.values, circuit.n_qubits
    rng = np.random.default_rng(7)
    flat = np.zeros((values.n_slots, DRAWS))
    trained = np.zeros(values.n_slots, np.bool_)
    for v in values.vectors:
        if v.role == "param":
            trained[v.start : v.start + v.size] = True
            flat[v.start : v.start + v.size] = rng.uniform(0, 2 * np.pi, (v.size, DRAWS))
    turns = [(row, r) for row in circuit.table for r in _rotations(circuit, row)]
    angles = [_angles(circuit, row, r, flat) for row, r in turns]
    words = [_word(row, r) for row, r in turns]
    mu = np.zeros((2**n, DRAWS), np.complex128)
    mu[0] = 1.0
    for word, angle in zip(words, angles, strict=True):
        mu = _turned(mu, word, angle, n)
    nu = np.zeros_like(mu)
    for coefficient, word in terms:
        nu += coefficient * _applied(mu, word, n)
    gradient = np.zeros((values.n_slots, DRAWS))
    for (row, r), word, angle in reversed(list(zip(turns, words, angles, strict=True))):
        reached = _reached(circuit, row, r, flat, trained)
        if reached:
            derivative = np.einsum("ij,ij->j", nu.conj(), _applied(mu, word, n)).imag
            for slot, factor in reached:
                gradient[slot] += factor * derivative
        mu, nu = _turned(mu, word, -angle, n), _turned(nu, word, -angle, n)
    found: Reals = (gradient**2).mean(axis=1)
    return found


def _rotations(circuit: Circuit, row: Row) -> tuple[Rotation, ...]:
    if row.op.name == "rot":
        return (Rotation(circuit.table.words[row.attr], Affine(0.0, (1.0,))),)
    return row.op.body if row.op.kind is Kind.UNITARY else ()


def _word(row: Row, r: Rotation) -> dict[int, str]:
    return {q: c for q, c in zip(row.operands, r.word, strict=True) if c != "I"}


def _angles(circuit: Circuit, row: Row, r: Rotation, flat: Reals) -> Reals:
    values = circuit.values
    total = np.full(DRAWS, r.angle.constant)
    for c, e in zip(r.angle.coefficients, row.angles, strict=False):
        each = np.full(DRAWS, float(values.angles.constant[e]))
        for k, slot in values.angles.terms(e):
            each += k * flat[list(values.factors(slot))].prod(axis=0)
        total += c * each
    return total


def _reached(
    circuit: Circuit, row: Row, r: Rotation, flat: Reals, trained: npt.NDArray[np.bool_]
) -> list[tuple[int, Reals]]:
    """(slot, d angle / d slot) of the parameters behind a rotation."""
    found = []
    for c, e in zip(r.angle.coefficients, row.angles, strict=False):
        for k, slot in circuit.values.angles.terms(e) if c else ():
            factors = circuit.values.factors(slot)
            for i, f in enumerate(factors):
                if trained[f]:
                    others = [x for j, x in enumerate(factors) if j != i]
                    found.append((f, c * k * flat[others].prod(axis=0)))
    return found


def _applied(psi: States, word: dict[int, str], n: int) -> States:
    """P psi."""
    source, phase = word_action(n, "".join(word.values()), tuple(word))
    out: States = phase[:, None] * psi[source]
    return out


def _turned(psi: States, word: dict[int, str], angle: Reals, n: int) -> States:
    if not word:
        return psi
    out: States = np.cos(angle / 2) * psi - 1j * np.sin(angle / 2) * _applied(psi, word, n)
    return out
