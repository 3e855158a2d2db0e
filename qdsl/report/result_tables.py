"""What a run gave, as tables of text: every number of the JSON form."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qdsl.diagnostics.numbers import count, integer, likeliest
from qdsl.report.network_models import run_text, simulation_text
from qdsl.report.table import ReportTable
from qdsl.report.text_training import exactness
from qdsl.report.words import means_over, network_text, of_first_item, said_of_classes
from qdsl.run.result import OutputResult, RunResult, Training

MOST_ROWS = 1000  # of one table


def result_tables(r: RunResult) -> Iterator[ReportTable]:
    """In reading order; tables without rows are not worth showing."""
    yield _result(r)
    yield _outputs(r)
    yield _items(r)
    yield from (_shares(output, r.items) for output in r.outputs if isinstance(output.values, dict))
    yield _parameters(r)
    if r.training is not None:
        yield _training(r.training, r.shots)
        yield _steps(r.training)
        yield _alternatives(r.training)
    if r.network is not None:
        rows = tuple(
            (f"{x.a} -- {x.b}", integer(x.ebits), integer(x.classical_bits), integer(x.messages),
             integer(x.disclosed_bits))
            for x in r.network.lines
        )  # fmt: skip
        header = ("nodes", "ebits", "classical bits", "messages", "bits of revealed values")
        note = network_text(r.network)
        yield ReportTable("counted", "Counted between processes", header, rows, notes=(note,))


def number(x: float | None) -> str:
    return "" if x is None else f"{x:.6g}"


def _result(r: RunResult) -> ReportTable:
    title = f"Result of {r.experiment}" if r.experiment else "Result"
    rows = [("run", run_text(r))]
    if r.loss is not None:
        rows.append(("loss", number(r.loss)))
    if r.accuracy is not None:
        right = f"{round(r.accuracy * r.items)} of {count(r.items, 'item')}"
        rows.append(("accuracy", f"{number(r.accuracy)}: {right}"))
    return ReportTable("result", title, ("", ""), tuple(rows), 2, tuple(_notes(r)))


def _notes(r: RunResult) -> Iterator[str]:
    if r.of_source:
        yield "values are of the source circuit, to which the compiled program was proved equal"
    if r.noise is not None:
        yield f"with a model of noise: {r.noise}, F the fidelity above"
    if r.simulation is not None:
        yield simulation_text(r.simulation)
    if r.random_inputs:
        yield f"drawn at random, as no source is given: {', '.join(r.random_inputs)}"
    if r.classes is not None:
        yield said_of_classes(r.classes)


def _outputs(r: RunResult) -> ReportTable:
    found = [o for o in r.outputs if o.mean is not None]
    rows = tuple((o.text, number(o.shown_mean), number(o.standard_error)) for o in found)
    means = means_over(r.items)
    notes = tuple(
        f"{o.text}: encodings succeed with {number(o.success)}, failures count as 0; in units of "
        f"{number(o.scale)}, the square of what they divide by{means and f'; {means}'}"
        for o in found
        if o.success is not None
    )
    return ReportTable("outputs", "Outputs", ("output", "mean", "standard error"), rows, 1, notes)


def _items(r: RunResult) -> ReportTable:
    """Values by item, where there are several."""
    found = [o for o in r.outputs if not isinstance(o.values, dict) and r.items > 1]
    header = ("item", *(o.text for o in found))
    columns = [[number(v) for v in o.values] for o in found]
    rows = tuple((str(k), *cells) for k, cells in enumerate(zip(*columns, strict=True), start=1))
    rest = r.items - len(rows)
    notes = (f"and {count(rest, 'more item')}",) if rows and rest else ()
    return ReportTable("items", "Values by item", header, rows, notes=notes)


def _shares(output: OutputResult, items: int) -> ReportTable:
    shares = likeliest(output.values)
    rows = tuple((outcome, number(share)) for outcome, share in shares[:MOST_ROWS])
    notes = [of_first_item(items)] if items > 1 else []
    if len(shares) > MOST_ROWS:
        notes.append(f"and {count(len(shares) - MOST_ROWS, 'more outcome')}, in the JSON form")
    title = f"Outcomes of {output.text}"
    return ReportTable("outcomes", title, ("outcome", "share"), rows, notes=tuple(notes))


def _parameters(r: RunResult) -> ReportTable:
    rows: list[tuple[str, str]] = []
    for name, values in (r.parameters or {}).items():
        for index, value in np.ndenumerate(np.asarray(values, np.float64)):
            rows.append((name + "".join(f"[{k}]" for k in index), number(float(value))))
    rest = len(rows) - MOST_ROWS
    notes = (f"and {count(rest, 'more parameter')}, in the JSON form",) if rest > 0 else ()
    header = ("parameter", "value")
    return ReportTable("parameters", "Parameters", header, tuple(rows[:MOST_ROWS]), notes=notes)


def _training(t: Training, shots: int | None) -> ReportTable:
    """What the training saw before, after, and of items that it kept back."""
    rows = [
        ("before", "", number(t.loss_before), number(t.accuracy_before)),
        ("after", "", number(t.loss_after), number(t.accuracy_after)),
    ]
    if t.held_out_loss is not None:
        held_out = (integer(t.held_out), number(t.held_out_loss), number(t.held_out_accuracy))
        rows.append(("held out", *held_out))
    if t.test_loss is not None:
        test = (integer(t.tested), number(t.test_loss), number(t.test_accuracy))
        rows.append(("test, never used in training", *test))
    early = ", stopped early" if t.stopped_early else ""
    notes = [
        f"trained by {t.optimiser}, {count(t.steps, 'step')} of {count(t.batch, 'item')}{early}",
        t.gradient,
    ]
    if t.kept_step is not None:
        notes.insert(1, f"parameters are those after step {t.kept_step}")
    notes += [t.noise] if t.noise is not None else []
    notes += [said] if (said := exactness(t, shots)) else []
    if t.ebits:
        notes.append(
            f"training took {integer(t.executions[-1])} executions: {integer(t.ebits[-1])} ebits "
            f"and {integer(t.classical_bits[-1])} classical bits"
        )
    header = ("", "items", "loss", "accuracy")
    return ReportTable("training", "Training", header, tuple(rows), notes=tuple(notes))


def _steps(t: Training) -> ReportTable:
    """The loss of every step's batch before it, and what had been taken after it."""
    columns: list[tuple[str, list[str]]] = [("loss", [number(x) for x in t.losses])]
    if t.held_out_losses:
        columns.append(("loss held out, after it", [number(x) for x in t.held_out_losses]))
    taken = (("executions", t.executions), ("ebits", t.ebits), ("classical bits", t.classical_bits))
    columns += [(name, [integer(n) for n in numbers]) for name, numbers in taken if numbers]
    cells = zip(*(column for _, column in columns), strict=True)
    rows = [(str(k), *row) for k, row in enumerate(cells, start=1)]
    rest = len(rows) - MOST_ROWS
    notes = (f"and {count(rest, 'more step')}, in the JSON form",) if rest > 0 else ()
    header = ("step", *(name for name, _ in columns))
    return ReportTable("steps", "Steps of the training", header, tuple(rows[:MOST_ROWS]), 1, notes)


def _alternatives(t: Training) -> ReportTable:
    rows = tuple((a.name, a.formula, integer(a.bits)) for a in t.alternatives)
    header = ("how", "formula", "bits")
    return ReportTable("alternatives", "Trained without qubits", header, rows, 2)
