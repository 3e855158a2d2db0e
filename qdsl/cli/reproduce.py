"""`qdsl reproduce paper`: the claims of the paper, run and measured."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from qdsl.cli.output import EXIT_INPUT, Progress, reported, save


@click.command("reproduce")
@click.argument("what", type=click.Choice(["paper"]))
@click.option(
    "--quick/--full",
    default=True,
    show_default=True,
    help="Small sizes, in minutes, or all of them.",
)
@click.option(
    "--only", multiple=True, metavar="PART", help="This part; may be given several times."
)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="QDSL_DATA",
    show_envvar=True,
    help="The folder with the data sets of the benchmarks.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--write",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.md",
    help="Also write claims and tables as Markdown, into the page there.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
def command(what: str, quick: bool, only: tuple[str, ...], data: Path | None, seed: int,
            write: Path | None, as_json: bool, quiet: bool) -> None:  # fmt: skip
    """Run every claim of the paper, and say what came out."""
    from qdsl.studies.paper.findings import Settings
    from qdsl.studies.paper.page import command_of, picture_file, write_page
    from qdsl.studies.paper.reproduce import PARTS, as_text, reproduce

    unknown = [name for name in only if name not in PARTS]
    if unknown:
        there = ", ".join(PARTS)
        raise click.UsageError(f"there is no part '{unknown[0]}'; there are: {there}")
    progress = Progress(quiet)
    settings = Settings(quick, seed, None if data is None else str(data), progress.say)
    made = {name: command_of(name, is_quick=quick, seed=seed) for name in PARTS}
    page = "" if write is None else _there(write)
    parts = []
    with reported(as_json):
        for part in reproduce(settings, only or PARTS, progress.say):
            progress.clear()
            parts.append(part)
            if not as_json:
                click.echo(as_text(part))
            if write is not None:  # at once: a later part may be stopped
                page = write_page([part], made, PARTS, page)
                save(page, write)
                for picture in part.pictures:
                    file = write.parent / picture_file(picture)
                    file.parent.mkdir(exist_ok=True)
                    save(picture.svg, file)
        if as_json:
            click.echo(json.dumps([asdict(part) for part in parts], indent=2))
    if not all(f.holds for part in parts for f in part.findings):
        sys.exit(EXIT_INPUT)


def _there(page: Path) -> str:
    """What was written before."""
    try:
        return page.read_text(encoding="utf-8", errors="replace") if page.exists() else ""
    except OSError as error:
        raise click.UsageError(f"cannot read {page}: {error.strerror}") from None
