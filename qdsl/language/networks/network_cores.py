"""Devices of several cores as TeleSABRE keeps them, and dSABRE's drivers write them: JSON with
`device`.

Qubits are numbered core after core, all cores being of one size. The ends of `inter_core_edges` are
the communication qubits of their cores, the others data qubits; all such edges between two cores
make one link with as many `channels`. `intra_core_edges` are not read, as every gate of a node acts
on any of its qubits unless the node has a `device`; nor are `node_positions`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from qdsl.language.networks.attributes import Attributes, NoNetwork, RawGraph

KNOWN = frozenset({"name", "num_cores", "num_qubits", "intra_core_edges", "inter_core_edges",
                   "node_positions"})  # fmt: skip
NEEDED = frozenset({"num_cores", "num_qubits", "inter_core_edges"})
MOST = 1_000_000  # qubits


def cores_graph(data: dict[str, Any]) -> RawGraph:
    """Nodes and links. `NoNetwork`, or an error of the lookup, where they are not there."""
    device = data["device"]
    if set(data) != {"device"} or not isinstance(device, dict):
        raise NoNetwork("`device` is an object, and all of the file")
    for key in sorted(set(device) - KNOWN):
        raise NoNetwork(f"its `{key[:40]}` is unknown; a device has {', '.join(sorted(KNOWN))}")
    for key in sorted(NEEDED - set(device)):
        raise NoNetwork(f"its `{key}` is missing")
    cores, qubits = (_number(device, key) for key in ("num_cores", "num_qubits"))
    size, rest = divmod(qubits, cores)
    if rest:
        raise NoNetwork(f"{qubits} qubits are not shared out evenly among {cores} cores")
    ends: set[int] = set()
    links: Counter[tuple[int, int]] = Counter()
    for edge in device["inter_core_edges"]:
        a, b = _edge(edge, qubits)
        if a // size == b // size:
            raise NoNetwork(f"`inter_core_edges` has {a}, {b}, which are in one core")
        ends |= {a, b}
        links[min(a, b) // size, max(a, b) // size] += 1
    comm = Counter(qubit // size for qubit in ends)
    nodes: list[tuple[Any, Attributes]] = [
        (core, {"qubits": size - comm[core], "comm": comm[core]}) for core in range(cores)
    ]
    return RawGraph(nodes, [(a, b, {"channels": n}) for (a, b), n in sorted(links.items())])


def _number(device: dict[str, Any], key: str) -> int:
    found = device[key]
    if type(found) is not int or not 0 < found <= MOST:
        raise NoNetwork(f"`{key}` is no number from 1 to {MOST:,}")
    return found


def _edge(edge: Any, qubits: int) -> tuple[int, int]:
    is_pair = isinstance(edge, list) and len(edge) == 2 and all(type(q) is int for q in edge)
    if not is_pair or not all(0 <= q < qubits for q in edge):
        raise NoNetwork("an edge is a list of two qubits that are there")
    return edge[0], edge[1]
