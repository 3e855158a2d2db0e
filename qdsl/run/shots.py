"""What shots of a program show: every setting is run as often as was asked for.

A setting reads each qubit in the basis of one Pauli operator. Outputs, and words of an observable,
that agree on the basis of every qubit they share are read in one setting, from the same outcomes;
different settings are different executions. All backends count shots so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from qdsl.backends._readout import Basis, Estimate, OutcomeCounts, estimate, factor_of, settings
from qdsl.ir.stages import Circuit, Output, Probability
from qdsl.run.job import Array, Inputs

MOST_SHARES = 2**24  # probabilities that are held at a time
Evaluate = Callable[[Inputs, tuple[Output, ...]], list[Array]]


def reading_of(basis: Basis) -> Probability:
    """The distribution of the outcomes of a setting."""
    qubits = tuple(sorted(basis))
    return Probability(qubits, letters="".join(basis[q] for q in qubits))


def values_by_item(inputs: Inputs) -> list[dict[str, Array]]:
    """What every item is run on, by name."""
    return [
        inputs.single | {k: a[item] for k, a in inputs.batched.items()}
        for item in range(inputs.items)
    ]


def counted(
    circuit: Circuit, inputs: Inputs, shots: int, seed: int, evaluate: Evaluate
) -> list[tuple[Estimate, ...]]:
    """Estimates of all outputs for every item, from shots of exact distributions. One seed gives
    the same shots."""
    bases = settings(circuit.outputs)
    counts: list[list[OutcomeCounts]] = [[] for _ in range(inputs.items)]
    for k, item, shares in _distributions(bases, inputs, evaluate):
        rng = np.random.default_rng([seed, k, item])
        counts[item].append(_drawn(shares, tuple(sorted(bases[k])), shots, rng))
    return [
        estimates(circuit, bases, given, mine, shots)
        for given, mine in zip(values_by_item(inputs), counts, strict=True)
    ]


def estimates(
    circuit: Circuit,
    bases: Sequence[Basis],
    given: dict[str, Array],
    counts: Sequence[OutcomeCounts],
    shots: int,
) -> tuple[Estimate, ...]:
    """The outputs of one item as the counts of its settings show them."""
    values = circuit.values
    slots = values.flatten(given) if values.vectors else np.zeros(0)
    return tuple(
        estimate(o, bases, counts, shots, factor_of(o, values, slots)) for o in circuit.outputs
    )


def tallied(qubits: tuple[int, ...], bits: npt.NDArray[np.bool_]) -> OutcomeCounts:
    """Counts of outcomes, bool[shots, qubits]."""
    rows, times = np.unique(bits.astype(np.int8), axis=0, return_counts=True)
    return OutcomeCounts(qubits, dict(zip(map(tuple, rows.tolist()), times.tolist(), strict=True)))


def _drawn(
    shares: Array, qubits: tuple[int, ...], shots: int, rng: np.random.Generator
) -> OutcomeCounts:
    shares = np.clip(shares, 0.0, None)
    times = rng.multinomial(shots, shares / shares.sum())
    seen = np.flatnonzero(times)
    places = np.arange(len(qubits))[::-1]
    rows = (seen[:, None] >> places) & 1
    tally = dict(zip(map(tuple, rows.tolist()), times[seen].tolist(), strict=True))
    return OutcomeCounts(qubits, tally)


def _distributions(
    bases: Sequence[Basis], inputs: Inputs, evaluate: Evaluate
) -> Iterator[tuple[int, int, Array]]:
    """(setting, item, shares), settings in order, as many at a time as are held."""
    readings = tuple(reading_of(basis) for basis in bases)
    sizes = [2 ** len(r.qubits) for r in readings]
    if sum(sizes) * inputs.items <= MOST_SHARES:
        for k, shares in enumerate(evaluate(inputs, readings)):
            yield from ((k, item, one) for item, one in enumerate(shares))
        return
    for k, (reading, size) in enumerate(zip(readings, sizes, strict=True)):
        most = max(1, MOST_SHARES // size)
        for start in range(0, inputs.items, most):
            part = slice(start, start + most)
            some = replace(inputs, batched={n: a[part] for n, a in inputs.batched.items()})
            (shares,) = evaluate(some, (reading,))
            yield from ((k, start + item, one) for item, one in enumerate(shares))
