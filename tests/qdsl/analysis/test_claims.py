"""Which claims of the paper a report names: those of its grounds, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import qdsl
from qdsl.analysis.claims import _OF_GROUNDS
from qdsl.studies.paper.reproduce import PARTS
from tests.qdsl.analysis.models import KNOWN

CODES = ("hidden-matching", "vector-in-subspace", "simhash", "gram")


@pytest.mark.parametrize("code", CODES)
def test_a_ground_names_its_claim(code: str) -> None:
    known = next(k for k in KNOWN if k.code == code)
    found = qdsl.loads(known.text).compile(verify=False).assess().advantage
    assert found is not None
    says, part = _OF_GROUNDS[code]
    claim = next(c for c in found.claims if c.says == says)
    assert claim.part == part and claim.theorem == found.because.source


def test_an_unknown_model_is_no_instance() -> None:
    known = next(k for k in KNOWN if k.name == "a product in which a matrix comes twice")
    found = qdsl.loads(known.text).compile(verify=False).assess().advantage
    assert found is not None
    assert {c.part for c in found.claims} <= {"privacy"}


def test_parts_exist_and_codes_are_those_of_the_verdict() -> None:
    assert {part for _, part in _OF_GROUNDS.values()} <= set(PARTS)
    folder = Path(qdsl.__file__).parent / "analysis"
    text = (folder / "advantage.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'Ground\(f?"([a-z-]+)"', text)) | {"few-parameters", "few-data"}
    assert {c for c in _OF_GROUNDS if not c.startswith("few")} <= codes
