"""Noise of pairs, memories and gates, as channels on one qubit.

A channel is known here by what it multiplies X, Y and Z by (the diagonal of its Pauli transfer
matrix). A Bell-diagonal pair is known likewise by its correlations of X, -Y and Z.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.network.models import PairState

Numbers = npt.NDArray[np.float64]
_SIGNS = np.array([[1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]], np.float64)


def correlations(state: PairState) -> Numbers:
    """Of a Bell-diagonal pair, float[3]; where pairs are swapped into one, they multiply."""
    found: Numbers = _SIGNS @ np.array(state)
    return found


def error_probabilities(factors: Numbers) -> Numbers:
    """Of no error, X, Y and Z, float[..., 4], from factors of X, Y and Z, float[..., 3]: of a pair,
    or of the Pauli channel that a channel becomes by twirling. The first is the fidelity."""
    found: Numbers = (1 + factors @ _SIGNS) / 4
    return found


def decay(time_ns: Numbers, t1_ns: Numbers, t2_ns: Numbers) -> tuple[Numbers, Numbers]:
    """What relaxation and dephasing multiply X and Y by, and Z by, after some time. Infinite times
    mean that there is none. Relaxation also shifts Z by one minus its factor."""
    return np.exp(-time_ns / t2_ns), np.exp(-time_ns / t1_ns)


def coherence_times(t1_ns: int | None, t2_ns: int | None) -> tuple[float, float]:
    """T1 and T2 in ns, infinite where there is no limit; T2 is 2 T1 where only T1 is known."""
    t1 = np.inf if t1_ns is None else float(t1_ns)
    return t1, 2 * t1 if t2_ns is None else float(t2_ns)
