"""Gradients by moving the parameters themselves: finite differences and SPSA.

Neither is exact. With an observable of norm N and parameters whose angles turn with a total
frequency of at most F, the third derivatives are at most `F**3 N` (Bernstein), which bounds the
bias: `h**2 F**3 N / 6` for central differences with step h, and `c**2 (3 P - 2) F**3 N / 6` for
simultaneous perturbation of P parameters by c (J. Spall, IEEE TAC 37, 332 (1992)).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import numpy as np

from qdsl.ir.batch import BatchJob, CircuitBatch, Contributions, Floats, Ints, Points
from qdsl.passes.derive_gradient.problem import GradientProblem, norms_of
from qdsl.passes.derive_gradient.recipes import Shifted
from qdsl.passes.derive_gradient.shifts import frequencies
from qdsl.passes.derive_gradient.sites import parameter_slots
from qdsl.records import dataclass


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


def steepness(problem: GradientProblem) -> Steepness:
    """With the largest factors that products can have."""
    total: dict[int, float] = {}
    known = problem.ranges
    for site in problem.sites:
        highest = max(frequencies(site.op, site.place), default=0.0)
        for r in site.reaches:
            factors = 1.0 if known is None else float(np.prod(known[list(r.factors)]))
            total[r.slot] = total.get(r.slot, 0.0) + abs(r.coefficient) * factors * highest
    norm = float(norms_of(problem.circuit).max(initial=0.0))
    count = len(problem.live_parameters())
    return Steepness(max(total.values(), default=1.0) or 1.0, norm or 1.0, count)


def is_bounded(problem: GradientProblem, method: str) -> bool:
    """Whether the bias is bounded as the two methods say: angles are linear in what is moved at
    once, so that no product has a factor twice, for SPSA no two parameters."""
    movable = set(parameter_slots(problem.circuit.values))
    for site in problem.sites:
        for r in site.reaches:
            with_it = {r.slot} if method == "finite_difference" else movable
            if with_it & set(r.factors):
                return False
    return True


def perturbation(bias: float, third: float, parameters: int) -> float:
    """The size c of simultaneous perturbations with at most that bias, `c**2 (3 P - 2) third / 6`
    where no third derivative is above `third`; at most 1."""
    return min(1.0, sqrt(6 * bias / (third * max(3 * parameters - 2, 1))))


def finite_difference(problem: GradientProblem, options: Mapping[str, float]) -> CircuitBatch:
    """`(L(w + h e) - L(w - h e)) / 2h` for every parameter; option `step`, else by `epsilon`."""
    steep = steepness(problem)
    h = options.get("step") or steep.step(options.get("epsilon", 0.1) / 2)
    points: list[list[tuple[int, float]]] = []
    given: list[tuple[int, int, int, int, float]] = []
    for column, slot in problem.live_parameters():
        for sign in (1.0, -1.0):
            given += [
                (len(points), o, o, column, sign / (2 * h))
                for o in range(len(problem.circuit.outputs))
            ]
            points.append([(slot, sign * h)])
    job = BatchJob(Shifted(()), Points.of(points), Contributions.of(given), problem.reader,
              f"{len(points) // 2} parameters, moved by {h:.4g} one at a time")  # fmt: skip
    jobs = (job,) if points else ()
    bias = h * h * steep.third / 6
    return CircuitBatch(problem.circuit, "finite_difference", problem.sites, jobs, False, bias)


def spsa(problem: GradientProblem, options: Mapping[str, float]) -> CircuitBatch:
    """All parameters moved by +-c at once, in random directions; options `step` (c), else by
    `epsilon`, `directions` and `seed`. Two points, one after the other, are a direction."""
    steep = steepness(problem)
    half = options.get("epsilon", 0.1) / 2
    c = options.get("step") or perturbation(half, steep.third, steep.parameters)
    directions = int(options.get("directions", 16))
    columns, slots = np.array(problem.live_parameters(), np.int64).reshape(-1, 2).T
    rng = np.random.default_rng(int(options.get("seed", 0)))
    signs = rng.choice([-1.0, 1.0], (directions, len(slots)))
    moved = np.repeat(signs, 2, axis=0) * np.tile([[1.0], [-1.0]], (directions, 1))
    outputs = len(problem.circuit.outputs)
    what = f"{directions} directions, all parameters moved by {c:.4g}"
    job = BatchJob(
        Shifted(()),
        _all_moved(c * moved, slots),
        _all_seen(moved, c, outputs, columns),
        problem.reader,
        what,
    )
    bias = c * c * steep.third * max(3 * len(slots) - 2, 1) / 6
    return CircuitBatch(problem.circuit, "spsa", problem.sites, (job,), False, bias)


def _all_moved(moves: Floats, slots: Ints) -> Points:
    """Every point moves every parameter: moves [points, parameters]."""
    count, width = moves.shape
    point = np.repeat(np.arange(count), width)
    return Points(count, point, np.tile(slots, count), moves.reshape(-1))


def _all_seen(moved: Floats, c: float, outputs: int, columns: Ints) -> Contributions:
    """Of every output of every point to every derivative, in this order."""
    count, width = moved.shape
    point, output, column = (
        a.reshape(-1) for a in np.indices((count, outputs, width), dtype=np.int64)
    )
    factor = np.repeat(moved[:, None], outputs, axis=1).reshape(-1) / (c * count)
    return Contributions(point, output, output, columns[column], factor)
