"""Training by exact gradients of the source circuit, as the reference.

The gradients come from automatic differentiation of a simulation; no device could take them.
Their communication is therefore not counted, and the report says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from qdsl.execute import Array, CannotRun, Inputs, OnStep, compiled
from qdsl.ir.stages import Circuit
from qdsl.report.data import Training

if TYPE_CHECKING:
    from qdsl.language.model import Experiment

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
    on_step: OnStep | None,
) -> tuple[Inputs, Training]:
    """Minimise the experiment's loss over the model's parameters; returns the trained inputs.

    The order of items and the starting parameters follow from `seed`.
    """
    if inputs.labels is None or not experiment.loss:
        raise CannotRun("training needs labels and a loss")
    function = compiled(circuit)
    labels = inputs.labels
    before = _first_output(function, inputs.single, inputs.batched)
    names = tuple(v.name for v in circuit.values.vectors if v.role == "param")
    trained, losses = _Descent(function, experiment, inputs, names).run(seed, on_step)
    done = replace(inputs, single=inputs.single | trained,
                   drawn=tuple(d for d in inputs.drawn if d not in names))  # fmt: skip
    after = _first_output(function, done.single, inputs.batched)
    return done, Training(
        _optimiser_text(experiment), len(losses), _batch(experiment, inputs), tuple(losses),
        loss_of(experiment.loss, before, labels), loss_of(experiment.loss, after, labels),
        accuracy_of(before, labels), accuracy_of(after, labels), GRADIENT,
    )  # fmt: skip


def _first_output(function: Any, single: Any, batched: Any) -> Any:
    """The first output for every item; one item where nothing varies."""
    if batched:
        return function.over_items(single, batched)[0]
    return function(single)[0][None]


def _optimiser_text(experiment: Experiment) -> str:
    options = ", ".join(f"{k} = {v:g}" for k, v in experiment.optimiser_options.items())
    return f"{experiment.optimiser}({options})"


def _batch(experiment: Experiment, inputs: Inputs) -> int:
    return min(experiment.batch or inputs.items, inputs.items)


@dataclass(frozen=True, slots=True)
class _Descent:
    """Gradient descent over the vectors `names`; one compiled step does everything."""

    function: Any
    experiment: Experiment
    inputs: Inputs
    names: tuple[str, ...]

    def run(self, seed: int, on_step: OnStep | None) -> tuple[dict[str, Array], list[float]]:
        from qdsl.backends.jax import precise

        with precise():
            state, step, get = self._prepared()
            losses: list[float] = []
            for k, chosen in enumerate(self._batches(seed)):
                batch = {name: a[chosen] for name, a in self.inputs.batched.items()}
                value, state = step(k, state, batch, np.asarray(self.inputs.labels)[chosen])
                losses.append(float(value))
                if on_step is not None:
                    on_step(k + 1, self.experiment.steps, losses[-1])
            return {k: np.asarray(v, np.float64) for k, v in get(state).items()}, losses

    def _prepared(self) -> tuple[Any, Callable[..., Any], Callable[..., Any]]:
        import jax
        from jax.example_libraries import optimizers

        options = dict(self.experiment.optimiser_options)
        make = getattr(optimizers, str(self.experiment.optimiser))
        start, update, get = make(options.pop("lr", 0.01), **options)
        loss = LOSSES[str(self.experiment.loss)]
        fixed = {k: v for k, v in self.inputs.single.items() if k not in self.names}

        def objective(parameters: Any, batch: Any, labels: Any) -> Any:
            return loss(_first_output(self.function, fixed | parameters, batch), labels)

        def step(k: Any, state: Any, batch: Any, labels: Any) -> tuple[Any, Any]:
            value, gradient = jax.value_and_grad(objective)(get(state), batch, labels)
            return value, update(k, gradient, state)

        return start({k: self.inputs.single[k] for k in self.names}), jax.jit(step), get

    def _batches(self, seed: int) -> Iterator[npt.NDArray[np.int64]]:
        """The items of every step: each once before any comes again, in an order of `seed`."""
        rng = np.random.default_rng(seed)
        size = _batch(self.experiment, self.inputs)
        order = np.zeros(0, np.int64)
        for _ in range(self.experiment.steps):
            if len(order) < size:
                order = np.concatenate([order, rng.permutation(self.inputs.items)])
            chosen, order = order[:size], order[size:]
            yield chosen
