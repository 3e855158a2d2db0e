"""`qdsl pareto`: the trade between ebits, time and communication qubits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli.options import program_options, settings_of
from qdsl.cli.output import Progress, reported, save

if TYPE_CHECKING:
    from qdsl.studies.pareto import Front


@click.command("pareto")
@program_options
@click.option("--time", type=click.Choice(["makespan", "rounds"]), default="makespan",
              show_default=True, help="The measure of time.")  # fmt: skip
@click.option("--seeds", type=click.IntRange(1, 20), default=2, show_default=True,
              help="How many seeds to try.")  # fmt: skip
@click.option(
    "--effort",
    type=click.IntRange(0, 5),
    default=1,
    show_default=True,
    help="The highest effort to try.",
)
@click.option(
    "--svg",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also draw the front to this file.",
)
def command(time: str, seeds: int, effort: int, svg: Path | None, **given: Any) -> None:
    """Compile in many ways, and keep those that no other one beats."""
    with reported(given["as_json"]):
        import qdsl
        from qdsl.studies.pareto import front, picture, to_json

        program = qdsl.load(given["file"], given["folders"])
        progress = Progress(given["quiet"])
        progress.say("compiling")
        how = {
            "model": given["model"],
            "experiment": given["experiment"],
            "network": given["network"],
            "settings": settings_of(given["settings"]),
            "verify": given["verify"],
        }
        try:
            found = front(
                program,
                how,
                time,
                tuple(range(effort + 1)),
                tuple(range(seeds)),
                lambda k, n: progress.say(f"[{'#' * (20 * k // n):<20}] {k}/{n}"),
            )
        finally:
            progress.clear()
        name = program.model_of(given["model"], given["experiment"])
    if svg is not None:
        save(picture(found, f"{name}: ebits and time"), svg)
    if given["as_json"]:
        click.echo(json.dumps(to_json(found), indent=2))
    else:
        click.echo(_table(found), nl=False)


def _table(found: Front) -> str:
    from qdsl.report.text import duration

    lines = [f"{'ebits':>7} {'rounds':>7} {'makespan':>10} {'comm':>5}  compiled with"]
    for p in found.points:
        o = dict(p.options)
        how = f"comm {p.comm_limit}, effort {o['effort']}, seed {o['seed']}, {o['policy']}"
        how += "" if o["keep_wide"] else ", no-keep-wide"
        lines.append(f"{p.ebits:>7} {p.rounds:>7} {duration(p.makespan_ns):>10} {p.comm:>5}  {how}")
    lines += [
        "",
        f"{len(found.points)} of {found.tried} ways tried are not beaten by another one "
        f"in ebits, {found.time}",
        "and communication qubits at one node together.",
    ]
    if found.left_out:
        lines.append(f"{found.left_out} could not be compiled, or not proved.")
    return "\n".join(lines) + "\n"
