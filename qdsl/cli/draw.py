"""`qdsl draw`: the distributed circuit as a picture or as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qdsl.cli.commands import compile_given
from qdsl.cli.options import PATH, source_options
from qdsl.cli.output import reported, save, write


@click.command("draw")
@source_options
@click.option("--output", "-o", type=PATH, metavar="FILE",
              help="FILE.svg, .png, .pdf, .tex (quantikz), .txt, .json (Perfetto).")  # fmt: skip
@click.option("--width", type=click.IntRange(40), default=80, show_default=True,
              help="Longest line of a drawing as text.")  # fmt: skip
def command(output: Path | None, width: int, **given: Any) -> None:
    """Draw the distributed circuit, or its schedule for Perfetto."""
    from qdsl.drawing.forms import FORMS

    ending = ".txt" if output is None else output.suffix.lower()
    form = next((name for name, known in FORMS.items() if known == ending), None)
    if form is None:
        known = ", ".join(FORMS.values())
        raise click.UsageError(f"cannot draw '{ending}' files; there are {known}")
    with reported(given["as_json"]):
        compiled = compile_given({**given, "verify": False})
        drawn = compiled.draw(form, width)
        if isinstance(drawn, bytes) and output is not None:
            save(drawn, output)
        else:
            write(str(drawn), output)
