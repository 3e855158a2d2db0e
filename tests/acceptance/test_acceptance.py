"""The programs of the language's brief, and what else it says must be sayable.

Each is checked, compiled, proved equal to its source, run twice and reported on. The files that
they read are made here.
"""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import networkx
import numpy as np
import pytest

import qdsl
from qdsl.api import Program
from qdsl.diagnostics.request_error import Refused
from qdsl.report.text import render_report

HERE = Path(__file__).parent
MODELS = [
    ("networks", "m"),
    ("two_party", "two_party"),
    ("qaoa", "qaoa"),
    ("hidden_matching", "hidden_matching"),
    ("graphnet", "graphnet"),
    ("reupload", "reupload"),
    ("imported", "job"),
    ("pauli_words", "words"),
    ("vertical", "angles"),
    ("vertical", "products"),
    ("vertical", "phases"),
    ("pipeline", "pipeline"),
    ("feed_forward", "feedback"),
    ("outputs", "kernel"),
    ("outputs", "several"),
    ("library", "library"),
    ("library", "search"),
    ("library", "cat"),
]
RUN_AT = {"qaoa": {"n": 8, "p": 1}}  # smaller than written, to be simulated in seconds
TOO_WIDE_TO_RUN = {"imported"}


@cache
def folder() -> Path:
    """The programs with the files they read beside them."""
    path = Path(mkdtemp(prefix="qdsl-acceptance-"))
    for program in HERE.glob("*.qdm"):
        shutil.copy(program, path)
    rng = np.random.default_rng(0)
    labels = np.sign(rng.normal(size=40))
    np.savez(path / "points.npz", x=rng.normal(size=(40, 16)), y=labels)
    (path / "adder_n28.qasm").write_text(adder(13), encoding="utf-8")
    lab = networkx.path_graph(3)
    for node in lab:
        lab.nodes[node].update(qubits=4, comm=2)
    for edge in lab.edges:
        lab.edges[edge].update(fidelity=0.97, rate=200.0)
    (path / "lab.json").write_text(json.dumps(networkx.node_link_data(lab)), encoding="utf-8")
    return path


def adder(n: int) -> str:
    """Two n-bit numbers added by Cuccaro's circuit (quant-ph/0410184): 2n + 2 qubits."""
    carries = ["c[0]", *(f"a[{k}]" for k in range(n))]
    up = [f"maj {carries[k]}, b[{k}], a[{k}];" for k in range(n)]
    down = [f"uma {carries[k]}, b[{k}], a[{k}];" for k in reversed(range(n))]
    return "\n".join(
        [
            'OPENQASM 2.0;\ninclude "qelib1.inc";',
            "gate maj c, b, a { cx a, b; cx a, c; ccx c, b, a; }",
            "gate uma c, b, a { ccx c, b, a; cx a, c; cx c, b; }",
            f"qreg c[1];\nqreg a[{n}];\nqreg b[{n}];\nqreg carry[1];",
            *("x a[0];", "x b;"),
            *up,
            f"cx a[{n - 1}], carry[0];",
            *down,
        ]
    )


@cache
def program(name: str) -> Program:
    return qdsl.load(folder() / f"{name}.qdm")


def experiment_of(name: str, model: str) -> str | None:
    found = program(name)
    return next((e for e in found.experiments if found.experiment(e).model == model), None)


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_it_compiles_and_is_proved(name: str, model: str) -> None:
    compiled = program(name).compile(model, experiment=experiment_of(name, model))
    report = compiled.report()
    assert report.verification.verified is True
    assert report.cost.ebits >= 0
    assert f"{model} on " in render_report(report)


@pytest.mark.parametrize(("name", "model"), [m for m in MODELS if m[0] not in TOO_WIDE_TO_RUN])
def test_it_runs_the_same_twice(name: str, model: str) -> None:
    experiment = experiment_of(name, model)
    compiled = program(name).compile(model, experiment=experiment, settings=RUN_AT.get(name))
    first, second = (compiled.run(seed=3, train=False) for _ in range(2))
    assert first.outputs == second.outputs
    assert "Result" in render_report(compiled.report(first))


@pytest.mark.parametrize("name", sorted(TOO_WIDE_TO_RUN))
@pytest.mark.parametrize("backend", ["jax", "qiskit"])
def test_what_is_too_wide_to_simulate_says_so(name: str, backend: str) -> None:
    with pytest.raises(Refused, match="qubits"):
        program(name).compile().run(seed=3, backend=backend, shots=10)


def test_vertically_split_phases_add_up() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=8)
    half = np.arange(8) < 4
    compiled = program("vertical").compile("phases")
    found = compiled.run({"xa": np.where(half, x, 0), "xb": np.where(half, 0, x)})
    hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    state = np.kron(hadamard, np.kron(hadamard, hadamard)) @ np.exp(1j * x) / np.sqrt(8)
    weights = (abs(state) ** 2).reshape(2, 4).sum(axis=1)
    assert found.outputs[0].mean == pytest.approx(weights[0] - weights[1])


def test_an_overlap_is_what_it_says() -> None:
    x, y = np.array([1.0, 2, 3, 4]), np.array([2.0, -1, 0, 1])
    found = program("outputs").compile("kernel").run({"x": x, "y": y})
    expected = (x @ y / np.linalg.norm(x) / np.linalg.norm(y)) ** 2
    assert found.outputs[0].mean == pytest.approx(expected)
