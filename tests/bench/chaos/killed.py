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
from tests.bench.chaos.training import write_training

COMMAND = ["run", "m.qdm", "fit", "--no-verify", "--json", "-q"]
MOST_KILLS = 3
RESUMED = "resumed to the same bytes"
AFRESH = "killed before the first checkpoint and started again"
REFUSED = "refused with a diagnostic"


def often() -> None:
    """A checkpoint at every step, where users have one a second: more moments to be killed in."""
    import qdsl.run.checkpoint as checkpoint

    checkpoint.EVERY_S = 0.0


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
        if ended.code == 0 or not ended.is_told:
            print(ended, flush=True)
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
