"""SIGN for the nodes of one graph (Frasca et al., arXiv 2004.11198), trained as the paper's authors
train it: powers of the normalised adjacency times the features, each through weights of its own,
side by side, one activation, a linear read-out.

With the polynomial a z**2 + z, all logits are degree-2 polynomials of the diffused features.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from qdsl.records import dataclass
from qdsl.studies.paper.datasets.sets import Floats, Ints, NodeSet
from qdsl.studies.paper.features import mixed, node_features


@dataclass(frozen=True, slots=True)
class SignRecipe:
    """What the authors' code states (hmichaeli/quantum_gnns at 7f06d9d): `hops` R, so that there
    are R + 1 branches of `hidden` units; Adam of `rate`; drop-out of units and of features; of
    `epochs` of all training nodes at once, every `every`-th is looked at. Training ends `patience`
    epochs after the best look, which the authors' does not."""

    activation: str = "polynomial"
    hops: int = 5
    hidden: int = 512
    rate: float = 1e-3
    drop: float = 0.4
    input_drop: float = 0.3
    epochs: int = 1000
    every: int = 10
    patience: int = 100


@dataclass(frozen=True, slots=True, eq=False)
class NodeCourse:
    """A training, by the epochs looked at: the share of validation nodes that are right
    float[looks]; the share of test nodes float[looks]; the mean of the logits over all test nodes
    float[looks, classes]."""

    validation: Floats
    test: Floats
    mean_logits: Floats

    @property
    def best(self) -> int:
        """The look that is best on the validation nodes; of equal ones the first."""
        return int(self.validation.argmax())


def node_course(data: NodeSet, recipe: SignRecipe, seed: int) -> NodeCourse:
    """One training from one seed, in single precision; the same again on the same machine."""
    import jax
    import jax.numpy as jnp
    import optax

    branches = _branches(data, recipe.hops)
    train = jnp.asarray(branches[:, data.train], jnp.float32)
    watched = np.concatenate([data.validate, data.test])
    seen = jnp.asarray(branches[:, watched], jnp.float32)
    wanted = jnp.asarray(data.labels[data.train])
    start, key = jax.random.split(jax.random.PRNGKey(seed))
    weights = _start(start, train.shape, recipe.hidden, data.classes)
    carry = weights, optax.adam(recipe.rate).init(weights)
    block = _block(recipe)
    looks: list[Floats] = []
    shares: list[float] = []
    for _ in range(recipe.epochs // recipe.every):
        carry, key, logits = block(carry, key, train, wanted, seen)
        looks.append(np.asarray(logits, np.float64))
        right = looks[-1].argmax(axis=1) == data.labels[watched]
        shares.append(float(right[: len(data.validate)].mean()))
        if (len(shares) - 1 - int(np.argmax(shares))) * recipe.every >= recipe.patience:
            break
    return _judged(np.stack(looks), data)


def _branches(data: NodeSet, hops: int) -> Floats:
    """float[hops + 1, nodes, f]. Rows of counts are divided by their sums, others kept."""
    if (data.features < 0).any():
        found = mixed(data.features, data.edges, hops, normalises=True)
    else:
        found = node_features(data, hops)
    return np.stack(np.split(found, hops + 1, axis=1))


def _judged(logits: Floats, data: NodeSet) -> NodeCourse:
    """Of logits float[looks, validation and test nodes, classes]."""
    count = len(data.validate)
    right = logits.argmax(axis=2) == data.labels[np.concatenate([data.validate, data.test])]
    return NodeCourse(
        right[:, :count].mean(axis=1), right[:, count:].mean(axis=1), logits[:, count:].mean(axis=1)
    )


def _start(key: Any, shape: tuple[int, ...], hidden: int, classes: int) -> dict[str, Any]:
    """Uniform up to 1 / sqrt(inputs), as linear layers are usually begun."""
    import jax
    import jax.numpy as jnp

    branches, _, width = shape
    first, second = jax.random.split(key)
    bound, out = 1 / np.sqrt(width), 1 / np.sqrt(branches * hidden)
    return {
        "w": jax.random.uniform(first, (branches, width, hidden), minval=-bound, maxval=bound),
        "b": jnp.zeros((branches, 1, hidden)),
        "a": jnp.asarray(0.25),
        "out": jax.random.uniform(second, (branches, hidden, classes), minval=-out, maxval=out),
        "bias": jnp.zeros(classes),
    }


def _logits(weights: Any, x: Any, activation: str, kept: Any = 1.0) -> Any:
    import jax.numpy as jnp

    z = jnp.einsum("rnf,rfh->rnh", x, weights["w"]) + weights["b"]
    a = weights["a"]
    h = a * z**2 + z if activation == "polynomial" else jnp.where(z > 0, z, a * z)
    return jnp.einsum("rnh,rhc->nc", h * kept, weights["out"]) + weights["bias"]


@cache
def _block(recipe: SignRecipe) -> Any:
    """A compiled function: `every` epochs, and the logits of the nodes seen after them."""
    import jax
    import optax

    optimiser = optax.adam(recipe.rate)

    def loss(weights: Any, x: Any, wanted: Any, key: Any) -> Any:
        first, second = jax.random.split(key)
        units = (x.shape[0], x.shape[1], recipe.hidden)
        x = x * _kept(first, recipe.input_drop, x.shape)
        logits = _logits(weights, x, recipe.activation, _kept(second, recipe.drop, units))
        return optax.softmax_cross_entropy_with_integer_labels(logits, wanted).mean()

    @jax.jit
    def block(carry: Any, key: Any, x: Any, wanted: Any, seen: Any) -> Any:
        def epoch(carry: Any, key: Any) -> Any:
            weights, state = carry
            slope = jax.grad(loss)(weights, x, wanted, key)
            change, state = optimiser.update(slope, state, weights)
            return (optax.apply_updates(weights, change), state), None

        key, own = jax.random.split(key)
        carry, _ = jax.lax.scan(epoch, carry, jax.random.split(own, recipe.every))
        return carry, key, _logits(carry[0], seen, recipe.activation)

    return block


def _kept(key: Any, drop: float, shape: tuple[int, ...]) -> Any:
    """1 / (1 - drop) where a number is kept, else 0."""
    import jax

    return jax.random.bernoulli(key, 1 - drop, shape) / (1 - drop)


# ---- the decision problem --------------------------------------------------------------


def decided(mean_logits: Floats, labels: Ints) -> float:
    """The share of pairs of classes i < j of which the sign of the difference of the mean logits
    says rightly whether there are more nodes of class i than of class j: mean_logits
    float[classes] over nodes of the classes `labels` int[nodes]."""
    classes = len(mean_logits)
    counts = np.bincount(labels, minlength=classes)
    i, j = np.triu_indices(classes, 1)
    said, true = mean_logits[i] > mean_logits[j], counts[i] > counts[j]
    return float((said == true).mean())
