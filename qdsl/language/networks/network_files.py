"""Networks from files: NetworkX node-link JSON, JSON with `servers`, and GraphML.

Attributes of nodes and edges are the properties that the language has (`NODE`, `LINK`), in Hz and
seconds; text ("200 Hz", "50 us", and "0.97" where no unit is needed) is taken, too. `pair_state` is
a list of four numbers, or text with commas between them. `latency` is that of messages from an
edge's `source` to its `target`. Other keys are refused, but for those that name or draw
(`NEITHER`). JSON with `servers` (`id`, `data_qubits`, `comm_qubits`) and `links` (pairs of ids) has
no figures of links.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.files.decimals import decimal
from qdsl.language.networks.attributes import (
    NEITHER,
    Attributes,
    Edge,
    NoNetwork,
    RawGraph,
    unknown_attribute,
)
from qdsl.language.networks.errors import InvalidNetworkFile
from qdsl.language.networks.members import MAX_LINKS, MAX_NODES, link_of, node_of
from qdsl.language.networks.network_graphml import graphml_graph
from qdsl.language.networks.network_json import json_graph
from qdsl.language.networks.network_properties import (
    LINK,
    NODE,
    WITHOUT_UNIT,
    Figures,
    Sort,
    device_places,
    is_possible,
    pair_state,
)
from qdsl.language.syntax import Name, StringLit
from qdsl.language.syntax.files import Folders
from qdsl.language.syntax.units import UNITS
from qdsl.network.models import PairState
from qdsl.network.network import Link, Network, Node

HUGE = 10**301  # beyond every figure
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?) *([^\s0-9]+)")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
MAX_NAME = 60  # characters of a node's name; the rest is left out


def read_network(name: str, file: StringLit, folders: Folders) -> Network:
    """The network in a file; `Refusal` if there is none."""
    return network_in_text(name, folders.read_text(file), file)


def network_in_text(name: str, text: str, file: StringLit) -> Network:
    """The network in a file's text; `file` says where it is named."""
    try:
        is_graphml = text.lstrip().startswith("<")
        return _network(name, graphml_graph(text) if is_graphml else json_graph(text), file)
    except NoNetwork as problem:
        raise Refusal(InvalidNetworkFile(file.span, file.value, str(problem))) from None
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, IndexError):
        reason = "it is neither node-link JSON nor GraphML"
        raise Refusal(InvalidNetworkFile(file.span, file.value, reason)) from None


def _network(name: str, raw: RawGraph, file: StringLit) -> Network:
    nodes, edges = raw.nodes, raw.edges
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
            raise NoNetwork(unknown_attribute(key, sorts, where))
        what = f"`{key}` of {where[:60]}"
        if sort.dimension == "name":
            setattr(figures, key, Name(str(value)[:MAX_NAME], file.span))
        elif sort.dimension == "state":
            figures.state = _state(value, sort, what)
        elif sort.dimension == "device":
            figures.device = _device(value, what, file)
        elif sort.dimension == "places":
            figures.comm_at = _device_places(value, sort, what)
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


def _device(value: Any, what: str, file: StringLit) -> StringLit:
    if not isinstance(value, str) or not value:
        raise NoNetwork(f"{what} is no name")
    return StringLit(value, file.span)


def _device_places(value: Any, sort: Sort, what: str) -> tuple[int, ...]:
    """Whole numbers: a list, or in GraphML text."""
    parts = value.strip("[] ").split(",") if isinstance(value, str) else value
    numbers = [_number(part, sort, what) for part in parts] if isinstance(parts, list) else []
    found = device_places(numbers)
    if found is None:
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


def _number(value: Any, sort: Sort, what: str) -> float:
    """A figure in base units: a number, or text as a program has it ("200 Hz", "0.97")."""
    if isinstance(value, str):
        return _of_text(value, sort, what)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise NoNetwork(f"{what} is no number")
    return value if isinstance(value, float) else float(min(max(value, -HUGE), HUGE))


def _of_text(text: str, sort: Sort, what: str) -> float:
    if sort.dimension in WITHOUT_UNIT:
        with suppress(ValueError):
            return decimal(text)
    found = _QUANTITY.fullmatch(text.strip())
    unit = UNITS.get(found[2]) if found else None
    dimension = {"fidelity": "fraction", "limit": "time"}.get(sort.dimension, sort.dimension)
    if found is None or unit is None or unit.dimension != dimension:
        raise NoNetwork(f'{what} is "{text[:40]}": write {sort.wanted}, like "{sort.example}"')
    return float(found[1]) * unit.scale


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
