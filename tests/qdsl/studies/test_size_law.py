"""How ebits and bits grow: by compiled sizes, and told on the first screen of a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

import qdsl
from qdsl.analysis.findings import SizeLaw, SizePoint, SweepAxis
from qdsl.cli.commands import cli
from qdsl.report.answers import answers
from qdsl.report.data import Report
from qdsl.report.findings import size_law_text
from qdsl.studies.paper.crossings import GrownModel
from qdsl.studies.scaling import swept
from qdsl.studies.size_law import (
    _is_line,
    _met_by_lines,
    _of_bits,
    _of_ebits,
    _Sized,
    _Sizes,
    size_laws,
    with_size_laws,
)
from qdsl.studies.sweep import Sweep
from tests.sources import EXAMPLES

# file, model, parameter, crossing against the kind that the verdict is about, how ebits and bits
# grow; N is the parameter itself, or two to its power
KNOWN = [
    ("matching", "hidden_matching", "n", 2, "log N", "sqrt N"),
    ("boolean_matching", "boolean", "n", 14, "log N", "sqrt N log N"),
    ("subspace", "subspace", "n", 10, "log N", "sqrt N log N"),
    ("subspace", "abcd", "n", 5, "log N", "N^2 log N"),
    ("linear", "linear", "n", None, "log N", "1"),
    ("graphnet", "dilation", "nodes", 512, "log N", "sqrt N log N"),
]
SLOW = [
    ("graphnet", "involutions", "nodes", None, "log N", "sqrt N log N"),
    ("graphnet", "eigenbasis", "nodes", 512, "log N", "sqrt N log N"),
    ("two_party", "two_party", "n", None, "log N", "1"),
    ("phases", "phases", "n", None, "log N", "log N"),
    ("reupload", "reupload", "n", None, "log N", "log N"),
]


def law_of(file: str, model: str) -> SizeLaw:
    program = qdsl.load(EXAMPLES / f"{file}.qdm")
    return size_laws(program.compile(model, verify=False))[0]


@pytest.mark.parametrize(
    ("file", "model", "parameter", "at", "ebits", "bits"),
    [*KNOWN, *(pytest.param(*one, marks=pytest.mark.slow) for one in SLOW)],
)
def test_every_example_of_the_paper_says_where_it_crosses(
    file: str, model: str, parameter: str, at: int | None, ebits: str, bits: str
) -> None:
    law = law_of(file, model)
    assert (law.parameter, law.at, law.ebits_grow, law.bits_grow) == (parameter, at, ebits, bits)
    assert len(law.points) >= 3
    assert law.is_final == (at is None and law.bits_grow in ("1", "log N"))
    if at is not None:
        assert all(p.is_below == (p.value >= at) for p in law.points)
        assert (law.is_lasting, law.until) == (True, None)
        assert law.points[0].value == at or not all(p.is_below for p in law.points)
    else:
        assert not any(p.is_below for p in law.points)


def test_the_sizes_are_those_that_a_sweep_counts() -> None:
    program = qdsl.load(EXAMPLES / "subspace.qdm")
    law = law_of("subspace", "subspace")
    axis = SweepAxis("n", tuple(p.value for p in law.points))
    found = swept(Sweep(program, "subspace", (axis,)))
    assert [(p.ebits, p.bits) for p in law.points] == [
        (p.total_ebits, p.baseline_bits) for p in found.points
    ]
    assert found.crossover is not None and found.crossover.at == law.at


def test_models_that_do_not_grow_or_share_nothing_have_no_law() -> None:
    for name in ("classes", "federated", "ghz"):
        program = qdsl.load(EXAMPLES / f"{name}.qdm")
        assert size_laws(program.compile(verify=False)) == ()


def test_a_law_that_disagrees_with_what_was_compiled_is_not_said() -> None:
    compiled = qdsl.load(EXAMPLES / "subspace.qdm").compile("subspace", verify=False)
    sizes = _Sizes.of(compiled)
    assert sizes is not None
    known = [p for s in (0, 1, 2) if (p := sizes.at(s)) is not None]
    name = "random projection"

    def taking(bits: Callable[[int], int]) -> list[_Sized]:
        found = []
        for p, n in zip(known, (8, 10, 12), strict=True):
            own = (c for c in p.found.protocols if c.name == name)
            protocols = tuple(replace(c, bits=bits(n)) for c in own)
            found.append(replace(p, value=n, log2=n, found=replace(p.found, protocols=protocols)))
        return found

    here = SizePoint(8, 1, 1, name)
    assert _of_bits(sizes, taking(lambda n: 2**n), name, here)[0] is None  # they double with N
    assert _of_bits(sizes, taking(lambda n: 2 ** (n // 2) * n), name, here)[0] == "sqrt N log N"
    assert _of_ebits(known) == "log N"
    assert _of_ebits([replace(p, ebits=2**p.value) for p in known]) is None


def test_the_first_screen_says_who_wins_and_where_they_cross() -> None:
    file = str(EXAMPLES / "subspace.qdm")
    shown = CliRunner().invoke(cli, ["report", file, "--model", "subspace", "-q"])
    text = " ".join(shown.output.partition("\nverified")[0].split())
    assert "classical messages win 33 to 1" in text
    assert "ebits grow as log N and bits grow as sqrt N log N" in text
    assert "they cross at n = 10, N = 1,024; compiled at n = 3, 4," in text


def test_a_saved_report_keeps_its_sizes_and_an_older_one_has_none() -> None:
    compiled = qdsl.load(EXAMPLES / "linear.qdm").compile(verify=False)
    plain = compiled.report()
    assert plain.advantage is not None and "sizes" not in plain.to_json()["advantage"]
    full = replace(plain, advantage=with_size_laws(plain.advantage, compiled))
    again = Report.from_json(json.loads(json.dumps(full.to_json())))
    assert again.advantage == full.advantage
    worth = next(a for a in answers(again) if a.key == "worth")
    assert any("they do not cross, by both laws" in line for line in worth.more)


def test_what_is_not_known_is_not_claimed() -> None:
    law = SizeLaw("n", "2^n", "any", (SizePoint(2, 9, 3, "p"), SizePoint(3, 9, 4, "p")),
                  None, None, "its formula", None, False)  # fmt: skip
    said = size_law_text(law)
    assert "ebits grow by no simple law" in said and "no crossing found" in said
    assert not GrownModel("m", False, 2, law).is_won
    assert not GrownModel("m", True, 2, replace(law, at=3)).is_bracketed


SIGNS = """
network lan = line(2) { qubits 40, comm 2 }
model lin(n = 3) on lan {
  data x: real[2**n] owner node0
  param w: real[2**n] owner node1
  data u: angle owner node1
  qubits a[n], b[n]
  at node0 { amplitude(x) a }
  at node1 { amplitude(w) b; rz(u) b[0]; ry(u) b[n-1] }
  return overlap(a, b)
}
experiment rough of lin { gradient exact { epsilon 1, delta 0.9 } }
experiment half of lin { gradient exact { epsilon 0.5 } }
"""


@pytest.mark.parametrize(("experiment", "at", "until", "said"), [
    ("rough", 1, 15, "fewer ebits from n = 1, N = 2 on; no fewer from about n = 15, N = 32,768 on"),
    ("half", 6, 12, "they cross at n = 6, N = 64; no fewer from about n = 12, N = 4,096 on"),
])  # fmt: skip
def test_an_advantage_that_ends_is_not_said_to_last(
    experiment: str, at: int | None, until: int | None, said: str
) -> None:
    """Of signs 61 bits from n = 4 on; 2 n ebits, and 2 n + 2 bits of outcomes: 62 at n = 15."""
    compiled = qdsl.loads(SIGNS).compile(experiment=experiment, verify=False)
    (law,) = size_laws(compiled)
    assert (law.at, law.until, law.is_predicted) == (at, until, until is not None)
    assert said in size_law_text(law)


def test_bits_that_grow_are_not_said_not_to() -> None:
    """Two angles, which enter n rotations each: to more bits, the more there are."""
    text = """
network lan = line(2) { qubits 40, comm 2 }
model few(n = 2) on lan {
  data x: real[2**n] owner node0
  param w: angle[2] owner node1
  qubits q[n]
  at node0 { amplitude(x) q }
  at node1 { rx(w[0]) q; for i in 0..n-1 { cz q[i], q[i+1] }; ry(w[1]) q }
  return sample(q) to node1
}"""
    (law,) = size_laws(qdsl.loads(text).compile(verify=False))
    assert law.points[0].bits < law.points[-1].bits
    assert (law.bits_grow, law.is_lasting) == (None, None)


@pytest.mark.parametrize(
    ("kind", "each"), [("bits", 1), pytest.param("real", 7, marks=pytest.mark.slow)]
)
def test_a_few_reals_beside_many_bits_are_no_logarithm(kind: str, each: int) -> None:
    """2^n bits or phases of one owner, and two angles of another: as many, and a constant."""
    text = """
network lan = line(3) { qubits 40, comm 2 }
model mixed(n = 3) on lan {
  data x: real[2**n] owner node0
  param w: angle[2] owner node1
  data b: KIND[2**n] owner node2
  qubits q[n]
  at node0 { amplitude(x) q }
  at node1 { rx(w[0]) q[0]; ry(w[1]) q[0] }
  at node2 { diagonal(b) q; h q[0] }
  return expect(Z q[0])
}"""
    (law,) = size_laws(qdsl.loads(text.replace("KIND", kind)).compile(verify=False))
    last = law.points[-1]
    assert last.protocol.startswith("send ") and last.bits - each * 2**last.value < 100
    assert law.bits_grow == "N"


def test_a_smallest_size_that_shares_nothing_is_no_point_of_a_law() -> None:
    """Z a[0] * Z a[0] is 1: at n = 1 there is nothing to execute."""
    text = """
network lan = line(2) { qubits 40, comm 2 }
model ends(n = 3) on lan {
  data x: real[2**n] owner node0
  param b: angle[2] owner node1
  qubits a[n]
  at node0 { amplitude(x) a }
  at node1 { for i in 0..2 { rx(b[i]) a[0] } }
  return expect(Z a[0] * Z a[n-1])
}"""
    (law,) = size_laws(qdsl.loads(text).compile(verify=False))
    assert law.points[0].value == 1 and law.points[0].ebits == 0
    assert size_law_text(law)


def test_bits_on_one_line_grow_as_its_length() -> None:
    assert _is_line([(1, 3), (2, 5), (5, 11)]) and not _is_line([(1, 3), (2, 5), (5, 12)])
    assert not _is_line([(1, 3), (2, 3), (5, 3)]) and not _is_line([(1, 3), (2, 5)])


def test_laws_that_grow_alike_promise_nothing() -> None:
    points = tuple(SizePoint(n, n, 2 * n, "p") for n in (1, 2, 3))
    law = SizeLaw("n", "2^n", "any", points, "log N", "log N", "its formula", 1, False)
    assert "fewer ebits at every compiled size from n = 1" in size_law_text(law)
    assert "fewer ebits at every size from" in size_law_text(replace(law, is_lasting=True))
    assert "no fewer at large sizes" in size_law_text(replace(law, is_lasting=False))
    ended = size_law_text(replace(law, until=3))
    assert "fewer ebits from n = 1, N = 2 on; no fewer from n = 3, N = 8 on;" in ended


@pytest.mark.parametrize("n", [8, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 7, 14))])
def test_an_advantage_of_smaller_models_is_seen_from_larger_ones(n: int) -> None:
    """n ebits against the 7 bits of one angle."""
    text = """
network lan = line(2) { qubits 40, comm 2 }
model one(n = 2) on lan {
  data x: real[2**n] owner node0
  param w: angle owner node1
  qubits q[n]
  at node0 { amplitude(x) q }
  at node1 { rx(w) q }
  return sample(q[0]) to node1
}"""
    (law,) = size_laws(qdsl.loads(text).compile(settings={"n": n}, verify=False))
    assert (law.at, law.until, law.is_predicted, law.is_final) == (1, 7, False, False)
    assert "no fewer from n = 7, N = 128 on;" in size_law_text(law)


@pytest.mark.parametrize(("bits", "until"), [(20, 20), (60, 60), (10_000, None)])
def test_a_meeting_far_beyond_what_was_compiled_is_not_predicted(
    bits: int, until: int | None
) -> None:
    """n ebits against so many bits: of a model with 2^10,000 numbers nothing is said."""

    class Along:
        is_dimension = False
        log2 = float

    points = [SizePoint(n, n, bits, "p") for n in (1, 2, 4)]
    along: Any = Along()
    assert _met_by_lines(along, points) == until


def test_a_formula_is_held_against_sizes_where_its_protocol_is_not_the_best() -> None:
    """Naming an edge takes log N bits, but the shares of all outcomes are told, N of them."""
    text = """
network lan = line(2) { qubits 20, comm 4, rate 1 kHz }
model m(n = 3) on lan {
  data x: real[2**n] owner node0
  data mm: matching[2**n] owner node1
  qubits q[n]
  at node0 { amplitude(x) q }
  at node1 { relabel(mm) q; h q[n-1] }
  return probability(q)
}"""
    (law,) = size_laws(qdsl.loads(text).compile(verify=False))
    assert law.points[-1].bits > 2 ** law.points[-1].value
    assert law.bits_grow not in ("1", "log N")
