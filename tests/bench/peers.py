"""Ebits beside those of other distributing compilers, on the same circuits and networks.

    python tests/bench/peers.py [--write] [--effort N] [--only PREFIX ...]

Reads circuits, networks and the peers' measured results from the folder `shared/bench` beside
the checkout (see its README for the peers' versions and rules). pytket-dqc and DISQCO assume
as many communication qubits as they like, so that column of ours does too; the other obeys the
network's. `--write` puts the table into docs/distribution.md.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import qdsl
from qdsl.network import Network

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT.parent / "shared" / "bench"
PAGE = ROOT / "docs" / "distribution.md"
UNLIMITED = 1000
MOST_PROVED = 30_000  # operations that translation validation is tried on here

PROGRAM = """
network net = from "{network}.json"
circuit given from "{circuit}.qasm"
model m() on net {{
  qubits q[{qubits}]
  given q
  return sample(q)
}}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """The best valid result of a peer on one circuit and network."""

    circuit: str
    network: str
    qubits: int
    gates: int
    peer: str
    ebits: float


@dataclass(frozen=True, slots=True)
class Ours:
    unlimited: int
    limited: int
    is_proved: bool | None
    seconds: float


def cases() -> list[Case]:
    """Every case that some peer solved validly and whose circuit is at hand."""
    best: dict[tuple[str, str], Case] = {}
    with (BENCH / "peers.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["status"] != "ok" or row["peer"] == "naive" or row["valid"] != "yes":
                continue
            key = row["circuit"], row["network"]
            ebits = float(row["ebits"])
            if key not in best or ebits < best[key].ebits:
                best[key] = Case(*key, int(row["n_qubits"]), int(row["n_2q"]), row["peer"], ebits)
    return [best[k] for k in sorted(best) if (BENCH / "public" / f"{k[0]}.qasm").is_file()]


def measure(case: Case, effort: int) -> Ours:
    text = PROGRAM.format(network=case.network, circuit=case.circuit, qubits=case.qubits)
    program = qdsl.loads(text, folders=(BENCH / "public", BENCH / "networks"))
    network = program.checked.networks["net"]
    start = time.perf_counter()
    free = program.compile(network=_unlimited(network), options={"effort": effort}, verify=False)
    seconds = time.perf_counter() - start
    small = len(free.circuit.table) <= MOST_PROVED
    limited = program.compile(options={"effort": effort}, verify=small)
    report = limited.report()
    proved = report.verification.verified if small else None
    return Ours(free.report().cost.ebits, report.cost.ebits, proved, seconds)


def _unlimited(network: Network) -> Network:
    return replace(network, nodes=tuple(replace(n, comm=UNLIMITED) for n in network.nodes))


def lines(effort: int, only: list[str]) -> Iterator[str]:
    logs: list[float] = []
    worse: list[str] = []
    for case in cases():
        if only and not case.circuit.startswith(tuple(only)):
            continue
        ours = measure(case, effort)
        ratio = max(ours.unlimited, 0.5) / max(case.ebits, 0.5)
        logs.append(math.log(ratio))
        if ours.unlimited > case.ebits:
            worse.append(f"{case.circuit} on {case.network}")
        proved = {True: "yes", False: "NO", None: "too large here"}[ours.is_proved]
        yield (
            f"| {case.circuit} | {case.gates} | {case.network} | {case.peer} | {case.ebits:g} "
            f"| {ours.unlimited} | {ratio:.2f} | {ours.limited} | {proved} |"
        )
        print(f"{case.circuit} {case.network}: {ours}", file=sys.stderr)
    mean = math.exp(sum(logs) / len(logs)) if logs else 1.0
    yield ""
    yield f"Geometric mean of the ratio over {len(logs)} cases: {mean:.3f}."
    yield f"Cases with more ebits than the best peer: {', '.join(worse) or 'none'}."


HEAD = """# Distribution beside other compilers

Written by `python tests/bench/peers.py --write --effort {effort}`. Ebits of the best valid
result of pytket-dqc, DISQCO and memq-dqc (as measured in the benchmark folder), and ours under the
same data-qubit capacities: with as many communication qubits as wanted, as pytket-dqc and
DISQCO assume, and with those that the network has. "Proved": translation validation of the
latter program against its source.

| circuit | two-qubit gates | network | best peer | ebits | ours | ratio | network's own | proved |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Ebits beside other compilers.")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--effort", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    if not BENCH.is_dir():
        print(f"no peers' results: there is no {BENCH.name} folder beside the checkout")
        return 0
    rows = list(lines(given.effort, given.only))
    text = HEAD.format(effort=given.effort) + "\n".join(rows) + "\n"
    if given.write:
        PAGE.write_text(text, encoding="utf-8", newline="\n")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
