"""Every command and code block of README.md, CONTRIBUTING.md and docs/ is run and compared.

Blocks of one document run in order, in one copy of the repository that may be changed:

- `sh`: every line is a command that succeeds (`make` is not run: its target has to exist), `qdsl`
  or the tests of the repository, on the copy as the page has changed it;
- `console`: lines after `$ ` are commands, those below it the output; `...` stands for any lines;
- `python`: runs, all in one namespace; with a file name behind (`python passes/x.py`) it is
  written to that file instead;
- `diff`: changes a file; `text`: what the Python block before it prints;
- `qdm`: a sound program, and written to a file if it has a name behind;
- `json`, `toml`, `lua`, `lisp`: settings of other programs, which are read but not used.

`--update-goldens` writes the outputs anew, but for those with `...` in them.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from qdsl.language.check import check_text
from tests.docs.session import Session
from tests.sources import ROOT

DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
QUICK = {"README.md", "CONTRIBUTING.md", "tour.md"}  # `make check` runs these, `make test-slow` all
FENCE = re.compile(r"^```(\w*)[ \t]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PACKAGE = ("qdsl", "passes", "backends", "grammar")
KNOWN = {"sh", "console", "python", "diff", "text", "qdm", "json", "toml", "lua", "lisp", ""}


@dataclass(frozen=True)
class Block:
    language: str
    file: str
    text: str


def blocks(document: str) -> list[Block]:
    return [Block(*match.groups()) for match in FENCE.finditer(document)]


@dataclass
class Copy:
    """A folder with the examples, where one page is run; what the page prints and changes.

    The package is the repository's, until the page changes it: then it is a copy of it.
    """

    folder: Path
    printed: str = ""

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / "examples", self.folder / "examples")
        self.session = Session(self.folder, ROOT)

    def __enter__(self) -> Copy:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.stop()

    def write(self, path: str, text: str) -> None:
        """A file of the page; one of the package is read by a new process."""
        if Path(path).parts[0] in PACKAGE:
            self.change_package()
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def change_package(self) -> None:
        self.session.stop()
        if self.session.tree != self.folder:
            for name in PACKAGE:  # what is compiled already, too
                shutil.copytree(ROOT / name, self.folder / name, symlinks=True)
            self.session.tree = self.folder

    def add_tests(self) -> None:
        self.change_package()
        if not (self.folder / "tests").exists():
            shutil.copy(ROOT / "pyproject.toml", self.folder)
            shutil.copytree(ROOT / "tests", self.folder / "tests")

    def patch(self, diff: str) -> None:
        """Apply a diff: its context has to stand in the file exactly once."""
        lines = diff.splitlines()
        (path,) = (line[6:] for line in lines if line.startswith("+++ b/"))
        body = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
        old = "".join(line[1:] + "\n" for line in body if line[:1] in " -" or not line)
        new = "".join(line[1:] + "\n" for line in body if line[:1] in " +" or not line)
        self.change_package()
        text = (self.folder / path).read_text()
        assert text.count(old) == 1, f"{path} has these lines {text.count(old)} times:\n{old}"
        self.write(path, text.replace(old, new))


# ---- what a block does: each gives the block as it should be -----------------------------


def shell(copy: Copy, block: Block) -> str:
    for line in block.text.splitlines():
        command = line.partition("#")[0].strip()
        if command.startswith("make "):
            assert re.search(rf"^{command.split()[1]}:", (ROOT / "Makefile").read_text(), re.M)
        elif command == ". .venv/bin/activate":  # the session's `qdsl` is found already
            assert "VENV ?= .venv" in (ROOT / "Makefile").read_text()
        elif command.startswith("python -m pytest "):
            copy.add_tests()
            copy.session.run(command.replace("python", f"{sys.executable} -B", 1))
        elif command:
            assert command.startswith("qdsl "), f"who runs '{command}'?"
            copy.session.run(command)
    return block.text


def console(copy: Copy, block: Block) -> str:
    made = []
    for part in re.split(r"^(?=\$ )", block.text, flags=re.MULTILINE):
        if not part:
            continue
        command, _, expected = part.partition("\n")
        found = copy.session.run(command.removeprefix("$ "))
        made.append(f"{command}\n{expected if matches(expected, found) else found}")
    return "".join(made)


def matches(expected: str, found: str) -> bool:
    """Equal, where a line of three points stands for any lines."""
    parts = re.split(r"^\.\.\.\n", expected, flags=re.MULTILINE)
    pattern = r"(?:.*\n)*".join(map(re.escape, parts))
    return re.fullmatch(pattern, found) is not None


def python(copy: Copy, block: Block) -> str:
    if block.file:
        copy.write(block.file, block.text)
    else:
        copy.printed = copy.session.python(block.text)
    return block.text


def text(copy: Copy, block: Block) -> str:
    return block.text if matches(block.text, copy.printed) else copy.printed


def diff(copy: Copy, block: Block) -> str:
    copy.patch(block.text)
    return block.text


def qdm(copy: Copy, block: Block) -> str:
    if block.file:
        copy.write(block.file, block.text)
    else:
        _, problems = check_text(block.text)
        assert problems == (), problems
    return block.text


def settings(copy: Copy, block: Block) -> str:
    """As far as they can be read: brackets and quotes have their ends."""
    if block.language == "json":
        json.loads(block.text)
    elif block.language == "toml":
        tomllib.loads(block.text)
    for pair in ("()", "[]", "{}", '""'):
        assert block.text.count(pair[0]) == block.text.count(pair[1])
    return block.text


RUN: dict[str, Callable[[Copy, Block], str]] = {
    "sh": shell, "console": console, "python": python, "text": text, "diff": diff, "qdm": qdm,
    **dict.fromkeys(("json", "toml", "lua", "lisp"), settings),
    "": lambda _, block: block.text,
}  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=[] if p.name in QUICK else [pytest.mark.slow]) for p in DOCUMENTS],
    ids=lambda p: p.name,
)
def test_every_block_does_what_it_shows(
    path: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    document = path.read_text()
    found = blocks(document)
    if not found:
        return
    with Copy(tmp_path) as copy:
        made = [RUN[block.language](copy, block) for block in found]
    if request.config.getoption("--update-goldens"):
        path.write_text(with_blocks(document, made))
        return
    for block, right in zip(found, made, strict=True):
        assert block.text == right


def with_blocks(document: str, texts: list[str]) -> str:
    remaining = iter(texts)

    def new(match: re.Match[str]) -> str:
        head = match.group(0)[: match.start(3) - match.start()]
        return f"{head}{next(remaining)}```"

    return FENCE.sub(new, document)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_documents_are_well_formed(path: Path) -> None:
    document = path.read_text()
    assert {block.language for block in blocks(document)} <= KNOWN
    assert len(re.findall("^```", document, re.MULTILINE)) == 2 * len(blocks(document)), (
        "an unknown kind of fence"
    )
    lines = [x for x in FENCE.sub("", document).splitlines() if not x.startswith("|")]
    assert max(map(len, lines), default=0) <= 400


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_test_can_fail(tmp_path: Path) -> None:
    with redirect_stdout(StringIO()):
        assert not matches("a\n...\nb\n", "a\nx\nc\n")
    assert matches("a\n...\nb\n", "a\nx\ny\nb\n") and matches("...\nb\n", "b\n")
    wrong: list[Any] = [("```sh\nqdsl chekc x\n```\n", AssertionError)]
    wrong += [("```json\n{\n```\n", ValueError), ("```lua\nf(\n```\n", AssertionError)]
    wrong += [("```python\n1 / 0\n```\n", AssertionError), ("```sh\nls\n```\n", AssertionError)]
    with Copy(tmp_path) as copy:
        for document, error in wrong:
            (block,) = blocks(document)
            with pytest.raises(error):
                RUN[block.language](copy, block)
        shown = blocks("```console\n$ echo a\nb\n```\n")[0]
        assert console(copy, shown) == "$ echo a\na\n"
    assert (
        with_blocks("x\n```console\n$ echo a\nb\n```\ny", ["new\n"]) == "x\n```console\nnew\n```\ny"
    )
