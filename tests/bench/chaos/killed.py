"""Trainings that are killed at any moment and resumed: the same report, byte by byte."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from qdsl.run.checkpoint import FILE
from tests.bench.chaos.commands import LONGEST_S, Ended, Started, run
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
    """A trial: the `number`-th decides the moments. `whole` is the run that nobody disturbed; the
    moments are drawn from `took` seconds, those of the whole run, or those after the first
    checkpoint if there has to be one (`in_steps`)."""

    folder: Path
    seed: int
    took: float
    whole: Ended
    in_steps: bool

    def __call__(self, number: int) -> str:
        """Start, kill, resume and perhaps kill again, until it ends."""
        choose = random.Random(f"{self.seed}/{number}")
        kept = f"kept{number}"
        words, resumed = [*COMMAND, "--checkpoint", kept], False
        for _ in range(choose.choice((1, 1, 1, 2, MOST_KILLS))):
            started = Started([*words, *(["--resume"] if resumed else [])], self.folder, often)
            if self.in_steps:
                wait_for(self.folder / kept / FILE)
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


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.002)


def trials(count: int, seed: int, processes: int = 1, in_steps: bool = False) -> list[Finding]:
    """`in_steps`: every first kill comes after the first checkpoint."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_training(folder)
        run([*COMMAND, "--checkpoint", "first"], folder, often)  # whatever is kept is kept now
        begin = time.monotonic()
        started = Started([*COMMAND, "--checkpoint", "whole"], folder, often)
        if in_steps:
            wait_for(folder / "whole" / FILE)
            begin = time.monotonic()
        whole = started.wait()
        assert whole.code == 0, whole.err
        kill = Kill(folder, seed, time.monotonic() - begin, whole, in_steps)
        seen = counted(kill, range(count), processes)
    broken = count - sum(seen[how] for how in (RESUMED, AFRESH, REFUSED))
    said = ", ".join(f"{n} {how}" for how, n in sorted(seen.items()))
    when = "after the first checkpoint" if in_steps else "at random moments"
    what = f"trainings killed (SIGKILL) {when}, and resumed"
    return [Finding(what, count, broken, said)]
