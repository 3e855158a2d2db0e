"""What the time of one execution is used for."""

from __future__ import annotations

import numpy as np

from qdsl.analysis.critical_path import CriticalPath, critical_path
from qdsl.ir.durations import link_of_rows
from qdsl.ir.stages import ScheduledCircuit
from qdsl.network.network import Link
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class LinkUse:
    """`busy`: the share of the makespan in which each of the link's channels makes pairs that are
    used, on average and at mean rates. None where pairs are instantly there."""

    a: str
    b: str
    channels: int
    busy: float | None


@dataclass(frozen=True, slots=True)
class TimeUse:
    """The makespan by cause, and the links that are used."""

    path: CriticalPath
    links: tuple[LinkUse, ...]


def time_use(ir: ScheduledCircuit) -> TimeUse | None:
    """None where nothing takes time."""
    if not ir.makespan_ns:
        return None
    names = [node.name for node in ir.network.nodes]
    link = link_of_rows(ir.distributed)
    pairs = np.bincount(link[link >= 0], minlength=len(ir.network.links)).tolist()
    found = tuple(
        LinkUse(names[x.a], names[x.b], x.physics.channels, _busy(x, n, ir.makespan_ns))
        for x, n in zip(ir.network.links, pairs, strict=True)
        if n
    )
    return TimeUse(critical_path(ir), found)


def _busy(link: Link, pairs: int, makespan_ns: int) -> float | None:
    if link.pair_rate_hz is None:
        return None
    return min(1.0, pairs * 1e9 / link.pair_rate_hz / (link.physics.channels * makespan_ns))
