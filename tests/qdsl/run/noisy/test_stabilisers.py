"""Noise on stabiliser states: against density matrices, and on many qubits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qdsl import loads
from qdsl.ir.clifford import CliffordGates, NotClifford
from qdsl.ir.operations import BY_NAME
from qdsl.ir.state_vectors import PAULIS, unitary
from qdsl.report.text import render_report
from qdsl.run.noisy.final import FinalStabilisers
from qdsl.run.noisy.simulate import method_of, slots_of
from qdsl.run.noisy.stabilisers import StabiliserEngine
from qdsl.run.noisy.steps import NoisyProgram
from tests.qdsl.run.noisy.programs import compiled

pytest.importorskip("stim")

SHOTS = 40_000
NODES = """
network n {
  node a { qubits 2, comm 2, gate_fidelity 0.98, one_qubit_fidelity 0.99, readout_fidelity 0.96,
           reset_fidelity 0.97, gate_time 10 us }
  node b { qubits 2, comm 2, gate_fidelity 0.97, one_qubit_fidelity 0.985, readout_fidelity 0.95 }
  node c { qubits 2, comm 2, readout_fidelity 0.985, gate_time 10 us }
  link a -- b { pair_state [0.9, 0.05, 0.03, 0.02], rate 1 kHz, latency 10 us }
  link b -- c { fidelity 0.94, rate 2 kHz }
}
"""
REMOTE = f"""{NODES}
model m() on n {{
  qubits q[4]
  at a {{ h q[0]; cx q[0], q[1] }}
  at c {{ s q[3] }}
  cx q[1], q[2]
  at b {{ sx q[2]; sxdg q[2] }}
  move q[0] to c
  at c {{ cx q[0], q[3] }}
  return expect(X q[0] * X q[1] * X q[2] * Y q[3] + 0.5 * Z q[0] * Z q[3] - Z q[1]),
    probability(q[0], q[1], q[2], q[3])
}}
"""
MEASURED = f"""{NODES}
model m() on n {{
  qubits u, v, w
  bits k
  at a {{ h u; k = measure u; reset u }}
  if k == 1 {{ at b {{ y v }} }}
  at c {{ h w }}
  cz v, w
  return expect(Z u + 2 * Z v * X w), probability(u, v)
}}
"""


@pytest.mark.parametrize("text", [REMOTE, MEASURED], ids=["remote", "measured"])
def test_stabilisers_converge_to_the_density_matrix(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = loads(text).compile()
    exact = program.run(backend="noisy")
    monkeypatch.setattr("qdsl.run.noisy.simulate.DENSITY_WIRES", 0)
    found = program.run(backend="noisy", shots=SHOTS, seed=3)
    assert repr(found) == repr(program.run(backend="noisy", shots=SHOTS, seed=3))
    assert exact.simulation is not None and found.simulation is not None
    assert (exact.simulation.method, found.simulation.method) == ("density matrix", "stabilisers")
    if exact.simulation.fidelity is None:
        assert found.simulation.fidelity is None
    else:
        error = found.simulation.fidelity_error or 0
        assert 0.4 < exact.simulation.fidelity < 0.9
        assert found.simulation.fidelity == pytest.approx(exact.simulation.fidelity, abs=4 * error)
    for mine, true in zip(found.outputs, exact.outputs, strict=True):
        if isinstance(true.values, dict):
            seen = [mine.values.get(k, 0.0) for k in true.values]
            assert seen == pytest.approx(list(true.values.values()), abs=4 / SHOTS**0.5)
        else:
            assert mine.mean == pytest.approx(true.mean, abs=4 * (mine.standard_error or 0) + 1e-9)
    assert "40,000 executions on stabiliser states" in " ".join(
        render_report(program.report(found)).split()
    )


@pytest.mark.parametrize("method", ["stabilisers", "trajectories"])
def test_every_shot_is_one_execution(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcomes of several executions scatter as they say: nothing is drawn twice."""
    monkeypatch.setattr("qdsl.run.noisy.simulate.DENSITY_WIRES", 0)
    if method == "trajectories":
        monkeypatch.setattr("qdsl.run.noisy.simulate.find_spec", lambda name: None)
    text = f"""{NODES}
    model m() on n {{ qubits a, b; at a {{ h a }}; cx a, b; at b {{ y b }}
      return expect(Z a + 2 * Z b), expect(Y a * Y b), expect(Z a * Z b) }}
    """
    program = loads(text).compile(verify=False)
    runs = [program.run(backend="noisy", shots=100, seed=s) for s in range(40)]
    assert {r.simulation.method for r in runs if r.simulation} == {method}
    exact = loads(text).compile(verify=False)
    monkeypatch.setattr("qdsl.run.noisy.simulate.DENSITY_WIRES", 9)
    for k, true in enumerate(exact.run(backend="noisy").outputs):
        means = np.array([r.outputs[k].mean for r in runs])
        error = float(np.mean([r.outputs[k].standard_error or 0 for r in runs]))
        assert abs(means.mean() - (true.mean or 0)) < 4.5 * error / 40**0.5
        assert means.std() == pytest.approx(error, rel=0.4)


def test_memories_are_twirled_where_nothing_else_is_possible() -> None:
    text = """
    network n = line(1) { qubits 40, gate_time 1 ms, t1 40 ms, t2 25 ms }
    model m() on n { qubits q[40]; h q[0]; for i in 0..39 { cx q[i], q[i+1] }; cz q[0], q[39]
      return expect(X q[0] * X q[39]) }
    """
    program = loads(text).compile(verify=False)
    found = program.run(backend="noisy", shots=100)
    assert found.simulation is not None and found.simulation.method == "twirled stabilisers"
    assert "twirled into Pauli channels" in " ".join(render_report(program.report(found)).split())


def test_a_twirled_memory_keeps_what_is_left_of_every_pauli() -> None:
    flip, stay = math.exp(-0.3), math.exp(-0.2)
    for start, letter, left in (("H", "X", flip), ("H", "Y", 0.0), ("", "Z", stay)):
        engine = StabiliserEngine(SHOTS, 1)
        engine.touch(0)
        if start:
            engine.gate(unitary(BY_NAME["h"], ()), (0,), None, 0.0)
        engine.relax(0, flip, stay)
        mean = FinalStabilisers(engine, [0]).means(letter, [0]).mean()
        assert mean == pytest.approx(left, abs=4 / SHOTS**0.5)


def test_hundreds_of_qubits_follow_the_closed_form() -> None:
    """A GHZ state over two nodes; every error of its pair makes it orthogonal."""
    text = """
    network n = line(2) { qubits 150, comm 2, fidelity 0.97 }
    model m() on n {
      qubits q[300]
      h q[0]
      for i in 0..299 { cx q[i], q[i+1] }
      return expect(X q[0] * X q[299])
    }
    """
    found = loads(text).compile(verify=False).run(backend="noisy", shots=SHOTS)
    assert found.simulation is not None and found.simulation.method == "stabilisers"
    assert found.simulation.fidelity == pytest.approx(0.97, abs=4 * math.sqrt(0.03 / SHOTS))


def test_what_is_no_clifford_program_is_followed_by_trajectories(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qdsl.run.noisy.simulate.DENSITY_WIRES", 0)
    for step in ("t a", "bits k; k = measure b; if k == 1 { h a }"):
        ir = compiled(f"model m() {{ qubits a, b; h a; {step}; return expect(Z a) }}")
        assert method_of(NoisyProgram(ir, slots_of(ir, {}))) == "trajectories"


def test_gates_are_recognised() -> None:
    gates = CliffordGates()
    word = np.kron(1j * PAULIS["Y"], np.kron(PAULIS["I"], PAULIS["X"])).astype(np.complex128)
    assert gates.pauli(word) == "YIX"
    with pytest.raises(NotClifford):
        gates.pauli(unitary(BY_NAME["h"], ()))
    with pytest.raises(NotClifford):
        gates.circuit(np.diag([1, np.exp(0.25j * np.pi)]))


@pytest.mark.parametrize("name", ["rx", "ry", "rz", "p", "crx", "crz", "cp", "rxx", "rzz"])
@pytest.mark.parametrize("angle", [1e-6, 0.01, 0.3, 1.0, math.pi / 4, math.pi / 2 - 0.01])
def test_a_turn_near_a_clifford_gate_is_none(name: str, angle: float) -> None:
    with pytest.raises(NotClifford):
        CliffordGates().circuit(unitary(BY_NAME[name], (angle,)))


def test_small_rotations_are_followed_by_trajectories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qdsl.run.noisy.simulate.DENSITY_WIRES", 0)
    ir = compiled("model m() { qubits a, b; rx(0.3) a; cx a, b; return expect(Z a) }")
    assert method_of(NoisyProgram(ir, slots_of(ir, {}))) == "trajectories"
