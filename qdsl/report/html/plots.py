"""Curves of a report: training and scaling."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from qdsl.analysis.findings import Scaling, SweepPoint
from qdsl.drawing.curves import Curve, curves_picture, spreads
from qdsl.report.html.elements import figure
from qdsl.run.result import Training

MOST_POINTS = 600  # of a curve; of more, evenly spread ones


def training_plots(training: Training | None) -> str:
    """The losses of every step, and the communication up to it where it was counted."""
    return "" if training is None else _loss_plot(training) + _communication_plot(training)


def _loss_plot(t: Training) -> str:
    curves = _drawable(
        _curve("on the step's batch, before it", _finite(t.losses), "loss"),
        _curve("held out, after the step", _finite(t.held_out_losses), "held-out"),
    )
    if not curves:
        return ""
    title = f"Loss over {t.steps} training steps, from {t.losses[0]:.4g} to {t.losses[-1]:.4g}"
    is_log = spreads(curves)
    drawn = curves_picture(curves, title, "step", "loss", log_y=is_log, live=True)
    return figure(drawn, "Loss on each step's batch" + ("; logarithmic." if is_log else "."))


def _communication_plot(t: Training) -> str:
    both = _drawable(
        _curve("ebits so far", _finite(t.ebits), "ebits"),
        _curve("classical bits so far", _finite(t.classical_bits), "bits", dashed=True),
    )
    curves = [c for c in both if min(c.ys) > 0]
    if not curves:
        return ""
    title = f"Communication of {t.steps} training steps: {t.ebits[-1]} ebits"
    return figure(
        curves_picture(curves, title, "step", "ebits or bits", log_y=True, live=True),
        "Communication of all steps up to each; logarithmic.",
    )


def _finite(values: Sequence[float]) -> list[tuple[float, float]]:
    return [(float(k + 1), y) for k, y in enumerate(values) if isfinite(y)]


def scaling_plots(found: Scaling) -> str:
    """Ebits and the best classical protocol's bits over every axis, the others at their least."""
    return "".join(_scaling_plot(found, axis.name) for axis in found.axes)


def _scaling_plot(found: Scaling, name: str) -> str:
    others = {a.name: min(a.values) for a in found.axes if a.name != name}
    line = [p for p in found.points if others.items() <= dict(p.settings).items()]
    alike = all(p.total_ebits == p.ebits for p in line)  # one execution is enough
    every = [] if alike else _points(line, name, "total_ebits")
    curves = _drawable(
        _curve("ebits, one execution", _points(line, name, "ebits"), "ebits", dashed=not alike),
        _curve("ebits, all executions", every, "ebits"),
        _curve("best classical, bits", _points(line, name, "baseline_bits"), "classical"),
    )
    if not curves:
        return ""
    fixed = ", ".join(f"{k} = {v}" for k, v in others.items())
    caption = f"Over {name}" + (f", at {fixed}" if fixed else "") + "; logarithmic."
    title = f"Communication over {name}"
    drawn = curves_picture(curves, title, name, "ebits or bits", log_y=True, live=True)
    return figure(drawn, caption)


def _points(line: list[SweepPoint], name: str, key: str) -> list[tuple[float, float]]:
    pairs = ((dict(p.settings).get(name), getattr(p, key)) for p in line)
    return [(x, y) for x, y in pairs if x is not None and y is not None and y > 0]


def _drawable(*curves: Curve) -> list[Curve]:
    return [c for c in curves if len(c.xs) > 1]


def _curve(
    name: str, points: list[tuple[float, float]], meaning: str, dashed: bool = False
) -> Curve:
    step = max(1, -(-len(points) // MOST_POINTS))
    kept = points[::step]
    if points and kept[-1] != points[-1]:
        kept.append(points[-1])
    return Curve(name, [x for x, _ in kept], [y for _, y in kept], meaning, dashed)
