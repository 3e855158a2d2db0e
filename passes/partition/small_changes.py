"""What a network lacks on which a program cannot be placed: the least that would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qdsl.ir.stages import Circuit
from qdsl.network.network import Network, Node
from qdsl.passes.partition.step_search import is_placeable
from qdsl.passes.partition.timeline import Timeline

MOST_WORK = 20_000  # rows times qubits up to which networks are tried
MOST_NODES = 12


def least_change(
    circuit: Circuit, network: Network, times: Timeline, homes: Sequence[Sequence[int]]
) -> str:
    """One node's communication qubits, or its data qubits, with which the program is placed from
    some of the homes; empty where neither of a single node is enough."""
    is_small = len(circuit.table) * circuit.n_qubits <= MOST_WORK
    if not is_small or len(network.nodes) > MOST_NODES:
        return ""
    found: dict[str, str] = {}
    for ways in (_more_comm(network), _more_qubits(network)):
        for name, what, wider in ways:
            if is_placeable(circuit, wider, times, homes):
                found[name] = f"{found[name]} or {what}" if name in found else f"'{name}' {what}"
                break
    return "give " + ", or ".join(found.values()) if found else ""


def _more_comm(network: Network) -> Iterator[tuple[str, str, Network]]:
    """Nodes that others meet at first, and little before much."""
    order = sorted(range(len(network.nodes)), key=lambda v: (-len(network.neighbours[v]), v))
    for more in (1, 2):
        for v in order:
            node = network.nodes[v]
            wider = replace(node, comm=node.comm + more)
            yield node.name, f"`comm {wider.comm}`", _with(network, v, wider)


def _more_qubits(network: Network) -> Iterator[tuple[str, str, Network]]:
    for v, node in enumerate(network.nodes):
        wider = replace(node, qubits=node.qubits + 1)
        yield node.name, "one more qubit", _with(network, v, wider)


def _with(network: Network, at: int, node: Node) -> Network:
    nodes = (*network.nodes[:at], node, *network.nodes[at + 1 :])
    return Network(network.name, nodes, network.links)
