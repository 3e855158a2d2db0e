"""What the commands read: programs, saved reports, values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli.output import ProgressLine, show_diagnostics
from qdsl.files.reading import read_bounded

if TYPE_CHECKING:
    from qdsl.api import Program
    from qdsl.diagnostics.diagnostic import Diagnostic

LARGEST_PAGE = 2**28  # bytes


def load_program(given: dict[str, Any]) -> Program:
    """The program; its warnings are shown. `given["network"]` becomes what `compile` takes: an
    OpenQASM file has a program made around it, and a network may be in a file of its own."""
    import qdsl

    with ProgressLine(given["quiet"]) as progress:
        progress.say(f"reading {given['file']}")
        if Path(given["file"]).suffix.lower() in (".qasm", ".stim", ".qpy"):
            from qdsl.interchange.programs import program_of

            program = program_of(Path(given["file"]))
        else:
            program = qdsl.load(given["file"], given["folders"])
        given["network"], warnings = _network(program, given.get("network"))
    if warnings := (*program.warnings, *warnings):
        show_diagnostics(warnings, False)
    return program


def _network(program: Program, network: str | None) -> tuple[Any, tuple[Diagnostic, ...]]:
    """The name of one of the program's networks, or the network in a file or an expression, and
    what is to be warned of there."""
    if network is None or network in program.checked.networks:
        return network, ()
    if not ("(" in network or Path(network).suffix):
        return network, ()  # refused with those that there are
    from qdsl.interchange.programs import network_program, only_network

    made = network_program(network, "--network")
    return only_network(made), made.warnings


def chosen_experiment(program: Program, model: str | None, name: str | None) -> str | None:
    """The one named, else the only one there is, None if there is none. UsageError if there are
    several."""
    if name is None and model is None and len(program.experiments) == 1:
        return program.experiments[0]
    return name or program.only_experiment(program.model_of(model, None))


def read_values(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    from qdsl.data.files import read_archive

    return dict(read_archive(path))


def page_before(page: Path) -> str:
    """What stands in a page that is to be written; nothing if there is none."""
    try:
        there = page.exists()
        return read_bounded(page, LARGEST_PAGE).decode(errors="replace") if there else ""
    except OSError as error:
        raise click.UsageError(f"cannot read {page}: {error.strerror}") from None
