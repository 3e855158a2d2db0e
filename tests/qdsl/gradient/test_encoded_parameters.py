"""A parameter that is encoded as numbers has no gradient circuits, and nothing says that its
derivative is 0."""

from __future__ import annotations

from typing import Any

import pytest

import qdsl
from qdsl.analysis.executions import why_no_gradient
from qdsl.analysis.signal import signal_of
from qdsl.passes.derive_gradient.problem import NoGradient

TEXT = """
network lan = line(2) {{ qubits 4, comm 2 }}
model net() on lan {{
  param a: angle owner node0
  param B: {kind} owner node1
  qubits q[2]
  at node0 {{ rx(a) q[0]; h q[1] }}
  at node1 {{ {encoding} }}
  return expect(X q[0])
}}
experiment fit of net {{ loss value, train sgd(lr = 0.5) {{ steps 3, seed 1 }}{more} }}
"""
ENCODINGS = {"diagonal(B) q": "angle[4]", "reflect(B) q": "real[4]"}


def program(encoding: str, more: str = "") -> Any:
    return qdsl.loads(TEXT.format(kind=ENCODINGS[encoding], encoding=encoding, more=more))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("method", [None, "parameter_shift", "finite_difference", "spsa", "cat"])
def test_methods_are_refused_with_the_reason(encoding: str, method: str | None) -> None:
    with pytest.raises(NoGradient, match=r"encodes the parameter 'B', .* `gradient exact` trains"):
        program(encoding).compile().grad(method=method)


def test_it_is_trained_exactly_and_not_by_shots() -> None:
    result = program("diagonal(B) q").compile(experiment="fit").run()
    assert result.training.loss_after < result.training.loss_before - 0.05
    sampled = program("diagonal(B) q", ", gradient parameter_shift { shots 400 }")
    with pytest.raises(ValueError, match="encodes the parameter 'B'"):
        sampled.compile(experiment="fit").run()


def test_the_report_counts_no_gradient_and_says_why() -> None:
    report = program("diagonal(B) q").compile(experiment="fit").report()
    assert "gradient:" not in str(report)
    why = why_no_gradient(program("diagonal(B) q").lower())
    assert why == "no gradient is counted: 'diagonal' encodes the parameter 'B'"


@pytest.mark.parametrize("role", ["param", "data"])
def test_layers_of_diagonals_are_not_taken_for_the_identity(role: str) -> None:
    """By hand the derivative by `a` is about 1/2 in root mean square: there is a signal."""
    text = """
    model seen(n = 4) {
      param a: angle
      ROLE B: angle[4, 2**n]
      qubits q[n]
      rx(a) q[0]
      for i in 1..n { h q[i] }
      for l in 0..4 { diagonal(B[l]) q; diagonal(B[l]) q }
      return expect(X q[0])
    }
    """.replace("ROLE", role)
    circuit = qdsl.loads(text).lower()
    assert signal_of(circuit) is None
