"""Plain Python and the library count the same in graphs."""

from __future__ import annotations

import numpy as np
import pytest

from qdsl.passes.partition.resynthesis import cover, graphs


@pytest.mark.parametrize("seed", range(20))
def test_both_ways_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    n, edges = int(rng.integers(2, 12)), int(rng.integers(0, 30))
    left, right = rng.integers(0, n, edges), rng.integers(0, n, edges)
    plain = graphs.matching_size(left, right + n), graphs.component_sizes((left, right), n)
    monkeypatch.setattr(graphs, "FEW", -1)
    library = graphs.matching_size(left, right + n), graphs.component_sizes((left, right), n)
    assert plain[0] == library[0]
    assert sorted(plain[1]) == sorted(library[1])


@pytest.mark.parametrize("seed", range(20))
def test_the_library_finds_the_same_covers(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    left, right = rng.integers(0, 9, (2, int(rng.integers(1, 30))))
    plain = cover.minimum_cover(left, right), cover.cover_size(left, right)
    monkeypatch.setattr(cover, "FEW", -1)
    library = cover.minimum_cover(left, right), cover.cover_size(left, right)
    assert [side.tolist() for side in plain[0]] == [side.tolist() for side in library[0]]
    assert plain[1] == library[1]
