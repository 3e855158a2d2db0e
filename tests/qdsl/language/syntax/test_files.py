"""Files that a program names: only inside the allowed folders, and not without end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Source, Span
from qdsl.language.check import check_text
from qdsl.language.syntax import StringLit
from qdsl.language.syntax.errors import FileTooLarge
from qdsl.language.syntax.files import Folders


def literal(name: str) -> StringLit:
    return StringLit(name, Span(Source("x.qdm", "x"), 0, 1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.txt").write_text("hello")
    (tmp_path / "secret.txt").write_text("secret")
    return inside


def code(folders: Folders, name: str, limit: int = 1000) -> str:
    with pytest.raises(Refusal) as caught:
        folders.read_text(literal(name), limit)
    return caught.value.problem.code


def test_reading(folder: Path) -> None:
    folders = Folders.of("<text>", (folder,))
    assert folders.read_text(literal("a.txt")) == "hello"
    assert folders.read_text(literal("../inside/a.txt")) == "hello"
    assert folders.read_text(literal(str(folder / "a.txt"))) == "hello"


def test_the_own_folder_is_allowed(folder: Path) -> None:
    (folder / "m.qdm").write_text("")
    assert Folders.of(str(folder / "m.qdm")).read_text(literal("a.txt")) == "hello"


def test_outside(folder: Path) -> None:
    folders = Folders.of("<text>", (folder,))
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    for name in ("../secret.txt", "/etc/passwd", "link.txt", "..", str(folder) + "_x/b"):
        assert code(folders, name) == "QDM701", name
    assert code(Folders(), "a.txt") == "QDM701"


def test_unreadable(folder: Path) -> None:
    folders = Folders.of("<text>", (folder,))
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(folder / "loop")
    for name in ("missing.txt", "pipe", ".", "a\0b", "x" * 5000):
        assert code(folders, name) == "QDM702", name
    assert code(folders, "loop") in ("QDM701", "QDM702")


def test_too_large(folder: Path) -> None:
    folders = Folders.of("<text>", (folder,))
    with pytest.raises(Refusal) as caught:
        folders.read_text(literal("a.txt"), 4)
    assert isinstance(caught.value.problem, FileTooLarge)
    assert caught.value.problem.code == "QDM703"
    assert "5 bytes" in caught.value.problem.message


@pytest.mark.parametrize("name", ["graph.json", "graph.txt"])
def test_graphs_from_files(tmp_path: Path, name: str) -> None:
    texts = {
        "graph.json": '{"nodes": [{"id": 0}, {"id": 1}, {"id": 2}],'
        ' "edges": [{"source": 2, "target": 0}]}',
        "graph.txt": "# edges\n2 0\n0, 1 # again\n1 2\n",
    }
    (tmp_path / name).write_text(texts[name])
    program = f"""model m() {{
      data g: graph = "{name}"
      qubits q[nodes(g)]
      for (i, j) in edges(g) {{ cz q[i], q[j] }}
      return sample(q)
    }}"""
    checked, problems = check_text(program, folders=(tmp_path,))
    assert checked is not None, [p.message for p in problems]
    from qdsl.language.lowering.lower import lower

    circuit = lower(checked, "m")
    assert circuit.n_qubits == 3
    assert next(iter(circuit.table)).operands == ((0, 2) if name.endswith("json") else (0, 1))


@pytest.mark.parametrize(
    "text", ["", "0", "0 1 2\n3", "{", '{"nodes": 3, "edges": 4}', "0 0", "{}"]
)
def test_bad_graphs(tmp_path: Path, text: str) -> None:
    (tmp_path / "g.txt").write_text(text)
    program = """model m() {
      data g: graph = "g.txt"
      qubits q[nodes(g)]
      h q
      return sample(q)
    }"""
    _, problems = check_text(program, folders=(tmp_path,))
    assert problems[0].code == "QDM227"
