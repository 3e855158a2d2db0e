"""What a party who keeps every copy really learns, beside the bounds of the report's ledger."""

from __future__ import annotations

from math import comb, log2

import numpy as np
import numpy.typing as npt

from qdsl.studies.paper.findings import SHOWN, ClaimFinding, FindingTable, Part, Settings
from qdsl.studies.paper.training_attack import training_attack

Floats = npt.NDArray[np.float64]


def attack(settings: Settings) -> Part:
    """Bob keeps k copies of |psi_x> = sum (-1)^(x_i) |i> / sqrt N and measures them all together
    by the square-root measurement (Hausladen and Wootters, J. Mod. Opt. 41, 2385), which is the
    optimal one for states that a group generates, as here (Eldar, Megretski, Verghese,
    IEEE Trans. Inf. Theory 49, 1007)."""
    rows, holds = [], True
    for n in (1, 2) if settings.is_quick else (1, 2, 3):
        size = 1 << n
        signs = _signs(size)
        overlaps = signs @ signs.T / size
        secret = size
        for k in (1, 2, 3, 4):
            chance, learned = square_root_measurement(overlaps**k)
            ledger = log2(comb(k + size - 1, k))
            holds = holds and learned <= ledger + 1e-9 <= k * n + 1e-8
            rows.append((str(n), str(k), f"{learned:.3f}", f"{ledger:.3f}", str(k * n),
                         str(secret), f"{chance:.3f}"))  # fmt: skip
    trained, by_steps = training_attack(settings)
    return Part(
        "privacy",
        "What k copies leak",
        (
            ClaimFinding(
                "communicated states leak at most Holevo's bound",
                "abstract; Holevo, Probl. Inf. Transm. 9, 177",
                f"the best measurement on all k copies stays below log2 C(k+d-1, k) in all "
                f"{len(rows)} cases",
                "k log N bits",
                SHOWN,
                holds,
            ),
            trained,
        ),
        (
            FindingTable(
                "Bits that bob learns of alice's N bits (mutual information of the optimal "
                "measurement for guessing them), bounds, and the chance that he has them all "
                "up to a sign",
                ("n", "copies", "learned", "ledger", "k n", "secret", "all guessed"),
                tuple(rows),
            ),
            by_steps,
        ),
        "An honest party's bound: one who sends back other states than agreed can get up to two "
        "bits a qubit. The bound exceeds the secret after few copies: then it says nothing.",
    )


def _signs(size: int) -> Floats:
    """All sign vectors up to a global sign, float[2**(size-1), size]."""
    count = 1 << (size - 1)
    bits = np.arange(count)[:, None] >> np.arange(size)[None, :] & 1
    found: Floats = 1.0 - 2.0 * bits.astype(np.float64)
    return found


def square_root_measurement(gram: Floats) -> tuple[float, float]:
    """Chance to guess right, and mutual information in bits, for equally likely pure states with
    these inner products, float[m, m]."""
    values, vectors = np.linalg.eigh(gram / len(gram))
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    joint = root**2  # of state i and outcome j
    joint /= joint.sum()
    outcome = joint.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(joint > 1e-15, joint * np.log2(joint * len(gram) / outcome), 0.0)
    return float(np.trace(joint)), float(terms.sum())
