"""Networks of NetworkX graphs: what a file of node-link data has, without a file."""

from __future__ import annotations

import json
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.request_error import of_type
from qdsl.diagnostics.source import Source, Span
from qdsl.language.networks.network_files import network_in_text
from qdsl.language.syntax import StringLit
from qdsl.network.network import Network


def is_graph(given: Any) -> bool:
    """Whether it is a graph of NetworkX, which need not be installed, or of a class made of it."""
    return any(c.__module__.partition(".")[0] == "networkx" for c in type(given).__mro__)


def given_network(given: Any) -> Network | None:
    """The network that an argument is, or whose graph it is; None for None. WrongArgument for what
    is neither, InvalidProgram for a graph that is no network."""
    if given is None or is_graph(given):
        return None if given is None else network_of_graph(given)
    wanted = "the name of one of the program, a `Network` or a NetworkX graph"
    found: Network = of_type(given, Network, "network", wanted)
    return found


def network_of_graph(graph: Any) -> Network:
    """The network of a NetworkX graph whose nodes have `qubits`. InvalidProgram if it is none."""
    name = f"networkx.{type(graph).__name__}"
    source = Source("<network>", json.dumps(name))
    try:
        place = StringLit(name, Span(source, 0, len(source.text)))
        return network_in_text("network", node_link(graph), place)
    except Refusal as refusal:
        raise InvalidProgram((refusal.problem,)) from None


def node_link(graph: Any) -> str:
    """Its node-link data as JSON."""
    from networkx import node_link_data

    return json.dumps(node_link_data(graph, edges="links"), default=_plain)


def _plain(value: Any) -> Any:
    """What JSON has no word for: numbers and arrays of NumPy and others; the rest as text."""
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real | Decimal):
        try:
            return float(value)
        except (OverflowError, ValueError):
            return str(value)
    if isinstance(value, np.bool_ | np.ndarray):
        return value.tolist()
    return str(value)
