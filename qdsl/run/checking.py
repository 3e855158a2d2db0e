"""`qdsl.check`: what is wrong with a program, without compiling it."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.diagnostics.request_error import of_type
from qdsl.files.reading import folder_of


def check(path: str | Path, folders: Sequence[Path] = ()) -> tuple[Diagnostic, ...]:
    """The errors and warnings of a `.qdm` file, none raised; of a sound one also those of the data
    files that it names, and of nodes that are too small. `folders` as in `qdsl.load`.

    Of a diagnostic there are `code`, `severity`, `message`, `help` and `to_json()`.
    """
    from qdsl.language.check import check_source
    from qdsl.language.parser.parse import read_source
    from qdsl.run.readiness import obstacles

    of_type(path, (str, PathLike), "path", "the path of a `.qdm` file")
    try:
        checked, problems = check_source(read_source(path), (folder_of(path), *folders))
        found = [*problems]
        if checked is not None and checked.is_sound:
            found += obstacles(checked)
    except InvalidProgram as error:
        found = [*error.diagnostics]
    return tuple(found)
