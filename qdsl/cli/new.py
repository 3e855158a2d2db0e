"""`qdsl new`: a program to begin with, explained line by line."""

from __future__ import annotations

from pathlib import Path
from pkgutil import get_data

import click

from qdsl.cli.options import FILE
from qdsl.cli.output import echo, save

KINDS = {"model": (".qdm", ".csv"), "circuit": (".qdm",), "federated": (".qdm",)}


@click.command("new")
@click.argument("file", type=FILE, metavar="FILE.qdm")
@click.option(
    "--kind",
    type=click.Choice(list(KINDS)),
    default="model",
    show_default=True,
    help="A model to train, a circuit to distribute, or a model of several owners.",
)
def command(file: Path, kind: str) -> None:
    """Write a commented program to begin with."""
    if file.suffix != ".qdm" or not file.stem.strip():
        raise click.UsageError(f"the file has to end in .qdm, such as {file.stem or 'first'}.qdm")
    written = [file.with_suffix(ending) for ending in KINDS[kind]]
    there = [str(path) for path in written if path.exists()]
    if there:
        raise click.UsageError(f"{' and '.join(there)} exist already: choose another name")
    for path in written:
        save(starter(kind, path.suffix, file.stem), path)
        echo(f"wrote {path}")
    echo(f"Next: qdsl compile {file}, or qdsl watch {file} --open")


def starter(kind: str, ending: str, name: str) -> str:
    """The text of a starter, under a name of the user's."""
    text = (get_data("qdsl.cli", f"starters/{kind}{ending}") or b"").decode()
    return text.replace("NAME", name)
