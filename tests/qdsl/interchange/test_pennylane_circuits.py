"""Tapes of PennyLane: the distribution is its own, in the order that the measurement names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qdsl

pytest.importorskip("pennylane", reason="the extra `pennylane` is not installed")

import pennylane as qml

from qdsl.interchange.circuits import UnknownCircuit, openqasm

NETWORK = "line(2) { qubits 5, comm 2 }"
UNEVEN = [qml.X(1), qml.RY(0.8, 0), qml.CRX(0.7, [1, 2])]


def distribution(tape: Any) -> list[float]:
    """By outcome, bit 0 of the register leftmost."""
    (found,) = qdsl.distribute(tape, NETWORK, verify=False).run().outputs
    values: dict[str, float] = found.values
    bits = len(next(iter(values)))
    return [values.get(f"{k:0{bits}b}", 0.0) for k in range(2**bits)]


@pytest.mark.parametrize("wires", [None, [0, 1, 2], [2, 0], [1], [2, 1, 0]])
def test_outcomes_are_in_the_order_of_the_measurement(wires: list[int] | None) -> None:
    measured = qml.probs(wires=wires) if wires else qml.probs(wires=range(3))
    own = qml.device("default.qubit").execute(qml.tape.QuantumScript(UNEVEN, [measured]))
    tape = qml.tape.QuantumScript(UNEVEN, [qml.counts(wires=wires) if wires else qml.counts()])
    assert distribution(tape) == pytest.approx(np.asarray(own).tolist(), abs=1e-6)


def test_global_phases_mean_nothing() -> None:
    gates = [qml.H(0), qml.H(3), qml.ctrl(qml.RX(0.9, 2), control=[3, 0]), qml.GlobalPhase(0.3)]
    gates += [qml.GroverOperator(wires=[0, 2, 3])]
    own = qml.device("default.qubit").execute(
        qml.tape.QuantumScript(gates, [qml.probs(wires=[0, 2, 3])])
    )
    found = distribution(qml.tape.QuantumScript(gates, [qml.sample(wires=[0, 2, 3])]))
    assert found == pytest.approx(np.asarray(own).tolist(), abs=1e-6)


@pytest.mark.parametrize(
    "measured", [qml.expval(qml.Z(0)), qml.state(), qml.var(qml.X(1)), qml.counts(op=qml.X(0))]
)
def test_what_is_no_outcome_of_the_qubits_is_refused(measured: Any) -> None:
    with pytest.raises(UnknownCircuit, match=r"end with counts\(\), sample\(\) or probs\(\)"):
        openqasm(qml.tape.QuantumScript(UNEVEN, [measured]))


def test_what_is_measured_on_the_way_decides() -> None:
    with qml.queuing.AnnotatedQueue() as queue:
        qml.Hadamard(0)
        qml.CRY(0.7, [0, 1])
        qml.cond(qml.measure(1), qml.RX)(0.4, 2)
        qml.adjoint(qml.T)(0)
        qml.IsingXX(0.6, [0, 2])
        qml.Hadamard(0)
        qml.probs(wires=[0, 2])
    tape = qml.tape.QuantumScript.from_queue(queue)
    (output,) = qdsl.distribute(tape, NETWORK, verify=False).run().outputs
    of_wires = dict.fromkeys(("00", "01", "10", "11"), 0.0)
    assert output.text == "sample(c, mcms)"
    for bits, share in output.values.items():  # the two wires, and the bit that decides
        of_wires[bits[:2]] += share
    assert list(of_wires.values()) == pytest.approx([0.75526, 0.07686, 0.15549, 0.01239], abs=1e-5)
