"""The table of commands and what they are in Python: complete, and of names that there are."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

import qdsl.api
from qdsl.cli.commands import COMMANDS
from tests.sources import ROOT

PAGE = ROOT / "docs" / "guide" / "python.md"
ROW = re.compile(r"^\| `([a-z]+)` \| (.*) \|$", re.MULTILINE)
NAME = re.compile(r"`((?:qdsl|Program|Compiled)\.[\w.]+)`")
ROWS = dict(ROW.findall(PAGE.read_text(encoding="utf-8")))
NAMES = sorted({name for told in ROWS.values() for name in NAME.findall(told)})


def named(name: str) -> object:
    """What has that name; AttributeError or ImportError if nothing has."""
    first, *rest = name.split(".")
    if first in ("Program", "Compiled"):
        (member,) = rest
        return getattr(getattr(qdsl.api, first), member)
    found: object = import_module("qdsl")
    for k, part in enumerate(rest):
        try:
            found = getattr(found, part)
        except AttributeError:
            found = import_module(".".join(["qdsl", *rest[: k + 1]]))
    return found


def test_every_command_is_in_the_table() -> None:
    assert tuple(sorted(ROWS)) == tuple(sorted(COMMANDS))


@pytest.mark.parametrize("name", NAMES)
def test_the_name_exists_and_says_what_it_is(name: str) -> None:
    assert (getattr(named(name), "__doc__", None) or "").strip(), f"{name} has no docstring"


@pytest.mark.parametrize("command", ROWS)
def test_a_command_has_a_name_or_a_reason(command: str) -> None:
    told = ROWS[command]
    if told.startswith("none"):
        assert re.match(r"none: \w+ ", told), f"{command}: why is there none?"
    else:
        assert NAME.match(told.removeprefix("for ")) or NAME.search(told)


@pytest.mark.parametrize("name", ["qdsl.check_all", "Compiled.grads", "qdsl.no.such"])
def test_a_name_that_is_not_there_is_seen(name: str) -> None:
    with pytest.raises((AttributeError, ImportError)):
        named(name)


def test_every_public_name_is_in_the_table_or_loads() -> None:
    loads = {"InvalidProgram", "Program", "__version__", "load", "loads"}
    told = {name.removeprefix("qdsl.") for name in NAMES} | {"build"}
    text = PAGE.read_text(encoding="utf-8")
    assert set(qdsl.__all__) - loads <= told | set(re.findall(r"`qdsl\.(\w+)`", text))
