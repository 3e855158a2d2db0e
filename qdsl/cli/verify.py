"""`qdsl verify`: is a compiled program equal to its source, or to another program?"""

from __future__ import annotations

import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli.options import PATH, passes_options, settings_of, source_options
from qdsl.cli.output import EXIT_INPUT, ProgressLine, echo, reported, write_json
from qdsl.files.reading import read_bounded

if TYPE_CHECKING:
    from qdsl.api import Program
    from qdsl.ir.stages import Circuit
    from qdsl.verify.result import Check, Verification

SCHEMA = "qdsl-verification/1"
WIDTH = 80
_SAID = {True: "equal; ", False: "NOT EQUAL; ", None: ""}


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

    Exits with 1 if a method finds a difference, and with 0 otherwise, even without a proof.
    """
    if against_model and other is None:
        raise click.UsageError("--against-model requires --against")
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
                right, read = _other(other, against_model, given)
                imports += [check for check in read if check not in imports]
                names[1] = other.name
                left = _left(program, given, other, right)
                found = compare_sources(left, right)
                if _is_file(other) == _is_file(given["file"]):  # a file says nothing but its bits
                    found = Verification((*found.checks, compare_returns(left, right)))
                checks = _both(checks, found, given["file"].name)
        checks = replace(checks, imports=tuple(imports))
    _show(names, checks, given["as_json"])
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


def _other(
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


def _verdict(found: Verification) -> str:
    if found.verified:
        return "equal from |0...0>, proved" if found.is_from_zero else "equal, proved"
    return "NOT EQUAL" if found.refuted else "undecided: no method found a proof or a difference"


def _plain(check: Check) -> dict[str, Any]:
    more = {"help": advice} if (advice := _help(check)) else {}
    return {"method": check.method, "equal": check.equal, "detail": check.detail, **more}


def _help(check: Check) -> str:
    from qdsl.verify.result import AdvisedCheck

    return check.help if isinstance(check, AdvisedCheck) else ""


def _show(names: list[str], found: Verification, as_json: bool) -> None:
    verdict = "equal" if found.verified else "different" if found.refuted else "undecided"
    if as_json:
        document = {"schema": SCHEMA, "left": names[0], "right": names[1], "verdict": verdict,
                    "checks": [_plain(c) for c in found.checks]}  # fmt: skip
        if found.imports:
            document["imports"] = [_plain(c) for c in found.imports]
        write_json(document)
        return
    lines = textwrap.wrap(f"{names[0]}, against {names[1]}: {_verdict(found)}", WIDTH)
    for c in (*found.checks, *found.imports):
        text = f"{c.method}: {_SAID[c.equal]}{c.detail}"
        lines += textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
        help_line = f"= help: {advice}" if (advice := _help(c)) else ""
        lines += textwrap.wrap(help_line, WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 12)
    echo("\n".join(lines))
