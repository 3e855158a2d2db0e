"""Training under simulated noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qdsl import loads
from qdsl.api import Compiled
from qdsl.run.job import CannotRun, RunJob
from qdsl.run.losses import loss_function
from qdsl.run.training.gradients import Batch
from qdsl.run.training.noisy import noisy

pytest.importorskip("optax")

TEXT = """
network lan {
  node alice { qubits 2, gate_fidelity 0.98, one_qubit_fidelity 0.99, gate_time 20 us, t2 9 ms }
  node bob { qubits 2, gate_fidelity 0.97, gate_time 10 us, t1 8 ms, readout_fidelity 0.96 }
  link alice -- bob { pair_state [0.93, 0.04, 0.01, 0.02], rate 2 kHz, latency 50 us }
}
model m(n = 2) on lan {
  data x: real[n] owner alice
  param a: angle[n] owner alice
  param b: angle[n] owner bob
  qubits q[n]
  for i in 0..n { at alice { ry(x[i]) q[i]; ry(a[i]) q[i]; rx(a[1] * x[0]) q[i] } }
  rzz(0.6 * b[0]) q[0], q[1]
  for i in 0..n { at bob { ry(b[i]) q[i] } }
  return expect(Z q[0] - 0.5 * X q[0] * Y q[1])
}
experiment fit of m {
  loss LOSS
  noise simulated
  GRADIENT
  train adam(lr = 0.1) { steps 4, seed 1 }
}
"""
X = np.array([[0.3, -0.8], [1.2, 0.4]])
LABELS = np.array([1.0, -1.0])
PARAMS = {"a": np.array([0.4, 0.9]), "b": np.array([-0.5, 1.3])}


def program(gradient: str = "", loss: str = "mse") -> Compiled:
    text = TEXT.replace("GRADIENT", gradient).replace("LOSS", loss)
    return loads(text).compile(experiment="fit", verify=False)


def job_of(compiled: Compiled) -> RunJob:
    experiment = compiled.program.experiment("fit")
    return RunJob(compiled.circuit, compiled.scheduled, compiled.options, lambda: True,
                  experiment, None, 0, "jax")  # fmt: skip


def test_gradients_are_those_of_the_noisy_means() -> None:
    job = job_of(program())
    assert job.experiment is not None
    method = noisy(job, loss_function(job.experiment), 1)
    batch = Batch({}, {"x": X}, LABELS)
    loss, slopes, used = method.gradient(PARAMS, batch, (0,))
    clean = loads(
        TEXT.replace("noise simulated", "").replace("GRADIENT", "").replace("LOSS", "mse")
    )
    exact = clean.compile(verify=False).run(PARAMS | {"x": X}, train=False).outputs[0].values
    values, _ = method.forward(PARAMS, batch, (0,))
    assert loss == pytest.approx(np.mean((values - LABELS) ** 2))
    assert np.abs(values - np.array(exact)).max() > 0.05
    for name, slope in slopes.items():
        for k in range(len(slope)):
            step = np.zeros(len(slope))
            step[k] = 1e-5
            ends = [method.gradient(PARAMS | {name: PARAMS[name] + s * step}, batch, (0,))[0]
                    for s in (1, -1)]  # fmt: skip
            assert slope[k] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-8)
    assert not used.executions


def trained(gradient: str, **given: Any) -> Any:
    return program(gradient, "value").run({"x": X[0]}, seed=3, **given)


def test_a_run_is_trained_and_judged_under_noise() -> None:
    found = trained("")
    assert found.backend == "noisy" and found.simulation is not None
    told = found.training
    assert told is not None and told.loss_after < told.loss_before - 0.1
    assert found.loss == pytest.approx(told.loss_after)
    assert "under the network's noise" in told.gradient
    assert repr(trained("")) == repr(found)


def test_shots_of_circuits_under_noise() -> None:
    exact, sampled = trained(""), trained("gradient parameter_shift { shots 4000 }")
    told = sampled.training
    assert told is not None and told.ebits[-1] > 0
    assert told.losses == pytest.approx(exact.training.losses, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spsa", "finite_difference", "shadow"])
def test_methods_that_are_not_simulated_are_refused(method: str) -> None:
    with pytest.raises(CannotRun, match="is not simulated under `noise simulated`"):
        trained(f"gradient {method} {{ shots 10 }}")


def test_what_is_too_large_is_refused() -> None:
    wide = """
    model m() { param w: angle; qubits q[12]; ry(w) q; for i in 0..11 { cx q[i], q[i+1] }
      return expect(Z q[0]) }
    experiment fit of m { loss value; noise simulated; train adam(lr = 0.1) { steps 2 } }
    """
    with pytest.raises(CannotRun, match="density matrices of up to 9 qubits"):
        loads(wide).compile(experiment="fit", verify=False).run()


def test_other_backends_do_not_simulate_noise() -> None:
    with pytest.raises(CannotRun, match="simulated by the backends jax and noisy only"):
        trained("", backend="qiskit", train=False)
    found = trained("", backend="noisy", train=False)
    assert found.backend == "noisy" and found.training is None and found.simulation is not None
