"""Noise, gate by gate: against closed forms, Aer, and the estimate of reports."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from qdsl import loads
from qdsl.analysis.error_budget import error_budget
from qdsl.ir.state_vectors import Matrix
from qdsl.report.data import Report
from qdsl.report.text import render_report
from qdsl.run.job import CannotRun
from qdsl.run.noisy.density import DensityEngine, bell_diagonal
from qdsl.run.noisy.simulate import NoUnitary, process_fidelity, slots_of, trajectories
from qdsl.run.noisy.steps import NoisyProgram, most_alive
from tests.qdsl.run.noisy.aer import AerEngine
from tests.qdsl.run.noisy.programs import NOISY_NET, TWO, compiled, drawn


def simulated(text: str, count: int = 400) -> float:
    ir = compiled(text)
    return process_fidelity(ir, slots_of(ir, {}), count).value


# ---- closed forms ----------------------------------------------------------------------------


@pytest.mark.parametrize("fidelity", [1.0, 0.97, 0.6])
def test_teledata_and_telegate_over_a_werner_pair(fidelity: float) -> None:
    net = f"network n = line(2) {{ qubits 2, comm 2, fidelity {fidelity} }}\n"
    move = "model m() on n { qubits a; at node0 { ry(0.3) a }; move a to node1"
    gate = "model m() on n { qubits a, b; at node0 { h a }; at node1 { h b }; cx a, b"
    assert simulated(f"{net}{move}; at node1 {{ t a }}; return sample(a) }}") == pytest.approx(
        fidelity, abs=1e-9
    )
    assert simulated(f"{net}{gate}; return sample(a, b) }}") == pytest.approx(fidelity, abs=1e-9)


def test_swapping() -> None:
    net = """network n { node u { qubits 1, comm 2 }; node v { qubits 1, comm 2 }
      node w { qubits 1, comm 2 }
      link u -- v { fidelity 0.95 }; link v -- w { fidelity 0.9 } }\n"""
    model = "model m() on n { qubits a, b; at u { h a }; at w { h b }; cx a, b"
    werner = math.prod((4 * f - 1) / 3 for f in (0.95, 0.9))
    found = simulated(f"{net}{model}; return sample(a, b) }}")
    assert found == pytest.approx((1 + 3 * werner) / 4, abs=1e-9)


@pytest.mark.parametrize(
    ("cutoff", "waits_ms"), [("", 0), (", cutoff 6 ms", 4), (", cutoff 2 ms", 0)]
)
def test_an_end_waits_for_the_swap_where_there_is_a_cutoff(cutoff: str, waits_ms: float) -> None:
    """Without one the half at u is used at once; a pair that would be too old is made again in
    time for the swap, 5 ms after the start."""
    text = f"""network n {{ node u {{ qubits 1, comm 1, comm_t2 40 ms }}
      node v {{ qubits 1, comm 2 }}
      node w {{ qubits 1, comm 1 }}
      link u -- v {{ rate 1 kHz{cutoff} }}; link v -- w {{ rate 200 Hz }} }}
    model m() on n {{ qubits a, b; at u {{ h a }}; at w {{ cx a, b }}; return sample(a, b) }}"""
    decayed = (1 + math.exp(-waits_ms / 40)) / 2
    assert simulated(text) == pytest.approx(decayed, abs=1e-9)
    assert error_budget(compiled(text)).fidelity == pytest.approx(decayed, abs=1e-9)


@pytest.mark.parametrize("fidelity", [1.0, 0.9, 0.75])
@pytest.mark.parametrize("leaves", [1, 2, 3])
def test_a_shared_state_by_fan_out(fidelity: float, leaves: int) -> None:
    """A GHZ state by one Werner pair a leaf: ((F + q)^m + (F - q)^m) / 2, q = (1 - F) / 3."""
    net = f"network n = star({leaves + 1}) {{ qubits 1, comm 2, fidelity {fidelity} }}\n"
    homes = "; ".join(f"move q[{k}] to node{k}" for k in range(leaves + 1))
    gates = "; ".join(f"cx q[0], q[{k}]" for k in range(1, leaves + 1))
    text = f"{net}model m() on n {{ qubits q[{leaves + 1}]; {homes}; h q[0]; {gates}\n"
    made = loads(f"{text} return sample(q) }}").compile()
    found = made.run(backend="noisy")
    q = (1 - fidelity) / 3
    wanted = ((fidelity + q) ** leaves + (fidelity - q) ** leaves) / 2
    assert made.cost.ebits == leaves and found.simulation is not None
    assert found.simulation.method == "density matrix"
    assert found.simulation.fidelity == pytest.approx(wanted, abs=1e-9)


def test_a_qubit_that_waits() -> None:
    text = """
    network n = line(1) { qubits 2, gate_time 10 us, t1 5 ms, t2 4 ms }
    model m() on n { qubits a, b; h a; for i in 0..20 { t b; h b }; cx a, b; return sample(a, b) }
    """
    assert simulated(text) == pytest.approx(error_budget(compiled(text)).fidelity, abs=1e-9)


@pytest.mark.parametrize(("limit", "waits_us"), [("", 0), (", gates_at_once 1", 300)])
def test_a_qubit_that_waits_for_the_gates_of_others(limit: str, waits_us: float) -> None:
    """Both qubits are turned, in 300 us; with one laser that is done one after the other,
    and the first waits for the second before both meet."""
    text = f"""network n = line(1) {{ qubits 2, one_qubit_time 300 us, t2 1 ms{limit} }}
    model m() on n {{ qubits a, b; h a; h b; cz a, b; return sample(a, b) }}"""
    decayed = (1 + math.exp(-waits_us / 1000)) / 2
    assert error_budget(compiled(text)).fidelity == pytest.approx(decayed, abs=1e-9)
    assert simulated(text) == pytest.approx(decayed, abs=1e-9)


def test_gates_and_read_out() -> None:
    """One gate of each kind, and a correction that errs in one case of two."""
    text = "network n = line(1) { qubits 2, gate_fidelity 0.9, one_qubit_fidelity 0.97 }\n"
    text += "model m() on n { qubits a, b; ry(0.3) a; rzz(0.4) a, b; return sample(a, b) }"
    one, two = 0.97, 0.9
    # a Pauli of the second may undo one of the first
    exact = one * two + 3 * (0.03 / 3) * (0.1 / 15)
    assert simulated(text) == pytest.approx(exact, abs=2e-4)
    assert error_budget(compiled(text)).fidelity == pytest.approx(one * two)


# ---- engines against one another and against Aer ---------------------------------------------


def density(text: str) -> tuple[Matrix, NoisyProgram]:
    ir = compiled(text)
    program, engine = NoisyProgram(ir, slots_of(ir, {})), DensityEngine()
    program.run(engine)
    rho = engine.reduced(program.final)
    assert np.trace(rho).real == pytest.approx(1)
    assert np.linalg.eigvalsh(rho).min() > -1e-12
    return rho, program


MOVED = f"""{NOISY_NET}
model m() on n {{
  qubits q[2]
  at a {{ ry(0.7) q[0] }}
  at b {{ rx(0.4) q[1] }}
  move q[0] to b
  at b {{ cx q[0], q[1]; ry(0.2) q[1] }}
  return sample(q)
}}
"""


@pytest.mark.parametrize("text", [TWO, MOVED], ids=["copies", "moved"])
def test_density_matrices_are_those_of_aer(text: str) -> None:
    mine, program = density(text)
    table = program.ir.distributed.table
    qubits = program.ir.distributed.n_wires + int(table.codes("measure").sum())
    engine = AerEngine(qubits)
    program.run(engine)
    np.testing.assert_allclose(engine.density(program.final), mine, atol=1e-9)


@pytest.mark.parametrize("text", [TWO, MOVED], ids=["copies", "moved"])
def test_trajectories_converge_to_the_density_matrix(text: str) -> None:
    mine, program = density(text)
    count = 6000
    total = np.zeros_like(mine)
    for final in trajectories(program, count, 3, most_alive(program)):
        states = final.states_of(program.final)
        total += np.einsum("si,sj->ij", states, states.conj())
    assert np.abs(total / count - mine).max() < 4 / math.sqrt(count)


@pytest.mark.parametrize("text", ["c = measure q[0]; if c { x q[1] }", "reset q[0]"])
def test_no_process_fidelity_of_what_is_no_unitary(text: str) -> None:
    network = "network two = line(2) { qubits 2, comm 2, rate 200 Hz, fidelity 0.9 }\n"
    body = f"model m() on two {{ qubits q[2]; bits c; h q[0]; {text}; cx q; return sample(q) }}"
    made = loads(network + body.replace("cx q", "cx q[0], q[1]")).compile().scheduled
    with pytest.raises(NoUnitary, match="measures or resets qubits"):
        process_fidelity(made, slots_of(made, {}))


def test_process_fidelity_by_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    ir = compiled(MOVED)
    exact = process_fidelity(ir, slots_of(ir, {}))
    monkeypatch.setattr("qdsl.run.noisy.simulate.DENSITY_WIRES", 1)
    found = process_fidelity(ir, slots_of(ir, {}), 4000, 1)
    assert exact.error == 0 < found.error < 0.01
    assert abs(found.value - exact.value) < 4 * found.error


def test_a_bell_diagonal_pair() -> None:
    rho = bell_diagonal((0.7, 0.1, 0.15, 0.05))
    assert np.linalg.eigvalsh(rho) == pytest.approx([0.05, 0.1, 0.15, 0.7])


# ---- the estimate of reports -----------------------------------------------------------------


@pytest.mark.slow
def test_the_estimate_holds_on_random_programs() -> None:
    """Within the stated range on 95 % of programs; trajectories have errors of their own."""
    inside, programs = 0, 20
    for seed in range(programs):
        ir = compiled(drawn(seed, 5))
        predicted = error_budget(ir)
        found = process_fidelity(ir, slots_of(ir, {}), 300, seed)
        slack = 2 * found.error + 1e-9
        low, high = predicted.fidelity, predicted.fidelity + predicted.uncertainty
        inside += low - slack <= found.value <= high + slack
        assert predicted.fidelity < 1
    assert inside >= 0.95 * programs


# ---- runs ------------------------------------------------------------------------------------


def test_a_run_under_noise() -> None:
    compiled_program = loads(TWO).compile()
    clean, noisy = compiled_program.run(), compiled_program.run(backend="noisy")
    assert clean.simulation is None
    assert noisy.simulation is not None and noisy.simulation.method == "density matrix"
    assert 0.5 < (noisy.simulation.fidelity or 0) < 0.97
    assert sum(noisy.outputs[1].values.values()) == pytest.approx(1)
    rho, program = density(TWO)
    wrong = [1 - program.node(w).physics.readout_fidelity for w in program.final]
    p = np.diagonal(rho).real.reshape(2, 2, 2)
    for k, w in enumerate(wrong):
        p = (1 - w) * p + w * np.flip(p, k)
    shares = {f"{i:03b}": x for i, x in enumerate(p.reshape(-1)) if x > 1e-12}
    assert noisy.outputs[1].values == pytest.approx(shares)
    report = compiled_program.report(noisy)
    assert "gate by gate, by a density matrix" in " ".join(render_report(report).split())
    again = Report.from_json(json.loads(json.dumps(report.to_json())))
    assert again.result is not None and again.result.simulation == noisy.simulation
    assert "simulation" not in compiled_program.report(clean).to_json()["result"]


def test_outputs_with_noise_are_means_of_the_noisy_state() -> None:
    found = loads(TWO).compile().run(backend="noisy").outputs[0].mean
    rho, program = density(TWO)
    wrong = [1 - 2 * (1 - program.node(w).physics.readout_fidelity) for w in program.final]
    x, z, one = np.array([[0, 1], [1, 0]]), np.diag([1, -1]), np.eye(2)
    first = np.kron(np.kron(z, x), one) * wrong[0] * wrong[1]
    second = np.kron(np.kron(one, one), z) * wrong[2]
    assert found == pytest.approx(np.trace(rho @ (first + 0.5 * second)).real)


def test_trajectories_of_a_run_have_errors_and_a_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qdsl.run.noisy.simulate.DENSITY_WIRES", 1)
    program = loads(TWO).compile()
    first, again = (program.run(backend="noisy", seed=5) for _ in range(2))
    assert first == again
    assert first.simulation is not None and first.simulation.trajectories == 1000
    assert 0 < (first.simulation.fidelity_error or 0) < 0.02
    assert 0 < (first.outputs[0].standard_error or 0) < 0.05
    monkeypatch.undo()
    exact = program.run(backend="noisy")
    assert first.outputs[0].mean == pytest.approx(exact.outputs[0].mean, abs=0.1)
    assert "1,000 trajectories" in render_report(program.report(first))


def test_overlaps_and_measured_programs() -> None:
    text = f"""{NOISY_NET}
    model m() on n {{ qubits a, b; at a {{ ry(0.4) a }}; at b {{ ry(0.9) b }}
      return overlap(a, b) }}
    """
    clean = loads(text).compile().run().outputs[0].mean
    noisy = loads(text).compile().run(backend="noisy").outputs[0].mean
    assert clean is not None and noisy is not None and 0 < noisy < clean
    measured = f"""{NOISY_NET}
    model m() on n {{ qubits a, b; bits c; at a {{ h a; c = measure a; reset a }}
      if c == 1 {{ at b {{ x b }} }}
      return probability(a, b) }}
    """
    found = loads(measured).compile().run(backend="noisy")
    assert found.simulation is not None and found.simulation.fidelity is None
    shares = found.outputs[0].values
    assert shares["00"] + shares["01"] == pytest.approx(1, abs=0.02)
    assert shares["01"] == pytest.approx(0.5, abs=0.02)


def test_what_is_not_simulated_is_refused() -> None:
    entangled = "h q; for i in 0..22 { cx q[i], q[i+1] }"
    for body, why in (
        ("t q", "noise is simulated on up to 22, and on thousands in programs of Clifford gates"),
        ("", "23 qubits are read together"),
    ):
        text = f"model m() {{ qubits q[23]; {entangled}; {body}; return sample(q) }}"
        compiled_program = loads(text).compile(verify=False)
        with pytest.raises(CannotRun, match=why):
            compiled_program.run(backend="noisy")


def test_no_noise_changes_nothing() -> None:
    text = TWO.replace(NOISY_NET, "network n { node a { qubits 3 }; node b { qubits 3 }\n"
                       "link a -- b { rate 1 kHz } }\n")  # fmt: skip
    program = loads(text).compile()
    clean, noisy = program.run(), program.run(backend="noisy")
    assert replace(noisy, backend="jax", simulation=None).outputs[0].mean == pytest.approx(
        clean.outputs[0].mean
    )
    assert noisy.simulation is not None
    assert noisy.simulation.fidelity == pytest.approx(1)
