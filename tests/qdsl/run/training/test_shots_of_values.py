"""Shots of a value are for the whole observable, not for each of its terms."""

from __future__ import annotations

from functools import partial
from math import ceil, log

import numpy as np

import qdsl
from qdsl.language.check.losses import ANY, FUNCTIONS
from qdsl.run.training.gradients import Batch, Each, _means, _sampled_forward

MODEL = """
network lan { node u { qubits 1 }; node v { qubits 1 }; link u -- v }
model h() on lan { qubits q[2]; ry(0.3) q[0]; ry(0.8) q[1]; cx q[0], q[1]
  return expect(2*Z q[0] - 0.5*Z q[1] + X q[0] - 3) }
"""


def test_a_value_takes_the_shots_that_are_said_and_keeps_its_accuracy() -> None:
    program = qdsl.loads(MODEL)
    made = program.compile(verify=False)
    circuit = made.circuit
    exact = made.run().outputs[0].mean
    assert exact is not None
    epsilon, delta, scale = 0.2, 0.05, 3.5
    shots = ceil(2 * log(2 / delta) * (scale / epsilon) ** 2)
    forward = _sampled_forward(circuit, shots, Each(1, 2), partial(_means, circuit))
    _, used = forward({}, Batch({}, {}, np.zeros(1)), (1,))
    assert used.executions == shots == used.ebits
    found = [forward({}, Batch({}, {}, np.zeros(1)), (k,))[0][0] for k in range(60)]
    assert np.mean(np.abs(np.array(found) - exact) > epsilon) <= delta
    assert abs(np.mean(found) - exact) < 0.05
    assert FUNCTIONS["max"][1] == ANY
