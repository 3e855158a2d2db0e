"""Closed formulas: executions, classical messages, leaks. Pure arithmetic.

`eps` is an additive error, `delta` the chance to miss it.
"""

from __future__ import annotations

import math

LOG2 = math.log(2.0)
FINEST = 1e-100  # of an accuracy, so that numbers stay numbers

# Mean number of uses of the circuit and its inverse in iterative amplitude estimation, times
# eps, at delta = 0.05: measured on simulated runs, not a bound.
ESTIMATION_USES = 48.0
STAGE_SHOTS = 50  # of iterative amplitude estimation, before its interval is looked at


# ---- executions --------------------------------------------------------------------------


def hoeffding(quantities: int, eps: float, delta: float, scale: float = 1.0) -> int:
    """Executions for the means of so many outcomes in [-scale, scale], all within eps with
    probability 1 - delta: 2 scale^2 ln(2 M / delta) / eps^2 (Hoeffding 1963, union bound).
    An accuracy below `FINEST` of the scale counts as that."""
    return math.ceil(2 * math.log(2 * quantities / delta) / max(eps / scale, FINEST) ** 2)


def coherent_uses(eps: float, delta: float) -> float:
    """Uses of the circuit by amplitude estimation, sampling aside."""
    return ESTIMATION_USES / eps * math.log(2 / delta) / math.log(40)


def estimation_uses(eps: float, delta: float) -> float:
    """Uses of the circuit by amplitude estimation; sampling where that is cheaper."""
    uses = coherent_uses(eps, delta)
    return uses if eps < 0.16 else min(uses, 2 * math.log(2 / delta) / eps**2)


def bernstein(variance: float, bound: float, epsilon: float) -> float:
    """What a mean of outcomes with this second moment, at most `bound` in size, takes more than
    one of +-1 (Bernstein)."""
    return variance + bound * epsilon / 3


def spsa_pairs(
    parameters: int, epsilon: float, delta: float, perturbation: float, norm: float = 1.0
) -> int:
    """Pairs of evaluations to half of epsilon, the other half being the bias's: second moment
    `norm**2 / 2c**2`, at most `norm / c` (Bernstein)."""
    half = epsilon / 2
    many = bernstein(norm**2 / (2 * perturbation**2), norm / perturbation, half)
    return math.ceil(2 * math.log(2 * parameters / delta) / half**2 * many)


MOST_DIRECTIONS, MOST_MOVES = 2**16, 2**22  # of one SPSA estimate; more pairs repeat them


def spsa_rounds(pairs: int, parameters: int) -> tuple[int, int]:
    """Random directions, and how often each is taken, for at least that many pairs."""
    pairs = max(pairs, 2)
    most = max(min(MOST_DIRECTIONS, MOST_MOVES // max(parameters, 1)), 1024)
    each = math.ceil(pairs / most)
    return math.ceil(pairs / each), each


def count_bits(executions: int) -> int:
    """Bits that tell how often one of two outcomes was seen in so many executions."""
    return math.ceil(math.log2(executions + 1))


def number_bits(eps: float) -> int:
    """Bits that tell a number in [-1, 1] to within eps: one of ceil(1 / eps) steps, and one value
    more."""
    return count_bits(math.ceil(1 / min(eps, 1.0)))


def estimation_stages(eps: float) -> int:
    """Stages of one mean by amplitude estimation, whose powers of the iterate double: each
    executes `STAGE_SHOTS` circuits."""
    return math.ceil(math.log2(math.pi / (2 * min(eps, 1.0)))) + 1


def stage_bits(eps: float) -> int:
    """Bits that tell all nodes the powers of the iterate of one mean, after every stage one of
    0 to pi / (4 eps)."""
    return estimation_stages(eps) * count_bits(math.ceil(math.pi / (4 * min(eps, 1.0))))


# ---- classical messages ------------------------------------------------------------------


def amplitude_bits(length: int, eps: float) -> int:
    """Bits a real number, that an amplitude-encoded vector of `length` numbers be known well
    enough for an expectation of norm 1 within eps / 2."""
    return math.ceil(math.log2(8 * math.sqrt(length) / eps))


def angle_bits(angles: float, eps: float) -> int:
    """Bits an angle, for an expectation of norm 1 within eps / 2; `angles` is their number, each
    counted as often as it turns something."""
    return math.ceil(math.log2(2 * math.pi * max(1, angles) / eps))


def phase_bits(eps: float) -> int:
    """Bits a phase of a diagonal exp(i x_j), for an expectation of norm 1 within eps / 2.

    Rounding to 2 pi / 2^b moves every phase by at most pi / 2^b, the state by as much in norm and
    the expectation by twice that.
    """
    return math.ceil(math.log2(4 * math.pi / eps))


def block_bits(side: int, eps: float) -> int:
    """Bits an entry of M / ||M||, for an expectation of norm 1 within eps / 2 after the unitary
    dilation of M. With every entry within (eps / 24)^2 / side the operator is within
    d = (eps / 24)^2, the dilation within d + sqrt(2 d), the expectation within twice that."""
    return math.ceil(math.log2(576 * side / eps**2))


def matrix_bits(side: int, eps: float) -> int:
    """Bits an entry of M / ||M||, for its mean in any state within eps / 2: entries in [-1, 1]
    within 2^-b, and so M within side 2^-b."""
    return math.ceil(math.log2(2 * side / eps))


def state_bits(dimension: int, eps: float) -> int:
    """Bits a number of a Hermitian matrix of that dimension, entries in [-1, 1], for its product
    with any observable of norm 1 within eps / 2: entries within q move the trace norm by at most
    dimension^1.5 q."""
    return math.ceil(math.log2(2 * dimension**1.5 / eps))


def matching_bits(nodes: int) -> int:
    """Bits that name one of the nodes! / (2^(nodes/2) (nodes/2)!) perfect matchings."""
    half = nodes // 2
    log = math.lgamma(nodes + 1) - half * LOG2 - math.lgamma(half + 1)
    return math.ceil(log / LOG2 - 1e-9) if nodes > 2 else 0


def simhash_bits(margin: float, delta: float) -> int:
    """Bits that tell the sign of a normalised inner product of at least that margin:
    (pi^2 / 2) ln(1 / delta) / margin^2, whatever the dimension."""
    return math.ceil(math.pi**2 / 2 * math.log(1 / delta) / margin**2)


def birthday_bits(length: int, delta: float) -> int:
    """Shared random positions of a string that contain both ends of an edge of a perfect
    matching with probability 1 - delta."""
    return math.ceil(math.sqrt(2 * length * math.log(1 / delta)))


def cutting_log2(pairs: int) -> float:
    """log2 of the factor on executions if so many ebits between two parties are replaced by
    local operations and messages: (2^(m+1) - 1)^2."""
    return 2 * (pairs + 1 + math.log1p(-(2.0 ** -(pairs + 1))) / LOG2)


# ---- leaks -------------------------------------------------------------------------------


def copies_leak(qubits: int, copies: int, others: int = 0) -> float:
    """At most so many bits in `copies` identical states of so many qubits, which may be entangled
    with so many `others` that are elsewhere.

    Of pure states, without others: log2 C(k + d - 1, k), d = 2^qubits, the dimension of the
    symmetric subspace. A mixed one is part of a pure one of dimension d r, r = 2^min(qubits,
    others), with which it tells no more. Nor does it tell more than the blocks of Schur and Weyl
    have dimensions, of which equal copies keep only one each: as many as there are semistandard
    tableaux of k boxes with entries up to d (Keyl, Werner, Phys. Rev. A 64, 052311 (2001)), by
    Littlewood's identity at most C(k + d - 1, k) C(k // 2 + d (d - 1) / 2, k // 2).
    """
    if qubits <= 0 or copies <= 0:
        return 0.0
    most = float(copies) * qubits if copies < 10**300 else math.inf
    d = 1 << qubits
    pure = _log2_multisets(d - 1, copies)
    if others <= 0:
        return min(most, pure)
    purified = _log2_multisets((d << min(qubits, others)) - 1, copies)
    return min(most, purified, pure + _log2_multisets(d * (d - 1) // 2, copies // 2))


def _log2_multisets(a: int, b: int) -> float:
    """log2 C(a + b, b). Where a and b are far apart, the larger M and the smaller m, it is bounded
    by (M + m)^m / m!, which is hardly more; inf beyond 10^300."""
    small, large = sorted((a, b))
    if large < 10**12 and large < 10**6 * small:
        return (math.lgamma(a + b + 1) - math.lgamma(a + 1) - math.lgamma(b + 1)) / LOG2
    if small > 10**300:
        return math.inf
    return small * math.log2(large + small) - math.lgamma(small + 1) / LOG2
