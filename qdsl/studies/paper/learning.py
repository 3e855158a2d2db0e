"""The network that such a circuit computes, trained classically: degree-2 polynomial or PReLU.

A SIGN-like network (Frasca et al., arXiv 2004.11198): hops [X, A X, .., A**K X] of every node mixed
by weights, one hidden layer, summed over the nodes of an item, and a linear read-out. Where it
`normalises`, weighted rows and sums are brought to mean 0 and variance 1 over the training items
(batch normalisation, all items being one batch). That is affine, and folded into the weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qdsl.records import dataclass
from qdsl.studies.paper.datasets.sets import Floats, Ints
from qdsl.studies.paper.features import FeatureRows

ACTIVATIONS = ("polynomial", "prelu")
EVERY = 5  # steps between two evaluations


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """How a network is trained: `drops_inputs`, drop-out acts on whole columns of features too,
    and not on sums alone."""

    activation: str
    hidden: int
    steps: int
    normalises: bool
    drops_inputs: bool
    rate: float = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class PolynomialNetwork:
    """logits = (sum over an item's rows of p(x W + b)) @ out + bias, with p(z) = a z**2 + z:
    w float[D, H], b float[H], out float[H, classes]."""

    w: Floats
    b: Floats
    a: float
    out: Floats
    bias: Floats

    def logits(self, x: Floats) -> Floats:
        """Of one item with rows x, by NumPy in double precision."""
        z = x @ self.w + self.b
        found: Floats = (self.a * z**2 + z).sum(axis=0) @ self.out + self.bias
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Trainings of one recipe: of items where `trained` float[runs, items] is 1, watched on the
    parts where `watched` float[runs, parts, items] is; drop-out and weight decay float[runs];
    run k starts from seed `seeds[k]`."""

    trained: Floats
    watched: Floats
    drop: Floats
    decay: Floats
    seeds: Ints


def curves(
    fit: FeatureRows,
    watched: FeatureRows,
    labels: tuple[Ints, Ints],
    runs: Runs,
    recipe: TrainingRecipe,
) -> Floats:
    """Accuracies float[runs, parts, steps / EVERY] in the course of the trainings, on items of
    `fit`, watched on items of `watched`; labels of both."""
    import jax
    import jax.numpy as jnp

    trainer = _Trainer(fit, labels[0], recipe)
    seen, wanted = _arrays(watched), jnp.asarray(labels[1])

    def run(mask: Any, shown: Any, strengths: Any, key: Any) -> Any:
        def block(carry: Any, key: Any) -> Any:
            carry = trainer.steps(carry, (mask, *strengths), key)
            network = trainer.folded(carry[0], mask)
            right = jnp.argmax(_logits(network, seen, recipe), axis=1) == wanted
            return carry, (right * shown).sum(axis=1) / shown.sum(axis=1)

        start, rest = jax.random.split(key)
        blocks = jax.random.split(rest, recipe.steps // EVERY)
        return jax.lax.scan(block, trainer.start(start), blocks)[1].T

    single = [
        jnp.asarray(a, jnp.float32) for a in (runs.trained, runs.watched, runs.drop, runs.decay)
    ]
    each = (
        single[0],
        single[1],
        (single[2], single[3]),
        jax.vmap(jax.random.PRNGKey)(jnp.asarray(runs.seeds)),
    )
    found = jax.jit(lambda each: jax.lax.map(lambda one: run(*one), each))(each)
    return np.asarray(found, np.float64)


def fitted(
    fit: FeatureRows,
    labels: Ints,
    recipe: TrainingRecipe,
    seed: int,
    drop: float = 0.5,
    decay: float = 0.0,
) -> PolynomialNetwork:
    """The network after all steps on all items."""
    import jax
    import jax.numpy as jnp

    trainer = _Trainer(fit, labels, recipe)
    mask = jnp.ones(fit.items)

    def run(key: Any) -> Any:
        start, rest = jax.random.split(key)
        carry, _ = jax.lax.scan(
            lambda carry, key: (trainer.steps(carry, (mask, drop, decay), key), None),
            trainer.start(start),
            jax.random.split(rest, recipe.steps // EVERY),
        )
        return trainer.folded(carry[0], mask)

    found = {
        name: np.asarray(value, np.float64)
        for name, value in jax.jit(run)(jax.random.PRNGKey(seed)).items()
    }
    return PolynomialNetwork(found["w"], found["b"], float(found["a"]), found["out"], found["bias"])


# ---- the parts of a run ----------------------------------------------------------------


def _arrays(rows: FeatureRows) -> tuple[Any, Any, Any, Any, int]:
    import jax.numpy as jnp

    return (jnp.asarray(rows.x, jnp.float32), jnp.asarray(rows.item), jnp.asarray(rows.row),
            jnp.asarray(rows.count, jnp.float32)[:, None], rows.items)  # fmt: skip


def _hidden(z: Any, a: Any, recipe: TrainingRecipe) -> Any:
    import jax.numpy as jnp

    return a * z**2 + z if recipe.activation == "polynomial" else jnp.where(z > 0, z, a * z)


def _summed(h: Any, rows: tuple[Any, Any, Any, Any, int]) -> Any:
    import jax

    _, item, row, count, items = rows
    return jax.ops.segment_sum(h[row] * count, item, items, indices_are_sorted=True)


def _logits(network: Any, rows: Any, recipe: TrainingRecipe) -> Any:
    h = _hidden(rows[0] @ network["w"] + network["b"], network["a"], recipe)
    return _summed(h, rows) @ network["out"] + network["bias"]


class _Trainer:
    """Steps of one recipe on one set of items, of which a mask says who is trained on."""

    def __init__(self, fit: FeatureRows, labels: Ints, recipe: TrainingRecipe) -> None:
        import jax.numpy as jnp
        import optax

        self.rows = _arrays(fit)
        self.labels = jnp.asarray(labels)
        self.recipe = recipe
        self.classes = int(labels.max()) + 1
        self.scale = float(fit.count.sum() / fit.items)  # rows an item, about which sums are
        rates = optax.cosine_decay_schedule(recipe.rate, recipe.steps)
        self.optimiser = optax.adam(rates)

    def start(self, key: Any) -> Any:
        import jax
        import jax.numpy as jnp

        width, hidden = self.rows[0].shape[1], self.recipe.hidden
        first, second = jax.random.split(key)
        weights = {
            "w": jax.random.normal(first, (width, hidden)) * np.sqrt(2 / (width + hidden)),
            "b": jnp.zeros(hidden),
            "a": jnp.asarray(0.25),
            "out": jax.random.normal(second, (hidden, self.classes))
            * np.sqrt(2 / (hidden + self.classes)),
            "bias": jnp.zeros(self.classes),
        }
        return weights, self.optimiser.init(weights)

    def steps(self, carry: Any, how: Any, key: Any) -> Any:
        """EVERY steps of all items; `how`: mask, drop-out, weight decay."""
        import jax
        import optax

        def step(carry: Any, key: Any) -> Any:
            weights, state = carry
            slope = jax.grad(self._loss)(weights, how, key)
            change, state = self.optimiser.update(slope, state, weights)
            return (optax.apply_updates(weights, change), state), None

        return jax.lax.scan(step, carry, jax.random.split(key, EVERY))[0]

    def _loss(self, weights: Any, how: Any, key: Any) -> Any:
        import jax
        import optax

        mask, drop, decay = how
        x, *rest = self.rows
        first, second = jax.random.split(key)
        if self.recipe.drops_inputs:
            x = x * (jax.random.bernoulli(first, 1 - drop, x.shape[1:]) / (1 - drop))
        sums, _ = self._sums(weights, mask, (x, *rest))
        sums = sums * jax.random.bernoulli(second, 1 - drop, sums.shape) / (1 - drop)
        logits = sums @ weights["out"] + weights["bias"]
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, self.labels)
        return (losses * mask).sum() / mask.sum() + decay / 2 * (weights["w"] ** 2).sum()

    def _sums(self, weights: Any, mask: Any, rows: Any) -> Any:
        """Sums over the rows of every item as the read-out sees them, and the means and scales
        by which rows and sums were normalised."""
        import jax

        x, item, row, count, _ = rows
        z = x @ weights["w"] + weights["b"]
        if not self.recipe.normalises:
            return _summed(_hidden(z, weights["a"], self.recipe), rows), None
        share = jax.ops.segment_sum(mask[item][:, None] * count, row, len(x))
        inner = _moments(z, share)
        z = (z - inner[0]) / inner[1]
        sums = _summed(_hidden(z, weights["a"], self.recipe), rows) / self.scale
        outer = _moments(sums, mask[:, None])
        return (sums - outer[0]) / outer[1], (inner, outer)

    def folded(self, weights: Any, mask: Any) -> Any:
        """The same network without normalisation."""
        _, moments = self._sums(weights, mask, self.rows)
        if moments is None:
            return weights
        (inner, inner_scale), (outer, outer_scale) = moments
        out = weights["out"] / outer_scale[:, None]
        return {
            "w": weights["w"] / inner_scale,
            "b": (weights["b"] - inner) / inner_scale,
            "a": weights["a"],
            "out": out / self.scale,
            "bias": weights["bias"] - outer @ out,
        }


def _moments(values: Any, share: Any) -> Any:
    """Mean and deviation of values float[k, H] with weights float[k, 1]."""
    import jax.numpy as jnp

    total = share.sum()
    mean = (share * values).sum(axis=0) / total
    return mean, jnp.sqrt((share * (values - mean) ** 2).sum(axis=0) / total + 1e-5)
