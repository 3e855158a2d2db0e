"""`qdsl reproduce paper`: the claims of the paper, run and measured."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qdsl.cli import completion
from qdsl.cli.inputs import page_before
from qdsl.cli.options import FILE, json_option, quiet_option
from qdsl.cli.output import EXIT_INPUT, ProgressLine, echo, reported, save, write_json
from qdsl.cli.spread import workers_options

if TYPE_CHECKING:
    from qdsl.driver.workers import Workers


@click.command("reproduce")
@click.argument("what", type=click.Choice(["paper"]))
@click.option("--quick/--full", default=True, show_default=True,
              help="Run small sizes only, which takes minutes, or all sizes.")  # fmt: skip
@click.option(
    "--only",
    multiple=True,
    metavar="PART",
    shell_complete=completion.parts,
    help="Run this part only; may be given several times.",
)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="QDSL_DATA",
    show_envvar=True,
    help="Folder with the data sets of the benchmarks.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Random seed.")
@click.option(
    "--write",
    type=FILE,
    metavar="FILE.md",
    help="Also write claims and tables to this Markdown page; its other parts are kept.",
)
@workers_options
@json_option
@quiet_option
def command(what: str, quick: bool, only: tuple[str, ...], data: Path | None, seed: int,
            write: Path | None, workers: Workers, as_json: bool,
            quiet: bool) -> None:  # fmt: skip
    """Reproduce the claims of the paper, and report the results."""
    from qdsl.studies.paper.asked import reproduce
    from qdsl.studies.paper.findings import Part
    from qdsl.studies.paper.page import command_of, picture_file, write_page
    from qdsl.studies.paper.reproduce import PARTS, as_text

    progress = ProgressLine(quiet)
    made = {name: command_of(name, is_quick=quick, seed=seed) for name in PARTS}
    page = "" if write is None else page_before(write)

    def tell(part: Part) -> None:
        nonlocal page
        progress.clear()
        if not as_json:
            echo(as_text(part))
        if write is not None:  # at once: a later part may be stopped
            page = write_page([part], made, PARTS, page)
            save(page, write)
            for picture in part.pictures:
                file = write.parent / picture_file(picture)
                file.parent.mkdir(exist_ok=True)
                save(picture.svg, file)

    with reported(as_json):
        parts = reproduce(
            only, quick=quick, data=data, seed=seed, workers=workers, say=progress.say, on_part=tell
        )
        if as_json:
            write_json([asdict(part) for part in parts])
    if not all(f.holds for part in parts for f in part.findings):
        sys.exit(EXIT_INPUT)
