"""Files are replaced whole or not at all, and by one function."""

from __future__ import annotations

import ast
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qdsl.files.writing import write_bytes, write_secret, write_text
from tests.sources import ROOT

PRODUCT = ("qdsl", "passes", "backends", "grammar")
WRITERS = {"write_text", "write_bytes", "save", "savez", "savez_compressed", "savetxt", "save_file",
           "tofile", "mkstemp", "NamedTemporaryFile", "to_csv", "savefig"}  # fmt: skip


def opened_for_write(path: Path) -> Iterator[str]:
    """Calls that open a file to write into it, or write one, other than by `qdsl.files`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        where = f"{path.as_posix()}:{node.lineno}"
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if isinstance(node.func, ast.Name):
            name = "open" if node.func.id == "open" else ""
        words = [*node.args, *(k.value for k in node.keywords if k.arg == "mode")]
        texts = {str(a.value) for a in words if isinstance(a, ast.Constant)}
        flags = {a.attr for w in words for a in ast.walk(w) if isinstance(a, ast.Attribute)}
        opens = name in ("open", "fdopen") and (
            any(set(t) <= set("rwxabt+U") and set(t) & set("wxa+") for t in texts)
            or flags & {"O_WRONLY", "O_RDWR", "O_CREAT"}
        )
        if opens or name in WRITERS:
            yield where


def test_nothing_else_writes_files() -> None:
    found = [
        where
        for folder in PRODUCT
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != ROOT / "qdsl" / "files" / "writing.py"
        for where in opened_for_write(path)
    ]
    # tensors, pictures and points go to memory, and `write_bytes` takes them from there; a loop is
    # moved into place whole; a service of SimulaQron keeps its standard output
    allowed = (
        *("qdsl/cli/streams.py",) * 3,  # the null device, for streams that are closed
        *("qdsl/drawing/rendered.py",) * 2,
        "qdsl/ir/native/library.py",
        "qdsl/run/checkpoint.py",
        "qdsl/run/parameters.py",
        "qdsl/studies/paper/training.py",
        "qdsl/runtime/simulaqron_service.py",
    )
    assert [w for w in found if not any(name in w for name in allowed)] == []
    assert len(found) == len(allowed)


def test_the_search_finds_writers(tmp_path: Path) -> None:
    wrong = ["open(p, 'w')", "p.open(mode='ab')", "p.write_text('')", "os.open(p, os.O_CREAT)",
             "np.savez(p)"]  # fmt: skip
    right = ["open(p)", "p.open('rb')", "os.open(p, os.O_RDONLY)", "write_text(p, '')"]
    for text, count in [*((w, 1) for w in wrong), *((r, 0) for r in right)]:
        path = tmp_path / "x.py"
        path.write_text(text)
        assert len(list(opened_for_write(path))) == count, text


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "m.qdm"
    file.write_text("old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_text(file, "new")
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["m.qdm"]


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    file, link = tmp_path / "m.qdm", tmp_path / "link.qdm"
    file.write_text("old")
    file.chmod(0o640)
    link.symlink_to(file)
    write_text(link, "new\r\n")
    assert link.is_symlink()
    assert file.read_bytes() == b"new\r\n"
    assert file.stat().st_mode & 0o777 == 0o640
    write_bytes(file, b"key", 0o600)
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    write_text(os.devnull, "text")
    assert not os.path.isfile(os.devnull)
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_text(tmp_path / "folder", "text")


CALLS = ("open", "fdopen", "fchmod", "fsync", "replace")


class FailAt:
    """The n-th of the calls by which files are written fails, as on a full or broken disk."""

    def __init__(self, n: int, patch: pytest.MonkeyPatch, code: int) -> None:
        self.left, self.code = n, code
        for name in CALLS:
            patch.setattr(os, name, self.counted(getattr(os, name)))

    def counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **more: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise OSError(self.code, os.strerror(self.code))
            return call(*given, **more)

        return counted


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_whichever_call_fails_the_file_is_the_old_or_the_new_one(tmp_path: Path, code: int) -> None:
    file, ends = tmp_path / "m.qdm", []
    for n in range(1, 12):
        file.write_bytes(b"old")
        with pytest.MonkeyPatch.context() as patch:
            fails = FailAt(n, patch, code)
            try:
                write_bytes(file, b"new")
                said = False
            except OSError as error:
                said = error.errno == code
        found = file.read_bytes()
        assert found == b"old" if said else found == b"new"
        assert [p.name for p in tmp_path.iterdir()] == ["m.qdm"]
        ends.append((said, fails.left > 0))
    assert ends[0] == (True, False) and ends[-1] == (False, True)
    assert sum(said for said, _ in ends) >= 3


def test_a_secret_is_not_written_through_a_link(tmp_path: Path) -> None:
    other, ticket = tmp_path / "other", tmp_path / "alice.ticket"
    other.write_text("mine")
    ticket.symlink_to(other)
    write_secret(ticket, "key")
    assert (other.read_text(), ticket.read_text(), ticket.is_symlink()) == ("mine", "key", False)
    assert ticket.stat().st_mode & 0o777 == 0o600
