"""Iterative amplitude estimation of one mean of +-1.

Powers of the iterate double until the mean is known; every power's circuits are executed a number
of times, and Clopper-Pearson intervals narrow the angle (D. Grinko et al., npj Quantum Inf. 7, 52
(2021)).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from math import acos, ceil, floor, log2, pi, sin

from qdsl.analysis.formulas import STAGE_SHOTS
from qdsl.records import dataclass

Hits = Callable[[int, int], int]  # (power, shots) -> how often the word was -1


@dataclass(frozen=True, slots=True)
class Amplitude:
    """A mean of +-1, and the executions by power of the iterate."""

    mean: float
    executions: Mapping[int, int]

    @property
    def passes(self) -> int:
        """Forwards or backwards, of all executions."""
        return sum(n * (2 * power + 1) for power, n in self.executions.items())


def amplitude_estimate(hits: Hits, epsilon: float, delta: float) -> Amplitude:
    """A mean of +-1 to epsilon with probability 1 - delta."""
    target = epsilon / 2
    rounds = max(ceil(log2(pi / (4 * target))), 0) + 1
    low, high, power, upper = 0.0, 0.25, 0, True
    seen, shots = 0, 0
    used: Counter[int] = Counter()
    while True:
        a, b = sin(2 * pi * low) ** 2, sin(2 * pi * high) ** 2
        if (b - a) / 2 <= target:
            return Amplitude(1 - (a + b), used)
        following, half = _next_power(low, high, power, upper)
        if following != power:
            seen, shots = 0, 0
        power, upper = following, half
        seen, shots = seen + hits(power, STAGE_SHOTS), shots + STAGE_SHOTS
        used[power] += STAGE_SHOTS
        share = _clopper_pearson(seen, shots, delta / rounds)
        low, high = _narrowed(low, high, power, upper, share)


def _next_power(low: float, high: float, power: int, upper: bool) -> tuple[int, bool]:
    """The largest power, at least twice the last, that keeps the interval in one half turn."""
    largest = floor(0.5 / (high - low))
    factor = largest - (largest - 2) % 4
    while factor >= 2 * (4 * power + 2):
        a, b = (factor * low) % 1, (factor * high) % 1
        if a <= b <= 0.5:
            return (factor - 2) // 4, True
        if 0.5 <= a <= b:
            return (factor - 2) // 4, False
        factor -= 4
    return power, upper


def _narrowed(
    low: float, high: float, power: int, upper: bool, share: tuple[float, float]
) -> tuple[float, float]:
    factor = 4 * power + 2
    a, b = (acos(1 - 2 * s) / (2 * pi) for s in share)
    if not upper:
        a, b = 1 - b, 1 - a
    base = floor(factor * low)
    new = max(low, (base + a) / factor), min(high, (base + b) / factor)
    return new if new[0] <= new[1] else (new[1], new[0])


def _clopper_pearson(hits: int, shots: int, alpha: float) -> tuple[float, float]:
    from scipy.stats import beta

    low = 0.0 if hits == 0 else float(beta.ppf(alpha / 2, hits, shots - hits + 1))
    high = 1.0 if hits == shots else float(beta.ppf(1 - alpha / 2, hits + 1, shots - hits))
    return low, high
