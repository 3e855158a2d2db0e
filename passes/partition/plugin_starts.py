"""Starts by a partitioner of another package (`qdsl.plugins`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import index
from typing import Any, Final

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.stages import Circuit
from qdsl.network.network import Network
from qdsl.passes.partition.greedy import Trajectories, walk
from qdsl.passes.partition.timeline import Timeline
from qdsl.plugins.registry import Plugin, failed, guarded, loaded, misfit, plugin, plugin_names

NONE: Final = "none"  # the name that stands for no partitioner


class UnknownPartitioner(Refused):
    """No plug-in is a partitioner of this name."""


def plugin_starts(
    name: str, circuit: Circuit, network: Network, times: Timeline, seed: int
) -> Iterator[Trajectories]:
    """What comes of the homes that the partitioner finds, where there is a way from them.

    UnknownPartitioner if there is none; InvalidProgram where it fails, or where its homes do not
    fit (QDM790 to QDM795)."""
    if name == NONE:
        return
    found, made = find_partitioner(name)
    with guarded(found):
        starts = [list(homes) for homes in made.homes(circuit, network, seed)]
    for homes in starts:
        at = _checked(found, homes, circuit, network)
        try:
            yield walk(circuit, network, times, at)
        except InvalidProgram:  # too few communication qubits to go on from these homes
            continue


def find_partitioner(name: str) -> tuple[Plugin, Any]:
    """A plug-in and its object. UnknownPartitioner if there is none of that name."""
    found = plugin("partitioner", name)
    if found is None:
        there = ", ".join(plugin_names("partitioner")) or "none is installed"
        raise UnknownPartitioner(f"no partitioner is called '{name}'; there are: {there}")
    made = loaded(found)
    if not callable(getattr(made, "homes", None)):
        raise misfit(found, "it has no function `homes`")
    return found, made


def _checked(found: Plugin, homes: Sequence[Any], circuit: Circuit, network: Network) -> list[int]:
    """The homes as node numbers, if they are a node for every qubit and no node has too many."""
    try:
        at = [index(home) for home in homes]
    except TypeError:
        raise failed(found, "its homes are no whole numbers") from None
    if len(at) != circuit.n_qubits:
        raise failed(found, f"it gives {len(at)} homes for {circuit.n_qubits} qubits")
    for node, member in enumerate(network.nodes):
        if (held := at.count(node)) > member.qubits:
            raise failed(
                found, f"it gives node '{member.name}' {held} qubits, and there is room for "
                f"{member.qubits}"
            )  # fmt: skip
    if not set(at) <= set(range(len(network.nodes))):
        raise failed(found, f"its homes are not among the nodes 0 to {len(network.nodes) - 1}")
    return at
