"""Random input, for seconds or hours: what qdsl reads is read or refused, and never anything else.

    python -m tests.bench.fuzz                       100,000 inputs
    python -m tests.bench.fuzz --inputs 1000000 --seed 2 --seconds 3600
    python -m tests.bench.fuzz --kind ticket         inputs of one kind
    python -m tests.bench.fuzz --again               what failed, by mended code, and further
    python -m tests.bench.fuzz --write               the table in docs/results/reliability.md

Programs come from the grammar, and from examples that are changed; so do OpenQASM, networks,
graphs, data, parameters, reports, checkpoints, tickets and pickles. An input that is neither read
nor refused with a diagnostic, or that takes more than 20 s of CPU time, 2 GiB of memory or 6 GiB
of addresses, is written to `--folder` with its seed, its number and the reason. A run that was
stopped goes on where it was, by what it wrote there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.fuzz.kinds import kinds, made
from tests.bench.fuzz.running import CHUNK, Failure, Reading, Seen, keep, read_range, tried
from tests.bench.pages import write_part

SHOWN = 20  # failures that are written, of those with one reason


@dataclass
class Run:
    """A run and how far it is: `done` are the first numbers of chunks that were read."""

    seed: int
    inputs: int
    folder: Path
    only: str | None = None
    done: set[int] = field(default_factory=set)
    seen: Seen = field(default_factory=Seen)
    seconds: float = 0.0  # that all runs of this seed took
    mended: int = 0  # failures that `read_again` no longer found

    @property
    def state(self) -> Path:
        return self.folder / f"state-{self.seed}.json"

    def save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        document = {"kind": self.only, "done": sorted(self.done), "counts": self.seen.counts,
                    "failures": [asdict(f) for f in self.seen.failures],
                    "slowest": self.seen.slowest, "largest": self.seen.largest,
                    "seconds": self.seconds, "mended": self.mended}  # fmt: skip
        fresh = self.state.with_suffix(".new")
        fresh.write_text(json.dumps(document))
        fresh.replace(self.state)

    def load(self) -> None:
        """Goes on where an earlier run of the same seed and kind was."""
        if not self.state.exists():
            return
        document = json.loads(self.state.read_text())
        if document["kind"] != self.only:
            raise SystemExit(f"{self.state} is of another kind: choose another folder or seed")
        self.done, self.seconds = set(document["done"]), document["seconds"]
        self.mended = document.get("mended", 0)
        failures = [Failure(**f) for f in document["failures"]]
        most = document["slowest"], document["largest"]
        self.seen = Seen(Counter(document["counts"]), failures, *most)

    def chunks(self) -> Iterator[range]:
        for first in range(0, self.inputs, CHUNK):
            if first not in self.done:
                yield range(first, min(first + CHUNK, self.inputs))

    def read_again(self) -> None:
        """The inputs that failed, from the folder, by the code as it is now."""
        failures, self.seen.failures = self.seen.failures, []
        with TemporaryDirectory() as name:
            for failure in failures:
                kind = next(k for k in kinds() if k.name == failure.kind)
                file = self.folder / f"{self.seed}-{failure.number}{kind.suffix}"
                content = (
                    file.read_bytes()
                    if file.exists()
                    else made(self.seed, failure.number, self.only)[1]
                )
                found = tried(kind, failure.number, content, Path(name).resolve())
                if isinstance(found, Failure):
                    self.seen.failures.append(found)
                    continue
                self.seen.counts[f"failed/{kind.name}"] -= 1
                self.seen.counts[f"{found}/{kind.name}"] += 1
                self.mended += 1

    def take(self, numbers: range, seen: Seen) -> None:
        for failure in seen.failures:
            alike = [f for f in self.seen.failures if f.reason == failure.reason]
            print(f"{failure.kind} {failure.number}: {failure.reason}", file=sys.stderr, flush=True)
            if len(alike) < SHOWN:
                keep(failure, self.seed, self.only, self.folder)
        self.seen.add(seen)
        if len(numbers) == CHUNK:
            self.done.add(numbers.start)


def fuzz(run: Run, seconds: float, processes: int) -> None:
    """Read until all inputs or all seconds are gone."""
    warm_up(run)
    begin, before = time.monotonic(), run.seconds
    waiting = run.chunks()
    active: list[tuple[range, Reading]] = []
    lost: dict[int, Failure] = {}
    while True:
        is_late = time.monotonic() - begin > seconds
        while not is_late and len(active) < processes and (numbers := next(waiting, None)):
            active.append((numbers, Reading(run.seed, numbers, run.only)))
        if not active or is_late:
            break
        for place, (numbers, reading) in enumerate(active):
            found = reading.ended()
            if isinstance(found, Failure):  # the chunk again, without the input that ended it
                lost[numbers.start] = found
                again = Reading(run.seed, numbers, run.only, skipped=found.number)
                active[place] = (numbers, again)
            elif found is not None:
                if (why := lost.pop(numbers.start, None)) is not None:
                    found.add(Seen(Counter({f"failed/{why.kind}": 1}), [why]))
                run.take(numbers, found)
                run.seconds = before + time.monotonic() - begin
                run.save()
                say(run)
                del active[place]
                break
        time.sleep(0.05)
    for _, reading in active:
        reading.stop()
    run.seconds = before + time.monotonic() - begin
    run.save()


def warm_up(run: Run) -> None:
    """Everything that is loaded once is loaded before processes are made."""
    for k in kinds():
        if run.only in (None, k.name):
            read_range(0, range(3), k.name)


def say(run: Run) -> None:
    total, failed = run.seen.total(), run.seen.total("failed")
    print(f"{total:,} inputs, {failed} failed, {run.seconds:.0f} s", flush=True)


def table(run: Run) -> str:
    """What became of the inputs, by kind, in Markdown."""
    rows = ["| input | tried | taken | refused with a diagnostic | neither |"]
    rows.append("| --- | ---: | ---: | ---: | ---: |")
    for name in [k.name for k in kinds()]:
        counts = [run.seen.counts[f"{what}/{name}"] for what in ("taken", "refused", "failed")]
        if sum(counts):
            rows.append(
                f"| {name} | " + " | ".join(f"{n:,}" for n in (sum(counts), *counts)) + " |"
            )
    sums = [run.seen.total(what) for what in ("", "taken", "refused", "failed")]
    rows.append("| **all** | " + " | ".join(f"**{n:,}**" for n in sums) + " |")
    return "\n".join(rows) + "\n"


def text(run: Run) -> str:
    mended = f" {run.mended} failed at first; the code was mended, and they were read again."
    return (
        f"Written by `python -m tests.bench.fuzz --inputs {run.inputs} --seed {run.seed} --write`:"
        f" {run.seen.total():,} inputs in {run.seconds / 60:,.0f} minutes."
        f"{mended if run.mended else ''} The slowest took {run.seen.slowest:.1f} s of CPU time; the"
        f" largest process had {run.seen.largest / 2**20:.0f} MiB in memory.\n\n{table(run)}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--kind", choices=[k.name for k in kinds()])
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--again", action="store_true", help="read those that failed again")
    parser.add_argument("--show", type=int, metavar="NUMBER", help="write this input and end")
    parser.add_argument("--write", action="store_true", help="write the table in the docs")
    asked = parser.parse_args()
    if asked.show is not None:
        sys.stdout.buffer.write(made(asked.seed, asked.show, asked.kind)[1])
        return 0
    run = Run(asked.seed, asked.inputs, asked.folder, asked.kind)
    run.load()
    if asked.again:
        run.read_again()
    fuzz(run, asked.seconds, asked.processes)
    print(table(run))
    if asked.write:
        write_part("fuzz", text(run))
    return int(run.seen.total("failed") > 0)


if __name__ == "__main__":
    sys.exit(main())
