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


@pytest.mark.parametrize("wanted", [1, 0, None])
def test_conditions_are_a_bit_its_negation_or_its_else(wanted: int | None) -> None:
    """Of gates with and without a name in OpenQASM."""

    def circuit() -> Any:
        qml.RY(0.7, 0)
        bit = qml.measure(0)
        if wanted is None:
            qml.cond(bit, lambda: qml.RX(0.4, 1), lambda: qml.Rot(0.1, 0.2, 0.3, wires=1))()
        else:
            qml.cond(bit == wanted, qml.Rot)(0.1, 0.9, 0.3, wires=1)
            qml.cond(~bit if wanted == 0 else bit, qml.H)(1)
        return qml.expval(qml.X(1)), qml.expval(qml.Z(1))

    node = qml.QNode(circuit, qml.device("default.qubit"))
    found = [output.mean for output in qdsl.distribute(node, NETWORK).run().outputs]
    assert found == pytest.approx([float(value) for value in node()], abs=1e-6)


def test_a_condition_on_several_bits_is_refused_with_its_reason() -> None:
    def circuit() -> Any:
        both = qml.measure(0) & qml.measure(1)
        qml.cond(both, qml.X)(2)
        return qml.counts()

    with pytest.raises(UnknownCircuit, match="a condition on 2 measured bits"):
        openqasm(qml.QNode(circuit, qml.device("default.qubit")))


def test_a_circuit_without_gates_or_without_qubits() -> None:
    node = qml.QNode(lambda: qml.expval(qml.Z(0)), qml.device("default.qubit"))
    assert qdsl.distribute(node, NETWORK).run().outputs[0].mean == 1.0
    with pytest.raises(UnknownCircuit, match="this QuantumScript of pennylane has no qubits"):
        openqasm(qml.tape.QuantumScript([], [qml.counts()]))


def test_only_a_qnode_with_arguments_is_said_to_have_them() -> None:
    device = qml.device("default.qubit")
    with pytest.raises(UnknownCircuit, match="give the tape of a QNode with arguments"):
        openqasm(qml.QNode(lambda x: qml.expval(qml.Z(x)), device))
    with pytest.raises(UnknownCircuit, match=r"unexpected keyword argument 'wire'$"):
        openqasm(qml.QNode(lambda: qml.X(wire=0), device))


# ---- expectations ------------------------------------------------------------------------


def means(tape: Any) -> list[float]:
    """What the distributed program gives, proved equal to its source."""
    compiled = qdsl.distribute(tape, NETWORK, verify=True)
    assert compiled.verification.verified
    return [float(output.mean or 0.0) for output in compiled.run().outputs]


def own_means(tape: Any) -> list[float]:
    found = qml.device("default.qubit").execute(tape)
    return [float(x) for x in (found if isinstance(found, tuple) else (found,))]


OBSERVABLES = [
    qml.Z(0),
    qml.Y(1) @ qml.X(0),
    qml.X(0) @ qml.Z(2),
    0.5 * qml.X(2) - 1.5 * (qml.Y(0) @ qml.Z(1)) + 2,
    qml.Hamiltonian([0.3, -1e-3, 0.7], [qml.Z(0), qml.X(1) @ qml.X(2), qml.Identity(0)]),
    qml.sum(qml.Z(0), qml.Z(0), qml.s_prod(2, qml.Y(2))),
    qml.Hermitian([[1, 0.5j], [-0.5j, -2]], wires=[1]),
    qml.Projector([1, 0], wires=[0, 2]),
    qml.I(1),
]


@pytest.mark.parametrize("observable", OBSERVABLES, ids=str)
def test_an_expectation_is_pennylane_s(observable: Any) -> None:
    gates = [*UNEVEN, qml.RX(0.4, 1), qml.CNOT([0, 2]), qml.IsingXY(0.7, [0, 1])]
    tape = qml.tape.QuantumScript(gates, [qml.expval(observable), qml.expval(qml.Y(0))])
    assert means(tape) == pytest.approx(own_means(tape), abs=1e-6)


def test_a_qnode_s_expectations_and_what_is_beside_them() -> None:
    def measured() -> Any:
        qml.RY(0.8, "b")
        qml.CRX(1.1, ["b", "a"])
        qml.RX(0.9, "c")
        qml.cond(qml.measure("c"), qml.X)("a")
        return qml.expval(qml.Z("a") @ qml.Z("b")), qml.probs(["a", "b"]), qml.expval(qml.X("b"))

    node = qml.QNode(measured, qml.device("default.qubit"))
    own = node()
    first, second, third = qdsl.distribute(node, NETWORK).run().outputs
    assert (first.kind, second.kind, third.kind) == ("expectation", "probability", "expectation")
    assert first.mean == pytest.approx(float(own[0]), abs=1e-6)
    assert third.mean == pytest.approx(float(own[2]), abs=1e-6)
    found = [second.values.get(f"{k:02b}", 0.0) for k in range(4)]
    assert found == pytest.approx(np.asarray(own[1]).tolist(), abs=1e-6)


def test_random_tapes_give_pennylane_s_expectations() -> None:
    rng = np.random.default_rng(5)
    for _ in range(6):
        gates: list[Any] = [qml.Rot(*rng.uniform(0, 6, 3), wires=k) for k in range(4)]
        for a, b in (rng.permutation(4)[:2].tolist() for _ in range(5)):
            gates += [qml.CRY(rng.uniform(0, 6), [a, b]), qml.RX(rng.uniform(0, 6), b)]
        words = ["".join(rng.choice(list("IXYZ"), 4)) for _ in range(4)]
        made = qml.Hamiltonian(
            rng.normal(size=4), [qml.pauli.string_to_pauli_word(word) for word in words]
        )
        tape = qml.tape.QuantumScript(gates, [qml.expval(made)])
        assert means(tape) == pytest.approx(own_means(tape), abs=1e-6)


def test_expectations_are_sampled_and_stay_the_source_s() -> None:
    tape = qml.tape.QuantumScript(UNEVEN, [qml.expval(qml.Z(0) @ qml.X(1))])
    (output,) = qdsl.distribute(tape, NETWORK).run(shots=4000, seed=1).outputs
    assert output.standard_error is not None
    assert output.mean == pytest.approx(own_means(tape)[0], abs=5 * output.standard_error)


@pytest.mark.parametrize(
    ("measured", "says"),
    [
        (lambda: qml.var(qml.X(1)), "beside expval"),
        (lambda: qml.state(), "beside expval"),
        (lambda: qml.probs(op=qml.X(0)), "beside expval"),
        (lambda: qml.expval(qml.Hermitian(np.eye(64), range(6))), "no matrix on up to 5 wires"),
        (lambda: qml.expval(1j * qml.Z(0)), "give real ones"),
        (lambda: qml.expval(float("nan") * qml.Z(0)), "give real ones"),
    ],
)
def test_what_is_no_output(measured: Any, says: str) -> None:
    tape = qml.tape.QuantumScript(UNEVEN, [qml.expval(qml.Z(0)), measured()])
    with pytest.raises(UnknownCircuit, match=says):
        qdsl.distribute(tape, NETWORK)


def test_the_mean_of_a_bit_on_the_way_is_refused() -> None:
    with qml.queuing.AnnotatedQueue() as queue:
        qml.Hadamard(0)
        bit = qml.measure(0)
        qml.expval(bit)
    with pytest.raises(UnknownCircuit, match="of what was measured on the way"):
        qdsl.distribute(qml.tape.QuantumScript.from_queue(queue), NETWORK)
