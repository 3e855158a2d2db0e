"""Inputs are read in processes that end after some thousand of them, under limits.

A process that dies, or that does not come on, costs one input: the rest is read by another.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.render import render_all
from qdsl.diagnostics.request_error import Refused
from tests.bench.fuzz.kinds import Kind, made

CHUNK = 1000  # inputs a process
PATIENCE_S = 20.0  # CPU seconds an input
DEAF_S = 3 * PATIENCE_S  # wall seconds after which a process is ended that does not listen
MEMORY = 6 << 30  # bytes of address space
RESIDENT = 2 << 30  # bytes in memory
ROOM = (resource.RLIMIT_AS, MEMORY)


class TooSlow(BaseException):
    """An input took more than its time. No `Exception`: readers catch those."""


@dataclass
class Failure:
    """An input that was neither read nor refused, and why, in one line."""

    number: int
    kind: str
    reason: str
    trace: str = ""


@dataclass
class Seen:
    """What became of inputs: `taken/KIND`, `refused/KIND` and `failed/KIND` by number."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    slowest: float = 0.0  # CPU seconds of an input
    largest: int = 0  # bytes in memory of a process, everything that it loaded included

    def add(self, other: Seen) -> None:
        self.counts += other.counts
        self.failures += other.failures
        self.slowest = max(self.slowest, other.slowest)
        self.largest = max(self.largest, other.largest)

    def total(self, what: str = "") -> int:
        return sum(n for key, n in self.counts.items() if key.startswith(what))


def read_one(kind: Kind, content: bytes, folder: Path) -> str:
    """`taken` or `refused`. Whatever else a reader raises goes through; a refusal that cannot be
    shown on a terminal is an AssertionError."""
    file = folder / f"input{kind.suffix}"
    file.write_bytes(content)
    try:
        kind.read(file)
        return "taken"
    except InvalidProgram as error:
        shown = render_all(error.diagnostics)
        assert error.diagnostics, "refused without a diagnostic"
        assert all(c.isprintable() or c == "\n" for c in shown), "a diagnostic steers a terminal"
    except Refused as error:
        assert str(error), "refused without a word"
    return "refused"


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """TooSlow after so many CPU seconds."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"more than {seconds:g} s of CPU time")

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def tried(kind: Kind, number: int, content: bytes, folder: Path) -> str | Failure:
    try:
        with within(PATIENCE_S):
            return read_one(kind, content, folder)
    except (Exception, TooSlow) as error:
        said = (str(error).splitlines() or [""])[0][:200]
        reason = f"{type(error).__name__}: {said} ({_place(error)})"
        return Failure(number, kind.name, reason, traceback.format_exc())


def resident() -> int:
    """The most that this process had in memory until now, in bytes."""
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kib if sys.platform == "darwin" else kib << 10


def _place(error: BaseException) -> str:
    """The line of qdsl where it happened, or of a library that qdsl called."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "/qdsl/" in f.filename or "/passes/" in f.filename]
    last = (own or frames)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def read_range(
    seed: int, numbers: range, only: str | None = None, skipped: int = -1, at: Any = None
) -> Seen:
    """Inputs one after the other, in this process. `at.value` is the number of the present one."""
    seen = Seen()
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        for number in numbers:
            if at is not None:
                at.value = number
            if number == skipped:
                continue
            kind, content = made(seed, number, only)
            begin = time.process_time()
            found = tried(kind, number, content, folder)
            seen.slowest = max(seen.slowest, time.process_time() - begin)
            before, seen.largest = seen.largest, resident()
            if before <= RESIDENT < seen.largest:
                found = Failure(number, kind.name, f"more than {RESIDENT >> 20} MiB in memory")
            if isinstance(found, Failure):
                seen.failures.append(found)
            seen.counts[f"{found if isinstance(found, str) else 'failed'}/{kind.name}"] += 1
    return seen


def _child(
    told: Connection, at: Any, seed: int, numbers: range, only: str | None, skipped: int
) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    sys.setswitchinterval(1.0)
    told.send(read_range(seed, numbers, only, skipped, at))


class Reading:
    """One process that reads a range of inputs."""

    def __init__(self, seed: int, numbers: range, only: str | None, skipped: int = -1) -> None:
        self.given = (seed, numbers, only)
        context = multiprocessing.get_context("fork")
        self._at = context.Value("q", numbers.start, lock=False)
        self._end, told = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_child, args=(told, self._at, seed, numbers, only, skipped)
        )
        self._process.start()
        told.close()
        self._last, self._since = -1, time.monotonic()

    def ended(self) -> Seen | Failure | None:
        """What was seen; the input that it died of; None while it reads."""
        if self._end.poll():
            try:
                seen: Seen = self._end.recv()
            except EOFError:
                return self._lost("the process died")
            self._process.join()
            return seen
        if self._at.value != self._last:
            self._last, self._since = self._at.value, time.monotonic()
        elif time.monotonic() - self._since > DEAF_S:
            self._process.kill()
            return self._lost(f"no end within {DEAF_S:g} s, and deaf to signals")
        return None

    def _lost(self, reason: str) -> Failure:
        self._process.join()
        number = int(self._at.value)
        kind, _ = made(self.given[0], number, self.given[2])
        return Failure(number, kind.name, f"{reason} (exit code {self._process.exitcode})")

    def stop(self) -> None:
        self._process.kill()
        self._process.join()


def keep(failure: Failure, seed: int, only: str | None, folder: Path) -> None:
    """Write the input beside its seed and the reason."""
    kind, content = made(seed, failure.number, only)
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{seed}-{failure.number}"
    (folder / f"{stem}{kind.suffix}").write_bytes(content)
    note = {"seed": seed, "number": failure.number, "kind": kind.name, "reason": failure.reason}
    (folder / f"{stem}.reason").write_text(f"{json.dumps(note)}\n{failure.trace}")
