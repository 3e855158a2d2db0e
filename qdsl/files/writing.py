"""The one way in which files are written: beside the old one, flushed, and renamed.

A reader finds the old file or the new one, never a part of it, whenever the writer is killed or
the disk is full.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from secrets import token_hex


def write_text(path: str | Path, text: str, mode: int | None = None) -> None:
    """Replace a file by this text, in UTF-8, its line ends as they are."""
    write_bytes(path, text.encode(), mode)


def write_bytes(path: str | Path, data: bytes, mode: int | None = None) -> None:
    """Replace a file; `mode`: its permissions, else those it has. `OSError` leaves it as it is.

    What is no ordinary file (a pipe, a terminal) is written to. A link stays, and the file behind
    it is replaced.
    """
    target = Path(os.path.realpath(path))
    old = target.stat() if target.exists() else None
    if old is not None and not stat.S_ISREG(old.st_mode):
        with target.open("wb") as out:
            out.write(data)
        return
    if old is not None and not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied", str(target))
    fresh = target.with_name(f".qdsl-{token_hex(8)}.tmp")
    try:
        _write_fresh(fresh, data, old, mode)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    _flush_folder(target.parent)


def write_secret(path: str | Path, text: str) -> None:
    """Replace a file by one that only its owner may open. A link is replaced, not followed: who
    may make links in the folder does not choose what is written, nor who gets it."""
    target = Path(path)
    if target.is_symlink():
        target.unlink()
    write_bytes(target, text.encode(), 0o600)


def _write_fresh(fresh: Path, data: bytes, old: os.stat_result | None, mode: int | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(fresh, flags, 0o666 if mode is None else mode)
    with os.fdopen(handle, "wb") as out:
        if old is not None and hasattr(os, "fchown"):
            with suppress(PermissionError):  # another's file that we may write becomes ours
                os.fchown(handle, old.st_uid, old.st_gid)
        if mode is None and old is not None:
            mode = stat.S_IMODE(old.st_mode)
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(handle, mode)
        out.write(data)
        out.flush()
        os.fsync(handle)


def _flush_folder(folder: Path) -> None:
    """The new name, too, survives a power cut; not every system can do this."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
