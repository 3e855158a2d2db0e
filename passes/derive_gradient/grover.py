"""Grover iterates of a program, for amplitude estimation of the means of its words.

With U the program and P a word, `U |0>` shows P = -1 with probability `sin(t)**2`. The iterate
`-U S U^+ P`, S = 1 - 2 |0><0|, turns by 2 t: after k of them the probability is
`sin((2k + 1) t)**2`. P acts where it is measured, S at the owner of the data, and U and its
inverse hand the register over in between: 2 k + 1 passes in all.
"""

from __future__ import annotations

from dataclasses import replace
from math import pi

from qdsl.ir.batch import BatchJob, CircuitBatch, Contributions, Points, Site
from qdsl.ir.operations import BY_NAME
from qdsl.ir.paulis import PauliWord
from qdsl.ir.stages import Circuit
from qdsl.ir.table import Row
from qdsl.passes.derive_gradient.problem import GradientProblem, NoGradient, needs_unitary
from qdsl.passes.derive_gradient.recipes import Shifted, pruned
from qdsl.passes.derive_gradient.shifts import shift_rule
from qdsl.passes.derive_gradient.writer import CircuitWriter, can_undo, mean_of
from qdsl.records import dataclass

REFLECT = BY_NAME["reflect"]
COMPILED = (0, 1, 2)  # powers whose costs are counted; every further iterate costs as the second
MOST_ZEROS = 8  # qubits of a reflection about |0...0> that is written out: 2**n - 1 rotations


@dataclass(frozen=True, slots=True)
class Grover:
    """The program with these sites' angles shifted, `power` iterates, and the mean of the word."""

    word: PauliWord
    owner: int
    sites: tuple[Site, ...]
    power: int

    def circuit(self, source: Circuit) -> Circuit:
        plain = replace(source, outputs=(mean_of(self.word),))
        forward = pruned(Shifted(self.sites).circuit(plain))
        start = _start(forward, self.word)
        writer = CircuitWriter(forward)
        rows = [(r, int(p)) for r, p in zip(forward.table, forward.pin.tolist(), strict=True)]
        for row, pin in rows:
            writer.row(row, pin)
        turned = [(row, pin) for row, pin in rows if row.op.name != "amplitude"]
        for _ in range(self.power):
            for q, letter in self.word.letters():
                writer.gate(letter.lower(), (q,), self.owner)
            for row, pin in reversed(turned):
                writer.undo(row, pin)
            start.reflect(writer)
            for row, pin in turned:
                writer.row(row, pin)
        return writer.build(f"{source.name}_grover", forward.outputs)


@dataclass(frozen=True, slots=True)
class _Start:
    """What a program starts from: data in the amplitudes of fresh qubits, `loaded`, and 0 on
    `zeros`; at one node, where the walk back ends."""

    loaded: Row | None
    zeros: tuple[int, ...]
    pin: int

    def reflect(self, writer: CircuitWriter) -> None:
        if self.loaded is None:
            self._about_zeros(writer)
        else:  # zeros lead, so that what the data are filled up with stands for them
            writer.row(self.loaded._replace(op=REFLECT, operands=self._all()), self.pin)

    def _all(self) -> tuple[int, ...]:
        assert self.loaded is not None
        return (*self.zeros, *self.loaded.operands)

    def _about_zeros(self, writer: CircuitWriter) -> None:
        n = len(self.zeros)
        for chosen in range(1, 2**n):
            z = sum(1 << q for k, q in enumerate(self.zeros) if (chosen >> k) & 1)
            writer.rotation(PauliWord(0, z), (-2 * pi / 2**n, []), self.pin)


def _start(circuit: Circuit, word: PauliWord) -> _Start:
    """NoGradient where a program does not start so, or cannot be undone."""
    loaded: Row | None = None
    used: set[int] = set()
    for row in circuit.table:
        fresh = row.op.name == "amplitude" and loaded is None and row.cond < 0
        if fresh and used.isdisjoint(row.operands):
            loaded = row
        elif not can_undo(row):
            raise NoGradient(
                "'amplitude_estimation' has to run the program backwards: to one `amplitude` on "
                "fresh qubits, or to |0...0>"
            )
        used |= set(row.operands)
    used |= {q for q, _ in word.letters()}
    zeros = tuple(sorted(used - set(loaded.operands if loaded else ())))
    if loaded is None and len(zeros) > MOST_ZEROS:
        raise NoGradient(
            f"'amplitude_estimation' reflects about |0...0> of {MOST_ZEROS} qubits "
            f"at most, and here are {len(zeros)}"
        )
    pins = circuit.pin.tolist()
    at = pins[loaded.index] if loaded else next((p for p in pins if p >= 0), -1)
    return _Start(loaded, zeros, at)


# ---- as a batch ---------------------------------------------------------------------------


def amplitude_estimation(
    problem: GradientProblem, powers: tuple[int, ...] = COMPILED
) -> CircuitBatch:
    """For every word of the observable the parameter shift's circuits, and their iterates. What
    the means contribute stands with power 0; the iterates make them more accurate."""
    needs_unitary(problem, "amplitude_estimation")
    jobs = []
    for word, shares in problem.terms:
        sites = tuple(s for s in problem.sites if problem.cone(word)[s.row])
        columns = [k for k, s in enumerate(problem.sites) if problem.cone(word)[s.row]]
        points, rows = _shifts(problem, sites)
        given = [
            (p, 0, target, columns[k], weight * share)
            for p, k, weight in rows
            for target, share in shares
        ]
        for power in powers if sites else ():
            recipe = Grover(word, problem.owner(word), sites, power)
            if power == powers[0]:
                recipe.circuit(problem.circuit)  # refused now, if it is
            mine = Contributions.of(given if power == 0 else [])
            what = f"{power} iterates, {len(sites)} angles, shifted one at a time"
            jobs.append(BatchJob(recipe, points, mine, recipe.owner, what))
    return CircuitBatch(problem.circuit, "amplitude_estimation", problem.sites, tuple(jobs))


def _shifts(
    problem: GradientProblem, sites: tuple[Site, ...]
) -> tuple[Points, list[tuple[int, int, float]]]:
    """The points, and (point, place of its site, weight)."""
    first = problem.circuit.values.n_slots
    points: list[list[tuple[int, float]]] = []
    rows = []
    for k, site in enumerate(sites):
        rule = shift_rule(site.op, site.place)
        for shift, weight in zip(rule.shifts, rule.weights, strict=True):
            rows.append((len(points), k, weight))
            points.append([(first + k, shift)])
    return Points.of(points), rows


def inference(problem: GradientProblem, powers: tuple[int, ...] = COMPILED) -> CircuitBatch:
    """The same for the means of the program itself: no site is shifted, and nothing contributes."""
    needs_unitary(problem, "amplitude_estimation")
    jobs = []
    for word, _ in problem.terms:
        for power in powers:
            recipe = Grover(word, problem.owner(word), (), power)
            jobs.append(
                BatchJob(
                    recipe, Points.of([[]]), Contributions.of([]), recipe.owner, f"{power} iterates"
                )
            )
    return CircuitBatch(problem.circuit, "amplitude_estimation", problem.sites, tuple(jobs))
