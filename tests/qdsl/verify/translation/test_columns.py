"""The compiled loops for large programs say what the plain Python says, verdict by verdict."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from qdsl.ir.jit import IS_COMPILED
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.verify.translation.columns import source_columns, undone_columns
from qdsl.verify.translation.logical import NotUndone
from qdsl.verify.translation.order import same_up_to_order
from qdsl.verify.translation.stream import first_difference
from qdsl.verify.translation.validate import validate_by_columns, validate_plainly
from tests.build import circuit, network
from tests.passes.test_channel import compiled
from tests.protocols import PROTOCOLS
from tests.qdsl.verify.translation.plain_undo import undo_communication
from tests.qdsl.verify.translation.test_mutations import breaks_a_rule, broken
from tests.qdsl.verify.translation.test_validate import rebuilt
from tests.strategies import circuits

pytestmark = pytest.mark.skipif(not IS_COMPILED, reason="there is no numba here")


def undone_both_ways(program: DistributedCircuit) -> tuple[object, object]:
    """What either way of undoing says: operations, or row and reason."""
    try:
        plain: object = undo_communication(program)
    except NotUndone as wrong:
        plain = (wrong.row and wrong.row.index, wrong.why)
    try:
        fast: object = undone_columns(program).logical_ops()
    except NotUndone as wrong:
        fast = (wrong.row and wrong.row.index, wrong.why)
    return plain, fast


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
@pytest.mark.parametrize("omit", ["", "x", "z"])
def test_both_undo_protocols_by_hand(name: str, omit: str) -> None:
    program = PROTOCOLS[name](omit)
    plain, fast = undone_both_ways(program)
    assert plain == fast
    verdict = validate_by_columns(program.placed.circuit, program)
    assert verdict is not None and verdict.equal == (not omit)


@pytest.mark.parametrize("programs", [40, pytest.param(300, marks=pytest.mark.slow)])
def test_both_ways_agree_on_right_and_on_broken_programs(programs: int) -> None:
    seen: Counter[str] = Counter()

    @given(circuits(max_qubits=4, max_rows=12), st.integers(0, 2**32 - 1))
    @settings(max_examples=programs, deadline=None, derandomize=True, database=None,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    def tally(source: Circuit, seed: int) -> None:
        program = compiled(source)
        if program is None:
            return
        random = np.random.default_rng(seed)
        for wrong in (program, *(broken(program, random) for _ in range(8))):
            if wrong is None or (wrong is not program and breaks_a_rule(wrong)):
                continue
            plain, fast = undone_both_ways(wrong)
            assert plain == fast
            slow = validate_plainly(program.placed.circuit, wrong)
            quick = validate_by_columns(program.placed.circuit, wrong)
            assert quick is not None
            seen["equal"] += slow.equal
            seen["different"] += not slow.equal
            assert slow.equal == quick.equal

    tally()
    assert seen["equal"] > programs / 2 and seen["different"] > programs / 2, seen


def test_a_stale_name_is_refused_before_the_loop_reads_it() -> None:
    program = PROTOCOLS["teledata"]()
    operands = program.table.operands.copy()
    operands[-1] = program.n_wires
    beyond = replace(program, table=replace(program.table, operands=operands))
    with pytest.raises(NotUndone, match="not there"):
        undone_columns(beyond)


def test_order_is_free_where_operations_commute_and_only_there() -> None:
    lines = [("cz", (0, 1)), ("cx", (0, 2)), ("z", (0,)), ("h", (1,)), ("x", (2,))]
    one = circuit(3, lines)
    for order, same in (([2, 1, 0, 4, 3], True), ([0, 4, 1, 3, 2], True), ([3, 0, 1, 2, 4], False)):
        other = circuit(3, [lines[k] for k in order])
        other = replace(other, values=one.values)
        assert same_up_to_order(source_columns(one), source_columns(other), 3) is same
        assert (first_difference(source_columns(one), source_columns(other), 3) is None) is same


def test_sums_of_angles_meet_quarter_turns_in_the_stream() -> None:
    turns = [("t", (0,)), ("cx", (0, 1)), ("t", (0,)), ("h", (0,)), ("rz", (1,), 0.3)]
    whole = [("cx", (0, 1)), ("s", (0,)), ("rz", (1,), 0.1), ("h", (0,)), ("rz", (1,), 0.2)]
    near = [*whole[:-1], ("rz", (1,), 0.2 + 1e-6)]
    left, right, other = (source_columns(circuit(2, lines)) for lines in (turns, whole, near))
    assert first_difference(left, right, 2) is None
    found = first_difference(left, other, 2)
    assert found is not None and left.operation(found.left).name == "rz"


@pytest.mark.parametrize(
    ("gate", "fault", "said"),
    [
        ("ry", None, "ry(0.4) on q[1] is missing"),
        ("ry", "rx", "the source asks for ry(0.4) on q[1], the distributed program does rx(0.4)"),
    ],
)
def test_what_differs_is_said(gate: str, fault: str | None, said: str) -> None:
    lines = [("h", (0,)), ("cx", (0, 1)), ("ry", (1,), 0.4), ("cx", (1, 2))]
    source = circuit(3, lines, network=network(nodes=3, qubits=1, comm=2))
    program = compiled(source)
    assert program is not None
    rows = list(program.table)
    at = next(i for i, row in enumerate(rows) if row.op.name == gate)
    kept = [rows[at]._replace(op=BY_NAME[fault])] if fault else []
    wrong = rebuilt(program, [*rows[:at], *kept, *rows[at + 1 :]])
    for verdict in (validate_plainly(source, wrong), validate_by_columns(source, wrong)):
        assert verdict is not None and not verdict.equal and said in verdict.detail
