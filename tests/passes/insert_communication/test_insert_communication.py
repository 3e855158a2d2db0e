"""What communication is inserted, counted by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.rules import verify
from qdsl.ir.stages import ROLES, Circuit, DistributedCircuit, PlacedCircuit
from qdsl.network.network import Network
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from tests.build import Line, circuit, network
from tests.simulate import channel, distance, distributed_channel


def by_hand(
    lines: Sequence[Line],
    where: Network,
    home: list[int],
    site: list[int],
    moved: Mapping[int, Mapping[int, int]] | None = None,
    **others: object,
) -> PlacedCircuit:
    """A placement given by homes and sites; `moved[row][qubit]` is a new residence."""
    source: Circuit = circuit(len(home), lines, network=where, **others)  # type: ignore[arg-type]
    residence: list[int] = []
    now = list(home)
    for row in source.table:
        for q, node in (moved or {}).get(row.index, {}).items():
            now[q] = node
        residence += [now[q] for q in row.operands]
    homes, sites, lives = (np.array(c, np.int16) for c in (home, site, residence))
    made = PlacedCircuit(source, where, homes, sites, lives)
    verify(made, "test")
    return made


def inserted(placed: PlacedCircuit, **options: Any) -> DistributedCircuit:
    made = InsertCommunication(**options).run(placed)
    verify(made, "insert-communication")
    assert distance(channel(placed.circuit), distributed_channel(made)) < 1e-7
    return made


def count(made: DistributedCircuit, *names: str) -> int:
    return int(made.table.codes(*names).sum())


def roles(made: DistributedCircuit) -> Counter[str]:
    """Uses of every primitive."""
    pairs = set(zip(made.role.tolist(), made.group.tolist(), strict=True))
    return Counter(ROLES[role] for role, group in pairs if group >= 0)


PAIR = network(nodes=2, qubits=3, comm=2)


def test_local_gates_stay_as_they_are() -> None:
    made = inserted(by_hand([("h", (0,)), ("cx", (0, 1))], PAIR, [0, 0], [0, 0]))
    assert [row.op.name for row in made.table] == ["h", "cx"]
    assert made.origin.tolist() == [0, 1]


def test_one_copy_serves_all_until_a_gate_that_is_not_diagonal() -> None:
    lines = [("h", (0,)), ("cx", (0, 1)), ("rz", (0,), 0.1), ("crx", (0, 1), 0.2),
             ("h", (0,)), ("cx", (0, 1))]  # fmt: skip
    made = inserted(by_hand(lines, PAIR, [0, 1], [0, 1, 0, 1, 0, 1]))
    assert count(made, "ebit") == 2
    assert roles(made) == {"cat-entangler": 2, "cat-disentangler": 2}
    each = inserted(by_hand(lines, PAIR, [0, 1], [0, 1, 0, 1, 0, 1]), keep_copies=False)
    assert count(each, "ebit") == 3


def test_a_copy_makes_way_when_its_communication_qubit_is_wanted() -> None:
    tight = network(nodes=2, qubits=3, comm=1)
    lines = [("cx", (0, 2)), ("cx", (1, 2)), ("cx", (0, 2)), ("cx", (1, 2))]
    made = inserted(by_hand(lines, tight, [0, 0, 1], [1, 1, 1, 1]))
    assert count(made, "ebit") == 4
    roomy = inserted(by_hand(lines, PAIR, [0, 0, 1], [1, 1, 1, 1]))
    assert count(roomy, "ebit") == 2


def test_the_copy_needed_last_makes_way() -> None:
    lines = [("cx", (q, 3)) for q in (0, 1, 2, 0, 2, 1)]
    made = inserted(by_hand(lines, PAIR, [0, 0, 0, 1], [1] * 6))
    assert count(made, "ebit") == 4


def test_a_moved_qubit_is_teleported_once() -> None:
    lines = [("h", (0,)), ("ry", (0,), 0.3), ("ry", (0,), 0.4)]
    made = inserted(by_hand(lines, PAIR, [0], [0, 1, 1], {1: {0: 1}}))
    assert (count(made, "ebit"), count(made, "send")) == (1, 2)
    assert roles(made) == {"teledata": 1}
    assert made.wire_node[made.final_wire].tolist() == [1]
    assert not made.wire_is_comm[made.final_wire].any()


def test_pairs_over_several_links_are_swapped_inside() -> None:
    line = network("line", 4, 2, 2)
    made = inserted(by_hand([("cx", (0, 1))], line, [0, 3], [3]))
    assert count(made, "ebit") == 3
    assert count(made, "send") == 2 * 2 + 2
    assert roles(made) == {"swapping": 1, "cat-entangler": 1, "cat-disentangler": 1}


def test_a_copy_is_made_from_the_nearest_holder() -> None:
    line = network("line", 3, 2, 2)
    lines = [("cx", (0, 1)), ("cx", (0, 2)), ("cx", (0, 1))]
    made = inserted(by_hand(lines, line, [0, 1, 2], [1, 2, 1]))
    assert count(made, "ebit") == 2


def test_full_nodes_exchange_their_qubits() -> None:
    full = network(nodes=2, qubits=1, comm=2)
    lines = [("h", (0,)), ("barrier", (0, 1)), ("ry", (0,), 0.1), ("ry", (1,), 0.2)]
    made = inserted(by_hand(lines, full, [0, 1], [0, -1, 1, 0], {1: {0: 1, 1: 0}}))
    assert count(made, "ebit") == 2
    assert count(made, "barrier") == 0


def test_a_bit_is_sent_once_to_every_node_that_needs_it() -> None:
    lines = [("measure", (0,), 0), ("x", (1,)), ("y", (1,)), ("x", (0,))]
    made = inserted(
        by_hand(
            lines,
            PAIR,
            [0, 1],
            [0, 1, 1, 0],
            n_bits=1,
            conditions={1: (0, 1), 2: (0, 0), 3: (0, 1)},
        )
    )
    assert count(made, "send") == 1
    assert roles(made) == {"message": 1}
    assert made.source_bit.tolist() == [0]


def test_a_bit_measured_again_is_sent_again() -> None:
    lines = [("measure", (0,), 0), ("x", (1,)), ("h", (0,)), ("measure", (0,), 0), ("x", (1,))]
    made = inserted(
        by_hand(lines, PAIR, [0, 1], [0, 1, 0, 0, 1], n_bits=1, conditions={1: (0, 1), 4: (0, 1)})
    )
    assert count(made, "send") == 2


def test_a_bit_overwritten_under_a_condition_is_refused() -> None:
    lines = [("measure", (0,), 0), ("measure", (0,), 0)]
    placed = by_hand(lines, PAIR, [0], [0, 0], n_bits=1, conditions={1: (0, 1)})
    with pytest.raises(InvalidProgram) as error:
        InsertCommunication().run(placed)
    (problem,) = error.value.diagnostics
    assert problem.code == "QDM606"
    assert problem.message and problem.why and problem.help


def test_a_gate_may_happen_where_none_of_its_qubits_lives() -> None:
    three = network(nodes=3, qubits=1, comm=2)
    made = inserted(by_hand([("cz", (0, 1))], three, [0, 1], [2]))
    assert count(made, "ebit") == 2


def test_spans_and_groups() -> None:
    placed = by_hand([("cx", (0, 1)), ("h", (0,)), ("cx", (0, 1))], PAIR, [0, 1], [1, 0, 1])
    made = inserted(replace(placed, circuit=placed.circuit))
    local = made.role == ROLES.index("local")
    assert (made.group[local] == -1).all()
    assert set(made.group[~local].tolist()) == {0, 1}
    assert set(made.origin[made.group == 1].tolist()) == {2}


def five_gates() -> PlacedCircuit:
    """One qubit meets five others at the other node, one after another, and never turns."""
    where = network(nodes=2, qubits=6, comm=2)
    lines: list[Line] = [("cp", (0, q), 0.3 * q) for q in range(1, 6)]
    return by_hand(lines, where, [0, 1, 1, 1, 1, 1], [1] * 5)


@pytest.mark.parametrize(("limit", "ebits"), [(0, 1), (5, 1), (4, 2), (3, 2), (2, 3), (1, 5)])
def test_an_ebit_serves_no_more_gates_than_its_pair_lives_for(limit: int, ebits: int) -> None:
    made = InsertCommunication(gates_per_ebit=limit).run(five_gates())
    verify(made, "insert-communication")
    assert distance(channel(made.placed.circuit), distributed_channel(made)) < 1e-7
    assert count(made, "ebit") == ebits == roles(made)["cat-disentangler"]


def test_ebits_never_fall_as_pairs_live_shorter_and_one_gate_takes_one_at_last() -> None:
    where = network(nodes=3, qubits=3, comm=3)
    rng = np.random.default_rng(5)
    pairs = [tuple(rng.choice(6, 2, replace=False).tolist()) for _ in range(24)]
    site = [a // 2 for a, _ in pairs]
    placed = by_hand([("cz", pair) for pair in pairs], where, [0, 0, 1, 1, 2, 2], site)
    limits = (0, 24, 10, 5, 3, 2, 1)
    ebits = [count(InsertCommunication(gates_per_ebit=d).run(placed), "ebit") for d in limits]
    assert ebits == sorted(ebits) and ebits[0] < ebits[-1]
    assert ebits[-1] == sum(a // 2 != b // 2 for a, b in pairs)


@pytest.mark.parametrize(("limit", "ebits"), [(0, 2), (3, 2), (2, 3), (1, 6)])
def test_a_copy_made_from_a_copy_is_one_of_those_that_its_ebit_serves(
    limit: int, ebits: int
) -> None:
    """Along a line of three, one qubit meets two others at every node. The first copy serves two
    gates and the second copy; if it may serve once, nobody passes it on."""
    where = network("line", 3, 2, 3)
    lines: list[Line] = [("cp", (0, q), 0.3 * q) for q in (1, 3, 2, 4)]
    placed = by_hand(lines, where, [0, 1, 1, 2, 2], [1, 2, 1, 2])
    made = InsertCommunication(gates_per_ebit=limit, reorder=False).run(placed)
    verify(made, "insert-communication")
    assert distance(channel(placed.circuit), distributed_channel(made)) < 1e-7
    assert count(made, "ebit") == ebits


def test_a_spent_copy_still_takes_over_a_qubit_that_comes_to_live_there() -> None:
    """Two gates at the other node, then a gate that wants the qubit itself there."""
    lines: list[Line] = [("cp", (0, 1), 0.3), ("cp", (0, 2), 0.4), ("cx", (1, 0))]
    placed = by_hand(lines, PAIR, [0, 1, 1], [1, 1, 1], moved={2: {0: 1}})
    made = InsertCommunication(gates_per_ebit=2).run(placed)
    verify(made, "insert-communication")
    assert (count(made, "ebit"), roles(made)["handover"]) == (1, 1)
    assert distance(channel(placed.circuit), distributed_channel(made)) < 1e-7


@pytest.mark.parametrize(("target", "fewest"), [(0, 2), (3, 3)])
def test_a_qubit_goes_on_from_a_copy_on_its_way(target: int, fewest: int) -> None:
    """From one arm of a star to a gate at another: the copy that stays at the hub takes over
    there, or is passed on to a third arm; without it these would take 3 and 4 ebits."""
    where = network("star", 4, 2, 2)
    placed = by_hand([("cz", (0, 1)), ("h", (0,))], where, [1, 2], [2, target], {1: {0: target}})
    program = InsertCommunication().run(placed)
    verify(program, "insert-communication")
    assert int(program.table.codes("ebit").sum()) == fewest
    assert distance(distributed_channel(program), channel(placed.circuit)) < 1e-9
