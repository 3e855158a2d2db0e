"""Gradients by moving the parameters themselves: finite differences and SPSA.

Neither is exact. With an observable of norm N and parameters whose angles turn with a total
frequency of at most F, the third derivatives are at most `F**3 N` (Bernstein), which bounds the
bias: `h**2 F**3 N / 6` for central differences with step h, and `c**2 (3 P - 2) F**3 N / 6` for
simultaneous perturbation of P parameters by c (J. Spall, IEEE TAC 37, 332 (1992)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qdsl.gradient.batch import CircuitBatch, Contributions, Job, Points
from qdsl.gradient.problem import Problem
from qdsl.gradient.recipes import Shifted
from qdsl.gradient.shifts import frequencies
from qdsl.gradient.sites import parameter_slots
from qdsl.gradient.states import norms_of


@dataclass(frozen=True, slots=True)
class Steepness:
    """`frequency`: the highest total frequency of a parameter; `norm`: of an output."""

    frequency: float
    norm: float
    parameters: int

    @property
    def third(self) -> float:
        """No third derivative is larger."""
        return self.frequency**3 * self.norm

    def step(self, bias: float) -> float:
        """The step of central differences with at most that bias."""
        return float(np.sqrt(6 * bias / self.third))

    def perturbation(self, bias: float) -> float:
        """The size of simultaneous perturbations with at most that bias."""
        return float(np.sqrt(6 * bias / (self.third * max(3 * self.parameters - 2, 1))))


def steepness(problem: Problem) -> Steepness:
    """Factors of products that are not known count as 1."""
    total: dict[int, float] = {}
    for site in problem.sites:
        highest = max(frequencies(site.op, site.place), default=0.0)
        for r in site.reaches:
            total[r.slot] = total.get(r.slot, 0.0) + abs(r.coefficient) * highest
    norm = float(norms_of(problem.circuit).max(initial=0.0))
    count = len(parameter_slots(problem.circuit.values))
    return Steepness(max(total.values(), default=1.0), norm or 1.0, count)


def finite_difference(problem: Problem, options: Mapping[str, float]) -> CircuitBatch:
    """`(L(w + h e) - L(w - h e)) / 2h` for every parameter; option `step`, else by `epsilon`."""
    steep = steepness(problem)
    h = options.get("step") or steep.step(options.get("epsilon", 0.1) / 2)
    points: list[list[tuple[int, float]]] = []
    given: list[tuple[int, int, int, int, float]] = []
    for column, slot in enumerate(parameter_slots(problem.circuit.values)):
        for sign in (1.0, -1.0):
            given += [(len(points), o, o, column, sign / (2 * h))
                      for o in range(len(problem.circuit.outputs))]  # fmt: skip
            points.append([(slot, sign * h)])
    job = Job(Shifted(()), Points.of(points), Contributions.of(given), problem.reader,
              f"{len(points) // 2} parameters, moved by {h:.4g} one at a time")  # fmt: skip
    return CircuitBatch(problem.circuit, "finite_difference", problem.sites, (job,), False,
                        h * h * steep.third / 6)  # fmt: skip


def spsa(problem: Problem, options: Mapping[str, float]) -> CircuitBatch:
    """All parameters moved by +-c at once, in random directions; options `step` (c), else by
    `epsilon`, `directions` and `seed`. Two points, one after the other, are a direction."""
    steep = steepness(problem)
    c = options.get("step") or steep.perturbation(options.get("epsilon", 0.1) / 2)
    directions = int(options.get("directions", 16))
    slots = parameter_slots(problem.circuit.values)
    rng = np.random.default_rng(int(options.get("seed", 0)))
    signs = rng.choice([-1.0, 1.0], (directions, len(slots)))
    points: list[list[tuple[int, float]]] = []
    given: list[tuple[int, int, int, int, float]] = []
    for d in range(directions):
        for sign in (1.0, -1.0):
            p = len(points)
            given += [(p, o, o, column, sign * signs[d, column] / (2 * c * directions))
                      for o in range(len(problem.circuit.outputs))
                      for column in range(len(slots))]  # fmt: skip
            points.append([(s, sign * c * float(signs[d, k])) for k, s in enumerate(slots)])
    job = Job(Shifted(()), Points.of(points), Contributions.of(given), problem.reader,
              f"{directions} directions, all parameters moved by {c:.4g}")  # fmt: skip
    bias = c * c * steep.third * max(3 * len(slots) - 2, 1) / 6
    return CircuitBatch(problem.circuit, "spsa", problem.sites, (job,), False, bias)
