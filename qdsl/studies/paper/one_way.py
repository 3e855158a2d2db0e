"""The classical one-way protocol for Boolean hidden matching, run bit by bit."""

from __future__ import annotations

import numpy as np

from qdsl.data.problems import Bits, HiddenMatching, Ints, hidden_matching

TRIALS = 200


def positions(size: int, seed: int) -> Ints:
    """An order of all positions of x that both parties draw from shared randomness."""
    return np.random.default_rng((seed, size, 2007)).permutation(size)


def message(x: Bits, order: Ints, bits: int) -> str:
    """What Alice sends: the first `bits` of x in that order."""
    return "".join(map(str, x[order[:bits]].tolist()))


def answer(instance: HiddenMatching, order: Ints, sent: str) -> int | None:
    """What Bob says, out of his matching and labels; None if he knows both ends of no edge."""
    known = np.full(len(order), -1)
    known[order[: len(sent)]] = [int(bit) for bit in sent]
    edges = instance.matching[: len(instance.labels)]
    ends = known[edges]
    inside = np.flatnonzero((ends >= 0).all(axis=1))
    if not len(inside):
        return None
    e = inside[0]
    return int(ends[e, 0] ^ ends[e, 1] ^ instance.labels[e])


def bits_wanted(n: int, seed: int, failure: float) -> int:
    """The fewest bits with which all but a share `failure` of `TRIALS` instances are decided."""
    least = []
    for k in range(TRIALS):
        one = hidden_matching(n, seed + k)
        place = np.argsort(positions(1 << n, seed + k))
        least.append(int(place[one.matching].max(axis=1).min()) + 1)
    return sorted(least)[min(TRIALS - 1, int(np.ceil((1 - failure) * TRIALS)) - 1)]


def success(n: int, seed: int, bits: int) -> float:
    """The share of `TRIALS` other instances that so many bits decide, by messages."""
    right = 0
    for k in range(seed + TRIALS, seed + 2 * TRIALS):
        one, order = hidden_matching(n, k), positions(1 << n, k)
        right += answer(one, order, message(one.x, order, bits)) == one.answer
    return right / TRIALS
