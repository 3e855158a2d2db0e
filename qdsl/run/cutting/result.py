"""What a program with cut pairs gave: plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from qdsl.records import dataclass

LEAST_VARIANCE = 1e-12  # of outcomes: below it is rounding


@dataclass(frozen=True, slots=True)
class HybridOutput:
    """One output of a program with cut pairs, beside that of the program with pairs (`uncut`).

    `values`: for expectations and overlaps one number an item, whose mean over all items is `mean`;
    for samples and probabilities {outcome: quasi-probability} of the first item. Those may be
    negative, and add up to 1, where executions were drawn on average. `standard_error`: of the
    mean, or of each outcome; None if exact. `variance`, `uncut_variance`: of the result of one
    execution, summed over the outcomes of a distribution, the mean over all items: how many
    executions an error takes is proportional to it. `ideal`: of the uncut program without noise,
    where noise is simulated. What is known of the uncut program is None where it is too large, and
    a mean over trajectories where density matrices are (see `HybridResult.method`).
    """

    text: str
    kind: str
    values: Any
    mean: float | None
    standard_error: Any
    uncut: Any
    variance: float
    uncut_variance: float | None
    ideal: Any = None

    @property
    def factor(self) -> float | None:
        """How many times as many executions the same error takes; None where one execution of the
        uncut program tells the result."""
        if self.uncut_variance is None or self.uncut_variance < LEAST_VARIANCE:
            return None
        return self.variance / self.uncut_variance

    @property
    def distance(self) -> float | None:
        """Half the sum of the differences of the quasi-probabilities from the uncut program's."""
        if self.mean is not None or self.uncut is None:
            return None
        names = {*self.values, *self.uncut}
        gaps = [abs(self.values.get(n, 0.0) - self.uncut.get(n, 0.0)) for n in names]
        return float(sum(gaps) / 2)


@dataclass(frozen=True, slots=True)
class HybridResult:
    """`shots`: executions for every output, and for every term of an expectation, each with
    preparations of its own; None: all variants were summed, and the results are exact. `variants`:
    how many different programs that were; `method`: how they were simulated (see
    `qdsl.run.result.NoiseSimulation`); `random_inputs`: vectors that had no source and were
    drawn."""

    outputs: tuple[HybridOutput, ...]
    shots: int | None
    seed: int
    items: int
    variants: int
    method: str
    is_noisy: bool
    random_inputs: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-ready: the fields, and of every output its `factor`."""
        found = asdict(self)
        for document, output in zip(found["outputs"], self.outputs, strict=True):
            document["factor"] = output.factor
        return found
