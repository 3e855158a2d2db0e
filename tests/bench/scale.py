"""Time and memory from a thousand to a million two-qubit gates, with log-log figures.

    python tests/bench/scale.py [--write] [--largest GATES] [--family NAME] [--seconds S]

Every family and size runs in a process of its own: CPU seconds of every pass, of the rules after
each, of translation validation, and the peak memory of the whole process. Loops are compiled before
the clock starts. A process that takes longer than `--seconds` is ended, and the page says so.
`--write` makes docs/results/scaling.md and its two figures.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit, Register
from qdsl.ir.table import TableBuilder
from qdsl.ir.values import AngleBuilder
from qdsl.studies.bench.networks import bench_network

DOCS = Path(__file__).resolve().parents[2] / "docs" / "results"
PASSES = ("canonicalize", "partition", "insert-communication", "schedule")
TIMED = (*PASSES, "rules", "validate")
NODES = 8
EFFORTS = (0, 1)  # 1 is the default
QUBITS = 1000
MOST_ROTATIONS = 200_000  # of other angles than Clifford ones, that validation is tried on
FIT_FROM = 10_000  # gates; below, what does not depend on the size decides
Result = dict[str, float]
Results = dict[str, dict[int, Result | None]]  # None: it took too long


# ---- circuits ----------------------------------------------------------------------------


def random_pairs(gates: int) -> Circuit:
    """Half `cx`, half `cz`, between any two of 1,000 qubits: nothing is local."""
    random = np.random.default_rng(1)
    first = random.integers(0, QUBITS, gates)
    second = (first + random.integers(1, QUBITS, gates)) % QUBITS
    codes = np.array([BY_NAME["cx"].code, BY_NAME["cz"].code], np.uint16)
    builder = TableBuilder()
    builder.extend(random.choice(codes, gates), np.stack([first, second], 1).astype(np.int32))
    return finished("random", builder, AngleBuilder(0), QUBITS)


def fourier(gates: int) -> Circuit:
    """The quantum Fourier transform of as many qubits as make so many gates."""
    n = round((1 + (1 + 8 * gates) ** 0.5) / 2)
    builder, angles = TableBuilder(), AngleBuilder(0)
    turns = [angles.add((np.pi / 2.0**k, ())) for k in range(1, 64)]
    for q in range(n):
        builder.add(BY_NAME["h"].code, (q,))
        for t in range(q + 1, n):
            builder.add(BY_NAME["cp"].code, (t, q), turns[min(t - q, 63) - 1])
    return finished("qft", builder, angles, n)


def qaoa(gates: int) -> Circuit:
    """QAOA on a random 3-regular graph of 1,000 qubits (fewer for few gates), layer by layer."""
    random = np.random.default_rng(2)
    n = min(QUBITS, 2 * (gates // 3))
    edges = np.sort(random.permutation(np.repeat(np.arange(n), 3)).reshape(-1, 2), axis=1)
    edges = edges[edges[:, 0] != edges[:, 1]].astype(np.int32)
    builder, angles = TableBuilder(), AngleBuilder(0)
    mixed = np.arange(n, dtype=np.int32)[:, None]
    builder.extend(BY_NAME["h"].code, mixed)
    for layer in range(max(1, gates // len(edges))):
        turn = np.array([angles.add((0.1 + 1e-4 * layer, ())), angles.add((0.7, ()))], np.int32)
        builder.extend(BY_NAME["rzz"].code, edges, np.full(len(edges), turn[0], np.int32))
        builder.extend(BY_NAME["rx"].code, mixed, np.full(n, turn[1], np.int32))
    return finished("qaoa", builder, angles, n)


def finished(name: str, builder: TableBuilder, angles: AngleBuilder, n: int) -> Circuit:
    table = builder.build()
    where = bench_network(f"hom{NODES}_n{n}")
    pin = np.full(len(table), -1, np.int16)
    return Circuit(name, table, angles.build(), (Register("q", 0, n),), (), (), where, pin)


FAMILIES: dict[str, Callable[[int], Circuit]] = {
    "random": random_pairs,
    "qft": fourier,
    "qaoa": qaoa,
}


# ---- measuring ---------------------------------------------------------------------------


def compiled(source: Circuit, effort: int = 1) -> Result:
    """CPU seconds of everything, and ebits."""
    from qdsl.driver.pass_manager import configured
    from qdsl.ir.rules import verify
    from qdsl.verify.translation import validate

    found: Result = {"rules": 0.0}
    stage: Any = source
    for name in PASSES:
        start = time.process_time()
        stage = configured(name, {"effort": effort}).run(stage)
        found[name] = time.process_time() - start
        start = time.process_time()
        verify(stage, name)
        found["rules"] += time.process_time() - start
    if int(source.table.codes("cp").sum()) <= MOST_ROTATIONS:
        start = time.process_time()
        verdict = validate(source, stage.distributed)
        found["validate"] = time.process_time() - start
        found["proved"] = float(verdict.equal)
    found["ebits"] = float(stage.distributed.table.codes("ebit").sum())
    return found


def blocks(source: Circuit) -> int:
    """Ebits of contiguous blocks, evenly filled, with copies that serve all they can."""
    from qdsl.passes.canonicalize.canonicalize import Canonicalize
    from qdsl.passes.partition.greedy import walk
    from qdsl.passes.partition.timeline import timeline

    ir = Canonicalize().run(source)
    network = source.network
    assert network is not None
    home = (np.arange(ir.n_qubits) * len(network.nodes) // ir.n_qubits).tolist()
    return walk(ir, network, timeline(ir), home).ebits


def measured(family: str, gates: int, effort: int) -> Result:
    """One size, in this process."""
    make = FAMILIES[family]
    compiled(make(20_000), effort=0)  # compiles the loops, those of large programs too,
    compiled(random_pairs(1000))  # and those of the annealing
    source = make(gates)
    result = compiled(source, effort)
    result["MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result["seconds"] = sum(result.get(name, 0.0) for name in TIMED)
    result["compile"] = result["seconds"] - result.get("validate", 0.0)
    result["gates"] = float((source.table.arity == 2).sum())
    result["blocks"] = float(blocks(source))
    return result


def apart(family: str, size: int, effort: int, seconds: float) -> Result | None:
    """One size, in a process of its own; None if it takes too long."""
    command = [sys.executable, __file__, "--one", family, str(size), str(effort)]
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return None
    result: Result = json.loads(done.stdout)
    return result


# ---- the page ----------------------------------------------------------------------------


def page(results: Results) -> str:
    columns = ("compile", *TIMED, "MB", "ebits", "blocks", "proved")
    lines = [
        "# Scaling",
        "",
        "Written by `python tests/bench/scale.py --write`; one process, one thread, CPU seconds.",
        f"{NODES} nodes, all linked, one data qubit to spare at each. Effort 1 is the default: it",
        "anneals, a small program for about as long as a large one; effort 0 does not.",
        "`compile` is the sum of all passes and rules, without validation; that goes through the",
        f"rotations of qft one by one, and is not tried on more than {MOST_ROTATIONS:,}. `MB` is",
        "the peak of the whole process; loops are compiled before. `blocks`: ebits with qubits in",
        "contiguous blocks for good, as many copies kept open as are of use; `ebits` keeps to the",
        "communication qubits there are.",
    ]
    for family, sizes in results.items():
        about = " ".join((FAMILIES[family.partition(",")[0]].__doc__ or "").split())
        lines += ["", f"## {family}", "", about, "",
                  "| two-qubit gates | " + " | ".join(columns) + " |",
                  "| --- " * (len(columns) + 1) + "|"]  # fmt: skip
        lines += [row(size, result, columns) for size, result in sizes.items()]
        lines += ["", growth(sizes)]
    for e in EFFORTS:
        lines += ["", f"## Effort {e}", "", f"![CPU seconds of compiling](scaling-time-{e}.svg)",
                  f"![peak memory](scaling-memory-{e}.svg)"]  # fmt: skip
    lines.append("")
    return "\n".join(lines)


def row(size: int, result: Result | None, columns: tuple[str, ...]) -> str:
    if result is None:
        return f"| {size:,} | took too long |" + " |" * (len(columns) - 1)
    whole = ("MB", "ebits", "blocks")
    shown = {c: f"{v:,.0f}" if c in whole else f"{v:.2f}" for c, v in result.items()}
    shown["proved"] = {1.0: "yes", 0.0: "no", -1.0: "not tried"}[result.get("proved", -1.0)]
    cells = [shown.get(c, "-") for c in columns]
    return f"| {int(result['gates']):,} | " + " | ".join(cells) + " |"


def growth(sizes: dict[int, Result | None]) -> str:
    """The slopes of lines fitted to the logarithms."""
    known = [r for s, r in sizes.items() if r is not None and s >= FIT_FROM]
    if len(known) < 2:
        return "Too few sizes for a slope."
    gates = np.log([r["gates"] for r in known])
    time_slope, memory_slope = (
        float(np.polyfit(gates, np.log([r[what] for r in known]), 1)[0])
        for what in ("compile", "MB")
    )
    return (
        f"From {FIT_FROM:,} gates on, `compile` grows with the power {time_slope:.2f} of "
        f"the gates, memory with {memory_slope:.2f} (a fit in logarithms)."
    )


def figure(results: Results, effort: int, what: str, title: str, y_name: str) -> str:
    from qdsl.drawing.curves import Curve, curves_picture, self_contained

    curves = []
    for name, sizes in results.items():
        if name.endswith(str(effort)):
            known = [r for r in sizes.values() if r is not None]
            curves.append(Curve(name, [r["gates"] for r in known], [r[what] for r in known]))
    drawn = curves_picture(curves, title, "two-qubit gates", y_name, log_y=True, log_x=True)
    return self_contained(drawn)


def write(results: Results) -> None:
    files = {"scaling.md": page(results)}
    for e in EFFORTS:
        files[f"scaling-time-{e}.svg"] = figure(results, e, "compile", "Time", "CPU seconds")
        files[f"scaling-memory-{e}.svg"] = figure(results, e, "MB", "Memory", "MB at the peak")
    for name, text in files.items():
        (DOCS / name).write_text(text, encoding="utf-8", newline="\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--largest", type=int, default=1_000_000)
    parser.add_argument("--family", action="append", choices=list(FAMILIES))
    parser.add_argument("--seconds", type=float, default=200.0, help="wall time limit of a process")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.one[0], int(given.one[1]), int(given.one[2]))))
        return 0
    results: Results = {}
    for family in given.family or FAMILIES:
        for effort in EFFORTS:
            found = results[f"{family}, effort {effort}"] = {}
            for size in [10**k for k in range(3, 7) if 10**k <= given.largest]:
                found[size] = apart(family, size, effort, given.seconds)
                print(family, effort, size, found[size], file=sys.stderr, flush=True)
    if given.write:
        write(results)
    print(page(results), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
