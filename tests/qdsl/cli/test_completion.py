"""What a shell offers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from qdsl.cli.commands import cli
from tests.sources import EXAMPLES


def offered(monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """For the last of the words, which is being typed."""
    monkeypatch.setenv("COMP_WORDS", " ".join(("qdsl", *words)))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    shell = BashComplete(cli, {}, "qdsl", "_QDSL_COMPLETE")
    found = shell.get_completions(*shell.get_completion_args())
    return [item.value for item in found if item.type != "file"]


@pytest.mark.parametrize(
    ("words", "among"),
    [
        (("comp",), "compile"),
        (("compile", "--optimise", "m"), "makespan"),
        (("compile", "x.qdm", "--emit", "q"), "qasm3"),
        (("grad", "x.qdm", "--emit", ""), "stim"),
        (("compile", "x.qdm", "--stop-after", "part"), "partition"),
        (("compile", "x.qdm", "--passes", "canonicalize,part"), "canonicalize,partition"),
        (("bench", "--family", "q"), "qft"),
        (("explain", "qdm20"), "QDM203"),
        (("reproduce", "paper", "--only", "no"), "no-advantage"),
    ],
)
def test_names_that_qdsl_knows(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], among: str
) -> None:
    assert among in offered(monkeypatch, *words)


def test_names_that_a_program_declares(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("two_party.qdm", "iris.csv"):
        shutil.copy(EXAMPLES / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    assert offered(monkeypatch, "run", "two_party.qdm", "") == ["fit"]
    assert offered(monkeypatch, "compile", "two_party.qdm", "-e", "") == ["fit"]
    assert offered(monkeypatch, "compile", "two_party.qdm", "--model", "t") == ["two_party"]
    assert offered(monkeypatch, "compile", "two_party.qdm", "-n", "l") == ["lan"]
    assert offered(monkeypatch, "compile", "two_party.qdm", "-s", "") == ["layers=", "n="]
    assert offered(monkeypatch, "cost", "two_party.qdm", "--sweep", "l") == ["layers="]
    assert offered(monkeypatch, "cut", "two_party.qdm", "--link", "") == ["alice--bob"]
    over = offered(monkeypatch, "sweep", "two_party.qdm", "--over", "")
    assert {"link.rate=", "link.alice-bob.fidelity=", "node.comm=", "node.bob.comm="} <= set(over)
    assert offered(monkeypatch, "sweep", "two_party.qdm", "--need", "f") == ["fidelity="]
    assert offered(monkeypatch, "compile", "tw") == ["two_party.qdm"]
    assert offered(monkeypatch, "compile", "iri") == []


def test_what_cannot_be_read_offers_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.qdm").write_text("model m( {", encoding="utf-8")
    for name in ("wrong.qdm", "missing.qdm", "other.txt"):
        assert offered(monkeypatch, "compile", name, "-e", "") == []
