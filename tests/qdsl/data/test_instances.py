"""`instances` in an experiment: what may be said, and that every instance has its answer."""

from __future__ import annotations

import numpy as np
import pytest

import qdsl
from qdsl.data.instances import _PROBLEMS, filled
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source, Span
from qdsl.language.check import check_text
from qdsl.language.check.options import INSTANCES
from qdsl.language.typed.program import Instances

SPAN = Span(Source("m.qdm", "instances"), 0, 9)
MODEL = """\
model m(n = 3) {
  data x: bits[2**n]
  data m: matching[2**n]
  data w: bits[2**n]
  qubits q[n]
  phase(x) q
  relabel(m) q; diagonal(w) q; h q[n-1]
  return expect(Z q[n-1])
}
experiment e of m { OPTION }
"""


def asked(problem: str, seed: int = 0, items: int = 1, share: float = 1.0) -> Instances:
    return Instances(problem, seed, items, share, SPAN)


def test_the_table_of_the_language_is_that_of_the_generators() -> None:
    assert set(INSTANCES) == set(_PROBLEMS)
    assert all(set(p.size) <= set(INSTANCES[name]) for name, p in _PROBLEMS.items())


@pytest.mark.parametrize(
    ("option", "codes"),
    [
        ("instances hidden_matching", []),
        ("instances hidden_matching { seed 7, items 3, share 0.5 }", []),
        ("instances hidden_matchings", ["QDM503"]),
        ("instances", ["QDM503"]),
        ("instances hidden_matching { share 0 }", ["QDM503"]),
        ("instances hidden_matching { share 1.5 }", ["QDM503"]),
        ("instances hidden_matching { items 0 }", ["QDM503"]),
        ("instances hidden_matching { copies 3 }", ["QDM502"]),
        ("instances vector_in_subspace", ["QDM503"]),
    ],
)
def test_what_may_be_said(option: str, codes: list[str]) -> None:
    assert [d.code for d in check_text(MODEL.replace("OPTION", option))[1]] == codes


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_a_hidden_matching_has_one_answer(share: float) -> None:
    shapes = {"x": (16,), "m": (8, 2), "w": (16,)}
    found, labels = filled(asked("hidden_matching", 5, 6, share), shapes)
    assert set(labels) == {-1.0, 1.0}
    for x, m, w, label in zip(found["x"], found["m"].astype(int), found["w"], labels, strict=True):
        kept = slice(0, round(8 * share))
        parity = x[m[kept, 0]] + x[m[kept, 1]] + w[1::2][kept]
        assert set(parity % 2) == {(1 - label) / 2}
    again, _ = filled(asked("hidden_matching", 6), shapes)
    np.testing.assert_array_equal(again["x"], found["x"][1])


def test_a_vector_lies_in_its_half_of_the_basis() -> None:
    shapes = {"v": (8,), "P": (8, 4), "M": (8, 8)}
    found, labels = filled(asked("vector_in_subspace", 1, 4), shapes)
    for v, p, m, label in zip(found["v"], found["P"], found["M"], labels, strict=True):
        np.testing.assert_allclose([v @ v, (v @ p) @ (v @ p)], [1, (1 + label) / 2], atol=1e-12)
        np.testing.assert_allclose(v @ m @ v, label, atol=1e-12)


def test_a_trace_is_its_label() -> None:
    shapes = {**dict.fromkeys("ABCD", (4, 4)), "pair": (16,), "back": (16, 1)}
    found, labels = filled(asked("abcd", 3, 4), shapes)
    for k, label in enumerate(labels):
        a, b, c, d = (found[name][k] for name in "ABCD")
        assert (np.trace(a @ b @ c @ d) / 4) ** 2 == pytest.approx(label, abs=1e-12)
    assert labels.max() == pytest.approx(1)
    assert labels.min() < 0.3


@pytest.mark.parametrize(
    ("problem", "shapes"),
    [
        ("hidden_matching", {"x": (6,)}),
        ("hidden_matching", {"x": (2,)}),
        ("hidden_matching", {"x": (8,), "m": (8, 2)}),
        ("vector_in_subspace", {"v": (8,), "P": (8, 8)}),
        ("karate_club", {"X": (16, 2)}),
        ("karate_club", {"W": (2, 2)}),
    ],
)
def test_other_sizes_are_refused(problem: str, shapes: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(InvalidProgram, match="QDM761"):
        filled(asked(problem), shapes)


def test_one_shot_decides_every_instance() -> None:
    option = "instances hidden_matching { seed 4, items 12 }, loss linear, shots 1"
    result = qdsl.loads(MODEL.replace("OPTION", option)).compile(experiment="e").run()
    assert result.accuracy == 1.0
    assert result.items == 12
