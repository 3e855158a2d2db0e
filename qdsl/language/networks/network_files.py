"""Networks from files: NetworkX node-link JSON, JSON with `servers`, and GraphML.

Attributes of nodes and edges are the properties that the language has (`NODE`, `LINK`), in Hz and
seconds; text with a unit ("200 Hz", "50 us") is taken, too. `pair_state` is a list of four
numbers, or text with commas between them. `latency` is that of messages from an edge's `source`
to its `target`. Other keys are refused, but for those that name or draw (`NEITHER`). JSON with
`servers` (`id`, `data_qubits`, `comm_qubits`) and `links` (pairs of ids) has no figures of links.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.files.decimals import decimal
from qdsl.language.networks.errors import InvalidNetworkFile
from qdsl.language.networks.members import MAX_LINKS, MAX_NODES, link_of, node_of
from qdsl.language.networks.network_properties import (
    LINK,
    NODE,
    Figures,
    Sort,
    is_possible,
    pair_state,
)
from qdsl.language.syntax import Name, StringLit
from qdsl.language.syntax.files import Folders
from qdsl.language.syntax.spelling import closest
from qdsl.language.syntax.units import UNITS
from qdsl.network.models import PairState
from qdsl.network.network import Link, Network, Node

UNDIRECTED = "links are undirected, and one joins two nodes"
# what identifies a node or link, or draws it, and says nothing of what it can do
NEITHER = frozenset(
    {"id", "source", "target", "key", "name", "label", "type", "x", "y", "pos", "color"}
)
TOP = frozenset({"directed", "multigraph", "graph", "name", "nodes", "edges", "links"})
HUGE = 10**301  # beyond every figure
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?) *([^\s0-9]+)")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
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


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, in which no key stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, n in Counter(key for key, _ in pairs).items() if n > 1)
        raise NoNetwork(f"the key `{twice[:40]}` stands twice in one object")
    return found


def _json(text: str) -> tuple[list[tuple[Any, Attributes]], list[Edge]]:
    data = json.loads(text, object_pairs_hook=_once)
    if "servers" in data:
        names = {"data_qubits": "qubits", "comm_qubits": "comm"}
        servers: list[tuple[Any, Attributes]] = [
            (s["id"], {names.get(k, k): v for k, v in s.items()}) for s in data["servers"]
        ]
        return servers, [(a, b, {}) for a, b in data["links"]]
    unknown = sorted(set(data) - TOP)
    if unknown:
        raise NoNetwork(f"its `{unknown[0][:40]}` is unknown")
    if data.get("directed") or data.get("multigraph"):
        raise NoNetwork(UNDIRECTED)
    if "edges" in data and "links" in data:
        raise NoNetwork("it has `edges` and `links`, which are the same")
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
    of_nodes, of_edges = (graph.graph.get(f"{each}_default", {}) for each in ("node", "edge"))
    nodes: list[tuple[Any, Attributes]] = [(n, of_nodes | d) for n, d in graph.nodes(data=True)]
    ends = _graphml_ends(text)
    return nodes, [
        (*ends.get(frozenset((a, b)), (a, b)), of_edges | d) for a, b, d in graph.edges(data=True)
    ]


def _graphml_ends(text: str) -> dict[frozenset[str], tuple[str, str]]:
    """`source` and `target` of every edge as the file has them: NetworkX keeps no order in an
    undirected graph, and `latency_back` goes from the second to the first."""
    from xml.etree import ElementTree

    tree = ElementTree.fromstring(text)
    if sum(e.tag.endswith("}graph") for e in tree.iter()) > 1:
        raise NoNetwork("it has several graphs, or graphs within graphs")
    _all_decimal(tree)
    for part in tree.iter():
        keys = [e.get("key") for e in part if e.tag.endswith("}data")]
        if len(set(keys)) != len(keys):
            raise NoNetwork("a node or an edge has two values of one key")
    edges = (e.attrib for e in tree.iter() if e.tag.endswith("}edge"))
    return {frozenset((e["source"], e["target"])): (e["source"], e["target"]) for e in edges}


def _all_decimal(tree: Any) -> None:
    """`NoNetwork` for numbers that only Python reads, such as 1_000 and those in other scripts."""
    numeric = set()
    for key in tree.iter():
        if key.tag.endswith("}key") and key.get("attr.type") in ("int", "long", "float", "double"):
            numeric.add(key.get("id"))
            _decimal(*(e.text for e in key if e.tag.endswith("}default")))
    for data in tree.iter():
        if data.tag.endswith("}data") and data.get("key") in numeric:
            _decimal(data.text)


def _decimal(*texts: str | None) -> None:
    for text in texts:
        try:
            decimal(text or "0")
        except ValueError as problem:
            raise NoNetwork(str(problem)) from None


def _network(
    name: str, nodes: list[tuple[Any, Attributes]], edges: list[Edge], file: StringLit
) -> Network:
    if not 0 < len(nodes) <= MAX_NODES or len(edges) > MAX_LINKS:
        raise NoNetwork(f"1 to {MAX_NODES:,} nodes and up to {MAX_LINKS:,} links are accepted")
    names = _node_names([key for key, _ in nodes])
    if len(set(names)) != len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise NoNetwork(f"two nodes have the same name, `{twice}`")
    index = {str(key): i for i, (key, _) in enumerate(nodes)}
    built = [_node(n, a, file) for n, (_, a) in zip(names, nodes, strict=True)]
    return Network(name, tuple(built), tuple(_links(edges, index, file)))


def _node_names(keys: list[Any]) -> list[str]:
    """Names of all nodes; those that would be one, such as those of Chinese signs only, are told
    apart by the codes of their signs."""
    names = [_node_name(key) for key in keys]
    uses = Counter(names)
    return [
        _node_name(_NOT_ASCII.sub(lambda sign: f"u{ord(sign[0]):x}", str(key)))
        if uses[name] > 1
        else name
        for name, key in zip(names, keys, strict=True)
    ]


def _node_name(key: Any) -> str:
    """A name as programs write it: `alice` stays, 0 becomes `node0`, `new york` `new_york`."""
    text = re.sub(r"[^A-Za-z0-9_]", "_", str(key)[:MAX_NAME])
    return text if text.isidentifier() else f"node{text}"


def _node(name: str, attributes: Attributes, file: StringLit) -> Node:
    figures = _figures(attributes, NODE, f"node '{name}'", file)
    if "qubits" not in figures.values:
        raise NoNetwork(f"node '{name[:40]}' does not say its `qubits`")
    problems = Diagnostics()
    node = node_of(name, file.span, figures, problems)
    for problem in problems:
        raise Refusal(problem)
    return node


def _figures(
    attributes: Attributes, sorts: Mapping[str, Sort], where: str, file: StringLit
) -> Figures:
    figures = Figures()
    for key, value in attributes.items():
        if key in NEITHER:
            continue
        sort = sorts.get(key)
        if sort is None:
            raise NoNetwork(_unknown(key, sorts, where))
        what = f"`{key}` of {where[:60]}"
        if sort.dimension == "name":
            setattr(figures, key, Name(str(value)[:MAX_NAME], file.span))
        elif sort.dimension == "state":
            figures.state = _state(value, sort, what)
        else:
            figures.values[key] = _figure(value, sort, what)
    return figures


def _figure(value: Any, sort: Sort, what: str) -> float:
    number = _number(value, sort, what)
    if abs(number) > 1e300 or not is_possible(sort, number):
        raise NoNetwork(f"{what} is not possible: it is {sort.wanted}")
    return float(number)


def _state(value: Any, sort: Sort, what: str) -> PairState:
    """Four numbers: a list, or in GraphML text."""
    parts = value.strip("[] ").split(",") if isinstance(value, str) else value
    numbers = [_probability(part) for part in parts] if isinstance(parts, list) else []
    found = pair_state([number for number in numbers if number is not None])
    if found is None or None in numbers:
        raise NoNetwork(f"{what} is not possible: it is {sort.wanted}")
    return found


def _probability(part: Any) -> float | None:
    """One of the four; None of what is no number."""
    if isinstance(part, str):
        try:
            return decimal(part)
        except ValueError:
            return None
    is_number = isinstance(part, int | float) and not isinstance(part, bool)
    return float(part) if is_number and abs(part) < HUGE else None


def _unknown(key: str, sorts: Mapping[str, Sort], where: str) -> str:
    known = list(sorts)
    stem = next((k for k in known if key.lower().startswith(f"{k}_")), None)
    meant = closest(key, known) or stem
    hint = f"did you mean `{meant}`?" if meant else f"there are {', '.join(known)}"
    return f"{where[:60]} has an unknown `{key[:40]}`; {hint}"


def _number(value: Any, sort: Sort, what: str) -> float:
    """A figure in base units: a number, or text as a program has it ("200 Hz")."""
    if isinstance(value, str):
        found = _QUANTITY.fullmatch(value.strip())
        unit = UNITS.get(found[2]) if found else None
        dimension = {"fidelity": "fraction", "limit": "time"}.get(sort.dimension, sort.dimension)
        if found is None or unit is None or unit.dimension != dimension:
            raise NoNetwork(f'{what} is "{value[:40]}": write {sort.wanted}, like "{sort.example}"')
        return float(found[1]) * unit.scale
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise NoNetwork(f"{what} is no number")
    return value if isinstance(value, float) else float(min(max(value, -HUGE), HUGE))


def _links(edges: Iterable[Edge], index: Mapping[str, int], file: StringLit) -> list[Link]:
    links: dict[tuple[int, int], Link] = {}
    for a, b, attributes in edges:
        if str(a) not in index or str(b) not in index:
            raise NoNetwork("a link names a node that does not exist")
        i, j = index[str(a)], index[str(b)]
        if i == j or (min(i, j), max(i, j)) in links:
            raise NoNetwork("a link is there twice, or joins a node with itself")
        figures = _figures(attributes, LINK, f"the link {a} -- {b}", file)
        link = link_of(i, j, figures, file.span, figures.preset)
        links[link.a, link.b] = link
    return [links[pair] for pair in sorted(links)]
