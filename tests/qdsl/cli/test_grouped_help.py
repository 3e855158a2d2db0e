"""Help in groups: every option once, those of the passes together, the short ones as usual."""

from __future__ import annotations

import re

import click
import pytest

from qdsl.cli.commands import COMMANDS, TAKE_PASS_OPTIONS, cli

HEADS = ("Program", "Options", "Passes", "Output")


def sections(name: str) -> dict[str, list[str]]:
    parent = click.Context(cli, info_name="qdsl")
    command = cli.get_command(parent, name)
    assert command is not None
    text = command.get_help(click.Context(command, info_name=name, parent=parent))
    parts = re.split(r"^(\w+):\n", text, flags=re.M)[1:]
    return {
        head: re.findall(r"^  (?:-\w, )?(--[\w-]+)", body, flags=re.M)
        for head, body in zip(parts[::2], parts[1::2], strict=True)
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_one_place(name: str) -> None:
    found = sections(name)
    assert [head for head in HEADS if head in found] == list(found)
    shown = [option for options in found.values() for option in options]
    assert len(shown) == len(set(shown))
    assert "--help" in found["Output"]
    assert ("Passes" in found) == (name in TAKE_PASS_OPTIONS)


def test_options_of_a_command_stand_where_they_belong() -> None:
    found = sections("compile")
    assert {"--model", "--experiment", "--network", "--set"} <= set(found["Program"])
    assert {"--effort", "--policy", "--reorder"} <= set(found["Passes"])
    assert {"--json", "--html", "--emit", "--output"} <= set(found["Output"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    for option in command.params:
        assert not isinstance(option, click.Option) or option.help, option.name
