"""Where there is no advantage: linear classification, few parameters, scrambling circuits."""

from __future__ import annotations

from math import asin, ceil, log, log2, pi, sqrt

import numpy as np
import numpy.typing as npt

from qdsl.studies.paper.findings import SHOWN, ClaimFinding, FindingTable, Part, Settings
from qdsl.studies.paper.inference import ebits, model

Floats = npt.NDArray[np.float64]

FAILURE = 0.05


def no_advantage(settings: Settings) -> Part:
    linear, table = _linear(settings)
    scrambled, gradients = _scrambling(settings)
    return Part(
        "no-advantage",
        "Where there is no advantage",
        (linear, _few_parameters(), scrambled),
        (table, gradients),
        "Linear classification: proved in the paper (abstract). The rest are counter-protocols.",
    )


# ---- linear classification -------------------------------------------------------------


def simhash_bits(margin: float, failure: float = FAILURE) -> int:
    """Bits for the sign of <w, x> at a margin |cos| >= `margin` (Charikar, STOC 2002): each is
    right with probability 1/2 + asin(margin)/pi, and Hoeffding's bound holds for the majority."""
    return ceil(log(1 / failure) / (2 * (asin(margin) / pi) ** 2))


def simhash(w: Floats, x: Floats, bits: int, rng: np.random.Generator) -> bool:
    """Is <w, x> > 0, told from the signs of `bits` shared random projections of x?"""
    directions = rng.normal(size=(bits, len(x)))
    agree = np.sign(directions @ w) == np.sign(directions @ x)
    return bool(2 * agree.sum() > bits)


def _linear(settings: Settings) -> tuple[ClaimFinding, FindingTable]:
    margin, trials = 0.3, 50 if settings.is_quick else 200
    bits = simhash_bits(margin)
    tests = ceil(2 * log(1 / FAILURE) / margin**2)  # for the sign of a mean in [-1, 1]
    rows, worst = [], 1.0
    for n in (4, 6, 8) if settings.is_quick else (4, 6, 8, 10):
        rng = np.random.default_rng((settings.seed, n))
        right = 0
        for _ in range(trials):
            w, x = _at_margin(1 << n, margin, rng)
            right += simhash(w, x, bits, rng) == (w @ x > 0)
        worst = min(worst, right / trials)
        rows.append((str(n), str(1 << n), str(bits), f"{right / trials:.3f}", str(n * tests)))
    return (
        ClaimFinding(
            "no exponential advantage for linear classification",
            "abstract",
            f"SimHash decides at margin {margin} by {bits} bits whatever N is, right in at least "
            f"{worst:.0%}; a Hadamard test of the same confidence sends n x {tests} qubits",
            "no such advantage",
            SHOWN,
            worst >= 1 - FAILURE - 3 * sqrt(FAILURE / trials),
        ),
        FindingTable(
            f"The sign of <w, x> at margin {margin}, wanted failure {FAILURE}",
            ("n", "N", "SimHash bits", "measured success", "qubits of a Hadamard test"),
            tuple(rows),
        ),
    )


def _at_margin(size: int, margin: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Unit vectors whose product is plus or minus `margin`."""
    w, other = rng.normal(size=(2, size))
    w /= np.linalg.norm(w)
    other -= (other @ w) * w
    other /= np.linalg.norm(other)
    sign = rng.choice((-1.0, 1.0))
    return w, sign * margin * w + sqrt(1 - margin**2) * other


# ---- few parameters --------------------------------------------------------------------


def _few_parameters() -> ClaimFinding:
    """Bob's angles, sent once, against one round of inference of the compiled model."""
    n, layers, epsilon = 4, 2, 0.01
    compiled = model("layers").compile(settings={"n": n, "layers": layers})
    angles = 2 * n * layers
    bits = angles * ceil(log2(2 * pi * angles / epsilon))
    copies = ceil(2 * log(2 / FAILURE) / epsilon**2)
    sent = ebits(compiled) * copies
    return ClaimFinding(
        "no advantage where bob has few parameters",
        "counter-protocol: he sends them once",
        f"{angles} angles are {bits} bits; {copies:,} copies of {ebits(compiled)} ebits are "
        f"{sent:,} ebits, for one inference to {epsilon}",
        "-",
        SHOWN,
        bits < sent,
    )


# ---- scrambling ------------------------------------------------------------------------


def _scrambling(settings: Settings) -> tuple[ClaimFinding, FindingTable]:
    """The mean square of a derivative behind and before Haar random circuits."""
    samples = 200 if settings.is_quick else 1000
    rows, worst = [], 0.0
    for n in (2, 3, 4) if settings.is_quick else (2, 3, 4, 5, 6):
        d = 1 << n
        rng = np.random.default_rng((settings.seed, n, 9))
        squares = np.array([_derivative(d, rng) ** 2 for _ in range(samples)])
        found, expected = float(squares.mean()), d * d / (2 * (d * d - 1) * (d + 1))
        worst = max(worst, abs(found - expected) / float(squares.std() / sqrt(samples)))
        copies = ceil(2 * log(2 / FAILURE) / expected)
        rows.append((str(n), f"{found:.2e}", f"{expected:.2e}", f"{copies:,}"))
    return (
        ClaimFinding(
            "training has an advantage only where there is a gradient to see",
            "McClean et al., Nature Communications 9, 4812",
            f"E g**2 falls as 1/(2 N); worst deviation from d**2/(2 (d**2 - 1)(d + 1)): "
            f"{worst:.1f} standard errors",
            "-",
            SHOWN,
            worst < 4.5,
        ),
        FindingTable(
            "Scrambling circuits: mean square derivative, and copies to resolve its size",
            ("n", "measured", "formula", "copies"),
            tuple(rows),
        ),
    )


def _derivative(d: int, rng: np.random.Generator) -> float:
    """d<Z_0>/dt of V exp(-i t Z_last / 2) U |0> at t = 0, U and V Haar random."""
    u, v = _unitary(d, rng), _unitary(d, rng)
    phi = u[:, 0]
    half = d // 2
    z_first = np.repeat([1.0, -1.0], half)
    z_last = np.tile([1.0, -1.0], half)
    after = v @ phi
    turned = v @ (z_last * phi)
    return float(np.imag(after.conj() @ (z_first * turned)))


def _unitary(d: int, rng: np.random.Generator) -> npt.NDArray[np.complex128]:
    q, r = np.linalg.qr(rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)))
    return np.asarray(q * (np.diag(r) / np.abs(np.diag(r))), np.complex128)
