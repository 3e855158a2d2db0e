"""Measurement settings for a program's outputs, and the outputs estimated from counts.

`np.asarray(estimate)` is what an exact simulator would give: a number, or float[2**k].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt

import numpy as np
import numpy.typing as npt

from qdsl.ir.encodings import eigenvectors, scale_factor
from qdsl.ir.stages import (
    Eigenvalue,
    Expectation,
    Output,
    Overlap,
    PauliTerm,
    Probability,
    Sample,
    with_zeros,
)
from qdsl.ir.values import Floats, Values
from qdsl.records import dataclass

Basis = Mapping[int, str]  # source qubit -> "X", "Y" or "Z"


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """How often the source qubits `qubits` showed each pattern of bits, in one setting."""

    qubits: tuple[int, ...]
    tally: Mapping[tuple[int, ...], int]

    def of(self, qubits: Sequence[int]) -> dict[tuple[int, ...], int]:
        """The counts of these qubits, in this order, the others summed over."""
        where = [self.qubits.index(q) for q in qubits]
        marginal: dict[tuple[int, ...], int] = {}
        for bits, times in self.tally.items():
            key = tuple(bits[k] for k in where)
            marginal[key] = marginal.get(key, 0) + times
        return marginal


@dataclass(frozen=True, slots=True)
class Mean:
    """An `expect` or `overlap`, with the standard error of the estimate."""

    value: float
    standard_error: float
    shots: int

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Floats:
        return np.array(self.value, dtype)

    def __float__(self) -> float:
        return float(self.value)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A `sample`: counts by bit string, `qubits[0]` leftmost. As an array without the `zeros`."""

    counts: Mapping[str, int]
    shots: int
    zeros: tuple[int, ...] = ()

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Floats:
        measured = {_without(bits, self.zeros): times for bits, times in self.counts.items()}
        frequencies = np.zeros(2 ** len(next(iter(measured))), dtype)
        for bits, times in measured.items():
            frequencies[int(bits or "0", 2)] = times / self.shots
        return frequencies


def _without(bits: str, zeros: tuple[int, ...]) -> str:
    return "".join(bit for k, bit in enumerate(bits) if k not in zeros)


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """A `probability`: relative frequencies, float[2**k]."""

    frequencies: Floats
    shots: int

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Floats:
        return np.array(self.frequencies, dtype)


Estimate = Mean | Outcomes | Distribution


def settings(outputs: Sequence[Output]) -> tuple[Basis, ...]:
    """Bases that between them read every output; each reading joins the first that allows it."""
    chosen: list[dict[int, str]] = []
    for wanted in (basis for output in outputs for basis in _readings(output)):
        for basis in chosen:
            if all(basis.get(q, letter) == letter for q, letter in wanted.items()):
                basis.update(wanted)
                break
        else:
            chosen.append(dict(wanted))
    return tuple(chosen)


def _readings(output: Output) -> Iterator[Basis]:
    match output:
        case Expectation(terms):
            yield from (dict(term.paulis) for term in terms)
        case Sample(qubits) | Probability(qubits):
            yield dict.fromkeys(qubits, "Z")
        case Overlap(left, right):
            yield dict.fromkeys(left + right, "Z")
        case Eigenvalue(qubits, _, flags):
            yield dict.fromkeys(flags + qubits, "Z")


def estimate(
    output: Output,
    bases: Sequence[Basis],
    counts: Sequence[OutcomeCounts],
    shots: int,
    factor: float | Floats = 1.0,
) -> Estimate:
    """The output as counts show it; `counts[k]` were taken in setting `bases[k]`. `factor` is
    what its values say about it, by `factor_of`."""
    match output:
        case Expectation(terms):
            mean = _expectation(terms, bases, counts, shots)
            assert isinstance(factor, float)
            return Mean(mean.value * factor, mean.standard_error * factor, shots)
        case Sample(qubits, _, _, zeros):
            tally = _counts_for(output, bases, counts).of(qubits)
            named = {_named(bits, zeros): n for bits, n in sorted(tally.items())}
            return Outcomes(named, shots, zeros)
        case Probability(qubits):
            return _distribution(_counts_for(output, bases, counts).of(qubits), output, shots)
        case Overlap(left, right):
            tally = _counts_for(output, bases, counts).of(left + right)
            k = len(left)
            signs = [(-1.0) ** sum(a & b for a, b in zip(t[:k], t[k:], strict=True)) for t in tally]
            return _mean(signs, list(tally.values()))
        case Eigenvalue(qubits, _, flags):
            tally = _counts_for(output, bases, counts).of(flags + qubits)
            weights = np.append(factor, 0.0)  # the last one for failures
            where = [int("".join(map(str, bits)), 2) for bits in tally]
            seen = [float(weights[min(j, len(weights) - 1)]) for j in where]
            return _mean(seen, list(tally.values()))


def factor_of(output: Output, values: Values, slots: Floats) -> float | Floats:
    """What the named values, `slots`, say about an output: the factor of an expectation with
    scales, the eigenvalues of a matrix with theirs."""
    if isinstance(output, Expectation):
        return scale_factor(output.scales, values, slots) if output.scales else 1.0
    if not isinstance(output, Eigenvalue):
        return 1.0
    start, size = output.matrix.start, output.matrix.size
    found, _ = eigenvectors(slots[start : start + size], output.matrix, len(output.qubits))
    scale = scale_factor(output.scales, values, slots) if output.scales else 1.0
    return found * scale


def _counts_for(
    output: Output, bases: Sequence[Basis], counts: Sequence[OutcomeCounts]
) -> OutcomeCounts:
    return counts[_setting_of(next(_readings(output)), bases)]


def _setting_of(wanted: Basis, bases: Sequence[Basis]) -> int:
    fits = (k for k, basis in enumerate(bases) if wanted.items() <= basis.items())
    return next(fits)


def _distribution(
    tally: Mapping[tuple[int, ...], int], output: Probability, shots: int
) -> Distribution:
    frequencies = np.zeros(2 ** (len(output.qubits) + len(output.zeros)))
    for bits, times in tally.items():
        frequencies[int(_named(bits, output.zeros) or "0", 2)] = times / shots
    return Distribution(frequencies, shots)


def _named(bits: tuple[int, ...], zeros: tuple[int, ...]) -> str:
    return with_zeros("".join(map(str, bits)), zeros)


def _expectation(
    terms: tuple[PauliTerm, ...],
    bases: Sequence[Basis],
    counts: Sequence[OutcomeCounts],
    shots: int,
) -> Mean:
    """Terms read in one setting are summed shot by shot, so that the error is right."""
    by_setting: dict[int, list[PauliTerm]] = {}
    for term in terms:
        by_setting.setdefault(_setting_of(dict(term.paulis), bases), []).append(term)
    means = [_setting_mean(group, counts[k]) for k, group in by_setting.items()]
    error = sqrt(sum(m.standard_error**2 for m in means))
    return Mean(sum(m.value for m in means), error, shots)


def _setting_mean(terms: Sequence[PauliTerm], counts: OutcomeCounts) -> Mean:
    at = {q: k for k, q in enumerate(counts.qubits)}
    seen = np.array(list(counts.tally), np.int64).reshape(len(counts.tally), len(at))
    totals = np.zeros(len(seen))
    for t in terms:
        odd = seen[:, [at[q] for q, _ in t.paulis]].sum(axis=1) & 1
        totals += t.coefficient * (1 - 2 * odd)
    return _mean(totals.tolist(), list(counts.tally.values()))


def _mean(results: Sequence[float], times: Sequence[int]) -> Mean:
    weights = np.asarray(times, np.float64)
    shots = int(weights.sum())
    value = float(np.average(results, weights=weights))
    variance = float(np.average((np.asarray(results) - value) ** 2, weights=weights))
    return Mean(value, sqrt(variance / max(shots - 1, 1)), shots)
