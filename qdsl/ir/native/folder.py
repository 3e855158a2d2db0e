"""Where machine code is kept: only in a folder that is ours alone, as what is in it is run."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def own_folder() -> Path | None:
    """The first of the folders for caches that is, or can be made, ours alone; None: there is
    none, and nothing is kept."""
    return next((folder for folder in _candidates() if _is_ours(folder)), None)


def _candidates() -> Iterator[Path]:
    """`$QDSL_CACHE_DIR`, the user's folder for caches, one among the temporary files."""
    if chosen := os.environ.get("QDSL_CACHE_DIR"):
        yield Path(chosen)
    if base := os.environ.get("XDG_CACHE_HOME"):
        yield Path(base) / "qdsl"
    home = os.environ.get("HOME") or os.environ.get("USERPROFILE")
    if home:
        yield Path(home) / ".cache" / "qdsl"
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    yield Path(tempfile.gettempdir()) / f"qdsl-{user}"


def _is_ours(folder: Path) -> bool:
    """Is this a folder, no link to one, in which only we may write? It is made if need be."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = os.lstat(folder)
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode) or not os.access(folder, os.W_OK | os.X_OK):
        return False
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & 0o022
