"""The circuits of published tables, compiled under the rules of those tables.

`published.csv` holds what others state of circuits that are made here or read from a file (`kind`):
`nodes` that are all linked, with `room` data qubits each
(empty: the qubits' share, rounded up, and one more) and as many communication qubits as wanted.
`source`: see SOURCES. Random circuits are not those that the others drew (`drawn`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.driver.workers import ALONE, Workers
from qdsl.network.network import Link, Network, Node, topology
from qdsl.records import dataclass
from qdsl.studies.bench.circuits import frozen, slack_room
from qdsl.studies.bench.compiling import compiled, ebits_of
from qdsl.studies.bench.drawn import DRAWN, drawn
from qdsl.studies.bench.gates import GateList, from_qasm

AMPLE = 1000  # communication qubits: as many as wanted
SEEDS = 2  # circuits whose mean a random row is
MOST_GATES = 20_000  # on several qubits, unless asked otherwise
MOST_PROVED = 200_000  # operations that are compared with their source
SOURCES = {
    "disqco-data": "the data of DISQCO's benchmarks (github.com/dqc-community/DISQCO, "
    "benchmarking/old/dat_files, commit 5419b54), means of five runs",
    "measured": "run by us in November 2026 with the snapshots that `qdsl bench` names",
}


class NothingPublished(Refused):
    """No row of the tables is left by what is asked."""


@dataclass(frozen=True, slots=True)
class Published:
    """What others need for one circuit; `claims`: (by whom, ebits, source)."""

    circuit: str
    kind: str
    nodes: int
    room: int
    claims: tuple[tuple[str, float, str], ...]

    @property
    def family(self) -> str:
        return self.circuit.rpartition("_n")[0]

    @property
    def qubits(self) -> int:
        return int(self.circuit.rpartition("_n")[2])

    @property
    def best(self) -> float:
        return min(ebits for _, ebits, _ in self.claims)

    @property
    def network(self) -> Network:
        links = topology("complete", (self.nodes,), Node("n", 1), Link(0, 1)).links
        made = (Node(f"node{v}", self.room, AMPLE) for v in range(self.nodes))
        return Network(f"complete{self.nodes}", tuple(made), links)


@dataclass(frozen=True, slots=True)
class PublishedTask:
    """One row and the circuits whose mean it is."""

    row: Published
    circuits: tuple[GateList, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """`ebits`: the mean of ours; `proved` None: too large for that here."""

    row: Published
    gates: int
    circuits: int
    ebits: float
    proved: bool | None

    @property
    def ratio(self) -> float:
        """Our ebits over the fewest published."""
        return max(self.ebits, 0.5) / max(self.row.best, 0.5)


@cache
def published() -> tuple[Published, ...]:
    """All rows, in the order of the file, by circuit, nodes and room."""
    found: dict[tuple[str, str, int, int], list[tuple[str, float, str]]] = {}
    text = files("qdsl.studies.bench").joinpath("published.csv").read_text(encoding="utf-8")
    for line in csv.DictReader(text.splitlines()):
        nodes, qubits = int(line["nodes"]), int(line["circuit"].rpartition("_n")[2])
        room = int(line["room"] or slack_room(qubits, 1 / nodes))
        claim = (line["peer"], float(line["ebits"]), line["source"])
        found.setdefault((line["circuit"], line["kind"], nodes, room), []).append(claim)
    return tuple(Published(*key, tuple(claims)) for key, claims in found.items())


def tasks(
    folder: Path | None, families: tuple[str, ...] = (), most_gates: int | None = None
) -> tuple[list[PublishedTask], list[str]]:
    """The rows to be compiled, and the names of the circuits that are not at hand."""
    most = MOST_GATES if most_gates is None else most_gates
    rows = [row for row in published() if not families or row.family in families]
    at_hand = {r.circuit: _circuits(r, folder) for r in {r.circuit: r for r in rows}.values()}
    absent = [name for name, made in at_hand.items() if not made]
    found = [PublishedTask(row, at_hand[row.circuit]) for row in rows if at_hand[row.circuit]]
    found = [task for task in found if task.circuits[0].two_qubit_gates <= most]
    if not found:
        why = f"; not at hand: {', '.join(absent)} (--circuits FOLDER)" if absent else ""
        raise NothingPublished(f"no published row is left by these options{why}")
    return found, absent


def _circuits(row: Published, folder: Path | None) -> tuple[GateList, ...]:
    if row.family in DRAWN:
        return tuple(drawn(row.family, row.qubits, k) for k in range(SEEDS))
    if row.kind == "made":
        return (frozen(row.family, row.qubits),)
    try:
        text = (folder / f"{row.circuit}.qasm").read_text(encoding="utf-8") if folder else ""
        return (from_qasm(text, row.circuit),) if text else ()
    except (InvalidProgram, ValueError, OSError):  # not there, or with measured conditions
        return ()


def compare_published(
    chosen: list[PublishedTask], effort: int, workers: Workers = ALONE
) -> Iterator[Beside]:
    """Row by row."""
    return workers.each(partial(_beside, effort=effort), chosen)


def _beside(task: PublishedTask, effort: int) -> Beside:
    found = [_compiled(gates, task.row.network, effort) for gates in task.circuits]
    mean = sum(ebits for ebits, _ in found) / len(found)
    proofs = [proved for _, proved in found]
    return Beside(task.row, task.circuits[0].two_qubit_gates, len(found), mean,
                  None if None in proofs else all(proofs))  # fmt: skip


def _compiled(gates: GateList, network: Network, effort: int) -> tuple[int, bool | None]:
    from qdsl.verify.translation import validate

    source, stage = gates.circuit(network), compiled(gates, network, effort)
    small = len(source.table) <= MOST_PROVED
    return ebits_of(stage), validate(source, stage.distributed).equal if small else None
