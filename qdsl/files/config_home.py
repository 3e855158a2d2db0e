"""A folder for the settings of libraries that want to write some as they are imported."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def lend_config_home() -> None:
    """pytket writes a file to the user's folder for settings when it is imported, and fails where
    it cannot. There, `XDG_CONFIG_HOME` becomes an empty folder that goes with this process."""
    if not _is_writable():
        lent = tempfile.mkdtemp(prefix="qdsl-config-")
        atexit.register(shutil.rmtree, lent, ignore_errors=True)
        os.environ["XDG_CONFIG_HOME"] = lent


def _is_writable() -> bool:
    given = os.environ.get("XDG_CONFIG_HOME")
    try:
        folder = Path(given) if given else Path.home() / ".config"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # a user without a home
        return False
    return os.access(folder, os.W_OK | os.X_OK)
