"""A batch of circuits: few templates, and for each an array of the numbers to put in.

A template is built from the source when it is asked for, so a batch takes the memory of its
arrays, however many circuits it stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import Operation
from qdsl.ir.paulis import PauliWord
from qdsl.ir.stages import Circuit
from qdsl.records import dataclass

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WordRotation:
    """`exp(-i c a P / 2)`: how a site's angle `a` turns about one word."""

    word: PauliWord
    coefficient: float


@dataclass(frozen=True, slots=True)
class Reach:
    """How a parameter enters a site's angle: `coefficient * slot * prod(factors)`."""

    slot: int
    coefficient: float
    factors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """One angle of one row, with the words that it turns about (they commute)."""

    row: int
    expression: int
    op: Operation
    place: int  # which of the operation's angles
    rotations: tuple[WordRotation, ...]
    reaches: tuple[Reach, ...]
    pin: int


class TemplateRecipe(Protocol):
    """How a template is made from the source circuit in normal form."""

    def circuit(self, source: Circuit) -> Circuit: ...


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The parameter array: point `point[i]` adds `value[i]` to slot `slot[i]` of the template's
    values; numbers that are not named stay as given (the template's own new ones: 0)."""

    count: int
    point: Ints
    slot: Ints
    value: Floats

    @staticmethod
    def of(rows: Sequence[Sequence[tuple[int, float]]]) -> Points:
        """From (slot, value) pairs by point."""
        flat = [(p, s, v) for p, pairs in enumerate(rows) for s, v in pairs]
        return Points(
            len(rows),
            np.array([f[0] for f in flat], np.int64),
            np.array([f[1] for f in flat], np.int64),
            np.array([f[2] for f in flat], np.float64),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """`derivative[target, column] += factor * mean of the template's output` at a point.

    `target` is an output of the source. `column` is a site, or in a batch of directions the
    place of a parameter among all.
    """

    point: Ints
    output: Ints
    target: Ints
    column: Ints
    factor: Floats

    @staticmethod
    def of(rows: Sequence[tuple[int, int, int, int, float]]) -> Contributions:
        whole = np.array([r[:4] for r in rows], np.int64).reshape(-1, 4)
        point, output, target, column = whole.T
        factor = np.array([r[4] for r in rows], np.float64)
        return Contributions(point, output, target, column, factor)

    def of_columns(self, wanted: npt.NDArray[np.bool_]) -> Contributions:
        """Those rows only."""
        return Contributions(self.point[wanted], self.output[wanted], self.target[wanted],
                             self.column[wanted], self.factor[wanted])  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class BatchJob:
    """One template with its points.

    `reader` is the node that measures, -1: anyone, or several; `what` says in words which
    derivatives it gives. `words`: by point those of the template's words that depend on it, the
    others say nothing of a derivative; empty: all of them.
    """

    recipe: TemplateRecipe
    points: Points
    contributions: Contributions
    reader: int
    what: str
    words: tuple[frozenset[PauliWord], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CircuitBatch:
    """All circuits of a gradient. `source` is in normal form; `by_site`: columns are sites,
    else parameters. `bias`: what the exact result can be off by, 0 for exact methods."""

    source: Circuit
    method: str
    sites: tuple[Site, ...]
    jobs: tuple[BatchJob, ...]
    by_site: bool = True
    bias: float = 0.0

    @property
    def n_circuits(self) -> int:
        """Circuits that differ in their numbers."""
        return sum(job.points.count for job in self.jobs)

    def template(self, k: int) -> Circuit:
        """The template of job k."""
        return self.jobs[k].recipe.circuit(self.source)
