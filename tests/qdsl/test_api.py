"""The Python API, from text to report, run and emitted program; and everything it refuses."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.api import UsageError
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.driver.pass_manager import DEFAULT_PASSES, UnknownPass, UnknownPassOption
from qdsl.ir.stages import Circuit, PlacedCircuit, ScheduledCircuit
from qdsl.network.network import Link, Network, Node
from tests.sources import BELL, BROKEN, MODELS, PARTIES


@pytest.fixture
def bell() -> qdsl.Program:
    return qdsl.loads(BELL)


@pytest.fixture
def models() -> qdsl.Program:
    return qdsl.loads(MODELS)


def test_a_file_is_its_text(tmp_path: Path, bell: qdsl.Program) -> None:
    file = tmp_path / "bell.qdm"
    file.write_text(BELL)
    loaded = qdsl.load(file)
    assert loaded.models == bell.models == ("bell",)
    assert loaded.source.path == str(file)
    assert loaded.warnings == ()
    # a str will do, and the text is the one in the file
    assert qdsl.load(str(file)).source.text == BELL


def test_a_missing_file_is_invalid(tmp_path: Path) -> None:
    with pytest.raises(InvalidProgram) as caught:
        qdsl.load(tmp_path / "none.qdm")
    assert [d.code for d in caught.value.diagnostics] == ["QDM011"]


def test_every_problem_is_in_the_exception() -> None:
    program = BROKEN
    with pytest.raises(qdsl.InvalidProgram) as caught:
        qdsl.loads(program, name="mine.qdm").compile()
    codes = [d.code for d in caught.value.diagnostics]
    assert "QDM103" in codes
    assert len(codes) >= 2
    assert "mine.qdm:9" in str(caught.value)


def test_compiling_reaches_the_last_stage(bell: qdsl.Program) -> None:
    compiled = bell.compile()
    assert isinstance(compiled.stage, ScheduledCircuit)
    assert compiled.scheduled is compiled.stage
    assert [p.name for p in compiled.passes] == list(DEFAULT_PASSES)
    assert compiled.settings == (("n", 2),)
    assert compiled.verification.verified
    assert compiled.report().cost.ebits == 1


def test_settings_bind_sizes(models: qdsl.Program) -> None:
    compiled = models.compile("first", settings={"depth": 3})
    assert compiled.settings == (("depth", 3), ("n", 2))
    assert compiled.circuit.values.vector("w").shape == (3,)
    with pytest.raises(InvalidProgram) as caught:
        models.compile("first")
    assert [d.code for d in caught.value.diagnostics] == ["QDM224"]


def test_a_model_on_no_network_needs_no_ebits(models: qdsl.Program) -> None:
    report = models.compile("alone").report()
    assert (report.cost.ebits, report.network.name) == (0, "one device")
    assert report.verification.verified


def test_another_network(bell: qdsl.Program) -> None:
    free = Network("free", (Node("alice", 2, 1), Node("bob", 2, 1)), (Link(0, 1, rate_hz=5.0),))
    report = bell.compile(network=free).report()
    assert report.network is free
    assert report.cost.makespan_ns == 200_000_000
    with pytest.raises(InvalidProgram):  # `far` has neither alice nor bob
        bell.compile(network="far")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"model": "bel"}, "no model 'bel'; there are: bell"),
        ({"network": "wan"}, "no network 'wan'; there are: lan, far"),
        ({"experiment": "fit"}, "no experiment 'fit'; there are: none"),
        ({"settings": {"m": 1}}, "'bell' has no parameter 'm'; it has n"),
        ({"options": {"sed": 1}}, "no pass that is run has an option 'sed'"),
        ({"options": {"seed": "1"}}, "'1' is no seed of 'partition': it is of type int"),
        ({"options": {"seed": True}}, "it is of type int"),
        ({"options": {"seed": -5}}, "'-5' is no seed of 'partition': it is at least 0"),
        ({"options": {"policy": "later"}}, "it is asap or alap"),
        ({"passes": ("partition", "canonicalize")}, "takes a Circuit, and would get a Placed"),
        ({"passes": ("optimise",)}, "no pass is called 'optimise'"),
    ],
)
def test_what_is_not_there_is_refused(bell: qdsl.Program, given: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says) as caught:
        bell.compile(**given)
    assert isinstance(caught.value, UsageError | UnknownPass | UnknownPassOption)


def test_of_several_models_one_has_to_be_named(models: qdsl.Program) -> None:
    with pytest.raises(UsageError, match="name a model: there are first, alone"):
        models.compile()
    assert models.lower("alone").n_qubits == 3


def test_options_reach_the_passes(bell: qdsl.Program) -> None:
    both = bell.compile(options={"policy": "alap", "seed": 3})
    assert both.options == (("policy", "alap"), ("seed", 3))
    assert dict(both.report().provenance.options) == {"policy": "alap", "seed": 3}


def test_stopping_early(bell: qdsl.Program) -> None:
    seen: list[tuple[str, type[Any]]] = []
    compiled = bell.compile(
        passes=DEFAULT_PASSES[:2], after_each=lambda name, stage: seen.append((name, type(stage)))
    )
    assert seen == [("canonicalize", Circuit), ("partition", PlacedCircuit)]
    for use in (compiled.report, compiled.run):
        with pytest.raises(UsageError, match="not compiled to its last stage"):
            use()


def test_verification_can_be_left_out(bell: qdsl.Program) -> None:
    verification = bell.compile(verify=False).verification
    assert not verification.verified
    assert [c.equal for c in verification.checks] == [None]


def test_large_programs_are_not_verified_unasked(
    models: qdsl.Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["qdsl.verify.translation.validate"], "QUICK_OPERATIONS", 2)
    assert not models.compile("alone").verification.verified
    assert models.compile("alone", verify=True).verification.verified


def test_running_gives_the_outputs(bell: qdsl.Program) -> None:
    result = bell.compile().run()
    parity, sample = result.outputs
    assert parity.mean == pytest.approx(1.0)
    assert parity.text == "expect(Z q[0] * Z q[1])"
    assert sample.values == pytest.approx({"00": 0.5, "11": 0.5})
    assert (result.backend, result.shots, result.items) == ("jax", None, 1)


def test_running_takes_values(models: qdsl.Program) -> None:
    compiled = models.compile("first", settings={"depth": 1})
    result = compiled.run({"w": [0.7]})
    assert result.outputs[0].mean == pytest.approx(np.cos(0.7))
    assert result.random_inputs == ()
    drawn = compiled.run(seed=4)
    assert drawn.random_inputs == ("w",)
    assert drawn.outputs == compiled.run(seed=4).outputs != compiled.run(seed=5).outputs


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"v": [0.0]}, "no vector 'v'; it has w"),
        ({"w": [[0.0, 1.0]]}, "'w' is 1x2, and the model wants 1 an item"),
        ({"w": ["a"]}, "values are arrays of numbers"),
        ({"w": [np.nan]}, "'w' is not finite everywhere"),
    ],
)
def test_wrong_values_are_refused(models: qdsl.Program, values: Any, says: str) -> None:
    compiled = models.compile("first", settings={"depth": 1})
    with pytest.raises(Refused, match=says):
        compiled.run(values)


def test_what_is_too_large_to_simulate_is_refused() -> None:
    compiled = qdsl.loads(MODELS).compile("alone", settings={"n": 40}, verify=False)
    with pytest.raises(Refused, match="40 qubits"):
        compiled.run()


def test_emitting(bell: qdsl.Program) -> None:
    compiled = bell.compile()
    assert compiled.emit_text("qasm3").startswith("OPENQASM 3")
    assert compiled.emit("qiskit").num_qubits >= 4
    with pytest.raises(InvalidProgram) as caught:
        compiled.emit("quil")
    assert [d.code for d in caught.value.diagnostics] == ["QDM755"]


def test_a_text_reads_no_files_unless_told(tmp_path: Path) -> None:
    (tmp_path / "lab.json").write_text("{}")
    text = 'network lab = from "lab.json"\nmodel m() on lab { qubits q; return sample(q) }\n'
    with pytest.raises(InvalidProgram) as outside:
        qdsl.loads(text)
    with pytest.raises(InvalidProgram) as inside:
        qdsl.loads(text, folders=[tmp_path])
    assert {d.code for d in outside.value.diagnostics} != {d.code for d in inside.value.diagnostics}


def test_the_same_program_compiles_to_the_same_report() -> None:
    first, again = (qdsl.loads(PARTIES).compile().report().to_json() for _ in range(2))
    assert first == again


def test_a_result_is_a_line_at_the_prompt_and_tables_in_a_notebook() -> None:
    made = qdsl.loads("model m() { qubits q\n h q\n return sample(q) }").compile()
    result = made.run(shots=10, seed=3)
    assert repr(result) == "<RunResult backend jax, shots 10, seed 3, items 1, settings 1>"
    shown = result._repr_html_()  # type: ignore[attr-defined]
    assert "sample(q)" in shown and "<script" not in shown
