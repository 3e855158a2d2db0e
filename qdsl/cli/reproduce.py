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
@click.option("--quick/--full", default=True, show_default=True,
              help="Small sizes, in minutes, or all of them.")  # fmt: skip
@click.option(
    "--only", multiple=True, metavar="PART", help="This part; may be given several times."
)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path),
              envvar="QDSL_DATA", show_envvar=True,
              help="The folder with the data sets of the benchmarks.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.md",
              help="Also write all tables as Markdown.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
def command(what: str, quick: bool, only: tuple[str, ...], data: Path | None, seed: int,
            write: Path | None, as_json: bool, quiet: bool) -> None:  # fmt: skip
    """Run every claim of the paper, and say what came out."""
    from qdsl.paper.findings import Settings
    from qdsl.paper.reproduce import PARTS, as_markdown, as_text, picture_file, reproduce

    unknown = [name for name in only if name not in PARTS]
    if unknown:
        there = ", ".join(PARTS)
        raise click.UsageError(f"there is no part '{unknown[0]}'; there are: {there}")
    progress = Progress(quiet)
    settings = Settings(quick, seed, None if data is None else str(data), progress.say)
    parts = []
    with reported(as_json):
        for part in reproduce(settings, only or PARTS, progress.say):
            progress.clear()
            parts.append(part)
            if not as_json:
                click.echo(as_text(part))
        if as_json:
            click.echo(json.dumps([asdict(part) for part in parts], indent=2))
        if write is not None:
            mode = "--quick" if quick else "--full"
            given = "".join(f" --only {name}" for name in only) + (" --data FOLDER" if data else "")
            said = f"qdsl reproduce {what} {mode} --seed {seed}{given} --write {write.name}"
            save(as_markdown(parts, said), write)
            for picture in (p for part in parts for p in part.pictures):
                file = write.parent / picture_file(picture)
                file.parent.mkdir(exist_ok=True)
                save(picture.svg, file)
    if not all(f.holds for part in parts for f in part.findings):
        sys.exit(EXIT_INPUT)
