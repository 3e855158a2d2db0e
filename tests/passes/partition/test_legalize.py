"""Whatever nodes are asked for, what `legalized` makes of them obeys the rules of placements."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit
from qdsl.network.network import Network
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.legalize import legalized
from qdsl.passes.partition.result import placed
from qdsl.passes.partition.segments import FREE, segments
from qdsl.passes.partition.timeline import timeline
from qdsl.verify.translation import validate
from tests.build import circuit, network
from tests.passes.test_channel import QUICK
from tests.strategies import circuits


def are_joined(where: Network) -> bool:
    nodes = range(len(where.nodes))
    return all(where.hops(a, b) is not None for a in nodes for b in nodes)


def legalized_counts(source: Circuit, seed: int, seen: Counter[str]) -> None:
    canonical = Canonicalize().run(source)
    where = canonical.network
    graph = segments(canonical, timeline(canonical))
    if graph is None or where is None or not are_joined(where):
        return
    random = np.random.default_rng(seed)
    for _ in range(10):
        drawn = random.integers(len(where.nodes), size=len(graph.fixed))
        found = legalized(
            graph, canonical, where, np.where(graph.fixed == FREE, drawn, graph.fixed)
        )
        seen["none" if found is None else "some"] += 1
        if found is not None:
            seen["relocations"] += len(found.relocations)
            made = placed(canonical, where, found)
            verify(made, "legalized")
            program = InsertCommunication().run(made)
            verify(program, "insert-communication")
            assert validate(source, program).equal


def test_random_nodes_are_legalized() -> None:
    seen: Counter[str] = Counter()

    @given(circuits(max_qubits=3, max_rows=8), st.integers(0, 2**32 - 1))
    @settings(QUICK, max_examples=80)
    def tally(source: Circuit, seed: int) -> None:
        legalized_counts(source, seed, seen)

    tally()
    assert seen["some"] > 20, seen
    assert seen["relocations"] > 5, seen


def test_a_qubit_does_not_leave_before_its_pinned_row() -> None:
    """Qubit 1 wants the only place at node 1 while qubit 0 still has to be there once more."""
    lines = [("cx", (0, 1)), ("cx", (1, 0)), ("x", (0,)), ("sx", (1,)), ("move", (0,)),
             ("rxx", (0, 1), 0.3)]  # fmt: skip
    where = network("ring", 4, [2, 1, 2, 2], 3)
    source = circuit(2, lines, network=where, pins={3: 1, 4: 1, 5: 2})
    seen: Counter[str] = Counter()
    for seed in range(20):
        legalized_counts(source, seed, seen)
    assert seen["none"] + seen["some"] == 200, seen


def test_operands_come_to_live_where_too_many_copies_would_be() -> None:
    """A gate at a node with one communication qubit, both of whose qubits live elsewhere."""
    where = network("star", 3, [2, 2, 1], [2, 1, 1])
    source = Canonicalize().run(
        circuit(
            2, [("ry", (0,), 0.3), ("ry", (1,), 0.4), ("cz", (0, 1))], network=where, pins={2: 2}
        )
    )
    graph = segments(source, timeline(source))
    assert graph is not None
    node = np.where(graph.fixed == FREE, 0, graph.fixed)
    found = legalized(graph, source, where, node)
    assert found is not None
    made = placed(source, where, found)
    verify(made, "legalized")
    program = InsertCommunication().run(made)
    assert int(program.table.codes("ebit").sum()) <= 2
    assert validate(source, program).equal
