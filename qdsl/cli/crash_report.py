"""Writes a crash report, from which a bug in qdsl can be reproduced."""

from __future__ import annotations

import hashlib
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from traceback import format_exception

from qdsl.files.writing import write_text


def write_crash(error: Exception, command: Sequence[str]) -> str:
    """Write the command, the traceback and, if a pass failed, its input.

    Returns one sentence that says where.
    """
    from qdsl.driver.pass_manager import PassFailure
    from qdsl.ir.printing import print_ir as print_stage

    lines = [f"// {error}", "// qdsl " + shlex.join(command[1:])]
    lines += [f"// {line}" for line in "".join(format_exception(error)).splitlines()]
    if isinstance(error, PassFailure):
        lines.append(print_stage(error.before))
    text = "\n".join(lines) + "\n"
    name = f"qdsl-crash-{hashlib.sha256(text.encode()).hexdigest()[:12]}.txt"
    path = Path(tempfile.gettempdir()) / name
    try:
        write_text(path, text)
    except OSError:
        return "The crash report could not be written."
    return f"A crash report is in {path}; please attach it to a bug report."
