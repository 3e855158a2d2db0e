"""Losses of batches and their gradients: exactly, or from executions that are counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil, log
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.execute import CannotRun, compiled
from qdsl.ir.stages import Circuit, Expectation, Overlap, PauliTerm
from qdsl.training.losses import Loss

if TYPE_CHECKING:
    from qdsl.gradient.batch import CircuitBatch
    from qdsl.language.model import Experiment

Array = npt.NDArray[np.float64]
Params = Mapping[str, Array]

EPSILON, DELTA = 0.1, 0.05  # where an experiment gives no accuracy


class Batch(NamedTuple):
    """Items: values that all share, values by item with a leading axis, labels float[items]."""

    shared: Params
    items: Params
    labels: Array


class Used(NamedTuple):
    """Executions of circuits, and what they took."""

    executions: int = 0
    ebits: int = 0
    classical_bits: int = 0

    def plus(self, other: Used) -> Used:
        return Used(*(a + b for a, b in zip(self, other, strict=True)))


# the mean loss of a batch, its derivative by the parameters, and what it took; `key` seeds shots
Gradient = Callable[[Params, Batch, tuple[int, ...]], tuple[float, dict[str, Array], Used]]
# the first output for every item, and what it took
Forward = Callable[[Params, Batch, tuple[int, ...]], tuple[Array, Used]]


@dataclass(frozen=True, slots=True)
class Method:
    """How a run takes values and gradients. `shots` None: exactly; `says` is for people."""

    name: str
    shots: int | None
    says: str
    gradient: Gradient
    forward: Forward


def first_output(circuit: Circuit) -> Expectation | Overlap:
    """The output that is trained on; CannotRun if it is no number."""
    output = circuit.outputs[0] if circuit.outputs else None
    if not isinstance(output, Expectation | Overlap):
        raise CannotRun("training needs a number to train on: an expectation as first output")
    if isinstance(output, Expectation) and output.scales:
        raise CannotRun("training on `norm2` is not supported")
    return output


# ---- exact -----------------------------------------------------------------------------


def exact(circuit: Circuit, loss: Loss, bend: Callable[[Any], Any]) -> Method:
    """By the adjoint method; `bend` is what noise does to values."""
    import jax

    function = compiled(circuit, adjoint=True)

    def values(params: Any, shared: Any, items: Any) -> Any:
        given = dict(shared) | dict(params)
        if not items:
            return bend(function(given)[0][None])
        return bend(function.over_items(given, items)[0])

    def objective(params: Any, shared: Any, items: Any, labels: Any) -> Any:
        return loss(values(params, shared, items), labels).mean()

    by_params = jax.jit(jax.value_and_grad(objective))
    plain = jax.jit(values)

    def gradient(params: Params, batch: Batch, key: tuple[int, ...]) -> Any:
        found, slope = by_params(params, batch.shared, batch.items, batch.labels)
        return float(found), {k: np.asarray(v) for k, v in slope.items()}, Used()

    def forward(params: Params, batch: Batch, key: tuple[int, ...]) -> Any:
        return np.asarray(plain(params, batch.shared, batch.items)), Used()

    says = ("exact, by the adjoint method on the simulated source (reference only: no "
            "communication is counted for them)")  # fmt: skip
    return Method("exact", None, says, gradient, forward)


# ---- sampled ---------------------------------------------------------------------------


def shots_of(experiment: Experiment) -> tuple[int, str]:
    """Shots for a mean of unit range, and where the number comes from: given, or by Hoeffding's
    inequality `2 ln(2/delta) / epsilon**2` from the accuracy asked for."""
    if experiment.gradient_shots is not None:
        return experiment.gradient_shots, "as asked for"
    epsilon, delta = experiment.epsilon or EPSILON, experiment.delta or DELTA
    shots = 2 * log(2 / delta) / epsilon**2
    if not shots < 1e12:
        raise CannotRun(f"an accuracy of epsilon = {epsilon:g} takes more than 10**12 shots")
    assumed = "" if experiment.epsilon else ", assumed"
    return ceil(shots), (f"Hoeffding's 2 ln(2/delta) / epsilon**2 for epsilon = {epsilon:g}, "
                         f"delta = {delta:g}{assumed}")  # fmt: skip


def sampled(
    circuit: Circuit, loss: Loss, batch: CircuitBatch, shots: tuple[int, str],
    costs: tuple[tuple[int, int], list[tuple[int, int]]],
) -> Method:  # fmt: skip
    """From the circuits of `batch` with shot noise, and the chain rule through the loss.

    `costs` are (ebits, classical bits) of one execution: of the circuit itself, and of every
    template.
    """
    from qdsl.gradient.estimation import Price, estimated

    own, templates = costs
    prices = [Price(*c) for c in templates]
    forward = _sampled_forward(circuit, shots[0], own)
    slope_of = _loss_slope(loss)

    def gradient(params: Params, items: Batch, key: tuple[int, ...]) -> Any:
        values, used = forward(params, items, (*key, 0))
        given = dict(items.shared) | dict(params) | dict(items.items)
        seed = int(np.random.SeedSequence((*key, 1)).generate_state(1)[0])
        found = estimated(batch, given, shots[0], seed, prices)
        weights = slope_of(values, items.labels)
        total = np.zeros(found.jacobian.shape[2])
        for k in range(len(values)):
            total += weights[k] * found.jacobian[k if len(found.jacobian) > 1 else 0, 0]
        by_vector = {
            name: total[start : start + size].reshape(shape)
            for name, start, size, shape in found.parameters
        }
        used = used.plus(Used(found.circuits, found.ebits or 0, found.classical_bits or 0))
        return float(np.mean(loss(values, items.labels))), by_vector, used

    says = (f"from simulated shots by the method {batch.method}, {shots[0]} for a mean of unit "
            f"range ({shots[1]})")  # fmt: skip
    return Method(batch.method, shots[0], says, gradient, forward)


def _loss_slope(loss: Loss) -> Callable[[Array, Array], Array]:
    """The derivative of the mean loss by every value."""
    import jax

    slope = jax.jit(jax.grad(lambda values, labels: loss(values, labels).mean()))
    return lambda values, labels: np.asarray(slope(values, labels))


def _sampled_forward(circuit: Circuit, shots: int, cost: tuple[int, int]) -> Forward:
    """The first output from `shots` executions for every one of its terms."""
    output = first_output(circuit)
    terms: list[tuple[float, Expectation | Overlap]] = [(1.0, output)]
    constant = 0.0
    if isinstance(output, Expectation):
        words = [t for t in output.terms if t.paulis]
        terms = [(t.coefficient, Expectation((PauliTerm(1.0, t.paulis),))) for t in words]
        constant = sum(t.coefficient for t in output.terms if not t.paulis)
    function = compiled(replace(circuit, outputs=tuple(o for _, o in terms)))

    def forward(params: Params, batch: Batch, key: tuple[int, ...]) -> Any:
        given = dict(batch.shared) | dict(params)
        exact_means = (function.over_items(given, batch.items) if batch.items
                       else tuple(o[None] for o in function(given)))  # fmt: skip
        rng = np.random.default_rng(key)
        total = np.full(max(len(batch.labels), 1), constant)
        for (coefficient, _), mean in zip(terms, exact_means, strict=True):
            up = rng.binomial(shots, np.clip((1 + np.asarray(mean)) / 2, 0.0, 1.0))
            total = total + coefficient * (2 * up / shots - 1)
        executions = shots * len(terms) * len(total)
        return total, Used(executions, executions * cost[0], executions * cost[1])

    return forward
