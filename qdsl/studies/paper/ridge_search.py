"""A search over degree-2 networks fitted in closed form, by two protocols at once.

By GIN's, the setting that is best on the mean of the test folds counts, as its epoch does; by the
honest one, every test fold gets the setting that is best on all other folds, each of them left out
together with it. One inverse of a kernel answers both (`left_out`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

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
class RidgeGrid:
    """All settings of a search: the product of these. `maps`: widths and powers."""

    labels: tuple[str, ...]
    hops: tuple[Hops, ...]
    maps: tuple[tuple[int, float], ...]
    poolings: tuple[Pooling, ...]
    strengths: tuple[float, ...]

    @property
    def size(self) -> int:
        """How many settings."""
        kernels = len(self.labels) * len(self.hops) * len(self.maps) * len(self.poolings)
        return kernels * len(self.strengths)


SUM, MEAN = Pooling(0, False), Pooling(1, False)
STANDARD = (Pooling(0, True), Pooling(1, True))
SHORT = (Hops(gcn=3), Hops(raw=2), Hops(walk=3), Hops(raw=2, walk=3))
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
TAGGED = RidgeGrid(("tags", "tags+degrees"), SHORT, ((48, 0.5),), (MEAN, *STANDARD), STRENGTHS)
UNTAGGED = RidgeGrid(
    ("degrees", "structure"), (Hops(gcn=3), Hops(walk=2)), ((16, 0.5), (16, 1.0)),
    (MEAN, STANDARD[1]), (1e-3, 1e-2, 1e-1, 1.0)
)  # fmt: skip
GRIDS = {
    "proteins": RidgeGrid(
        ("tags+degrees", "structure"), (Hops(walk=3), Hops(raw=4)), ((16, 0.5),),
        (MEAN, STANDARD[1], Pooling(0, True)), STRENGTHS
    ),
    "imdbbinary": UNTAGGED,
    "imdbmulti": UNTAGGED,
    "nci1": RidgeGrid(
        ("neighbours", "tags*degrees"), (Hops(raw=1),), ((0, 0.5),),
        (SUM, Pooling(0.25, False), Pooling(0.5, False), MEAN), (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
    ),
}  # fmt: skip
QUICK = RidgeGrid(("tags+degrees",), (Hops(walk=2),), ((16, 0.5),), STANDARD, (1e-3, 1e-2, 1e-1))


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


def grid_of(name: str, *, is_quick: bool) -> RidgeGrid:
    """The settings tried on a set."""
    return QUICK if is_quick else GRIDS.get(name, TAGGED)


def ridge_search(data: GraphSet, grid: RidgeGrid, folds: int, settings: Settings) -> SearchResult:
    """All settings of a grid; the same for the same seed."""
    fold = stratified(data.labels, folds, settings.seed)
    tried, found = [], []
    for setting, kernel in _kernels(data, grid, settings):
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
    data: GraphSet, grid: RidgeGrid, settings: Settings
) -> Iterator[tuple[RidgeSetting, Floats]]:
    sizes = np.bincount(data.graph_of)
    for labels, hops in product(grid.labels, grid.hops):
        settings.say(f"{data.name}: {labels}, hops {hops}")
        x = np.concatenate(list(branches(data, labels, hops)), axis=1)
        for width, power in grid.maps:
            rows = RowMap.of(x, width, power).rows(x)
            plain = None  # kernel of sums: the others that are not standardised follow from it
            for pooling in grid.poolings:
                if pooling.standardised:
                    kernel = MomentKernel.of(rows, data.graph_of, pooling)
                else:
                    plain = plain or MomentKernel.of(rows, data.graph_of, SUM)
                    kernel = plain.pooled(sizes, pooling.power)
                values = kernel.values
                for strength in grid.strengths:
                    setting = RidgeSetting(labels, hops, width, power, pooling, strength)
                    yield setting, values
