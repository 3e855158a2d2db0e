"""A classical one-way protocol for a vector in one of two subspaces, run bit by bit.

In every round both parties draw the same random directions; alice sends the index and the sign of
the one that is closest to her vector. Bob adds them up and sees in which of the two subspaces more
of the sum lies. Of the order of sqrt N bits are enough: a message of b bits has a share of the
order of b / N of its square along the vector, and the rest is spread to about sqrt(2 / N).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from qdsl.records import dataclass

Floats = npt.NDArray[np.float64]
ROUND = 8  # bits; more take exponentially many directions, for hardly more information


@dataclass(frozen=True, slots=True, eq=False)
class HalfProblem:
    """A unit vector, float[N], that lies in the span of the columns of `half`, float[N, N/2], if
    `answer` is 0, and in its complement if it is 1."""

    vector: Floats
    half: Floats
    answer: int


@lru_cache(64)
def directions(size: int, bits: int, seed: int, step: int) -> Floats:
    """Drawn from shared randomness: float[2**(bits - 1), size]."""
    return np.random.default_rng((seed, size, step, bits)).normal(size=(1 << (bits - 1), size))


def rounds(bits: int) -> list[int]:
    """How many bits are sent in every round."""
    return [ROUND] * (bits // ROUND) + ([bits % ROUND] if bits % ROUND else [])


def message(vector: Floats, bits: int, seed: int) -> str:
    """What alice sends."""
    sent = ""
    for step, width in enumerate(rounds(bits)):
        along = directions(len(vector), width, seed, step) @ vector
        best = int(np.abs(along).argmax())
        index = f"{best:0{width - 1}b}" if width > 1 else ""
        sent += index + str(int(along[best] < 0))
    return sent


def answer(half: Floats, sent: str, seed: int) -> int:
    """What bob says."""
    total, at = np.zeros(len(half)), 0
    for step, width in enumerate(rounds(len(sent))):
        word, at = sent[at : at + width], at + width
        index = int(word[:-1], 2) if width > 1 else 0
        one = directions(len(half), width, seed, step)[index]
        total += (1 - 2 * int(word[-1])) * one / np.linalg.norm(one)
    inside = float(((total @ half) ** 2).sum())
    return int(2 * inside < float(total @ total))


def share_right(problems: Sequence[HalfProblem], bits: int, seed: int) -> float:
    """The share of these that so many bits decide, by messages."""
    told = (answer(one.half, message(one.vector, bits, seed), seed) for one in problems)
    right = sum(said == one.answer for said, one in zip(told, problems, strict=True))
    return right / len(problems)


def bits_for(
    drawn: Callable[[int], HalfProblem], trials: int, wanted: float, seed: int
) -> tuple[int, float]:
    """The fewest bits with which `wanted` of so many problems are decided, and the share of as many
    others that they decide. `drawn` makes a problem from a seed."""
    problems = [drawn(seed + k) for k in range(trials)]
    bits = 1
    while share_right(problems, bits, seed) < wanted:
        bits += 1
    others = [drawn(seed + trials + k) for k in range(trials)]
    return bits, share_right(others, bits, seed + trials)
