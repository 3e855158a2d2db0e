"""How many executions an accuracy takes: every bound with its source.

`parameters` derivatives are wanted to `epsilon` each, all at once with probability at least
`1 - delta` (a union bound). Outcomes are +1 and -1 unless a range is named.
"""

from __future__ import annotations

from math import ceil, log, log2, sqrt

from qdsl.analysis.formulas import bernstein

QAE_PASSES = 48.0  # passes times epsilon of iterative amplitude estimation at delta 0.05, measured
_LN_40 = log(40)


def hoeffding(parameters: float, epsilon: float, delta: float) -> float:
    """`2 ln(2 M / delta) / epsilon**2` outcomes for each of M means of +-1 (Hoeffding)."""
    return 2 * log(2 * parameters / delta) / epsilon**2


def local_shadow(weight: int, epsilon: float) -> float:
    """For words of a weight from random local bases: second moment `3**w`."""
    return bernstein(3.0**weight, 3.0**weight + 1, epsilon)


def global_shadow(qubits: int, epsilon: float) -> float:
    """For any word from random Clifford circuits: second moment `2**n + 1`."""
    return bernstein(2.0**qubits + 1, 2.0**qubits + 2, epsilon)


def tomography_copies(parameters: int, qubits: int, epsilon: float) -> int:
    """Threshold search (C. Badescu, R. O'Donnell, STOC 2021) is only known up to a constant:
    declared 1 here, `log2(M)**2 n / epsilon**4`."""
    return ceil(log2(max(2, parameters)) ** 2 * qubits / epsilon**4)


def sweep_copies(parameters: int, epsilon: float, delta: float) -> int:
    """A gentle sweep over one bundle: `(2 sqrt(V) + 1) 2 ln(2 M / delta) / epsilon**2`, with the
    bound V = M on the sum of squared covariances."""
    return ceil((2 * sqrt(parameters) + 1) * hoeffding(parameters, epsilon, delta))


def amplitude_passes(epsilon: float, delta: float) -> float:
    """Passes (forwards or backwards) for one mean: iterative amplitude estimation (D. Grinko et
    al., npj Quantum Inf. 7, 52 (2021)), with a measured constant; above 0.16 sampling if that
    takes fewer."""
    passes = QAE_PASSES / epsilon * log(2 / delta) / _LN_40
    return passes if epsilon < 0.16 else min(passes, 2 * log(2 / delta) / epsilon**2)
