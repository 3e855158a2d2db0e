"""Verdicts on models whose answer is known, and what may not change them."""

from __future__ import annotations

import pytest

import qdsl
from qdsl.analysis.findings import Advantage
from tests.qdsl.analysis.models import KNOWN, Known


def verdict(text: str, **settings: int) -> Advantage:
    return qdsl.loads(text).compile(settings=settings, verify=False).assess().advantage


@pytest.mark.parametrize("known", KNOWN, ids=lambda k: k.name)
def test_verdicts_are_right(known: Known) -> None:
    found = verdict(known.text)
    assert (found.verdict, found.rounds, found.because.code) == (
        known.verdict, known.rounds, known.code,
    ), found  # fmt: skip
    assert set(known.also) <= {ground.code for ground in found.also}
    assert found.because.says
    if found.verdict == "exponential":
        assert found.because.source


def test_there_are_enough_models() -> None:
    assert len(KNOWN) >= 20
    assert {k.verdict for k in KNOWN} == {"exponential", "none", "unknown"}
