"""`qdsl compare`: two programs, or one program in two ways, side by side."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from qdsl.cli.options import PATH, add_pass_options, program_options
from qdsl.cli.output import EXIT_INPUT, echo, reported, stop, write_json


@click.command("compare")
@program_options
@click.argument("other", required=False, type=PATH)
@click.option("--a", "a_options", default="", metavar="OPTIONS",
              help="Options for the first side only, as one string: --a '--set n=4'.")  # fmt: skip
@click.option("--b", "b_options", default="", metavar="OPTIONS",
              help="Options for the second side only: --b '--effort 3'.")  # fmt: skip
@click.option(
    "--fail-if",
    "limits",
    multiple=True,
    metavar="LIMIT",
    help="Exit with 1 if this holds: 'ebits>+2%' and 'rounds>+1' limit the change from the first "
    "side to the second, 'fidelity<0.9' the second side itself. May be given several times.",
)
def command(
    other: Path | None, a_options: str, b_options: str, limits: tuple[str, ...], **given: Any
) -> None:
    """Compare two programs, two compilations of one, or two reports."""
    from qdsl.report.compare import Limit
    from qdsl.report.compared import compare

    with reported(given["as_json"]):
        checks = [Limit.parse(text) for text in limits]
        files = (given["file"], other or given["file"])
        if other is None and not (a_options or b_options):
            raise click.UsageError(
                "give two files, or one file and options that differ: --b '--set n=8'"
            )
        for file, name, text in zip(files, ("--a", "--b"), (a_options, b_options), strict=True):
            if text and file.suffix == ".json":
                raise click.UsageError(f"{name}: {file} is a saved report, which takes no options")
        one, two = (
            _side({**given, "file": file}, name, text)
            for file, name, text in zip(files, ("--a", "--b"), (a_options, b_options), strict=True)
        )
        names = [
            f"{f.name} {t}".strip() for f, t in zip(files, (a_options, b_options), strict=True)
        ]
        found = compare(_reported(one), _reported(two), checks, (names[0], names[1]))
    if given["as_json"]:
        write_json(found.to_json())
    else:
        echo(str(found))
    if found.failures:
        stop(f"limits exceeded: {', '.join(found.failures)}", EXIT_INPUT)


def _side(given: dict[str, Any], name: str, options: str) -> dict[str, Any]:
    """The options of both sides with those of one put over them; `--set` adds to `--set`."""
    try:
        words = shlex.split(options)
    except ValueError as error:
        raise click.UsageError(f"{name} '{options}' cannot be read: {error}") from None
    params = [p for p in _compile_options() if p.name not in _OF_BOTH]
    own = click.Command(name, params=params, add_help_option=False)
    try:
        context = own.make_context(name, words)
    except click.UsageError as error:
        raise click.UsageError(f"{name} '{options}': {error.message}") from None
    typed = {
        key: value
        for key, value in context.params.items()
        if context.get_parameter_source(key) is ParameterSource.COMMANDLINE
    }
    settings = (*given["settings"], *typed.pop("settings", ()))
    folders = (*given["folders"], *typed.pop("folders", ()))
    return {**given, **typed, "settings": settings, "folders": folders}


_OF_BOTH = {"file", "as_json", "timing", "quiet"}


def _compile_options() -> list[click.Parameter]:
    side = click.command("side")(program_options(lambda: None))
    add_pass_options(side)
    return side.params


def _reported(given: dict[str, Any]) -> Any:
    """What tells of one side: the file of its report, or its compiled program."""
    file: Path = given["file"]
    if file.suffix == ".json":
        return file
    from qdsl.cli.commands import compile_given

    return compile_given(given)
