"""Trainings that are killed at any moment and resumed: the same report, byte by byte."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.chaos.commands import Ended, Started, run
from tests.bench.chaos.findings import Finding

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
  train adam(lr = 0.05) { steps 60, batch 2, validation 0.25, patience 1000 }
}
"""
POINTS = "x,y\n" + "".join(f"{k / 8},{1 if k % 3 else -1}\n" for k in range(8))
COMMAND = ["run", "m.qdm", "fit", "--no-verify", "--json", "-q"]
MOST_KILLS = 3


def often() -> None:
    """A checkpoint at every step, where users have one a second: more moments to be killed in."""
    import qdsl.run.checkpoint as checkpoint

    checkpoint.EVERY_S = 0.0


def write_training(folder: Path) -> None:
    (folder / "m.qdm").write_text(PROGRAM)
    (folder / "p.csv").write_text(POINTS)


def trials(count: int, seed: int) -> list[Finding]:
    choose = random.Random(seed)
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_training(folder)
        run([*COMMAND, "--checkpoint", "first"], folder, often)  # whatever is kept is kept now
        begin = time.monotonic()
        whole = run([*COMMAND, "--checkpoint", "whole"], folder, often)
        assert whole.code == 0, whole.err
        took = time.monotonic() - begin
        seen = Counter(_one(folder, f"kept{k}", choose, took, whole) for k in range(count))
    broken = seen["other bytes"] + seen["crash"]
    said = ", ".join(f"{seen[k]} {k}" for k in sorted(seen))
    return [Finding("trainings killed (SIGKILL) at a random moment and resumed", count, broken,
                    said)]  # fmt: skip


def _one(folder: Path, kept: str, choose: random.Random, took: float, whole: Ended) -> str:
    """Start, kill, resume and perhaps kill again, until it ends."""
    words = [*COMMAND, "--checkpoint", kept]
    resumed = False
    for _ in range(choose.choice((1, 1, 1, 2, MOST_KILLS))):
        started = Started([*words, *(["--resume"] if resumed else [])], folder, often)
        time.sleep(choose.uniform(0, took))
        started.kill()
        started.wait()
        resumed = (folder / kept / "checkpoint.safetensors").exists()
    ended = run([*words, *(["--resume"] if resumed else [])], folder, often)
    if ended.code == 0:
        how = "resumed to the same bytes" if resumed else "killed before the first checkpoint"
        return how if ended.out == whole.out else "other bytes"
    return "refused with a diagnostic" if ended.is_told else "crash"
