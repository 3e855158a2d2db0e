"""Full disks while commands write: what the user had is the old or the new, whole, and it is told.

Two kinds: the n-th call by which files are written fails, and (where this process may mount one)
a file system of memory with so much room.
"""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tests.bench.chaos.commands import Before, Ended, files_of, run
from tests.bench.chaos.findings import Finding
from tests.bench.chaos.shares import counted
from tests.bench.chaos.training import write_training

UNTIDY = "qubits a,b\nh   a\ncx a,b\n"
SMALL = "network lan = line(2) { qubits 2, comm 2, rate 200 Hz }\nmodel bell() on lan {\n%s}\n"
BELL = SMALL % "qubits a, b\nh a\ncx a, b\nreturn sample(a, b)\n"
CHAIN = """network lan = line(2) { qubits 2, comm 2, rate 200 Hz }
model chain(n = 2) on lan {
  qubits q[n]
  h q[0]
  for i in 0..n-1 { cx q[i], q[i+1] }
  return sample(q)
}
"""
OLD = "what the user had\n" * 40
TRAIN = ["run", "m.qdm", "fit", "--no-verify", "-q"]
COMMANDS: Mapping[str, list[str]] = {
    "fmt": ["fmt", "untidy.qdm"],
    "compile -o": ["compile", "bell.qdm", "--emit", "qasm3", "-o", "old.qasm"],
    "compile -o FOLDER": ["compile", "bell.qdm", "--emit", "nodes", "-o", "parts"],
    "compile a circuit": ["compile", "c.qasm", "--network", "line(2) { qubits 2 }", "--html",
                          "old.html"],
    "report --html": ["report", "bell.qdm", "--html", "old.html"],
    "run --save-params": [*TRAIN, "--no-train", "--save-params", "old.npz"],
    "run --checkpoint": [*TRAIN, "--checkpoint", "kept"],
    "run -o": ["run", "bell.qdm", "-o", "old.json"],
    "prepare": ["prepare", "bell.qdm", "-o", "tickets", "-q"],
    "bench --write": ["bench", "--optimum", "1", "--write", "page.md", "-q"],
    "draw": ["draw", "bell.qdm", "-o", "old.svg"],
    "grad -o": ["grad", "m.qdm", "-o", "old.txt"],
    "predict -o": ["predict", "m.qdm", "fit", "--params", "p.npz", "--data", "p.csv", "-o",
                   "old.csv", "-q"],
    "cost -o": ["cost", "bell.qdm", "-o", "old.txt"],
    "cost --plot": ["cost", "sizes.qdm", "--sweep", "n=2..4", "--plot", "old.svg", "-q"],
    "pareto --svg": ["pareto", "bell.qdm", "--svg", "old.svg", "-q"],
    "sweep -o": ["sweep", "bell.qdm", "--over", "link.rate=1..9", "-o", "old.txt", "--html",
                 "old.html",
                 "-q"],
    "demo -o": ["demo", "-o", "old.html"],
}  # fmt: skip
OLDS = ("old.qasm", "old.html", "old.npz", "old.json", "old.svg", "old.txt", "old.csv")
DIFFERENT = ("tickets/", "kept/")  # keys are random; a training that ends early has another state
ROOM = 512 << 10
WRITTEN, REFUSED = "written in full", "refused with a message"


@dataclass(frozen=True)
class Undisturbed:
    """What a command makes of the files, and how many calls it writes them by."""

    files: Mapping[str, bytes]
    calls: int
    room: int  # bytes that it writes


def write_files(folder: Path) -> None:
    """What the user has: programs, data, a page, and files that commands are to replace."""
    write_training(folder)
    (folder / "bell.qdm").write_text(BELL)
    (folder / "sizes.qdm").write_text(CHAIN)
    np.savez(folder / "p.npz", a=0.25)
    (folder / "untidy.qdm").write_text(SMALL % (UNTIDY + "return   sample(a,b)\n"))
    (folder / "c.qasm").write_text(
        'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncx q[0],q[1];'
    )
    page = Path("docs/results/optimality.md").read_text(encoding="utf-8")
    (folder / "page.md").write_text(page)
    for name in OLDS:
        (folder / name).write_text(OLD)


WRITING = ("open", "fdopen", "fchmod", "fsync", "replace", "mkdir")


class Failing:
    """The n-th of the calls by which files are written fails, and so do all after it: the disk
    stays full. `n` of 0: none fails, they are counted."""

    def __init__(self, n: int, code: int = errno.ENOSPC, count: Path | None = None) -> None:
        self.left, self.code, self.count, self.made = n, code, count, 0

    def __call__(self) -> None:
        """Take the places of the calls, in a process that does nothing else."""
        for name in WRITING:
            setattr(os, name, self._instead(name, getattr(os, name)))

    def _instead(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any, **more: Any) -> Any:
            if name == "open" and not (given[1] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
                return call(*given, **more)
            if name == "open" and given[0] == os.devnull:
                return call(*given, **more)
            self.made += 1
            if self.count is not None:
                self.count.write_text(str(self.made))
            if 0 < self.left <= self.made:
                raise OSError(self.code, os.strerror(self.code))
            return call(*given, **more)

        return called


def in_folder(folder: Path, then: Before | None) -> Before:
    """Temporary files, too, are on the disk that is full; what is compiled already is elsewhere."""

    def before() -> None:
        os.environ["TMPDIR"] = str(folder)
        tempfile.tempdir = None
        if then is not None:
            then()

    return before


@cache
def undisturbed(name: str) -> Undisturbed:
    with TemporaryDirectory() as made, TemporaryDirectory() as beside:
        folder, count = Path(made), Path(beside) / "count"
        write_files(folder)
        before = files_of(folder)
        ended = run(COMMANDS[name], folder, in_folder(folder, Failing(0, count=count)))
        assert ended.code == 0, (name, ended.err)
        files = files_of(folder)
        room = sum(len(text) for file, text in files.items() if before.get(file) != text)
        return Undisturbed(files, int(count.read_text()), room)


def judged(name: str, folder: Path, ended: Ended, old: Mapping[str, bytes]) -> str:
    """What became of the user's files, in a few words; what should not be is also printed."""
    found = _judged(name, folder, ended, old)
    if found not in (WRITTEN, REFUSED):
        print(f"{name}: {found}: {ended}", file=sys.stderr, flush=True)
    return found


def _judged(name: str, folder: Path, ended: Ended, old: Mapping[str, bytes]) -> str:
    new, found = undisturbed(name).files, files_of(folder)
    for file, content in old.items():
        if found.get(file) not in (content, new.get(file)):
            return "lost"
    if any(file.endswith(".tmp") for file in found):
        return "litter"
    if ended.code == 0:
        same = all(file.startswith(DIFFERENT) or found.get(file) == new[file] for file in new)
        whole = {f for f in new if f.startswith("tickets/")} <= found.keys()
        return WRITTEN if same and whole else "said to be written"
    return REFUSED if ended.is_told else "crash"


def by_calls(name: str, choose: random.Random) -> str:
    """At a random one of the command's calls the disk is full, or broken."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        write_files(folder)
        old = files_of(folder)
        code = choose.choice((errno.ENOSPC, errno.ENOSPC, errno.EIO, errno.EDQUOT))
        failing = Failing(choose.randint(1, undisturbed(name).calls), code)
        ended = run(COMMANDS[name], folder, in_folder(folder, failing))
        return judged(name, folder, ended, old)


def by_room(name: str, choose: random.Random) -> str:
    """A file system of memory that has a random part of the room that is wanted."""
    with small_disk() as folder:
        write_files(folder)
        old = files_of(folder)
        left = choose.randrange(undisturbed(name).room + 4096) & ~4095
        with small_filler(folder, left):
            ended = run(COMMANDS[name], folder, in_folder(folder, None))
            return judged(name, folder, ended, old)


@contextmanager
def small_disk() -> Iterator[Path]:
    with TemporaryDirectory() as made:
        options = ["-t", "tmpfs", "-o", f"size={4 * ROOM}", "tmpfs", made]
        subprocess.run(["mount", *options], check=True, capture_output=True)
        try:
            yield Path(made)
        finally:
            subprocess.run(["umount", made], check=True)


@contextmanager
def small_filler(folder: Path, left: int) -> Iterator[None]:
    """All but so many bytes of the disk are taken, by a file that is not the user's."""
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    filler = folder / ".filler"
    filler.write_bytes(bytes(max(free - left, 0)))
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            filler.unlink()


def can_mount() -> bool:
    try:
        with small_disk():
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@dataclass(frozen=True)
class Disk:
    """A trial: the `number`-th command in turn, on a disk that is full as `trial` makes it."""

    trial: Callable[[str, random.Random], str]
    seed: int
    commands: tuple[str, ...]

    def __call__(self, number: int) -> str:
        choose = random.Random(f"{self.seed}/{number}")
        return self.trial(self.commands[number % len(self.commands)], choose)


def trials(
    count: int, seed: int, processes: int = 1, commands: tuple[str, ...] = tuple(COMMANDS)
) -> list[Finding]:
    """`count` of each kind, the commands in turn."""
    kinds = {"the n-th call that writes fails": by_calls}
    if can_mount():
        kinds["a small file system is full"] = by_room
    for name in commands:
        undisturbed(name)
    found = []
    for what, trial in kinds.items():
        seen = counted(Disk(trial, seed, commands), range(count), processes)
        broken = count - seen[WRITTEN] - seen[REFUSED]
        said = ", ".join(f"{n} {how}" for how, n in sorted(seen.items()))
        found.append(Finding(f"full disks, {what}: {', '.join(commands)}", count, broken, said))
    return found
