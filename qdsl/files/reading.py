"""How files that somebody names are read: so many bytes at most, and never waiting for ever."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

PATIENCE_S = 10.0  # for a pipe that says nothing
_CHUNK = 1 << 20


def read_bounded(path: str | Path, limit: int) -> bytes:
    """The first `limit` bytes of a file or of a pipe that somebody writes to; `OSError` for what
    is neither, for a pipe without a writer, and for one that is silent for `PATIENCE_S`."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISFIFO(mode):
            return _read(handle, limit)
        found = _read(handle, limit, PATIENCE_S)
    finally:
        os.close(handle)
    if not found:
        raise OSError(errno.ENODATA, "Nothing is written to this pipe", str(path))
    return found


def _read(handle: int, limit: int, patience_s: float = 0.0) -> bytes:
    import select

    chunks, left = [], limit
    while left:
        try:
            chunk = os.read(handle, min(left, _CHUNK))
        except BlockingIOError:  # a pipe that has a writer, and nothing in it yet
            if patience_s and select.select([handle], [], [], patience_s)[0]:
                continue
            silent = f"Nothing came through this pipe for {patience_s:g} s"
            raise OSError(errno.ETIMEDOUT, silent) from None
        if not chunk:
            break
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)


def folder_of(path: str | Path) -> Path:
    """The folder of a file behind its links; of a loop of links, the one that it is in."""
    return Path(os.path.realpath(path)).parent
