"""In which order qubits that change places are teleported."""

from __future__ import annotations

from itertools import permutations

import pytest

from qdsl.network.move_order import order_moves
from tests.build import network

LINE = network("line", 4, 3, 1)
MOVES = [(0, 1), (1, 0), (1, 2), (2, 3)]


@pytest.mark.parametrize("free", [(0, 0, 0, 1), (0, 1, 0, 0), (1, 0, 0, 0), (0, 0, 0, 0)])
def test_whether_there_is_an_order_does_not_depend_on_names(free: tuple[int, ...]) -> None:
    found = set()
    for names in permutations(range(len(MOVES))):
        hops = order_moves(LINE, free, dict(zip(names, MOVES, strict=True)))
        found.add(None if hops is None else tuple((h.source, h.target, h.waits) for h in hops))
    assert len(found) == 1


def test_on_the_same_way_the_first_that_is_named_goes_first() -> None:
    hops = order_moves(LINE, (0, 2, 0, 0), {5: (0, 1), 2: (0, 1)})
    assert hops is not None and [h.qubit for h in hops] == [5, 2]
