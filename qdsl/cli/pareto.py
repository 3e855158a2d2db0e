"""`qdsl pareto`: the trade between ebits, time and communication qubits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli.inputs import load_program
from qdsl.cli.options import FILE, program_options, settings_of
from qdsl.cli.output import ProgressLine, echo, reported, save, write_json

if TYPE_CHECKING:
    from qdsl.studies.pareto import Front


@click.command("pareto")
@program_options
@click.option("--time", type=click.Choice(["makespan", "rounds"]), default="makespan",
              show_default=True, help="Measure of time.")  # fmt: skip
@click.option("--seeds", type=click.IntRange(1, 20), default=2, show_default=True,
              help="Number of seeds to try.")  # fmt: skip
@click.option(
    "--effort",
    type=click.IntRange(0, 5),
    default=1,
    show_default=True,
    help="Highest effort to try.",
)
@click.option("--svg", type=FILE, help="Also draw the Pareto front to this file.")
def command(time: str, seeds: int, effort: int, svg: Path | None, **given: Any) -> None:
    """Compile with many settings, and keep the Pareto front."""
    with reported(given["as_json"]):
        from qdsl.studies.pareto import front, picture, to_json

        program = load_program(given)
        how = {
            "model": given["model"],
            "experiment": given["experiment"],
            "network": given["network"],
            "settings": settings_of(given["settings"]),
            "verify": given["verify"],
        }
        with ProgressLine(given["quiet"]) as progress:
            progress.say("compiling")
            found = front(
                program,
                how,
                time,
                tuple(range(effort + 1)),
                tuple(range(seeds)),
                lambda k, n: progress.bar(k, n, f"{k}/{n}"),
            )
        name = program.model_of(given["model"], given["experiment"])
    if svg is not None:
        save(picture(found, f"{name}: ebits and time"), svg)
    if given["as_json"]:
        write_json(to_json(found))
    else:
        echo(_table(found), nl=False)


def _table(found: Front) -> str:
    from qdsl.diagnostics.numbers import duration

    lines = [f"{'ebits':>7} {'rounds':>7} {'makespan':>10} {'comm':>5}  compiled with"]
    for p in found.points:
        o = dict(p.options)
        how = f"comm {p.comm_limit}, effort {o['effort']}, seed {o['seed']}, {o['policy']}"
        how += "" if o["keep_wide"] else ", no-keep-wide"
        lines.append(f"{p.ebits:>7} {p.rounds:>7} {duration(p.makespan_ns):>10} {p.comm:>5}  {how}")
    lines += [
        "",
        f"{len(found.points)} of {found.tried} compilations are not beaten by another one "
        f"in ebits, {found.time}",
        "and communication qubits at one node at once.",
    ]
    if found.left_out:
        lines.append(f"{found.left_out} could not be compiled or proved.")
    return "\n".join(lines) + "\n"
