"""Entanglement distillation: nested recurrence by DEJMPS or BBPSSW, with imperfect nodes.

A round takes two pairs of a link. At both nodes a CNOT acts from the half that is kept on the half
that is measured; the pair that is left counts if the two outcomes agree. Before it every half is
turned by one gate on one qubit:

- BBPSSW (Bennett et al., PRL 76, 722 (1996); PRA 54, 3824 (1996)): by the same random one at both
  nodes, which makes the pairs Werner states;
- DEJMPS (Deutsch et al., PRL 77, 2818 (1996)): by Rx(pi/2) at one node, Rx(-pi/2) at the other,
  which exchanges errors Y and Z.

Without noise, with probabilities A, B, C, D of no error, Y, X and Z on one half, DEJMPS succeeds
with `N = (A + B)**2 + (C + D)**2` and leaves `(A**2 + B**2, 2 C D, C**2 + D**2, 2 A B) / N`; BBPSSW
has `q = (1 - F) / 3`, `p = F**2 + 2 F q + 5 q**2` and `F' = (F**2 + q**2) / p`.

In nested recurrence a round of level k takes two pairs of level k - 1 (Duer, Briegel, Rep. Prog.
Phys. 70, 1381 (2007)): a pair of level n takes `prod 2 / p_k` raw pairs on average. A channel makes
them one after another and begins again where a round fails, so that `T_k = (2 T_{k-1} + r) / p_k`
with the time `r` of a round, and at most n + 1 qubits of each node are held.

Noise is that of `qdsl.analysis.error_budget`: depolarising behind every gate, outcomes that are
wrong, relaxation and dephasing, after which a pair is taken as its Bell-diagonal part. The first
pair of a round waits for the second one for the expected time of that; the kept one waits while the
other is measured, and while messages travel. Pauli errors go through CNOTs as Pauli errors, so that
all else is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import exp
from typing import Final

from qdsl.network.models import MOST_LEVELS, PROTOCOLS, Distillation, DistilledPair, PairState
from qdsl.records import dataclass

CLOSE: Final = 4  # decimals of a fidelity that no level is added for
_BITS: Final = ((0, 0), (1, 0), (1, 1), (0, 1))  # of no error, X, Y, Z: the parts X and Z
_NUMBER: Final = {bits: number for number, bits in enumerate(_BITS)}


@dataclass(frozen=True, slots=True)
class DistillationEnd:
    """Of one node: process infidelities of gates on one qubit and on two, the probability of a
    wrong outcome; times of the three, and T1 and T2 of communication qubits, None: no limit, all in
    ns."""

    one_qubit_error: float = 0.0
    two_qubit_error: float = 0.0
    readout_error: float = 0.0
    one_qubit_ns: int = 0
    two_qubit_ns: int = 0
    readout_ns: int = 0
    t1_ns: int | None = None
    t2_ns: int | None = None


@dataclass(frozen=True, slots=True)
class RawPair:
    """A pair as the link makes it: its state at birth, the expected time until both ends know of
    it, how long after birth that is, and how long the slower of two messages takes, one each
    way."""

    state: PairState
    time_ns: int = 0
    herald_ns: int = 0
    message_ns: int = 0


Ends = tuple[DistillationEnd, DistillationEnd]


def best_pair(asked: Distillation, raw: RawPair, ends: Ends) -> DistilledPair | None:
    """What a link gives: None where no round is needed, and where none helps; of the protocols
    that come up to the least fidelity the one of fewest levels, then of fewest raw pairs. Where
    none does, it is the pair of highest fidelity."""
    protocols = PROTOCOLS if asked.protocol is None else (asked.protocol,)
    least = asked.min_fidelity
    if least is None:
        levels = 1 if asked.levels is None else asked.levels
        return ladder(protocols[0], raw, ends)[levels - 1] if levels else None
    if raw.state[0] >= least:
        return None
    made = [pair for name in protocols for pair in ladder(name, raw, ends)]
    enough = [pair for pair in made if pair.state[0] >= least]
    if enough:
        return min(enough, key=lambda pair: (pair.levels, pair.raw_pairs))
    highest = max(made, key=lambda pair: (round(pair.state[0], CLOSE), -pair.levels))
    return highest if highest.state[0] > raw.state[0] else None


@lru_cache(maxsize=4096)
def ladder(
    protocol: str, raw: RawPair, ends: Ends, levels: int = MOST_LEVELS
) -> tuple[DistilledPair, ...]:
    """The pairs of levels 1, 2, ..."""
    return tuple(_ladder(protocol, raw, ends, levels))


def _ladder(protocol: str, raw: RawPair, ends: Ends, levels: int) -> Iterator[DistilledPair]:
    until = [end.one_qubit_ns + end.two_qubit_ns for end in ends]
    gates_ns = max(t + end.readout_ns for t, end in zip(until, ends, strict=True))
    round_ns = gates_ns + raw.message_ns
    state, time, lag = raw.state, float(raw.time_ns), float(raw.herald_ns)
    success: list[float] = []
    raw_pairs = 1.0
    for _ in range(levels):
        older, younger = aged(state, ends, (lag + time,) * 2), aged(state, ends, (lag,) * 2)
        kept, p = distilled(protocol, older, younger, ends)
        state = aged(kept, ends, [float(gates_ns - t) for t in until])
        time, lag, raw_pairs = (2 * time + round_ns) / p, float(raw.message_ns), raw_pairs * 2 / p
        success.append(p)
        yield DistilledPair(
            protocol, tuple(success), raw_pairs, state, round(time), round_ns, raw.message_ns
        )


def distilled(
    protocol: str, kept: PairState, measured: PairState, ends: Ends
) -> tuple[PairState, float]:
    """The pair that a successful round leaves, and the probability of success."""
    pairs = [_turned(protocol, state) for state in (kept, measured)]
    for end in ends:
        pairs = [_mixed(state, end.one_qubit_error) for state in pairs]
    joint = _after_cnots(*pairs)
    for end in ends:
        joint = _mixed(joint, end.two_qubit_error)
    a, b = (end.readout_error for end in ends)
    wrong = a * (1 - b) + b * (1 - a)
    left = [0.0] * 4
    for number, p in enumerate(joint):
        differs = _BITS[number % 4][0]
        left[number // 4] += p * (wrong if differs else 1 - wrong)
    total = sum(left)
    one, x, y, z = (p / total for p in left)
    return (one, x, y, z), total


def _turned(protocol: str, state: PairState) -> list[float]:
    one, x, y, z = state
    if protocol == "dejmps":
        return [one, x, z, y]
    return [one, *[(x + y + z) / 3] * 3]


def _mixed(probabilities: Sequence[float], error: float) -> list[float]:
    """Another Pauli error than none with this probability, all of them alike."""
    each = error / (len(probabilities) - 1)
    total = sum(probabilities)
    return [p + each * (total - len(probabilities) * p) for p in probabilities]


def _after_cnots(kept: Sequence[float], measured: Sequence[float]) -> list[float]:
    """Probabilities of the errors of both pairs, the kept one's number times four first. The part X
    of the control goes to the target, the part Z of the target to the control."""
    joint = [0.0] * 16
    for k, p in enumerate(kept):
        for m, q in enumerate(measured):
            (x, z), (u, w) = _BITS[k], _BITS[m]
            joint[4 * _NUMBER[x, z ^ w] + _NUMBER[u ^ x, w]] += p * q
    return joint


def aged(state: PairState, ends: Ends, waits_ns: Sequence[float]) -> PairState:
    """After its halves have waited. The correlations of X, -Y and Z decay; where both halves relax,
    that of Z grows."""
    flip, stay, both_relax = 1.0, 1.0, 1.0
    for end, wait in zip(ends, waits_ns, strict=True):
        own_flip, own_stay = _decay(end, wait)
        flip, stay, both_relax = flip * own_flip, stay * own_stay, both_relax * (1 - own_stay)
    one, x, y, z = state
    xx, yy = (one + x - y - z) * flip, (one - x + y - z) * flip
    zz = (one - x - y + z) * stay + both_relax
    return (
        (1 + xx + yy + zz) / 4, (1 + xx - yy - zz) / 4,
        (1 - xx + yy - zz) / 4, (1 - xx - yy + zz) / 4,
    )  # fmt: skip


def _decay(end: DistillationEnd, wait_ns: float) -> tuple[float, float]:
    """What a half's X and Y, and its Z, are multiplied by."""
    stay = 1.0 if end.t1_ns is None else exp(-wait_ns / end.t1_ns)
    if end.t2_ns is not None:
        return exp(-wait_ns / end.t2_ns), stay
    return (1.0 if end.t1_ns is None else exp(-wait_ns / (2 * end.t1_ns))), stay
