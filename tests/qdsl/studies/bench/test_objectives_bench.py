"""The table of what objectives gain."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from qdsl.cli.bench import command
from qdsl.objectives.outcome import ObjectiveOutcome
from qdsl.studies.bench.objectives import (
    NETWORKS,
    OBJECTIVES,
    ObjectiveGain,
    geometric_mean,
    objective_cases,
    objective_network,
)


def gain(optimise: str, value: float, plain: float) -> ObjectiveGain:
    return ObjectiveGain(
        "c", 1, "line", ObjectiveOutcome(optimise, value, 1, plain, 1, 1), 2.0, 1.0
    )


def test_a_ratio_is_of_what_is_lost() -> None:
    assert gain("makespan", 3.0, 4.0).ratio == 0.75
    assert abs(gain("fidelity", 0.9, 0.8).ratio - 0.5) < 1e-9
    assert gain("fidelity", 1.0, 1.0).ratio == 1.0
    assert gain("rounds", 0.0, 0.0).ratio == 1.0
    assert abs(geometric_mean([0.5, 2.0]) - 1.0) < 1e-12


def test_every_circuit_fits_every_network() -> None:
    for case in objective_cases((), None):
        network = objective_network(case.network, case.circuit.n_qubits)
        assert network.qubits >= case.circuit.n_qubits
        assert case.circuit.two_qubit_gates <= 400
    assert {case.network for case in objective_cases(("ghz",), None)} == set(NETWORKS)


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    asked = ["--objectives", "--family", "ghz", "--max-gates", "7", "--effort", "0", "-q"]
    ended = CliRunner().invoke(command, [*asked, "--write", str(page), "--json"])
    assert ended.exit_code == 0
    document = json.loads(ended.output)
    assert len(document["cases"]) == len(NETWORKS) * len(OBJECTIVES)
    assert all(c["ratio"] <= 1 + 1e-9 for c in document["cases"])
    text = page.read_text(encoding="utf-8")
    assert "| ghz_n8 | 7 |" in text and "| mixed | makespan | 1 |" in text


def test_it_is_not_combined_with_other_tables() -> None:
    ended = CliRunner().invoke(command, ["--objectives", "--published"])
    assert ended.exit_code == 2
    assert "--objectives can only be combined" in ended.output
