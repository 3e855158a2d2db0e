"""How often encodings succeed in a run, and what an output is in units of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import Eigenvalue, Expectation, Output, PauliTerm, Probability
from qdsl.run.result import OutputResult

Array = npt.NDArray[np.float64]


def added(outputs: Sequence[Output]) -> tuple[Output, ...]:
    """Two more outputs for every one with scales: the distribution of its flags, and the square
    of its scales."""
    found: list[Output] = []
    for output in outputs:
        if isinstance(output, Expectation | Eigenvalue) and output.scales:
            found.append(Probability(_flags(output)))
            found.append(Expectation((PauliTerm(1.0, ()),), scales=output.scales))
    return tuple(found)


def shown(
    results: Sequence[OutputResult], outputs: Sequence[Output], more: list[Array]
) -> tuple[OutputResult, ...]:
    """The results with what was `added`: the means over all items."""
    found = []
    for result, output in zip(results, outputs, strict=True):
        if isinstance(output, Expectation | Eigenvalue) and output.scales:
            flags, factor, *more = more
            success = float(flags.reshape(len(flags), -1)[:, 0].mean())
            result = replace(result, success=success, scale=float(factor.mean()))
        found.append(result)
    return tuple(found)


def _flags(output: Expectation | Eigenvalue) -> tuple[int, ...]:
    if isinstance(output, Eigenvalue):
        return output.flags
    return tuple(sorted({q for term in output.terms for q, _ in term.paulis}))
