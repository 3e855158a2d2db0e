"""The page of results: whole, and written again part by part."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from qdsl.cli.commands import cli
from qdsl.studies.paper.findings import ClaimFinding, FindingTable, Part
from qdsl.studies.paper.page import command_of, write_page

ORDER = ("first", "second", "third")
COMMANDS = {name: command_of(name, is_quick=False, seed=3) for name in ORDER}


def part(name: str, ours: str = "ours | with a bar") -> Part:
    finding = ClaimFinding(f"claim of {name}", "here", ours, "-", "shown")
    table = FindingTable("Numbers", ("a", "b"), (("1", "2"),))
    return Part(name, f"The {name} part", (finding, finding), (table,), "Limits of it.")


def test_parts_written_in_any_order_are_the_page_written_at_once() -> None:
    whole = write_page([part(name) for name in ORDER], COMMANDS, ORDER)
    page = ""
    for name in ("third", "first", "second"):
        page = write_page([part(name)], COMMANDS, ORDER, page)
    assert page == whole
    assert write_page([part("second")], COMMANDS, ORDER, page) == page


def test_one_part_again_changes_nothing_else() -> None:
    whole = write_page([part(name) for name in ORDER], COMMANDS, ORDER)
    quick = {"second": command_of("second")}
    again = write_page([part("second", "new")], quick, ORDER, whole)
    assert again.count("| new |") == 2 and again.count("claim of second") == 2
    assert "`qdsl reproduce paper --only second`\n" in again
    assert "`qdsl reproduce paper --only first --full --seed 3`\n" in again
    changed = set(again.splitlines()) ^ set(whole.splitlines())
    assert all("second" in line for line in changed)


def test_sections_of_parts_that_are_no_more_go() -> None:
    whole = write_page([part(name) for name in ORDER], COMMANDS, ORDER)
    page = write_page([part("first")], COMMANDS, ("first", "third"), whole)
    assert "second" not in page and "The third part" in page


def test_a_part_with_a_number_in_its_name_is_kept() -> None:
    order = ("table-1", "table-2")
    commands = {name: command_of(name) for name in order}
    page = write_page([part("table-1")], commands, order)
    page = write_page([part("table-2")], commands, order, page)
    assert page == write_page([part(name) for name in order], commands, order)


def test_another_text_is_no_page() -> None:
    text = "# Notes\n\n## Claims\n\n| x | `qdsl reproduce paper --only first` |\n"
    assert "| x |" not in write_page([part("second")], COMMANDS, ORDER, text)


def test_the_command_writes_after_every_part(tmp_path: Path) -> None:
    page = tmp_path / "paper.md"
    asked = ["reproduce", "paper", "--quiet", "--write", str(page), "--only"]
    for name in ("privacy", "nodes"):
        result = CliRunner().invoke(cli, [*asked, name], env={"QDSL_DATA": ""})
        assert result.exit_code == 0, result.output
    text = page.read_text(encoding="utf-8")
    assert text.index("## Nodes of citation graphs") < text.index("## What k copies leak")
    assert text.count("## Claims") == 1


@pytest.mark.parametrize("where", ["", "nowhere/paper.md"])
def test_a_page_that_cannot_be_written_is_named(tmp_path: Path, where: str) -> None:
    asked = ["reproduce", "paper", "--only", "nodes", "--write", str(tmp_path / where)]
    result = CliRunner().invoke(cli, asked, env={"QDSL_DATA": ""})
    assert result.exit_code == 2 and "Traceback" not in result.output
