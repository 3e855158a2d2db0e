"""Programs to begin with: sound, in the standard layout, and never over a file that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

import qdsl
from qdsl.cli.new import KINDS
from qdsl.language.formatting.format import format_source
from qdsl.language.parser.parse import read_source
from qdsl.run.readiness import obstacles
from tests.qdsl.cli.test_cli import Cli, cli  # noqa: F401 (a fixture)


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_compiles_and_is_in_the_standard_layout(
    cli: Cli,  # noqa: F811
    tmp_path: Path,
    kind: str,
) -> None:
    file = tmp_path / "first.qdm"
    done = cli("new", file, "--kind", kind)
    assert done.code == 0 and f"wrote {file}" in done.out
    source = read_source(file)
    assert format_source(source) == source.text and "NAME" not in source.text
    program = qdsl.load(file)
    assert not program.warnings and not list(obstacles(program.checked))
    assert program.compile().verification.verified


def test_what_is_there_is_kept(cli: Cli, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "first.csv").write_text("mine")
    done = cli("new", tmp_path / "first.qdm")
    assert done.code == 2 and "exist already" in done.err
    assert [p.name for p in tmp_path.iterdir()] == ["first.csv"]


@pytest.mark.parametrize("name", ["first", "first.qasm", ".qdm"])
def test_the_name_is_of_a_program(cli: Cli, tmp_path: Path, name: str) -> None:  # noqa: F811
    assert cli("new", tmp_path / name).code == 2
