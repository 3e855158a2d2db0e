"""Graphs from files: NetworkX node-link JSON, DIMACS, Gset, or a list of edges.

Graphs are undirected and simple, and have no weights: what a file says beyond that is refused.
"""

from __future__ import annotations

import json
from typing import Any

from qdsl.diagnostics.reported import Refusal
from qdsl.files.decimals import decimal
from qdsl.files.json_objects import RepeatedKey, once
from qdsl.language.syntax import StringLit
from qdsl.language.syntax.files import Folders
from qdsl.language.syntax.spelling import closest
from qdsl.language.values.domain import Graph
from qdsl.language.values.errors import InvalidGraph
from qdsl.language.values.graphs import MAX_EDGES, MAX_NODES, GraphRefusal, graph, sized

TOP = frozenset({"directed", "multigraph", "graph", "name", "nodes", "edges", "links"})
# of an edge's attributes, those that name or draw it
NEITHER = frozenset({"id", "source", "target", "key", "name", "label", "type", "x", "y", "color"})
SIMPLE = "it is directed, or has parallel edges"
HEADERS = {("source", "target"), ("from", "to"), ("u", "v"), ("node1", "node2"), ("src", "dst")}


def read_graph(name: StringLit, folders: Folders) -> Graph:
    """The graph in a file. Nodes keep their numbers if they are 0..n-1, else they are numbered
    in the order of the file; a list of edges by number has the nodes 0 to the largest."""
    text = folders.read_text(name)
    try:
        nodes, edges = _node_link(text) if text.lstrip().startswith("{") else _lines(text)
        return _numbered(nodes, edges)
    except GraphRefusal as refusal:
        raise Refusal(InvalidGraph(name.span, str(refusal))) from None
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        reason = "the file is neither node-link JSON nor a list of edges"
        raise Refusal(InvalidGraph(name.span, reason)) from None


def _node_link(text: str) -> tuple[list[Any], list[tuple[Any, Any]]]:
    try:
        data = json.loads(text, object_pairs_hook=once)
    except RepeatedKey as problem:
        raise GraphRefusal(str(problem)) from None
    for key in sorted(set(data) - TOP):
        hint = closest(key, TOP)
        raise GraphRefusal(
            f"its `{key[:40]}` is unknown; "
            + (f"did you mean `{hint}`?" if hint else f"there are {', '.join(sorted(TOP))}")
        )
    if data.get("directed") or data.get("multigraph"):
        raise GraphRefusal(SIMPLE)
    if "edges" in data and "links" in data:
        raise GraphRefusal("it has `edges` and `links`, which are the same")
    edges = data["edges"] if "edges" in data else data["links"]
    for edge in edges:
        _refuse_figures(edge)
    nodes = [node["id"] for node in data["nodes"]]
    return nodes, [(edge["source"], edge["target"]) for edge in edges]


def _refuse_figures(edge: dict[str, Any]) -> None:
    """Weights, by whatever name: numbers that are not 1 and neither name nor draw the edge."""
    for key, value in edge.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if key == "weight":
            _refuse_weight(value)
        elif is_number and value != 1 and key not in NEITHER:
            raise GraphRefusal(
                f"an edge has `{key[:40]}` {value}, and graphs have no figures: declare them as "
                "data of their own"
            )


def _lines(text: str) -> tuple[list[Any], list[tuple[Any, Any]]]:
    """DIMACS (`p edge`), Gset (`nodes edges`, then one edge a line), or a list of edges."""
    lines = [line.split("#")[0].replace(",", " ").split() for line in text.splitlines()]
    rows = [words for words in lines if words]
    if any(words[0] == "p" for words in rows):
        return _dimacs([words for words in rows if words[0] != "c"])
    if len(rows) > 1 and _is_gset(rows):
        return _counted(rows[0], rows[1:])
    _refuse_counts(rows)
    return _edge_list(rows)


def _dimacs(rows: list[list[str]]) -> tuple[list[Any], list[tuple[Any, Any]]]:
    head, *edges = rows
    if head[0] != "p" or len(head) != 4 or head[1] not in ("edge", "edges", "col"):
        raise GraphRefusal(f"'{' '.join(head)[:40]}' is no `p edge NODES EDGES`")
    if any(words[0] != "e" for words in edges):
        raise GraphRefusal("every line after `p edge` is `e NODE NODE`")
    return _counted(head[2:], [words[1:] for words in edges])


def _is_gset(rows: list[list[str]]) -> bool:
    """A first line of two counts, and weights in all others, whose number or nodes fit them."""
    head = rows[0]
    if len(head) != 2 or not all(map(_is_number, head)) or any(len(row) != 3 for row in rows[1:]):
        return False
    nodes = [word for row in rows[1:] for word in row[:2]]
    fit = all(_is_number(node) and int(node) <= int(head[0]) for node in nodes)
    return fit or int(head[1]) == len(rows) - 1


def _refuse_counts(rows: list[list[str]]) -> None:
    """`GraphRefusal` for a first line that may be an edge, and may be the numbers of nodes and of
    the lines that follow."""
    numbers = [int(word) for row in rows for word in row[:2] if _is_number(word)]
    if len(rows) < 2 or len(rows[0]) != 2 or len(numbers) < 2 * len(rows):
        return
    nodes, edges, *others = numbers
    if edges == len(rows) - 1 and max(others) <= nodes:
        raise GraphRefusal(
            f"its first line '{nodes} {edges}' may be an edge, and may say that there are {nodes} "
            f"nodes and {edges} edges: write `source,target` above it if it is an edge; if not, "
            f"write `p edge {nodes} {edges}`, and `e` before every edge (nodes count from 1), or "
            "leave it out (nodes count from 0)"
        )


def _counted(counts: list[str], rows: list[list[str]]) -> tuple[list[Any], list[tuple[Any, Any]]]:
    """Nodes counted from 1, as many as the file says; node k of the graph is its k + 1."""
    if not all(map(_is_number, counts)) or int(counts[1]) != len(rows):
        raise GraphRefusal(f"it has {len(rows)} edges, and its first line says {counts[1][:12]}")
    sized(int(counts[0]), len(rows))
    edges = [_edge(row) for row in rows]
    if not all(_is_number(node) for edge in edges for node in edge):
        raise GraphRefusal("its nodes are numbers from 1 on")
    return list(range(int(counts[0]))), [(int(a) - 1, int(b) - 1) for a, b in edges]


def _edge_list(rows: list[list[str]]) -> tuple[list[Any], list[tuple[Any, Any]]]:
    """Two names a line; numbers stay as they are, and nodes without an edge are there."""
    if rows and tuple(word.lower() for word in rows[0][:2]) in HEADERS:
        rows = rows[1:]
    edges = [_edge(row) for row in rows]
    numbers = [_is_number(node) for edge in edges for node in edge]
    if all(numbers):
        pairs = [(int(a), int(b)) for a, b in edges]
        last = max((max(pair) for pair in pairs), default=-1)
        sized(last + 1, len(pairs))
        return list(range(last + 1)), pairs
    if any(numbers):
        raise GraphRefusal(
            "some of its nodes are numbers and some are names: a first line that names columns is "
            "`source,target`"
        )
    return list(dict.fromkeys(node for edge in edges for node in edge)), list(edges)


def _edge(words: list[str]) -> tuple[str, str]:
    if len(words) not in (2, 3):
        raise GraphRefusal(f"'{' '.join(words)[:40]}' does not name two nodes")
    for weight in words[2:]:
        _refuse_weight(weight)
    return words[0], words[1]


def _refuse_weight(weight: Any) -> None:
    try:
        number = decimal(weight) if isinstance(weight, str) else weight
    except ValueError:
        number = None
    if isinstance(number, bool) or number != 1:
        raise GraphRefusal(
            f"an edge has the weight '{str(weight)[:20]}', and graphs have none: declare weights "
            "as data of their own"
        )


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) < 10


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
    if len({frozenset(edge) for edge in edges}) != len(edges):
        raise GraphRefusal("an edge is there twice")
    if known == set(range(len(nodes))) and all(type(node) is int for node in nodes):
        return graph(len(nodes), edges)
    number = {node: k for k, node in enumerate(nodes)}
    return graph(len(nodes), ((number[a], number[b]) for a, b in edges))
