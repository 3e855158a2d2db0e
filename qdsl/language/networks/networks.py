"""Networks as a program declares them: listed, generated, or read from a file."""

from __future__ import annotations

from collections.abc import Iterable

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.networks.errors import (
    Disconnected,
    InvalidLink,
    InvalidTopology,
    NetworkTooLarge,
    UnknownLinkEnd,
)
from qdsl.language.networks.members import MAX_LINKS, MAX_NODES, MAX_QUBITS, link_of, node_of
from qdsl.language.networks.network_files import read_network
from qdsl.language.networks.network_properties import LINK, NODE, read_properties
from qdsl.language.syntax.files import Folders
from qdsl.language.syntax.spelling import closest
from qdsl.language.typed.errors.names import DuplicateName
from qdsl.language.typed.evaluate import integer
from qdsl.language.typed.expressions import typed
from qdsl.language.values.scope import Scope
from qdsl.network.network import TOPOLOGIES, Link, Network, Node, topology
from qdsl.network.shortfall import distillation_refusals
from qdsl.network.vain_distillation import vain_distillation


def build_network(
    declaration: syntax.NetworkDecl, folders: Folders, problems: Diagnostics
) -> Network | None:
    """The network of a declaration; None if it has none, said in `problems`."""
    before = len(problems)
    try:
        if declaration.file is not None:
            network = read_network(declaration.name.id, declaration.file, folders)
        elif declaration.generator is not None:
            network = _generated(declaration, declaration.generator, problems)
        else:
            network = _listed(declaration, problems)
        _refuse_many_qubits(network, declaration.name.span)
    except Refusal as refusal:
        problems.add(refusal.problem)
        return None
    problems.extend(distillation_refusals(network, _places(declaration)))
    if len(problems) == before:
        problems.extend(vain_distillation(network, _places(declaration)))
        _warn_if_disconnected(network, declaration.name.span, problems)
    return network


def _places(declaration: syntax.NetworkDecl) -> dict[frozenset[str], Span]:
    """Where links and nodes stand, by their names, and under no name the network."""
    found = {frozenset((node.name.id,)): node.name.span for node in declaration.nodes}
    found |= {frozenset((x.left.id, x.right.id)): x.span for x in declaration.links}
    return {**found, frozenset(): declaration.name.span}


# ---- listed ----------------------------------------------------------------------------


def _listed(declaration: syntax.NetworkDecl, problems: Diagnostics) -> Network:
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
    ends = index[declaration.left.id], index[declaration.right.id]
    return link_of(*ends, figures, declaration.span, preset)


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
    sizes = tuple(integer(typed(arg), scope, "an integer size") for arg in call.args)
    _refuse_large(kind, sizes, call.span)
    figures = read_properties(declaration.properties, {**NODE, **LINK}, problems)
    node = node_of("node", declaration.name.span, figures, problems)
    link = link_of(0, 1, figures, declaration.name.span, figures.preset)
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


def _refuse_many_qubits(network: Network, span: Span) -> None:
    """`Refusal` before anyone makes a table of all qubits."""
    qubits = sum(node.qubits + node.comm for node in network.nodes)
    if qubits > MAX_QUBITS:
        raise Refusal(NetworkTooLarge(span, f"{qubits:,} qubits"))


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
