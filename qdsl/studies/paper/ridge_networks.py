"""Degree-2 networks of any width, fitted in closed form.

A network whose units are degree-2 polynomials of the rows x of a graph, summed over its nodes and
read out linearly, is the sum over rows of x M_c x with a constant 1 in x: its output is linear in
the moments, sums over rows of x_i x_j. Of all such networks, ridge regression finds the best for a
given strength, by the kernel that two graphs have. What is left out is known without fitting anew:
B = (K + s)**-1 has, for items T, the residuals (B_TT)**-1 (B y)_T of the fit on all others.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import scipy.linalg as sl

from qdsl.records import dataclass
from qdsl.studies.paper.datasets.sets import Floats, Ints

MOST_NUMBERS = 5e7  # of moments that are held at one time


@dataclass(frozen=True, slots=True, eq=False)
class RowMap:
    """A linear map of diffused features, float[D, d], to rows with a constant 1: made of features,
    not of labels."""

    by: Floats

    @classmethod
    def of(cls, x: Floats, width: int, power: float) -> RowMap:
        """Of x float[nodes, D]. Of width 0, columns are divided by their deviations to a power;
        otherwise `width` principal components of equally scaled columns are, by theirs. A row is
        of norm 1 on the average."""
        deviation = x.std(axis=0)
        varies = deviation > 1e-9
        if not width:
            by = np.diag(np.where(varies, np.maximum(deviation, 1e-9) ** -power, 0.0))
        else:
            scaled = x * np.where(varies, 1 / np.maximum(deviation, 1e-9), 0.0)
            values, vectors = np.linalg.eigh(scaled.T @ scaled / len(x))
            kept = np.flatnonzero(values > 1e-8 * values[-1])[::-1][:width]
            by = vectors[:, kept] * values[kept] ** (-power / 2)
            by *= np.where(varies, 1 / np.maximum(deviation, 1e-9), 0.0)[:, None]
        return cls(by / np.sqrt(((x @ by) ** 2).sum(axis=1).mean()))

    def rows(self, x: Floats) -> Floats:
        """float[nodes, d + 1]."""
        return np.concatenate([x @ self.by, np.ones((len(x), 1))], axis=1)


@dataclass(frozen=True, slots=True)
class Pooling:
    """Sums over nodes are divided by their number to a power: 0 is a sum, 1 a mean. Where they are
    `standardised`, every moment is divided by its deviation over graphs."""

    power: float
    standardised: bool


@dataclass(frozen=True, slots=True, eq=False)
class MomentKernel:
    """Of graphs by their moments: gram float[graphs, graphs] = sum over i, j of weight_ij m_ij(G)
    m_ij(G'), with m_ij the pooled moments of two graphs, and weight float[d + 1, d + 1]."""

    gram: Floats
    weight: Floats

    @property
    def unit(self) -> float:
        """What moments less their means over all graphs have to be multiplied by, for a trace of
        1 a graph."""
        return len(self.gram) / float(np.trace(self.gram) - self.gram.mean() * len(self.gram))

    @property
    def values(self) -> Floats:
        """float[graphs, graphs], of moments less their means; 1 is added, for a bias."""
        middle = self.gram.mean(axis=0)
        found: Floats = self.gram - middle - middle[:, None] + middle.mean()
        return found * self.unit + 1.0

    @classmethod
    def of(cls, rows: Floats, graph_of: Ints, pooling: Pooling) -> MomentKernel:
        """Of rows float[nodes, d + 1] in the order of their graphs; in single precision where
        there are more than 2000 graphs."""
        ends = np.searchsorted(graph_of, np.arange(graph_of[-1] + 2))
        graphs, width = len(ends) - 1, rows.shape[1]
        kind = np.float32 if graphs > 2000 else np.float64
        by = (np.repeat(np.diff(ends), np.diff(ends)) ** (-pooling.power / 2))[:, None]
        x = (rows * by).astype(kind)
        kernel, weight = np.zeros((graphs, graphs), kind), np.ones((width, width))
        step = max(1, int(MOST_NUMBERS / (graphs * width)))
        for c in range(0, width, step):
            here = min(step, width - c)
            moments = np.empty((graphs, here, width - c), kind)
            for k in range(graphs):
                own = x[ends[k] : ends[k + 1], c:]
                np.matmul(own[:, :here].T, own, out=moments[k])
            if pooling.standardised:
                spread = moments.std(axis=0)
                varies = spread > 1e-6 * np.abs(moments).max(axis=0)
                per = np.where(varies, 1 / np.where(varies, spread, 1), 0)  # constants are left out
                moments *= per
                weight[c : c + here, c:] = per**2
                weight[c:, c : c + here] = weight[c : c + here, c:].T
            moments[:, :, here:] *= np.sqrt(kind(2))  # each is there twice
            flat = moments.reshape(graphs, -1)
            kernel += flat @ flat.T
        return cls(kernel.astype(np.float64), weight)

    def pooled(self, sizes: Ints, power: float) -> MomentKernel:
        """Of the moments of this kernel, not standardised, divided by sizes to a further power."""
        by = sizes.astype(np.float64) ** power
        return MomentKernel(self.gram / np.outer(by, by), self.weight)


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
    whole: Floats = lower + lower.T + np.diag(np.diag(found))
    return whole


# ---- the fit as a network --------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class QuadraticNetwork:
    """score_c = bias_c + sum over units h of sign_ch * sum over rows of (x . w_ch)**2 / n**power,
    for rows x float[n, d + 1] that `rows` makes: units float[classes, d + 1, d + 1], the last axis
    being h; signs float[classes, d + 1] are 1 and -1."""

    rows: RowMap
    power: float
    units: Floats
    signs: Floats
    bias: Floats

    @property
    def matrices(self) -> Floats:
        """score_c = bias_c + sum over rows of x M_c x / n**power: float[classes, d + 1, d + 1]."""
        found: Floats = (self.units * self.signs[:, None, :]) @ self.units.transpose(0, 2, 1)
        return found

    def scores(self, x: Floats) -> Floats:
        """float[classes] of one graph with diffused features x float[n, D]."""
        z = self.rows.rows(x) @ self.units
        summed: Floats = (z**2).sum(axis=1) / len(x) ** self.power
        found: Floats = (summed * self.signs).sum(axis=1) + self.bias
        return found


def fitted_network(
    x: Floats,
    graph_of: Ints,
    labels: Ints,
    made: tuple[RowMap, Pooling],
    strength: float,
    known: MomentKernel | None = None,
) -> QuadraticNetwork:
    """The fit on all graphs, as a network: eigenvectors of M_c are its hidden units. x float[nodes,
    D] in the order of their graphs; `known`: their kernel, if it was made before."""
    mapped, pooling = made
    rows = mapped.rows(x)
    kernel = known or MomentKernel.of(rows, graph_of, pooling)
    pulled = _inverse(kernel.values, strength) @ targets(labels)
    by = (pulled - pulled.mean(axis=0)) * kernel.unit  # moments are less their means
    weight = (by / (np.bincount(graph_of) ** pooling.power)[:, None])[graph_of]
    matrices = np.stack([(rows * w[:, None]).T @ rows for w in weight.T]) * kernel.weight
    values, vectors = np.linalg.eigh(matrices)
    units = vectors * np.sqrt(np.abs(values))[:, None, :]
    bias = pulled.sum(axis=0) - (kernel.gram @ by).mean(axis=0)
    return QuadraticNetwork(mapped, pooling.power, units, np.sign(values), bias)
