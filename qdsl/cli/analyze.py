"""`qdsl analyze`: which functions of its data a model can be."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qdsl.cli.cost import axis_of
from qdsl.cli.options import PATH, allow_option, json_option, model_option, set_option, settings_of
from qdsl.cli.output import reported, write, write_json

if TYPE_CHECKING:
    from qdsl.analysis.expressivity import Expressivity


@click.command("analyze")
@click.argument("file", type=PATH)
@model_option("Model to analyze; required if there are several.")
@set_option
@click.option("--sweep", metavar="NAME=A..B", help="Analyze the model for every value from A to B.")
@click.option("--seed", type=int, default=0, show_default=True,
              help="Seed of the random parameters and data.")  # fmt: skip
@allow_option
@json_option
def command(file: Path, model: str | None, settings: tuple[str, ...], sweep: str | None,
            seed: int, folders: tuple[Path, ...], as_json: bool) -> None:  # fmt: skip
    """Report which functions of its data a model can express."""
    with reported(as_json):
        import qdsl
        from qdsl.analysis.expressivity import expressivity

        program = qdsl.load(file, folders)
        fixed = settings_of(settings)
        name: str = ""
        values: tuple[int, ...] = (0,)
        if sweep is not None:
            axis = axis_of(sweep)
            name, values = axis.name, axis.values
        found = [
            (
                value,
                expressivity(
                    program.lower(model, settings=fixed | ({name: value} if name else {})), seed
                ),
            )
            for value in values
        ]
        if as_json:
            write_json([({name: value} if name else {}) | asdict(e) for value, e in found])
        else:
            write(_as_text(name, found), None)


def _as_text(name: str, found: list[tuple[int, Expressivity]]) -> str:
    from qdsl.analysis.expressivity import growth
    from qdsl.report.table import aligned

    swept = (name,) if name else ()
    heads = (*swept, "data", "uploads", "frequencies", "parameters", "dimension")
    rows: list[tuple[str, ...]] = [heads]
    for value, e in found:
        known = (e.numbers, e.uploads, e.frequencies, e.parameters, e.dimension)
        shown = ("-" if k is None else f"{k:,}" for k in known)
        rows.append((*map(str, [value] if name else []), *shown))
    lines = aligned(rows)
    if name:
        for what, counts in (
            ("frequencies", [e.frequencies for _, e in found]),
            ("dimension", [e.dimension for _, e in found]),
        ):
            said = growth(counts)
            if said:
                lines.append(f"{what} with {name}: {said}")
    quadratic = {e.quadratic for _, e in found if e.quadratic is not None}
    if quadratic:
        sizes = ", ".join(f"{q:,}" for q in sorted(quadratic))
        lines.append(f"data as amplitudes: quadratic forms, {sizes} dimensions at any depth")
    lines += [f"- {why}" for why in dict.fromkeys(e.why for _, e in found) if why]
    lines.append("frequencies: the most that the encodings allow; dimension: the rank of the")
    lines.append("derivatives of the outputs by the parameters, at a random point")
    return "\n".join(lines) + "\n"
