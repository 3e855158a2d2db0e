"""Degree-2 networks of any width, fitted in closed form.

A network whose units are degree-2 polynomials of the rows x of a graph, summed over its nodes and
read out linearly, is sum over rows of x' M_c x with x' = (x, 1): its output is linear in the moments
sum over rows of x x'. Of all such networks, ridge regression finds the best for a given strength,
by the kernel that two graphs have: the sum over all pairs of their rows of (x . y)**2. What is left
out is known without fitting anew: B = (K + s)**-1 has, for items T, the residuals
(B_TT)**-1 (B y)_T of the fit on all others.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import scipy.linalg as sl

from qdsl.records import dataclass
from qdsl.studies.paper.datasets.sets import Floats, Ints

MOST_NUMBERS = 5e7  # of moments that are held at one time


@dataclass(frozen=True, slots=True, eq=False)
class RowScale:
    """Divides columns of diffused features by a power of their deviations and appends 1."""

    scale: Floats

    @classmethod
    def of(cls, x: Floats, power: float) -> RowScale:
        """Of x float[nodes, D]: so that a row is of norm 1 on the average."""
        deviation = x.std(axis=0)
        scale = np.where(deviation > 1e-9, np.maximum(deviation, 1e-9) ** power, np.inf)
        return cls(scale * np.sqrt(((x / scale) ** 2).sum(axis=1).mean() + 1e-300))

    def rows(self, x: Floats) -> Floats:
        """float[nodes, D + 1]."""
        return np.concatenate([x / self.scale, np.ones((len(x), 1))], axis=1)


def moment_kernel(rows: Floats, graph_of: Ints) -> Floats:
    """float[graphs, graphs] of rows float[nodes, D] in the order of their graphs: the sums over
    pairs of rows of two graphs of (x . y)**2. In single precision where there are many graphs."""
    graphs = int(graph_of[-1]) + 1
    kind = np.float32 if graphs > 2000 else np.float64
    ends = np.searchsorted(graph_of, np.arange(graphs + 1))
    x = rows.astype(kind)
    width = x.shape[1]
    kernel = np.zeros((graphs, graphs), kind)
    step = max(1, int(MOST_NUMBERS / (graphs * width)))
    for c in range(0, width, step):
        here = min(step, width - c)
        moments = np.empty((graphs, here, width - c), kind)
        for k in range(graphs):
            own = x[ends[k] : ends[k + 1], c:]
            np.matmul(own[:, :here].T, own, out=moments[k])
        moments[:, :, here:] *= np.sqrt(kind(2))  # each is there twice
        flat = moments.reshape(graphs, -1)
        kernel += flat @ flat.T
    return kernel.astype(np.float64)


def pooled(kernel: Floats, sizes: Ints, power: float) -> Floats:
    """Sums over nodes divided by the number of nodes to this power: 0 is a sum, 1 a mean. Brought
    to a trace of 1 a graph, and 1 is added for a bias."""
    by = sizes.astype(np.float64) ** power
    found = kernel / np.outer(by, by)
    return found * (len(found) / np.trace(found)) + 1.0


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Accuracies of one fit: `alone` float[folds], on each fold when it alone is left out; and
    `inner` float[folds], the mean on the other folds, each left out together with it."""

    alone: Floats
    inner: Floats


def left_out(kernel: Floats, labels: Ints, fold: Ints, strength: float) -> LeftOut:
    """Ridge regression on +1 and -1 for every class, by both protocols."""
    y = targets(labels)
    inverse = _inverse(kernel, strength)
    pulled = inverse @ y
    folds = int(fold.max()) + 1
    members = [np.flatnonzero(fold == k) for k in range(folds)]

    def right(items: Ints, judged: Ints) -> float:
        block = sl.cho_factor(inverse[np.ix_(items, items)])
        said = (y[items] - sl.cho_solve(block, pulled[items])).argmax(axis=1)
        of = np.isin(items, judged)
        return float((said == labels[items])[of].mean())

    alone = np.array([right(m, m) for m in members])
    pairs = np.full((folds, folds), np.nan)
    for f, i in combinations(range(folds), 2):
        both = np.concatenate([members[f], members[i]])
        pairs[f, i], pairs[i, f] = right(both, members[i]), right(both, members[f])
    return LeftOut(alone, np.nanmean(pairs, axis=1))


def targets(labels: Ints) -> Floats:
    """float[items, classes]: 1 for the class of the item, else -1."""
    found: Floats = 2 * np.eye(int(labels.max()) + 1)[labels] - 1
    return found


def _inverse(kernel: Floats, strength: float) -> Floats:
    regular = kernel + strength * np.eye(len(kernel))
    found, failed = sl.lapack.dpotrf(regular, lower=1, overwrite_a=1, clean=1)
    if failed:
        raise np.linalg.LinAlgError("the kernel is not positive")
    found, _ = sl.lapack.dpotri(found, lower=1, overwrite_c=1)
    lower = np.tril(found, -1)
    return lower + lower.T + np.diag(np.diag(found))


# ---- the fit as a network --------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class QuadraticNetwork:
    """score_c = bias_c + sum over units h of sign_ch * sum over rows of (x . w_ch)**2 / n**power,
    for x float[n, D + 1] scaled by `scale`: units float[classes, D + 1, D + 1], the last axis
    being h, and signs float[classes, D + 1] of +1 and -1."""

    scale: RowScale
    power: float
    units: Floats
    signs: Floats
    bias: Floats

    def scores(self, x: Floats) -> Floats:
        """float[classes] of one graph with diffused features x float[n, D]."""
        z = np.einsum("nd,cdh->cnh", self.scale.rows(x), self.units)
        summed: Floats = (z**2).sum(axis=1) / len(x) ** self.power
        found: Floats = (summed * self.signs).sum(axis=1) + self.bias
        return found


def fitted_network(
    x: Floats, graph_of: Ints, labels: Ints, scale: RowScale, power: float, strength: float
) -> QuadraticNetwork:
    """The fit on all graphs, as a network: eigenvectors of M_c are its hidden units. x float[nodes,
    D] in the order of their graphs."""
    rows = scale.rows(x)
    sizes = np.bincount(graph_of)
    kernel = moment_kernel(rows, graph_of)
    whole = pooled(kernel, sizes, power)
    share = (whole[0, 0] - 1) * sizes[0] ** (2 * power) / kernel[0, 0]  # of the unit trace
    pulled = _inverse(whole, strength) @ targets(labels)
    weight = (pulled * share / (sizes**power)[:, None])[graph_of]  # of every row, a class
    values, vectors = np.linalg.eigh(np.einsum("nc,nd,ne->cde", weight, rows, rows, optimize=True))
    units = vectors * np.sqrt(np.abs(values))[:, None, :]
    return QuadraticNetwork(scale, power, units, np.sign(values), pulled.sum(axis=0))
