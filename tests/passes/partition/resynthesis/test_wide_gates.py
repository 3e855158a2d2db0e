"""Wide gates written for where their qubits live: the same channel, and few ebits."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.operations import Affine, projector_phase
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.canonicalize.writing import whole
from qdsl.passes.insert_communication.insertion import inserted
from qdsl.passes.partition.partition import Partition
from qdsl.passes.partition.resynthesis.phase_blocks import PhaseBlock, phase_blocks
from qdsl.passes.partition.resynthesis.wide_gates import in_turn, with_wide_gates
from qdsl.verify.translation import validate
from tests.build import Line, circuit, network
from tests.passes.test_channel import QUICK
from tests.simulate import channel, distance

PI = 3.141592653589793


def controlled_z(n: int) -> list[Line]:
    """Z on n qubits as rotations, as `ctrl(n - 1) @ z` is lowered."""
    body, _ = projector_phase("Z" * n, Affine(PI))
    return [("rot", tuple(range(n)), r.word, r.angle.constant) for r in body]


def on_line(comm: int, lines: list[Line], pin: int = -1) -> Circuit:
    """On three nodes in a line, with two data qubits each."""
    pins = dict.fromkeys(range(len(lines)), pin) if pin >= 0 else {}
    return circuit(5, lines, network=network("line", 3, 2, comm), pins=pins)


def compiled(source: Circuit) -> DistributedCircuit:
    placed = Partition().run(Canonicalize().run(source))
    verify(placed, "partition")
    made = inserted(placed)
    verify(made, "insert-communication")
    return made


def ebits(made: DistributedCircuit) -> int:
    return int(made.table.codes("ebit").sum())


@pytest.mark.parametrize(("comm", "most"), [(2, 4), (3, 3), (4, 3)])
def test_z_with_four_controls_on_three_nodes(comm: int, most: int) -> None:
    source = on_line(comm, controlled_z(5))
    made = compiled(source)
    assert ebits(made) <= most
    assert validate(source, made).equal


@pytest.mark.parametrize(("comm", "most"), [(2, 5), (3, 3)])
def test_pinned_at_the_middle_node(comm: int, most: int) -> None:
    source = on_line(comm, controlled_z(5), pin=1)
    made = compiled(source)
    assert ebits(made) <= most
    assert validate(source, made).equal


def test_several_wide_gates_with_others_between() -> None:
    """Two rounds of a search: a wide gate costs four ebits every time."""
    every = [("h", (q,)) for q in range(5)]
    source = on_line(2, [*every, *(controlled_z(5) + every) * 3])
    made = compiled(source)
    assert ebits(made) <= 12
    assert validate(source, made).equal


LINES = st.lists(
    st.one_of(
        st.permutations(range(4)).map(lambda q: ("cx", tuple(q[:2]))),
        st.permutations(range(4)).map(lambda q: ("rot", tuple(q[:3]), "ZZZ", 0.3)),
        st.permutations(range(4)).map(lambda q: ("rot", tuple(q), "ZZZZ", 0.7)),
        st.permutations(range(4)).map(lambda q: ("ccz", tuple(q[:3]))),
        st.permutations(range(4)).map(lambda q: ("crz", tuple(q[:2]), 0.9)),
        st.integers(0, 3).map(lambda q: ("h", (q,))),
        st.integers(0, 3).map(lambda q: ("t", (q,))),
    ),
    min_size=1,
    max_size=12,
)


@given(LINES, st.lists(st.integers(0, 2), min_size=4, max_size=4), st.sampled_from([1, 2]))
@QUICK
def test_rewriting_keeps_the_channel(lines: list[Line], home: list[int], comm: int) -> None:
    source = circuit(4, lines, network=network("complete", 3, 4, comm))
    wide = with_wide_gates(source, source.network, home) if source.network else None
    if wide is not None:
        assert len(wide.site) == len(wide.circuit.table)
        assert distance(channel(source), channel(wide.circuit)) < 1e-7


@pytest.mark.slow
@given(LINES, st.sampled_from([1, 2]))
@QUICK
def test_programs_with_wide_gates_are_proved(lines: list[Line], comm: int) -> None:
    source = circuit(4, lines, network=network("line", 3, 2, comm))
    try:
        made = compiled(source)
    except InvalidProgram:
        return
    assert validate(source, made).equal


def test_expanded_gates_are_read_as_few_parities() -> None:
    """Toffoli's phase by CX and eighth turns is what the gate itself is."""
    source = circuit(3, [("ccz", (0, 1, 2))], network=network("line", 3, 1, 2))
    steps = Canonicalize(keep_wide=False).run(source)
    assert len(steps.table) > 1
    read = [b for c in (source, steps) for b in phase_blocks(c) if isinstance(b, PhaseBlock)]
    one, other = (
        {mask: round((angle[0] + PI) % (2 * PI), 9) for mask, angle in block.angle.items()}
        for block in read[:2]
    )
    assert one.keys() == other.keys()
    assert not one.keys() - set(range(1, 8))


def test_parities_in_turn_change_one_node_at_a_time() -> None:
    order = list(in_turn(range(1, 16), [(0, 1), (2, 3)]))
    assert sorted(order) == list(range(1, 16))
    outer = [mask & 3 for mask in order]
    assert sum(a != b for a, b in itertools.pairwise(outer)) == 3


def test_nothing_to_write_where_all_gates_fit() -> None:
    source = whole(circuit(3, [("ccz", (0, 1, 2))], network=network("line", 3, 1, 2)))
    assert source.network is not None
    assert with_wide_gates(source, source.network, [0, 1, 2]) is None
