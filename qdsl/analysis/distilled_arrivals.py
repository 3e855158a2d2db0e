"""How long distillation takes at random, and how many raw pairs: exact draws of nested recurrence.

Of a finished pair of level n the numbers of rounds follow from the top: those of level n until one
succeeds are geometric; each needed two pairs of level n - 1, so that the rounds of that level are
as many as it takes until twice as many have succeeded (negative binomial); and so on down to raw
pairs. Its time is that of all raw pairs, one after another, and of all rounds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.network.models import DistilledPair
from qdsl.network.network import Link

Column = npt.NDArray[np.int64]
PER_PART = 64  # draws for each part of a distribution


def raw_pairs(
    made: DistilledPair, count: int, random: np.random.Generator
) -> tuple[Column, Column]:
    """Of so many finished pairs, the raw pairs that each took, and the rounds."""
    wanted, rounds = np.ones(count, np.int64), np.zeros(count, np.int64)
    for success in reversed(made.success):
        tried = wanted + (0 if success >= 1 else random.negative_binomial(wanted, success))
        rounds += tried
        wanted = 2 * tried
    return wanted, rounds


def raw_times_ns(link: Link, pairs: Column, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """How long a channel takes for so many raw pairs, one after another, each heralded."""
    model, rate = link.physics, link.raw_rate_hz
    made: npt.NDArray[np.float64] = np.zeros(len(pairs))
    if rate is not None and model.attempt_hz is None:
        made = random.gamma(pairs.astype(np.float64)) * 1e9 / rate
    elif model.attempt_hz is not None:
        missed = random.negative_binomial(pairs, model.success) if model.success < 1 else 0
        made = (pairs + missed).astype(np.float64) * (1e9 / model.attempt_hz)
    return made + pairs * model.herald_ns


def distilled_times_ns(
    link: Link, count: int, random: np.random.Generator
) -> tuple[Column, Column]:
    """Of so many finished pairs of a link that distils, the time that each took, until both ends
    know of it, and its raw pairs."""
    made = link.distilled
    assert made is not None
    pairs, rounds = raw_pairs(made, count, random)
    times = raw_times_ns(link, pairs, random) + rounds * made.round_ns
    return np.rint(times).astype(np.int64), pairs


def means_of_distilled_parts_ns(link: Link, parts: int) -> Column:
    """The mean time over each of so many equal parts of the distribution, from draws with a fixed
    seed, all scaled so that their mean is exact."""
    random = np.random.default_rng(0)
    times = np.sort(distilled_times_ns(link, parts * PER_PART, random)[0]).reshape(parts, -1)
    means = times.mean(axis=1)
    exact = link.pair_time_ns / means.mean() if means.any() else 1.0
    found: Column = np.rint(means * exact).astype(np.int64)
    return found
