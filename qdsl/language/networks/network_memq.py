"""Networks as memQ's compiler keeps them (memQ-DQC, now xDQC): JSON with `processors`, `qubits`
and `connections`.

A processor is a node: its `computation` qubits are data qubits, the others communication qubits.
All `remote` connections between two nodes make one link, with as many `channels` and with the
fidelity of the worst. The shortest coherence time of a node's qubits of either kind is its `t2` and
`comm_t2`. Local connections say which qubits of a node interact; they are not read, as every gate
of a node acts on any of its qubits unless the node has a `device`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from qdsl.language.networks.attributes import Attributes, NoNetwork, RawGraph
from qdsl.language.syntax.units import UNITS

KNOWN = frozenset({"processors", "qubits", "connections"})
_KINDS = {"computation": "qubits", "communication": "comm"}
_LIMITS = {"computation": "t2", "communication": "comm_t2"}


def memq_graph(data: dict[str, Any]) -> RawGraph:
    """Nodes and links. `NoNetwork`, or an error of the lookup, where they are not there."""
    for key in sorted(set(data) ^ KNOWN):
        side = "is missing" if key in KNOWN else "is unknown"
        raise NoNetwork(f"its `{key[:40]}` {side}; memQ's networks have {', '.join(sorted(KNOWN))}")
    qubits = data["qubits"]
    nodes = []
    home: dict[str, str] = {}
    for key, processor in data["processors"].items():
        nodes.append((key, _node(key, processor["qubits"], qubits)))
        for kind in _KINDS:
            for qubit in processor["qubits"][kind]:
                if qubit in home:
                    raise NoNetwork(f"qubit '{str(qubit)[:40]}' belongs to two processors")
                home[qubit] = key
    return RawGraph(nodes, _links(data["connections"], home))


def _node(key: str, own: dict[str, list[str]], qubits: dict[str, Any]) -> Attributes:
    found: dict[str, Any] = {name: len(own[kind]) for kind, name in _KINDS.items()}
    for kind, name in _LIMITS.items():
        times = [t for q in own[kind] if (t := _coherence(q, qubits)) is not None]
        if times:
            found[name] = min(times)
    return found


def _coherence(qubit: str, qubits: dict[str, Any]) -> float | None:
    """In seconds."""
    entry = qubits[qubit]
    value, unit = entry.get("coherenceTime"), entry.get("coherenceTimeUnit", "us")
    if value is None:
        return None
    known = UNITS.get(unit)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if known is None or known.dimension != "time" or not is_number or not 0 < value < math.inf:
        raise NoNetwork(f"the coherence time of qubit '{str(qubit)[:40]}' is no time above 0")
    return float(value) * known.scale


def _links(connections: Iterable[dict[str, Any]], home: dict[str, str]) -> list[Any]:
    found: dict[tuple[str, str], list[float]] = {}
    for connection in connections:
        if connection["type"] != "remote":
            continue
        ends = [home[q] for k in (1, 2) if (q := connection[f"qubit{k}"]) in home]
        if len(ends) < 2:
            raise NoNetwork("a remote connection has a qubit that no processor has")
        fidelity = connection.get("fidelity", 1)
        if isinstance(fidelity, bool) or not isinstance(fidelity, int | float):
            raise NoNetwork("the fidelity of a remote connection is no number")
        found.setdefault((min(ends), max(ends)), []).append(float(fidelity))
    return [
        (a, b, {"fidelity": min(values), "channels": len(values)})
        for (a, b), values in sorted(found.items())
    ]
