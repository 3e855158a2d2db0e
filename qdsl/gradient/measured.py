"""The profile of a program, from its compiled gradient circuits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.gradient.compiling import TemplateCost, batch_costs
from qdsl.gradient.estimation import Prepared, Weights, parts_of
from qdsl.gradient.knowledge import foreign_to, learned, told_owners
from qdsl.gradient.mixing import mixed
from qdsl.gradient.profile import ExecutionProfile, Layer, Profile, Read
from qdsl.gradient.shadows import share_of
from qdsl.gradient.states import Setting, settings
from qdsl.ir.batch import CircuitBatch
from qdsl.ir.stages import Circuit
from qdsl.passes.derive_gradient.derive import derived
from qdsl.passes.derive_gradient.directions import steepness
from qdsl.passes.derive_gradient.grover import Grover
from qdsl.passes.derive_gradient.problem import GradientProblem, NoGradient, norms_of, problem_of
from qdsl.passes.derive_gradient.recipes import CommutingBlockGradient
from qdsl.passes.derive_gradient.shadow_job import Shadow
from qdsl.records import dataclass

# derived and compiled for every comparison
COMPARED = ("commuting_block", "cat", "parameter_shift", "amplitude_estimation")


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """A batch with what each of its templates costs, and the reads of a comparison."""

    batch: CircuitBatch
    costs: tuple[TemplateCost, ...]
    reads: tuple[Read, ...]


def derived_and_compiled(
    circuit: Circuit,
    method: str,
    values: Mapping[str, npt.ArrayLike] | None = None,
    options: Mapping[str, Any] | None = None,
    on_template: Callable[[int, int], None] | None = None,
    **of_method: float,
) -> Derived:
    """Derive a gradient, compile every template by the default passes, and count."""
    batch = derived(circuit, method, None, **of_method)
    costs = tuple(batch_costs(batch, options, on_template=on_template))
    return Derived(batch, costs, _reads(batch, costs, values))


def differences(
    circuit: Circuit, like: Derived, values: Mapping[str, npt.ArrayLike] | None, epsilon: float
) -> Derived:
    """Finite differences: their template is the program itself, and costs what it costs in `like`,
    the parameter shift."""
    ranges = ranges_of(circuit, values)
    batch = derived(circuit, "finite_difference", ranges, epsilon=epsilon)
    costs = like.costs[: len(batch.jobs)]
    return Derived(batch, costs, _reads(batch, costs, values))


def in_random_bases(
    circuit: Circuit,
    method: str,
    values: Mapping[str, npt.ArrayLike] | None,
    options: Mapping[str, Any] | None,
    accuracy: tuple[float, float],
) -> Derived:
    """A shadow's circuits, with as many copies as its sampling takes. `accuracy`: epsilon, and the
    range of the widest derivative."""
    made = derived_and_compiled(circuit, method, values, options)
    found: list[Read] = []
    for job, cost in zip(made.batch.jobs, made.costs, strict=True):
        disclosed = bool(foreign_to(made.batch, job))
        if isinstance(job.recipe, Shadow):
            half = share_of(job.recipe, *accuracy) / 2
            found.append(Read(execution(cost), half, 2, int(disclosed)))
        else:
            rest = replace(made.batch, method="parameter_shift", jobs=(job,))
            found += _reads(rest, (cost,), values)
    return Derived(made.batch, made.costs, tuple(found))


def execution(cost: TemplateCost) -> ExecutionProfile:
    return ExecutionProfile(
        cost.ebits, cost.classical_bits, cost.rounds, max(cost.qubits, default=0), cost.fidelity
    )


def flat_or_ones(
    circuit: Circuit, values: Mapping[str, npt.ArrayLike] | None
) -> npt.NDArray[np.float64]:
    """The values of one item; of several the largest sizes over all of them; where there are none
    every number counts as 1."""
    given = dict(values or {})
    parts = [np.zeros(0)]
    for v in circuit.values.vectors:
        array = np.asarray(given[v.name], np.float64) if v.name in given else np.ones(v.size)
        if array.size > v.size > 0:
            array = np.abs(array.reshape(-1, v.size)).max(axis=0)
        parts.append(array.reshape(-1)[: v.size])
    return np.concatenate(parts)


def ranges_of(
    circuit: Circuit, values: Mapping[str, npt.ArrayLike] | None
) -> npt.NDArray[np.float64]:
    """No value of a slot is larger in size, in any item; 1 where there are none."""
    return np.abs(flat_or_ones(circuit, values))


def _reads(
    batch: CircuitBatch,
    costs: Sequence[TemplateCost],
    values: Mapping[str, npt.ArrayLike] | None,
) -> tuple[Read, ...]:
    prepared = Prepared.of(batch)
    weights = Weights(prepared, flat_or_ones(batch.source, values)[None])
    found = []
    for k, (job, cost) in enumerate(zip(batch.jobs, costs, strict=True)):
        owners, c = told_owners(batch, job), job.contributions
        for p in range(job.points.count):
            told: dict[int, frozenset[str]] = {}
            for output, column in zip(c.output[c.point == p], c.column[c.point == p], strict=True):
                told[int(output)] = told.get(int(output), frozenset()) | owners[int(column)]
            groups = prepared.at_point(k, p)
            found += [
                Read(execution(cost), weights.share(k, p) * part, announced=_told(group, told))
                for group, part in zip(groups, parts_of(groups), strict=True)
                if part
            ]
    return tuple(found)


def _told(group: Setting, told: Mapping[int, frozenset[str]]) -> int:
    """Of the words read together those that somebody is told, once for each who is."""
    return sum(len(told.get(int(output), ())) for output in group.outputs)


def profile_of(
    circuit: Circuit,
    values: Mapping[str, npt.ArrayLike] | None = None,
    options: Mapping[str, Any] | None = None,
    methods: Sequence[str] = COMPARED,
    on_template: Callable[[int, int], None] | None = None,
) -> tuple[Profile, dict[str, Derived]]:
    """The profile, and the batches that it was counted from. NoGradient if there is none;
    methods that this program or network does not allow are named as refused. InvalidProgram where
    the parameter shift does not fit the network, whose circuits are the program itself."""
    problem = problem_of(circuit, ranges=ranges_of(circuit, values))
    made: dict[str, Derived] = {}
    refused: list[tuple[str, str]] = []
    for name in methods:
        try:
            made[name] = derived_and_compiled(circuit, name, values, options, on_template)
        except NoGradient as error:
            refused.append((name, str(error)))
        except InvalidProgram as error:
            if name == "parameter_shift":
                raise
            refused.append((name, no_room_for(error)))
    _add_mixed(made, circuit, values)
    if "parameter_shift" not in made:
        made["parameter_shift"] = derived_and_compiled(circuit, "parameter_shift", values, options)
    shift = made["parameter_shift"]
    weights = Weights(Prepared.of(shift.batch), flat_or_ones(circuit, values)[None])
    live = {k for job in shift.batch.jobs for k in job.contributions.column.tolist()}
    rotations = sum(len(problem.sites[k].rotations) for k in live) * len(problem.terms)
    steep = steepness(problem)
    nodes = circuit.network.nodes if circuit.network else ()
    forward = execution(shift.costs[0]) if shift.costs else ExecutionProfile(0, 0)
    profile = Profile(
        circuit.n_qubits, max(weights.parameters, 1), max(weights.spread, 1e-12), max(rotations, 1),
        forward, {name: d.reads for name, d in made.items() if name != "amplitude_estimation"},
        _layers(problem, made.get("commuting_block")), max((n.qubits for n in nodes), default=None),
        tuple(refused), _leaks(made),
        float(norms_of(problem.circuit).max(initial=1e-12)), max(len(problem.terms), 1),
        max(len(settings(problem.circuit)[0]), 1), steep.third, steep.parameters,
        _iterates(made.get("amplitude_estimation")),
    )  # fmt: skip
    return profile, made


def no_room_for(error: InvalidProgram) -> str:
    """Why a method's circuits do not fit the network, and what it would take."""
    problem = error.diagnostics[0]
    hint = f"; {problem.help}" if problem.help else ""
    return f"its circuits do not fit the nodes: {problem.message}{hint}"


def _add_mixed(
    made: dict[str, Derived], circuit: Circuit, values: Mapping[str, npt.ArrayLike] | None
) -> None:
    if "commuting_block" not in made or "parameter_shift" not in made:
        return
    by_block, shift = made["commuting_block"], made["parameter_shift"]
    found = mixed(
        by_block.batch,
        by_block.costs,
        shift.batch,
        shift.costs,
        flat_or_ones(circuit, values)[None],
    )
    if found is not None:
        batch, costs = found
        made["mixed"] = Derived(batch, costs, _reads(batch, costs, values))


def _iterates(made: Derived | None) -> tuple[tuple[ExecutionProfile, int], ...]:
    """Of every word, what the second iterate adds, and its means."""
    found = []
    for k, job in enumerate(made.batch.jobs if made else ()):
        if isinstance(job.recipe, Grover) and job.recipe.power == 0:
            assert made is not None
            one, two = (execution(made.costs[k + i]) for i in (1, 2))
            bits = two.classical_bits - one.classical_bits
            added = ExecutionProfile(
                two.ebits - one.ebits, bits, two.rounds - one.rounds, two.qubits
            )
            found.append((added, job.points.count))
    return tuple(found)


LIKE_A_SHIFT = ("hadamard", "spsa", "finite_difference", "amplitude_estimation")
LIKE_A_BLOCK = ("overlap", "shadow", "global_shadow", "shadow_tomography", "gentle_sweep")


def _leaks(made: Mapping[str, Derived]) -> tuple[tuple[str, str], ...]:
    """By method who learns another's derivatives; what was not derived measures where the
    parameter shift does, or where the commuting-block gradient does."""
    found: dict[str, str] = {}
    for name, one in made.items():
        parts = [
            f"{x.node} learns those of {', '.join(x.foreign)}"
            for x in learned(one.batch)
            if x.foreign
        ]
        if parts:
            found[name] = "; ".join(parts)
    for like, names in (("parameter_shift", LIKE_A_SHIFT), ("commuting_block", LIKE_A_BLOCK)):
        if like in found:
            found |= dict.fromkeys(names, found[like])
    return tuple(found.items())


def _layers(problem: GradientProblem, by_block: Derived | None) -> tuple[tuple[Layer, ...], ...]:
    """By word of the observable, its blocks in order."""
    if by_block is None:
        return ()
    found: dict[Any, list[Layer]] = {}
    for job, cost in zip(by_block.batch.jobs, by_block.costs, strict=True):
        if isinstance(job.recipe, CommutingBlockGradient):
            readings = job.recipe.block.readings
            weight = max(r.word.support.bit_count() for r in readings)
            support = 0
            for r in readings:
                support |= r.word.support
            layer = Layer(
                execution(cost),
                len({r.site for r in readings}),
                weight,
                support=support.bit_count(),
            )
            found.setdefault(job.recipe.word, []).append(layer)
    return tuple(tuple(v) for v in found.values())
