"""A search over degree-2 networks fitted in closed form, by two protocols at once.

By GIN's, the setting that is best on the mean of the test folds counts, as its epoch does; by the
honest one, every test fold gets the setting that is best on all other folds, each of them left out
together with it. One inverse of a kernel answers both (`left_out`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from qdsl.records import dataclass
from qdsl.studies.paper.accuracy import Score, stratified
from qdsl.studies.paper.datasets.sets import Floats, GraphSet
from qdsl.studies.paper.diffusions import Hops, branches
from qdsl.studies.paper.findings import Settings
from qdsl.studies.paper.ridge_networks import LeftOut, MomentKernel, Pooling, RowMap, left_out


@dataclass(frozen=True, slots=True)
class RidgeSetting:
    """What a network is given, and how strongly it is held back: labels (`LABELS`), hops of the
    diffusions, principal components (0: all columns) and the power of their deviations by which
    they are divided, pooling, and the strength of the ridge."""

    labels: str
    hops: Hops
    width: int
    power: float
    pooling: Pooling
    strength: float

    def __str__(self) -> str:
        kept = f"{self.width} components" if self.width else "all columns"
        pool = {0.0: "sum", 1.0: "mean"}.get(self.pooling.power, "sum / root of n")
        standard = ", standardised" if self.pooling.standardised else ""
        return f"{self.labels}, {self.hops}, {kept}, {pool}{standard}, {self.strength:.0e}"


@dataclass(frozen=True, slots=True)
class RidgeSearch:
    """What is tried on a set: `kernels` settings, drawn of `labels`, up to `hops` of one or two of
    the diffusions `of`, and `widths`; `poolings` in turn; each with all `strengths`."""

    kernels: int
    labels: tuple[str, ...]
    hops: int
    widths: tuple[int, ...]
    poolings: tuple[Pooling, ...]
    strengths: tuple[float, ...]
    of: tuple[str, ...] = ("gcn", "ppr", "raw", "walk")

    @property
    def size(self) -> int:
        """How many settings."""
        return self.kernels * len(self.strengths)

    def drawn(self, seed: int) -> list[RidgeSetting]:
        """One setting for every kernel, in the order of labels and hops, at the first strength."""
        rng = np.random.default_rng((seed, self.kernels))
        found = []
        for k in range(self.kernels):
            hops = dict.fromkeys(rng.choice(self.of, 2).tolist(), 0)
            hops = {name: int(rng.integers(1, self.hops + 1)) for name in hops}
            labels, width = str(rng.choice(self.labels)), int(rng.choice(self.widths))
            power = 0.5 if not width else float(rng.choice((0.0, 0.5, 1.0)))
            pooling = self.poolings[k % len(self.poolings)]
            found.append(
                RidgeSetting(labels, Hops(**hops), width, power, pooling, self.strengths[0])
            )
        return sorted(found, key=lambda s: (s.labels, str(s.hops), s.width, s.power))


SUM, ROOT, MEAN = (Pooling(power, False) for power in (0, 0.5, 1))
EACH = (SUM, ROOT, MEAN, Pooling(0, True), Pooling(1, True))
FINE = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)
FINEST = tuple(float(10 ** (k / 4)) for k in range(-12, 1))
COARSE = (0.01, 0.1, 0.3, 1.0, 3.0, 10.0)
ALL = ("tags", "degrees", "tags+degrees", "tags*degrees", "structure")
SMALL = RidgeSearch(200, ALL, 6, (12, 24, 48), EACH, FINE)
SEARCHES = {
    "proteins": RidgeSearch(25, ALL, 4, (12, 24), EACH, COARSE),
    "imdbbinary": RidgeSearch(60, ("degrees", "structure"), 4, (8, 16, 32), EACH, COARSE),
    "imdbmulti": RidgeSearch(25, ("degrees", "structure"), 4, (8, 16, 32), EACH, COARSE),
    "nci1": RidgeSearch(
        4, ("neighbours",), 1, (0,), (SUM, Pooling(0.25, False), ROOT, MEAN), FINEST, ("raw",)
    ),
}
QUICK = RidgeSearch(3, ("tags+degrees",), 2, (16,), (SUM, MEAN), (1e-3, 1e-2, 0.1))


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Of one set: by GIN's protocol the score and its setting; by the honest one the score and how
    many different settings the folds chose; how many settings were tried, on how many folds."""

    as_gin: Score
    best: RidgeSetting
    honest: Score
    chosen: int
    tried: int
    folds: int


def search_of(name: str, *, is_quick: bool) -> RidgeSearch:
    """The settings tried on a set."""
    return QUICK if is_quick else SEARCHES.get(name, SMALL)


def ridge_search(
    data: GraphSet, search: RidgeSearch, folds: int, settings: Settings
) -> SearchResult:
    """All settings of a search; the same for the same seed."""
    fold = stratified(data.labels, folds, settings.seed)
    tried, found = [], []
    for setting, kernel in _kernels(data, search, settings):
        tried.append(setting)
        found.append(left_out(kernel, data.labels, fold, setting.strength))
    return chosen_of(tried, found)


def chosen_of(tried: list[RidgeSetting], found: list[LeftOut]) -> SearchResult:
    """By both protocols, of fits of all settings tried: of equal ones the first."""
    alone, inner = (np.array([getattr(f, kind) for f in found]) for kind in ("alone", "inner"))
    best, own = int(alone.mean(axis=1).argmax()), inner.argmax(axis=0)
    folds = alone.shape[1]
    return SearchResult(
        Score.of(alone[best]),
        tried[best],
        Score.of(alone[own, np.arange(folds)]),
        len(set(own.tolist())),
        len(tried),
        folds,
    )


def _kernels(
    data: GraphSet, search: RidgeSearch, settings: Settings
) -> Iterator[tuple[RidgeSetting, Floats]]:
    sizes = np.bincount(data.graph_of)
    input_of, plain_of = None, None
    for setting in search.drawn(settings.seed):
        if input_of != (setting.labels, setting.hops):
            input_of, plain_of = (setting.labels, setting.hops), None
            settings.say(f"{data.name}: {setting.labels}, hops {setting.hops}")
            x = np.concatenate(list(branches(data, setting.labels, setting.hops)), axis=1)
        if plain_of != (setting.width, setting.power):
            plain_of, plain = (setting.width, setting.power), None
            rows = RowMap.of(x, setting.width, setting.power).rows(x)
        pooling = setting.pooling
        if pooling.standardised:
            kernel = MomentKernel.of(rows, data.graph_of, pooling)
        else:
            plain = plain or MomentKernel.of(rows, data.graph_of, SUM)
            kernel = plain.pooled(sizes, pooling.power)
        values = kernel.values
        for strength in search.strengths:
            yield replace(setting, strength=strength), values
