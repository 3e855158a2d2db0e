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
from qdsl.gradient.knowledge import learned
from qdsl.gradient.mixing import mixed
from qdsl.gradient.profile import ExecutionProfile, Layer, Profile, Read
from qdsl.gradient.shadows import share_of
from qdsl.gradient.states import settings
from qdsl.gradient.telling import Followers, followers, reader_of, telling, told_at
from qdsl.ir.batch import BatchJob, CircuitBatch
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
    following = followers(made.batch)
    for job, cost in zip(made.batch.jobs, made.costs, strict=True):
        if isinstance(job.recipe, Shadow):
            half = share_of(job.recipe, *accuracy) / 2
            told = _derivatives_told(made.batch, job, cost, following)
            found.append(Read(execution(cost), half, 2, told))
        else:
            rest = replace(made.batch, method="parameter_shift", jobs=(job,))
            found += _reads(rest, (cost,), values)
    return Derived(made.batch, made.costs, tuple(found))


def execution(cost: TemplateCost) -> ExecutionProfile:
    return ExecutionProfile(
        cost.ebits,
        cost.classical_bits,
        cost.rounds,
        max(cost.qubits, default=0),
        cost.fidelity,
        cost.places,
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


def items_or_ones(
    circuit: Circuit, values: Mapping[str, npt.ArrayLike] | None
) -> npt.NDArray[np.float64]:
    """The values of all items, float64[items, numbers], of those alike in what is multiplied by
    something else one; where there are none every number counts as 1."""
    given = dict(values or {})
    shapes = [
        (np.asarray(given[v.name]), v.size) for v in circuit.values.vectors if v.name in given
    ]
    many = max((a.size // n for a, n in shapes if a.size > n > 0), default=1)
    angles = circuit.values
    products = [angles.factors(slot) for slot in np.unique(angles.angles.slot).tolist()]
    columns = sorted({f for factors in products if len(factors) > 1 for f in factors})
    if many == 1 or not columns:
        return flat_or_ones(circuit, values)[None]
    parts = []
    for v in circuit.values.vectors:
        array = np.asarray(given.get(v.name, np.ones(v.size)), np.float64)
        array = array.reshape(-1, v.size) if v.size else np.zeros((1, 0))
        parts.append(array if len(array) == many else np.broadcast_to(array[:1], (many, v.size)))
    rows = np.concatenate(parts, axis=1)
    _, first = np.unique(rows[:, columns], axis=0, return_index=True)
    return rows[np.sort(first)]


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
    weights = Weights(prepared, items_or_ones(batch.source, values))
    following, found = followers(batch), []
    for k, (job, cost) in enumerate(zip(batch.jobs, costs, strict=True)):
        reader = reader_of(batch, job)
        for p in range(job.points.count):
            to = told_at(job, p, following) if cost.places else {}
            groups = prepared.at_point(k, p)
            for group, part in zip(groups, parts_of(groups), strict=True):
                if part:
                    told = telling(group, cost.places, to, reader)
                    share = weights.share(k, p) * part
                    found.append(Read(execution(cost), share, 1, told.counts, told.joined))
    return tuple(found)


def _derivatives_told(
    batch: CircuitBatch, job: BatchJob, cost: TemplateCost, following: Followers
) -> int:
    """Derivatives of a job that its reader tells to others, once to each."""
    reader = reader_of(batch, job)
    columns = sorted(set(job.contributions.column.tolist())) if cost.places else []
    return sum(to != reader for column in columns for to in following(column))


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
    weights = Weights(Prepared.of(shift.batch), items_or_ones(circuit, values))
    live = {k for job in shift.batch.jobs for k in job.contributions.column.tolist()}
    rotations = sum(len(problem.sites[k].rotations) for k in live) * len(problem.terms)
    steep = steepness(problem)
    nodes = circuit.network.nodes if circuit.network else ()
    forward = execution(shift.costs[0]) if shift.costs else ExecutionProfile(0, 0)
    by_blocks, means = made.get("commuting_block"), made.get("amplitude_estimation")
    profile = Profile(
        circuit.n_qubits, max(weights.parameters, 1), max(weights.spread, 1e-12), max(rotations, 1),
        forward, {name: d.reads for name, d in made.items() if name != "amplitude_estimation"},
        _layers(problem, by_blocks), max((n.qubits for n in nodes), default=None),
        tuple(refused), _leaks(made),
        float(norms_of(problem.circuit).max(initial=1e-12)), max(len(problem.terms), 1),
        max(len(settings(problem.circuit)[0]), 1), steep.third, steep.parameters,
        _iterates(means), max(len(nodes), 1), _pass_told(shift.batch, forward, live),
        _iterates_told(means), _blocks_told(by_blocks),
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
        items_or_ones(circuit, values),
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


def _pass_told(batch: CircuitBatch, forward: ExecutionProfile, live: set[int]) -> tuple[int, int]:
    """Of an execution of the program in every basis, for the derivatives by all live sites at
    once: bits that join outcomes, and counts that are told."""
    following = followers(batch)
    to = tuple(dict.fromkeys(node for column in sorted(live) for node in following(column)))
    outputs = dict.fromkeys(range(len(batch.source.outputs)), to)
    reader = reader_of(batch, batch.jobs[0]) if batch.jobs else ""
    found = [telling(g, forward.places, outputs, reader) for g in settings(batch.source)[0]]
    return sum(t.joined for t in found), sum(t.counts for t in found)


def _iterates_told(made: Derived | None) -> tuple[tuple[int, int], ...]:
    """Of every word the bits of an execution that join its outcomes where iterates end, and its
    means that are told, once to each who follows what they give."""
    found = []
    following = followers(made.batch) if made else None
    for k, job in enumerate(made.batch.jobs if made else ()):
        if made is None or following is None or not job.contributions.column.size:
            continue
        (group, *_), places = settings(made.batch.template(k))[0], made.costs[k + 1].places
        reader, told = reader_of(made.batch, job), 0
        for p in range(job.points.count):
            to = told_at(job, p, following)
            told += telling(group, places, to, reader).counts
        found.append((telling(group, places, {}, reader).joined, told))
    return tuple(found)


def _blocks_told(made: Derived | None) -> int:
    """Derivatives that who reads a block tells to others."""
    if made is None:
        return 0
    following = followers(made.batch)
    return sum(
        _derivatives_told(made.batch, job, cost, following)
        for job, cost in zip(made.batch.jobs, made.costs, strict=True)
    )


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
