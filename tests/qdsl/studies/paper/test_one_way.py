"""The classical one-way protocol as messages, and the pictures of the reproduction."""

from __future__ import annotations

import pytest

from qdsl.data.problems import edges_known, hidden_matching
from qdsl.studies.paper.findings import Part, Picture
from qdsl.studies.paper.one_way import answer, bits_wanted, message, positions, success
from qdsl.studies.paper.page import write_page


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("bits", [2, 5, 9])
def test_bob_is_right_or_does_not_know(seed: int, bits: int) -> None:
    one, order = hidden_matching(4, seed, 0.5), positions(16, seed)
    sent = message(one.x, order, bits)
    assert len(sent) == bits and set(sent) <= {"0", "1"}
    assert answer(one, order, sent) in (one.answer, None)
    whole = message(one.x, order, 16)
    assert answer(one, order, whole) == one.answer


def test_bob_knows_as_soon_as_both_ends_of_an_edge_are_sent() -> None:
    one, order = hidden_matching(5, 1), positions(32, 1)
    knows = [answer(one, order, message(one.x, order, bits)) is not None for bits in range(33)]
    assert knows == sorted(knows) and not knows[1] and knows[17]
    assert edges_known(one, 32, 1)


def test_the_fewest_bits_grow_as_the_square_root_and_suffice() -> None:
    few, many = bits_wanted(6, 0, 0.01), bits_wanted(10, 0, 0.01)
    assert 3.4 < many / few < 4.8
    assert success(6, 0, few) >= 0.96 > success(6, 0, few // 2)


def test_pictures_stand_in_the_page() -> None:
    part = Part("p", "P", (), pictures=(Picture("curve", "Bits", "<svg></svg>"),))
    assert "![Bits](pictures/curve.svg)" in write_page([part], {"p": "x"}, ["p"])
