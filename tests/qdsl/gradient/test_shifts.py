"""Shift rules differentiate every trigonometric polynomial of their frequencies exactly."""

from __future__ import annotations

import numpy as np
import pytest

from qdsl.ir.operations import BY_NAME, OPERATIONS, Operation
from qdsl.passes.derive_gradient.shifts import frequencies, shift_rule

TURNING = [(op, k) for op in OPERATIONS if op.is_unitary for k in range(op.angles)]


@pytest.mark.parametrize(("op", "place"), TURNING, ids=lambda x: getattr(x, "name", str(x)))
def test_every_operation_has_an_exact_rule(op: Operation, place: int) -> None:
    rule = shift_rule(op, place)
    rng = np.random.default_rng(2)
    for omega in frequencies(op, place):
        a, phase = rng.uniform(-3, 3, 2)
        shifted = [
            w * np.cos(omega * (a + s) + phase)
            for s, w in zip(rule.shifts, rule.weights, strict=True)
        ]
        assert sum(shifted) == pytest.approx(-omega * np.sin(omega * a + phase), abs=1e-12)
    assert sum(rule.weights) == pytest.approx(0.0, abs=1e-12)


def test_controlled_rotations_take_four() -> None:
    assert frequencies(BY_NAME["crx"], 0) == (0.5, 1.0)
    assert len(shift_rule(BY_NAME["crx"], 0).shifts) == 4
    assert len(shift_rule(BY_NAME["cp"], 0).shifts) == 2
    assert shift_rule(BY_NAME["rx"], 0).range == 1.0
