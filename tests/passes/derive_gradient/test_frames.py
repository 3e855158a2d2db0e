"""Random bases: how often each is drawn, and that their rotations make words diagonal."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from qdsl.gradient.planning import plan
from qdsl.ir.paulis import PauliWord
from qdsl.passes.derive_gradient.frames import Global, Local, as_graph, image, random_words
from qdsl.passes.derive_gradient.problem import NoGradient
from tests.qdsl.gradient.two_party import alternating, values_of


@pytest.mark.parametrize(("n", "groups"), [(1, 3), (2, 15), (3, 135)])
def test_global_bases_are_uniform(n: int, groups: int) -> None:
    """Every maximal group of commuting words as often as any, prod (2^k + 1) of them; a word shows
    in one of 2^n + 1."""
    rng, each = np.random.default_rng(n), 40 if n < 3 else 10
    words = [PauliWord(x, z) for x in range(2**n) for z in range(2**n) if x | z]
    frames, seen, shown = Global(n), Counter[tuple[int, ...]](), Counter[int]()
    for _ in range(each * groups):
        basis = frames.drawn(rng)
        diagonal = [k for k, w in enumerate(words) if image(w, frames.axes, basis).is_diagonal]
        assert len(diagonal) == 2**n - 1
        seen[tuple(diagonal)] += 1
        shown.update(diagonal)
    assert len(seen) == groups
    chi2 = sum((c - each) ** 2 / each for c in seen.values())
    assert chi2 < groups + 5 * np.sqrt(2 * groups)
    for count in shown.values():
        assert count / (each * groups) == pytest.approx(1 / frames.worth(n), rel=0.25)


def test_bases_measure_the_words_they_are_made_of() -> None:
    rng, n = np.random.default_rng(0), 5
    for _ in range(50):
        words = random_words(n, rng)
        basis = as_graph(words, n)
        for w in words:
            assert image(PauliWord(w & 31, w >> 5), Global(n).axes, basis).is_diagonal


def test_a_letter_a_qubit() -> None:
    rng, frames = np.random.default_rng(0), Local(2)
    seen = Counter(frames.drawn(rng) for _ in range(900))
    assert len(seen) == 9 and max(seen.values()) < 150
    shown = [image(PauliWord(1, 2), frames.axes, basis).is_diagonal for basis in sorted(seen)]
    assert sum(shown) == 1  # X on the first and Z on the second: one basis of nine


def test_the_variance_is_that_of_the_protocol() -> None:
    """Second moments 3^w and 2^n + 1: of words on both of two qubits 9 and 5."""
    made = alternating(1)
    for method, second in (("shadow", 9.0), ("global_shadow", 5.0)):
        ready = plan(made, method, epsilon=0.2)
        found = ready.estimate(values_of(made), ready.shots, 1)
        copies = found.circuits / 2  # of either block
        moving = found.variance[0, 0][1:-1]
        assert moving * copies == pytest.approx(np.full(len(moving), second), rel=0.25)


def test_too_many_qubits_for_a_global_basis() -> None:
    words = ("XYZZZZZ", "ZXYZZZZ")
    with pytest.raises(NoGradient, match="6 qubits at most, and a block here has 7"):
        plan(alternating(1, n=7, bob=words, alice=words), "global_shadow")
