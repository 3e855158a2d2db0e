"""Networks from files: NetworkX node-link JSON, JSON with `servers`, and GraphML.

Attributes of nodes: `qubits`, `comm`, `gate_fidelity`, and in seconds `gate_time`,
`one_qubit_time`, `two_qubit_time`, `readout_time`. Attributes of edges: `rate` in Hz, `fidelity`,
`latency` in seconds. JSON with `servers` (`id`, `data_qubits`, `comm_qubits`) and `links` (pairs
of ids) has no figures of links.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.language.networks.errors import InvalidNetworkFile
from qdsl.language.networks.members import MAX_LINKS, MAX_NODES, link_of, node_of
from qdsl.language.networks.network_properties import LINK, NODE, Figures, Sort, is_possible
from qdsl.language.syntax import StringLit
from qdsl.language.syntax.files import Folders
from qdsl.network.network import Link, Network, Node

UNDIRECTED = "links are undirected, and one joins two nodes"
MAX_NAME = 60  # characters of a node's name; the rest is left out

Attributes = Mapping[str, Any]
Edge = tuple[Any, Any, Attributes]


class NoNetwork(Exception):
    """Why a file holds no network."""


def read_network(name: str, file: StringLit, folders: Folders) -> Network:
    """The network in a file; `Refusal` if there is none."""
    text = folders.read_text(file)
    try:
        if text.lstrip().startswith("<"):
            nodes, edges = _graphml(text)
        else:
            nodes, edges = _json(text)
        return _network(name, nodes, edges, file)
    except NoNetwork as problem:
        raise Refusal(InvalidNetworkFile(file.span, file.value, str(problem))) from None
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, IndexError):
        reason = "it is neither node-link JSON nor GraphML"
        raise Refusal(InvalidNetworkFile(file.span, file.value, reason)) from None


def _json(text: str) -> tuple[list[tuple[Any, Attributes]], list[Edge]]:
    data = json.loads(text)
    if "servers" in data:
        names = {"data_qubits": "qubits", "comm_qubits": "comm"}
        servers: list[tuple[Any, Attributes]] = [
            (s["id"], {names.get(k, k): v for k, v in s.items()}) for s in data["servers"]
        ]
        return servers, [(a, b, {}) for a, b in data["links"]]
    if data.get("directed") or data.get("multigraph"):
        raise NoNetwork(UNDIRECTED)
    edges = data["edges"] if "edges" in data else data["links"]
    nodes = [(node["id"], node) for node in data["nodes"]]
    return nodes, [(edge["source"], edge["target"], edge) for edge in edges]


def _graphml(text: str) -> tuple[list[tuple[Any, Attributes]], list[Edge]]:
    """GraphML by NetworkX. Documents that declare entities are refused before parsing."""
    if "<!" in text.replace("<!--", ""):
        raise NoNetwork("XML with its own declarations is not read")
    import networkx

    try:
        graph = networkx.parse_graphml(text)
    except Exception:  # ElementTree's and NetworkX's own errors, of many kinds
        raise NoNetwork("it is not valid GraphML") from None
    if graph.is_directed() or graph.is_multigraph():
        raise NoNetwork(UNDIRECTED)
    nodes: list[tuple[Any, Attributes]] = list(graph.nodes(data=True))
    return nodes, list(graph.edges(data=True))


def _network(
    name: str, nodes: list[tuple[Any, Attributes]], edges: list[Edge], file: StringLit
) -> Network:
    if not 0 < len(nodes) <= MAX_NODES or len(edges) > MAX_LINKS:
        raise NoNetwork(f"1 to {MAX_NODES:,} nodes and up to {MAX_LINKS:,} links are accepted")
    names = [_node_name(key) for key, _ in nodes]
    if len(set(names)) != len(names):
        raise NoNetwork("two nodes have the same name")
    index = {str(key): i for i, (key, _) in enumerate(nodes)}
    built = [_node(n, a, file) for n, (_, a) in zip(names, nodes, strict=True)]
    return Network(name, tuple(built), tuple(_links(edges, index)))


def _node_name(key: Any) -> str:
    """A name as programs write it: `alice` stays, 0 becomes `node0`, `new york` `new_york`."""
    text = re.sub(r"[^A-Za-z0-9_]", "_", str(key)[:MAX_NAME])
    return text if text.isidentifier() else f"node{text}"


def _node(name: str, attributes: Attributes, file: StringLit) -> Node:
    figures = _figures(attributes, NODE, f"node '{name}'")
    if "qubits" not in figures.values:
        raise NoNetwork(f"node '{name[:40]}' does not say its `qubits`")
    return node_of(name, file.span, figures, Diagnostics())


def _figures(attributes: Attributes, sorts: Mapping[str, Sort], where: str) -> Figures:
    figures = Figures()
    for key, sort in sorts.items():
        if key not in attributes or sort.dimension == "name":
            continue
        value = attributes[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise NoNetwork(f"`{key}` of {where[:60]} is no number")
        if abs(value) > 1e300 or not is_possible(sort, value):
            raise NoNetwork(f"`{key}` of {where[:60]} is not possible")
        figures.values[key] = float(value)
    return figures


def _links(edges: Iterable[Edge], index: Mapping[str, int]) -> list[Link]:
    links: dict[tuple[int, int], Link] = {}
    for a, b, attributes in edges:
        if str(a) not in index or str(b) not in index:
            raise NoNetwork("a link names a node that does not exist")
        i, j = index[str(a)], index[str(b)]
        if i == j or (min(i, j), max(i, j)) in links:
            raise NoNetwork("a link is there twice, or joins a node with itself")
        link = link_of(i, j, _figures(attributes, LINK, f"the link {a} -- {b}"))
        links[link.a, link.b] = link
    return [links[pair] for pair in sorted(links)]
