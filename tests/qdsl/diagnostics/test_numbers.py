"""How numbers look in what a person reads."""

from __future__ import annotations

import pytest

from qdsl.diagnostics.numbers import duration, fidelity, likeliest


def test_shares_that_differ_by_rounding_stand_by_their_bits() -> None:
    shares = {"10": 0.0622 + 1e-17, "01": 0.0622 - 1e-15, "11": 0.4378, "00": 0.4378 - 1e-16}
    assert [bits for bits, _ in likeliest(shares)] == ["00", "11", "01", "10"]


@pytest.mark.parametrize(("value", "said"), [(0.76712, "0.767"), (1e-309, "below 1e-6"), (1, "1")])
def test_fidelities(value: float, said: str) -> None:
    assert fidelity(value) == said


def test_durations_take_the_next_unit_before_they_need_four_digits() -> None:
    said = [duration(ns) for ns in (999.4, 999.6, 999_499, 999_500, 1e6, 999_999_999)]
    assert said == ["999 ns", "1 us", "999 us", "1 ms", "1 ms", "1 s"]
