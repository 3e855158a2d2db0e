"""One resource better by a factor, everything else the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil, floor
from typing import Any, Final

from qdsl.diagnostics.numbers import integer
from qdsl.network.models import NodeModel
from qdsl.network.network import Link, Network, Node
from qdsl.records import dataclass
from qdsl.report.design.data import FigureChange
from qdsl.studies.design.properties import property_named
from qdsl.studies.design.thresholds import rounded

MOST: Final = 2.0**20  # of a factor that is searched for
MOST_WHOLE: Final = 64.0  # of qubits and channels
LONGEST_NS: Final = 10**18
ENOUGH: Final = 1.01  # a factor is found up to 1 %

_UNITS: Final = {
    "time": (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9)),
    "rate": (("MHz", 1e6), ("kHz", 1e3), ("Hz", 1.0)),
}

# What a link or node has of a resource, by the properties that say it: in Hz, s or as a number;
# without those that are perfect, instant or without limit.
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Lever:
    """A resource of all links or nodes. More of it by a factor: rates, counts and memory times
    multiplied, infidelities and durations divided, each figure of each link or node by itself."""

    name: str
    measure: str
    is_link: bool
    figures: Callable[[Any], Figures]
    is_duration: bool = False

    @property
    def most(self) -> float:
        return MOST_WHOLE if self.measure == "count" else MOST

    def is_of(self, network: Network) -> bool:
        """Whether the network could have more of it."""
        members = self._members(network)
        if any(self.figures(x) for x in members):
            return True
        return self.name == "link.fidelity" and any(x.fidelity < 1 for x in members)

    def on(self, network: Network, factor: float, is_short: bool = False) -> Network:
        """`is_short`: figures in three digits, rounded to the better side."""
        made = network
        if self.name == "link.fidelity":
            links = tuple(_purer(x, factor, is_short) for x in network.links)
            made = replace(network, links=links)
        for _, property_, _, after in self._figures(network, factor, is_short):
            made = property_named(property_, network).on(made, after)
        return made

    def changes(
        self, network: Network, factor: float, is_short: bool = False
    ) -> list[FigureChange]:
        """What has to be said instead, in the names of a sweep: of all links or nodes at once
        where they are alike."""
        found = list(self._figures(network, factor, is_short))
        many = len(self._members(network))
        kind = "link" if self.is_link else "node"
        said: dict[str, FigureChange] = {}
        for key, name, before, after in found:
            alike = [f for f in found if f[0] == key and f[2:] == (before, after)]
            name = f"{kind}.{key}" if len(alike) == many else name
            old, new = (exact_text(self.measure, v) for v in (before, after))
            said.setdefault(name, FigureChange(name, old, new))
        if self.name == "link.fidelity":
            said.update((c.name, c) for c in _states(network, factor, is_short))
        return list(said.values())

    def _members(self, network: Network) -> tuple[Any, ...]:
        return network.links if self.is_link else network.nodes

    def _figures(
        self, network: Network, factor: float, is_short: bool
    ) -> Iterator[tuple[str, str, float, float]]:
        """Property, with its link or node, value before and after."""
        kind = "link" if self.is_link else "node"
        for member in self._members(network):
            for key, before in self.figures(member).items():
                name = f"{kind}.{_name(network, member)}.{key}"
                yield key, name, before, self._better(before, factor, is_short)

    def _better(self, value: float, factor: float, is_short: bool) -> float:
        match self.measure:
            case "count":
                return float(ceil(value * factor - 1e-9))
            case "fidelity":
                better = 1 - (1 - value) / factor
                return rounded("fidelity", better, True) if is_short else float(f"{better:.15g}")
            case "probability":
                better = min(1.0, value * factor)
            case _:
                better = value / factor if self.is_duration else value * factor
        if is_short:
            better = min(rounded(self.measure, better, not self.is_duration), self._top)
        if self.measure != "time":
            return better
        ns = better * 1e9
        if is_short:
            ns = floor(ns + 1e-3) if self.is_duration else ceil(ns - 1e-3)
        return min(round(ns), LONGEST_NS) / 1e9

    @property
    def _top(self) -> float:
        return 1.0 if self.measure == "probability" else float("inf")


def _name(network: Network, member: Any) -> str:
    if isinstance(member, Node):
        return member.name
    return f"{network.nodes[member.a].name}-{network.nodes[member.b].name}"


def exact_text(measure: str, value: float) -> str:
    """A figure in all of its digits, as a program may say it: `1.6665 ms`, `0.99487`."""
    if measure == "count":
        return integer(value)
    if measure not in _UNITS:
        return f"{value:.12g}"
    units = _UNITS[measure]
    unit, size = next((u for u in units if value >= u[1] * (1 - 1e-12)), units[-1])
    return f"{value / size:.12g} {unit}"


def every(lever: Lever, factor: float) -> str:
    """So much more of it, in words."""
    number = f"{factor:.15g}"
    if lever.measure == "fidelity":
        return f"every infidelity of {lever.name} divided by {number}"
    by = "divided by" if lever.is_duration else "times"
    return f"every {lever.name} {by} {number}" + (
        ", rounded up," if lever.measure == "count" else ""
    )


def levers(network: Network) -> tuple[Lever, ...]:
    """The resources that a network could have more of."""
    return tuple(lever for lever in _LEVERS if lever.is_of(network))


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


def _rate(link: Link) -> Figures:
    if link.physics.attempt_hz is not None or link.rate_hz is None:
        return {}
    return {"rate": link.rate_hz}


def _attempts(link: Link) -> Figures:
    hz = link.physics.attempt_hz
    return {} if hz is None else {"attempt_rate": hz}


def _success(link: Link) -> Figures:
    made = link.physics
    if made.attempt_hz is None or made.success >= 1:
        return {}
    return {"success_probability": made.success}


def _channels(link: Link) -> Figures:
    return {} if link.pair_rate_hz is None else {"channels": float(link.physics.channels)}


def _fidelity_of_pairs(link: Link) -> Figures:
    if link.physics.pair_state is not None or link.fidelity >= 1:
        return {}
    return {"fidelity": link.fidelity}


def _purer(link: Link, factor: float, is_short: bool) -> Link:
    """Of a pair state, all three errors divided by the factor."""
    if link.physics.pair_state is None:
        return link
    x, y, z = (v / factor for v in link.pair_state[1:])
    if is_short:
        x, y, z = (rounded("probability", v, False) for v in (x, y, z))
    state = (float(f"{1 - x - y - z:.12g}"), x, y, z)
    return replace(link, fidelity=state[0], model=replace(link.physics, pair_state=state))


def _states(network: Network, factor: float, is_short: bool) -> Iterator[FigureChange]:
    states = [x for x in network.links if x.physics.pair_state and x.fidelity < 1]
    for link in states:
        ends = (link, _purer(link, factor, is_short))
        old, new = ("[" + ", ".join(f"{v:.12g}" for v in x.pair_state) + "]" for x in ends)
        yield FigureChange(f"link.{_name(network, link)}.pair_state", old, new)


def _latency(link: Link) -> Figures:
    return _times(latency=link.latency_ns, latency_back=link.physics.latency_back_ns)


def _times(**ns: int | None) -> Figures:
    return {key: t / 1e9 for key, t in ns.items() if t}


# ---- nodes -------------------------------------------------------------------------------


def _gate_time(node: Node) -> Figures:
    one, two, read = node.gate_time_ns
    reset = node.physics.reset_time_ns
    if one == two == read:
        return _times(gate_time=one, reset_time=reset)
    return _times(one_qubit_time=one, two_qubit_time=two, readout_time=read, reset_time=reset)


def _memory(node: Node) -> Figures:
    """`comm_t1`, `comm_t2` follow `t1`, `t2` where they are equal to them."""
    m: NodeModel = node.physics
    comm = {"comm_t1": (m.comm_t1_ns, m.t1_ns), "comm_t2": (m.comm_t2_ns, m.t2_ns)}
    own = {key: mine for key, (mine, other) in comm.items() if mine != other}
    return _times(t1=m.t1_ns, t2=m.t2_ns, **own)


def _fidelity(name: str) -> Lever:
    """Of a node."""

    def value(node: Node) -> Figures:
        of = node if name == "gate_fidelity" else node.physics
        known: float = getattr(of, name)
        return {name: known} if known < 1 else {}

    return Lever(f"node.{name}", "fidelity", False, value)


def _count(name: str) -> Lever:
    def value(node: Node) -> Figures:
        known = getattr(node.physics if name.endswith("_at_once") else node, name)
        return {name: float(known)} if known else {}

    return Lever(f"node.{name}", "count", False, value)


_FIDELITIES: Final = ("gate_fidelity", "one_qubit_fidelity", "readout_fidelity", "reset_fidelity")
_LEVERS: Final = (
    Lever("link.rate", "rate", True, _rate),
    Lever("link.attempt_rate", "rate", True, _attempts),
    Lever("link.success_probability", "probability", True, _success),
    Lever("link.channels", "count", True, _channels),
    Lever("link.fidelity", "fidelity", True, _fidelity_of_pairs),
    Lever("link.latency", "time", True, _latency, is_duration=True),
    Lever("link.heralding_latency", "time", True,
          lambda x: _times(heralding_latency=x.physics.herald_ns), is_duration=True),
    *map(_fidelity, _FIDELITIES),
    Lever("node.gate_time", "time", False, _gate_time, is_duration=True),
    Lever("node.t1, t2", "time", False, _memory),
    _count("gates_at_once"),
    _count("two_qubit_gates_at_once"),
    _count("comm"),
    _count("qubits"),
)  # fmt: skip
