"""How often a program is executed for what is asked of it, and what that costs in all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from qdsl.analysis.cost import Cost
from qdsl.analysis.findings import ShotBudget, TaskCost
from qdsl.analysis.formulas import (
    STAGE_SHOTS,
    coherent_uses,
    count_bits,
    estimation_stages,
    estimation_uses,
    hoeffding,
    number_bits,
    stage_bits,
)
from qdsl.analysis.gradient_circuits import (
    LONGEST,
    ToldCounts,
    blocks_by_layer,
    by_output,
    derivative_ranges,
    scale_of,
    told_by_blocks,
    told_by_shifts,
)
from qdsl.analysis.joining import FinalPlaces, joined_output
from qdsl.analysis.moved import FINITE, SPSA, moved_runs, told_by_moved
from qdsl.analysis.told import told_bits
from qdsl.ir.light_cone import encoded_parameter
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
    "finite_difference": FINITE,
    "spsa": SPSA,
}
OWN = "its circuits are derived and compiled by `qdsl grad`, not executions of this program"
NOT_COUNTED = {
    "cat": f"other nodes turn cat copies of the register, and {OWN}",
    "overlap": f"an ancilla chooses the sign, and {OWN}",
    "hadamard": f"an ancilla controls every word, and {OWN}",
    "mixed": f"which blocks are shifted depends on the prices of both, and {OWN}",
    "shadow": f"every copy is measured in a random basis of a block, and {OWN}",
    "global_shadow": f"every copy is measured in a random basis of a block, and {OWN}",
    "amplitude_estimation": "how often it is executed, and with how many iterates, depends on what "
    "is seen while it runs",
    "gentle_sweep": "all copies go from node to node together and are measured together, for "
    "which the bounds of separate executions do not hold",
    "shadow_tomography": "the measurement of all copies together is an assumed oracle, which says "
    "nothing of who holds what",
}


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Steps, items a step, and whether one item an execution is enough, as the loss is linear in
    the expectation and the experiment's gradients are exact: a run that samples them goes through
    every item. `method` and `shots`: of the gradient, as the experiment has them. `held_out`:
    items of which a run takes the values in every step. `outputs`: those that the loss is a
    function of, from the first on: one, or one a class.
    """

    steps: int
    batch: int
    is_linear: bool
    method: str = "auto"
    shots: int | None = None
    held_out: int = 0
    outputs: int = 1

    @property
    def values(self) -> int:
        """Items whose values are taken, in all steps."""
        return 0 if self.is_linear else self.steps * (self.batch + self.held_out)

    @property
    def counted(self) -> str:
        """The method as a gradient's task is called, if it is one that is counted."""
        return COUNTED.get(self.method, "")


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
    asked = plan.counted if plan else ""
    tasks += gradient_tasks(program, counted, accuracy, asked)
    uncounted = why_no_gradient(program.placed.circuit) if plan is not None else None
    if plan is not None:
        trained = returning_trained(program, plan)
        gradient = gradient_tasks(trained, counted, accuracy, asked)
        if gradient:
            best = next(t for t in gradient if t.chosen)
            best = next((t for t in gradient if t.method == asked), best)
            value, *_ = inference_tasks(trained, counted, accuracy)
            tasks.append(training_task(best, value, plan))
        elif not uncounted:
            uncounted = "no output depends on a parameter"
    return ShotBudget(
        accuracy.epsilon,
        accuracy.delta,
        accuracy.stated,
        plan.steps if plan else None,
        tuple(tasks),
        uncounted or "",
    )


def returning_trained(program: DistributedCircuit, plan: TrainingPlan) -> DistributedCircuit:
    """The same program, of which a training reads the outputs alone that its loss is a function
    of."""
    circuit = program.placed.circuit
    if len(circuit.outputs) <= plan.outputs:
        return program
    read = circuit.outputs[: plan.outputs]
    placed = replace(program.placed, circuit=replace(circuit, outputs=read))
    return replace(program, placed=placed)


def inference_tasks(
    program: DistributedCircuit, counted: Cost, accuracy: Accuracy
) -> list[TaskCost]:
    """By sampling, each output with executions of its own; by amplitude estimation, as a formula,
    where there is one Pauli expectation."""
    circuit = program.placed.circuit
    runs, formulas, disclosed, joined = 0, [], 0, 0
    places = FinalPlaces(program)
    for output, k, formula in executions_by_output(circuit.outputs, accuracy):
        runs, disclosed = runs + k, disclosed + told_bits(program, output, k)
        joined += sum(j.bits for j in joined_output(places, output, k))
        formulas.append(formula)
    bits = runs * counted.classical_bits + disclosed + joined
    said = "; ".join(dict.fromkeys(formulas)) or "nothing is asked"
    name = "inference" if is_owned(circuit) else "outputs"
    tasks = [TaskCost(name, "sampling", runs, runs * counted.ebits, bits, said, True, joined)]
    if _is_one_pauli(circuit) and not _is_measured_early(circuit):
        uses, formula = _estimated(accuracy, _norm(circuit))
        one = sum(j.joining.bits for j in joined_output(places, circuit.outputs[0], 1))
        runs, told = _told_by_estimation(accuracy, _norm(circuit), uses, len(places.names))
        bits = uses * counted.classical_bits + runs * one + told
        tasks.append(TaskCost(name, "amplitude estimation", uses, uses * counted.ebits,
                              bits, formula, False, runs * one))  # fmt: skip
    return tasks


def _told_by_estimation(accuracy: Accuracy, norm: float, uses: int, nodes: int) -> tuple[int, int]:
    """Executions of a mean by amplitude estimation that are measured, and the bits that tell it:
    the powers that come next to all nodes, and a number to everyone; or its count, where it is
    sampled."""
    epsilon = accuracy.epsilon / (norm or 1.0)
    if uses < math.ceil(coherent_uses(epsilon, accuracy.delta)):
        return uses, count_bits(uses)
    powers = stage_bits(epsilon) if nodes > 1 else 0
    return STAGE_SHOTS * estimation_stages(epsilon), powers + number_bits(epsilon)


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
    program: DistributedCircuit, counted: Cost, accuracy: Accuracy, asked: str = ""
) -> list[TaskCost]:
    """The gradients of the expectations a program returns, in every parameter, with the counts
    that the owners of the parameters are told; `asked`: a method that is counted only if it is
    asked for, finite differences or SPSA."""
    circuit = program.placed.circuit
    ranges = derivative_ranges(circuit) if why_no_gradient(circuit) is None else {}
    if not ranges:
        return []
    n = len(ranges)
    eps, delta = accuracy.epsilon, accuracy.delta
    runs = sum(hoeffding(n, eps, delta, w) for w in ranges.values())
    squares = sum(w**2 for w in ranges.values())
    each = f"2 ln(2 * {n} / delta) / eps^2"
    told = told_by_shifts(program, eps, delta)
    said = f"{squares:.6g} x {each}"
    found = [_gradient_task("parameter shift", counted, runs, told, said)]
    blocks = block_runs(program, counted, accuracy)
    if blocks is not None:
        found.append(_task_of_blocks(blocks, each))
    least = min(found, key=lambda t: t.ebits)
    moved = moved_runs(circuit, asked, eps, delta) if asked in (FINITE, SPSA) else None
    if moved is not None:
        told = told_by_moved(program, moved)
        found.append(_gradient_task(asked, counted, moved.executions, told, moved.formula))
    return [t if t is least else replace(t, chosen=False) for t in found]


def why_no_gradient(circuit: Circuit) -> str | None:
    """Why no gradient of a program is counted, None: one is."""
    for output in circuit.outputs:
        if not isinstance(output, Expectation | Eigenvalue):
            name = type(output).__name__.lower()
            return f"no gradient is counted: '{circuit.name}' returns {name}(...)"
    if not circuit.outputs:
        return f"no gradient is counted: '{circuit.name}' returns nothing"
    encoded = encoded_parameter(circuit)
    if encoded is not None:
        return f"no gradient is counted: '{encoded[0]}' encodes the parameter '{encoded[1]}'"
    return None


def _gradient_task(
    method: str, counted: Cost, runs: int, told: Sequence[ToldCounts], formula: str
) -> TaskCost:
    """A gradient by so many executions of the program."""
    bits = runs * counted.classical_bits + sum(t.bits for t in told)
    joined = sum(t.bits for t in told if t.is_part)
    return TaskCost("gradient", method, runs, runs * counted.ebits, bits, formula, True, joined)


@dataclass(frozen=True, slots=True, eq=False)
class BlockRuns:
    """The commuting blocks of the words of one output: `circuit` returns it alone; `blocks` by
    layer, each executed `copies` times; `passes`: ebits and bits of one pass for every block;
    `told`: of all copies."""

    circuit: Circuit
    blocks: tuple[int, ...]
    copies: int
    passes: tuple[int, int]
    told: tuple[ToldCounts, ...]


def block_runs(
    program: DistributedCircuit, counted: Cost, accuracy: Accuracy
) -> list[BlockRuns] | None:
    """By output; None where they cannot be counted: a parameter turns more than one gate, an
    output is no expectation, layers hand over otherwise than by teledata, or a word ends at several
    nodes, where the turn about it takes pairs of its own."""
    circuit = program.placed.circuit
    places = FinalPlaces(program)
    ranges = derivative_ranges(circuit)
    nodes, found = [x.node or "" for x in counted.layers], []
    for k, one in by_output(circuit):
        scale = scale_of(one.outputs[0])
        widest = max((w for (o, _), w in ranges.items() if o == k), default=0.0)
        output = one.outputs[0]
        is_local = isinstance(output, Expectation) and widest <= scale
        is_local = is_local and not any(j.bits for j in joined_output(places, output, 1))
        passes = commuting_block_passes(one, counted) if is_local else None
        if passes is None:
            return None
        copies = hoeffding(len(ranges), accuracy.epsilon, accuracy.delta, scale)
        told = told_by_blocks(one, nodes, copies)
        found.append(BlockRuns(one, tuple(blocks_by_layer(one)), copies, passes, told))
    return found


def _task_of_blocks(runs: Sequence[BlockRuns], each: str) -> TaskCost:
    scales = [scale_of(r.circuit.outputs[0]) for r in runs]
    blocks = sum(sum(r.blocks) for r in runs)
    said = f"{blocks} blocks x {each}" + (f" * {scales[0]:g}^2" if scales[0] != 1.0 else "")
    if len(set(scales)) > 1:
        squares = sum(sum(r.blocks) * s**2 for r, s in zip(runs, scales, strict=True))
        said = f"{blocks} blocks, with the squares of their outputs' norms {squares:.6g} x {each}"
    executions = sum(sum(r.blocks) * r.copies for r in runs)
    ebits = sum(r.copies * r.passes[0] for r in runs)
    bits = sum(r.copies * r.passes[1] + sum(t.bits for t in r.told) for r in runs)
    return TaskCost("gradient", "commuting blocks", executions, ebits, bits, said)


def commuting_block_passes(circuit: Circuit, counted: Cost) -> tuple[int, int] | None:
    """(ebits, bits) of one pass for every commuting block of every layer.

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
    return ebits, disclosed


# ---- training ----------------------------------------------------------------------------


def training_task(gradient: TaskCost, inference: TaskCost, plan: TrainingPlan) -> TaskCost:
    """All steps of a training run, one gradient a step where that is enough (every execution takes
    an item of its own), else a gradient and a value for each item of the batch, and a value for
    each that is held out."""
    times = plan.steps * (1 if plan.is_linear else plan.batch)
    if plan.is_linear:
        formula = f"{plan.steps} steps x one gradient, a random item in every execution"
    else:
        items = f"{plan.batch} items x (gradient + value)"
        formula = f"{plan.steps} steps x {items}"
        if plan.held_out:
            formula = f"{plan.steps} steps x ({items} + {plan.held_out} x value)"
    return TaskCost(
        "training",
        gradient.method,
        times * gradient.executions + plan.values * inference.executions,
        times * gradient.ebits + plan.values * inference.ebits,
        times * gradient.classical_bits + plan.values * inference.classical_bits,
        formula,
        True,
        times * gradient.joined_bits + plan.values * inference.joined_bits,
    )
