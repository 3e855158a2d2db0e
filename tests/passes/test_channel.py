"""The law of the compiler: a distributed program's channel is the source's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.driver.pass_manager import DEFAULT_PASSES, configured, run_passes
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, DistributedCircuit, ScheduledCircuit
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.schedule.schedule import Schedule
from qdsl.verify.translation import validate
from tests.simulate import channel, distance, distributed_channel
from tests.strategies import circuits

CLOSE = 1e-6
QUICK = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def compiled(source: Circuit, keep_copies: bool = True) -> DistributedCircuit | None:
    """The distributed program, verified at every stage; None if the network cannot run it."""
    canonical = Canonicalize().run(source)
    verify(canonical, "canonicalize")
    try:
        placed = Partition().run(canonical)
        verify(placed, "partition")
        program = InsertCommunication(keep_copies=keep_copies).run(placed)
    except InvalidProgram:
        return None
    verify(program, "insert-communication")
    scheduled: ScheduledCircuit = Schedule().run(program)
    verify(scheduled, "schedule")
    verify(Schedule(policy="alap").run(program), "schedule")
    return program


def check(source: Circuit, keep_copies: bool = True) -> None:
    program = compiled(source, keep_copies)
    if program is not None:
        assert distance(channel(source), distributed_channel(program)) < CLOSE


@given(circuits(max_qubits=3, max_rows=10))
@QUICK
def test_pinned_programs_keep_their_channel(source: Circuit) -> None:
    check(source)


@pytest.mark.slow
@given(circuits(max_qubits=4, max_rows=10, pinned=False))
@QUICK
def test_unpinned_programs_keep_their_channel(source: Circuit) -> None:
    check(source)


@given(circuits(max_qubits=3, max_rows=8))
@QUICK
def test_one_copy_an_operation_keeps_the_channel(source: Circuit) -> None:
    check(source, keep_copies=False)


OPTIONS = st.fixed_dictionaries(
    {
        "keep_wide": st.booleans(),
        "keep_copies": st.booleans(),
        "reorder": st.booleans(),
        "effort": st.integers(0, 2),
        "seed": st.integers(0, 3),
        "policy": st.sampled_from(("asap", "alap")),
    }
)


@pytest.mark.slow
@given(circuits(max_qubits=3, max_rows=10), OPTIONS)
@QUICK
def test_no_option_changes_the_channel(source: Circuit, options: dict[str, Any]) -> None:
    try:
        program, _ = run_passes(source, [configured(name, options) for name in DEFAULT_PASSES])
    except InvalidProgram:
        return
    assert isinstance(program, ScheduledCircuit)
    assert distance(channel(source), distributed_channel(program.distributed)) < CLOSE
    assert validate(source, program.distributed).equal


@pytest.mark.slow
@given(circuits(max_qubits=5, max_rows=20))
@settings(QUICK, max_examples=100)
def test_longer_programs_keep_their_channel(source: Circuit) -> None:
    check(source)
