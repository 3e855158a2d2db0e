"""Gradient circuits of a source circuit, by method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import pi

import numpy as np

from qdsl.gradient.batch import CircuitBatch, Contributions, Job, Points
from qdsl.gradient.blocks import Block, blocks
from qdsl.gradient.cats import with_cats
from qdsl.gradient.directions import finite_difference, spsa
from qdsl.gradient.paulis import Word
from qdsl.gradient.problem import NoGradient, Problem, needs_unitary, problem_of
from qdsl.gradient.recipes import Hadamard, Kick, Shadow, Shifted
from qdsl.gradient.shifts import shift_rule
from qdsl.gradient.writer import can_undo
from qdsl.ir.stages import Circuit


def derived(circuit: Circuit, method: str, **options: float) -> CircuitBatch:
    """The batch of a method of `METHODS`. NoGradient where it cannot be taken."""
    if method not in METHODS:
        raise NoGradient(f"no method '{method}' makes circuits; there are {', '.join(METHODS)}")
    return METHODS[method](problem_of(circuit), options)


# ---- parameter shift --------------------------------------------------------------------


def parameter_shift(problem: Problem, options: Mapping[str, float]) -> CircuitBatch:
    """One template, every site's angle with a number of its own to be shifted by."""
    live = _live_sites(problem)
    return _batch(problem, "parameter_shift", [_shift_job(problem, live)] if live else [])


def _live_sites(problem: Problem) -> list[int]:
    """Sites in the light cone of some word."""
    reached = np.zeros(len(problem.circuit.table), np.bool_)
    for word, _ in problem.terms:
        reached |= problem.cone(word)
    return [k for k, site in enumerate(problem.sites) if reached[site.row]]


def _shift_job(problem: Problem, live: list[int]) -> Job:
    recipe = Shifted(tuple(problem.sites[k] for k in live))
    first = problem.circuit.values.n_slots
    points: list[list[tuple[int, float]]] = []
    given: list[tuple[int, int, int, int, float]] = []
    for place, k in enumerate(live):
        site = problem.sites[k]
        rule = shift_rule(site.op, site.place)
        for shift, weight in zip(rule.shifts, rule.weights, strict=True):
            given += [(len(points), o, o, k, weight) for o in range(len(problem.circuit.outputs))]
            points.append([(first + place, shift)])
    return Job(recipe, Points.of(points), Contributions.of(given), problem.reader,
               f"{len(live)} angles, shifted one at a time")  # fmt: skip


# ---- Hadamard test ----------------------------------------------------------------------


def hadamard(problem: Problem, options: Mapping[str, float]) -> CircuitBatch:
    """For every word that a site turns about: the word, controlled by an ancilla, after the row."""
    needs_unitary(problem, "hadamard")
    jobs = []
    for k in _live_sites(problem):
        site = problem.sites[k]
        for turn in site.turns:
            given = [(0, o, o, k, turn.coefficient) for o in range(len(problem.circuit.outputs))]
            recipe, what = Hadamard(site, turn), f"angle of row {site.row}"
            derivatives = Contributions.of(given)
            joined = int(site.pin != problem.reader)
            jobs.append(Job(recipe, Points.of([[]]), derivatives, problem.reader, what, joined))
    return _batch(problem, "hadamard", jobs)


# ---- kick and commuting blocks ----------------------------------------------------------


def kick(problem: Problem, options: Mapping[str, float]) -> CircuitBatch:
    """For every word of the observable and every block: forwards, a kick `exp(-i s pi/4 P0)`,
    backwards to the block, and all its words from one basis; s = +1 and -1."""
    return _by_blocks(problem, "kick")


def overlap(problem: Problem, options: Mapping[str, float]) -> CircuitBatch:
    """The same with an ancilla that chooses the kick: it reads the overlap Im <nu|P|mu> of the
    state with the one that the observable was applied to."""
    return _by_blocks(problem, "overlap", with_ancilla=True)


def cat(problem: Problem, options: Mapping[str, float]) -> CircuitBatch:
    """Kick and commuting blocks, with the register at the node of the observable: other nodes
    turn cat copies (`qdsl.gradient.cats`), and all blocks are measured at that node."""
    needs_unitary(problem, "cat")
    home = problem.owner(problem.terms[0][0])
    if home < 0:
        raise NoGradient("'cat' is for programs whose layers are at nodes, and these are nowhere")
    rewritten = problem_of(with_cats(problem.circuit, home))
    return _by_blocks(rewritten, "cat", reader=home)


def _by_blocks(
    problem: Problem, method: str, with_ancilla: bool = False, reader: int | None = None,
    shadow: _Bases | None = None,
) -> CircuitBatch:  # fmt: skip
    needs_unitary(problem, method)
    jobs: list[Job] = []
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
                jobs.append(_shadow_job(problem, word, shares, block, shadow))
            else:
                jobs.append(_block_job(problem, word, shares, block, with_ancilla))
    if behind:
        jobs = _without(jobs, set(behind))
        jobs.append(_shift_job(problem, sorted(behind)))
    return _batch(problem, method, jobs)


def _without(jobs: list[Job], columns: set[int]) -> list[Job]:
    """The jobs without what they give of sites that are taken care of elsewhere."""
    kept = []
    for job in jobs:
        c = job.contributions
        mine = ~np.isin(c.column, sorted(columns))
        if mine.any():
            kept.append(replace(job, contributions=c.of_columns(mine)))
    return kept


def _reachable(problem: Problem, cone: np.ndarray, block: Block) -> bool:
    later = np.flatnonzero(cone[block.last + 1 :]) + block.last + 1
    return all(can_undo(problem.circuit.table.row(i)) for i in later.tolist())


def _block_job(
    problem: Problem, word: Word, shares: tuple[tuple[int, float], ...], block: Block,
    with_ancilla: bool,
) -> Job:  # fmt: skip
    recipe = Kick(word, problem.owner(word), block, with_ancilla)
    slot = problem.circuit.values.n_slots
    signs = (1.0,) if with_ancilla else (1.0, -1.0)
    points = [[] if with_ancilla else [(slot, s * pi / 2)] for s in signs]
    images = recipe.basis.images
    given = [
        (p, k, target, r.site, -s * images[k].sign * r.coefficient * share / len(signs))
        for p, s in enumerate(signs) for k, r in enumerate(block.readings)
        for target, share in shares
    ]  # fmt: skip
    joined = int(with_ancilla and recipe.owner != block.pin)
    return Job(recipe, Points.of(points), Contributions.of(given), block.pin,
               _what(problem, block), joined)  # fmt: skip


def _what(problem: Problem, block: Block) -> str:
    network = problem.circuit.network
    at = f" at {network.nodes[block.pin].name}" if network is not None and block.pin >= 0 else ""
    many = len(block.readings)
    return f"{many} word{'s' * (many != 1)} after row {block.last}{at}"


# ---- classical shadows ------------------------------------------------------------------

_EVERY_BASIS = 5  # qubits up to which all 3**n bases are taken, instead of random ones


@dataclass(frozen=True, slots=True)
class _Bases:
    number: int
    seed: int

    def of(self, qubits: tuple[int, ...]) -> list[str]:
        """Letters for these qubits: all there are, or random ones."""
        if len(qubits) <= _EVERY_BASIS:
            return ["".join(letters) for letters in product("XYZ", repeat=len(qubits))]
        rng = np.random.default_rng(self.seed)
        return ["".join(rng.choice(list("XYZ"), len(qubits))) for _ in range(self.number)]


def shadow(problem: Problem, options: Mapping[str, float]) -> CircuitBatch:
    """Kick states read in local bases (H.-Y. Huang et al., Nat. Phys. 16, 1050 (2020)): a word of
    weight w shows in one of `3**w` bases, and counts `3**w` there. On few qubits every basis is
    taken equally often; options `bases` and `seed` for random ones on more."""
    bases = _Bases(int(options.get("bases", 256)), int(options.get("seed", 0)))
    return _by_blocks(problem, "shadow", shadow=bases)


def _shadow_job(
    problem: Problem, word: Word, shares: tuple[tuple[int, float], ...], block: Block,
    drawn: _Bases,
) -> Job:  # fmt: skip
    recipe = Shadow(word, problem.owner(word), block)
    first = problem.circuit.values.n_slots
    chosen = drawn.of(recipe.qubits)
    points: list[list[tuple[int, float]]] = []
    given: list[tuple[int, int, int, int, float]] = []
    for s, letters in product((1.0, -1.0), chosen):
        basis = dict(zip(recipe.qubits, letters, strict=True))
        p = len(points)
        points.append([(first, s * pi / 2), *recipe.angles(first, letters)])
        for k, r in enumerate(block.readings):
            mine = r.word.letters()
            if all(basis[q] == letter for q, letter in mine):
                value = -s / 2 * r.word.sign * r.coefficient * 3.0 ** len(mine) / len(chosen)
                given += [(p, k, target, r.site, value * share) for target, share in shares]
    return Job(recipe, Points.of(points), Contributions.of(given), block.pin, _what(problem, block))


def _batch(problem: Problem, method: str, jobs: list[Job]) -> CircuitBatch:
    return CircuitBatch(problem.circuit, method, problem.sites, tuple(jobs))


METHODS: Mapping[str, Callable[[Problem, Mapping[str, float]], CircuitBatch]] = {
    "parameter_shift": parameter_shift,
    "hadamard": hadamard,
    "kick": kick,
    "overlap": overlap,
    "cat": cat,
    "shadow": shadow,
    "finite_difference": finite_difference,
    "spsa": spsa,
}
