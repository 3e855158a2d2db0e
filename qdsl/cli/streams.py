"""Standard output and standard error: what was not written is told, and is no bug."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

EXIT_NOT_WRITTEN = 2


def fill_closed_streams() -> None:
    """Whoever starts qdsl may have closed its streams. Output that nobody can see then fails where
    it is written; messages go nowhere. No file that is opened later takes the streams' places."""
    while (spare := os.open(os.devnull, os.O_RDONLY)) <= 2:
        pass
    os.close(spare)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def end_unwritten(error: OSError) -> NoReturn:
    """A file or stream could be neither read nor written: say so, where that is possible."""
    where = f"{error.filename}: " if error.filename else ""
    what = error.strerror or str(error) or type(error).__name__
    with suppress(OSError, ValueError):
        sys.stderr.write(f"qdsl: input or output failed: {where}{what}\n".translate(_CONTROLS))
        sys.stderr.flush()
    drop_unwritten()
    sys.exit(EXIT_NOT_WRITTEN)


def drop_unwritten() -> None:
    """What is still to be written goes nowhere, or Python would fail at its end."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(10), *range(11, 32), 127)}
