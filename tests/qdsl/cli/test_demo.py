"""The first command that a user tries."""

from __future__ import annotations

from pathlib import Path

from qdsl.cli.demo import PROGRAM
from tests.qdsl.cli.test_cli import Cli, cli  # noqa: F401 (a fixture)


def test_it_shows_program_circuit_and_answers_and_writes_the_page(
    cli: Cli,  # noqa: F811
    tmp_path: Path,
) -> None:
    page = tmp_path / "first.html"
    done = cli("demo", "-o", page, "--quiet")
    assert done.code == 0
    assert PROGRAM in done.out and "◆" in done.out
    assert "equal to its source, proved" in done.out and "worth" in done.out
    assert max(len(x) for x in done.out.splitlines() if str(page) not in x) <= 80
    assert page.read_text().startswith("<!doctype html>")


def test_a_folder_that_is_not_there(cli: Cli, tmp_path: Path) -> None:  # noqa: F811
    done = cli("demo", "-o", tmp_path / "none" / "first.html")
    assert done.code == 2 and "cannot write" in done.err
