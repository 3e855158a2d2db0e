"""What operations take, and that documents and reports say so."""

from __future__ import annotations

import pytest

import qdsl
from qdsl.language.networks.property_meanings import MEANS
from qdsl.report.text import render_report

NODE = (
    "network n { node a { qubits 4, one_qubit_time 1 us, two_qubit_time 10 us, readout_time 0 s } }"
)


@pytest.mark.parametrize(
    ("gates", "us"),
    [("h q[0]", 1), ("cx q[0], q[1]", 10), ("ccx q[0], q[1], q[2]", 20), ("rot(0.3) ZZXZ q", 30)],
)
def test_a_gate_on_k_qubits_takes_k_less_one_times(gates: str, us: int) -> None:
    text = f"{NODE}\nmodel m() on n {{ qubits q[4]; {gates}; "
    compiled = qdsl.loads(text + "return sample(q) }").compile()
    rows = compiled.scheduled.end_ns - compiled.scheduled.start_ns
    assert rows.max() == 1000 * us
    assert "takes k - 1 times as long" in MEANS["two_qubit_time"]
    shown = " ".join(render_report(compiled.report()).split())
    assert "gates take 1 us on one qubit, 10 us on two" in shown
