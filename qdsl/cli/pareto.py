"""`qdsl pareto`: the trade between two or three objectives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli.inputs import load_program
from qdsl.cli.options import FILE, program_options, settings_of
from qdsl.cli.output import ProgressLine, echo, reported, save, write_json
from qdsl.cli.spread import workers_options

if TYPE_CHECKING:
    from qdsl.driver.workers import Workers
    from qdsl.network.prices import Objective
    from qdsl.studies.pareto import Front, Point

NAMES = {"ebits": "ebits", "makespan": "makespan", "fidelity": "fidelity",
         "rounds": "msg rounds", "comm": "comm"}  # fmt: skip
SAID = {**NAMES, "rounds": "message rounds", "comm": "communication qubits"}


@click.command("pareto")
@program_options
@click.option(
    "--objectives",
    default="ebits,makespan,comm",
    show_default=True,
    metavar="A,B[,C]",
    help="Two or three of ebits, makespan, rounds (of messages), fidelity and comm (communication "
    "qubits held at one node at one time).",
)
@click.option("--seeds", type=click.IntRange(1, 20), default=2, show_default=True,
              help="Number of seeds to try.")  # fmt: skip
@click.option(
    "--effort",
    type=click.IntRange(0, 5),
    default=1,
    show_default=True,
    help="Highest effort to try.",
)
@workers_options
@click.option("--svg", type=FILE, help="Also draw the Pareto front to this file.")
def command(
    objectives: str, seeds: int, effort: int, svg: Path | None, workers: Workers, **given: Any
) -> None:
    """Compile with many settings, and keep the Pareto front."""
    with reported(given["as_json"]):
        from qdsl.studies.pareto import objectives_of, pareto, picture, to_json

        chosen = objectives_of(objectives)
        program = load_program(given)
        with ProgressLine(given["quiet"]) as progress:
            progress.say("compiling")
            found = pareto(
                program,
                chosen,
                model=given["model"],
                experiment=given["experiment"],
                settings=settings_of(given["settings"]),
                network=given["network"],
                verify=given["verify"],
                effort=effort,
                seeds=seeds,
                workers=workers,
                on_step=lambda k, n: progress.bar(k, n, f"{k}/{n}"),
            )
        name = program.model_of(given["model"], given["experiment"])
    if svg is not None:
        save(picture(found, f"{name}: {chosen[0]} and {chosen[1]}"), svg)
    if given["as_json"]:
        write_json(to_json(found))
    else:
        echo(_table(found), nl=False)


def _table(found: Front) -> str:
    widths = {o: max(7, len(NAMES[o]), 10 if o == "makespan" else 0) for o in found.objectives}
    lines = [" ".join(f"{NAMES[o]:>{w}}" for o, w in widths.items()) + "  compiled with"]
    for p in found.points:
        row = " ".join(f"{_value(p, o):>{w}}" for o, w in widths.items())
        lines.append(f"{row}  {_how(p)}")
    named = [SAID[o] for o in found.objectives]
    said = f"{', '.join(named[:-1])} and {named[-1]}"
    lines += [
        "",
        f"{len(found.points)} of {found.tried} compilations are not beaten by another one",
    ]
    lines += [f"in {said}."]
    if found.left_out:
        lines.append(f"{found.left_out} could not be compiled or proved.")
    return "\n".join(lines) + "\n"


def _value(p: Point, objective: Objective) -> str:
    from qdsl.diagnostics.numbers import duration

    if objective == "makespan":
        return duration(p.makespan_ns)
    if objective == "fidelity":
        return f"{1 - (p.infidelity or 0):.4g}"
    return str(getattr(p, objective))


def _how(p: Point) -> str:
    o = dict(p.options)
    how = f"comm {p.comm_limit}, effort {o['effort']}, seed {o['seed']}"
    if "optimise" in o:
        return f"{how}, optimise {o['optimise']}"
    return f"{how}, {o['policy']}" + ("" if o["keep_wide"] else ", no-keep-wide")
