"""`qdsl analyze`: which functions of its data a model can be."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qdsl.cli.cost import axis_of
from qdsl.cli.options import settings_of
from qdsl.cli.output import reported, write

if TYPE_CHECKING:
    from qdsl.analysis.expressivity import Expressivity


@click.command("analyze")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--model", help="The model, where there are several.")
@click.option("--set", "settings", multiple=True, metavar="NAME=N", help="Set a model parameter.")
@click.option("--sweep", metavar="NAME=A..B", help="Analyse for every value from A to B.")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Of the random point and data."
)
@click.option("--allow", "folders", multiple=True, type=click.Path(path_type=Path),
              help="A folder that programs may read files from, besides their own.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def command(file: Path, model: str | None, settings: tuple[str, ...], sweep: str | None,
            seed: int, folders: tuple[Path, ...], as_json: bool) -> None:  # fmt: skip
    """Tell which functions of its data a model can be."""
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
        write(_as_json(name, found) if as_json else _as_text(name, found), None)


def _as_json(name: str, found: list[tuple[int, Expressivity]]) -> str:
    rows = [({name: value} if name else {}) | asdict(e) for value, e in found]
    return json.dumps(rows, indent=2) + "\n"


def _as_text(name: str, found: list[tuple[int, Expressivity]]) -> str:
    from qdsl.analysis.expressivity import growth

    heads = (name or "model", "data", "uploads", "frequencies", "parameters", "dimension")
    rows: list[tuple[str, ...]] = [heads]
    for value, e in found:
        known = (e.numbers, e.uploads, e.frequencies, e.parameters, e.dimension)
        shown = ("-" if k is None else f"{k:,}" for k in known)
        rows.append((str(value) if name else "", *shown))
    widths = [max(len(row[k]) for row in rows) for k in range(len(heads))]
    lines = ["  ".join(f"{cell:>{w}}" for cell, w in zip(row, widths, strict=True)) for row in rows]
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
