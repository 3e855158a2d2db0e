"""How close the compiler comes to the exact optimum on random small programs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from qdsl.driver.workers import ALONE, Workers
from qdsl.ir.stages import Circuit, Stage
from qdsl.passes.partition_exact.instance import instance
from qdsl.passes.partition_exact.milp import solve
from qdsl.records import dataclass
from qdsl.studies.bench.compiling import compiled, ebits_of
from qdsl.studies.bench.small import small_program
from qdsl.studies.bench.table import between_marks

BEGIN, END = "<!-- optimum: by command -->", "<!-- end -->"
SECONDS = 600.0  # a program; they take a few


@dataclass(frozen=True, slots=True)
class OptimumComparison:
    """Ebits of one program: what the compiler needs, and what any placement needs at least.

    `optimum` is proved; `is_optimal` says whether a placement of that cost exists in the model.
    """

    number: int
    qubits: int
    nodes: int
    ebits: int
    optimum: int
    is_optimal: bool


def compare_small(
    numbers: range, effort: int = 1, workers: Workers = ALONE
) -> Iterator[OptimumComparison]:
    """The compiler beside the exact optimum, program by program."""
    return workers.each(partial(_compared, effort=effort), numbers)


def _compared(number: int, effort: int) -> OptimumComparison:
    program = small_program(number)
    canonical: list[Circuit] = []

    def keep(name: str, stage: Stage) -> None:
        if isinstance(stage, Circuit):
            canonical.append(stage)

    ebits = ebits_of(compiled(program.gates, program.network, effort, keep))
    answer = solve(instance(canonical[-1], program.network), SECONDS)
    return OptimumComparison(number, program.gates.n_qubits, len(program.network.nodes), ebits,
                    answer.bound, answer.is_optimal)  # fmt: skip


def excess(results: list[OptimumComparison]) -> float:
    """By how much the compiler's ebits exceed the optimum, summed over all programs, as a share
    of the optimum."""
    best = sum(r.optimum for r in results)
    return sum(r.ebits for r in results) / best - 1 if best else 0.0


def summary(results: list[OptimumComparison]) -> dict[str, Any]:
    """The totals, and the numbers of programs below and above their optimum."""
    return {
        "programs": len(results),
        "optimum": sum(r.optimum for r in results),
        "ebits": sum(r.ebits for r in results),
        "excess": round(excess(results), 6),
        "below": [r.number for r in results if r.ebits < r.optimum],
        "above": [r.number for r in results if r.ebits > r.optimum],
        "not_proved": [r.number for r in results if not r.is_optimal],
    }


def rewritten_page(text: str, results: list[OptimumComparison]) -> str:
    """A Markdown page with the totals between its two marks, or at its end if it has none."""
    found = summary(results)
    said = (
        f"Of {found['programs']} programs {len(found['below'])} were below the optimum and "
        f"{len(found['above'])} above it;\n{len(found['not_proved'])} optima were not proved. All "
        f"together took {found['ebits']} ebits where {found['optimum']} are\nenough, "
        f"{found['excess']:.1%} more."
    )
    return between_marks(text, BEGIN, END, [said])
