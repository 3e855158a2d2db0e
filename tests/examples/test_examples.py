"""Every example is checked, in the standard layout, compiled, proved, run and reported on."""

from __future__ import annotations

import json
from functools import cache
from math import cos, sin
from pathlib import Path

import jsonschema
import pytest

import qdsl
from qdsl.api import Compiled, Program
from qdsl.language.check import check_source
from qdsl.language.formatting.format import format_source
from qdsl.language.parser.parse import read_source
from qdsl.report.data import Report
from qdsl.report.text import render_report
from tests.sources import EXAMPLES

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.qdm"))
SIZES = {"qaoa": {"n": 8, "p": 1}, "qft": {"n": 9}}  # small enough for a quick test
SCHEMA = EXAMPLES.parent / "docs" / "reference" / "report.schema.json"

each = pytest.mark.parametrize("name", NAMES)


def path_of(name: str) -> Path:
    return EXAMPLES / f"{name}.qdm"


@cache
def program(name: str) -> Program:
    return qdsl.load(path_of(name))


@cache
def compiled(name: str) -> Compiled:
    """With the experiment if there is one, at small sizes."""
    experiments = program(name).experiments
    experiment = experiments[0] if experiments else None
    return program(name).compile(experiment=experiment, settings=SIZES.get(name))


def test_there_are_examples() -> None:
    assert {"two_party", "qaoa", "matching", "reupload", "imported"} <= set(NAMES)


@each
def test_it_checks_without_a_warning(name: str) -> None:
    checked, diagnostics = check_source(read_source(path_of(name)), (EXAMPLES,))
    assert checked is not None
    assert diagnostics == ()


@each
def test_it_is_in_the_standard_layout(name: str) -> None:
    source = read_source(path_of(name))
    assert format_source(source) == source.text


@each
def test_it_begins_with_what_it_is(name: str) -> None:
    assert path_of(name).read_text().startswith("// ")


@each
def test_it_compiles_at_its_own_sizes(name: str) -> None:
    experiments = program(name).experiments
    experiment = experiments[0] if len(program(name).checked.own_models) > 1 else None
    stage = program(name).compile(experiment=experiment, verify=False).scheduled
    assert len(stage.distributed.table) > 0


@each
def test_it_is_proved_equal_to_its_source(name: str) -> None:
    verification = compiled(name).verification
    assert verification.verified
    proofs = {check.method: check.equal for check in verification.checks}
    assert proofs["translation validation"], verification
    assert all(equal for equal in proofs.values()), "each is small enough for simulation"


@each
def test_it_runs_and_is_reported_on(name: str) -> None:
    result = compiled(name).run(train=False)
    assert result.outputs
    assert all(output.mean is not None or output.values for output in result.outputs)
    report = compiled(name).report(result)
    assert max(map(len, render_report(report).splitlines())) <= 80
    document = json.loads(json.dumps(report.to_json()))
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert Report.from_json(document).to_json() == Report.from_json(report.to_json()).to_json()


def test_the_adder_adds() -> None:
    b, a = compiled("imported").run().outputs
    assert b.values == pytest.approx({"1101": 1.0})  # 5 + 6 = 11, lowest bit first
    assert a.values == pytest.approx({"101": 1.0})


def test_the_adder_of_phases_adds() -> None:
    (b,) = compiled("draper_adder").run().outputs
    assert b.values == pytest.approx({"1011": 1.0})  # 5 + 6 = 11, highest bit first


@pytest.mark.parametrize("error", range(4))
def test_an_error_on_any_one_qubit_is_corrected(error: int) -> None:
    made = program("error_corrected").compile(settings={"error": error}, verify=False)
    z, x = made.run().outputs
    assert z.mean == pytest.approx(cos(0.8)) and x.mean == pytest.approx(sin(0.8))


def test_each_layer_of_a_quantum_volume_circuit_pairs_all_qubits() -> None:
    circuit = program("quantum_volume").lower()
    pairs = [row.operands for row in circuit.table if row.op.name == "cx"]
    layers = [pairs[k : k + 9] for k in range(0, len(pairs), 9)]  # three pairs, three CNOTs each
    assert [sorted({q for pair in layer for q in pair}) for layer in layers] == [[*range(6)]] * 6
    assert len({frozenset(map(frozenset, layer)) for layer in layers}) > 1


@pytest.mark.slow
def test_the_federated_classifier_learns_and_keeps_data_at_their_owners() -> None:
    made = compiled("federated")
    result = made.run()
    assert result.accuracy is not None and result.accuracy > 0.85
    assert made.report().disclosures == ()


def test_the_fourier_transform_is_one() -> None:
    """Of |1>: all outcomes alike, and X of the first qubit -1, as its phase is half a turn."""
    x, probability = compiled("qft").run().outputs
    assert x.mean == pytest.approx(-1.0)
    assert set(probability.values) == {"00", "01", "10", "11"}
    assert list(probability.values.values()) == pytest.approx([0.25] * 4)


@pytest.mark.parametrize("experiment", ["by_dilation", "by_involutions", "by_eigenbasis"])
def test_the_karate_club_is_the_sum_of_numpy(experiment: str) -> None:
    result = program("graphnet").compile(experiment=experiment, verify=False).run()
    (output,) = result.outputs
    assert output.mean is not None and output.success is not None
    assert result.loss is not None and result.loss < (1e-9 * output.mean) ** 2
    assert (output.success == pytest.approx(1)) == (experiment == "by_eigenbasis")
