"""`noise depolarizing`: what imperfect links and gates do to the outputs, by one formula.

With fidelity F of the whole execution, as the report estimates it, the final state is taken to be
`F rho + (1 - F) I / 2**n`: the outcome of an execution is right with probability F and else
uniform. A mean then becomes `F <O> + (1 - F) tr(O) / 2**n`. This is a model, not a simulation of
the noise: errors of single pairs are Pauli errors, which this formula averages as if they had
spread over all qubits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qdsl.ir.stages import Expectation, Output, Overlap, ScheduledCircuit

if TYPE_CHECKING:
    from qdsl.language.typed.program import Experiment

FORMULA = "global depolarising noise, F <O> + (1 - F) tr(O) / 2**n"


def mean_of_noise(output: Output) -> float:
    """`tr(O) / 2**n`, for a distribution the share of every outcome."""
    if isinstance(output, Expectation):
        return sum(t.coefficient for t in output.terms if not t.paulis)
    if isinstance(output, Overlap):
        return 0.5 ** len(output.left)
    return 0.5 ** len(output.qubits)


def depolarized(values: Any, fidelity: float, output: Output) -> Any:
    """The values of an output, or its distributions, under noise."""
    return fidelity * values + (1 - fidelity) * mean_of_noise(output)


def noise_formula(experiment: Experiment | None) -> str | None:
    """The formula behind the experiment's noise, in words; None where there is none."""
    return FORMULA if experiment is not None and experiment.noise == "depolarizing" else None


def noise_fidelity(experiment: Experiment | None, scheduled: ScheduledCircuit) -> float:
    """The report's fidelity where the experiment asks for noise by the formula, or 1."""
    if noise_formula(experiment) is None:
        return 1.0
    from qdsl.analysis.cost import cost

    return cost(scheduled).fidelity
