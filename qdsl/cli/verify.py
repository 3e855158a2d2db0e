"""`qdsl verify`: is a compiled program equal to its source, or to another program?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli.judging import is_distributed, judge, show_judged
from qdsl.cli.options import PATH, passes_options, settings_of, source_options
from qdsl.cli.output import EXIT_INPUT, ProgressLine, reported
from qdsl.cli.verdicts import show
from qdsl.files.reading import read_bounded

if TYPE_CHECKING:
    from qdsl.api import Compiled
    from qdsl.ir.stages import Circuit
    from qdsl.verify.result import Check, Verification


@click.command("verify")
@source_options
@passes_options
@click.option(
    "--against",
    "other",
    type=PATH,
    metavar="OTHER",
    help="Compare with this program instead: a .qdm file or an OpenQASM file.",
)
@click.option("--against-model", metavar="NAME", help="Model of OTHER; required if it has several.")
@click.option("--strict", is_flag=True, help="Also exit with 1 if the comparison is undecided.")
def command(other: Path | None, against_model: str | None, strict: bool, **given: Any) -> None:
    """Prove a compiled program equal to its source.

    A file that another compiler distributed is verified against the circuit of --against, and what
    it costs is counted.

    Exits with 1 if a method finds a difference, and with 0 otherwise, even without a proof.
    """
    if against_model and other is None:
        raise click.UsageError("--against-model requires --against")
    with reported(given["as_json"]):
        is_theirs = other is not None and is_distributed(given["file"])
    if is_theirs and other is not None:
        with reported(given["as_json"]):
            source, read = other_source(other, against_model, given)
            judged = judge(source, given)
        show_judged([given["file"].name, other.name], judged, read, given["as_json"])
        if not judged.is_valid and (judged.is_invalid or strict):
            sys.exit(EXIT_INPUT)
        return
    with reported(given["as_json"]):
        from qdsl.cli.commands import compile_given

        given["verify"] = False
        compiled = compile_given(given)
        names = [f"{given['file'].name}, compiled", "its source" if other is None else other.name]
        with ProgressLine(given["quiet"]) as progress:
            progress.say("comparing")
            if other is None:
                checks = compiled.verify()
            else:
                checks = _verified_against(compiled, other, against_model, given)
    show(names, checks, given["as_json"])
    if checks.refuted or (strict and not checks.verified):
        sys.exit(EXIT_INPUT)


def _verified_against(
    compiled: Compiled, other: Path, model: str | None, given: dict[str, Any]
) -> Verification:
    from qdsl.interchange.against import verify_against

    _require_readable(other)
    settings, folders = settings_of(given["settings"]), given["folders"]
    return verify_against(compiled, other, model=model, settings=settings, folders=folders)


def other_source(
    file: Path, model: str | None, given: dict[str, Any]
) -> tuple[Circuit, tuple[Check, ...]]:
    """The other program, every returned bit on a qubit of its own, and what two readings of the
    files that it imports said."""
    from qdsl.interchange.against import source_of

    _require_readable(file)
    return source_of(file, model, settings_of(given["settings"]), given["folders"])


def _require_readable(file: Path) -> None:
    """The file of a circuit holds text."""
    from qdsl.language.syntax.files import MAX_CIRCUIT_BYTES

    if file.suffix.lower() in (".qdm", ".qpy"):
        return
    try:
        read_bounded(file, MAX_CIRCUIT_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} cannot be read: {error}") from None
