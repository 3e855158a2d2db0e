"""Ebits on networks that are not all linked, beside DISQCO's published means.

    python tests/bench/sparse.py [--write] [--jobs N]

Reads DISQCO's means for QASMBench circuits on lines and grids, and the circuits, from the folder
`shared/bench` beside the checkout. `--write` puts the table into docs/results/sparse.md.
"""

from __future__ import annotations

import argparse
import csv
import math
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import qdsl
from qdsl.verify.translation import validate

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT.parent / "shared" / "bench"
PAGE = ROOT / "docs" / "results" / "sparse.md"
FILES = {
    "benchmark_means_MLFM-R_QASM_linear.json": "line",
    "benchmark_means_MLFM-R_QASM_grid.json": "grid",
}
WIDE = 1000  # communication qubits: as many as are wanted, as DISQCO assumes

PROGRAM = """
network net = {network}
circuit given from "{circuit}.qasm"
model m() on net {{
  qubits q[{qubits}]
  given q
  return sample(q)
}}
"""

HEAD = """# On lines and grids

Written by `python tests/bench/sparse.py --write`. QASMBench circuits on networks whose nodes are
not all linked, where a pair of distant nodes takes an ebit on every link of the way: ours, by
default, beside the means that [DISQCO](https://github.com/dqc-community/DISQCO) published for its
multilevel method. Nodes have the data qubits in the column "room", the qubits' share rounded down
and one more, and as many communication qubits as are wanted. Grids of six and eight nodes are 2 by
3 and 2 by 4. "Proved": translation validation against the source. Published counts were not
checked; circuits whose files are not at hand are left out.

| circuit | network | room | DISQCO | ours | ratio | proved |
| --- | --- | ---: | ---: | ---: | ---: | --- |
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A published mean."""

    circuit: str
    shape: str
    nodes: int
    qubits: int
    ebits: float

    @property
    def room(self) -> int:
        return self.qubits // self.nodes + 1

    @property
    def network(self) -> str:
        size = f"2, {self.nodes // 2}" if self.shape == "grid" else str(self.nodes)
        return f"{self.shape}({size})"

    @property
    def text(self) -> str:
        network = f"{self.network} {{ qubits {self.room}, comm {WIDE} }}"
        return PROGRAM.format(network=network, circuit=self.circuit, qubits=self.qubits)


def cases() -> list[Case]:
    found = []
    with (BENCH / "disqco_hetero_means.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            shape, name = FILES.get(row["file"]), row["circuit"]
            nodes, qubits = int(row["partitions"]), int(row["qubits"])
            is_known = (BENCH / "imported" / f"{name}.qasm").is_file()
            if shape is not None and is_known and not (shape == "grid" and nodes not in (6, 8)):
                found.append(Case(name, shape, nodes, qubits, float(row["mean_ebits"])))
    return sorted(found, key=lambda c: (c.shape, c.circuit, c.nodes))


def measured(case: Case) -> tuple[Case, int, bool]:
    program = qdsl.loads(case.text, folders=(BENCH / "imported",))
    compiled = program.compile(verify=False)
    ebits = int(compiled.scheduled.distributed.table.codes("ebit").sum())
    return case, ebits, bool(validate(compiled.circuit, compiled.scheduled.distributed).equal)


def lines(found: list[tuple[Case, int, bool]]) -> Iterator[str]:
    worse, logs = [], []
    for case, ours, is_proved in found:
        ratio = max(ours, 0.5) / max(case.ebits, 0.5)
        logs.append(math.log(ratio))
        if ours > case.ebits:
            worse.append(f"{case.circuit} on {case.network}")
        yield (
            f"| {case.circuit} | {case.network} | {case.room} | {case.ebits:g} | {ours} "
            f"| {ratio:.2f} | {'yes' if is_proved else 'NO'} |"
        )
    mean = math.exp(sum(logs) / len(logs))
    yield f"\nGeometric mean of the ratio over {len(logs)} rows: {mean:.3f}."
    yield f"Rows with more ebits than DISQCO's mean: {', '.join(worse) or 'none'}."


def main() -> int:
    parser = argparse.ArgumentParser(description="Ebits on lines and grids, beside DISQCO's.")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    given = parser.parse_args()
    if not BENCH.is_dir():
        print(f"no published results: there is no {BENCH.name} folder beside the checkout")
        return 0
    with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(measured, cases()))
    text = re.sub(r"\n{3,}", "\n\n", HEAD + "\n".join(lines(found)) + "\n")
    if given.write:
        PAGE.write_text(text, encoding="utf-8", newline="\n")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
