"""A program that keeps many copies open and is not reordered is undone within memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources import ROOT

PROGRAM = """
network net = complete(5) { qubits 1, comm 3, rate 1 kHz, latency 1 ms, gate_time 1 us }
model m() on net {
  data w: real[3]
  qubits q, r[4]
  for i in 1..4 { cz r[i-1], r[i]; rz(pi/2**i) r[i] }
  cp(-3.1001) r, q
  pow(3) @ rot(-w[1]) Z q
  z q
  rot(w[2]*w[2]) YZ r[1], r[2]
  h r[0..1]
  for i in 1..3 { ry(-1.8451) r[i] }
  t r[0..3 step 2]
  p(w[0]) r[0..3]
  ccx r[0], q, r[2]
  cy q, r[3]
  barrier
  for i in 0..4 { if i % 2 == 0 and i < 3 { x r[i] } else { p(0.1) r[i]; p(0.4) r[i] } }
  for i in 0..4 { ry(1.3469 * (i + 1)) r[i] }
  rxx(2*w[0] + 2.2227) q, r
  sxdg r[2]
  ry(pi/2) r
  cy q, r[3]
  return sample(r, q), expect(0.59 * X q - 0.11 * Z r[3] * X r[2] + 0.74 * X r[0] * Z r[2])
}
"""
OPTIONS = ("--effort", "0", "--policy", "alap", "--no-reorder")


@pytest.mark.parametrize("disabled", ["0", "1"])
def test_it_compiles_and_is_proved_with_and_without_numba(disabled: str, tmp_path: Path) -> None:
    path = tmp_path / "a.qdm"
    path.write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "qdsl", "compile", str(path), *OPTIONS],
        env=os.environ | {"NUMBA_DISABLE_JIT": disabled, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "equal to its source, proved" in done.stdout
