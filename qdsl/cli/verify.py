"""`qdsl verify`: is a compiled program equal to its source, or to another program?"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli.judging import is_distributed, judge, show_judged
from qdsl.cli.options import PATH, passes_options, settings_of, source_options
from qdsl.cli.output import EXIT_INPUT, ProgressLine, reported
from qdsl.cli.verdicts import show
from qdsl.files.reading import read_bounded

if TYPE_CHECKING:
    from qdsl.api import Program
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
    if other is not None and is_distributed(given["file"]):
        with reported(given["as_json"]):
            source, read = other_source(other, against_model, given)
            judged = judge(source, given)
        show_judged([given["file"].name, other.name], judged, read, given["as_json"])
        if not judged.is_valid and (judged.is_invalid or strict):
            sys.exit(EXIT_INPUT)
        return
    with reported(given["as_json"]):
        from qdsl.cli.commands import compile_given
        from qdsl.cli.inputs import load_program
        from qdsl.verify.methods import compare, compare_returns, compare_sources
        from qdsl.verify.result import Verification

        given["verify"] = False
        program = load_program(given)
        compiled = compile_given(given, program=program)
        names = [f"{given['file'].name}, compiled", "its source"]
        with ProgressLine(given["quiet"]) as progress:
            progress.say("comparing")
            imports = list(compiled.imports)
            checks = compare(compiled.circuit, compiled.scheduled, thorough=True)
            if other is not None:
                right, read = other_source(other, against_model, given)
                imports += [check for check in read if check not in imports]
                names[1] = other.name
                left = _left(program, given, other, right)
                found = compare_sources(left, right)
                if _is_file(other) == _is_file(given["file"]):  # a file says nothing but its bits
                    found = Verification((*found.checks, compare_returns(left, right)))
                checks = _both(checks, found, given["file"].name)
        checks = replace(checks, imports=tuple(imports))
    show(names, checks, given["as_json"])
    if checks.refuted or (strict and not checks.verified):
        sys.exit(EXIT_INPUT)


def _is_file(path: Path) -> bool:
    return path.suffix.lower() != ".qdm"


def _left(program: Program, given: dict[str, Any], other: Path, right: Circuit) -> Circuit:
    """The program's source, every returned bit on a qubit of its own. Beside a file that has
    bits, a model that returns none shows all that it declares."""

    def lowered(show: str) -> Circuit:
        return program.lower(
            given["model"], experiment=given["experiment"], network=given["network"],
            settings=settings_of(given["settings"]), show=show,
        )  # fmt: skip

    left = lowered("returned")
    if _is_file(other) and not _is_file(given["file"]) and left.n_results != right.n_results:
        return lowered("declared")
    return left


def other_source(
    file: Path, model: str | None, given: dict[str, Any]
) -> tuple[Circuit, tuple[Check, ...]]:
    """The other program, every returned bit on a qubit of its own, and what two readings of the
    files that it imports said."""
    import qdsl
    from qdsl.interchange.programs import program_of
    from qdsl.language.syntax.files import MAX_CIRCUIT_BYTES
    from qdsl.run.imported_files import read_twice

    if _is_file(file):
        try:
            read_bounded(file, MAX_CIRCUIT_BYTES).decode()
        except (OSError, UnicodeDecodeError) as error:
            raise click.UsageError(f"{file} cannot be read: {error}") from None
        program = program_of(file)
        return program.lower(show="returned"), read_twice(program.checked)
    program = qdsl.load(file, given["folders"])
    known = set(program.checked.models[program.model_of(model, None)].parameters)
    settings = {k: v for k, v in settings_of(given["settings"]).items() if k in known}
    return program.lower(model, settings=settings, show="returned"), read_twice(program.checked)


def _both(compiled: Verification, sources: Verification, name: str) -> Verification:
    """The program equals its own source, and that the other one: or one of the two fails."""
    from qdsl.verify.result import Verification

    if not compiled.verified:
        return compiled
    first = replace(compiled.checks[0], method=f"{name}: compiled as its source says")
    return Verification((replace(first, equal=None, detail="proved"), *sources.checks))
