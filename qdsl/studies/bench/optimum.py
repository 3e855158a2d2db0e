"""How close the compiler comes to the exact optimum on random small programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

from qdsl.driver.pass_manager import DEFAULT_PASSES, configured, run_passes
from qdsl.ir.stages import PlacedCircuit, ScheduledCircuit
from qdsl.passes.partition_exact.instance import instance
from qdsl.passes.partition_exact.milp import solve
from qdsl.studies.bench.small import small_program

BEGIN, END = "<!-- optimum: by command -->", "<!-- end -->"
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


def compare_small(numbers: range, effort: int = 1, processes: int = 1) -> Iterator[Compared]:
    """The compiler beside the exact optimum, program by program, several at a time."""
    if processes == 1:
        for number in numbers:
            yield _compared(number, effort)
        return
    with get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(partial(_compared, effort=effort), numbers)


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
    return Compared(
        number, source.n_qubits, len(program.network.nodes), ebits, answer.bound, answer.is_optimal
    )


def excess(results: list[Compared]) -> float:
    """By how much the compiler's ebits exceed the optimum, summed over all programs, as a share
    of the optimum."""
    best = sum(r.optimum for r in results)
    return sum(r.ebits for r in results) / best - 1 if best else 0.0


def summary(results: list[Compared]) -> dict[str, Any]:
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


def rewritten_page(text: str, results: list[Compared]) -> str:
    """A Markdown page with the totals between its two marks, or at its end if it has none."""
    found = summary(results)
    said = (
        f"Of {found['programs']} programs {len(found['below'])} were below the optimum and "
        f"{len(found['above'])} above it;\n{len(found['not_proved'])} optima were not proved. All "
        f"together took {found['ebits']} ebits where {found['optimum']} are\nenough, "
        f"{found['excess']:.1%} more."
    )
    before, mark, rest = text.partition(BEGIN)
    after = rest.partition(END)[2] if mark else "\n"
    return f"{before}{BEGIN}\n{said}\n{END}{after}"
