"""Losses of batches and their gradients: exactly, or from executions that are counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qdsl.analysis.formulas import hoeffding
from qdsl.analysis.gradient_circuits import scale_of
from qdsl.analysis.joining import FinalPlaces, joined_output
from qdsl.ir.stages import (
    Circuit,
    DistributedCircuit,
    Eigenvalue,
    Expectation,
    Output,
    Overlap,
    PauliTerm,
)
from qdsl.records import dataclass
from qdsl.run.exact import compiled
from qdsl.run.job import CannotRun
from qdsl.run.losses import Loss
from qdsl.run.noise import depolarized

if TYPE_CHECKING:
    from qdsl.gradient.running import GradientPlan
    from qdsl.language.typed.program import Experiment

Array = npt.NDArray[np.float64]
Params = Mapping[str, Array]

ADAPTIVE = ("amplitude_estimation", "gentle_sweep", "shadow_tomography")  # by accuracy only
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
# the means of some outputs for every item, [outputs][items]
Means = Callable[[Params, Batch], Sequence[Array]]
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


def first_output(circuit: Circuit) -> Expectation | Overlap | Eigenvalue:
    """The output that is trained on; CannotRun if it is no number."""
    output = circuit.outputs[0] if circuit.outputs else None
    if not isinstance(output, Expectation | Overlap | Eigenvalue):
        raise CannotRun("training needs a number to train on: an expectation as first output")
    return output


# ---- exact -----------------------------------------------------------------------------


def exact(circuit: Circuit, loss: Loss, noise_channels: Sequence[Callable[[Any], Any]]) -> Method:
    """By the adjoint method, of as many outputs as there are `noise_channels`, which map exact
    values to noisy ones; several are the columns of the values."""
    import jax
    import jax.numpy as jnp

    function = compiled(circuit, adjoint=True)

    def values(params: Any, shared: Any, items: Any) -> Any:
        given = dict(shared) | dict(params)
        found = function.over_items(given, items) if items else [o[None] for o in function(given)]
        noisy = [channel(o) for channel, o in zip(noise_channels, found, strict=False)]
        return noisy[0] if len(noisy) == 1 else jnp.stack(noisy, axis=1)

    def objective(params: Any, shared: Any, items: Any, labels: Any) -> Any:
        return loss(values(params, shared, items), labels).mean()

    by_params = jax.jit(jax.value_and_grad(objective))
    plain = jax.jit(values)

    def gradient(params: Params, batch: Batch, key: tuple[int, ...]) -> Any:
        found, slope = by_params(params, batch.shared, batch.items, batch.labels)
        return float(found), {k: np.asarray(v) for k, v in slope.items()}, Used()

    def forward(params: Params, batch: Batch, key: tuple[int, ...]) -> Any:
        return np.asarray(plain(params, batch.shared, batch.items)), Used()

    says = (
        "exact, by the adjoint method on the simulated source (reference only: no "
        "communication is counted for them)"
    )
    return Method("exact", None, says, gradient, forward)


# ---- sampled ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shots:
    """Executions for a mean and for a derivative of unit range; `why` they are so many."""

    mean: int
    derivative: int
    why: str


def shots_of(experiment: Experiment, planned: int, circuit: Circuit) -> Shots:
    """Those asked for, or what the accuracy takes: `planned` for derivatives, for the first output
    by Hoeffding's inequality `2 ln(2/delta) (c / epsilon)**2`, where c is the sum of the absolute
    values of its coefficients."""
    if experiment.gradient_shots is not None:
        return Shots(experiment.gradient_shots, experiment.gradient_shots, "as asked for")
    epsilon, delta = accuracy_wanted(experiment)
    why = f"for epsilon = {epsilon:g}, delta = {delta:g}"
    output = first_output(circuit)
    scale = scale_of(output) if isinstance(output, Expectation) else 1.0
    return Shots(max(1, hoeffding(1, epsilon, delta, scale)), planned, why)


def accuracy_wanted(experiment: Experiment) -> tuple[float, float]:
    """Epsilon and delta: the experiment's, else 0.1 and 0.05. CannotRun for too fine an epsilon."""
    epsilon, delta = experiment.epsilon or EPSILON, experiment.delta or DELTA
    if not epsilon >= 1e-5:
        raise CannotRun(f"an accuracy of epsilon = {epsilon:g} takes more than 10**10 shots")
    return epsilon, delta


class Each(NamedTuple):
    """One execution of the program itself, and the probability that it is right."""

    ebits: int
    classical_bits: int
    fidelity: float = 1.0
    joined: tuple[int, ...] = ()  # bits that join the outcomes of each term at several nodes


def joined_by_term(program: DistributedCircuit, output: Output) -> tuple[int, ...]:
    """For every term that shots are drawn from, the bits of an execution that join its outcomes."""
    places = FinalPlaces(program)
    if isinstance(output, Expectation):
        terms = [t for t in output.terms if t.paulis and t.coefficient]
        output = replace(output, terms=tuple(terms))
    return tuple(part.joining.bits for part in joined_output(places, output, 1))


def sampled(
    circuit: Circuit,
    loss: Loss,
    plan: GradientPlan,
    shots: Shots,
    cost: Each,
    means_of: Callable[[Sequence[Output]], Means] | None = None,
) -> Method:
    """From the circuits of a plan with shot noise, and the chain rule through the loss.
    `means_of` outputs: where they are not those of the circuit."""
    from qdsl.gradient.resolution import unbounded_bias

    forward = _sampled_forward(circuit, shots.mean, cost, means_of or partial(_means, circuit))
    slope_of = loss_slope(loss)

    def gradient(params: Params, items: Batch, key: tuple[int, ...]) -> Any:
        values, used = forward(params, items, (*key, 0))
        given = dict(items.shared) | dict(params) | dict(items.items)
        seed = int(np.random.SeedSequence((*key, 1)).generate_state(1)[0])
        found = plan.estimate(given, shots.derivative, seed)
        by_value = slope_of(values, items.labels)
        rows = np.broadcast_to(found.jacobian[:, 0], (len(values), found.jacobian.shape[2]))
        total = by_value @ rows
        by_vector = {
            name: total[start : start + size].reshape(shape)
            for name, start, size, shape in found.parameters
        }
        used = used.plus(Used(found.circuits, found.ebits or 0, found.classical_bits or 0))
        return float(np.mean(loss(values, items.labels))), by_vector, used

    chosen = ", chosen by `auto`" if plan.automatic else ""
    many = f"{shots.derivative} shots for a derivative of unit range"
    if plan.method in ADAPTIVE:
        c = plan.comparison
        many = f"derivatives at epsilon {c.epsilon:g}, confidence {1 - c.delta:g}"
    says = (
        f"from simulated shots by the method {plan.method}{chosen}; {many}, {shots.mean} for a "
        f"value ({shots.why})" + "".join(f". {f.text}" for f in unbounded_bias(plan)).rstrip(".")
    )
    return Method(plan.method, shots.derivative, says, gradient, forward)


def loss_slope(loss: Loss) -> Callable[[Array, Array], Array]:
    """The derivative of the mean loss by every value."""
    import jax

    slope = jax.jit(jax.grad(lambda values, labels: loss(values, labels).mean()))
    return lambda values, labels: np.asarray(slope(values, labels))


def _means(circuit: Circuit, outputs: Sequence[Output]) -> Means:
    function = compiled(replace(circuit, outputs=tuple(outputs)))

    def means(params: Params, batch: Batch) -> Any:
        given = dict(batch.shared) | dict(params)
        if batch.items:
            return function.over_items(given, batch.items)
        return tuple(o[None] for o in function(given))

    return means


def _sampled_forward(
    circuit: Circuit, shots: int, cost: Each, means_of: Callable[[Sequence[Output]], Means]
) -> Forward:
    """The first output from `shots` executions in all: each measures one term, drawn with a
    probability in proportion to its coefficient, so that Hoeffding's inequality holds for a range
    of the sum of their absolute values."""
    output = first_output(circuit)
    if isinstance(output, Eigenvalue) or (isinstance(output, Expectation) and output.scales):
        raise CannotRun("what stands behind a matrix is trained by exact gradients only")
    terms: list[tuple[float, Expectation | Overlap]] = [(1.0, output)]
    constant = 0.0
    if isinstance(output, Expectation):
        words = [t for t in output.terms if t.paulis and t.coefficient]
        terms = [(t.coefficient, Expectation((PauliTerm(1.0, t.paulis),))) for t in words]
        constant = sum(t.coefficient for t in output.terms if not t.paulis)
    means = means_of([o for _, o in terms])
    weights = np.array([coefficient for coefficient, _ in terms])

    def forward(params: Params, batch: Batch, key: tuple[int, ...]) -> Any:
        exact_means = means(params, batch)
        rng = np.random.default_rng(key)
        total = np.full(max(len(batch.labels), 1), constant)
        many = _drawn(rng, shots, weights, len(total))
        for k, ((coefficient, word), exact) in enumerate(zip(terms, exact_means, strict=True)):
            mean = np.asarray(depolarized(exact, cost.fidelity, word))
            up = rng.binomial(many[:, k], np.clip((1 + mean) / 2, 0.0, 1.0))
            share = abs(coefficient) / np.abs(weights).sum()
            total = total + coefficient * (2 * up - many[:, k]) / (shots * share)
        executions = int(many.sum())
        bits = executions * cost.classical_bits
        bits += sum(int(many[:, k].sum()) * each for k, each in enumerate(cost.joined))
        return total, Used(executions, executions * cost.ebits, bits)

    return forward


def _drawn(rng: np.random.Generator, shots: int, weights: Array, items: int) -> Any:
    """How many of the executions of every item measure which term, int64[items, terms]."""
    if len(weights) < 2:
        return np.full((items, len(weights)), shots)
    share = np.abs(weights) / np.abs(weights).sum()
    return rng.multinomial(shots, share, size=items)
