"""Shots a second of the nodes' programs on SimulaQron, as a ratio to qdsl's own hardware.

    QDSL_RUNTIME_PYTHON=... python tests/bench/runtime.py          prints the table
    QDSL_RUNTIME_PYTHON=... python tests/bench/runtime.py --write  the same into docs/guide/nodes.md

The first round is counted as the start of the processes.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from qdsl.backends.nodes.ticket import MAX_LANES

FILE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "nodes.md"
HEAD = "## Shots per second on SimulaQron"
PROGRAMS: tuple[tuple[str, dict[str, int]], ...] = (
    ("two_party", {"layers": 1}),
    ("three_party", {}),
    ("ghz", {"n": 6}),
    ("ghz", {"n": 10}),
)
SHOTS = 10  # on SimulaQron
OWN_SHOTS = 10 * MAX_LANES  # on qdsl's own hardware


def compiled(name: str, settings: dict[str, int]) -> Any:
    import qdsl

    program = qdsl.load(Path(__file__).resolve().parents[2] / "examples" / f"{name}.qdm")
    return program.compile(model=name, settings=settings, verify=False).scheduled


def measured(stage: Any, shots: int, python: str | None) -> tuple[float, float]:
    """Shots a second after the first round, and the seconds until then."""
    from qdsl.runtime.run import ItemValues, run_nodes

    random = np.random.default_rng(1)
    vectors = stage.distributed.values.vectors
    given = ItemValues({v.name: random.uniform(-3, 3, v.shape) for v in vectors}, {}, 1)
    times = [time.perf_counter()]

    def look(number: int, rounds: int) -> None:
        times.append(time.perf_counter())

    run_nodes(stage, given, shots, 1, 300.0, python, look)
    rounds = len(times) - 1
    rate = (shots - shots / rounds) / (times[-1] - times[1])
    return rate, times[1] - times[0]


def row(name: str, settings: dict[str, int], python: str) -> tuple[str, ...]:
    from qdsl.analysis.cost import cost

    stage = compiled(name, settings)
    rate, start = measured(stage, SHOTS, python)
    own, own_start = measured(stage, OWN_SHOTS, None)
    asked = " ".join(f"--set {k}={v}" for k, v in settings.items())
    return (f"`{name}.qdm {asked}`".replace(" `", "`"), str(cost(stage).ebits), f"{rate:.2g}",
            f"{own:,.0f}", f"1 : {own / rate:,.0f}", f"{start:.0f} s",
            f"{own_start:.0f} s")  # fmt: skip


def section(python: str) -> str:
    head = ("program", "ebits per shot", "shots per second", "on qdsl's own", "ratio",
            "first shot", "first round on qdsl's own")  # fmt: skip
    rows = [head, ("---",) * len(head), *(row(n, s, python) for n, s in PROGRAMS)]
    table = "\n".join("| " + " | ".join(r) + " |" for r in rows)
    return f"""{HEAD}

Written by `python tests/bench/runtime.py --write`; only the ratios mean something, and only
roughly, as the machine may have been busy. SimulaQron runs one shot at a time, qdsl's own hardware
up to {MAX_LANES} per round. The first round includes starting all processes; shots per second
leave it out.

{table}
"""


def written(document: str, text: str) -> str:
    pattern = re.compile(rf"^{re.escape(HEAD)}.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if not pattern.search(document):
        raise SystemExit(f"{FILE.name} has no section '{HEAD}'")
    return pattern.sub(lambda _: text + "\n", document).rstrip("\n") + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write it into {FILE.name}")
    given = parser.parse_args()
    python = os.environ.get("QDSL_RUNTIME_PYTHON", "")
    if not python:
        raise SystemExit("QDSL_RUNTIME_PYTHON is to name a Python that has SimulaQron")
    text = section(python)
    if given.write:
        FILE.write_text(written(FILE.read_text(encoding="utf-8"), text), encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
