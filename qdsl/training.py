"""Training by exact gradients of the source circuit, as the reference.

The gradients come from automatic differentiation of a simulation; no device could take them.
Their communication is therefore not counted, and the report says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.execute import Array, Inputs, evaluate
from qdsl.ir.stages import Circuit
from qdsl.report import Training

if TYPE_CHECKING:
    from qdsl.model import Experiment

GRADIENT = (
    "gradients: exact, by automatic differentiation of the simulated source (reference only: "
    "no communication is counted for them)"
)


def _mse(values: Any, labels: Any) -> Any:
    return ((values - labels) ** 2).mean()


def _linear(values: Any, labels: Any) -> Any:
    return ((1 - labels * values) / 2).mean()


def _cross_entropy(values: Any, labels: Any) -> Any:
    """Of p(label) = (1 + label * value) / 2, labels -1 and 1; p is kept above 1e-12."""
    if isinstance(values, np.ndarray):
        return -np.log(np.clip((1 + labels * values) / 2, 1e-12, 1.0)).mean()
    import jax.numpy as jnp

    return -jnp.log(jnp.clip((1 + labels * values) / 2, 1e-12, 1.0)).mean()


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "mse": _mse,
    "linear": _linear,
    "cross_entropy": _cross_entropy,
}


def loss_of(name: str, values: Array, labels: Array) -> float:
    """The mean loss over all items."""
    return float(LOSSES[name](values, labels))


def accuracy_of(values: Array, labels: Array) -> float | None:
    """Share of items on the label's side of 0; None where the labels are not all -1 or 1."""
    if not np.isin(labels, (-1.0, 1.0)).all():
        return None
    return float((np.where(values >= 0, 1.0, -1.0) == labels).mean())


def train(
    circuit: Circuit,
    experiment: Experiment,
    inputs: Inputs,
    seed: int,
    on_step: Callable[[int, int, float], None] | None,
) -> tuple[Inputs, Training]:
    """Minimise the experiment's loss over the model's parameters; returns the trained inputs.

    The order of items and the starting parameters follow from `seed`.
    """
    if inputs.labels is None or not experiment.loss:
        raise ValueError("training needs labels and a loss")
    names = [v.name for v in circuit.values.vectors if v.role == "param"]
    before = evaluate(circuit, inputs)[0]
    trained, losses = _descend(circuit, experiment, inputs, names, seed, on_step)
    done = replace(inputs, single=inputs.single | trained,
                   drawn=tuple(d for d in inputs.drawn if d not in names))  # fmt: skip
    after = evaluate(circuit, done)[0]
    labels = inputs.labels
    return done, Training(
        _optimiser_text(experiment), len(losses), _batch(experiment, inputs), tuple(losses),
        loss_of(experiment.loss, before, labels), loss_of(experiment.loss, after, labels),
        accuracy_of(before, labels), accuracy_of(after, labels), GRADIENT,
    )  # fmt: skip


def _optimiser_text(experiment: Experiment) -> str:
    options = ", ".join(f"{k} = {v:g}" for k, v in experiment.optimiser_options.items())
    return f"{experiment.optimiser}({options})"


def _batch(experiment: Experiment, inputs: Inputs) -> int:
    return min(experiment.batch or inputs.items, inputs.items)


def _descend(
    circuit: Circuit,
    experiment: Experiment,
    inputs: Inputs,
    names: list[str],
    seed: int,
    on_step: Callable[[int, int, float], None] | None,
) -> tuple[dict[str, Array], list[float]]:
    import jax
    from jax.example_libraries import optimizers

    from qdsl.backends.jax import compile_function, precise

    options = dict(experiment.optimiser_options)
    rate = options.pop("lr", 0.01)
    with precise():
        function = compile_function(circuit)
        start, update, get = getattr(optimizers, str(experiment.optimiser))(rate, **options)
        loss = LOSSES[str(experiment.loss)]
        fixed = {k: v for k, v in inputs.single.items() if k not in names}

        def objective(parameters: Any, batch: Any, labels: Any) -> Any:
            return loss(function.over_items(fixed | parameters, batch)[0], labels)

        step = jax.jit(jax.value_and_grad(objective))
        state = start({k: inputs.single[k] for k in names})
        rng = np.random.default_rng(seed)
        size, losses = _batch(experiment, inputs), []
        order = np.zeros(0, np.int64)
        for k in range(experiment.steps):
            if len(order) < size:
                order = np.concatenate([order, rng.permutation(inputs.items)])
            chosen, order = order[:size], order[size:]
            batch = {name: a[chosen] for name, a in inputs.batched.items()}
            value, gradient = step(get(state), batch, np.asarray(inputs.labels)[chosen])
            state = update(k, gradient, state)
            losses.append(float(value))
            if on_step is not None:
                on_step(k + 1, experiment.steps, losses[-1])
        return {k: np.asarray(v, np.float64) for k, v in get(state).items()}, losses
