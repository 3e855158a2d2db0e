"""A returned classical bit is what was recorded: one read-out error, whatever happens behind it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.run.result import OutputResult

NETWORK = """network two {
  node a { qubits 14, readout_fidelity 0.9 } node b { qubits 2 } link a -- b {}
}
"""


def noisy(body: str, **options: Any) -> tuple[OutputResult, ...]:
    made = qdsl.loads(f"{NETWORK}model m() on two {{ {body} }}").compile()
    return made.run(backend="noisy", seed=3, **options).outputs


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("qubits q; bits c; at a { c = measure q } return sample(c)", [0.9, 0.1]),
        ("qubits q; bits c; at a { c = measure q; x q } return sample(c)", [0.9, 0.1]),
        ("qubits q; bits c; at a { c = measure q; x q } return probability(c)", [0.9, 0.1]),
        (  # two errors of their own
            "qubits q; bits c, d; at a { c = measure q; d = measure q } return sample(c, d)",
            [0.81, 0.09, 0.09, 0.01],
        ),
        (  # what the condition acted on is what is returned
            "qubits q, r; bits c; at a { h q } c = measure q; at b { if c { x r } } "
            "return sample(c, r)",
            [0.5, 0, 0, 0.5],
        ),
        (  # a qubit that is read again errs again
            "qubits q; bits c; at a { c = measure q } return sample(q)", [0.9, 0.1],
        ),
    ],
)  # fmt: skip
def test_shares(body: str, expected: list[float]) -> None:
    (found,) = noisy(body)
    width = len(expected).bit_length() - 1
    listed = [found.values.get(format(k, f"0{width}b"), 0.0) for k in range(len(expected))]
    np.testing.assert_allclose(listed, expected, atol=1e-12)


def test_a_qubit_that_another_output_reads_is_left_as_it_is() -> None:
    """The mean is that of the qubit after its measurement, read once more."""
    body = "qubits q; bits c; at a { c = measure q } return sample(c), expect(Z q)"
    assert qdsl.loads(f"{NETWORK}model m() on two {{ {body} }}").compile().circuit.recorded == ()
    sample, mean = noisy(body)
    assert mean.mean == pytest.approx(0.8)
    assert sample.values == pytest.approx({"0": 0.9, "1": 0.1})


@pytest.mark.parametrize("gate", ["h", "ry(0.4)"])
def test_executions_that_are_drawn_say_the_same(gate: str) -> None:
    """Wide programs: stabilisers of Clifford gates, trajectories of others; no execution may have
    another bit than the one that turned r."""
    body = (f"qubits q, r, s[12]; bits c; at a {{ {gate} q; h s; {gate} s[0]; "
            "for i in 0..11 { cx s[i], s[i+1] } } c = measure q; "
            "at b { if c { x r } } return sample(c, r)")  # fmt: skip
    (found,) = noisy(body, shots=200)
    assert set(found.values) == {"00", "11"}
    assert sum(found.values.values()) == pytest.approx(1)
