"""Checks a whole file: every problem found, and the checked program if none is an error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.diagnostics.source import Source
from qdsl.language.check.program import check_file
from qdsl.language.parser.parse import parse
from qdsl.language.typed.program import Checked, Experiment, ModelInfo

__all__ = ["Checked", "Experiment", "ModelInfo", "check_source", "check_text", "typed_source"]


def check_text(
    text: str, path: str = "<text>", folders: Sequence[str | Path] = ()
) -> tuple[Checked | None, tuple[Diagnostic, ...]]:
    """As `check_source`, of a text; `path` is what messages call it."""
    return check_source(Source(path, text), folders)


def check_source(
    source: Source, folders: Sequence[str | Path] = ()
) -> tuple[Checked | None, tuple[Diagnostic, ...]]:
    """The checked program, None if there are errors, and every diagnostic in reading order.

    Files that it names are read inside its own folder and `folders`.
    """
    try:
        checked = typed_source(source, folders)
    except InvalidProgram as invalid:
        return None, invalid.diagnostics
    return checked if checked.is_sound else None, checked.problems


def typed_source(source: Source, folders: Sequence[str | Path] = ()) -> Checked:
    """The typed program, with its problems, errors among them. `InvalidProgram` if the text is
    none of the language."""
    return check_file(parse(source), tuple(folders))
