"""How often a program is executed for what is asked of it, and what that costs in all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from qdsl.analysis.cost import Cost
from qdsl.analysis.findings import ShotBudget, TaskCost
from qdsl.analysis.formulas import coherent_uses, estimation_uses, hoeffding
from qdsl.analysis.gradient_circuits import (
    LONGEST,
    blocks_by_layer,
    derivative_ranges,
    told_by_blocks,
    told_by_shifts,
)
from qdsl.analysis.told import told_bits
from qdsl.ir.stages import (
    Circuit,
    DistributedCircuit,
    Eigenvalue,
    Expectation,
    Output,
    Overlap,
    Probability,
    Sample,
)
from qdsl.records import dataclass

EPSILON, DELTA = 0.1, 0.05  # where the program does not say


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Additive error `epsilon` with probability 1 - `delta`; `stated`: somebody asked for it."""

    epsilon: float = EPSILON
    delta: float = DELTA
    stated: bool = False


COUNTED = {
    "parameter_shift": "parameter shift",
    "commuting_block": "commuting blocks",
    "kick": "commuting blocks",
}


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Steps, items a step, and whether the loss is linear in the expectation: then one item an
    execution is enough. `method` and `shots`: of the gradient, as the experiment has them."""

    steps: int
    batch: int
    is_linear: bool
    method: str = "auto"
    shots: int | None = None

    @property
    def counted(self) -> str:
        """The method as a gradient's task is called, if it is one that is counted."""
        return COUNTED.get(self.method, "")


def scale_of(output: Output) -> float:
    """The largest absolute value that one measured outcome stands for."""
    if not isinstance(output, Expectation):
        return 1.0  # for an eigenvalue, of the matrix divided by its norm
    return sum(abs(t.coefficient) for t in output.terms if t.paulis)


def executions_of(output: Output, accuracy: Accuracy) -> tuple[int, str]:
    """Executions that one output takes, and where the number comes from."""
    eps, delta = accuracy.epsilon, accuracy.delta
    match output:
        case Sample():
            return 1, "one sample"
        case Probability():
            outcomes = 2.0 ** len(output.qubits)
            log = math.log(2 / delta) + len(output.qubits) * math.log(2.0)
            k = math.ceil(log / (2 * eps**2))
            return k, f"ln(2 * {outcomes:g} / delta) / (2 eps^2)"
        case Overlap() | Eigenvalue():
            return hoeffding(1, eps, delta), "2 ln(2 / delta) / eps^2"
    scale = scale_of(output)
    if scale == 0.0:
        return 0, "a constant"
    several = f" * {scale:g}^2" if scale != 1.0 else ""
    return hoeffding(1, eps, delta, scale), f"2 ln(2 / delta){several} / eps^2"


def executions_by_output(
    outputs: Sequence[Output], accuracy: Accuracy
) -> list[tuple[Output, int, str]]:
    """Each output with its executions and their formula; delta is shared out evenly."""
    share = Accuracy(accuracy.epsilon, accuracy.delta / max(1, len(outputs)))
    return [(output, *executions_of(output, share)) for output in outputs]


def expected_of(
    program: DistributedCircuit, counted: Cost, accuracy: Accuracy, plan: TrainingPlan | None
) -> ShotBudget:
    """All tasks of a program. Every number of ebits is the compiled program's, times executions."""
    tasks = inference_tasks(program, counted, accuracy)
    gradient = gradient_tasks(program, counted, accuracy)
    tasks += gradient
    if plan is not None and gradient:
        best = next(t for t in gradient if t.chosen)
        best = next((t for t in gradient if t.method == plan.counted), best)
        tasks.append(training_task(best, tasks[0], plan))
    return ShotBudget(
        accuracy.epsilon,
        accuracy.delta,
        accuracy.stated,
        plan.steps if plan else None,
        tuple(tasks),
    )


def inference_tasks(
    program: DistributedCircuit, counted: Cost, accuracy: Accuracy
) -> list[TaskCost]:
    """By sampling, each output with executions of its own; by amplitude estimation, as a formula,
    where there is one Pauli expectation."""
    circuit = program.placed.circuit
    runs, formulas, disclosed = 0, [], 0
    for output, k, formula in executions_by_output(circuit.outputs, accuracy):
        runs, disclosed = runs + k, disclosed + told_bits(program, output, k)
        formulas.append(formula)
    bits = runs * counted.classical_bits + disclosed
    said = "; ".join(dict.fromkeys(formulas)) or "nothing is asked"
    name = "inference" if is_owned(circuit) else "outputs"
    tasks = [TaskCost(name, "sampling", runs, runs * counted.ebits, bits, said)]
    if _is_one_pauli(circuit) and not _is_measured_early(circuit):
        uses, formula = _estimated(accuracy, _norm(circuit))
        tasks.append(TaskCost(name, "amplitude estimation", uses, uses * counted.ebits,
                          uses * counted.classical_bits, formula, False))  # fmt: skip
    return tasks


def _norm(circuit: Circuit) -> float:
    """Of the one Pauli operator that is returned: the size of its coefficient."""
    (output,) = circuit.outputs
    assert isinstance(output, Expectation)
    return next(abs(t.coefficient) for t in output.terms if t.paulis)


def _estimated(accuracy: Accuracy, norm: float) -> tuple[int, str]:
    """Uses of the circuit by amplitude estimation, and the formula that gave the number. `eps` in
    it is the accuracy in units of the operator's norm."""
    epsilon, delta = accuracy.epsilon / (norm or 1.0), accuracy.delta
    uses = math.ceil(estimation_uses(epsilon, delta))
    formula = "48 ln(2 / delta) / (ln(40) eps) uses"
    if norm not in (0.0, 1.0):
        formula += f", eps in units of the norm, {norm:g}"
    if uses < math.ceil(coherent_uses(epsilon, delta)):
        return uses, f"2 ln(2 / delta) / eps^2: by sampling, with fewer uses than {formula}"
    return uses, f"{formula}: measured mean, coherent, not compiled"


def is_owned(circuit: Circuit) -> bool:
    """Whether a node owns any of the data or parameters."""
    return any(v.owner is not None for v in circuit.values.vectors)


def _is_one_pauli(circuit: Circuit) -> bool:
    (output, *more) = circuit.outputs or (None,)
    return (
        not more
        and isinstance(output, Expectation)
        and not output.scales
        and sum(1 for t in output.terms if t.paulis) == 1
    )


def _is_measured_early(circuit: Circuit) -> bool:
    return bool(circuit.table.codes("measure", "reset").any())


# ---- gradients ---------------------------------------------------------------------------


def gradient_tasks(
    program: DistributedCircuit, counted: Cost, accuracy: Accuracy
) -> list[TaskCost]:
    """The gradient of the one expectation a program returns, in every parameter, with the counts
    that the owners of the parameters are told."""
    circuit = program.placed.circuit
    outputs = circuit.outputs
    if len(outputs) != 1 or not isinstance(outputs[0], Expectation | Eigenvalue):
        return []
    scale = scale_of(outputs[0])
    ranges = derivative_ranges(circuit, scale) if scale else {}
    if not ranges:
        return []
    n = len(ranges)
    eps, delta = accuracy.epsilon, accuracy.delta
    runs = sum(hoeffding(n, eps, delta, w) for w in ranges.values())
    squares = sum(w**2 for w in ranges.values())
    each = f"2 ln(2 * {n} / delta) / eps^2"
    told = sum(t.bits for t in told_by_shifts(program, scale, eps, delta))
    found = [TaskCost("gradient", "parameter shift", runs, runs * counted.ebits,
                  runs * counted.classical_bits + told, f"{squares:.6g} x {each}")]  # fmt: skip
    is_word = isinstance(outputs[0], Expectation) and max(ranges.values()) <= scale
    passes = commuting_block_passes(circuit, counted) if is_word else None
    if passes is not None:
        blocks, ebits, bits = passes
        k = hoeffding(n, eps, delta, scale)
        several = f" * {scale:g}^2" if scale != 1.0 else ""
        nodes = [x.node or "" for x in counted.layers]
        told = sum(t.bits for t in told_by_blocks(program, nodes, k))
        found.append(
            TaskCost(
                "gradient",
                "commuting blocks",
                blocks * k,
                ebits * k,
                bits * k + told,
                f"{blocks} blocks x {each}{several}",
            )
        )
    least = min(found, key=lambda t: t.ebits)
    return [t if t is least else replace(t, chosen=False) for t in found]


def commuting_block_passes(circuit: Circuit, counted: Cost) -> tuple[int, int, int] | None:
    """(blocks, ebits, bits) of one pass for every commuting block of every layer.

    A pass goes forward through all layers and back to the layer of its block, and hands over
    between two layers what the compiled program hands over there. None where the layers do not
    hand over whole qubits by teledata alone.
    """
    layers = counted.layers
    roles = {p.name for p in counted.primitives}
    if not roles <= {"teledata"} or any(x.node is None for x in layers):
        return None
    if _is_measured_early(circuit) or len(circuit.table) > LONGEST:
        return None
    blocks = blocks_by_layer(circuit)
    if len(blocks) != len(layers):
        return None
    back = list(accumulate((x.ebits for x in reversed(layers)), initial=0))[:-1][::-1]
    bits = list(accumulate((x.classical_bits for x in reversed(layers)), initial=0))[:-1][::-1]
    ebits = sum(b * (counted.ebits + e) for b, e in zip(blocks, back, strict=True))
    disclosed = sum(b * (counted.classical_bits + e) for b, e in zip(blocks, bits, strict=True))
    return sum(blocks), ebits, disclosed


# ---- training ----------------------------------------------------------------------------


def training_task(gradient: TaskCost, inference: TaskCost, plan: TrainingPlan) -> TaskCost:
    """All steps of a training run, one gradient a step where the loss is linear in the
    expectation (every execution takes an item of its own), else a gradient and a value for each
    item of the batch."""
    times = plan.steps * (1 if plan.is_linear else plan.batch)
    extra = 0 if plan.is_linear else 1
    formula = (
        f"{plan.steps} steps x one gradient, a random item in every execution"
        if plan.is_linear
        else f"{plan.steps} steps x {plan.batch} items x (gradient + value)"
    )
    return TaskCost(
        "training",
        gradient.method,
        times * (gradient.executions + extra * inference.executions),
        times * (gradient.ebits + extra * inference.ebits),
        times * (gradient.classical_bits + extra * inference.classical_bits),
        formula,
    )
