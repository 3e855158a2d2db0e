"""Sweeps: every point is what compiling that size alone gives; formulas are confirmed."""

from __future__ import annotations

import csv
import io
import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

import qdsl
from qdsl.analysis.findings import Scaling, SweepAxis, SweepPoint
from qdsl.report.scaling import (
    render_scaling,
    scaling_csv,
    scaling_json,
    scaling_svg,
)
from qdsl.studies.scaling import crossover_of, swept
from qdsl.studies.sweep import Sweep
from tests.qdsl.analysis.known import LAN
from tests.qdsl.analysis.models import KNOWN, UNOWNED
from tests.qdsl.report.schema import scaling_schema_text
from tests.sources import EXAMPLES

TEXT = {k.name: k.text for k in KNOWN}
SCHEMA = EXAMPLES.parent / "docs" / "reference" / "scaling.schema.json"


def sweep(text: str, *axes: tuple[str, list[int]], largest: int = 20_000) -> Scaling:
    program = qdsl.loads(text)
    chosen = tuple(SweepAxis(name, tuple(values)) for name, values in axes)
    return swept(Sweep(program, program.models[0], chosen, largest=largest))


@pytest.fixture(scope="module")
def two_party() -> Scaling:
    return sweep(TEXT["two parties, layers of gates"], ("n", [2, 3]), ("layers", [1, 2]))


def test_points_are_compiled_programs(two_party: Scaling) -> None:
    program = qdsl.loads(TEXT["two parties, layers of gates"])
    sizes = [dict(p.settings) for p in two_party.points]
    assert sizes == [{"n": n, "layers": k} for n in (2, 3) for k in (1, 2)]
    for p in two_party.points:
        compiled = program.compile(settings=dict(p.settings), verify=False)
        cost = compiled.cost
        assert p.counted == "compiled"
        assert (p.ebits, p.classical_bits, p.rounds) == (
            cost.ebits,
            cost.classical_bits,
            cost.rounds,
        )
        assert p.total_ebits == (p.ebits or 0) * (p.executions or 0)
        found = compiled.assess().baselines
        assert found is not None
        assert (p.baseline, p.baseline_bits) == (found.best, found.best_bits)


def test_the_crossover_of_a_hidden_matching() -> None:
    found = sweep(TEXT["sample of a hidden matching"], ("n", list(range(1, 9))))
    below = [(p.total_ebits or 0) < (p.baseline_bits or 0) for p in found.points]
    c = found.crossover
    assert c is not None and c.at is not None
    assert c.at == 1 + below.index(True)
    assert (c.parameter, c.first, c.last, c.stays, c.counted) == ("n", 1, 8, True, "compiled")


def test_no_crossover_where_there_is_no_advantage(two_party: Scaling) -> None:
    c = two_party.crossover
    assert c is not None
    assert (c.at, c.stays, c.baseline) == (None, False, None)


def test_a_crossover_that_does_not_stay() -> None:
    axes = (SweepAxis("n", (1, 2, 3)),)
    points = [
        SweepPoint((("n", n),), "compiled", total_ebits=5, baseline="b", baseline_bits=b)
        for n, b in ((1, 4), (2, 6), (3, 5))
    ]
    c = crossover_of(axes, points)
    assert c is not None
    assert (c.at, c.stays, c.baseline) == (2, False, "b")
    assert crossover_of(axes, []) is None
    assert crossover_of((), points) is None


# ---- formulas ----------------------------------------------------------------------------


def test_formulas_give_what_compiling_gives() -> None:
    """The same sizes, once compiled and once by formula, as they are too large to compile."""
    text = TEXT["sample of a hidden matching"].replace("phase(x) q", "h q; diagonal(x) q")
    compiled = sweep(text, ("n", [3, 4, 5, 6, 9]))
    few = sweep(text, ("n", [3, 4, 5, 6, 9]), largest=5 + 3)
    assert [p.counted for p in few.points] == ["compiled"] * 3 + ["formula"] * 2
    for a, b in zip(compiled.points, few.points, strict=True):
        assert (a.qubits, a.ebits, a.classical_bits, a.rounds, a.executions, a.total_ebits,
                a.baseline, a.baseline_bits) == (
            b.qubits, b.ebits, b.classical_bits, b.rounds, b.executions, b.total_ebits,
            b.baseline, b.baseline_bits)  # fmt: skip


LAYERS = (
    LAN
    + """
model layered(n = 2, layers = 2) on lan {
  data x: real[2**n] owner alice
  param b: angle[layers, n] owner bob
  qubits q[n]
  at alice { amplitude(x) q }
  for l in 0..layers {
    at bob { for i in 0..n { ry(b[l, i]) q[i] }; for i in 0..n { cz q[i], q[(i+1) % n] } }
    at alice { h q }
  }
  return expect(Z q[0])
}
"""
)


def test_layered_models_by_formula() -> None:
    text = (
        LAYERS.replace("(i+1) % n", "(i+1) % n")
        .replace("for i in 0..n { cz", "for i in 0..n-1 { cz")
        .replace("q[(i+1) % n]", "q[i+1]")
        .replace("expect(Z q[0])", "probability(q[..1])")
    )
    axes = ("n", [2, 3, 4, 30, 40]), ("layers", [1, 2])
    found = sweep(text, *axes)
    by_formula = [p for p in found.points if p.counted == "formula"]
    assert [dict(p.settings) for p in by_formula] == [
        {"n": n, "layers": k} for n in (30, 40) for k in (1, 2)
    ]
    for p in by_formula:
        at = dict(p.settings)
        assert p.ebits == 2 * at["n"] * at["layers"]
        assert "formula" in p.note


def test_no_formula_without_confirmation() -> None:
    one = sweep(TEXT["sample of a hidden matching"], ("n", [3, 40]))
    assert one.points[1].counted == "none"
    assert "fewer than two compiled sizes" in one.points[1].note
    chain = sweep(UNOWNED[0], ("n", [3, 4, 5, 60]), largest=20)
    assert chain.points[-1].counted == "none"
    assert chain.points[-1].ebits is None


def test_no_formula_for_what_is_no_program() -> None:
    """A size that is refused for another reason than its size is not counted at all."""
    text = (
        LAN
        + """
model m(n = 4) on lan {
  data x: real[2**n] owner alice
  param b: angle[n - 1 + (n - 5)**2] owner bob
  qubits q[n]
  at alice { amplitude(x) q }
  at bob { for i in 0..n { ry(b[i]) q[i] } }
  return expect(Z q[0])
}
"""
    )
    found = sweep(text, ("n", [-1, 0, 2, 3, 5, 60]))
    assert [p.counted for p in found.points] == ["none", "none", "compiled", "compiled",
                                                 "none", "formula"]  # fmt: skip
    assert "a register has at least one element" in found.points[1].note
    assert found.points[4].note == "QDM209: i = 4: index 4 of b[4]"
    assert found.points[4].ebits is None


def test_small_networks_get_larger_nodes() -> None:
    text = TEXT["two parties, layers of gates"].replace("qubits 12", "qubits 2")
    found = sweep(text, ("n", [2, 5]))
    assert [p.ebits for p in found.points] == [8, 20]
    assert found.points[0].note == ""
    assert found.points[1].note == "nodes with 3 times as many data qubits"


def test_sizes_that_cannot_be_are_said() -> None:
    text = TEXT["two parties, layers of gates"]
    found = sweep(text, ("n", [0, 2]))
    assert found.points[0].counted == "none"
    assert found.points[0].note
    text = text.replace("network lan {", "network lan {\n  node eve { qubits 0, comm 0 }").replace(
        "comm 2", "comm 0"
    )
    stuck = sweep(text, ("n", [2]))
    assert re.match(r"QDM\d+: ", stuck.points[0].note)


# ---- forms -------------------------------------------------------------------------------


def test_csv_has_every_point(two_party: Scaling) -> None:
    rows = list(csv.DictReader(io.StringIO(scaling_csv(two_party))))
    assert len(rows) == 4
    for row, p in zip(rows, two_party.points, strict=True):
        assert (row["n"], row["layers"]) == tuple(str(v) for _, v in p.settings)
        assert row["ebits"] == str(p.ebits)
        assert row["baseline"] == p.baseline


def test_json_fits_its_schema(two_party: Scaling) -> None:
    document = json.loads(json.dumps(scaling_json(two_party, "two_party", "x.qdm")))
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    for broken in ({**document, "points": 1}, {**document, "schema": "x"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema)


def test_the_schema_file_is_the_schema() -> None:
    """After a change: `print(scaling_schema_text())`."""
    assert SCHEMA.read_text() == scaling_schema_text()


def test_text_fits_80_columns(two_party: Scaling) -> None:
    matching = sweep(TEXT["sample of a hidden matching"], ("n", [2, 4, 6, 8, 60]))
    for found in (two_party, matching):
        text = render_scaling(found, "a title")
        assert max(map(len, text.splitlines())) <= 80
        assert "crossover" in text
    plot = render_scaling(matching, "t").partition("both\n")[2].partition("+--")[0]
    labels = [float(x) for x in re.findall(r"^ *(1e\d+) \|", plot, re.MULTILINE)]
    assert all(a > b for a, b in pairwise(labels))
    assert plot.count("q") + plot.count("c") + plot.count("*") >= 5


def test_the_picture_stands_alone(two_party: Scaling) -> None:
    svg = scaling_svg(two_party, "Communication & size")
    assert svg is not None
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "Communication &amp; size" in svg
    assert "href" not in svg and "url(" not in svg and "@import" not in svg
    assert scaling_svg(sweep(UNOWNED[0], ("n", [3])), "t") is None


def test_the_same_bytes_again(two_party: Scaling, tmp_path: Path) -> None:
    again = sweep(TEXT["two parties, layers of gates"], ("n", [2, 3]), ("layers", [1, 2]))
    assert scaling_csv(again) == scaling_csv(two_party)
    assert scaling_svg(again, "t") == scaling_svg(two_party, "t")
