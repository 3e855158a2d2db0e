"""One resource better by a factor, everything else the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import Any, Final

from qdsl.network.models import NodeModel
from qdsl.network.network import Link, Network, Node
from qdsl.records import dataclass
from qdsl.report.design.data import value_text
from qdsl.studies.design.thresholds import rounded

MOST: Final = 2.0**20  # of a factor that is searched for
MOST_WHOLE: Final = 64.0  # of qubits and channels
LONGEST_NS: Final = 10**18
ENOUGH: Final = 1.01  # a factor is found up to 1 %


@dataclass(frozen=True, slots=True)
class Lever:
    """A resource of all links or nodes. `value` is what a link or node has of it, in Hz, s or as a
    number, None where it is perfect, instant or without limit already; `better` gives one with more
    of it by a factor: rates, counts and memory times multiplied, infidelities and durations
    divided."""

    name: str
    measure: str
    is_link: bool
    value: Callable[[Any], float | None]
    better: Callable[[Any, float], Any]
    is_duration: bool = False

    @property
    def most(self) -> float:
        return MOST_WHOLE if self.measure == "count" else MOST

    def on(self, network: Network, factor: float) -> Network:
        if self.is_link:
            return replace(network, links=tuple(self._better(x, factor) for x in network.links))
        return replace(network, nodes=tuple(self._better(x, factor) for x in network.nodes))

    def _better(self, member: Any, factor: float) -> Any:
        return member if self.value(member) is None else self.better(member, factor)

    def worst(self, network: Network) -> float | None:
        members = network.links if self.is_link else network.nodes
        known = [v for x in members if (v := self.value(x)) is not None]
        return (max if self.is_duration else min)(known, default=None)

    def text(self, network: Network, factor: float) -> tuple[str, str]:
        """Its worst value now, and better by the factor."""
        ends = self.worst(network), self.worst(self.on(network, factor))
        perfect = 0.0 if self.is_duration else 1.0
        before, after = (value_text(self.measure, perfect if v is None else v) for v in ends)
        return before, after


def short_factor(lever: Lever, network: Network, factor: float) -> float:
    """The next larger factor that makes a short number of the resource's worst value."""
    before, after = lever.worst(network), lever.worst(lever.on(network, factor))
    if before is None or after is None or lever.measure == "count":
        return factor
    short = rounded(lever.measure, after, not lever.is_duration)
    if lever.measure == "fidelity":
        return (1 - before) / (1 - short) if short < 1 else factor
    return before / short if lever.is_duration else short / before


def levers(network: Network) -> tuple[Lever, ...]:
    """The resources that a network could have more of."""
    return tuple(lever for lever in _LEVERS if lever.worst(network) is not None)


def least_factor(lever: Lever, is_enough: Callable[[float], bool]) -> float | None:
    """The least factor that is enough, up to 1 % above; None if none is. It is taken that more of
    a resource is not worse; the factor that is returned was tried."""
    if not is_enough(lever.most):
        return None
    low, high = 1.0, 2.0
    while high < lever.most and not is_enough(high):
        low, high = high, 2 * high
    while high > ENOUGH * low:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


# ---- links -------------------------------------------------------------------------------


def _rate(link: Link) -> float | None:
    return link.rate_hz if link.physics.attempt_hz is None else None


def _success(link: Link) -> float | None:
    made = link.physics
    return made.success if made.attempt_hz is not None and made.success < 1 else None


def _model(**fields: Callable[[Any, float], Any]) -> Callable[[Any, float], Any]:
    """A change of fields of a model, each from its value and the factor."""

    def better(member: Any, factor: float) -> Any:
        old = member.physics
        new = {k: change(getattr(old, k), factor) for k, change in fields.items()}
        return replace(member, model=replace(old, **new))

    return better


def _purer(link: Link, factor: float) -> Link:
    one, x, y, z = link.pair_state
    x, y, z = x / factor, y / factor, z / factor
    if link.physics.pair_state is None:
        return replace(link, fidelity=1 - (1 - one) / factor)
    state = (1 - x - y - z, x, y, z)
    model = replace(link.physics, pair_state=state)
    return replace(link, fidelity=state[0], model=model)


def _latency(link: Link) -> float | None:
    most = max(link.latency_ns, link.physics.latency_back_ns or 0)
    return most / 1e9 if most else None


def _nearer(link: Link, factor: float) -> Link:
    back = link.physics.latency_back_ns
    near = replace(link, latency_ns=round(link.latency_ns / factor))
    if back is None:
        return near
    return replace(near, model=replace(link.physics, latency_back_ns=round(back / factor)))


# ---- nodes -------------------------------------------------------------------------------


def _gate_time(node: Node) -> float | None:
    most = max(*node.gate_time_ns, node.reset_time_ns)
    return most / 1e9 if most else None


def _faster(node: Node, factor: float) -> Node:
    one, two, read = (round(t / factor) for t in node.gate_time_ns)
    own = node.physics.reset_time_ns
    made = replace(node, gate_time_ns=(one, two, read))
    if own is None:
        return made
    return replace(made, model=replace(node.physics, reset_time_ns=round(own / factor)))


def _memory(node: Node) -> float | None:
    m: NodeModel = node.physics
    known = [t for t in (m.t2_ns, m.comm_t2_ns, m.t1_ns, m.comm_t1_ns) if t is not None]
    return min(known) / 1e9 if known else None


def _longer(old: int | None, factor: float) -> int | None:
    return None if old is None else min(round(old * factor), LONGEST_NS)


def _below_one(value: float) -> float | None:
    return value if value < 1 else None


def _fidelity(name: str) -> Lever:
    """Of a node, in its model."""

    def value(node: Node) -> float | None:
        return _below_one(getattr(node.physics, name))

    better = _model(**{name: lambda old, f: 1 - (1 - old) / f})
    return Lever(f"node.{name}", "fidelity", False, value, better)


def _count(name: str) -> Lever:
    def value(node: Node) -> float | None:
        return getattr(node, name) or None

    def better(node: Node, factor: float) -> Node:
        changed: dict[str, Any] = {name: ceil(getattr(node, name) * factor)}
        return replace(node, **changed)

    return Lever(f"node.{name}", "count", False, value, better)


_LEVERS: Final = (
    Lever("link.rate", "rate", True, _rate, lambda x, f: replace(x, rate_hz=x.rate_hz * f)),
    Lever("link.attempt_rate", "rate", True, lambda x: x.physics.attempt_hz,
          _model(attempt_hz=lambda old, f: old * f)),
    Lever("link.success_probability", "probability", True, _success,
          _model(success=lambda old, f: min(1.0, old * f))),
    Lever("link.channels", "count", True, lambda x: None if _is_instant(x) else x.physics.channels,
          _model(channels=lambda old, f: ceil(old * f))),
    Lever("link.fidelity", "fidelity", True, lambda x: _below_one(x.fidelity), _purer),
    Lever("link.latency", "time", True, _latency, _nearer, is_duration=True),
    Lever("link.heralding_latency", "time", True, lambda x: x.physics.herald_ns / 1e9 or None,
          _model(herald_ns=lambda old, f: round(old / f)), is_duration=True),
    Lever("node.gate_fidelity", "fidelity", False, lambda v: _below_one(v.gate_fidelity),
          lambda v, f: replace(v, gate_fidelity=1 - (1 - v.gate_fidelity) / f)),
    *map(_fidelity, ("one_qubit_fidelity", "readout_fidelity", "reset_fidelity")),
    Lever("node.gate_time", "time", False, _gate_time, _faster, is_duration=True),
    Lever("node.t1, t2", "time", False, _memory,
          _model(t1_ns=_longer, t2_ns=_longer, comm_t1_ns=_longer, comm_t2_ns=_longer)),
    _count("comm"),
    _count("qubits"),
)  # fmt: skip


def _is_instant(link: Link) -> bool:
    return link.pair_rate_hz is None
