"""Writes down how a fault of ours can be reproduced."""

from __future__ import annotations

import hashlib
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path


def write_crash(error: Exception, command: Sequence[str]) -> str:
    """Write the broken pass's input beside the command; returns one sentence that says where."""
    from qdsl.pipeline import PassFailure
    from qdsl.print_ir import print_ir as print_stage

    lines = [f"// {error}", "// qdsl " + shlex.join(command[1:])]
    if isinstance(error, PassFailure):
        lines.append(print_stage(error.before))
    text = "\n".join(lines) + "\n"
    name = f"qdsl-crash-{hashlib.sha256(text.encode()).hexdigest()[:12]}.txt"
    path = Path(tempfile.gettempdir()) / name
    try:
        path.write_text(text, encoding="utf-8")
    except OSError:
        return "It could not be written down."
    return f"The command and the pass's input are in {path}; please report it with that file."
