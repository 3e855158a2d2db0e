"""SIGN for whole graphs: every branch of diffused features through weights of its own, normalised
over a batch, the polynomial a z**2 + z, summed over the nodes of a graph, and a linear read-out.

Sums over nodes of a degree-2 polynomial are linear in the sums of all monomials of the features up
to degree 2. These are computed once, and training never sees a node again. Batch normalisation is
affine in inference mode, and folded into the weights (`folded`): what is left is a degree-2
polynomial of the diffused features, and nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.records import dataclass
from qdsl.studies.paper.datasets.sets import Floats, Ints

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
class BranchMoments:
    """Sums over the nodes of each graph of x_i x_j, i <= j, for x = (features, 1) of each branch:
    sums float[graphs, branches, (f + 1)(f + 2) / 2]. Features were divided by scale
    float[branches], the root of their mean square."""

    sums: npt.NDArray[np.float32]
    scale: Floats

    @classmethod
    def of(cls, branches: Floats, graph_of: Ints) -> BranchMoments:
        """Of features float[branches, nodes, f], nodes in the order of their graphs."""
        scale = np.sqrt((branches**2).mean(axis=(1, 2)))
        graphs, (count, nodes, width) = int(graph_of[-1]) + 1, branches.shape
        i, j = np.triu_indices(width + 1)
        ends = np.searchsorted(graph_of, np.arange(graphs + 1))
        sums = np.empty((graphs, count, len(i)), np.float32)
        for b in range(count):
            x = np.concatenate([branches[b] / scale[b], np.ones((nodes, 1))], axis=1)
            for k in range(graphs):
                own = x[ends[k] : ends[k + 1]]
                sums[k, b] = (own.T @ own)[i, j]
        return cls(sums, scale)

    @property
    def width(self) -> int:
        """f."""
        return int(np.sqrt(8 * self.sums.shape[2] + 1) - 3) // 2


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
    data: BranchMoments, labels: Ints, masks: Floats, recipe: GraphRecipe, seed: int
) -> tuple[Floats, list[SignState]]:
    """Are graphs right after each epoch, bool[epochs, runs, graphs], and the networks at the end,
    one for each run: of graphs where masks float[runs, graphs] is 1. Batches are the same for all
    runs, less the graphs that a run leaves out."""
    import jax
    import jax.numpy as jnp

    trainer = _SignTrainer(data, labels, recipe)
    each = jnp.asarray(masks, jnp.float32)
    start, key = jax.random.split(jax.random.PRNGKey(seed))
    carry = jax.vmap(trainer.start)(jax.random.split(start, len(masks)))

    @jax.jit  # what it is given is no constant, which would be folded
    def epoch(carry: Any, key: Any, moments: Any) -> Any:
        order, own = jax.random.split(key)
        batches = trainer.batches(order)
        carry = jax.lax.scan(
            lambda carry, batch: (trainer.step(carry, batch, each, moments), None),
            carry,
            (*batches, jax.random.split(own, len(batches[0]))),
        )[0]
        said = jax.vmap(trainer.logits, (0, None, 0))(carry[0], moments, each)[0]
        return carry, said.argmax(axis=2) == trainer.labels

    right = []
    for own in jax.random.split(key, recipe.epochs):
        carry, found = epoch(carry, own, trainer.moments)
        right.append(np.asarray(found))
    _, statistics = jax.jit(jax.vmap(trainer.logits, (0, None, 0)))(carry[0], trainer.moments, each)
    return np.array(right), trainer.states(carry[0], statistics)


class _SignTrainer:
    """Steps of one recipe; runs differ in the graphs that a mask shows them."""

    def __init__(self, data: BranchMoments, labels: Ints, recipe: GraphRecipe) -> None:
        import jax.numpy as jnp
        import optax

        self.data, self.recipe = data, recipe
        side = data.width + 1
        i, j = np.triu_indices(side)
        place = np.empty((side, side), np.int64)
        place[i, j] = place[j, i] = np.arange(len(i))
        whole = data.sums.transpose(1, 0, 2)[:, :, place.reshape(-1)]
        self.moments = jnp.asarray(whole)  # of all pairs, float[branches, graphs, (f + 1)**2]
        self.labels = jnp.asarray(labels)
        self.classes = int(labels.max()) + 1
        self.nodes = float(data.sums[:, 0, -1].mean())
        self.optimiser = optax.adam(recipe.rate)

    def start(self, key: Any) -> Any:
        import jax
        import jax.numpy as jnp

        branches, width, hidden = self.data.sums.shape[1], self.data.width, self.recipe.hidden
        first, second = jax.random.split(key)
        bound, out = 1 / np.sqrt(width), 1 / np.sqrt(branches * hidden)
        shape = (branches, hidden, self.classes)
        weights = {
            "w": jax.random.uniform(first, (branches, width, hidden), minval=-bound, maxval=bound),
            "gain": jnp.ones((branches, hidden)),
            "shift": jnp.zeros((branches, hidden)),
            "a": jnp.asarray(0.25),
            "out": jax.random.uniform(second, shape, minval=-out, maxval=out),
            "bias": jnp.zeros(self.classes),
        }
        return weights, self.optimiser.init(weights)

    def batches(self, key: Any) -> Any:
        """Graphs int[batches, batch] in a new order, and 1 where there is one, else 0."""
        import jax
        import jax.numpy as jnp

        graphs, size = len(self.data.sums), self.recipe.batch
        count = -(-graphs // size)
        order = jax.random.permutation(key, graphs)
        whole = jnp.concatenate([order, jnp.zeros(count * size - graphs, order.dtype)])
        there = jnp.arange(count * size) < graphs
        return whole.reshape(count, size), there.reshape(count, size).astype(jnp.float32)

    def step(self, carry: Any, batch: Any, masks: Any, of_all: Any) -> Any:
        import jax
        import optax

        items, there, key = batch
        moments, labels = of_all[:, items], self.labels[items]

        def one(weights: Any, state: Any, mask: Any, key: Any) -> Any:
            slope = jax.grad(self._loss)(weights, moments, labels, mask[items] * there, key)
            change, state = self.optimiser.update(slope, state, weights)
            return optax.apply_updates(weights, change), state

        weights, state = carry
        return jax.vmap(one)(weights, state, masks, jax.random.split(key, len(masks)))

    def _loss(self, weights: Any, moments: Any, labels: Any, mask: Any, key: Any) -> Any:
        import jax
        import optax

        logits, _ = self.logits(weights, moments, mask, key)
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
        size = sum((w**2).sum() for w in jax.tree.leaves(weights))
        return (losses * mask).sum() / mask.sum() + self.recipe.decay / 2 * size

    def logits(self, weights: Any, moments: Any, mask: Any, key: Any = None) -> Any:
        """Logits of graphs, and the means and deviations that units and sums are normalised by:
        those of the graphs in the mask. `key`: of what is dropped in training."""
        import jax
        import jax.numpy as jnp

        w = jnp.concatenate([weights["w"], jnp.zeros_like(weights["w"][:, :1])], axis=1)
        total = jnp.einsum("g,bgp->bp", mask, moments)
        total = total / total[:, -1:]  # means over nodes
        mean = jnp.einsum("bf,bfh->bh", self._sums(total), w)
        square = jnp.einsum("bp,bph->bh", total, self._squares(w))
        deviation = jnp.sqrt(jnp.maximum(square - mean**2, 0) + EPSILON)
        by = weights["gain"] / deviation
        v = (w * by[:, None]).at[:, -1].set(weights["shift"] - by * mean)
        h = jnp.einsum("bgp,bph->bgh", moments, weights["a"] * self._squares(v))
        h = (h + jnp.einsum("bgf,bfh->bgh", self._sums(moments), v)) / self.nodes
        middle = jnp.einsum("g,bgh->bh", mask, h) / mask.sum()
        h = h - middle[:, None]
        spread = jnp.einsum("g,bgh->bh", mask, h**2) / mask.sum()
        spread = jnp.sqrt(spread + EPSILON)
        h = h / spread[:, None]
        if key is not None and self.recipe.drop:
            kept = 1 - self.recipe.drop
            h = h * jax.random.bernoulli(key, kept, h.shape) / kept
        logits = jnp.einsum("bgh,bhc->gc", h, weights["out"]) + weights["bias"]
        return logits, (mean, deviation, middle, spread)

    def _squares(self, v: Any) -> Any:
        """Coefficients of (x . v)**2, float[branches, pairs, H]."""
        branches, _, hidden = v.shape
        return (v[:, :, None] * v[:, None]).reshape(branches, -1, hidden)

    def _sums(self, moments: Any) -> Any:
        """Of the features alone: their products with 1, the last feature."""
        side = self.data.width + 1
        return moments[..., side - 1 :: side]

    def states(self, weights: Any, statistics: Any) -> list[SignState]:
        """Of every run, of what `logits` says of all graphs that it was trained on."""
        found = [np.asarray(x, np.float64) for x in statistics]
        own = {name: np.asarray(w, np.float64) for name, w in weights.items()}
        return [
            SignState(
                {name: w[run] for name, w in own.items()},
                np.stack([found[0][run], found[1][run]]),
                np.stack([found[2][run], found[3][run]]),
                self.nodes,
                self.data.scale,
            )
            for run in range(len(own["a"]))
        ]
