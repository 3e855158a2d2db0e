"""A training run as text for a terminal of 80 columns: curves, and what every step took."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from qdsl.diagnostics.numbers import count
from qdsl.report.table import aligned
from qdsl.report.terminal import indented
from qdsl.run.result import Training

CURVE = 48  # columns of a curve
ROWS = 5  # of the table of steps
LEVELS = "▁▂▃▄▅▆▇█"


def exactness(t: Training, shots: int | None) -> str:
    """Which of the losses are exact, where some are not; else empty."""
    if shots is None and not t.executions:
        return ""
    which = ["before", "after"]
    which += ["held out"] * (t.held_out_loss is not None) + ["test"] * (t.test_loss is not None)
    return f"the losses {', '.join(which[:-1])} and {which[-1]} are of exact values, without shots"


def training_lines(t: Training, shots: int | None = None) -> list[str]:
    """All lines, indented by two; `shots`: of the run after it."""
    lines = [
        f"  trained by {t.optimiser}, {count(t.steps, 'step')} of {count(t.batch, 'item')}"
        + (", stopped early" if t.stopped_early else ""),
        f"    before: loss {t.loss_before:.6g}{_share(t.accuracy_before)}",
        f"    after:  loss {t.loss_after:.6g}{_share(t.accuracy_after)}",
    ]
    if t.held_out_loss is not None:
        held_out = f"loss {t.held_out_loss:.6g}{_share(t.held_out_accuracy)}"
        lines.append(
            f"    {count(t.held_out, 'item')} held out: {held_out}, after step {t.kept_step}"
        )
    if t.test_loss is not None:
        test = f"loss {t.test_loss:.6g}{_share(t.test_accuracy)}"
        lines.append(f"    {count(t.tested, 'test item')}: {test}, never used in training")
    if exact := exactness(t, shots):
        lines += indented(exact, 4)
    if len(t.losses) > 1:
        lines.append(_curve("loss", t.losses))
    if len(t.held_out_losses) > 1:
        lines.append(_curve("held out", t.held_out_losses))
    lines += indented(t.gradient, 4)
    return [*lines, *_communication(t)]


def _communication(t: Training) -> list[str]:
    if not t.ebits:
        return []
    taken = f"{t.ebits[-1]:,} ebits and {t.classical_bits[-1]:,} classical bits"
    lines = indented(f"training took {t.executions[-1]:,} executions: {taken}", 4)
    lines += _table(t)
    for k, other in enumerate(t.alternatives):
        head = "without qubits: " if k == 0 else "or: "
        lines += indented(f"{head}{other.name}: {other.bits:,} bits = {other.formula}", 4)
    return lines


def _table(t: Training) -> list[str]:
    """What had been taken after some of the steps, the last included."""
    steps = sorted({max(1, round(t.steps * (k + 1) / ROWS)) for k in range(ROWS)})
    header = ("after step", "loss", "ebits", "classical bits")
    columns = list(zip(t.losses, t.ebits, t.classical_bits, strict=True))
    taken = [(k, *columns[k - 1]) for k in steps]
    rows = [(str(k), f"{loss:.4g}", f"{ebits:,}", f"{bits:,}") for k, loss, ebits, bits in taken]
    return ["      " + line for line in aligned([header, *rows])]


def _curve(name: str, values: Sequence[float]) -> str:
    """Means of equal parts of the steps, from the lowest level to the highest."""
    parts = min(CURVE, len(values))
    cuts = [len(values) * k // parts for k in range(parts + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(cuts)]
    low, high = min(means), max(means)
    scale = (len(LEVELS) - 1) / (high - low) if high > low else 0.0
    drawn = "".join(LEVELS[round((m - low) * scale)] for m in means)
    return f"    {name:<9}{drawn}  {values[0]:.4g} to {values[-1]:.4g}"


def _share(accuracy: float | None) -> str:
    return "" if accuracy is None else f", accuracy {accuracy:.4g}"
