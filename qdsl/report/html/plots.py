"""Curves of a report: training and scaling."""

from __future__ import annotations

from math import isfinite

from qdsl.analysis.findings import Scaling, SweepPoint
from qdsl.drawing.curves import Curve, curves_picture
from qdsl.report.data import Training
from qdsl.report.html.elements import figure

MOST_POINTS = 600  # of a curve; of more, evenly spread ones
MOST_CURVES = 6


def loss_plot(training: Training | None) -> str:
    """The loss before every step."""
    losses = training.losses if training is not None else ()
    points = [(float(k), loss) for k, loss in enumerate(losses) if isfinite(loss)]
    if len(points) < 2:
        return ""
    curve = _curve("loss", points)
    title = f"Loss over {len(losses)} training steps, from {losses[0]:.4g} to {losses[-1]:.4g}"
    caption = "Loss on each step's batch, before the step."
    return figure(curves_picture([curve], title, "step", "loss"), caption)


def scaling_plots(found: Scaling) -> str:
    """Ebits and the best classical protocol's bits over every axis, the others at their least."""
    return "".join(_scaling_plot(found, axis.name) for axis in found.axes)


def _scaling_plot(found: Scaling, name: str) -> str:
    others = {a.name: min(a.values) for a in found.axes if a.name != name}
    line = [p for p in found.points if others.items() <= dict(p.settings).items()]
    curves = [
        c for c in (
            _curve("ebits, one execution", _points(line, name, "ebits")),
            _curve("ebits, all executions", _points(line, name, "total_ebits")),
            _curve("best classical, bits", _points(line, name, "baseline_bits")),
        ) if len(c.xs) > 1
    ]  # fmt: skip
    if not curves:
        return ""
    fixed = ", ".join(f"{k} = {v}" for k, v in others.items())
    caption = f"Over {name}" + (f", at {fixed}" if fixed else "") + "; logarithmic."
    drawn = curves_picture(curves, f"Communication over {name}", name, "ebits or bits", log_y=True)
    return figure(drawn, caption)


def _points(line: list[SweepPoint], name: str, key: str) -> list[tuple[float, float]]:
    pairs = ((dict(p.settings).get(name), getattr(p, key)) for p in line)
    return [(x, y) for x, y in pairs if x is not None and y is not None and y > 0]


def _curve(name: str, points: list[tuple[float, float]]) -> Curve:
    step = max(1, -(-len(points) // MOST_POINTS))
    kept = points[::step]
    if points and kept[-1] != points[-1]:
        kept.append(points[-1])
    return Curve(name, [x for x, _ in kept], [y for _, y in kept])
