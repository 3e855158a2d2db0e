"""The properties of links and nodes that may be swept, and networks with other values of them.

A value replaces what the network says, as it would in a program: `rate` replaces attempts,
`fidelity` a pair state. `comm_t1` and `comm_t2` follow `t1` and `t2` where they are equal to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from qdsl.api import UsageError
from qdsl.diagnostics.numbers import duration
from qdsl.language.networks.network_properties import LINK, NODE, Sort, is_possible
from qdsl.language.syntax.spelling import closest
from qdsl.network.models import PROTOCOLS, Distillation, LinkModel, NodeModel
from qdsl.network.network import Link, Network, Node
from qdsl.records import dataclass

MEASURES: Final = {"count": "count", "some": "count", "levels": "count", "fidelity": "fidelity",
                   "rate": "rate", "time": "time", "limit": "time"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NetworkProperty:
    """A property of all nodes or links, or of one of them: `members` are places in the network;
    `is_turned`: a link was named from its second node to its first."""

    name: str
    key: str
    is_link: bool
    sort: Sort
    members: tuple[int, ...]
    is_turned: bool = False

    @property
    def measure(self) -> str:
        chance = self.key == "success_probability"
        return "probability" if chance else MEASURES[self.sort.dimension]

    def on(self, network: Network, value: float) -> Network:
        """The network with this value, in Hz, s or as a number."""
        if self.is_link:
            links = list(network.links)
            for k in self.members:
                links[k] = _link(links[k], self._own_key, value)
            return replace(network, links=tuple(links))
        nodes = list(network.nodes)
        for k in self.members:
            nodes[k] = _node(nodes[k], self.key, value)
        return replace(network, nodes=tuple(nodes))

    @property
    def _own_key(self) -> str:
        turned = {"latency": "latency_back", "latency_back": "latency"}
        return turned.get(self.key, self.key) if self.is_turned else self.key


def property_named(name: str, network: Network) -> NetworkProperty:
    """`link.rate`, `node.comm`, `link.alice-bob.rate`, `node.alice.comm`; UsageError otherwise."""
    kind, _, rest = name.partition(".")
    if kind not in ("link", "node") or not rest:
        raise UsageError(
            f"'{name}' is no property: write link.rate, node.comm, link.alice-bob.rate or "
            "node.alice.comm, for example"
        )
    of, _, key = rest.rpartition(".")
    known = {k: s for k, s in (LINK if kind == "link" else NODE).items() if s.dimension in MEASURES}
    if key not in known:
        meant = closest(key, known)
        hint = f"did you mean '{kind}.{meant}'?" if meant else f"there are {', '.join(known)}"
        raise UsageError(f"{kind}s have no numeric property '{key}': {hint}")
    members, is_turned = _members(kind, of, network)
    return NetworkProperty(name, key, kind == "link", known[key], members, is_turned)


def _members(kind: str, of: str, network: Network) -> tuple[tuple[int, ...], bool]:
    if kind == "link":
        return _links_named(of, network)
    names = [node.name for node in network.nodes]
    if of and of not in names:
        raise UsageError(f"network '{network.name}' has no node '{of}': {_meant(of, names)}")
    return tuple(k for k, name in enumerate(names) if not of or of == name), False


def _links_named(of: str, network: Network) -> tuple[tuple[int, ...], bool]:
    if not network.links:
        raise UsageError(f"network '{network.name}' has no links")
    if not of:
        return tuple(range(len(network.links))), False
    for k, link in enumerate(network.links):
        a, b = network.nodes[link.a].name, network.nodes[link.b].name
        if of in (f"{a}-{b}", f"{b}-{a}"):
            return (k,), of != f"{a}-{b}"
    ends = [[network.nodes[v].name for v in (x.a, x.b)] for x in network.links]
    known = ["-".join(pair) for pair in ends]
    raise UsageError(f"network '{network.name}' has no link '{of}': {_meant(of, known)}")


def _meant(name: str, known: list[str]) -> str:
    meant = closest(name, known)
    listed = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    return f"did you mean '{meant}'?" if meant else f"there are {listed}"


# ---- one link, one node ------------------------------------------------------------------


def _link(link: Link, key: str, value: float) -> Link:
    made = link.physics
    ns = round(value * 1e9)
    if key == "latency":
        return replace(link, latency_ns=ns)
    if key == "rate":
        model: LinkModel = replace(made, attempt_hz=None, success=1.0)
        return replace(link, rate_hz=value, model=model)
    if key == "fidelity":
        return replace(link, fidelity=value, model=replace(made, pair_state=None))
    if key == "attempt_rate":
        return replace(link, rate_hz=None, model=replace(made, attempt_hz=value))
    if key in ("distillation_levels", "min_fidelity"):
        return replace(link, model=replace(made, distillation=_distillation(made, key, value)))
    fields: dict[str, dict[str, Any]] = {
        "success_probability": {"success": value},
        "heralding_latency": {"herald_ns": ns},
        "latency_back": {"latency_back_ns": ns},
        "channels": {"channels": int(value)},
        "buffer": {"buffer": int(value)},
        "cutoff": {"cutoff_ns": ns},
    }
    return replace(link, model=replace(made, **fields[key]))


def _distillation(made: LinkModel, key: str, value: float) -> Distillation:
    """Levels and a least fidelity replace each other."""
    protocol = None if made.distillation is None else made.distillation.protocol
    if key == "min_fidelity":
        return Distillation(protocol, min_fidelity=value)
    return Distillation(protocol or PROTOCOLS[0], int(value))


_GENERAL: Final = ("gate_time", "t1", "t2")  # set figures that another property sets alone
_TIMES: Final = {"gate_time": (0, 1, 2), "one_qubit_time": (0,), "two_qubit_time": (1,),
                 "readout_time": (2,)}  # fmt: skip


def _node(node: Node, key: str, value: float) -> Node:
    changed: dict[str, Any] = {key: int(value)}
    if key in ("qubits", "comm"):
        return replace(node, **changed)
    if key == "gate_fidelity":
        return replace(node, gate_fidelity=value)
    ns = round(value * 1e9)
    if key in _TIMES:
        one, two, read = (ns if k in _TIMES[key] else t for k, t in enumerate(node.gate_time_ns))
        return replace(node, gate_time_ns=(one, two, read))
    model: NodeModel = node.physics
    if key.endswith("_fidelity"):
        changed = {key: value}
        return replace(node, model=replace(model, **changed))
    if key.endswith("_at_once"):
        return replace(node, model=replace(model, **changed))
    changed = {f"{key}_ns": ns}
    if key in ("t1", "t2") and getattr(model, f"comm_{key}_ns") == getattr(model, f"{key}_ns"):
        changed[f"comm_{key}_ns"] = ns
    return replace(node, model=replace(model, **changed))


# ---- all together ------------------------------------------------------------------------


def applied(network: Network, values: Sequence[tuple[NetworkProperty, float]]) -> Network:
    """The network with all of these values; what is said of several figures at once first.
    UsageError if they cannot be."""
    for one, value in sorted(values, key=lambda v: v[0].key not in _GENERAL):
        if not is_possible(one.sort, value):
            raise UsageError(f"{one.name} is {one.sort.wanted}, not {value:g}")
        network = one.on(network, value)
    for one, _ in values:
        for k in one.members:
            why = (
                _link_refusal(one, network.links[k]) if one.is_link else _refusal(network.nodes[k])
            )
            if why:
                raise UsageError(f"{one.name}: {why}")
    return network


def _link_refusal(changed: NetworkProperty, link: Link) -> str | None:
    made = link.physics
    if made.cutoff_ns is not None and made.cutoff_ns <= made.herald_ns:
        return f"a cut-off is longer than the heralding latency, here {made.herald_ns:,} ns"
    if made.buffer and made.distillation is not None:
        return "a link with a buffer does not distil"
    if changed.key == "success_probability" and made.attempt_hz is None:
        return "only a link with an attempt_rate has a success probability"
    return None


def _refusal(node: Node) -> str | None:
    m = node.physics
    pairs = (("", m.t1_ns, m.t2_ns), (" of communication qubits", m.comm_t1_ns, m.comm_t2_ns))
    for whose, one, two in pairs:
        if one is not None and two is not None and two > 2 * one:
            return f"T2{whose} is at most twice T1, here {duration(2 * one)}, not {duration(two)}"
    return None
