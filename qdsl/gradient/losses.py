"""Losses that are functions of several expectations: the chain rule, and whether it is unbiased.

With independent estimates of the means and of their derivatives, a product of the two is right on
average. So the chain rule is unbiased where the outer derivative is a polynomial in means that
were estimated apart from the gradient (mean square error: degree one), and biased of order one
over the shots where it is not (cross-entropy: one over the mean).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from qdsl.gradient.estimation import Estimate
from qdsl.records import dataclass

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Chained:
    """The gradient of a mean loss over items, float64[parameters], and its variance, which takes
    the means as known. `unbiased`: on average over shots, if the means are independent."""

    gradient: Floats
    variance: Floats
    unbiased: bool


def linear(means: Floats, labels: Floats) -> Floats:
    """d/dm of `(1 - y m) / 2`."""
    return np.broadcast_to(-labels / 2, means.shape)


def mse(means: Floats, labels: Floats) -> Floats:
    """d/dm of `(m - y)**2`."""
    return 2 * (means - labels)


def cross_entropy(means: Floats, labels: Floats) -> Floats:
    """d/dm of `-ln p`, `p = (1 + y m) / 2` kept between 1e-12 and 1."""
    p = (1 + labels * means) / 2
    return np.where((p > 1e-12) & (p <= 1), -labels / (2 * np.maximum(p, 1e-12)), 0.0)


OUTER: dict[str, Callable[[Floats, Floats], Floats]] = {
    "linear": linear,
    "mse": mse,
    "cross_entropy": cross_entropy,
}


def chained(estimate: Estimate, outer: Floats, unbiased: bool = False) -> Chained:
    """The chain rule: `outer` float64[items, outputs] are the loss's derivatives with respect to
    the outputs, at means of every item; the result is the mean over items."""
    weights = np.asarray(outer, np.float64)
    if weights.shape != estimate.jacobian.shape[:2]:
        wanted = estimate.jacobian.shape[:2]
        raise ValueError(f"outer derivatives are {weights.shape}, and {wanted} are wanted")
    items = len(weights)
    gradient = np.einsum("io,ioj->j", weights, estimate.jacobian) / items
    variance = np.einsum("io,ioj->j", weights**2, estimate.variance) / items**2
    return Chained(gradient, variance, unbiased and not estimate.bias)
