"""What limits a program at one point of a sweep, what would help, and how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import inf, log

from qdsl.analysis.critical_path import CriticalPath
from qdsl.analysis.cutting import break_even, error_bound
from qdsl.diagnostics.numbers import duration
from qdsl.network.network import Network
from qdsl.report.design.data import (
    NAMED,
    Bottleneck,
    Design,
    DesignAxis,
    DesignPoint,
    Gain,
    Need,
    PairOrCut,
    fidelity_text,
    time_parts,
)
from qdsl.studies.design.errors import DemandNotReached
from qdsl.studies.design.evaluate import Evaluator
from qdsl.studies.design.levers import Lever, every, least_factor, levers
from qdsl.studies.design.thresholds import rounded


def bottleneck_at(evaluator: Evaluator, network: Network, point: DesignPoint) -> Bottleneck:
    """Of a point that was compiled."""
    gains = tuple(_gains(evaluator, network, point))
    return Bottleneck(
        point, evaluator.path(network), gains, tuple(_cuts(evaluator, network, point))
    )


def _cuts(evaluator: Evaluator, network: Network, point: DesignPoint) -> Iterator[PairOrCut]:
    """By link, for the executions of the job."""
    shots = evaluator.job.shots
    assert point.fidelity is not None
    for cut, fidelity in evaluator.cuts(network):
        link = network.links[cut.link]
        name = f"{network.nodes[link.a].name} -- {network.nodes[link.b].name}"
        yield PairOrCut(
            name, cut, shots, fidelity, error_bound(point.fidelity, 1, shots),
            error_bound(fidelity, cut.together, shots),
            break_even(point.fidelity, fidelity, cut.together),
        )  # fmt: skip


def _gains(evaluator: Evaluator, network: Network, point: DesignPoint) -> Iterator[Gain]:
    """Every resource doubled, or halved, by itself; not where there is no such program."""
    assert point.makespan is not None and point.fidelity is not None and point.ebits is not None
    for lever in levers(network):
        other = evaluator.point(lever.on(network, 2.0), point.at)
        if other.makespan is None or other.fidelity is None or other.ebits is None:
            continue
        factor = other.makespan / point.makespan if point.makespan else 1.0
        changes = tuple(lever.changes(network, 2.0))
        yield Gain(lever.name, changes, other, factor,
                   other.fidelity - point.fidelity, other.ebits - point.ebits)  # fmt: skip


# ---- demands that are not reached --------------------------------------------------------


def best_of(points: Sequence[DesignPoint], needs: tuple[Need, ...]) -> int:
    """The point that misses the demands least."""
    return min(range(len(points)), key=lambda k: (_shortage(points[k], needs), k))


def _shortage(point: DesignPoint, needs: tuple[Need, ...]) -> tuple[int, float]:
    """How many demands are missed, and by which factors, as a sum of logarithms."""
    missed = point.missed(needs)
    return len(missed), sum(_miss(need, point.quantity(need.quantity)) for need in missed)


def _miss(need: Need, found: float | None) -> float:
    if found is None:
        return inf
    if need.is_least:
        lacking = max(1 - need.bound, 1e-12)
        return log(max(1 - found, lacking) / lacking) + 1e-9
    return log(found / max(need.bound, 1e-9))


def not_reached(
    evaluator: Evaluator, network: Network, found: Design, best: DesignPoint
) -> DemandNotReached:
    """`network`: that of the best point."""
    need = best.missed(found.needs)[0]
    value = best.quantity(need.quantity)
    if any(p.meets((need,)) for p in found.points):
        wanted = " and ".join(n.text for n in found.needs), "are not reached together"
    else:
        wanted = need.text, "is not reached"
    over = " and ".join(_range(axis) for axis in found.axes)
    at = ", ".join(f"{a.name} = {a.text(v)}" for a, v in zip(found.axes, best.at, strict=True))
    if value is None:
        change = _least_change(evaluator, network, found.needs)
        return DemandNotReached(*wanted, over, "no program", at, best.note, change)
    said = f"{need.quantity} {need.value_text(value)}"
    limit = _limit(need, best, evaluator.path(network))
    change = _least_change(evaluator, network, found.needs)
    return DemandNotReached(*wanted, over, said, at, limit, change)


def _range(axis: DesignAxis) -> str:
    first, last = axis.text(axis.values[0]), axis.text(axis.values[-1])
    return f"{axis.name} {first}" if first == last else f"{axis.name} from {first} to {last}"


def _limit(need: Need, point: DesignPoint, path: CriticalPath) -> str:
    if need.quantity == "fidelity":
        parts = point.error_parts
        cause = max(parts, key=lambda name: parts[name])
        leave = "leave" if cause.endswith("s") else "leaves"
        return f"{cause} alone {leave} {fidelity_text(1 - parts[cause])}"
    if need.quantity in ("makespan", "mean", "p95"):
        spent = time_parts(path)
        what = max(spent, key=lambda name: spent[name])
        of = f"of the {duration(point.makespan or 0)} at the links' mean rates"
        return f"{what} {'takes' if what == 'waiting' else 'take'} {duration(spent[what])} {of}"
    return "it depends on the qubits and communication qubits of the nodes"


def _is_enough(
    evaluator: Evaluator, network: Network, needs: tuple[Need, ...], lever: Lever, factor: float
) -> bool:
    return evaluator.point(lever.on(network, factor)).meets(needs)


def _least_change(evaluator: Evaluator, network: Network, needs: tuple[Need, ...]) -> str | None:
    """Of the resources of which more is enough by itself, the one of the least factor: of figures,
    and of counts, which a better device does not change."""
    enough: list[tuple[float, int, Lever]] = []
    for k, lever in enumerate(levers(network)):
        factor = least_factor(lever, partial(_is_enough, evaluator, network, needs, lever))
        if factor is not None:
            enough.append((factor, k, lever))
    said = []
    for is_count in (False, True):
        kind = [e for e in enough if (e[2].measure == "count") is is_count]
        if kind:
            factor, _, lever = min(kind, key=lambda e: e[:2])
            said.append(_said(evaluator, network, needs, lever, factor))
    return ", or ".join(said) or None


def _said(
    evaluator: Evaluator, network: Network, needs: tuple[Need, ...], lever: Lever, factor: float
) -> str:
    """In short numbers, if they are enough, too: what is said was computed."""
    if len(lever.changes(network, factor)) <= NAMED:
        is_short = evaluator.point(lever.on(network, factor, is_short=True)).meets(needs)
        changes = lever.changes(network, factor, is_short)
        return " and ".join(f"{c.name} {c.after} instead of {c.before}" for c in changes)
    short = rounded("rate", factor, is_up=True)
    if _is_enough(evaluator, network, needs, lever, short):
        factor = short
    return every(lever, factor)
