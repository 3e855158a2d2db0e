"""Files that a program uses: `use "gates.qdm"`. Their declarations become the program's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from qdsl.diagnostics.diagnostic import Diagnostic, Diagnostics, InvalidProgram
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Source
from qdsl.language import syntax
from qdsl.language.parser.errors.text import TooManyTokens
from qdsl.language.parser.limits import DEFAULT_LIMITS
from qdsl.language.parser.parse import parse
from qdsl.language.syntax.files import Folders
from qdsl.language.typed.errors.names import CircularUse, NotUsable
from qdsl.records import dataclass

MOST_FILES = 100


def with_used(
    file: syntax.File, folders: Folders, problems: Diagnostics
) -> tuple[list[syntax.Item], Folders]:
    """The items of a file with those of the files that it uses, each file once and in its place,
    and the folders with those files in them. Experiments belong to the file that is compiled:
    those of used files are left out."""
    if not any(isinstance(item, syntax.UseFile) for item in file.items):
        return list(file.items), folders
    reader = _UsedFiles(folders, problems, file.n_tokens)
    path = Path(file.source.path).resolve()
    items = list(reader.of(file, (_Opened(path, file.source.path),)))
    return items, reader.folders


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file that is being read: where it is, and how it is called."""

    path: Path
    name: str


class _UsedFiles:
    def __init__(self, folders: Folders, problems: Diagnostics, n_tokens: int) -> None:
        self.folders = folders
        self._problems = problems
        self._n_tokens = n_tokens
        self._read: set[Path] = set()

    def of(self, file: syntax.File, opened: tuple[_Opened, ...]) -> Iterator[syntax.Item]:
        """The items of a file; `opened` are the files around it, itself the last."""
        for item in file.items:
            if not isinstance(item, syntax.UseFile):
                if len(opened) == 1 or not isinstance(item, syntax.ExperimentDecl):
                    yield item
                continue
            try:
                yield from self._used(item, opened)
            except Refusal as refusal:
                self._problems.add(refusal.problem)
            except InvalidProgram as invalid:
                self._problems.extend(invalid.diagnostics)

    def _used(self, item: syntax.UseFile, opened: tuple[_Opened, ...]) -> Iterator[syntax.Item]:
        name = item.file
        if not name.value.lower().endswith(".qdm"):
            raise Refusal(NotUsable(name.span, name.value))
        path = self.folders.find(name)
        around = [o.path for o in opened]
        if path in around:
            circle = [o.name for o in opened[around.index(path) :]]
            raise Refusal(CircularUse(name.span, " -> ".join((*circle, circle[0]))))
        if path in self._read:
            return
        self._read.add(path)
        text = self.folders.read_text(name, DEFAULT_LIMITS.max_bytes)
        shown = os.path.normpath(os.path.join(os.path.dirname(opened[-1].name), name.value))
        source = Source(shown, text)
        self.folders = self.folders.using(source, path.parent)
        file = parse(source)
        self._n_tokens += file.n_tokens
        if (problem := self._too_many(name)) is not None:
            raise Refusal(problem)
        yield from self.of(file, (*opened, _Opened(path, shown)))

    def _too_many(self, name: syntax.StringLit) -> Diagnostic | None:
        if self._n_tokens > DEFAULT_LIMITS.max_tokens:
            return TooManyTokens(name.span, DEFAULT_LIMITS.max_tokens)
        if len(self._read) > MOST_FILES:
            return NotUsable(name.span, name.value, f"a program may use {MOST_FILES} files")
        return None
