"""A small share of what `python -m tests.bench.faults` counts."""

from __future__ import annotations

import pytest

from tests.bench.faults import count_faults


@pytest.mark.slow
def test_no_fault_is_missed() -> None:
    seen = count_faults(200)
    assert seen["harmful"] == 200 and not seen["missed"], seen
    assert seen["caught by a rule"] and seen["caught by the validator"], seen
