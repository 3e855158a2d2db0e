"""Two commands at once: two trainings with one folder, two first compilations, two writers."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from qdsl.run.checkpoint import FILE
from tests.bench.chaos.commands import Ended, Started, run
from tests.bench.chaos.findings import Finding
from tests.bench.chaos.killed import COMMAND, often
from tests.bench.chaos.training import write_training
from tests.sources import EXAMPLES, ROOT


def trials(count: int, seed: int) -> list[Finding]:
    return [trainings(count, seed), compilations(max(count // 2, 1)), writers(count, seed)]


def trainings(count: int, seed: int) -> Finding:
    """The second starts at a random moment of the first: one of them has the folder, or each has it
    in its turn; what is given is the same, and so is the checkpoint."""
    choose = random.Random(seed)
    seen: Counter[str] = Counter()
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_training(folder)
        run([*COMMAND, "--checkpoint", "first"], folder, often)
        begin = time.monotonic()
        whole = run([*COMMAND, "--checkpoint", "whole"], folder, often)
        took = time.monotonic() - begin
        wanted = (folder / "whole" / FILE).read_bytes()
        for k in range(count):
            words = [*COMMAND, "--checkpoint", f"kept{k}"]
            one = Started(words, folder, often)
            time.sleep(choose.uniform(0, 1.2 * took))
            other = Started(words, folder, often)
            ended = one.wait(), other.wait()
            same = (folder / f"kept{k}" / FILE).read_bytes() == wanted
            seen[_how(ended, whole) if same else "another checkpoint"] += 1
    broken = count - seen["one ran, the other was refused"]
    said = ", ".join(f"{n} {how}" for how, n in sorted(seen.items()))
    return Finding("two trainings at once with one folder of checkpoints", count, broken, said)


def _how(ended: tuple[Ended, Ended], whole: Ended) -> str:
    good = [e for e in ended if e.code == 0]
    if any(e.out != whole.out for e in good):
        return "other bytes"
    refused = [e for e in ended if e.is_told]
    return "one ran, the other was refused" if len(good) == len(refused) == 1 else "both or none"


def compilations(count: int) -> Finding:
    """Two whole processes that find no machine code and make it at the same time."""
    command = [sys.executable, "-m", "qdsl", "compile", str(EXAMPLES / "qft.qdm"), "--json"]
    broken = 0
    outputs = set()
    for _ in range(count):
        with TemporaryDirectory() as cache:
            kept = {"QDSL_CACHE_DIR": cache, "NUMBA_CACHE_DIR": cache, "PYTHONPATH": str(ROOT)}
            started = [
                subprocess.Popen(command, env=os.environ | kept, stdout=subprocess.PIPE)
                for _ in range(2)
            ]
            outputs |= {p.communicate()[0] for p in started}
            broken += any(p.returncode for p in started)
            broken += any(".tmp" in file.name for file in Path(cache).rglob("*"))
    said = f"{len(outputs)} different outputs"
    return Finding(
        "two first compilations at once, nothing compiled before", count,
        broken + len(outputs) - 1, said
    )  # fmt: skip


def writers(count: int, seed: int) -> Finding:
    """Two commands that replace one file, and a reader: who reads finds one of the whole files."""
    choose = random.Random(seed)
    broken = 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_training(folder)
        forms = [["draw", "m.qdm", "-o", "old.svg"], ["report", "m.qdm", "--html", "old.svg"]]
        whole = set()
        for words in forms:
            assert run(words, folder).code == 0
            whole.add((folder / "old.svg").read_bytes())
        for _ in range(count):
            started = [Started(words, folder) for words in choose.sample(forms, 2)]
            end = time.monotonic() + 1.0
            while time.monotonic() < end:
                broken += (folder / "old.svg").read_bytes() not in whole
            broken += any(s.wait().code for s in started)
            broken += len(list(folder.iterdir())) != 3
    return Finding("two commands that write one file", count, broken, "always one whole file")
