"""Graphs from files: NetworkX node-link JSON, or a list of edges, two node names a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from qdsl.diagnostics.reported import Refusal
from qdsl.language.syntax import StringLit
from qdsl.language.syntax.files import Folders
from qdsl.language.values.domain import Graph
from qdsl.language.values.errors import InvalidGraph
from qdsl.language.values.graphs import MAX_EDGES, MAX_NODES, GraphRefusal, graph


def read_graph(name: StringLit, folders: Folders) -> Graph:
    """The graph in a file. Nodes keep their numbers if they are 0..n-1, else they are numbered
    in the order of the file."""
    text = folders.read_text(name)
    try:
        nodes, edges = _node_link(text) if text.lstrip().startswith("{") else _edge_list(text)
        return _numbered(nodes, edges)
    except GraphRefusal as refusal:
        raise Refusal(InvalidGraph(name.span, str(refusal))) from None
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        reason = "the file is neither node-link JSON nor a list of edges"
        raise Refusal(InvalidGraph(name.span, reason)) from None


def _node_link(text: str) -> tuple[list[Any], list[tuple[Any, Any]]]:
    data = json.loads(text)
    edges = data["edges"] if "edges" in data else data["links"]
    nodes = [node["id"] for node in data["nodes"]]
    return nodes, [(edge["source"], edge["target"]) for edge in edges]


def _edge_list(text: str) -> tuple[list[Any], list[tuple[Any, Any]]]:
    edges: list[tuple[Any, Any]] = []
    for line in text.splitlines():
        words = line.split("#")[0].replace(",", " ").split()
        if words:
            edges.append((words[0], words[1]) if len(words) > 1 else _bad_line(line))
    if all(word.isdecimal() and len(word) < 10 for edge in edges for word in edge):
        edges = [(int(a), int(b)) for a, b in edges]
    return _in_order(edges), edges


def _bad_line(line: str) -> tuple[Any, Any]:
    raise GraphRefusal(f"'{line[:40]}' does not name two nodes")


def _in_order(edges: Iterable[tuple[Any, Any]]) -> list[Any]:
    return list(dict.fromkeys(node for edge in edges for node in edge))


def _numbered(nodes: list[Any], edges: list[tuple[Any, Any]]) -> Graph:
    if len(nodes) > MAX_NODES or len(edges) > MAX_EDGES:
        raise GraphRefusal(f"at most {MAX_NODES:,} nodes and {MAX_EDGES:,} edges are allowed")
    if not nodes:
        raise GraphRefusal("it has no nodes")
    known = set(nodes)
    if len(known) != len(nodes):
        raise GraphRefusal("a node occurs twice")
    if any(a not in known or b not in known for a, b in edges):
        raise GraphRefusal("an edge names a node that does not exist")
    if known == set(range(len(nodes))) and all(type(node) is int for node in nodes):
        return graph(len(nodes), edges)
    number = {node: k for k, node in enumerate(nodes)}
    return graph(len(nodes), ((number[a], number[b]) for a, b in edges))
