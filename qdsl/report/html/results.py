"""What a run gave, for the page."""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.diagnostics.numbers import count, integer, likeliest
from qdsl.drawing.svg import line, picture, safe
from qdsl.report.html.elements import facts, notes, table
from qdsl.report.html.plots import training_plots
from qdsl.report.network_models import simulation_text
from qdsl.report.table import ReportTable
from qdsl.report.text_training import exactness
from qdsl.report.words import means_over, network_text, of_first_item, said_of_classes
from qdsl.run.result import OutputResult, RunResult, Training

MOST_OUTCOMES = 16


def result_parts(r: RunResult) -> Iterator[str]:
    """Loss, accuracy, every output, and how it was trained."""
    scores = []
    if r.loss is not None:
        scores.append(("loss", f"{r.loss:.6g}"))
    if r.accuracy is not None:
        right = round(r.accuracy * r.items)
        scores.append(("accuracy", f"{r.accuracy:.4g}: {right} of {count(r.items, 'item')}"))
    if scores:
        yield facts(scores, "facts")
    yield from (_output(output, r.items) for output in r.outputs)
    if r.classes is not None:
        yield notes([said_of_classes(r.classes)])
    if r.random_inputs:
        yield notes([f"drawn at random, as no source is given: {', '.join(r.random_inputs)}"])
    if r.network is not None:
        yield notes([network_text(r.network)])
    if r.of_source:
        yield notes(
            ["values are of the source circuit, to which the compiled program was proved equal"]
        )
    if r.noise is not None:
        yield notes([f"with a model of noise: {r.noise}, F the fidelity above"])
    if r.simulation is not None:
        yield notes([simulation_text(r.simulation)])
    if r.training is not None:
        yield _training(r.training, r.shots) + training_plots(r.training)
        yield table(_alternatives(r.training))


def _output(output: OutputResult, items: int) -> str:
    name = f"<h3><code>{safe(_clipped(output.text))}</code></h3>"
    if output.mean is not None:
        error = output.standard_error
        mean = f"{output.shown_mean:.6g}" + ("" if error is None else f" ± {error:.2g}")
        encoded = (
            []
            if output.success is None
            else [
                ("encodings succeed", f"{output.success:.4g}, failures count as 0"),
                ("in units of", f"{output.scale:.6g}"),
            ]
        )
        said = [means_over(items)] if encoded and items > 1 else []
        return name + facts([("mean", mean), *encoded], "facts") + (notes(said) if said else "")
    shares = output.values if isinstance(output.values, dict) else {}
    top = likeliest(shares)
    rows = "".join(_share(outcome, share) for outcome, share in top[:MOST_OUTCOMES])
    rest = len(top) - MOST_OUTCOMES
    more = notes([f"and {count(rest, 'more outcome')}"]) if rest > 0 else ""
    more += notes([of_first_item(items)]) if items > 1 else ""
    head = '<thead><tr><th scope="col">outcome</th><th scope="col" class="n">share</th><td></td>'
    return (
        f'{name}<div class="scroll" tabindex="0" role="region" aria-label="Outcomes">'
        f'<table class="t-shares">{head}</tr></thead><tbody>{rows}</tbody></table></div>{more}'
    )


def _share(outcome: str, share: float) -> str:
    bar = picture(160, 10, "", line(0, 5, max(160 * share, 0.5), 5, class_="bar"))
    hidden = bar.replace('role="img" aria-label=""', 'aria-hidden="true"')
    return (
        f'<tr><th scope="row"><code>{safe(outcome)}</code></th>'
        f'<td class="n">{share:.4f}</td><td>{hidden}</td></tr>'
    )


def _training(t: Training, shots: int | None) -> str:
    def score(loss: float, accuracy: float | None) -> str:
        return f"loss {loss:.6g}" + ("" if accuracy is None else f", accuracy {accuracy:.4g}")

    rows = [
        ("optimiser", t.optimiser),
        ("steps", f"{t.steps} of {count(t.batch, 'item')}"),
        ("before", score(t.loss_before, t.accuracy_before)),
        ("after", score(t.loss_after, t.accuracy_after)),
        ("gradients", t.gradient.removeprefix("gradients: ")),
    ]
    if t.held_out_loss is not None:
        held_out = f"{score(t.held_out_loss, t.held_out_accuracy)}, after step {t.kept_step}"
        rows.insert(4, (f"{count(t.held_out, 'item')} held out", held_out))
    if t.test_loss is not None:
        test = f"{score(t.test_loss, t.test_accuracy)}, never used in training"
        rows.insert(-1, (count(t.tested, "test item"), test))
    if t.stopped_early:
        rows[1] = ("steps", f"{rows[1][1]}, stopped early")
    if t.noise is not None:
        rows.append(("noise", t.noise))
    if t.ebits:
        taken = f"{t.ebits[-1]:,} ebits, {t.classical_bits[-1]:,} classical bits"
        rows.append(("took", f"{t.executions[-1]:,} executions: {taken}"))
    exact = exactness(t, shots)
    return f"<h3>Training</h3>{facts(rows, 'facts')}{notes([exact]) if exact else ''}"


def _alternatives(t: Training) -> ReportTable:
    rows = tuple((a.name, a.formula, integer(a.bits)) for a in t.alternatives)
    return ReportTable(
        "alternatives", "Trained without qubits", ("how", "formula", "bits"), rows, 2
    )


def _clipped(text: str, most: int = 160) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
