"""Time and memory of the passes from a thousand to a million gates, with log-log figures.

    python tests/bench/scale.py [--write] [--largest GATES] [--qubits N] [--nodes K]

Random circuits, half `cx` and half `cz`, between any two qubits: nothing about them is local. Each
size runs in a process of its own: user CPU seconds of every pass and the peak memory of the whole
process, without any size's compilation of loops (they are compiled before the clock starts).
`--write` makes docs/scaling.md and docs/scaling.svg.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE, FIGURE = ROOT / "docs" / "scaling.md", ROOT / "docs" / "scaling.svg"
PASSES = ("canonicalize", "partition", "insert-communication", "schedule")
Result = dict[str, float]


def measured(gates: int, qubits: int, nodes: int) -> Result:
    """CPU seconds of every pass, of the rules after each, ebits, and megabytes at the peak."""
    import numpy as np

    from qdsl.ir.operations import BY_NAME
    from qdsl.ir.rules import verify
    from qdsl.ir.stages import Circuit, Register
    from qdsl.ir.table import TableBuilder
    from qdsl.ir.values import AngleBuilder
    from qdsl.network import Link, Network, Node
    from qdsl.pipeline import configured

    def circuit(n_gates: int, n_qubits: int) -> Circuit:
        random = np.random.default_rng(1)
        first = random.integers(0, n_qubits, n_gates)
        second = (first + random.integers(1, n_qubits, n_gates)) % n_qubits
        codes = np.array([BY_NAME["cx"].code, BY_NAME["cz"].code], np.uint16)
        builder = TableBuilder()
        pairs = np.stack([first, second], 1).astype(np.int32)
        builder.extend(random.choice(codes, n_gates), pairs)
        room = -(-n_qubits // nodes) + 1
        every = tuple(Node(f"node{k}", room, 16) for k in range(nodes))
        links = tuple(Link(a, b, rate_hz=200.0) for a in range(nodes) for b in range(a))
        where = Network("complete", every, links)
        registers = (Register("q", 0, n_qubits),)
        pin = np.full(n_gates, -1, np.int16)
        return Circuit("scale", builder.build(), AngleBuilder(0).build(), registers, (), (),
                       where, pin)  # fmt: skip

    def run(source: Circuit) -> Result:
        found: Result = {"rules": 0.0}
        stage: Any = source
        for name in PASSES:
            start = time.process_time()
            stage = configured(name, {}).run(stage)
            found[name] = time.process_time() - start
            start = time.process_time()
            verify(stage, name)
            found["rules"] += time.process_time() - start
        found["ebits"] = float(stage.distributed.table.codes("ebit").sum())
        return found

    run(circuit(200, 4 * nodes))  # compiles the loops
    result = run(circuit(gates, qubits))
    result["MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--largest", type=int, default=1_000_000)
    parser.add_argument("--qubits", type=int, default=1000)
    parser.add_argument("--nodes", type=int, default=8)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.one, given.qubits, given.nodes)))
        return 0
    sizes = [10**k for k in range(3, 7) if 10**k <= given.largest]
    results = {size: apart(size, given.qubits, given.nodes) for size in sizes}
    text = page(results, given.qubits, given.nodes)
    if given.write:
        PAGE.write_text(text, encoding="utf-8", newline="\n")
        FIGURE.write_text(figure(results), encoding="utf-8", newline="\n")
    print(text, end="")
    return 0


def apart(size: int, qubits: int, nodes: int) -> Result:
    """One size, in a process of its own."""
    command = [sys.executable, __file__, "--one", str(size), "--qubits", str(qubits),
               "--nodes", str(nodes)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: Result = json.loads(done.stdout)
    print(size, result, file=sys.stderr)
    return result


def total(result: Result) -> float:
    return sum(result[name] for name in PASSES)


def page(results: dict[int, Result], qubits: int, nodes: int) -> str:
    columns = (*PASSES, "rules", "ebits", "MB")
    lines = [
        "# Scaling",
        "",
        "Written by `python tests/bench/scale.py --write`. Random circuits, half `cx` and half",
        f"`cz`, on {qubits:,} qubits over {nodes} nodes: user CPU seconds of every pass, of the",
        "rules checked after each, and peak memory of the whole process in MB.",
        "",
        "| two-qubit gates | all passes | " + " | ".join(columns) + " |",
        "| --- " * (len(columns) + 2) + "|",
    ]
    for size, result in results.items():
        cells = [
            f"{result[c]:.0f}" if c in ("ebits", "MB") else f"{result[c]:.2f}" for c in columns
        ]
        lines.append(f"| {size:,} | {total(result):.2f} | " + " | ".join(cells) + " |")
    lines += ["", "![log-log figures of time and memory](scaling.svg)", "", growth(results), ""]
    return "\n".join(lines)


def growth(results: dict[int, Result]) -> str:
    """The exponent of the last factor of ten."""
    sizes = sorted(results)
    if len(sizes) < 2:
        return ""
    a, b = sizes[-2:]
    power = math.log10(total(results[b]) / total(results[a])) / math.log10(b / a)
    return f"From {a:,} to {b:,} gates time grows with the power {power:.2f} of the gates."


def figure(results: dict[int, Result]) -> str:
    """Two log-log plots side by side; grey: linear growth from the last point."""
    plots = [("CPU seconds, all passes", {s: total(r) for s, r in results.items()})]
    plots.append(("peak memory, MB", {s: r["MB"] for s, r in results.items()}))
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 320" font-size="12" '
             'font-family="sans-serif"><rect width="720" height="320" fill="white"/>']  # fmt: skip
    for k, (title, values) in enumerate(plots):
        parts += plot(title, values, 60 + 350 * k)
    return "\n".join([*parts, "</svg>", ""])


def plot(title: str, values: dict[int, float], left: int) -> list[str]:
    low_x, high_x = math.log10(min(values)), math.log10(max(values)) + 1e-9
    low = math.floor(math.log10(min(values.values())))
    high = math.ceil(math.log10(max(values.values())))

    def at(size: float, value: float) -> tuple[float, float]:
        x = left + 260 * (math.log10(size) - low_x) / (high_x - low_x)
        return x, 270 - 220 * (math.log10(value) - low) / max(1, high - low)

    parts = [f'<text x="{left}" y="30">{title}</text>']
    for power in range(low, high + 1):
        _, y = at(min(values), 10.0**power)
        parts.append(f'<line x1="{left}" x2="{left + 260}" y1="{y:.1f}" y2="{y:.1f}" '
                     f'stroke="#ddd"/><text x="{left - 8}" y="{y + 4:.1f}" '
                     f'text-anchor="end">{10.0**power:g}</text>')  # fmt: skip
    last = max(values)
    linear = {s: values[last] * s / last for s in values if values[last] * s / last >= 10.0**low}
    for series, colour in ((linear, "#bbb"), (values, "#1f5fa8")):
        points = " ".join("{:.1f},{:.1f}".format(*at(s, v)) for s, v in series.items())
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>')
    for size, value in values.items():
        x, y = at(size, value)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#1f5fa8"/>')
        parts.append(f'<text x="{x:.1f}" y="290" text-anchor="middle">{size:.0e}</text>')
    parts.append(f'<text x="{left + 130}" y="310" text-anchor="middle">two-qubit gates</text>')
    return parts


if __name__ == "__main__":
    sys.exit(main())
