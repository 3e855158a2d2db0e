"""What another compiler distributes, verified and counted, beside ours on the same networks.

    python -m tests.bench.referee --peer-python PYTHON [--write] [--only CIRCUIT ...]

memq-dqc is run live, on the circuits and networks that come with it, by both of its partitioners:
every circuit on the networks of its size (which it brings in folders of their own). What it writes
is read by `qdsl.verify_distributed`. PYTHON is that of an environment with memq-dqc. All circuits
on all networks that have room are compiled by qdsl at effort 0, to show that they can be. `--write`
puts the table into docs/results/referee.md.
"""

from __future__ import annotations

import argparse
import math
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import qdsl
from qdsl.interchange.peers.judged import Judged
from qdsl.interchange.programs import network_of
from qdsl.verify.translation import validate

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "results" / "referee.md"
PARTITIONERS = ("interaction", "hypergraph")
LIMIT_S = 300
SIZES = (10, 20, 30, 40, 60)
BEGIN, END = "<!-- table -->", "<!-- end of table -->"

WHERE = "import memq_dqc.assets as a, pathlib; print(pathlib.Path(a.__file__).parent)"
RUN = """
import sys
from memq_dqc import Compiler
compiler = Compiler(*sys.argv[1:4])
compiler.compile()
print(float(compiler.cost))
print(compiler.distributed_qasm)
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the peer says, and what its text turned out to be; `why`: there is none."""

    partitioner: str
    ebits: float = 0.0
    judged: Judged | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    circuit: str
    network: str
    claims: tuple[Claim, ...]
    ours: int
    is_proved: bool


def main() -> None:
    given = _arguments()
    found = subprocess.run([given.peer_python, "-c", WHERE], capture_output=True, text=True)
    if found.returncode:
        sys.exit(f"{given.peer_python} has no memq-dqc")
    assets = Path(found.stdout.strip())
    cases = [case for case in _cases(assets) if not given.only or case[0].stem in given.only]
    rows = []
    with ThreadPoolExecutor(given.jobs) as pool:
        for row in pool.map(lambda case: _row(given.peer_python, *case), cases):
            rows.append(row)
            print(_line(row), flush=True)
    compiled, failed = _all_compile(assets, given.only)
    print(f"{compiled} pairs compile, not: {failed or 'none'}")
    if given.write and not given.only:
        _write(rows, compiled, failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--jobs", type=int, default=1)
    return parser.parse_args()


def _size(circuit: Path) -> int:
    return int(circuit.stem.rpartition("_n")[2])


def _circuits(assets: Path) -> list[Path]:
    return sorted((assets / "circuits").glob("*.qasm"), key=lambda p: (_size(p), p.stem))


def _cases(assets: Path) -> Iterator[tuple[Path, Path]]:
    for circuit in _circuits(assets):
        room = next(size for size in SIZES if size >= _size(circuit))
        for network in sorted((assets / "networks" / f"{room}_qubits").glob("*.json")):
            yield circuit, network


def _row(python: str, circuit: Path, network: Path) -> Row:
    claims = tuple(_claim(python, circuit, network, name) for name in PARTITIONERS)
    ours = qdsl.distribute(circuit, network)
    proof = validate(ours.circuit, ours.scheduled.distributed)
    name = f"{network.parent.name}/{network.stem}"
    return Row(circuit.stem, name, claims, ours.cost.ebits, proof.equal)


def _claim(python: str, circuit: Path, network: Path, partitioner: str) -> Claim:
    command = [python, "-c", RUN, str(circuit), str(network), partitioner]
    with tempfile.TemporaryDirectory() as folder:
        try:
            ended = subprocess.run(
                command, capture_output=True, text=True, cwd=folder, timeout=LIMIT_S
            )
        except subprocess.TimeoutExpired:
            return Claim(partitioner, why=f"more than {LIMIT_S} s")
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["it failed"])[-1]
        return Claim(partitioner, why=last[:60])
    cost, _, text = ended.stdout.partition("\n")
    judged = qdsl.verify_distributed(text, circuit, network)
    return Claim(partitioner, float(cost), judged)


def _all_compile(assets: Path, only: list[str]) -> tuple[int, list[str]]:
    compiled, failed = 0, []
    for circuit in _circuits(assets):
        if only and circuit.stem not in only:
            continue
        for file in sorted((assets / "networks").glob("*/*.json")):
            network = network_of(file)
            if sum(node.qubits for node in network.nodes) < _size(circuit):
                continue
            try:
                qdsl.distribute(circuit, network, options={"effort": 0})
                compiled += 1
            except ValueError as problem:
                failed.append(f"{circuit.stem} on {file.parent.name}/{file.stem}: {problem}")
    return compiled, failed


# ---- the page --------------------------------------------------------------------------


def verdict(claim: Claim) -> str:
    if claim.judged is None:
        return claim.why
    if claim.judged.is_valid:
        return "valid"
    if claim.judged.verification.refuted:
        return "NOT EQUAL"
    if claim.judged.cost.violations:
        return f"{len(claim.judged.cost.violations)} rules broken"
    return "undecided"


def _cell(claim: Claim) -> list[str]:
    if claim.judged is None:
        return ["", "", claim.why]
    return [f"{claim.ebits:g}", f"{claim.judged.cost.ebits:,}", verdict(claim)]


def _least(row: Row) -> int | None:
    """The fewest ebits of a valid result of the peer."""
    valid = [c.judged.cost.ebits for c in row.claims if c.judged and c.judged.is_valid]
    return min(valid, default=None)


def _line(row: Row) -> str:
    least = _least(row)
    ratio = "" if not least else f"{row.ours / least:.2f}"
    cells = [cell for claim in row.claims for cell in _cell(claim)]
    ours = f"{row.ours:,}{'' if row.is_proved else ' (not proved)'}"
    return f"| {' | '.join([row.circuit, f'`{row.network}`', *cells, ours, ratio])} |"


def _mean(ratios: Iterable[float]) -> float:
    logs = [math.log(r) for r in ratios]
    return math.exp(sum(logs) / len(logs)) if logs else 1.0


def _write(rows: list[Row], compiled: int, failed: list[str]) -> None:
    claims = [c for row in rows for c in row.claims]
    read = [c for c in claims if c.judged is not None]
    valid = [c for c in read if c.judged is not None and c.judged.is_valid]
    same = [c for c in read if c.judged is not None and c.ebits == c.judged.cost.ebits]
    beside = [(row.ours, least) for row in rows if (least := _least(row))]
    head = (
        "| circuit | network | interaction: its cost | counted | verdict | hypergraph: its cost | "
        "counted | verdict | qdsl | ratio |\n|" + " --- |" * 10
    )
    summary = (
        f"{len(rows)} pairs of circuit and network, {len(claims)} results asked for, "
        f"{len(read)} given, {len(valid)} of them valid: equal to the source by proof, every step "
        f"executable. Its own cost is the number of ebits that we count in {len(same)} of "
        f"{len(read)}. Of the {len(beside)} pairs in which the better of its valid results needs "
        f"ebits, qdsl needs fewer in {sum(a < b for a, b in beside)}, as many in "
        f"{sum(a == b for a, b in beside)}, more in {sum(a > b for a, b in beside)}; geometric "
        "mean of the ratios where both need some "
        f"{_mean(a / b for a, b in beside if a):.2f}. All "
        f"{compiled + len(failed)} pairs of a circuit and a network with room for it were compiled "
        f"at effort 0: {compiled} with a result."
    )
    summary = textwrap.fill(summary, 100, break_on_hyphens=False)
    table = "\n".join([BEGIN, "", summary, "", head, *map(_line, rows), "", END])
    text = PAGE.read_text()
    PAGE.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: table, text, flags=re.DOTALL))


if __name__ == "__main__":
    main()
