"""What a sweep answers, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.diagnostics.numbers import count, duration
from qdsl.report.design.data import (
    Bottleneck,
    Design,
    DesignPoint,
    Threshold,
    fidelity_text,
    time_parts,
)


def title_of(found: Design) -> str:
    over = " and ".join(a.name for a in found.axes)
    return f"{found.model} over {over}: {count(len(found.points), 'point')}"


def at_text(found: Design, point: DesignPoint) -> str:
    """`link.rate = 812 Hz, node.comm = 2`."""
    named = zip(found.axes, point.at, strict=True)
    return ", ".join(f"{axis.name} = {axis.text(v)}" for axis, v in named)


def answer_lines(found: Design) -> Iterator[str]:
    """From where on the needs hold. Nothing without needs; of two axes an introduction."""
    if not found.needs:
        return
    needs = " and ".join(n.text for n in found.needs)
    if found.unreached is not None:
        yield f"Needed: {needs}. No point of this sweep meets that."
        return
    if len(found.axes) == 1:
        yield f"Needed: {needs}. {' '.join(_said(found, t) for t in found.thresholds)}"
    else:
        first, second = found.axes
        missing = len(second.values) - len({t.others for t in found.thresholds})
        never = f" (for {count(missing, 'value')}, none of the range)" if missing else ""
        yield (
            f"Needed: {needs}. By {second.name}, the {first.name} that is enough, to 1 %{never}:"
        )
    if not found.is_monotone:
        yield "That is not monotonic: there are several ranges in which it holds."


def unreached_lines(found: Design) -> Iterator[str]:
    """What the diagnostic says."""
    problem = found.unreached
    if problem is not None:
        yield f"{problem.message}. {problem.why} {problem.help}."


def _said(found: Design, t: Threshold) -> str:
    axis = found.axes[0]
    value = axis.text(t.value)
    if t.is_edge:
        end = "least" if t.is_least else "largest"
        return f"It holds at every value, {axis.name} = {value} included, the {end} of the range."
    binding = " and ".join(n.quantity for n in t.binding)
    which = "at least" if t.is_least else "at most"
    how = "exactly" if axis.measure == "count" else "to 1 %"
    side = "below" if t.is_least else "above"
    return f"That takes {axis.name} of {which} {value}, {how}; {side} it, {binding} is missed."


def limit_lines(b: Bottleneck) -> Iterator[str]:
    """The largest part of the error and of the time, and the other parts."""
    point = b.point
    assert point.fidelity is not None and point.makespan is not None
    value = fidelity_text(point.fidelity)
    parts = sorted(point.error_parts.items(), key=lambda part: -part[1])
    listed = ", ".join(f"{name} {error:.3g}" for name, error in parts if error > 0)
    if b.cause is None:
        yield f"fidelity {value}: nothing goes wrong, as far as the network says"
    else:
        yield f"fidelity {value}, by {b.cause} above all; errors: {listed}"
    spent = sorted(time_parts(b.path).items(), key=lambda part: -part[1])
    listed = ", ".join(f"{name} {duration(ns)}" for name, ns in spent if ns)
    if b.time is None:
        yield "makespan 0: nothing takes time, as far as the network says"
    else:
        yield (
            f"makespan {duration(point.makespan)}, by {b.time} above all; "
            f"along the critical path: {listed}"
        )
