"""How many ebits fewer a program needs with more communication qubits, by compiling it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from qdsl.analysis.findings import MoreRoom
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.driver.pass_manager import configured, counts, run_passes
from qdsl.ir.stages import Circuit
from qdsl.network.network import Network
from qdsl.passes.canonicalize.writing import is_too_wide, whole

PASSES: Final = ("canonicalize", "partition", "insert-communication")
MOST_ROWS: Final = 2000  # of programs that are compiled again for this
MOST_NODES: Final = 8  # that are given more one by one; of larger networks all together
MOST_MORE: Final = 3  # communication qubits more


def more_room(circuit: Circuit, ebits: int, given: Iterable[tuple[str, Any]]) -> MoreRoom | None:
    """The fewest communication qubits more with which a program needs fewer ebits than it does,
    at one node or at every node; None where its gates are not too wide for those that there are,
    or a quick search (`--effort 0`) finds nothing. Ties go to the first node."""
    network, options = circuit.network, dict(given)
    if network is None or not ebits or len(circuit.table) > MOST_ROWS:
        return None
    if options.get("optimise", "ebits") != "ebits":  # then fewer ebits may be for the taking
        return None
    if options.get("keep_wide") is False or not is_too_wide(whole(circuit)):
        return None
    for more in range(1, MOST_MORE + 1):
        found = [
            MoreRoom(names, comm, fewer)
            for names, comm, wider in _widened(network, more)
            if (fewer := _ebits(replace(circuit, network=wider), options)) < ebits
        ]
        if found:
            return min(found, key=lambda f: (f.ebits, len(f.nodes)))
    return None


def _widened(network: Network, more: int) -> Iterator[tuple[tuple[str, ...], int, Network]]:
    """Names of nodes, how many communication qubits they get, and the network with them."""
    nodes = network.nodes
    for k, node in enumerate(nodes if len(nodes) <= MOST_NODES else ()):
        comm = node.comm + more
        one = (*nodes[:k], replace(node, comm=comm), *nodes[k + 1 :])
        yield (node.name,), comm, replace(network, nodes=one)
    comm = min(node.comm for node in nodes) + more
    every = tuple(replace(node, comm=max(node.comm, comm)) for node in nodes)
    names = tuple(node.name for node in nodes if node.comm < comm)
    if len(names) > 1:
        yield names, comm, replace(network, nodes=every)


def _ebits(circuit: Circuit, options: Mapping[str, Any]) -> int:
    """What the program needs by a quick search; its own ebits and more where there is no way."""
    chosen = {**options, "effort": 0, "library_starts": 0}
    try:
        stage, _ = run_passes(circuit, [configured(name, chosen) for name in PASSES])
    except InvalidProgram:
        return len(circuit.table) ** 2
    return counts(stage).ebits or 0
