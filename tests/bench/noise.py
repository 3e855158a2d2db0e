"""Estimates of fidelity and time beside simulations, and how long scheduling takes.

python -m tests.bench.noise            the tables in the terminal
python -m tests.bench.noise --write    the same into docs/results/noise.md
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from statistics import mean, median
from time import process_time
from typing import Any, NamedTuple

import numpy as np

from qdsl.analysis.arrivals import makespans_ns, simulate_arrivals
from qdsl.analysis.error_budget import error_budget
from qdsl.ir.stages import ScheduledCircuit
from qdsl.passes.schedule.schedule import Schedule
from qdsl.run.noisy.density import DensityEngine
from qdsl.run.noisy.simulate import process_fidelity, slots_of, trajectories
from qdsl.run.noisy.steps import NoisyProgram, most_alive
from tests.qdsl.run.noisy.aer import AerEngine
from tests.qdsl.run.noisy.programs import compiled, drawn
from tests.sources import ROOT

FILE = ROOT / "docs" / "results" / "noise.md"
TRAJECTORIES = 2000
RUNS = 4000  # of the clock
MOST_OF_AER = 10  # qubits, those that a measurement leaves included
LARGE, MIDDLE = 5_000, 50  # loops of a program, of at least 20 operations each


class Estimate(NamedTuple):
    """A program's estimated process fidelity and its range, and what a simulation finds."""

    seed: int
    qubits: int
    low: float
    high: float
    found: float
    error: float

    @property
    def is_inside(self) -> bool:
        slack = 2 * self.error + 1e-9
        return self.low - slack <= self.found <= self.high + slack


def estimates(programs: int) -> list[Estimate]:
    return [_estimate(seed) for seed in range(programs)]


def _estimate(seed: int) -> Estimate:
    ir = compiled(drawn(seed))
    budget = error_budget(ir)
    qubits = ir.distributed.placed.circuit.n_qubits
    low, high = budget.fidelity, budget.fidelity + budget.uncertainty
    for count in (TRAJECTORIES, 10 * TRAJECTORIES):
        found = process_fidelity(ir, slots_of(ir, {}), count, seed)
        estimate = Estimate(seed, qubits, low, high, found.value, found.error)
        if estimate.is_inside:
            break
    return estimate


def engines(programs: int) -> Iterator[tuple[int, float, float]]:
    """Of programs that Aer can hold as a density matrix: the seed, the largest difference to Aer's,
    and that of the mean of trajectories in units of what chance allows (1 / sqrt of their
    number)."""
    found, seed = 0, 0
    while found < programs:
        ir = compiled(drawn(seed))
        program = NoisyProgram(ir, slots_of(ir, {}))
        qubits = ir.distributed.n_wires + int(ir.distributed.table.codes("measure").sum())
        if qubits <= MOST_OF_AER and most_alive(program) <= 7:
            yield seed, *_compared(program, qubits)
            found += 1
        seed += 1


def _compared(program: NoisyProgram, qubits: int) -> tuple[float, float]:
    engine, aer = DensityEngine(), AerEngine(qubits)
    program.run(engine)
    program.run(aer)
    rho = engine.reduced(program.final)
    total = np.zeros_like(rho)
    for final in trajectories(program, TRAJECTORIES, 1, most_alive(program)):
        states = final.states_of(program.final)
        total += np.einsum("si,sj->ij", states, states.conj())
    chance = float(np.abs(total / TRAJECTORIES - rho).max() * TRAJECTORIES**0.5)
    return float(np.abs(aer.density(program.final) - rho).max()), chance


def makespans(programs: int) -> list[tuple[float, float, bool]]:
    """(expected over mean of random runs, three standard errors of that mean as a share of it,
    whether pairs are thrown away) of programs that wait for pairs."""
    found = []
    for seed in range(programs):
        ir = compiled(drawn(seed))
        if ir.distributed.table.codes("ebit").any():
            seen = simulate_arrivals(ir, RUNS, seed)
            error = 3 * seen.deviation_ns / RUNS**0.5 / seen.mean_ns
            found.append((seen.expected_ns / seen.mean_ns, error, seen.thrown_away > 0))
    return found


def _long(loops: int) -> ScheduledCircuit:
    """A ring of gates between four qubits at two nodes, again and again."""
    ring = "cx q[0], q[1]; cx q[1], q[2]; cx q[2], q[3]; cx q[3], q[0]"
    body = f"for i in 0..{loops} {{ {ring}; for j in 0..4 {{ ry(0.3) q[j] }} }}"
    net = "network n = line(2) { qubits 2, comm 2, rate 1 kHz, gate_time 1 us, latency 10 us }\n"
    return compiled(f"{net}model m() on n {{ qubits q[4]; {body}; return sample(q) }}")


def _scheduled(ir: ScheduledCircuit) -> None:
    Schedule().run(ir.distributed)


def _random(ir: ScheduledCircuit) -> None:
    makespans_ns(ir.distributed, 10_000, 1)


def speeds() -> list[tuple[str, int, float]]:
    """(what, operations, CPU seconds), each after a run that is not counted."""
    large, middle = _long(LARGE), _long(MIDDLE)
    found = []
    for name, ir, work in (
        ("schedule", large, _scheduled),
        ("10,000 runs with random arrivals", middle, _random),
    ):
        work(ir)
        start = process_time()
        work(ir)
        found.append((name, len(ir.distributed.table), process_time() - start))
    return found


def page(programs: int) -> str:
    parts = [INTRODUCTION, *_estimate_table(estimates(programs))]
    parts += [*_engine_table(list(engines(programs // 10))), *_makespan_table(makespans(programs))]
    return "\n".join([*parts, *_speed_table()]) + "\n"


def _estimate_table(found: list[Estimate]) -> Iterator[str]:
    yield f"""\
## Fidelity, estimated and simulated

The process fidelity of {len(found)} programs on 2 to 8 qubits and 2 to 4 nodes. Gates, topology
and every figure of nodes and links are drawn: no two nodes are alike, links have Werner or
Bell-diagonal pairs, rates or attempts, some channels, buffers or cut-offs. Simulated by a density
matrix where it fits, else by {TRAJECTORIES:,} trajectories of random states; two of their standard
errors are allowed, and ten times as many are taken where that is not enough. The range is that of
reports: from the estimate up to the estimate and its uncertainty.

| qubits | programs | within the range | median fidelity | median distance from the estimate | \
largest | median width of the range | largest |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""
    sizes = sorted({e.qubits for e in found})
    for name, some in [(str(n), [e for e in found if e.qubits == n]) for n in sizes] + [
        ("all", found)
    ]:
        away = [abs(e.found - e.low) for e in some]
        wide = [e.high - e.low for e in some]
        yield (
            f"| {name} | {len(some)} | {sum(e.is_inside for e in some)} "
            f"| {median(e.found for e in some):.3f} | {median(away):.4f} | {max(away):.3f} "
            f"| {median(wide):.3f} | {max(wide):.3f} |"
        )
    outside = [e for e in found if not e.is_inside]
    yield from (
        f"\nOutside: seed {e.seed}, estimated {e.low:.4f} to {e.high:.4f}, simulated "
        f"{e.found:.4f} with a standard error of {e.error:.4f}."
        for e in outside
    )


def _engine_table(found: list[tuple[int, float, float]]) -> Iterator[str]:
    yield f"""
## Density matrices, trajectories and Aer

Final states of {len(found)} of these programs, those with at most {MOST_OF_AER} qubits for Aer,
which gets the same channels as noise instructions of its own.

| compared | largest difference of an entry |
| --- | ---: |
| density matrix and Aer | {max(f[1] for f in found):.1e} |
| density matrix and {TRAJECTORIES:,} trajectories, times the root of their number | \
{max(f[2] for f in found):.2f} |

Entries of a mean of unit vectors spread by at most 1 in that last measure."""


def _makespan_table(found: list[tuple[float, float, bool]]) -> Iterator[str]:
    yield f"""
## Makespan, expected and simulated

`expected makespan` beside the mean of {RUNS:,} runs with random arrivals, for the {len(found)} of
these programs that use a pair. Three standard errors of that mean are at most \
{max(f[1] for f in found):.1%} of it.

| programs | number | mean ratio | largest difference |
| --- | ---: | ---: | ---: |"""
    for name, thrown in (("no pair is thrown away", False), ("some are", True)):
        some = [f[0] for f in found if f[2] == thrown]
        if some:
            worst = max(abs(r - 1) for r in some)
            yield f"| {name} | {len(some)} | {mean(some):.4f} | {worst:.1%} |"


def _speed_table() -> Iterator[str]:
    yield """
## How long it takes

CPU time on one core of the machine that wrote this page, after a first run.

| work | operations | seconds |
| --- | ---: | ---: |"""
    yield from (f"| {name} | {n:,} | {seconds:.2f} |" for name, n, seconds in speeds())


INTRODUCTION = """\
# Time and noise: estimates beside simulations

Written by `python -m tests.bench.noise --write`. What is estimated, and how, is in
[`hardware.md`](../guide/hardware.md); closed forms (teledata, telegates, swapping, memories, chains
of attempts, parallel channels) are compared in `tests/qdsl/run/noisy` and `tests/qdsl/analysis`.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--programs", type=int, default=200)
    asked: Any = parser.parse_args()
    text = page(asked.programs)
    if asked.write:
        FILE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
