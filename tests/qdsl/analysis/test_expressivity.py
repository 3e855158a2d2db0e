"""`qdsl analyze`: frequencies that are really there, ranks, and growth."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jax
import numpy as np
import pytest
from click.testing import CliRunner

import qdsl
from qdsl.analysis.expressivity import expressivity, growth, spectrum
from qdsl.backends.jax.jax import compile_function
from qdsl.cli.commands import cli
from qdsl.studies.paper.expressivity import phase_frequencies

SPECTRA = str(Path(str(files("qdsl.studies.paper"))) / "models" / "spectra.qdm")


@pytest.mark.slow
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_frequencies_are_those_of_the_formulas(layers: int) -> None:
    program = qdsl.load(SPECTRA)
    counts = {
        name: expressivity(program.lower(name, settings={"layers": layers})).frequencies
        for name in program.models
    }
    assert counts == {
        "scalar": 4 * layers + 1,
        "vector": phase_frequencies(4, layers),
        "geometric": 3**layers,
    }


def test_the_fourier_transform_finds_nothing_outside_the_spectrum() -> None:
    circuit = qdsl.load(SPECTRA).lower("scalar", settings={"layers": 2})
    allowed = spectrum(circuit)
    assert allowed is not None
    function = compile_function(circuit)
    w = np.random.default_rng(0).uniform(-3, 3, (3, 6))
    points = 32
    values = [float(function({"x": 2 * np.pi * k / points, "w": w})[0]) for k in range(points)]
    power = np.abs(np.fft.fft(values)) / points
    seen = {k if k < points // 2 else k - points for k in np.flatnonzero(power > 1e-9)}
    assert seen and seen <= {round(f) for (f,) in allowed}


TURNS = (
    "rx({c}*x[0]) q[{a}]", "rz({c}*x[0]) q[{a}]", "ry(w[{b}]) q[{a}]", "h q[{a}]",
    "u(w[0], {c}*x[0], -x[0]) q[{a}]", "u({c}*x[0], w[1], x[0]) q[{b}]", "cx q[{a}], q[{b}]",
    "cp({c}*x[0]) q[{a}], q[{b}]", "crz({c}*x[0]) q[{a}], q[{b}]", "rzz({c}*x[0]) q[{a}], q[{b}]",
    "rxx({c}*x[0]) q[{a}], q[{b}]", "rot({c}*x[0]) XY q[{a}], q[{b}]",
    "ctrl @ u(0.3, x[0], -x[0]) q[{a}], q[{b}]",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_no_output_has_a_frequency_beyond_the_spectrum(seed: int) -> None:
    """Random gates between random states and a random observable, by a Fourier transform."""
    random = np.random.default_rng(seed)
    body = ["ry(0.7) q[0]; u(1.1, 0.4, 2.2) q[1]; ry(1.9) q[2]; cx q[0], q[1]; cx q[1], q[2]"]
    for k in random.choice(len(TURNS), 5).tolist():
        a, b = random.permutation(3)[:2].tolist()
        body.append(TURNS[k].format(a=a, b=b, c=int(random.integers(1, 3))))
    body.append("ry(0.5) q[0]; rx(0.9) q[1]; ry(1.3) q[2]; cx q[2], q[0]; cx q[0], q[1]")
    lines = "\n  ".join(body)
    program = qdsl.loads(
        "model m() {\n  data x: real[1]\n  param w: angle[3]\n  qubits q[3]\n  "
        f"{lines}\n  return expect(Z q[0]), expect(X q[1])\n}}\n"
    )
    circuit = program.lower("m")
    allowed = spectrum(circuit)
    assert allowed is not None
    points, w = 128, random.uniform(-3, 3, 3)
    # halves of frequencies: one turn of x by 4 pi
    x = 4 * np.pi * np.arange(points)[:, None] / points
    function = jax.jit(jax.vmap(compile_function(circuit), in_axes=({"x": 0, "w": None},)))
    power = np.abs(np.fft.fft(np.array(function({"x": x, "w": w})), axis=1)) / points
    seen = {k if k < points // 2 else k - points for k in np.flatnonzero(power.max(0) > 1e-5)}
    assert {k / 2 for k in seen} <= {f for (f,) in allowed}


ONE = (
    "model m() {{ data x: real[2]; data z: bits[2]; param w: angle[2]; qubits q[2]; {body}\n"
    "return expect(Z q[0]) }}"
)


@pytest.mark.parametrize(
    ("body", "frequencies", "why"),
    [
        ("h q", 1, ""),
        ("rx(w[0]) q", 1, ""),
        ("rx(x[0]) q[0]", 3, ""),
        ("rx(x[0]) q[0]; rx(x[1]) q[1]", 9, ""),
        ("rx(x[0] + x[1]) q[0]", 3, ""),
        ("u(x[0], x[1], 0) q[0]", 9, ""),
        ("rot(2*x[0]) XY q[0], q[1]", 3, ""),
        ("crx(x[0]) q[0], q[1]", 5, ""),
        ("cp(x[0]) q[0], q[1]", 3, ""),
        ("ctrl @ p(3*x[0]) q[0], q[1]", 3, ""),
        ("rz(x[0]) q[0]; rz(x[0]) q[1]; rzz(-x[0]) q[0], q[1]", 3, ""),
        ("rz(x[0]) q[0]; h q[1]; rz(x[0]) q[0]", 3, ""),
        ("rz(x[0]) q[0]; h q[0]; rz(x[0]) q[0]", 5, ""),
        ("rxx(x[0]) q[0], q[1]; ryy(x[0]) q[0], q[1]; rzz(x[0]) q[0], q[1]", 3, ""),
        ("diagonal(x) q[0]", 3, ""),
        ("diagonal(x) q[0]; diagonal(x) q[0]", 3, ""),
        ("diagonal(x) q[0]; rz(x[0]) q[0]", 3, ""),
        ("diagonal(x) q[0]; h q[0]; diagonal(x) q[0]", 5, ""),
        ("diagonal(x) q[0]; cp(x[0]) q[0], q[1]", 7, ""),
        ("u(0.3, x[0], -x[0]) q[0]", 5, ""),
        ("u(0.3, x[0], -2*x[0]) q[0]", 7, ""),
        ("u(w[0], x[0], x[0]) q[0]", 5, ""),
        ("rz(x[0]) q[0]; ry(w[0]) q[0]; rz(-x[0]) q[0]", 5, ""),
        ("rz(x[0]) q[0]; cx q[0], q[1]; rz(-x[0]) q[0]", 5, ""),
        ("rz(x[0]) q[0]; rz(w[0]) q[0]; rz(-x[0]) q[0]", 1, ""),
        ("cp(x[0]) q[0], q[1]; h q[0]; cp(x[1]) q[0], q[1]", 9, ""),
        ("rx(x[0]*w[0]) q[0]", None, "multiply parameters"),
        ("amplitude(x) q[0]", None, "quadratic form"),
    ],
)
def test_small_circuits(body: str, frequencies: int | None, why: str) -> None:
    circuit = qdsl.loads(ONE.format(body=body)).lower()
    found = spectrum(circuit)
    assert (None if found is None else len(found)) == frequencies
    if why:
        assert why in expressivity(circuit).why


def test_the_rank_counts_what_parameters_reach() -> None:
    two_alike = ONE.format(body="rx(x[0]) q[0]; ry(w[0]) q[0]; ry(w[1]) q[0]")
    found = expressivity(qdsl.loads(two_alike).lower())
    assert (found.parameters, found.dimension) == (2, 1)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([3, 3, 3], "constant"),
        ([5, 9, 13, 17], "linear"),
        ([3, 9, 27], "exponential here: at least doubles"),
        ([4, 9, 16, 25], "faster than linear"),
        ([5, 9, 10, 10], "saturates"),
        ([1, 4, 6, 8], "slower than linear, or linear from a later size on"),
        ([1, 5, 6, 20], ""),
        ([5, 9], ""),
        ([5, None, 9], ""),
    ],
)
def test_growth(counts: list[int | None], said: str) -> None:
    assert growth(counts) == said


@pytest.mark.slow
def test_the_command() -> None:
    asked = ["analyze", SPECTRA, "--model", "geometric", "--sweep", "layers=1..3"]
    plain = CliRunner().invoke(cli, asked)
    assert plain.exit_code == 0 and "exponential here" in plain.output
    assert max(map(len, plain.output.splitlines())) <= 80
    rows = json.loads(CliRunner().invoke(cli, [*asked, "--json"]).output)
    assert [row["frequencies"] for row in rows] == [3, 9, 27]


@pytest.mark.parametrize("asked", [["--sweep", "layers=x"], ["--set", "n"], ["--model", "none"]])
def test_wrong_requests_are_refused(asked: list[str]) -> None:
    result = CliRunner().invoke(cli, ["analyze", SPECTRA, *asked])
    assert result.exit_code == 2 and ("Error" in result.output or "no model" in result.output)
