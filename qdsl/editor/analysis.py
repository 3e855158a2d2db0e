"""One text, read and checked: its problems, and what its names mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from qdsl import grammar
from qdsl.diagnostics.diagnostic import Diagnostic, Diagnostics, InvalidProgram
from qdsl.diagnostics.source import Source
from qdsl.editor.index import NameIndex, index_of
from qdsl.files.reading import folder_of
from qdsl.language import syntax
from qdsl.language.check.program import check_file
from qdsl.language.parser.parse import parse
from qdsl.language.typed.program import Checked
from qdsl.records import dataclass

MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Analysis:
    """`text` is what was read. Where it does not parse, the lines with errors are left out of
    what `file`, `checked` and `index` are about; these are None if that does not help."""

    path: str
    text: str
    problems: tuple[Diagnostic, ...]
    parses: bool
    file: syntax.File | None = None
    checked: Checked | None = None
    index: NameIndex | None = None


def analyse(path: str, text: str, folders: Sequence[str | Path] = ()) -> Analysis:
    """Read and check a text; never raises for what stands in it."""
    source = Source(path, text)
    allowed = (*_own_folder(path), *folders)
    try:
        file = parse(source)
    except InvalidProgram as invalid:
        return _mended(source, invalid.diagnostics, allowed)
    return _checked(file, path, text, allowed)


def with_files(analysis: Analysis) -> Analysis:
    """The same with what only reading the program's data shows, as `qdsl check` does."""
    checked = analysis.checked
    if not analysis.parses or checked is None or not checked.is_sound:
        return analysis
    from qdsl.run.readiness import obstacles

    found = Diagnostics()
    found.extend((*analysis.problems, *obstacles(checked)))
    return Analysis(analysis.path, analysis.text, tuple(found), True, analysis.file, checked,
                    analysis.index)  # fmt: skip


def path_of(source: Source, analysis: Analysis) -> Path | None:
    """Where a source lies: the program itself, a file that it uses, or one of the standard
    library; None if it is no file."""
    if source.path == analysis.path:
        path: Path | None = Path(analysis.path)
    elif source.path.startswith("std/"):
        path = Path(grammar.__path__[0]) / source.path
    else:
        used = analysis.checked.folders.used if analysis.checked is not None else ()
        folder = next((f for s, f in used if s.path == source.path), None)
        path = Path(source.path) if folder is None else folder / Path(source.path).name
    return path if path is not None and path.is_file() else None


def _own_folder(path: str) -> tuple[Path, ...]:
    return (folder_of(Path(path)),) if Path(path).is_file() else ()


def _checked(file: syntax.File, path: str, text: str, allowed: Iterable[str | Path]) -> Analysis:
    try:
        checked = check_file(file, tuple(allowed))
    except InvalidProgram as invalid:
        return Analysis(path, text, invalid.diagnostics, True, file)
    return Analysis(path, text, checked.problems, True, file, checked, index_of(file, checked))


def _mended(
    source: Source, problems: tuple[Diagnostic, ...], allowed: Iterable[str | Path]
) -> Analysis:
    """What can be read of a text that is half written, with its errors."""
    text, found = source.text, problems
    for _ in range(MOST_TRIES):
        text, before = _without_lines(text, found), text
        if text == before:
            break
        try:
            file = parse(Source(source.path, text))
        except InvalidProgram as invalid:
            found = invalid.diagnostics
            continue
        rest = _checked(file, source.path, text, allowed)
        return Analysis(source.path, source.text, problems, False, file, rest.checked, rest.index)
    return Analysis(source.path, source.text, problems, False)


def _without_lines(text: str, problems: Iterable[Diagnostic]) -> str:
    """The text with blanks in place of the lines that problems begin on: all else stays where
    it is. Braces stay, so that blocks do."""
    lines = text.split("\n")
    for problem in problems:
        for label in problem.labels[:1]:
            line = label.span.line - 1
            if line < len(lines):
                lines[line] = "".join(c if c in "{}\r" else " " for c in lines[line])
    return "\n".join(lines)
