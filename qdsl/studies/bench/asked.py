"""`qdsl.bench`: the benchmark suite, from Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Any

from qdsl.api import UsageError
from qdsl.driver.workers import ALONE, Workers
from qdsl.records import dataclass
from qdsl.studies.bench.memq import interpreter, run_memq
from qdsl.studies.bench.suite import (
    BenchCase,
    Measured,
    SkippedFile,
    cases,
    cases_of_folder,
    measured,
)
from qdsl.studies.bench.table import Live, mean_ratio, text_table, to_json

OnCase = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class BenchResult:
    """What the suite gave. `live`: of the compiler that was run beside, by case; `left_out`: files
    that cannot be read. `str` is the text of `qdsl bench`."""

    results: tuple[Measured, ...]
    live: Live = field(default_factory=dict)
    left_out: tuple[SkippedFile, ...] = ()

    @property
    def columns(self) -> Mapping[str, list[Any]]:
        """A list each with a row a case: `circuit`, `gates` (on two qubits), `network`, `ebits`
        with as many communication qubits as wanted, `limited` and `rounds` with those of the
        network, `seconds`, `proved`, the fewest ebits of another compiler, its name, and
        the `ratio` of ours to them; None where not known."""
        rows = self.results
        return {
            "circuit": [r.case.gates.name for r in rows],
            "gates": [r.case.gates.two_qubit_gates for r in rows],
            "network": [r.case.network.name for r in rows],
            "ebits": [r.ebits for r in rows],
            "limited": [r.limited for r in rows],
            "rounds": [r.rounds for r in rows],
            "seconds": [r.seconds for r in rows],
            "proved": [r.proved for r in rows],
            "peer_ebits": [r.peer and r.peer.ebits for r in rows],
            "peer": [r.peer and r.peer.peer for r in rows],
            "ratio": [r.ratio for r in rows],
        }

    @property
    def mean_ratio(self) -> float | None:
        """The geometric mean over the cases that another compiler has results for."""
        return mean_ratio(self.results)

    def to_json(self) -> dict[str, Any]:
        """As `qdsl bench --json` writes it: without times, which vary."""
        return to_json(self.results, self.live)

    def __str__(self) -> str:
        return text_table(self.results, self.live).removesuffix("\n")


def bench(
    families: Sequence[str] = (),
    *,
    max_gates: int | None = None,
    quick: bool = False,
    circuits: str | Path | None = None,
    effort: int = 1,
    against: str | None = None,
    peer_python: str | None = None,
    peer_seconds: float = 120.0,
    workers: Workers = ALONE,
    on_case: OnCase = lambda k, of, name: None,
) -> BenchResult:
    """Compile the benchmark circuits, or the OpenQASM files of the folder `circuits`, and compare
    with stored results of other compilers.

    `families`: only these circuits; `max_gates`: only those with so many two-qubit gates at most;
    `quick`: only those on 8 qubits; `effort`: of the partitioning. `against`: "memq-dqc" also runs
    this compiler, in the interpreter `peer_python`, `peer_seconds` at most for each. `workers`
    share the cases, and `on_case(k, of, name)` hears of every one. UsageError if there is no case.
    """
    if against not in (None, "memq-dqc"):
        raise UsageError(f"'{against}' is no compiler that is run here; there is memq-dqc")
    python = interpreter(peer_python) if against else None
    chosen, left_out = cases_asked(families, max_gates, quick, circuits)
    live: Live = {}
    results = tuple(measured_cases(chosen, live, effort, python, peer_seconds, on_case, workers))
    return BenchResult(results, live, tuple(left_out))


def cases_asked(
    families: Sequence[str], max_gates: int | None, quick: bool, circuits: str | Path | None
) -> tuple[list[BenchCase], list[SkippedFile]]:
    """The cases of the suite or of a folder, and the files that cannot be read. UsageError if there
    is no case."""
    left_out: list[SkippedFile] = []
    if circuits is None:
        named = (families,) if isinstance(families, str) else tuple(families)
        chosen = cases(named, max_gates, quick)
    else:
        chosen, left_out = cases_of_folder(Path(circuits), max_gates)
    if not chosen:
        raise UsageError("no circuit matches these options")
    return chosen, left_out


def measured_cases(
    chosen: Sequence[BenchCase], live: Live, effort: int, python: str | None, seconds: float,
    on_case: OnCase, workers: Workers = ALONE,
) -> Iterator[Measured]:  # fmt: skip
    """One case after another; `live` gets what the compiler beside gave."""
    both = workers.each(partial(_with_peer, effort=effort, python=python, seconds=seconds), chosen)
    for k, case in enumerate(chosen):
        on_case(k, len(chosen), case.name)
        found, peer = next(both)
        if peer is not None:
            live[case.name] = peer
        yield found


def _with_peer(
    case: BenchCase, effort: int, python: str | None, seconds: float
) -> tuple[Measured, tuple[float, str] | str | None]:
    found = measured(case, effort)
    return found, python and run_memq(python, case.gates, case.network, seconds)
