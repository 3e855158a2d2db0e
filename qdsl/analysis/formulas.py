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


def copies_leak(qubits: int, copies: int) -> float:
    """At most so many bits in `copies` identical states of so many qubits:
    log2 C(k + d - 1, k), d = 2^qubits, the dimension of the symmetric subspace.

    Where k and d - 1 are far apart, the larger M and the smaller m, it is bounded by
    (M + m)^m / m!, which is hardly more.
    """
    if qubits <= 0 or copies <= 0:
        return 0.0
    most = float(copies) * qubits if copies < 10**300 else math.inf
    d = 1 << qubits
    small, large = sorted((copies, d - 1))
    if large < 10**12 and large < 10**6 * small:
        log = math.lgamma(copies + d) - math.lgamma(copies + 1) - math.lgamma(d)
        return min(most, log / LOG2)
    if small > 10**300:
        return most
    return min(most, small * math.log2(large + small) - math.lgamma(small + 1) / LOG2)
