"""Networks as a program declares them: listed, generated, or read from a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.files import Folders
from qdsl.language.networks.errors import (
    Disconnected,
    InvalidLink,
    InvalidTopology,
    NetworkTooLarge,
    UnknownLinkEnd,
    UnknownPreset,
)
from qdsl.language.networks.network_properties import LINK, NODE, Figures, read_properties
from qdsl.language.networks.presets import PRESETS
from qdsl.language.parser.spelling import closest
from qdsl.language.values.evaluate import integer
from qdsl.language.values.scope import Scope
from qdsl.network.network import TOPOLOGIES, Link, Network, Node, topology

MAX_NODES = 10_000
MAX_LINKS = 1_000_000


def build_network(
    declaration: syntax.NetworkDecl, folders: Folders, problems: Diagnostics
) -> Network | None:
    """The network of a declaration; None if it has none, said in `problems`."""
    before = len(problems)
    try:
        if declaration.file is not None:
            from qdsl.language.networks.network_files import read_network

            network = read_network(declaration.name.id, declaration.file, folders)
        elif declaration.generator is not None:
            network = _generated(declaration, declaration.generator, problems)
        else:
            network = _listed(declaration, problems)
    except Refusal as refusal:
        problems.add(refusal.problem)
        return None
    if len(problems) == before:
        _warn_if_disconnected(network, declaration.name.span, problems)
    return network


# ---- listed ----------------------------------------------------------------------------


def _listed(declaration: syntax.NetworkDecl, problems: Diagnostics) -> Network:
    from qdsl.language.check.errors.names import DuplicateName

    if len(declaration.nodes) > MAX_NODES:
        raise Refusal(NetworkTooLarge(declaration.name.span, f"{len(declaration.nodes):,} nodes"))
    places: dict[str, Span] = {}
    nodes: list[Node] = []
    for node in declaration.nodes:
        if node.name.id in places:
            problems.add(DuplicateName(node.name.span, node.name.id, places[node.name.id]))
            continue
        places[node.name.id] = node.name.span
        nodes.append(_node(node.name.id, node.name.span, node.properties, problems))
    links = _links(declaration.links, {n.name: i for i, n in enumerate(nodes)}, problems)
    return Network(declaration.name.id, tuple(nodes), tuple(links))


def _node(
    name: str, span: Span, properties: Iterable[syntax.Property], problems: Diagnostics
) -> Node:
    figures = read_properties(tuple(properties), NODE, problems)
    return node_of(name, span, figures, problems)


def node_of(name: str, span: Span, figures: Figures, problems: Diagnostics) -> Node:
    """A node from its figures; `qubits` has to be among them."""
    from qdsl.language.networks.errors import InvalidProperty

    if "qubits" not in figures.values and "qubits" not in figures.wrong:
        problems.add(InvalidProperty(span, "qubits", "write `{ qubits 8 }`, for example"))
    every = figures.time_ns("gate_time") or 0
    times = (
        figures.time_ns("one_qubit_time", every),
        figures.time_ns("two_qubit_time", every),
        figures.time_ns("readout_time", every),
    )
    return Node(
        name,
        figures.count("qubits", 0),
        figures.count("comm", 2),
        figures.values.get("gate_fidelity", 1.0),
        times,
    )


def link_of(a: int, b: int, figures: Figures, preset: syntax.Name | None = None) -> Link:
    """A link from its figures, on top of a preset's if one is named."""
    link = Link(min(a, b), max(a, b))
    if preset is not None:
        found = PRESETS.get(preset.id)
        if found is None:
            known = tuple(PRESETS)
            raise Refusal(UnknownPreset(preset.span, preset.id, known, closest(preset.id, known)))
        link = replace(
            link,
            fidelity=found.fidelity,
            rate_hz=found.rate_hz,
            preset=found.name,
            source=f"{found.kind}: {found.source} ({found.date})",
        )
    return replace(
        link,
        fidelity=figures.values.get("fidelity", link.fidelity),
        rate_hz=figures.values.get("rate", link.rate_hz),
        latency_ns=figures.time_ns("latency"),
    )


def _links(
    declarations: Iterable[syntax.LinkDecl], index: dict[str, int], problems: Diagnostics
) -> list[Link]:
    links: dict[tuple[int, int], tuple[Link, Span]] = {}
    for declaration in declarations:
        try:
            link = _link(declaration, index, problems)
            pair = (link.a, link.b)
            names = (declaration.left.id, declaration.right.id)
            if link.a == link.b:
                raise Refusal(InvalidLink(declaration.span, names))
            if pair in links:
                raise Refusal(InvalidLink(declaration.span, names, links[pair][1]))
            links[pair] = (link, declaration.span)
        except Refusal as refusal:
            problems.add(refusal.problem)
    return [link for _, (link, _) in sorted(links.items(), key=lambda item: item[0])]


def _link(declaration: syntax.LinkDecl, index: dict[str, int], problems: Diagnostics) -> Link:
    figures = read_properties(declaration.properties, LINK, problems)
    for end in (declaration.left, declaration.right):
        if end.id not in index:
            raise Refusal(UnknownLinkEnd(end.span, end.id, closest(end.id, index)))
    preset = declaration.preset or figures.preset
    return link_of(index[declaration.left.id], index[declaration.right.id], figures, preset)


# ---- generated -------------------------------------------------------------------------


def _generated(
    declaration: syntax.NetworkDecl, call: syntax.Call, problems: Diagnostics
) -> Network:
    kind = call.function.id
    if kind not in TOPOLOGIES:
        meant = closest(kind, TOPOLOGIES)
        suggestion = f"did you mean '{meant}'?" if meant else f"there are {', '.join(TOPOLOGIES)}"
        reason = f"no shape of network is called '{kind}'"
        raise Refusal(InvalidTopology(call.function.span, reason, suggestion))
    scope = Scope()
    sizes = tuple(integer(arg, scope, "an integer size") for arg in call.args)
    _refuse_large(kind, sizes, call.span)
    figures = read_properties(declaration.properties, {**NODE, **LINK}, problems)
    node = node_of("node", declaration.name.span, figures, problems)
    link = link_of(0, 1, figures, figures.preset)
    try:
        return topology(kind, sizes, node, link, declaration.name.id)
    except ValueError as problem:
        raise Refusal(InvalidTopology(call.span, str(problem), _EXAMPLES[kind])) from None


_EXAMPLES = {k: f"write `{k}(4)`" for k in TOPOLOGIES} | {"grid": "write `grid(2, 3)`"}


def _refuse_large(kind: str, sizes: tuple[int, ...], span: Span) -> None:
    n = 1
    for size in sizes:
        n *= max(size, 0)
    links = n * (n - 1) // 2 if kind == "complete" else 2 * n
    if n > MAX_NODES or links > MAX_LINKS:
        found = f"{n:,} nodes" if n < 10**15 else "more than 10**15 nodes"
        raise Refusal(NetworkTooLarge(span, found))


def _warn_if_disconnected(network: Network, span: Span, problems: Diagnostics) -> None:
    if not network.nodes:
        return
    seen, todo = {0}, [0]
    while todo:
        for near in network.neighbours[todo.pop()]:
            if near not in seen:
                seen.add(near)
                todo.append(near)
    if len(seen) < len(network.nodes):
        missing = next(i for i in range(len(network.nodes)) if i not in seen)
        names = network.nodes[0].name, network.nodes[missing].name
        problems.add(Disconnected(span, network.name, *names))
