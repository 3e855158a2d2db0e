"""`qdsl predict`: the outputs of a trained model for new data."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import click

from qdsl.cli.commands import compile_given
from qdsl.cli.inputs import chosen_experiment, load_program
from qdsl.cli.options import FILE, PATH, program_options, seed_option
from qdsl.cli.output import ProgressLine, echo, exit_if_refuted, reported, write, write_json


@click.command("predict")
@program_options
@click.argument("named", metavar="[EXPERIMENT]", required=False)
@click.option(
    "--params",
    type=PATH,
    required=True,
    metavar="FILE",
    help="Trained parameters: .npz, .safetensors, or a folder with a checkpoint.",
)
@click.option(
    "--data",
    type=FILE,
    required=True,
    metavar="FILE",
    help="The new data, with the columns or arrays that the experiment names.",
)
@seed_option
@click.option("--output", "-o", type=FILE, help="Write the table to this file, as CSV.")
def command(named: str | None, params: Path, data: Path, output: Path | None, **given: Any) -> None:
    """Run a trained model on new data; write one CSV row per item."""
    if named is not None and given["experiment"] not in (None, named):
        raise click.UsageError("two different experiments were named")
    with reported(given["as_json"]):
        program = load_program(given)
        given["experiment"] = chosen_experiment(
            program, given["model"], named or given["experiment"]
        )
        compiled = compile_given(given, program=program)
        exit_if_refuted(compiled, given)
        with ProgressLine(given["quiet"]) as progress:
            progress.say("predicting")
            found = compiled.predict(params, data, given.get("seed"))
        for note in found.notes:
            echo(f"note: {note}", err=True)
        if given["as_json"]:
            labels = None if found.labels is None else found.labels.tolist()
            outputs = [o.tolist() for o in found.outputs]
            document = {"schema": "qdsl-prediction/1", "outputs": outputs, "labels": labels}
            document |= {"loss": found.loss, "accuracy": found.accuracy}
            write_json(document | {"notes": list(found.notes)}, output)
            return
        table = io.StringIO()
        csv.writer(table, lineterminator="\n").writerows(found.rows())
        write(table.getvalue(), output)
        judged = [f"loss {found.loss:.6g}"] if found.loss is not None else []
        judged += [f"accuracy {found.accuracy:.4g}"] if found.accuracy is not None else []
        if output is not None:
            echo(", ".join([f"{len(found.outputs[0])} items to {output}", *judged]))
        elif judged:
            echo(", ".join(judged), err=True)  # beside the table
