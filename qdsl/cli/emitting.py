"""What `qdsl compile --emit` writes: a file, or a folder of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qdsl.cli.output import make_folder, write

if TYPE_CHECKING:
    from qdsl.api import Compiled


def emit(
    compiled: Compiled, target: str, values: Any, output: Path | None, routed: bool, online: bool
) -> None:
    """Write the program; a target of several files writes them into the folder `output`. `routed`:
    the programs of the nodes on their devices."""
    files = None
    if routed:
        files = compiled.emit_routed(values, online=online)
    elif output is not None:
        files = compiled.emit_files(target, values)
    if files is None:
        write(compiled.emit_text(target, values), output)
    elif output is None:
        write("\n".join(f"// file {name}\n{text}" for name, text in files.items()), None)
    else:
        make_folder(output)
        for name, text in files.items():
            write(text, output / name)
