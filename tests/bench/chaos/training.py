"""A small training, for trials that run it many times."""

from __future__ import annotations

from pathlib import Path

PROGRAM = """network lan {
  node alice { qubits 1, comm 1 }
  node bob { qubits 1, comm 1 }
  link alice -- bob { fidelity 0.97, rate 200 Hz }
}
model m() on lan {
  data x: real owner alice
  param a: angle owner bob
  qubits q[2]
  at alice { ry(x) q[0] }
  at bob { ry(a) q[1] }
  cz q[0], q[1]
  return expect(Z q[1])
}
experiment fit of m {
  data x from "p.csv:x"
  label y from "p.csv:y"
  loss mse
  train adam(lr = 0.05) { steps 200, batch 2, validation 0.25, patience 1000 }
}
"""
POINTS = "x,y\n" + "".join(f"{k / 8},{1 if k % 3 else -1}\n" for k in range(8))


def write_training(folder: Path) -> None:
    """Its program, `m.qdm`, and its data, `p.csv`."""
    (folder / "m.qdm").write_text(PROGRAM)
    (folder / "p.csv").write_text(POINTS)
