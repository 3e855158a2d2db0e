"""Gradient circuits of a source circuit, by method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import pi

import numpy as np
import numpy.typing as npt

from qdsl.ir.batch import BatchJob, CircuitBatch, Contributions, Points, Site
from qdsl.ir.paulis import PauliWord
from qdsl.ir.stages import Circuit
from qdsl.passes.derive_gradient.blocks import CommutingBlock, blocks
from qdsl.passes.derive_gradient.cats import with_cats
from qdsl.passes.derive_gradient.directions import finite_difference, spsa
from qdsl.passes.derive_gradient.grover import amplitude_estimation
from qdsl.passes.derive_gradient.problem import (
    GradientProblem,
    NoGradient,
    needs_unitary,
    problem_of,
)
from qdsl.passes.derive_gradient.recipes import CommutingBlockGradient, Hadamard, Shifted
from qdsl.passes.derive_gradient.shadow_job import shadow_job
from qdsl.passes.derive_gradient.shifts import shift_rule
from qdsl.passes.derive_gradient.writer import can_undo


def current_name(method: str) -> str:
    """The name that a method has now: the commuting-block gradient was called `kick`."""
    return "commuting_block" if method == "kick" else method


def derived(
    circuit: Circuit,
    method: str,
    ranges: npt.NDArray[np.float64] | None = None,
    **options: float,
) -> CircuitBatch:
    """The batch of a method of `METHODS`; `ranges` as in `GradientProblem`. NoGradient where it
    cannot be taken."""
    method = current_name(method)
    if method not in METHODS:
        raise NoGradient(f"no method '{method}' makes circuits; there are {', '.join(METHODS)}")
    return METHODS[method](problem_of(circuit, ranges=ranges), options)


# ---- parameter shift --------------------------------------------------------------------


def parameter_shift(problem: GradientProblem, options: Mapping[str, float]) -> CircuitBatch:
    """One template, every site's angle with a number of its own to be shifted by."""
    live = problem.live_sites()
    return _batch(problem, "parameter_shift", [shift_job(problem, live)] if live else [])


def shift_job(problem: GradientProblem, live: list[int]) -> BatchJob:
    recipe = Shifted(tuple(problem.sites[k] for k in live))
    first = problem.circuit.values.n_slots
    points: list[list[tuple[int, float]]] = []
    given: list[tuple[int, int, int, int, float]] = []
    words: list[frozenset[PauliWord]] = []
    for place, k in enumerate(live):
        site = problem.sites[k]
        rule = shift_rule(site.op, site.place)
        words += [_depending(problem, site)] * len(rule.shifts)
        for shift, weight in zip(rule.shifts, rule.weights, strict=True):
            given += [(len(points), o, o, k, weight) for o in range(len(problem.circuit.outputs))]
            points.append([(first + place, shift)])
    return BatchJob(recipe, Points.of(points), Contributions.of(given), problem.reader,
                    f"{len(live)} angles, shifted one at a time", words=tuple(words))  # fmt: skip


def _depending(problem: GradientProblem, site: Site) -> frozenset[PauliWord]:
    """The words that depend on a site."""
    return frozenset(w for w, _ in problem.terms if problem.cone(w)[site.row])


# ---- Hadamard test ----------------------------------------------------------------------


def hadamard(problem: GradientProblem, options: Mapping[str, float]) -> CircuitBatch:
    """For every word that a site turns about: the word, controlled by an ancilla, after the row."""
    needs_unitary(problem, "hadamard")
    jobs = []
    y = 1 << problem.circuit.n_qubits  # of the ancilla, beside every word
    for k in problem.live_sites():
        site = problem.sites[k]
        words = frozenset(replace(w, x=w.x | y, z=w.z | y) for w in _depending(problem, site))
        for rotation in site.rotations:
            given = [
                (0, o, o, k, rotation.coefficient) for o in range(len(problem.circuit.outputs))
            ]
            recipe, what = Hadamard(site, rotation), f"angle of row {site.row}"
            derivatives = Contributions.of(given)
            jobs.append(
                BatchJob(recipe, Points.of([[]]), derivatives, problem.reader, what, (words,))
            )
    return _batch(problem, "hadamard", jobs)


# ---- commuting blocks --------------------------------------------------------------------


def commuting_block(problem: GradientProblem, options: Mapping[str, float]) -> CircuitBatch:
    """For every word of the observable and every block: forwards, a kick `exp(-i s pi/4 P0)`,
    backwards to the block, and all its words from one basis; s = +1 and -1."""
    return _by_blocks(problem, "commuting_block")


def overlap(problem: GradientProblem, options: Mapping[str, float]) -> CircuitBatch:
    """The same with an ancilla that chooses the kick: it reads the overlap Im <nu|P|mu> of the
    state with the one that the observable was applied to."""
    return _by_blocks(problem, "overlap", with_ancilla=True)


def cat(problem: GradientProblem, options: Mapping[str, float]) -> CircuitBatch:
    """Commuting blocks, with the register at the node of the observable: other nodes
    turn cat copies (`cats`), and all blocks are measured at that node."""
    needs_unitary(problem, "cat")
    home = problem.owner(problem.terms[0][0])
    if home < 0:
        raise NoGradient("'cat' is for programs whose layers are at nodes, and these are nowhere")
    rewritten = problem_of(with_cats(problem.circuit, home))
    return _by_blocks(rewritten, "cat", reader=home)


def _by_blocks(
    problem: GradientProblem,
    method: str,
    with_ancilla: bool = False,
    reader: int | None = None,
    shadow: bool | None = None,
) -> CircuitBatch:
    """`shadow`: in random bases, global ones if True; None: in the basis of each block."""
    needs_unitary(problem, method)
    jobs: list[BatchJob] = []
    behind: dict[int, None] = {}
    for word, shares in problem.terms:
        cone = problem.cone(word)
        for block in blocks(problem.circuit, problem.sites, cone):
            if not _reachable(problem, cone, block):
                behind.update(dict.fromkeys(r.site for r in block.readings))
                continue
            if reader is not None:
                block = replace(block, pin=reader)
            if shadow is not None:
                what = _what(problem, block)
                jobs.append(shadow_job(problem, word, shares, block, shadow, what))
            else:
                jobs.append(_block_job(problem, word, shares, block, with_ancilla))
    if behind:
        jobs = without(jobs, set(behind))
        jobs.append(shift_job(problem, sorted(behind)))
    return _batch(problem, method, jobs)


def without(jobs: list[BatchJob], columns: set[int]) -> list[BatchJob]:
    """The jobs without what they give of sites that are taken care of elsewhere."""
    kept = []
    for job in jobs:
        c = job.contributions
        mine = ~np.isin(c.column, sorted(columns))
        if mine.any():
            kept.append(replace(job, contributions=c.of_columns(mine)))
    return kept


def _reachable(problem: GradientProblem, cone: np.ndarray, block: CommutingBlock) -> bool:
    later = np.flatnonzero(cone[block.last + 1 :]) + block.last + 1
    return all(can_undo(problem.circuit.table.row(i)) for i in later.tolist())


def _block_job(
    problem: GradientProblem,
    word: PauliWord,
    shares: tuple[tuple[int, float], ...],
    block: CommutingBlock,
    with_ancilla: bool,
) -> BatchJob:
    recipe = CommutingBlockGradient(word, problem.owner(word), block, with_ancilla)
    slot = problem.circuit.values.n_slots
    signs = (1.0,) if with_ancilla else (1.0, -1.0)
    points = [[] if with_ancilla else [(slot, s * pi / 2)] for s in signs]
    images = recipe.basis.images
    given = [
        (p, k, target, r.site, -s * images[k].sign * r.coefficient * share / len(signs))
        for p, s in enumerate(signs)
        for k, r in enumerate(block.readings)
        for target, share in shares
    ]
    return BatchJob(
        recipe, Points.of(points), Contributions.of(given), block.pin, _what(problem, block)
    )


def _what(problem: GradientProblem, block: CommutingBlock) -> str:
    network = problem.circuit.network
    at = f" at {network.nodes[block.pin].name}" if network is not None and block.pin >= 0 else ""
    many = len(block.readings)
    return f"{many} word{'s' * (many != 1)} after row {block.last}{at}"


# ---- classical shadows ------------------------------------------------------------------


def shadow(problem: GradientProblem, options: Mapping[str, float]) -> CircuitBatch:
    """Kick states read in random local bases."""
    return _by_blocks(problem, "shadow", shadow=False)


def global_shadow(problem: GradientProblem, options: Mapping[str, float]) -> CircuitBatch:
    """Kick states read in random bases of stabiliser states."""
    return _by_blocks(problem, "global_shadow", shadow=True)


def _batch(problem: GradientProblem, method: str, jobs: list[BatchJob]) -> CircuitBatch:
    return CircuitBatch(problem.circuit, method, problem.sites, tuple(jobs))


METHODS: Mapping[str, Callable[[GradientProblem, Mapping[str, float]], CircuitBatch]] = {
    "parameter_shift": parameter_shift,
    "hadamard": hadamard,
    "commuting_block": commuting_block,
    "overlap": overlap,
    "cat": cat,
    "shadow": shadow,
    "global_shadow": global_shadow,
    "finite_difference": finite_difference,
    "spsa": spsa,
    "amplitude_estimation": lambda problem, options: amplitude_estimation(problem),
}
