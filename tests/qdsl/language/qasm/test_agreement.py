"""The comparison of two readings: fast for many angles, and at each of them."""

from __future__ import annotations

import time
from math import pi
from typing import cast

import pytest

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source
from qdsl.language.qasm.files.import_qasm import read_qasm
from qdsl.language.qasm.second_reading import MOST_STEPS, ReadCall
from qdsl.language.qasm.twice import SAME, SecondReading
from qdsl.language.qasm.unbound import Happening, UnboundCircuit

OWN = """OPENQASM 2.0;
include "qelib1.inc";
gate f(t, p) a, b { ry(t) a; rz(p/2) b; cx a, b; u3(t, p, t*p) b; rzz(sin(t)^2) a, b; }
qreg q[3];
"""
N = 4000


def own_calls(n: int) -> str:
    return OWN + "\n".join(f"f({k * 0.37},{1 / (k + 1)}) q[{k % 3}],q[{(k + 1) % 3}];"
                           for k in range(n))  # fmt: skip


def test_many_calls_at_different_angles_are_all_compared_in_a_moment() -> None:
    source = Source("f.qasm", own_calls(N))
    items = _items(source)
    start = time.process_time()
    assert SecondReading.of(source).against(_circuit(items)) is None
    assert time.process_time() - start < 3  # it took 12 s one by one


def _items(source: Source) -> list[Happening]:
    rows = read_qasm(source.text, source.path).rows
    each = len(rows) // N
    return [
        Happening("gate", (k % 3, (k + 1) % 3), rows[each * k : each * (k + 1)]) for k in range(N)
    ]


def _circuit(items: list[Happening]) -> UnboundCircuit:
    return UnboundCircuit((("q", 3),), (), tuple(items), ())


@pytest.mark.parametrize("wrong", [0, 1234, N - 1])
def test_one_wrong_angle_among_thousands_is_found(wrong: int) -> None:
    source = Source("f.qasm", own_calls(N))
    items = _items(source)
    for k in (wrong, N - 1):
        row, *rest = items[k].rows
        moved = row._replace(angles=(cast(float, row.angles[0]) + 1e-5,))
        items[k] = items[k]._replace(rows=(moved, *rest))
    with pytest.raises(InvalidProgram) as refused:
        SecondReading.of(source).against(_circuit(items))
    assert refused.value.diagnostics[0].labels[0].span.text == source.text.split("\n")[4 + wrong]


def test_the_first_of_several_differences_is_shown() -> None:
    source = Source("f.qasm", own_calls(N))
    items = _items(source)
    items[20] = items[20]._replace(qubits=(1, 2))
    items[10] = items[10]._replace(rows=items[10].rows[:-1])
    with pytest.raises(InvalidProgram) as refused:
        SecondReading.of(source).against(_circuit(items))
    assert refused.value.diagnostics[0].labels[0].span.text == source.text.split("\n")[14]


@pytest.mark.parametrize(
    "call",
    ["ctrl @ f({t}) q[0], q[1];", "inv @ f({t}) q[1];", "pow(3) @ f({t}) q[2];",
     "negctrl(2) @ f({t}) q[0], q[1], q[2];", "ctrl @ pow(0.5) @ rz({t}) q[0], q[1];"],
)  # fmt: skip
def test_modifiers_at_many_angles(call: str) -> None:
    text = 'OPENQASM 3.0; include "stdgates.inc"; gate f(t) a { rx(2*t) a; gphase(t/3); s a; }\n'
    text += "qubit[3] q;\n" + "\n".join(call.format(t=0.1 * k) for k in range(-9, 10))
    assert read_qasm(text, "f.qasm").reading == SAME


def test_steps_are_counted_for_each_gate_anew() -> None:
    gates = SecondReading.of(Source("f.qasm", OWN)).gates
    for k in range(3):
        gates.begin()
        assert gates.outer is not None
        gates.steps += MOST_STEPS - 10
        gates.outer.steps += MOST_STEPS - 100
        assert gates.matrix(ReadCall("f", (0.1 * k, pi)), 2).shape == (4, 4)
