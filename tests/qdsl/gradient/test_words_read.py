"""Of an observable of several words a shifted circuit reads those that depend on the angle."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, log

import numpy as np
import pytest

import qdsl
from qdsl.gradient.estimation import exact_means
from qdsl.gradient.planning import plan

SUM = """
model m() {
  param w: angle[5]
  qubits q[3]
  for i in 0..3 { ry(w[i]) q[i] }
  cz q[1], q[2]
  rx(w[3]) q[0]
  ry(w[4]) q[2]
  return expect(0.7 * X q[0] * Z q[1] - 0.4 * Z q[2] + Y q[0] - 0.2)
}
experiment fit of m {
  loss value
  gradient parameter_shift { shots 50 }
  train sgd(lr = 0.1) { steps 3, seed 1 }
}
"""
# by hand: a derivative of range W takes 50 W^2 executions, half at either shift; there the setting
# X Z . with . . Z and the setting Y . . share them by the sizes of the words that depend on it
BY_HAND = (
    2 * (30 + 43)  # w[0]: X Z and Y, W = 1.7, 72.25 at a shift
    + 2 * 31  # w[1]: X Z and Z, W = 1.1, 30.25 at a shift, one setting
    + 2 * 4  # w[2]: Z, W = 0.4
    + 2 * 25  # w[3]: Y, W = 1, as X commutes with rx
    + 2 * 4  # w[4]: Z, W = 0.4
)
VALUES = {"w": np.array([0.3, -1.1, 0.7, 2.0, -0.4])}


class Counted:
    """A source of random numbers that counts what it draws."""

    def __init__(self, seed: int) -> None:
        self.rng, self.drawn = np.random.Generator(np.random.PCG64(seed)), list[int]()

    def multinomial(self, shots: int, shares: np.ndarray) -> np.ndarray:
        self.drawn += [int(shots)] * len(shares)
        return self.rng.multinomial(shots, shares)


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Counted]]:
    made: list[Counted] = []

    def source(seed: int) -> Counted:
        made.append(Counted(seed))
        return made[-1]

    monkeypatch.setattr("qdsl.gradient.estimation.np.random.default_rng", source)
    yield made


def test_announced_executed_and_by_hand(sources: list[Counted]) -> None:
    ready = plan(qdsl.loads(SUM).lower("m"), "parameter_shift")
    found = ready.estimate(VALUES, 50, 3)
    assert found.circuits == sum(sources[-1].drawn) == BY_HAND == 274
    announced = sum(
        read.number * int(np.ceil(50 * read.share - 1e-9))
        for read in ready.profile.reads["parameter_shift"]
    )
    assert announced == BY_HAND
    assert len(sources[-1].drawn) == 12  # shifted circuits and settings


def test_a_hadamard_test_reads_the_same_words(sources: list[Counted]) -> None:
    ready = plan(qdsl.loads(SUM).lower("m"), "hadamard")
    found = ready.estimate(VALUES, 50, 3)
    by_hand = (60 + 85) + 61 + 8 + 50 + 8  # 1.7, 1.1, 0.4, 1, 0.4, squared, in all at once
    assert found.circuits == sum(sources[-1].drawn) == by_hand


def test_the_shot_budget_counts_the_same_ranges() -> None:
    found = qdsl.loads(SUM).compile().assess(0.1, 0.05).shot_budget
    (shift,) = [t for t in found.tasks if t.method == "parameter shift"]
    squares = [1.7, 1.1, 0.4, 1.0, 0.4]
    assert shift.executions == sum(ceil(w**2 * 2 * log(2 * 5 / 0.05) / 0.01) for w in squares)


def test_the_derivatives_are_right() -> None:
    circuit = qdsl.loads(SUM).lower("m")
    ready = plan(circuit, "parameter_shift")
    steps = 1e-4 * np.array([[1.0], [-1.0]]) * np.eye(5)[:, None]
    around = exact_means(circuit, {"w": (VALUES["w"] + steps).reshape(-1, 5)}).reshape(5, 2)
    exact = (around[:, 0] - around[:, 1]) / 2e-4
    assert ready.estimate(VALUES).jacobian[0, 0] == pytest.approx(exact, abs=1e-7)
    found = ready.estimate(VALUES, 200_000, 3)
    assert np.abs(found.jacobian[0, 0] - exact).max() < 0.01
    assert (found.jacobian[0, 0, 2] - exact[2]) ** 2 < 30 * found.variance[0, 0, 2] < 1e-3


def test_a_step_of_a_training() -> None:
    trained = qdsl.loads(SUM).compile(experiment="fit").run().training
    assert trained is not None
    assert trained.executions == tuple((k + 1) * (50 + BY_HAND) for k in range(3))
