"""How long a first and a second `qdsl compile` take, beside a bare interpreter.

    python tests/bench/start.py             a table in the terminal
    python tests/bench/start.py --write     the same into docs/results/start.md

Cold: nothing is kept yet, neither loops nor Python's own bytecode. CPU time says more than wall
time where the machine has other work.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs" / "results" / "start.md"
ONCE = 3  # runs of each kind, of which the table has the medians
Times = tuple[float, float]  # CPU and wall, seconds


def run(command: list[str], folder: str, bytecode: str) -> Times:
    """CPU and wall time of a process, with all that it starts."""
    kept = {"QDSL_CACHE_DIR": folder, "NUMBA_CACHE_DIR": folder, "PYTHONPYCACHEPREFIX": bytecode}
    env = os.environ | kept | {"PYTHONDONTWRITEBYTECODE": ""}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run([sys.executable, *command], cwd=ROOT, env=env, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, perf_counter() - start


def middle(times: list[Times]) -> Times:
    return median(cpu for cpu, _ in times), median(wall for _, wall in times)


def measured(command: list[str], times: int, bytecode: str) -> tuple[Times, Times]:
    """Cold, with every library's bytecode kept but no loop; and warm."""
    cold, warm = [], []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            cold.append(run(command, folder, bytecode))
            warm.append(run(command, folder, bytecode))
    return middle(cold), middle(warm)


def commands(names: list[str]) -> dict[str, list[str]]:
    found = {"bare interpreter": ["-c", "pass"], "import qdsl": ["-c", "import qdsl"]}
    found["qdsl --help"] = ["-m", "qdsl", "--help"]
    found["qdsl check examples/ghz.qdm"] = ["-m", "qdsl", "check", "examples/ghz.qdm"]
    for path in sorted(ROOT.glob("examples/*.qdm")):
        is_one = path.read_text(encoding="utf-8").count("\nmodel ") == 1  # and need not be named
        if path.stem in names or (is_one and not names):
            text = f"examples/{path.name}"
            found[f"qdsl compile {text}"] = ["-m", "qdsl", "compile", text]
    if find_spec("memq_dqc") is not None:
        found["import memq_dqc"] = ["-c", "import memq_dqc"]
    return found


def table(names: list[str], times: int) -> str:
    rows = ["| command | cold CPU (s) | cold wall | warm CPU | warm wall | warm CPU, bare = 1 |"]
    rows.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    bare = 0.0
    with tempfile.TemporaryDirectory() as bytecode:
        run(["-m", "qdsl", "compile", "examples/two_party.qdm"], bytecode, bytecode)
        for name, command in commands(names).items():
            cold, warm = measured(command, times, bytecode)
            bare = bare or warm[0]
            numbers = " | ".join(f"{t:.2f}" for t in (*cold, *warm))
            rows.append(f"| `{name}` | {numbers} | {warm[0] / bare:.0f} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="examples; none: all")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--times", type=int, default=ONCE)
    asked = parser.parse_args()
    found = table(asked.names, asked.times)
    load = os.getloadavg()[0]
    text = f"""# How long it takes to start

Medians of {asked.times} whole processes, by `python tests/bench/start.py --write`, with Python
{platform.python_version()} on {os.cpu_count()} cores, where {load:.1f} processes ran or waited as
the last was measured. Cold: no machine code is kept (Python's bytecode is).

{found}
"""
    if asked.write:
        FILE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
