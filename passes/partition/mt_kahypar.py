"""Starts by Mt-KaHyPar (Gottesbueren, Heuer, Maas, Sanders and Schlag, arXiv 2303.17679).

In the hypergraph of `segments`, with every qubit at one node for good, qubits and operations are
partitioned together; operations take no room. Clusters of both find placements that a search by
single moves meets rarely. Only a deterministic preset is used, on one thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.request_error import Refused
from qdsl.ir.distinct import distinct
from qdsl.network.network import Network
from qdsl.passes.partition.segments import FREE, Segments

Column = npt.NDArray[np.int64]


class PartitionerMissing(Refused):
    """The package `mtkahypar` is not installed."""


def library_starts(graph: Segments, network: Network, seed: int, count: int) -> Iterator[Column]:
    """So many times a node for every vertex of the graph; none where a qubit is pinned to two
    nodes or the pinned ones do not fit. Raises PartitionerMissing."""
    mtkahypar, library = _library()
    unit = _units(graph)
    fixed = _fixed(graph, unit)
    if fixed is None:
        return
    nodes, n_qubits = network.nodes, int(graph.qubit.max()) + 1
    heavy = len(fixed) - n_qubits + 1  # a qubit outweighs all operations, which weigh 1 each
    weight = np.where(np.arange(len(fixed)) < n_qubits, heavy, 1)
    context = library.context_from_preset(mtkahypar.PresetType.DETERMINISTIC_QUALITY)
    context.set_partitioning_parameters(len(nodes), 0.03, mtkahypar.Objective.KM1)
    context.set_individual_target_block_weights([v.qubits * heavy + heavy - 1 for v in nodes])
    context.logging = False
    nets, random = _nets(graph, unit), np.random.default_rng(seed)
    for _ in range(count):  # the preset takes no heed of its seed, but of the order of vertices
        order = random.permutation(len(fixed))
        place = np.argsort(order)
        hypergraph = library.create_hypergraph(
            context,
            len(order),
            len(nets),
            [place[net].tolist() for net in nets],
            weight[order].tolist(),
            [1] * len(nets),
        )
        if (fixed != FREE).any():
            hypergraph.add_fixed_vertices(fixed[order].tolist(), len(nodes))
        try:
            found: Any = hypergraph.partition(context)
        except (mtkahypar.InvalidInputError, mtkahypar.InvalidParameterError):
            return
        block = np.array([found.block_id(v) for v in range(len(order))], np.int64)
        yield block[place[unit]]


@cache
def _library() -> tuple[Any, Any]:
    """The module, and what it is used through; a second one would warn on the terminal."""
    try:
        import mtkahypar
    except ImportError:
        raise PartitionerMissing(
            "starts by a library need mtkahypar: pip install 'qdsl-compiler[partition]'"
        ) from None
    return mtkahypar, mtkahypar.initialize(1)


def _units(graph: Segments) -> Column:
    """What stays together: all stations of a qubit, which come first, and every operation."""
    n_qubits = int(graph.qubit.max()) + 1
    n_gates = len(graph.fixed) - graph.n_segments
    return np.concatenate([graph.qubit, n_qubits + np.arange(n_gates)])


def _fixed(graph: Segments, unit: Column) -> Column | None:
    """The node of every pinned unit; None if one is pinned to two."""
    pinned = np.flatnonzero(graph.fixed != FREE)
    fixed = np.full(int(unit.max()) + 1, FREE, np.int64)
    fixed[unit[pinned]] = graph.fixed[pinned]
    return fixed if (fixed[unit[pinned]] == graph.fixed[pinned]).all() else None


def _nets(graph: Segments, unit: Column) -> list[Column]:
    """The units that every segment joins, where they are several."""
    n = int(unit.max()) + 1
    vertex = np.repeat(np.arange(len(unit)), np.diff(graph.vertex_start))
    pairs = distinct(graph.vertex_segments * n + unit[vertex])
    starts = np.searchsorted(pairs // n, np.arange(1, graph.n_segments))
    return [net for net in np.split(pairs % n, starts) if len(net) > 1]
