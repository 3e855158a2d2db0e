"""Attributes of nodes, edges and whole graphs in network files, whatever the format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qdsl.language.networks.network_properties import LINK, NODE, Sort
from qdsl.language.syntax.spelling import closest
from qdsl.records import dataclass

UNDIRECTED = "links are undirected, and one joins two nodes"
# what identifies a node or link, or draws it, and says nothing of what it can do
NEITHER = frozenset(
    {"id", "source", "target", "key", "name", "label", "type", "x", "y", "pos", "color"}
)
# what describes a file as a whole
DESCRIBES = NEITHER | {
    "title", "description", "comment", "author", "creator", "date", "version", "license", "url",
    "doi",
}  # fmt: skip
DEFAULTS = ("node_default", "edge_default")  # of NetworkX, from GraphML

Attributes = Mapping[str, Any]
Edge = tuple[Any, Any, Attributes]


class NoNetwork(Exception):
    """Why a file holds no network."""


@dataclass(frozen=True, slots=True)
class RawGraph:
    """Nodes and edges as a file has them, with the attributes of each."""

    nodes: list[tuple[Any, Attributes]]
    edges: list[Edge]

    def above(self, of_nodes: Attributes, of_edges: Attributes) -> RawGraph:
        """With defaults for what a node or edge does not say itself."""
        return RawGraph(
            [(key, {**of_nodes, **own}) for key, own in self.nodes],
            [(a, b, {**of_edges, **own}) for a, b, own in self.edges],
        )


def unknown_attribute(key: str, sorts: Mapping[str, Sort], where: str) -> str:
    return f"{where[:60]} has an unknown `{key[:40]}`; {_hint(key, list(sorts))}"


def _hint(key: str, known: list[str]) -> str:
    stem = next((k for k in known if key.lower().startswith(f"{k}_")), None)
    meant = closest(key, known) or stem
    return f"did you mean `{meant}`?" if meant else f"there are {', '.join(known)}"


def unknown_of_file(key: str, known: Iterable[str]) -> str:
    """What stands beside the nodes and links, and is not understood there."""
    place = _place(key)
    if place:
        return f"`{key}` stands beside its nodes and links: give it to {place}"
    return f"its `{key[:40]}` is unknown; {_hint(key, sorted(known))}"


def graph_defaults(attributes: Any) -> tuple[Attributes, Attributes]:
    """The defaults of nodes and of edges that attributes of the whole graph give. `NoNetwork`
    for figures among them, and for what is not understood; names and descriptions are fine."""
    if not isinstance(attributes, Mapping):
        raise NoNetwork("its `graph` is no object with attributes")
    for key in attributes:
        if key in DESCRIBES or key in DEFAULTS:
            continue
        place = _place(key)
        if place:
            raise NoNetwork(f"`{key}` is an attribute of the whole graph: give it to {place}")
        meant = closest(key, [*NODE, *LINK])
        hint = f"if `{meant}` is meant, give it to {_place(meant)}" if meant else "remove it"
        raise NoNetwork(f"the whole graph has an unknown attribute `{str(key)[:40]}`; {hint}")
    of_nodes, of_edges = (attributes.get(name, {}) for name in DEFAULTS)
    if not isinstance(of_nodes, Mapping) or not isinstance(of_edges, Mapping):
        raise NoNetwork(f"`{DEFAULTS[0]}` and `{DEFAULTS[1]}` are objects with attributes")
    return of_nodes, of_edges


def _place(key: str) -> str:
    return "every link" if key in LINK else "every node" if key in NODE else ""
