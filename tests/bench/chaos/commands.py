"""Commands in processes that start at once: copies of this one, which has loaded everything."""

from __future__ import annotations

import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import cast

import jax  # loaded here; its devices are found in the copies

import qdsl
import qdsl.run.training.run
from qdsl.cli import main
from tests.sources import EXAMPLES

LONGEST_S = 120.0

Before = Callable[[], None]


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (minus a signal's number), and what it wrote."""

    code: int
    out: bytes
    err: bytes

    @property
    def is_told(self) -> bool:
        """Refused with a message: no success, no crash, no traceback."""
        return self.code in (1, 2) and bool(self.err) and b"Traceback" not in self.err


@cache
def ready() -> TemporaryDirectory[str]:
    """Load what the commands load later, but JAX's devices: with those there are threads, which
    copies have not. Gives the folder where JAX keeps its machine code."""
    compiled = qdsl.load(EXAMPLES / "ghz.qdm").compile()
    compiled.html()
    compiled.draw("svg")
    compiled.emit_text("qasm3")
    return TemporaryDirectory()


class Started:
    """A command that runs. Its output goes to files outside of its folder."""

    def __init__(self, words: list[str], folder: Path, before: Before | None = None) -> None:
        self._jax = ready().name
        self._scratch = Path(mkdtemp())
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # JAX warns of copies, and has no threads here yet
            self.pid = os.fork()
        if not self.pid:
            os._exit(self._run(words, folder, before))

    def _run(self, words: list[str], folder: Path, before: Before | None) -> int:
        """In the copy: the whole command, as `qdsl` runs it."""
        try:
            os.chdir(folder)
            for stream, name in ((1, "out"), (2, "err")):
                os.dup2(os.open(self._scratch / name, os.O_WRONLY | os.O_CREAT), stream)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.stdout, sys.stderr = (os.fdopen(n, "w", closefd=False) for n in (1, 2))
            sys.argv = ["qdsl", *words]
            self._keep_machine_code()
            if before is not None:
                before()
            main()
        except SystemExit as end:
            return _flushed(int(end.code or 0))
        except BaseException as error:
            os.write(2, f"Traceback: {error!r}".encode())
            return 71
        return _flushed(0)

    def _keep_machine_code(self) -> None:
        set_option = cast("Callable[[str, object], None]", jax.config.update)
        set_option("jax_compilation_cache_dir", self._jax)
        set_option("jax_persistent_cache_min_compile_time_secs", 0.0)
        set_option("jax_persistent_cache_min_entry_size_bytes", -1)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> Ended:
        deadline = time.monotonic() + LONGEST_S
        while (found := os.waitpid(self.pid, os.WNOHANG))[0] == 0:
            if time.monotonic() > deadline:
                self.kill()
            time.sleep(0.002)
        out, err = ((self._scratch / n).read_bytes() if (self._scratch / n).exists() else b""
                    for n in ("out", "err"))  # fmt: skip
        for file in self._scratch.iterdir():
            file.unlink()
        self._scratch.rmdir()
        return Ended(os.waitstatus_to_exitcode(found[1]), out, err)


def _flushed(code: int) -> int:
    """As Python ends: 120 where what was written cannot be flushed."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return 120
    return code


def run(words: list[str], folder: Path, before: Before | None = None) -> Ended:
    return Started(words, folder, before).wait()


def files_of(folder: Path) -> Mapping[str, bytes]:
    """The contents of all files of a folder, by their names in it."""
    found = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in found}
