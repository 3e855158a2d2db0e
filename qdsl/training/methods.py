"""The circuits that training takes its gradients from, and what one execution of each costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qdsl.diagnostics import InvalidProgram
from qdsl.execute import CannotRun
from qdsl.refusals import Refused

if TYPE_CHECKING:
    from qdsl.api import Compiled
    from qdsl.gradient.batch import CircuitBatch
    from qdsl.language.model import Experiment

Prices = list[tuple[int, int]]  # (ebits, classical bits) of every template

# unbiased methods, in the order in which they are named where they cost the same
UNBIASED = ("parameter_shift", "kick", "cat", "overlap", "hadamard")


def gradient_batch(
    compiled: Compiled, experiment: Experiment, shots: int
) -> tuple[CircuitBatch, Prices]:
    """The batch of the experiment's method; for `auto`, of the unbiased method that takes the
    fewest ebits for one item among those that the network can run. CannotRun if none can."""
    if experiment.gradient != "auto":
        return _priced(compiled, experiment.gradient)
    options: list[tuple[int, int, CircuitBatch, Prices]] = []
    reasons = []
    for rank, method in enumerate(UNBIASED):
        try:
            batch, prices = _priced(compiled, method)
        except (Refused, InvalidProgram) as error:
            reasons.append(f"{method}: {str(error).splitlines()[0]}")
            continue
        options.append((_ebits(batch, prices, shots), rank, batch, prices))
    if not options:
        raise CannotRun("no method gives the gradient of this program; " + "; ".join(reasons))
    _, _, batch, prices = min(options, key=lambda option: option[:2])
    return batch, prices


def _priced(compiled: Compiled, method: str) -> tuple[CircuitBatch, Prices]:
    from qdsl.gradient.compiling import batch_costs
    from qdsl.gradient.derive import derived

    batch = derived(compiled.circuit, method)
    costs = batch_costs(batch, dict(compiled.options))
    return batch, [(c.ebits, c.classical_bits) for c in costs]


def _ebits(batch: CircuitBatch, prices: Prices, shots: int) -> int:
    """Of one gradient for one item, all angles at one half and all data at one."""
    from qdsl.gradient.estimation import Price, estimated

    values = {v.name: np.full(v.shape, 0.5 if v.role == "param" else 1.0)
              for v in batch.source.values.vectors}  # fmt: skip
    for v in batch.source.values.vectors:
        if v.kind == "matching":
            values[v.name] = np.arange(v.size, dtype=np.float64).reshape(v.shape)
    found = estimated(batch, values, shots, 0, [Price(*p) for p in prices])
    return found.ebits or 0
