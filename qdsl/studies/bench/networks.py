"""The networks of the suite: one place to spare at every node, two communication qubits a link."""

from __future__ import annotations

import re

from qdsl.diagnostics.request_error import Refused
from qdsl.network.network import Link, Network, Node, topology
from qdsl.studies.bench.circuits import slack_room

KINDS = {"hom": "complete", "line": "line", "ring": "ring", "star": "star"}
SHARES = (0.3, 0.1, 0.25, 0.15, 0.2)  # of `het5`
LINKS = ((0, 1), (0, 2), (1, 2), (2, 3), (3, 4))


class UnknownSuiteNetwork(Refused):
    """A name that is no network of the suite."""


def bench_network(name: str) -> Network:
    """`hom4_n32`: four nodes, all linked, for 32 qubits; so `line4`, `ring6`, `star5`, `het5`."""
    found = re.fullmatch(r"(hom|line|ring|star|het)(\d{1,2})_n(\d{1,5})", name)
    if found is None or (found[1] == "het" and found[2] != "5") or int(found[2]) < 2:
        raise UnknownSuiteNetwork(f"there is no network '{name}'; hom4_n32 and het5_n32 are two")
    nodes, qubits = int(found[2]), int(found[3])
    if found[1] == "het":
        links = tuple(Link(a, b) for a, b in LINKS)
        rooms = [slack_room(qubits, share) for share in SHARES]
    else:
        links = topology(KINDS[found[1]], (nodes,), Node("n", 1), Link(0, 1)).links
        rooms = [-(-qubits // nodes) + 1] * nodes
    degree = [sum(v in (link.a, link.b) for link in links) for v in range(nodes)]
    made = (Node(f"node{v}", rooms[v], 2 * degree[v]) for v in range(nodes))
    return Network(name, tuple(made), links)
