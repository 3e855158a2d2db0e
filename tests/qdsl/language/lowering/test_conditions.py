"""Conditions on several measured bits, in QDM and in OpenQASM, against sums over all outcomes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import cos, prod, sin
from pathlib import Path

import pytest

import qdsl
from qdsl.api import Compiled
from qdsl.diagnostics.diagnostic import InvalidProgram

ANGLES = (0.7, 1.1, 1.9)
Asked = Callable[[int, int, int], bool | int]

IN_QDM: dict[str, Asked] = {
    "c[0] and c[1]": lambda a, b, c: a and b,
    "c[0] and not c[1]": lambda a, b, c: a and not b,
    "c[0] or c[1] or c[2]": lambda a, b, c: a or b or c,
    "not (c[0] or c[2]) and c[1] == 1": lambda a, b, c: not (a or c) and b,
    "c[0] != c[2]": lambda a, b, c: a != c,
    "c[0] == c[1]": lambda a, b, c: a == b,
    "c == 5": lambda a, b, c: a and c and not b,
    "c != 3": lambda a, b, c: not (a and b and not c),
    "c > 4": lambda a, b, c: a + 2 * b + 4 * c > 4,
    "c[1..] <= 1": lambda a, b, c: b + 2 * c <= 1,
    "(c[0] != c[1]) != c[2]": lambda a, b, c: (a + b + c) % 2 == 1,
    "c[0] and c[1] or c[1] and c[2] or c[0] and c[2]": lambda a, b, c: a + b + c > 1,
}  # fmt: skip
IN_QASM: dict[str, Asked] = {
    "c == 5": lambda a, b, c: a and c and not b,
    "c[0] ^ c[1]": lambda a, b, c: a != b,
    "c[0] && !c[1] || c[2]": lambda a, b, c: (a and not b) or c,
    "c[0] == 1 && c[2] == 0": lambda a, b, c: a and not c,
    "(c & 3) == 2": lambda a, b, c: b and not a,
    "uint[3](c) < 3": lambda a, b, c: a + 2 * b + 4 * c < 3,
    "(c >> 1) != 0": lambda a, b, c: b or c,
    "~c[0] & c[1]": lambda a, b, c: b and not a,
}


def share(asked: Asked) -> float:
    """The probability that a condition holds."""
    weights = [(cos(t / 2) ** 2, sin(t / 2) ** 2) for t in ANGLES]
    outcomes = product((0, 1), repeat=3)
    return sum(prod(w[v] for w, v in zip(weights, o, strict=True)) for o in outcomes if asked(*o))


def of_last(compiled: Compiled) -> float:
    """The share of outcomes whose last bit is 1; the program is proved."""
    assert compiled.verification.verified
    values = compiled.run().outputs[0].values
    return float(sum(p for bits, p in values.items() if bits[-1] == "1"))


def in_model(body: str) -> str:
    turned = "; ".join(f"ry({t}) q[{k}]" for k, t in enumerate(ANGLES))
    return f"""network lab = line(2) {{ qubits 3, comm 2 }}
model m() on lab {{
  qubits q[3], t
  bits c[3]
  {turned}
  c = measure q
  {body}
  return sample(t)
}}"""


@pytest.mark.parametrize("condition", IN_QDM)
def test_conditions_of_a_model(condition: str) -> None:
    compiled = qdsl.loads(in_model(f"if {condition} {{ x t }}")).compile()
    assert of_last(compiled) == pytest.approx(share(IN_QDM[condition]))


def test_conditions_inside_one_another() -> None:
    inner = "if c[1] != c[2] { x t } else { if c == 7 { x t } }"
    body = f"if c[0] {{ {inner} }} else {{ if c > 2 {{ x t }} }}"
    compiled = qdsl.loads(in_model(body)).compile()
    expected = share(lambda a, b, c: b or c if a else 2 * b + 4 * c > 2)
    assert of_last(compiled) == pytest.approx(expected)


def test_one_scratch_qubit_does_for_all_and_ends_in_0() -> None:
    body = "if c == 3 { x t }; if c[0] and c[2] { h t; h t }; if c > 1 { x t }; if c > 1 { x t }"
    compiled = qdsl.loads(in_model(body)).compile()
    assert [r.name for r in compiled.circuit.registers] == ["q", "t", "scratch"]
    assert of_last(compiled) == pytest.approx(share(lambda a, b, c: bool(a and b and not c)))


@pytest.mark.parametrize("condition", IN_QASM)
def test_conditions_of_a_file(condition: str) -> None:
    assert of_last(_of_file(condition)) == pytest.approx(share(IN_QASM[condition]))


def _of_file(condition: str) -> Compiled:
    turned = " ".join(f"ry({t}) q[{k}];" for k, t in enumerate(ANGLES))
    text = f"""OPENQASM 3.0;
include "stdgates.inc";
qubit[4] q;
bit[3] c;
bit d;
{turned}
c = measure q[0:2];
if ({condition}) ry(pi) q[3];
d = measure q[3];
"""
    return qdsl.distribute(text, "line(2) { qubits 3, comm 2 }")


@pytest.mark.parametrize("backend", ["qiskit", "jax"])
def test_backends_that_run_agree(backend: str) -> None:
    values = _of_file("c[0] && !c[1] || c[2]").run(backend=backend, shots=4000, seed=1)
    found = sum(p for bits, p in values.outputs[0].values.items() if bits[-1] == "1")
    assert found == pytest.approx(share(IN_QASM["c[0] && !c[1] || c[2]"]), abs=0.03)


def test_a_bit_written_under_a_condition_keeps_its_value_else(tmp_path: Path) -> None:
    text = """OPENQASM 3.0;
include "stdgates.inc";
qubit[4] q;
bit[3] c;
ry(0.7) q[0]; ry(1.1) q[1]; ry(1.9) q[2];
c[0] = measure q[0];
c[1] = measure q[1];
if (c[0]) { c[1] = measure q[2]; c[2] = c[1]; } else { c[2] = !c[1]; }
"""
    values = qdsl.distribute(text, "line(2) { qubits 4, comm 2 }").run().outputs[0].values
    p, r, s = (sin(t / 2) ** 2 for t in ANGLES)
    expected = {"001": (1 - p) * (1 - r), "010": (1 - p) * r, "100": p * (1 - s), "111": p * s}
    assert values == pytest.approx(expected)


@pytest.mark.parametrize(
    "statement",
    ["if (int[2](c) < 0) x q[1];", "if (int[2](c) == 3) x q[1];", "angle[4] b = 1.5; b = b << 1;"],
)
def test_what_has_no_counterpart_is_refused(statement: str) -> None:
    """A sign that is a measured bit, and shifts of angles."""
    head = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; c = measure q; '
    with pytest.raises(InvalidProgram) as refused:
        qdsl.distribute(head + statement, "line(2) { qubits 2 }")
    assert refused.value.diagnostics[0].code == "QDM752"
