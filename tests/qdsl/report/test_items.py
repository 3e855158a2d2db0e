"""What a result says of which items its numbers are."""

from __future__ import annotations

import numpy as np
import pytest

import qdsl
from qdsl.report.cutting import render_hybrid
from qdsl.report.html.results import _output
from qdsl.report.markdown import render_markdown
from qdsl.report.text import render_report

CUT = """network g = line(2) { qubits 1, comm 2 }
model m() on g {
  data x: real owner node0
  qubits a, b
  at node0 { ry(x) a }
  at node1 { ry(0.4) b; cx a, b }
  OUTPUTS
}"""
FIRST = "shares are of the first of 3 items"
MEANS = "expectations are means over 3 items"


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ("expect(Z b), sample(b)", f"{MEANS.capitalize()}, {FIRST}, variances"),
        ("expect(Z b)", f"{MEANS.capitalize()}, variances are means over all items."),
        ("sample(b)", f"{FIRST.capitalize()}, variances are means over all items."),
    ],
)
def test_a_table_of_cuts_says_of_which_items_it_is(outputs: str, said: str) -> None:
    text = CUT.replace("OUTPUTS", f"return {outputs}")
    hybrid = qdsl.loads(text).compile(verify=False).cut("node0--node1")
    several = np.array([0.2, 0.9, 2.5])
    shown = " ".join(render_hybrid(hybrid, hybrid.run({"x": several})).split())
    assert said in shown
    assert "items" not in render_hybrid(hybrid, hybrid.run({"x": 0.2}))


NORMS = """model m() {
  data M: real[2, 2]
  data x: real[2]
  qubits q
  amplitude(x) q
  block(M) q
  return norm2(q)
}"""


def test_a_scale_of_several_items_is_called_a_mean() -> None:
    compiled = qdsl.loads(NORMS).compile(verify=False)
    matrix = np.array([[1.0, 0.5], [0.25, 2.0]])
    several = compiled.run({"M": matrix, "x": np.array([[1.0, 2.0], [3.0, 1.0]])})
    (output,) = several.outputs
    factors = [np.linalg.norm(matrix, 2) ** 2 * n for n in (5.0, 10.0)]
    assert output.scale == pytest.approx(np.mean(factors))
    note = "both are means over 2 items"
    assert note in render_report(compiled.report(several))
    assert note in render_markdown(compiled.report(several))
    assert note in _output(output, several.items)
    one = compiled.run({"M": matrix, "x": np.array([1.0, 2.0])})
    assert "means over" not in render_report(compiled.report(one)) + _output(one.outputs[0], 1)
