"""What has to wait for the values: programs counted by hand, and a count by the definition."""

from __future__ import annotations

import pytest
from hypothesis import given

import qdsl
from qdsl.analysis.cost import cost
from qdsl.analysis.online import OnlineCost
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.axes import LETTERS, WIDEST, axis_by_code, positions, z_diagonal
from qdsl.ir.operations import Attr
from qdsl.ir.stages import Circuit, DistributedCircuit
from tests.passes.test_channel import QUICK
from tests.qdsl.analysis.test_cost import scheduled
from tests.sources import EXAMPLES
from tests.strategies import circuits

PAIR = "network net = line(2) { qubits 2, comm 2, rate 1 kHz }"
LINE = "network net = line(3) { qubits 1, comm 2, rate 1 kHz }"
PLACES = {2: "move q[0] to node0; move q[1] to node1", 3: "move q[0] to node0; move q[1] to node2"}


def online(body: str, nodes: int = 2, declare: str = "data a: angle") -> OnlineCost | None:
    network = PAIR if nodes == 2 else LINE
    begin = f"{declare}; qubits q[2]; {PLACES[nodes]};"
    model = f"model m() on net {{ {begin} {body} return sample(q) }}"
    return qdsl.loads(f"{network}\n{model}").compile().cost.online


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        # ebits, bits and message rounds; a copy is made by one bit and ended by one
        ("h q[0]; cx q[0], q[1]; rx(a) q[0];", (0, 0, 0)),
        ("h q[0]; cx q[0], q[1]; rx(a) q[1];", (0, 0, 0)),
        ("rx(a) q[0]; cx q[0], q[1];", (1, 2, 2)),
        ("h q[0]; rz(a) q[0]; cx q[0], q[1];", (0, 0, 0)),  # commutes: may as well come after
        # the other qubit has one copy for both gates: made before, ended by a bit afterwards
        ("h q[0]; cx q[0], q[1]; ry(a) q[0]; cx q[0], q[1];", (0, 1, 1)),
    ],
)
def test_counted_by_hand(body: str, wanted: tuple[int, int, int]) -> None:
    assert online(body) == OnlineCost(*wanted)


def test_pairs_are_swapped_before() -> None:
    """Two links: the bits of the Bell measurement between say nothing of the value."""
    assert online("rx(a) q[0]; cx q[0], q[1];", nodes=3) == OnlineCost(2, 2, 2)


def test_without_values_nothing_can_wait() -> None:
    assert online("h q[0]; cx q[0], q[1];", declare="let a = 1") is None


def test_a_shared_sum_of_phases_needs_nothing_online() -> None:
    found = qdsl.load(EXAMPLES / "secret_sum.qdm").compile().cost
    assert found.ebits == 3
    assert found.online == OnlineCost(0, 0, 0)


def test_a_loaded_register_that_moves_is_online_altogether() -> None:
    found = qdsl.load(EXAMPLES / "two_party.qdm").compile().cost
    assert found.online is not None
    assert (found.online.ebits, found.online.classical_bits) == (found.ebits, found.classical_bits)


# ---- by the definition -----------------------------------------------------------------


def axes(program: DistributedCircuit) -> list[list[int]]:
    table = program.table
    flags, place, start = z_diagonal(table), positions(table), table.operand_start.tolist()
    found = []
    for row in table:
        own = []
        for k in range(start[row.index], start[row.index + 1]):
            axis = int(axis_by_code()[row.op.code, min(int(place[k]), WIDEST)])
            own.append(LETTERS.index("Z") if flags[k] else axis)
        found.append(own)
    return found


def online_again(program: DistributedCircuit) -> tuple[int, int, int]:
    """Every row against every earlier one: does it wait for it, and is that one late? Pairs as
    they are in `tests.qdsl.analysis.test_cost`: used where half of one meets a state."""
    table, letters, angles = program.table, axes(program), program.values.angles
    depth: list[int] = []  # messages of a chain that ends here, -1: nothing late is behind
    pair: dict[int, set[int]] = {}  # of every unused half, the pairs that are swapped with it
    late_pairs: set[int] = set()
    for row in table:
        name, mine = row.op.name, letters[row.index]
        if name in ("barrier", "move"):
            depth.append(-1)
            continue
        takes = row.op.attr is Attr.DATA or (row.angle >= 0 and not angles.is_constant(row.angle))
        behind = 0 if takes else -1
        bits = [row.cond >> 1] if row.cond >= 0 else []
        bits += row.operands if name == "send" else ()
        wires = () if name == "send" else row.operands
        for other in list(table)[: row.index]:
            if other.op.name in ("barrier", "move"):
                continue
            waits = other.op.name in ("measure", "send") and other.attr in bits
            shared = () if other.op.name == "send" else other.operands
            for k, wire in enumerate(wires):
                for j, same in enumerate(shared):
                    theirs = letters[other.index][j]
                    waits |= wire == same and (mine[k] < 0 or mine[k] != theirs)
            behind = max(behind, depth[other.index]) if waits else behind
        depth.append(behind + 1 if name == "send" and behind >= 0 else behind)
        halves = [w for w in wires if w in pair]
        if name == "ebit":
            pair.update({w: {row.index} for w in wires})
        elif halves:
            joined = set().union(*(pair[w] for w in halves))
            if len(halves) < len(wires):
                late_pairs |= joined if behind >= 0 else set()
                for w in [w for w, own in pair.items() if own & joined]:
                    del pair[w]
            else:
                pair.update({w: joined for w, own in pair.items() if own & joined})
    sends = [depth[row.index] for row in table if row.op.name == "send"]
    return len(late_pairs), sum(d >= 0 for d in sends), max([0, *sends])


@pytest.mark.slow
@given(circuits(max_qubits=4, max_rows=10))
@QUICK
def test_online_costs_equal_a_second_count(source: Circuit) -> None:
    try:
        ir = scheduled(source)
    except InvalidProgram:
        return
    found = cost(ir).online
    if found is not None:
        again = online_again(ir.distributed)
        assert (found.ebits, found.classical_bits, found.message_rounds) == again


@pytest.mark.parametrize("name", ["secret_sum", "matching", "two_party", "three_party", "vqe"])
def test_the_examples_online_costs_equal_a_second_count(name: str) -> None:
    ir = qdsl.load(EXAMPLES / f"{name}.qdm").compile(verify=False).scheduled
    found = cost(ir).online
    assert found is not None
    again = online_again(ir.distributed)
    assert (found.ebits, found.classical_bits, found.message_rounds) == again
