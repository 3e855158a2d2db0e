"""Gradients that execute the program itself with its parameters moved: finite differences, SPSA."""

from __future__ import annotations

import math

from qdsl.analysis.formulas import count_bits, hoeffding, spsa_pairs, spsa_rounds
from qdsl.analysis.gradient_circuits import (
    LONGEST,
    ToldCounts,
    ToldSum,
    by_output,
    derivative_ranges,
    known_to,
    measured_words,
)
from qdsl.analysis.joining import FinalPlaces
from qdsl.ir.stages import Circuit, DistributedCircuit, Expectation
from qdsl.passes.derive_gradient.directions import is_bounded, perturbation, steepness
from qdsl.passes.derive_gradient.problem import GradientProblem, NoGradient, norms_of, problem_of
from qdsl.records import dataclass

FINITE, SPSA = "finite differences", "spsa"


@dataclass(frozen=True, slots=True)
class MovedPoints:
    """So many `points`, at each of which the program is executed `copies` times, for the
    derivatives of `outputs` by `slots`."""

    points: int
    copies: int
    outputs: tuple[int, ...]
    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MovedRuns:
    """All points of a gradient; `bases`: settings that the copies of every point are divided into,
    0: they are shared by words in proportion to the coefficients; `formula`: in words."""

    points: tuple[MovedPoints, ...]
    bases: int
    formula: str

    @property
    def executions(self) -> int:
        return sum(p.points * p.copies for p in self.points)


def moved_runs(circuit: Circuit, method: str, eps: float, delta: float) -> MovedRuns | None:
    """The executions of a gradient by `FINITE` or `SPSA`, half of eps for the bias and half for the
    outcomes, other factors of products counted as 1. None where the bias has no bound, where the
    outputs are no expectations, or for a program of more than `LONGEST` operations."""
    if len(circuit.table) > LONGEST:
        return None
    try:
        problem = problem_of(circuit)
    except NoGradient:
        return None
    ranges = derivative_ranges(circuit)
    named = "finite_difference" if method == FINITE else "spsa"
    if not ranges or not is_bounded(problem, named):
        return None
    found = _differences if method == FINITE else _directions
    return found(problem, ranges, eps, delta)


def _differences(
    problem: GradientProblem, ranges: dict[tuple[int, int], float], eps: float, delta: float
) -> MovedRuns:
    """`(o+ - o-) / 2h`: outcomes worth up to norm / h each, half of them on either side."""
    step, norms = steepness(problem).step(eps / 2), norms_of(problem.circuit)
    found = []
    for output, slot in ranges:
        runs = hoeffding(len(ranges), eps / 2, delta, float(norms[output]) / step)
        found.append(MovedPoints(2, math.ceil(runs / 2), (output,), (slot,)))
    each = f"2 ln(2 * {len(ranges)} / delta) (norm / h)^2 / (eps / 2)^2"
    return MovedRuns(tuple(found), 0, f"{len(ranges)} x {each}, h = {step:.4g}")


def _directions(
    problem: GradientProblem, ranges: dict[tuple[int, int], float], eps: float, delta: float
) -> MovedRuns:
    """Every direction has two points, in each of the bases that the words are read in."""
    steep = steepness(problem)
    slots = tuple(dict.fromkeys(slot for _, slot in ranges))
    outputs = tuple(dict.fromkeys(k for k, _ in ranges))
    c = perturbation(eps / 2, steep.third, steep.parameters)
    norm = float(norms_of(problem.circuit).max(initial=1e-12))
    pairs = spsa_pairs(len(ranges), eps, delta, c, norm)
    directions, each = spsa_rounds(pairs, steep.parameters)
    bases = count_bases(problem.circuit)
    said = f"{directions} directions x 2 x {each}" + (f" x {bases} bases" if bases > 1 else "")
    said += f", all parameters moved by {c:.4g}; Bernstein's bound"
    points = MovedPoints(2 * directions, each * bases, outputs, slots)
    return MovedRuns((points,), bases, said)


def count_bases(circuit: Circuit) -> int:
    """Settings that all words of the expectations are read in, each in the first that allows it."""
    found: list[dict[int, str]] = []
    for output in circuit.outputs:
        for term in output.terms if isinstance(output, Expectation) else ():
            wanted = dict(term.paulis)
            fitting = (b for b in found if all(b.get(q, p) == p for q, p in wanted.items()))
            if wanted:
                basis = next(fitting, None)
                if basis is None:
                    found.append(wanted)
                else:
                    basis.update(wanted)
    return len(found)


def told_by_moved(program: DistributedCircuit, runs: MovedRuns) -> tuple[ToldCounts, ...]:
    """The count of every word at every point, to all who follow a parameter that is moved there,
    and what joins outcomes of several nodes before."""
    circuit = program.placed.circuit
    knowing, places, told = known_to(circuit), FinalPlaces(program), ToldSum()
    words = {k: measured_words(one) for k, one in by_output(circuit)}
    for p in runs.points:
        to = tuple(dict.fromkeys(node for slot in p.slots for node in knowing(slot)))
        read = [w for k in p.outputs for w in words[k]]
        whole = sum(w.size for w in read)
        for word in read:
            part = 1 / runs.bases if runs.bases else word.size / whole
            copies = math.ceil(p.copies * part - 1e-9)
            bits = p.points * count_bits(copies)
            told.add(word.qubits, word.joining(places, to), to, bits, p.points * copies)
    return told.all(len(places.names))
