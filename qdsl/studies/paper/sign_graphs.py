"""SIGN for whole graphs: every branch of diffused features through weights of its own, normalised
over a batch, the polynomial a z**2 + z, summed over the nodes of a graph, and a linear read-out.

Sums over nodes of a degree-2 polynomial are those over a few rows that stand for all nodes of a
graph (`graph_rows`), and training sees nothing else. Batch normalisation is affine in inference
mode, and folded into the weights (`folded`): what is left is a degree-2 polynomial of the diffused
features, and nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qdsl.records import dataclass
from qdsl.studies.paper.datasets.sets import Floats, Ints
from qdsl.studies.paper.graph_rows import BranchRows, GraphBatches, drawn_batches

EPSILON = 1e-5  # added to variances


@dataclass(frozen=True, slots=True)
class GraphRecipe:
    """As the authors' code states them for a set; normalisation is always of batches."""

    hidden: int
    batch: int
    rate: float
    decay: float
    drop: float
    epochs: int


@dataclass(frozen=True, slots=True, eq=False)
class FoldedSign:
    """logits = sum over branches and nodes of p(x_b w_b + b_b) @ out_b + bias, with p(z) = a z**2 +
    z: w float[branches, f, H], b float[branches, H], out float[branches, H, classes]."""

    w: Floats
    b: Floats
    a: float
    out: Floats
    bias: Floats

    def logits(self, branches: Floats) -> Floats:
        """float[classes] of one graph with diffused features float[branches, n, f]."""
        z = branches @ self.w + self.b[:, None, :]
        summed = (self.a * z**2 + z).sum(axis=1)
        found: Floats = np.einsum("bh,bhc->c", summed, self.out) + self.bias
        return found

    def polynomial(self) -> tuple[Floats, Floats, Floats]:
        """(M, v, k): logits_c = sum over branches b and nodes x of x M_bc x + v_bc x + k_bc, and
        bias_c: float[branches, classes, f, f], [branches, classes, f] and [branches, classes]."""
        quadratic = self.a * np.einsum("bfh,bgh,bhc->bcfg", self.w, self.w, self.out)
        linear = np.einsum("bfh,bh,bhc->bcf", self.w, 2 * self.a * self.b + 1, self.out)
        constant = np.einsum("bh,bhc->bc", self.a * self.b**2 + self.b, self.out)
        return quadratic, linear, constant


@dataclass(frozen=True, slots=True, eq=False)
class SignState:
    """A network in inference mode, batch normalisation and all: `weights` by name; mean and
    deviation of every unit over nodes, and of its sums over graphs, float[2, branches, H] each;
    `nodes`, by which sums are divided."""

    weights: dict[str, Floats]
    units: Floats
    sums: Floats
    nodes: float
    scale: Floats

    def logits(self, branches: Floats) -> Floats:
        """As in training, node by node: float[classes] of float[branches, n, f]."""
        w = self.weights
        z = (branches / self.scale[:, None, None]) @ w["w"]
        z = w["gain"][:, None] * (z - self.units[0][:, None]) / self.units[1][:, None]
        z = z + w["shift"][:, None]
        h = (w["a"] * z**2 + z).sum(axis=1) / self.nodes
        found: Floats = np.einsum("bh,bhc->c", (h - self.sums[0]) / self.sums[1], w["out"])
        return found + w["bias"]


def folded(state: SignState) -> FoldedSign:
    """The same network without normalisation."""
    w = state.weights
    by = w["gain"] / state.units[1]
    out = w["out"] / state.sums[1][:, :, None]
    return FoldedSign(
        w["w"] * by[:, None, :] / state.scale[:, None, None],
        w["shift"] - by * state.units[0],
        float(w["a"]),
        out / state.nodes,
        w["bias"] - np.einsum("bh,bhc->c", state.sums[0], out),
    )


# ---- training --------------------------------------------------------------------------


def sign_curves(
    data: BranchRows, labels: Ints, masks: Floats, recipe: GraphRecipe, seed: int
) -> tuple[Floats, list[SignState]]:
    """Are graphs right after each epoch, bool[epochs, runs, graphs], and the networks at the end,
    one for each run: of graphs where masks float[runs, graphs] is 1. Batches are the same for all
    runs, less the graphs that a run leaves out. Training is that of the sums of products that the
    rows stand for: which rows they are changes no more than rounding (single precision)."""
    import jax
    import jax.numpy as jnp

    trainer = _SignTrainer(data, labels, recipe)
    each = jnp.asarray(masks, jnp.float32)
    start, key = jax.random.split(jax.random.PRNGKey(seed))
    carry = jax.vmap(trainer.start)(jax.random.split(start, len(masks)))
    epoch, judged = jax.jit(trainer.epoch), jax.jit(trainer.judged)
    batches = drawn_batches(data, recipe.batch, recipe.epochs, seed)
    right = []
    for own, drawn in zip(jax.random.split(key, recipe.epochs), batches, strict=True):
        keys = jax.random.split(own, len(drawn.graphs))
        carry = epoch(carry, keys, drawn, each, trainer.rows)
        found, statistics = judged(carry[0], each, trainer.rows)
        right.append(np.asarray(found))
    return np.array(right), trainer.states(carry[0], statistics)


class _SignTrainer:
    """Steps of one recipe; runs differ in the graphs that a mask shows them."""

    def __init__(self, data: BranchRows, labels: Ints, recipe: GraphRecipe) -> None:
        import jax.numpy as jnp
        import optax

        self.data, self.recipe = data, recipe
        self.rows = jnp.asarray(np.pad(data.rows, ((0, 0), (0, 1), (0, 0))))  # the last is zero
        self.labels = jnp.asarray(labels)
        self.classes = int(labels.max()) + 1
        self.optimiser = optax.adam(recipe.rate)

    def start(self, key: Any) -> Any:
        import jax
        import jax.numpy as jnp

        branches, _, width = self.data.rows.shape
        width, hidden = width - 1, self.recipe.hidden
        first, second = jax.random.split(key)
        bound, out = 1 / np.sqrt(width), 1 / np.sqrt(branches * hidden)
        shape = (branches, hidden, self.classes)
        weights = {
            "w": jax.random.uniform(first, (branches, width, hidden), minval=-bound, maxval=bound),
            "gain": jnp.ones((branches, hidden)),
            "shift": jnp.zeros((branches, hidden)),
            "a": jnp.full((), 0.25, jnp.float32),
            "out": jax.random.uniform(second, shape, minval=-out, maxval=out),
            "bias": jnp.zeros(self.classes),
        }
        return weights, self.optimiser.init(weights)

    def epoch(self, carry: Any, keys: Any, batches: GraphBatches, masks: Any, of_all: Any) -> Any:
        """Weights and states of the optimiser after a step for each batch, by all runs."""
        import jax

        def step(carry: Any, drawn: Any) -> Any:
            batch, key = drawn
            rows = of_all[:, batch.rows]

            def one(run: Any) -> Any:
                carry, mask, key = run
                return self.step(carry, batch, mask[batch.graphs] * batch.there, rows, key)

            own = jax.random.split(key, len(masks))
            return jax.lax.map(one, (carry, masks, own)), None  # one after the other: in the cache

        return jax.lax.scan(step, carry, (batches, keys))[0]

    def step(self, carry: Any, batch: GraphBatches, mask: Any, rows: Any, key: Any) -> Any:
        import jax
        import optax

        def loss(weights: Any) -> Any:
            logits, _ = self.logits(weights, rows, batch.places, mask, key)
            labels = self.labels[batch.graphs]
            losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
            size = sum((w**2).sum() for w in jax.tree.leaves(weights))
            return (losses * mask).sum() / mask.sum() + self.recipe.decay / 2 * size

        weights, state = carry
        change, state = self.optimiser.update(jax.grad(loss)(weights), state, weights)
        return optax.apply_updates(weights, change), state

    def judged(self, weights: Any, masks: Any, of_all: Any) -> Any:
        """Are all graphs right, bool[runs, graphs], and the statistics of those in each mask."""
        import jax

        def one(run: Any) -> Any:
            logits, statistics = self.logits(run[0], of_all[:, :-1], self.data.graph_of, run[1])
            return logits.argmax(axis=1) == self.labels, statistics

        return jax.lax.map(one, (weights, masks))

    def logits(self, weights: Any, rows: Any, places: Any, mask: Any, key: Any = None) -> Any:
        """Logits of the graphs to which rows float[branches, n, f + 1] belong by their places
        int[n], and the means and deviations that units and sums are normalised by: those of the
        graphs in the mask. `key`: of what is dropped in training.

        A row (x, c) adds a z**2 + c z to its graph's sum, with z = (x, c) v: of a node, c is 1.
        Rows of zeros change nothing."""
        import jax
        import jax.numpy as jnp

        z, one = jnp.einsum("bnf,bfh->bnh", rows[..., :-1], weights["w"]), rows[..., -1:]
        seen = mask[places]
        nodes = jnp.einsum("n,bnk->bk", seen, one**2)
        mean = jnp.einsum("bn,bnh->bh", seen * one[..., 0], z) / nodes
        z = z - one * mean[:, None]
        deviation = jnp.sqrt(jnp.einsum("n,bnh->bh", seen, z**2) / nodes + EPSILON)
        z = (weights["gain"] / deviation)[:, None] * z + one * weights["shift"][:, None]
        h = jnp.zeros((len(rows), len(mask), z.shape[2]))
        h = h.at[:, places].add((weights["a"] * z + one) * z, indices_are_sorted=True)
        h = h / self.data.nodes
        known = mask / mask.sum()
        middle = jnp.einsum("g,bgh->bh", known, h)
        h = h - middle[:, None]
        spread = jnp.sqrt(jnp.einsum("g,bgh->bh", known, h**2) + EPSILON)
        h = h / spread[:, None]
        if key is not None and self.recipe.drop:
            kept = 1 - self.recipe.drop
            h = h * jax.random.bernoulli(key, kept, h.shape) / kept
        logits = jnp.einsum("bgh,bhc->gc", h, weights["out"]) + weights["bias"]
        return logits, (mean, deviation, middle, spread)

    def states(self, weights: Any, statistics: Any) -> list[SignState]:
        """Of every run, of what `judged` says of the graphs that it was trained on."""
        found = [np.asarray(x, np.float64) for x in statistics]
        own = {name: np.asarray(w, np.float64) for name, w in weights.items()}
        return [
            SignState(
                {name: w[run] for name, w in own.items()},
                np.stack([found[0][run], found[1][run]]),
                np.stack([found[2][run], found[3][run]]),
                self.data.nodes,
                self.data.scale,
            )
            for run in range(len(own["a"]))
        ]
