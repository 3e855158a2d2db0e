"""Trainings that are killed at any moment and resumed: the same report, byte by byte."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from qdsl.run.checkpoint import FILE
from tests.bench.chaos.commands import Ended, Started, run
from tests.bench.chaos.findings import Finding
from tests.bench.chaos.shares import counted

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
RESUMED = "resumed to the same bytes"
AFRESH = "killed before the first checkpoint and started again"
REFUSED = "refused with a diagnostic"


def often() -> None:
    """A checkpoint at every step, where users have one a second: more moments to be killed in."""
    import qdsl.run.checkpoint as checkpoint

    checkpoint.EVERY_S = 0.0


def write_training(folder: Path) -> None:
    (folder / "m.qdm").write_text(PROGRAM)
    (folder / "p.csv").write_text(POINTS)


@dataclass(frozen=True)
class Kill:
    """A trial: the `number`-th decides the moments. `whole` is the run that nobody disturbed, which
    took `took` seconds."""

    folder: Path
    seed: int
    took: float
    whole: Ended

    def __call__(self, number: int) -> str:
        """Start, kill, resume and perhaps kill again, until it ends."""
        choose = random.Random(f"{self.seed}/{number}")
        kept = f"kept{number}"
        words, resumed = [*COMMAND, "--checkpoint", kept], False
        for _ in range(choose.choice((1, 1, 1, 2, MOST_KILLS))):
            started = Started([*words, *(["--resume"] if resumed else [])], self.folder, often)
            time.sleep(choose.uniform(0, self.took))
            started.kill()
            started.wait()
            resumed = (self.folder / kept / FILE).exists()
        ended = run([*words, *(["--resume"] if resumed else [])], self.folder, often)
        if ended.code == 0 and ended.out == self.whole.out:
            return RESUMED if resumed else AFRESH
        return "gave other bytes" if ended.code == 0 else REFUSED if ended.is_told else "crashed"


def trials(count: int, seed: int, processes: int = 1) -> list[Finding]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_training(folder)
        run([*COMMAND, "--checkpoint", "first"], folder, often)  # whatever is kept is kept now
        begin = time.monotonic()
        whole = run([*COMMAND, "--checkpoint", "whole"], folder, often)
        assert whole.code == 0, whole.err
        kill = Kill(folder, seed, time.monotonic() - begin, whole)
        seen = counted(kill, range(count), processes)
    broken = count - sum(seen[how] for how in (RESUMED, AFRESH, REFUSED))
    said = ", ".join(f"{n} {how}" for how, n in sorted(seen.items()))
    what = "trainings killed (SIGKILL) at random moments, and resumed"
    return [Finding(what, count, broken, said)]
