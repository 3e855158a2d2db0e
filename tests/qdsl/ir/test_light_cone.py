"""A circuit of what an output can depend on returns the same, and nothing easy is left in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qdsl.gradient.states import Setting, distribution, states
from qdsl.ir.light_cone import cone_of_words, light_cone
from qdsl.ir.operations import BY_NAME, Kind
from qdsl.ir.paulis import of_term
from qdsl.ir.stages import (
    Circuit,
    Eigenvalue,
    Expectation,
    Output,
    Overlap,
    PauliTerm,
    Probability,
    Sample,
)
from qdsl.ir.table import TableBuilder
from qdsl.ir.values import DataReference, ValueVector
from tests.build import Line, circuit

Conditions = dict[int, tuple[int, int]]

N = 4  # qubits of the random circuits
ONE = ("h", "x", "s", "t", "sx", "rx", "ry", "rz", "p", "u", "id", "measure", "reset")
MORE = ("cx", "cz", "cy", "cp", "crx", "cry", "crz", "ch", "rxx", "rzz", "swap", "rot")
WIDE = ("ccx", "ccz", "cswap", "diagonal", "relabel", "reflect")
GATES = ONE + MORE + WIDE
VECTORS = (
    ValueVector("w", "param", "angle", (24,), None, 0),
    ValueVector("d", "data", "real", (4,), None, 24),
    ValueVector("m", "data", "matching", (2, 2), None, 28),
)
REFERENCES = (DataReference("d", "real", 24, (4,)), DataReference("m", "matching", 28, (2, 2)))


def word(text: str) -> Expectation:
    """`"Z0 X1"`."""
    return Expectation((PauliTerm(1.0, tuple((int(p[1:]), p[0]) for p in text.split())),))


def kept(made: Circuit, output: Output) -> list[bool]:
    found: list[bool] = light_cone(made, (output,)).tolist()
    return found


# ---- by hand ------------------------------------------------------------------------------


@pytest.mark.parametrize(("line", "read", "matters"), [
    (("rz", [0], 0.3), "Z0", False),
    (("rz", [0], 0.3), "X0", True),
    (("rx", [0], 0.3), "X0", False),
    (("rz", [1], 0.3), "Z0", False),
    (("u", [0], 0.1, 0.2, 0.3), "Z0", True),
    (("cp", [0, 1], 0.3), "Z0", False),
    (("cp", [0, 1], 0.3), "X0", True),
    (("cx", [0, 1]), "Z0", False),
    (("cx", [0, 1]), "Z1", True),
    (("cx", [0, 1]), "X1", False),
    (("cry", [0, 1], 0.3), "Z0", False),
    (("cry", [0, 1], 0.3), "Y1", False),
    (("cry", [0, 1], 0.3), "Z1", True),
    (("rzz", [0, 1], 0.3), "Z0 Z1", False),
    (("rzz", [0, 1], 0.3), "X0 X1", False),  # not letter by letter, but as words
    (("rzz", [0, 1], 0.3), "X0", True),
    (("swap", [0, 1]), "Z0 Z1", False),
    (("swap", [0, 1]), "Z0", True),
    (("rot", [0, 2], "XY", 0.3), "X0 Z1 Y2", False),
    (("diagonal", [0, 1], 0), "Z0", False),
    (("diagonal", [0, 1], 0), "X0 X1", True),  # though Z Z commutes with X X
    (("diagonal", [0, 1], 0), "X2", False),
    (("reflect", [0, 1], 0), "Z0", True),
    (("relabel", [0, 1], 1), "Z2", False),
])  # fmt: skip
def test_one_operation(line: Line, read: str, matters: bool) -> None:
    made = circuit(3, [line], vectors=VECTORS, references=REFERENCES)
    assert kept(made, word(read)) == [matters]


W = (0.0, ((1.0, 0),))


@pytest.mark.parametrize(("lines", "output", "found"), [
    # the axis that is read is followed through Clifford gates, also where there are several words
    ([("rx", [0], W), ("h", [0])], word("Z0"), "01"),
    ([("rz", [0], W), ("rz", [1], W), ("cx", [0, 1])], word("Z1"), "001"),
    ([("rz", [0], W), ("rz", [1], W), ("cx", [0, 1])], Sample((1,)), "001"),
    ([("rz", [0], W), ("swap", [0, 1]), ("rz", [0], W)], Sample((1,)), "010"),
    # a control is read in Z, a target in any way
    ([("rz", [0], W), ("cry", [0, 1], W), ("rz", [1], W)], word("Z1"), "010"),
    ([("rz", [1], W), ("cry", [0, 1], W)], word("Z1"), "11"),
    # samples and probabilities are read in Z, or in the basis that is given
    ([("rz", [0], W), ("rzz", [0, 1], W), ("diagonal", [0, 1], 0)], Sample((0, 1)), "000"),
    ([("rz", [0], W), ("rx", [1], W)], Probability((0, 1)), "01"),
    ([("rz", [0], W), ("rx", [1], W)], Probability((0, 1), letters="XX"), "10"),
    # a permutation of basis states leaves what is diagonal so
    ([("rz", [2], W), ("ccx", [0, 1, 2])], Sample((0, 1, 2)), "01"),
    ([("diagonal", [0, 1], 0), ("relabel", [0, 1], 1)], Sample((0, 1)), "01"),
    # two words read two axes, and both matter
    ([("rz", [0], W), ("rx", [0], W)],
     Expectation((PauliTerm(1.0, ((0, "Z"),)), PauliTerm(0.5, ((0, "X"),)))), "11"),
    ([("rz", [0], W)],
     Expectation((PauliTerm(1.0, ((0, "Z"),)), PauliTerm(0.0, ((0, "X"),)))), "0"),
    # anything can matter to what is not understood
    ([("rz", [0], W)], Overlap((0,), (1,)), "1"),
    ([("rz", [0], W)], Eigenvalue((0,), REFERENCES[0]), "1"),
    ([("rz", [2], W)], Overlap((0,), (1,)), "0"),
])  # fmt: skip
def test_several_operations(lines: list[Line], output: Output, found: str) -> None:
    made = circuit(3, lines, vectors=VECTORS, references=REFERENCES)
    assert kept(made, output) == [c == "1" for c in found]


def test_measured_bits() -> None:
    lines = [("rz", [0], W), ("rx", [0], W), ("rz", [0], W), ("measure", [0], 0), ("x", [1])]
    made = circuit(2, lines, vectors=VECTORS, conditions={4: (0, 1)}, n_bits=1)
    assert kept(made, word("Z1")) == [True, True, False, True, True]
    assert kept(made, word("X1")) == [False] * 5  # the condition changes nothing that is read
    assert kept(made, word("Z0")) == [True, True, False, False, False]
    assert kept(made, word("X0")) == [True, True, False, True, False]


def test_what_is_reset_is_forgotten() -> None:
    lines = [("rx", [0], W), ("reset", [0]), ("rx", [0], W)]
    made = circuit(1, lines, vectors=VECTORS)
    assert kept(made, word("Z0")) == [False, True, True]
    made = circuit(2, lines, vectors=VECTORS, conditions={1: (0, 1)}, n_bits=1)
    assert kept(made, word("Z0")) == [True, True, True]


def test_moves_are_where_their_qubits_are_read() -> None:
    made = circuit(2, [("move", [0]), ("move", [1]), ("rz", [0], W)], vectors=VECTORS)
    assert kept(made, word("Z0")) == [True, False, False]


# ---- at random ------------------------------------------------------------------------------


def lines_of(rng: np.random.Generator, length: int) -> tuple[list[Line], Conditions]:
    lines: list[Line] = []
    conditions: Conditions = {}
    for i in range(length):
        op = BY_NAME[str(rng.choice(GATES))]
        qubits = rng.permutation(N)[: op.arity or 2].tolist()
        rest: list[object] = []
        if op.name == "rot":
            rest = ["".join(rng.choice(list("XYZ"), 2))]
        elif op.kind is Kind.ENCODE:
            rest = [int(op.name == "relabel")]
        elif op.name == "measure":
            rest = [int(rng.integers(2))]
        angles = [(0.0, ((1.0, int(rng.integers(24))),)) for _ in range(op.angles)]
        lines.append((op.name, qubits, *rest, *angles))
        if op.is_unitary and op.name != "id" and rng.random() < 0.25:
            conditions[i] = (int(rng.integers(2)), int(rng.integers(2)))
    return lines, conditions


def only(made: Circuit, rows: np.ndarray) -> Circuit:
    builder = TableBuilder(made.table.words, made.table.spans)
    for i in np.flatnonzero(rows).tolist():
        builder.copy(made.table.row(i))
    return replace(made, table=builder.build(), pin=made.pin[rows])


def shares(made: Circuit, slots: np.ndarray, letters: tuple[tuple[int, str], ...]) -> np.ndarray:
    setting = Setting(letters, np.zeros(0, np.int64), np.zeros(0), ())
    found: np.ndarray = distribution(states(made, slots[None]), N, setting)[0]
    return found


def random_circuit(rng: np.random.Generator) -> Circuit:
    lines, conditions = lines_of(rng, 16)
    return circuit(
        N, lines, conditions=conditions, n_bits=2, vectors=VECTORS, references=REFERENCES
    )


@pytest.mark.parametrize("seed", range(30))
def test_the_rest_returns_the_same(seed: int) -> None:
    """Whatever the values are: for an expectation of a word, and for samples in any basis."""
    rng = np.random.default_rng(seed)
    for _ in range(6):
        made = random_circuit(rng)
        slots = np.concatenate([rng.uniform(-3, 3, 28), rng.permutation(4)])
        qubits = sorted(rng.permutation(N)[: 1 + seed % 3].tolist())
        letters = tuple((q, str(rng.choice(list("ZZXY")))) for q in qubits)
        whole = shares(made, slots, letters)
        basis = Probability(tuple(qubits), letters="".join(p for _, p in letters))
        assert np.allclose(shares(only(made, light_cone(made, (basis,))), slots, letters), whole)

        signs = (-1.0) ** np.array([k.bit_count() for k in range(2 ** len(qubits))])
        mean = Expectation((PauliTerm(1.0, letters),))
        for rows in (light_cone(made, (mean,)), cone_of_words(made, [of_term(letters)])):
            found = shares(only(made, rows), slots, letters)
            assert signs @ found == pytest.approx(signs @ whole, abs=1e-9)


def test_something_is_left_out() -> None:
    """Of what touches a qubit that is read, or is joined to one, about an eighth or more."""
    rng = np.random.default_rng(5)
    left = total = 0
    for _ in range(40):
        made = random_circuit(rng)
        rows = light_cone(made, (Sample(tuple(range(N))),))
        left, total = left + int((~rows).sum()), total + len(rows)
    assert 0.12 < left / total < 0.6


def test_many_words_are_followed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[Line] = [("rz", [0], W), ("cx", [0, 1]), ("rx", [1], W), ("rz", [2], W)]
    made = circuit(3, lines, vectors=VECTORS)
    output = Expectation((PauliTerm(1.0, ((1, "Z"),)), PauliTerm(1.0, ((2, "Z"),))))
    assert kept(made, output) == [False, True, True, False]
    monkeypatch.setattr("qdsl.ir.light_cone.MOST_STEPS", 0)
    assert kept(made, output) == [False, True, True, False]
