"""Networks as GraphML, read by NetworkX, and what NetworkX leaves out of it."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

from qdsl.files.decimals import decimal
from qdsl.language.networks.attributes import (
    DESCRIBES,
    NEITHER,
    UNDIRECTED,
    NoNetwork,
    RawGraph,
    graph_defaults,
    unknown_attribute,
)
from qdsl.language.networks.network_properties import LINK, NODE

NUMERIC = ("int", "long", "float", "double")
PARTS = ("all", "graph", "node", "edge")  # what a key may be for
WITH_VALUES = ("graph", "node", "edge")


def graphml_graph(text: str) -> RawGraph:
    """Nodes and edges of GraphML. Documents that declare entities are refused before parsing."""
    if "<!" in text.replace("<!--", ""):
        raise NoNetwork("XML with its own declarations is not read")
    import networkx

    try:
        with warnings.catch_warnings(action="ignore"):  # ports and types are looked at below
            graph = networkx.parse_graphml(text)
    except Exception:  # ElementTree's and NetworkX's own errors, of many kinds
        raise NoNetwork("it is not valid GraphML") from None
    if graph.is_directed() or graph.is_multigraph():
        raise NoNetwork(UNDIRECTED)
    ends = _ends(text)
    of_nodes, of_edges = graph_defaults(graph.graph)
    everywhere = _defaults_of_all(text)
    found = RawGraph(
        list(graph.nodes(data=True)),
        [(*ends.get(frozenset((a, b)), (a, b)), d) for a, b, d in graph.edges(data=True)],
    )
    return found.above(
        {k: v for k, v in everywhere.items() if k in NODE} | dict(of_nodes),
        {k: v for k, v in everywhere.items() if k in LINK} | dict(of_edges),
    )


def _ends(text: str) -> dict[frozenset[str], tuple[str, str]]:
    """`source` and `target` of every edge as the file has them: NetworkX keeps no order in an
    undirected graph, and `latency_back` goes from the second to the first."""
    tree = _tree(text)
    if sum(1 for _ in _parts(tree, "graph")) > 1:
        raise NoNetwork("it has several graphs, or graphs within graphs")
    _all_decimal(tree)
    _no_contradictions(tree)
    declared = Counter(node.get("id") for node in _parts(tree, "node"))
    if any(uses > 1 for uses in declared.values()):
        raise NoNetwork(f"the node '{declared.most_common(1)[0][0]}' is there twice")
    edges = [e.attrib for e in _parts(tree, "edge")]
    if any(e[end] not in declared for e in edges for end in ("source", "target")):
        raise NoNetwork("a link names a node that does not exist")
    return {frozenset((e["source"], e["target"])): (e["source"], e["target"]) for e in edges}


def _no_contradictions(tree: Any) -> None:
    """`NoNetwork` for keys of what NetworkX does not read, and for two values of one name."""
    names: dict[str, str] = {}
    said: Counter[tuple[str, str]] = Counter()
    for key in _parts(tree, "key"):
        name, of = key.get("attr.name", ""), key.get("for", "all")
        name = name or key.get("yfiles.type", "")
        if of not in PARTS:
            raise NoNetwork(
                f'the key `{name[:40]}` is for "{of[:40]}", which is not read: keys are for '
                '"node", "edge", "graph" or "all"'
            )
        if key.get("id") in names:
            raise NoNetwork(f"two keys have the same id, '{key.get('id')}'")
        names[key.get("id")] = name
        if _children(key, "default"):
            said.update((name, part) for part in WITH_VALUES if of in ("all", part))
    twice = next((name for (name, _), uses in said.items() if uses > 1), None)
    if twice is not None:
        raise NoNetwork(f"two keys give `{twice[:40]}` a default: leave one")
    for part in tree.iter():
        own = [names.get(e.get("key"), "") for e in _children(part, "data")]
        if own and _tag(part) not in WITH_VALUES:
            raise NoNetwork(f"it gives attributes to a `{_tag(part)[:40]}`, which is not read")
        if len(set(own)) != len(own):
            raise NoNetwork("a node or an edge has two values of one key")


def _defaults_of_all(text: str) -> dict[str, Any]:
    """Defaults that NetworkX leaves out, by name: those of keys for everything. Each counts for
    what has the property of that name. `NoNetwork` for what no node or link has, and for
    defaults of the whole graph."""
    found: dict[str, Any] = {}
    for key in _parts(_tree(text), "key"):
        name, of = key.get("attr.name", ""), key.get("for", "all")
        for default in _children(key, "default"):
            value = (default.text or "").strip()
            if of == "graph":
                graph_defaults({name: value})
            if of != "all" or name in NEITHER | DESCRIBES:
                continue
            if name not in NODE and name not in LINK:
                raise NoNetwork(unknown_attribute(name, {**NODE, **LINK}, "the file"))
            found[name] = decimal(value) if key.get("attr.type") in NUMERIC else value
    return found


def _all_decimal(tree: Any) -> None:
    """`NoNetwork` for numbers that only Python reads, such as 1_000 and those in other scripts."""
    numeric = set()
    for key in _parts(tree, "key"):
        if key.get("attr.type") in NUMERIC:
            numeric.add(key.get("id"))
            _decimal(*(e.text for e in _children(key, "default")))
    for data in _parts(tree, "data"):
        if data.get("key") in numeric:
            _decimal(data.text)


def _decimal(*texts: str | None) -> None:
    for text in texts:
        try:
            decimal(text or "0")
        except ValueError as problem:
            raise NoNetwork(str(problem)) from None


def _tree(text: str) -> Any:
    from xml.etree import ElementTree

    return ElementTree.fromstring(text)


def _tag(element: Any) -> str:
    """Without its namespace, which NetworkX supplies where a file has none."""
    return str(element.tag).rpartition("}")[2]


def _parts(tree: Any, tag: str) -> Iterator[Any]:
    return (element for element in tree.iter() if _tag(element) == tag)


def _children(element: Any, tag: str) -> list[Any]:
    return [child for child in element if _tag(child) == tag]
