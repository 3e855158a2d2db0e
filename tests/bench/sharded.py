"""What a state on several processes of one machine takes: memory of each, and time.

python tests/bench/sharded.py             a table in the terminal
python tests/bench/sharded.py --write     the same into docs/results/sharded.md
"""

from __future__ import annotations

import argparse
import os
import platform
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs" / "results" / "sharded.md"
QUBITS, COUNTS = (20, 24, 26), (1, 2, 4)
SOURCE = """
network lan = line(2) { qubits 32, comm 2 }
model ladder(n = 20) on lan {
  param w: angle[2*n]
  qubits q[n]
  for i in 0..n { ry(w[i]) q[i] }
  for i in 0..n-1 { cx q[i], q[i+1] }
  for i in 0..n { rx(w[n+i]) q[i] }
  return expect(Z q[0] * Y q[n-1] + X q[n-2])
}
"""
MEASURED = """
import resource, sys
from qdsl.cli.commands import cli
cli(sys.argv[1:], standalone_mode=False)
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


class Row(NamedTuple):
    qubits: int
    processes: int
    seconds: float
    peak: int  # MiB, of the largest process; 0: the state does not fit
    mean: str


def measured(file: Path, qubits: int, count: int) -> Row:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-c", MEASURED, "run", str(file), "--set", f"n={qubits}", "--quiet"]
    where = ["--backend", "sharded"]
    if count > 1:
        where += ["--coordinator", f"127.0.0.1:{port}", "--processes", str(count), "--process-id"]
    start = perf_counter()
    running = [
        subprocess.Popen(
            command + where + ([str(k)] if count > 1 else []), env=_environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        for k in range(count)
    ]  # fmt: skip
    said = [process.communicate()[0] for process in running]
    took = perf_counter() - start
    if "peak " not in said[0]:
        return Row(qubits, count, took, 0, "")
    peaks = [int(text.rsplit("peak ", 1)[1]) for text in said]
    return Row(qubits, count, took, max(peaks), said[0].partition("    mean ")[2].split()[0])


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ladder.qdm"
        file.write_text(SOURCE)
        return [measured(file, qubits, count) for qubits in QUBITS for count in COUNTS]


def page(found: list[Row]) -> str:
    lines = []
    for row in found:
        (one,) = (r for r in found if r.qubits == row.qubits and r.processes == 1)
        assert row.mean == one.mean or not one.peak, row
        part = f"{16 * 2**row.qubits / row.processes / 2**20:,.0f}"
        cells = [str(row.qubits), str(row.processes), part]
        if one.peak:
            cells += [f"{row.peak:,}", f"{row.peak / one.peak:.2f}"]
            cells.append(f"{row.seconds / one.seconds:.1f}")
        else:
            cells += [f"{row.peak:,}" if row.peak else "does not fit", "-", "-"]
        lines.append(f"| {' | '.join(cells)} |")
    return f"""\
# A state on several processes

Written by `python tests/bench/sharded.py --write` on one machine with {os.cpu_count()} cores,
Python {platform.python_version()}: `qdsl run --backend sharded` of a ladder of CNOT gates between
two layers of rotations. *part*: MiB of amplitudes that a process holds; *peak*: MiB of the largest
process, the libraries included; the last two columns are beside one process. All that fit give
the same mean. No process takes more than 2 GiB for three copies of its part.

| qubits | processes | part | peak | peak, ratio | time, ratio |
| --- | --- | --- | --- | --- | --- |
{chr(10).join(lines)}

The processes share the same cores here, so that they save memory and no time; what they exchange
goes through the loopback.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/results/sharded.md")
    asked = parser.parse_args()
    text = page(rows())
    print(text)
    if asked.write:
        FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
