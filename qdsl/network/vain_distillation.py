"""Links whose distillation makes their pairs no better, and what does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.numbers import duration
from qdsl.diagnostics.source import Span
from qdsl.network.distillation import DistillationEnd, RawPair, ladder
from qdsl.network.errors import VainDistillation
from qdsl.network.models import PROTOCOLS, DistilledPair
from qdsl.network.network import Link, Network, Node
from qdsl.network.shortfall import NOWHERE, Places

LEAST = 1e-12  # of a gain in fidelity; below it is rounding


def vain_distillation(network: Network, places: Places = NOWHERE) -> Iterator[Diagnostic]:
    """Warnings of links whose raw pairs, or those of fewer levels, are as good as what they are
    asked to distil; of links that are alike the first. `places` as in `distillation_refusals`."""
    seen: set[tuple[RawPair, tuple[DistillationEnd, ...], DistilledPair]] = set()
    for link in network.links:
        made = link.distilled
        if made is None:
            continue
        ends = network.nodes[link.a], network.nodes[link.b]
        kind = (link.raw_pair, tuple(v.distillation_end for v in ends), made)
        if kind not in seen:
            seen.add(kind)
            yield from _of_link(link, made, ends, _span(places, ends))


def _span(places: Places, ends: Sequence[Node]) -> Span | None:
    return places.get(frozenset(v.name for v in ends), places.get(frozenset()))


def _of_link(
    link: Link, made: DistilledPair, ends: tuple[Node, Node], span: Span | None
) -> Iterator[Diagnostic]:
    setting = link.raw_pair, (ends[0].distillation_end, ends[1].distillation_end)
    fewer = ladder(made.protocol, *setting)[: made.levels - 1]
    before = max([link.fidelity, *(pair.state[0] for pair in fewer)])
    if made.state[0] > before + LEAST:
        return
    others = [pair for name in PROTOCOLS for pair in ladder(name, *setting)[: made.levels]]
    best = max(others, key=lambda pair: (pair.state[0], -pair.levels))
    if best.state[0] > link.fidelity + LEAST:
        change = f"`distillation {best.protocol}, distillation_levels {best.levels}`"
        help = f"write {change}: {best.state[0]:.6g} in {duration(best.time_ns)}"
    else:
        help = f"leave out `distillation`: {link.fidelity:.6g} in {duration(link.raw_time_ns)}"
    what = "raw pairs have" if before == link.fidelity else "fewer levels give"
    reached = f"{made.state[0]:.6g} in {duration(made.time_ns)}, where {what} {before:.6g}"
    yield VainDistillation(ends[0].name, ends[1].name, reached, help, span)
