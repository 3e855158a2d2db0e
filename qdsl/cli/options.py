"""The options that compile, run and report share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def program_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.argument("file", type=click.Path(path_type=Path)),
        click.option("--model", help="The model to compile; needed if there are several."),
        click.option("--experiment", help="Take model, sizes and data from this experiment."),
        click.option("--network", help="Compile for this network instead of the model's."),
        click.option("--set", "settings", multiple=True, metavar="NAME=INT",
                     help="Set an integer parameter of the model."),
        click.option("--allow", "folders", multiple=True, type=click.Path(path_type=Path),
                     help="A folder that the program may read files from, besides its own."),
        click.option("--verify/--no-verify", default=None,
                     help="Prove the result equal to its source [default: small programs]"),
        click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output."),
        click.option("--timing", is_flag=True, help="Show the passes' wall times."),
        click.option("--quiet", "-q", is_flag=True, help="No progress on standard error."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def form_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The forms that a report takes, besides text and JSON."""
    options = [
        click.option(
            "--html",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Also write the report as one HTML page that needs no network.",
        ),
        click.option("--markdown", is_flag=True, help="Write the report as Markdown tables."),
        click.option("--latex", is_flag=True, help="Write the report as LaTeX tables."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def add_pass_options(command: click.Command) -> None:
    """Every option of every default pass becomes a flag of the command."""
    from qdsl.driver.pass_manager import DEFAULT_PASSES, find_pass

    taken = {p.name for p in command.params}
    for name in DEFAULT_PASSES:
        for option in find_pass(name).options:
            if option.name in taken:
                continue
            taken.add(option.name)
            command.params.append(_pass_flag(name, option))


def _pass_flag(pass_name: str, option: Any) -> click.Option:
    flag = "--" + option.name.replace("_", "-")
    text = f"{option.help} ({pass_name})"
    if option.type is bool:
        return click.Option([f"{flag}/--no-{flag[2:]}", option.name], default=None, help=text)
    kind = click.Choice(option.choices) if option.choices else option.type
    return click.Option(
        [flag, option.name], type=kind, default=None, help=f"{text} [default: {option.default}]"
    )


def settings_of(pairs: tuple[str, ...]) -> dict[str, int]:
    settings = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            settings[name.strip()] = int(value)
        except ValueError:
            raise click.UsageError(f"--set wants NAME=INT, not '{pair}'") from None
    return settings
