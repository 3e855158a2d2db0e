"""Outputs as sums of what one execution shows, and how weighted results of variants add up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field

import numpy as np
import numpy.typing as npt

from qdsl.analysis.cutting import GAMMA_OF_PAIR
from qdsl.ir.stages import Eigenvalue, Expectation, Output, PauliTerm
from qdsl.records import dataclass
from qdsl.run.job import NUMBERS, CannotRun

Numbers = npt.NDArray[np.float64]
MOST_PAIRS = 300  # that a factor is computed for


@dataclass(frozen=True, slots=True, eq=False)
class OutputParts:
    """An output as executions show it: `constant` and the sum of `coefficients` times results of
    `parts`, each 1 or -1; or, of a distribution, one part."""

    output: Output
    parts: tuple[Output, ...]
    coefficients: Numbers
    constant: float = 0.0

    @property
    def is_number(self) -> bool:
        return isinstance(self.output, NUMBERS)


def parts_of(output: Output) -> OutputParts:
    """CannotRun for what is no mean of results 1 and -1, nor a distribution."""
    if isinstance(output, Eigenvalue) or (isinstance(output, Expectation) and output.scales):
        text = output.span.text if output.span is not None else type(output).__name__.lower()
        raise CannotRun(f"`{text}` cannot be cut: block encodings and matrices are not weighted")
    if not isinstance(output, Expectation):
        return OutputParts(output, (output,), np.ones(1))
    known = sum(t.coefficient for t in output.terms if not t.paulis)
    terms = [t for t in output.terms if t.paulis]
    parts = tuple(Expectation((PauliTerm(1.0, t.paulis),)) for t in terms)
    return OutputParts(output, parts, np.array([t.coefficient for t in terms]), known)


@dataclass(frozen=True, slots=True, eq=False)
class OutputEstimate:
    """A number, or the quasi-probabilities of outcomes; the variance of what one execution shows,
    summed over outcomes; and, where executions were drawn, the standard errors."""

    value: Numbers
    variance: float
    error: Numbers | None = None


def without_cut(one: OutputParts, values: Sequence[Numbers]) -> OutputEstimate:
    """Of exact means of the parts."""
    if not one.is_number:
        return OutputEstimate(values[0], float((values[0] * (1 - values[0])).sum()))
    means = np.array([float(v) for v in values])
    variance = (one.coefficients**2 * (1 - means**2)).sum()
    return OutputEstimate(np.array(one.constant + one.coefficients @ means), float(variance))


@dataclass(slots=True, eq=False)
class ExactSum:
    """Over all variants: the signed sum of an output, and the mean square of one execution's."""

    one: OutputParts
    gamma: float
    total: Numbers = field(default_factory=lambda: np.zeros(()))
    square: float = 0.0

    def add(self, coefficient: float, values: Sequence[Numbers]) -> None:
        """The exact means of the parts in one variant."""
        one = self.one
        if one.is_number:
            means = np.array([float(v) for v in values])
            mean = one.coefficients @ means
            square = mean**2 + (one.coefficients**2 * (1 - means**2)).sum()
        else:
            mean, square = values[0], values[0].sum()
        self.total = self.total + coefficient * mean
        self.square += abs(coefficient) * self.gamma * float(square)

    def found(self) -> OutputEstimate:
        variance = self.square - float((self.total**2).sum())
        return OutputEstimate(self.one.constant + self.total, variance)


class DrawnSum:
    """Over executions: what each showed, with the sign of its preparations."""

    def __init__(self, one: OutputParts, gamma: float, shots: int) -> None:
        self.one, self.gamma, self.shots = one, gamma, shots
        self._seen = np.zeros(shots)  # of a number
        self._signed, self._times = np.zeros(()), np.zeros(())  # of every outcome

    def add(
        self,
        which: npt.NDArray[np.int64],
        sign: float,
        values: Sequence[Numbers],
        random: np.random.Generator,
    ) -> None:
        """Executions `which` of one variant, for which the parts have these means or distributions,
        one each or one for all."""
        if self.one.is_number:
            for coefficient, means in zip(self.one.coefficients, values, strict=True):
                up = random.random(len(which)) < (1 + means) / 2
                self._seen[which] += sign * coefficient * np.where(up, 1.0, -1.0)
            return
        outcomes = np.array(list(_outcomes(values[0], len(which), random)), np.int64)
        times = np.bincount(outcomes, minlength=values[0].shape[1])
        self._signed = self._signed + sign * times
        self._times = self._times + times

    def found(self) -> OutputEstimate:
        n = self.shots
        if self.one.is_number:
            weighted = self.gamma * self._seen
            value, square = np.array(weighted.mean()), np.array((weighted**2).mean())
        else:
            value, square = self.gamma * self._signed / n, self.gamma**2 * self._times / n
        spread = np.maximum(square - value**2, 0.0) * (n / max(n - 1, 1))
        error = np.sqrt(spread / n)
        return OutputEstimate(self.one.constant + value, float(spread.sum()), error)


def _outcomes(shares: Numbers, count: int, random: np.random.Generator) -> Iterator[int]:
    """One outcome of every execution, from the distribution of each or that of all."""
    sums = np.cumsum(np.clip(shares, 0.0, None), axis=1)
    for k, drawn in enumerate(random.random(count).tolist()):
        own = sums[k if len(sums) > 1 else 0]
        yield min(int(np.searchsorted(own, drawn * own[-1], "right")), len(own) - 1)


def gamma_of_pairs(pairs: int) -> float:
    """Of so many pairs, cut one by one, up to 3**300: by its square executions multiply."""
    return float(GAMMA_OF_PAIR ** min(pairs, MOST_PAIRS))


def error_of_items(each: Sequence[OutputEstimate]) -> float | None:
    """The standard error of the mean over items of a number; None if exact."""
    errors = [float(e.error) for e in each if e.error is not None]
    return float(np.sqrt(np.sum(np.square(errors))) / len(each)) if errors else None
