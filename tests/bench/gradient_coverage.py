"""How often a sampled gradient is as accurate as it says, on random models.

    python -m tests.bench.gradient_coverage            a table
    python -m tests.bench.gradient_coverage --write    its section of docs/guide/gradients.md
    python -m tests.bench.gradient_coverage --models 3 fewer models a method

Every method is planned for an epsilon and a delta and executed at the shots that the plan states,
once on every model, seeds 0, 1, 2, ...; a failure is a run in which some derivative of some output
is off from the exact one by more than epsilon. Models are those of `tests/qdsl/gradient/models.py`:
encodings, all operations, shared parameters, factors in angles, observables that are sums.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.gradient.comparison import NoMethod
from qdsl.gradient.counts import hoeffding
from qdsl.gradient.estimation import Estimate, Prepared, Weights, estimated, flat_values
from qdsl.gradient.planning import plan
from qdsl.ir.stages import Circuit
from qdsl.passes.derive_gradient.derive import derived
from qdsl.passes.derive_gradient.problem import NoGradient
from tests.qdsl.gradient.models import gradient_by_jax, random_model, random_values

Floats = npt.NDArray[np.float64]
FILE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "gradients.md"
HEAD = "## Coverage\n"
METHODS = ("commuting_block", "cat", "parameter_shift", "hadamard", "overlap", "shadow",
           "global_shadow",
           "finite_difference", "spsa", "amplitude_estimation", "gentle_sweep",
           "shadow_tomography")  # fmt: skip
ADAPTIVE = ("amplitude_estimation", "gentle_sweep", "shadow_tomography")  # state no variance
MODELS, EPSILON, DELTA = 30, 0.3, 0.2
DEAREST = 1e5  # executions of a run that are simulated here; models that take more are passed over


@dataclass(slots=True)
class Covered:
    """`worst` and `typical`: the largest and the median error over epsilon; `passed`: models that
    the method does not take, or at too many executions; `squares`: the mean of squared errors over
    the variances that the estimates state, 1 where these are right; None: it states none."""

    method: str
    seeds: list[int]
    failures: int
    worst: float
    typical: float
    passed: int
    squares: float | None


def covered(method: str, models: int, epsilon: float = EPSILON, delta: float = DELTA) -> Covered:
    """One method on the first models that it takes."""
    errors: list[float] = []
    squares: list[float] = []
    seeds: list[int] = []
    seed = -1
    while len(seeds) < models:
        seed += 1
        found = _errors(method, seed, epsilon, delta)
        if found is not None:
            off, variance = found
            errors.append(float(off.max()) / epsilon)
            squares += (off[variance > 0] ** 2 / variance[variance > 0]).tolist()
            seeds.append(seed)
    failures = sum(e > 1 for e in errors)
    passed = seed + 1 - len(seeds)
    stated = None if method in ADAPTIVE else float(np.mean(squares))
    return Covered(method, seeds, failures, max(errors), float(np.median(errors)), passed, stated)


def _errors(method: str, seed: int, epsilon: float, delta: float) -> tuple[Floats, Floats] | None:
    """Of every derivative, and the variances stated; None where the method is not run."""
    model, values = random_model(seed), random_values(seed)
    try:
        if method == "cat":  # which is about nodes
            found = _by_cats(model, values, seed, epsilon, delta)
        else:
            ready = plan(_alone(model), method, epsilon=epsilon, delta=delta, values=values)
            if ready.comparison.cost(method).executions > DEAREST:
                return None
            found = ready.estimate(values, ready.shots, seed)
    except (NoGradient, NoMethod):
        return None
    off = np.abs(found.jacobian[0, 0] - gradient_by_jax(model, values))
    return off, found.variance[0, 0]


def _by_cats(
    model: Circuit, values: Mapping[str, Any], seed: int, epsilon: float, delta: float
) -> Estimate:
    """As a plan does it, without compiling what it would cost."""
    ready = Prepared.of(derived(model, "cat"))
    many = Weights(ready, flat_values(model, values)).parameters
    return estimated(ready, values, ceil(hoeffding(max(many, 1), epsilon, delta)), seed)


def _alone(model: Circuit) -> Circuit:
    """On no network: there is nothing to compile."""
    return replace(model, network=None, pin=np.full_like(model.pin, -1))


def table(rows: list[Covered]) -> Iterator[str]:
    yield (
        "| method | models | seeds | failures | median error / epsilon | worst "
        "| error^2 / variance |"
    )
    yield "| --- | ---: | --- | ---: | ---: | ---: | ---: |"
    for r in rows:
        name, stated = f"`{r.method}`", "" if r.squares is None else f"{r.squares:.2f}"
        yield (
            f"| {name} | {len(r.seeds)} | {r.seeds[0]} to {r.seeds[-1]}, {r.passed} passed over "
            f"| {r.failures} | {r.typical:.2f} | {r.worst:.2f} | {stated} |"
        )
    runs = sum(len(r.seeds) for r in rows)
    failures = sum(r.failures for r in rows)
    yield f"| all | {runs} | | {failures} | | {max(r.worst for r in rows):.2f} | |"


def section(rows: list[Covered]) -> str:
    text = f"""{HEAD}
Written by `python -m tests.bench.gradient_coverage --write`: every method with the shots for
epsilon = {EPSILON:g} and delta = {DELTA:g}, once on each of the first random models that it
supports. A failure (some derivative off by more than epsilon) is allowed in one run out of
{1 / DELTA:g}. Models that a method does not support, or that need more than {DEAREST:g}
executions, are passed over.
The bounds of Hoeffding and Bernstein are never tight, so failures are rarer than allowed.
The variances that estimates state are tight: squared errors are as large as predicted, as far
as {MODELS} models can show.

"""
    return text + "\n".join(table(rows)) + "\n\n"


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--models", type=int, default=MODELS)
    arguments.add_argument("--methods", nargs="*", default=METHODS)
    arguments.add_argument("--write", action="store_true")
    given = arguments.parse_args()
    rows = []
    for method in given.methods:
        rows.append(covered(method, given.models))
        print(rows[-1], flush=True)
    print("\n".join(table(rows)))
    if given.write:
        old = FILE.read_text()
        pattern = re.escape(HEAD) + r".*?(?=^## |\Z)"
        FILE.write_text(re.sub(pattern, lambda _: section(rows), old, flags=re.S | re.M))


if __name__ == "__main__":
    main()
