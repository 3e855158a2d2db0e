"""How close the compiler comes to the exact optimum on random small programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qdsl.bench.small import small_program
from qdsl.exact.instance import instance
from qdsl.exact.milp import solve
from qdsl.ir.stages import PlacedCircuit, ScheduledCircuit
from qdsl.pipeline import DEFAULT_PASSES, configured, run_passes

SECONDS = 600.0  # a program; they take a few


@dataclass(frozen=True, slots=True)
class Compared:
    """Ebits of one program: what the compiler needs, and what any placement needs at least.

    `optimum` is proved; `is_optimal` says whether a placement of that cost exists in the model.
    """

    number: int
    qubits: int
    nodes: int
    ebits: int
    optimum: int
    is_optimal: bool


def compare_small(numbers: range, effort: int = 1) -> Iterator[Compared]:
    """The compiler beside the exact optimum, program by program."""
    for number in numbers:
        yield _compared(number, effort)


def _compared(number: int, effort: int) -> Compared:
    program = small_program(number)
    source = program.gates.circuit(program.network)
    circuits: list[PlacedCircuit] = []

    def keep(name: str, stage: object) -> None:
        if isinstance(stage, PlacedCircuit):
            circuits.append(stage)

    passes = [configured(p, {"effort": effort}) for p in DEFAULT_PASSES]
    before = run_passes(source, passes[: DEFAULT_PASSES.index("partition")])[0]
    result = run_passes(source, passes, keep)[0]
    assert isinstance(result, ScheduledCircuit)
    ebits = int(result.distributed.table.codes("ebit").sum())
    answer = solve(instance(before, program.network), SECONDS)  # type: ignore[arg-type]
    return Compared(number, source.n_qubits, len(program.network.nodes), ebits, answer.bound,
                    answer.is_optimal)  # fmt: skip


def excess(results: list[Compared]) -> float:
    """By how much the compiler's ebits exceed the optimum, summed over all programs, as a share
    of the optimum."""
    best = sum(r.optimum for r in results)
    return sum(r.ebits for r in results) / best - 1 if best else 0.0
