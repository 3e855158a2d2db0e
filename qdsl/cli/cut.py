"""`qdsl cut`: circuit cutting on some links in place of pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli import completion
from qdsl.cli.inputs import load_program, read_values
from qdsl.cli.options import PATH, emit_option, program_options, seed_option, values_option
from qdsl.cli.output import (
    ProgressLine,
    echo,
    exit_if_refuted,
    make_folder,
    reported,
    save,
    write_json,
)

if TYPE_CHECKING:
    from qdsl.run.cutting.hybrid import HybridProgram

FILES = "qdsl-cut-files/1"


@click.command("cut")
@program_options
@click.option(
    "--link",
    "links",
    multiple=True,
    metavar="NODE--NODE",
    shell_complete=completion.links,
    help="Link whose pairs are prepared apart. May be given several times.",
)
@click.option(
    "--shots",
    type=click.IntRange(1),
    help="Number of executions, each with preparations of its own [default: all variants, exactly]",
)
@seed_option
@values_option
@click.option("--params", type=PATH, metavar="FILE", help="Run with these parameters.")
@click.option("--noise", is_flag=True, help="Simulate the noise of the network, gate by gate.")
@emit_option("Write the variants for a target: tket, qiskit, qasm3, ...")
@click.option("--output", "-o", type=PATH, metavar="FOLDER", help="Folder for --emit.")
def command(
    links: tuple[str, ...],
    shots: int | None,
    values: Path | None,
    params: Path | None,
    noise: bool,
    target: str | None,
    output: Path | None,
    **given: Any,
) -> None:
    """Cut links: prepare the halves of their pairs apart, at random.

    Results are weighted by signs, so that their means are those with pairs.
    """
    from qdsl.cli.commands import compile_given

    if (target is None) != (output is None):
        raise click.UsageError("--emit TARGET and --output FOLDER require each other")
    if target is not None and (noise or params is not None):
        raise click.UsageError("--noise and --params run the variants: remove --emit")
    with reported(given["as_json"]):
        compiled = compile_given(given, program=load_program(given))
        exit_if_refuted(compiled, given)
        hybrid, arrays = compiled.cut(*links), read_values(values)
        if target is not None and output is not None:
            _emit(hybrid, target, output, arrays, shots, given)
            return
        with ProgressLine(given["quiet"]) as progress:
            result = hybrid.run(
                arrays,
                shots=shots,
                seed=given["seed"],
                noise=noise,
                params=params,
                on_variant=lambda k, of: progress.bar(k, of, f"variant {k}/{of}"),
            )
        from qdsl.report.cutting import hybrid_json, render_hybrid

        if given["as_json"]:
            write_json(hybrid_json(hybrid, result, compiled.program.source.path))
        else:
            echo(render_hybrid(hybrid, result), nl=False)


def _emit(
    hybrid: HybridProgram,
    target: str,
    folder: Path,
    values: dict[str, Any] | None,
    shots: int | None,
    given: dict[str, Any],
) -> None:
    from qdsl.diagnostics.numbers import count
    from qdsl.run.cutting.files import MANIFEST, variant_files

    made = list(variant_files(hybrid, target, values, shots, given["seed"] or 0))
    make_folder(folder)
    for name, text in made:
        save(text if text.endswith("\n") else f"{text}\n", folder / name)
    names = [name for name, _ in made]
    if given["as_json"]:
        write_json({"schema": FILES, "folder": str(folder), "files": names})
        return
    said = f"{count(hybrid.pairs, 'pair')} cut: {count(len(names) - 1, 'file')}"
    echo(f"{said}, and their weights in {folder / MANIFEST}")
