"""Files that a program names: read only inside the folders the user allows."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import field
from pathlib import Path

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Source
from qdsl.language.syntax import StringLit
from qdsl.language.syntax.errors import FileOutsideFolders, FileTooLarge, UnreadableFile
from qdsl.records import dataclass

MAX_TEXT_BYTES = 16 * 2**20
MAX_CIRCUIT_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that a program may read; the first is its own, where names start.

    `used`: the files that it uses, with their folders, where the names in them start. `hashes`: the
    SHA-256 of every text that was read, by its path; all of a program's have the same table.
    """

    roots: tuple[Path, ...] = ()
    used: tuple[tuple[Source, Path], ...] = ()
    hashes: dict[Path, str] = field(default_factory=dict, repr=False, compare=False)

    @staticmethod
    def of(path: str, allowed: tuple[str | Path, ...] = ()) -> Folders:
        """The folder of the program at `path`, if there is such a file, and the allowed ones."""
        own = (Path(path).parent,) if os.path.isfile(path) else ()
        return Folders(tuple(Path(folder).resolve() for folder in (*own, *allowed)))

    def using(self, source: Source, folder: Path) -> Folders:
        """These folders, for a program that uses the file `source` in `folder`, too."""
        return Folders(self.roots, (*self.used, (source, folder)), self.hashes)

    def find(self, name: StringLit) -> Path:
        """The file of that name; `Refusal` if it is outside or missing."""
        beside = [folder for source, folder in self.used if source is name.span.source]
        try:
            candidates = [(root / name.value).resolve() for root in (*beside, *self.roots)]
        except (OSError, ValueError, RuntimeError):
            raise Refusal(UnreadableFile(name.span, name.value, "no valid name")) from None
        inside = [c for c in candidates if any(c.is_relative_to(root) for root in self.roots)]
        if not inside:
            raise Refusal(FileOutsideFolders(name.span, name.value))
        return next((c for c in inside if os.path.exists(c)), inside[0])

    def read_text(self, name: StringLit, limit: int = MAX_TEXT_BYTES) -> str:
        """The text of a file in UTF-8; `Refusal` if it cannot or may not be read."""
        path = self.find(name)
        try:
            found = _read(path, name, limit)
            self.hashes[path] = hashlib.sha256(found).hexdigest()
            return found.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Refusal(UnreadableFile(name.span, name.value, "it is not text")) from None
        except OSError as problem:
            reason = (problem.strerror or "unknown reason").lower()
            raise Refusal(UnreadableFile(name.span, name.value, reason)) from None

    def read_files(self) -> tuple[tuple[str, str], ...]:
        """Every text that was read, by its path from the first folder that it is in, with its
        SHA-256, in order of these."""
        return tuple(sorted((self._relative(path), found) for path, found in self.hashes.items()))

    def _relative(self, path: Path) -> str:
        root = next((r for r in self.roots if path.is_relative_to(r)), path.parent)
        return path.relative_to(root).as_posix()


def _read(path: Path, name: StringLit, limit: int) -> bytes:
    """Bytes of an ordinary file. Pipes and devices are refused, without waiting for them."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise Refusal(UnreadableFile(name.span, name.value, "not an ordinary file"))
        if found.st_size > limit:
            raise Refusal(FileTooLarge(name.span, name.value, found.st_size, limit))
        return file.read(limit)
