"""Links that cannot distil as they are asked to: what limits them, and the least change that helps.

A change makes one thing better by a factor and leaves all else: the infidelity of raw pairs, of
gates or of read-outs divided by it, memory times multiplied. The factor that is enough is found by
bisection; of several things the one with the least factor is what limits the link. What is said to
help is enough with as few levels as the nodes have room for, or with more of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from math import floor, log10
from types import MappingProxyType
from typing import Any, Final

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.numbers import duration
from qdsl.diagnostics.source import Span
from qdsl.network.distillation import DistillationEnd, Ends, RawPair, ladder
from qdsl.network.errors import BufferedDistillation, FidelityNotReached, NoRoomToDistil
from qdsl.network.models import MOST_LEVELS, PROTOCOLS, Distillation
from qdsl.network.network import Link, Network, Node
from qdsl.records import dataclass

MOST: Final = 2.0**40  # of a factor, which makes anything as good as perfect
ENOUGH: Final = 1.0001
SOME_MORE: Final = 1.5
SHOWN: Final = 4  # of links or nodes

Setting = tuple[RawPair, Ends]
Places = Mapping[frozenset[str], Span]
NOWHERE: Final[Places] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Resource:
    """`better`: the setting with so much more of it; `said`: the properties that are then changed,
    by whose they are."""

    name: str
    better: Callable[[Setting, float], Setting]
    said: Callable[[Link, tuple[Node, Node], float], str]


def distillation_refusals(network: Network, places: Places = NOWHERE) -> list[Diagnostic]:
    """What links are asked for and cannot do, the first few; else what nodes have no room for.
    `places`: where links stand in a program, by the names of both ends, and nodes by theirs; where
    the network does, under no name."""
    found = list(islice(_short_links(network, places), SHOWN))
    return found or list(islice(_short_nodes(network, places), SHOWN))


def _place(places: Places, *names: str) -> Span | None:
    return places.get(frozenset(names), places.get(frozenset()))


def _short_links(network: Network, places: Places) -> Iterator[Diagnostic]:
    for link in network.links:
        asked = link.physics.distillation
        least = None if asked is None else asked.min_fidelity
        if asked is not None and link.physics.buffer:
            names = network.nodes[link.a].name, network.nodes[link.b].name
            yield BufferedDistillation(*names, _place(places, *names))
        elif asked is not None and least is not None and link.pair_fidelity < least:
            yield _not_reached(network, link, asked, least, places)


def _short_nodes(network: Network, places: Places) -> Iterator[Diagnostic]:
    for node, free, (lanes, levels) in zip(
        network.nodes, network.free_comm, network.distilling, strict=True
    ):
        if levels and free < 1:
            wanted = lanes * levels + 1
            span = _place(places, node.name)
            yield NoRoomToDistil(node.name, levels, wanted, node.comm, lanes, span)


def _not_reached(
    network: Network, link: Link, asked: Distillation, least: float, places: Places
) -> FidelityNotReached:
    ends = network.nodes[link.a], network.nodes[link.b]
    setting = link.raw_pair, (ends[0].distillation_end, ends[1].distillation_end)
    room = max(0, (min(v.comm for v in ends) - 1) // link.physics.channels)
    found = [
        (factor, resource)
        for resource in _RESOURCES
        if (factor := _least_factor(asked, setting, resource, least)) is not None
    ]
    limit, change, perfect = "", "", 0.0
    if found:
        factor, resource = min(found, key=lambda f: f[0])
        factor, levels = _with_fewer_levels(asked, setting, resource, least, (factor, room))
        limit, change = resource.name, resource.said(link, ends, factor)
        if levels > room:
            change += f", and both ends `comm {levels * link.physics.channels + 1}`"
        perfect = _fidelity(asked, resource.better(setting, MOST))
    how = "without distillation"
    if link.distilled is not None:
        levels = link.distilled.levels
        how = f"after {levels} level{'s' * (levels > 1)} of {link.distilled.protocol}"
    return FidelityNotReached(
        ends[0].name, ends[1].name, f"{least:.10g}", _down(link.pair_fidelity), how, limit, change,
        _down(perfect), _down(_fidelity(asked, setting, room)),
        _place(places, ends[0].name, ends[1].name),
    )  # fmt: skip


def _fidelity(asked: Distillation, setting: Setting, levels: int = MOST_LEVELS) -> float:
    """The highest that a link of this setting comes to."""
    protocols = PROTOCOLS if asked.protocol is None else (asked.protocol,)
    made = [pair for name in protocols for pair in ladder(name, *setting)[:levels]]
    return max([setting[0].state[0], *(pair.state[0] for pair in made)])


def _least_factor(
    asked: Distillation,
    setting: Setting,
    resource: _Resource,
    least: float,
    levels: int = MOST_LEVELS,
) -> float | None:
    """With so many levels at most; up to 0.01 % above; None where no factor is enough."""

    def is_enough(factor: float) -> bool:
        return _fidelity(asked, resource.better(setting, factor), levels) >= least

    if not is_enough(MOST):
        return None
    low, high = 1.0, MOST
    while high > ENOUGH * low:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _with_fewer_levels(
    asked: Distillation,
    setting: Setting,
    resource: _Resource,
    least: float,
    found: tuple[float, int],
) -> tuple[float, int]:
    """As many levels as there is room for, or the fewest more with which a factor up to `SOME_MORE`
    times the least one is enough; that factor, and the levels."""
    factor, room = found
    for levels in range(room, MOST_LEVELS):
        other = _least_factor(asked, setting, resource, least, levels)
        if other is not None and other <= SOME_MORE * factor:
            return other, levels
    return factor, MOST_LEVELS


def _down(fidelity: float) -> str:
    """Four digits of what is missing to 1, six decimals at most, rounded down."""
    error = 1 - fidelity
    if error < 1e-6:
        return "1" if error <= 0 else "0.999999"
    digits = min(3 - floor(log10(error)), 6)
    return f"{floor(fidelity * 10**digits) / 10**digits:.{max(digits, 4)}f}".rstrip("0")


def _better_error(error: float, factor: float) -> float:
    """An infidelity divided by a factor, rounded down to three digits."""
    found = error / factor
    if not found:
        return 0.0
    digits = 2 - floor(log10(found))
    return floor(found * 10.0**digits) / 10.0**digits


# ---- what may be better --------------------------------------------------------------------


def _purer(setting: Setting, factor: float) -> Setting:
    raw, ends = setting
    _, x, y, z = (p / factor for p in raw.state)
    return replace(raw, state=(1 - x - y - z, x, y, z)), ends


def _purer_said(link: Link, ends: tuple[Node, Node], factor: float) -> str:
    name = f"{ends[0].name} -- {ends[1].name}"
    if link.physics.pair_state is None:
        error = _better_error(1 - link.fidelity, factor)
        return f"`link {name}` a `fidelity` of {1 - error:.10g}"
    x, y, z = (_better_error(p, factor) for p in link.raw_state[1:])
    return f"`link {name}` the `pair_state [{1 - x - y - z:.10g}, {x:.10g}, {y:.10g}, {z:.10g}]`"


def _of_ends(*names: str, times: bool = False) -> Callable[[Setting, float], Setting]:
    """Figures of both nodes, errors divided by a factor or times multiplied."""

    def better(setting: Setting, factor: float) -> Setting:
        raw, (a, b) = setting
        return raw, (changed(a, factor), changed(b, factor))

    def changed(end: DistillationEnd, factor: float) -> DistillationEnd:
        now: dict[str, Any] = {name: getattr(end, name) for name in names}
        if times:
            now = {n: None if t is None else round(t * factor) for n, t in now.items()}
        else:
            now = {n: error / factor for n, error in now.items()}
        return replace(end, **now)

    return better


def _fidelity_said(key: str) -> Callable[[Link, tuple[Node, Node], float], str]:
    def said(link: Link, ends: tuple[Node, Node], factor: float) -> str:
        of = [node if key == "gate_fidelity" else node.physics for node in ends]
        errors = [_better_error(1 - getattr(x, key), factor) for x in of]
        return _each(ends, [f"`{key} {1 - e:.10g}`" if e else "" for e in errors])

    return said


def _memory_said(link: Link, ends: tuple[Node, Node], factor: float) -> str:
    texts = []
    for node in ends:
        own = (("comm_t1", node.physics.comm_t1_ns), ("comm_t2", node.physics.comm_t2_ns))
        known = [f"`{key} {duration(_up(t * factor))}`" for key, t in own if t is not None]
        texts.append(" and ".join(known))
    return _each(ends, texts)


def _up(ns: float) -> int:
    """Rounded up to three digits."""
    unit = int(10 ** max(floor(log10(ns)) - 2, 0))
    return -int(-ns // unit) * unit


def _each(ends: tuple[Node, Node], texts: list[str]) -> str:
    if texts[0] == texts[1]:
        return f"{ends[0].name} and {ends[1].name} {texts[0]}"
    given = [f"{v.name} {text}" for v, text in zip(ends, texts, strict=True) if text]
    return ", and ".join(given)


_RESOURCES: Final = (
    _Resource("the fidelity of its raw pairs", _purer, _purer_said),
    _Resource("gates on two qubits", _of_ends("two_qubit_error"), _fidelity_said("gate_fidelity")),
    _Resource("read-out", _of_ends("readout_error"), _fidelity_said("readout_fidelity")),
    _Resource(
        "gates on one qubit", _of_ends("one_qubit_error"), _fidelity_said("one_qubit_fidelity")
    ),
    _Resource("memory, in which pairs wait", _of_ends("t1_ns", "t2_ns", times=True), _memory_said),
)
