"""A small share of what `python -m tests.bench.faults` counts."""

from __future__ import annotations

import pytest

from tests.bench.faults import count_faults, count_programs


@pytest.mark.slow
def test_no_fault_is_missed() -> None:
    seen = count_faults(200)
    assert seen["harmful"] == 200 and not seen["missed"], seen
    assert seen["caught by a rule"] and seen["caught by the validator"], seen


@pytest.mark.slow
def test_right_programs_are_proved() -> None:
    """The 51st of seed 2 has 197 qubits, and 14 outcomes that decide about operations."""
    seen = count_programs(60, seed=2)
    assert seen["proved"] == 60 and not seen["not proved"], seen
    assert seen["conditioned"] > 20, seen
