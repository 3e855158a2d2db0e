"""Features brought to the range of an angle, by statistics of the items that are trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qdsl.records import dataclass
from qdsl.run.job import Array
from qdsl.run.splits import split

if TYPE_CHECKING:
    from qdsl.language.typed.program import Experiment


@dataclass(frozen=True, slots=True, eq=False)
class FeatureScale:
    """`(x - shift) * factor`, column by column."""

    shift: Array
    factor: Array

    @staticmethod
    def of(array: Array, scaling: str) -> FeatureScale:
        """`standardise`: mean 0 and standard deviation 1; `minmax`: from 0 to pi. A column that
        is the same everywhere becomes 0."""
        if scaling == "minmax":
            shift, width = array.min(axis=0), np.ptp(array, axis=0) / np.pi
        else:
            shift, width = array.mean(axis=0), array.std(axis=0)
        is_flat = width <= 1e-12 * np.abs(array).max(axis=0)
        return FeatureScale(shift, np.where(is_flat, 0.0, 1.0 / np.where(is_flat, 1.0, width)))

    def applied(self, array: Array) -> Array:
        return (array - self.shift) * self.factor


def scale_of(array: Array, scaling: str, experiment: Experiment, seed: int) -> FeatureScale:
    """The scale of an experiment's own file; held-out and test items have no part in it."""
    seen, _ = split(len(array), experiment.test, seed, "test")
    parts = split(len(seen), experiment.validation, seed)
    return FeatureScale.of(array[seen[parts[0]]], scaling)
