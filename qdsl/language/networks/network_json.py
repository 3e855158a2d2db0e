"""Networks as JSON: NetworkX node-link data, `servers` with pairs of ids as `links`, memQ's,
and devices of several cores."""

from __future__ import annotations

import json
from typing import Any

from qdsl.files.json_objects import RepeatedKey, once
from qdsl.language.networks.attributes import (
    UNDIRECTED,
    Attributes,
    NoNetwork,
    RawGraph,
    graph_defaults,
    unknown_of_file,
)
from qdsl.language.networks.network_cores import cores_graph
from qdsl.language.networks.network_memq import memq_graph
from qdsl.language.networks.network_properties import LINK

COMMON = frozenset({"directed", "multigraph", "graph", "name", "links"})
NODE_LINK = COMMON | {"nodes", "edges"}
SERVERS = COMMON | {"servers"}
ALSO = {"data_qubits": "qubits", "comm_qubits": "comm"}  # how `servers` say it


def json_graph(text: str) -> RawGraph:
    """Nodes and links of JSON. `NoNetwork`, or an error of the lookup, where they are not there."""
    try:
        data = json.loads(text, object_pairs_hook=once)
    except RepeatedKey as problem:
        raise NoNetwork(str(problem)) from None
    if not isinstance(data, dict):
        raise NoNetwork("it is JSON, and no object with `nodes` and `links`")
    if "processors" in data:
        return memq_graph(data)
    if "device" in data:
        return cores_graph(data)
    of_servers = "servers" in data
    known = SERVERS if of_servers else NODE_LINK
    for key in sorted(set(data) - known):
        raise NoNetwork(_unknown(key, data, known))
    if data.get("directed") or data.get("multigraph"):
        raise NoNetwork(UNDIRECTED)
    if "edges" in data and "links" in data:
        raise NoNetwork("it has `edges` and `links`, which are the same")
    found = _servers(data) if of_servers else _node_link(data)
    return found.above(*graph_defaults(data.get("graph", {})))


def _unknown(key: str, data: dict[str, Any], known: frozenset[str]) -> str:
    if "servers" in data and key in NODE_LINK:
        return f"it has `servers` and `{key}`: the nodes are its `servers`, its links are `links`"
    return unknown_of_file(key, known)


def _node_link(data: dict[str, Any]) -> RawGraph:
    edges = _listed(data, "edges" if "edges" in data else "links")
    for edge in edges:
        if not isinstance(edge, dict) or not {"source", "target"} <= set(edge):
            raise NoNetwork("every link is an object with `source` and `target`")
    nodes = [(_id(node, "node"), node) for node in _listed(data, "nodes")]
    return RawGraph(nodes, [(edge["source"], edge["target"], edge) for edge in edges])


def _servers(data: dict[str, Any]) -> RawGraph:
    nodes = [(_id(server, "server"), _renamed(server)) for server in _listed(data, "servers")]
    links = _listed(data, "links")
    for link in links:
        if isinstance(link, dict) and set(link) & set(LINK):
            raise NoNetwork(
                "links beside `servers` have no figures: for figures name the nodes `nodes`, and "
                "write every link as an object with `source`, `target` and the figures"
            )
        if not isinstance(link, list) or len(link) != 2:
            raise NoNetwork('every link beside `servers` is a list of two ids, like ["a", "b"]')
    return RawGraph(nodes, [(a, b, {}) for a, b in links])


def _renamed(server: dict[str, Any]) -> Attributes:
    """Its properties by the names of the language; a server says each by one of its names."""
    for also, name in ALSO.items():
        if also in server and name in server:
            raise NoNetwork(
                f"server '{str(server['id'])[:40]}' has `{also}` and `{name}`, which are the same"
            )
    return {ALSO.get(key, key): value for key, value in server.items()}


def _listed(data: dict[str, Any], key: str) -> list[Any]:
    found = data.get(key)
    if not isinstance(found, list):
        raise NoNetwork(f"its `{key}` is missing, or no list")
    return found


def _id(node: Any, what: str) -> Any:
    if not isinstance(node, dict) or "id" not in node:
        raise NoNetwork(f"every {what} is an object with an `id`")
    return node["id"]
