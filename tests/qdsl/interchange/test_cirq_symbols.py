"""Symbols in circuits of Cirq are parameters, as those of Qiskit and pytket are."""

from __future__ import annotations

from typing import Any

import pytest

import qdsl
from qdsl.interchange.circuits import UnknownCircuit, openqasm

cirq = pytest.importorskip("cirq", reason="the extra `cirq` is not installed")
sympy = pytest.importorskip("sympy")

NETWORK = "line(2) { qubits 2, comm 2 }"
A, B = sympy.symbols("a b")
Q = cirq.LineQubit.range(3)
VALUES = {"a": 0.7, "b": -0.4}


def prepared() -> list[Any]:
    return [cirq.ry(0.6)(Q[0]), cirq.rx(1.1)(Q[1]), cirq.ry(0.4)(Q[2]), cirq.CZ(Q[1], Q[2])]


def distribution(circuit: Any, values: dict[str, float] | None) -> list[float]:
    compiled = qdsl.distribute(circuit, NETWORK)
    assert compiled.verification.verified
    (output,) = compiled.run(values).outputs
    bits = len(next(iter(output.values)))
    return [output.values.get(f"{k:0{bits}b}", 0.0) for k in range(2**bits)]


def own(circuit: Any) -> list[float]:
    """Cirq's own distribution of all qubits, measured at the end."""
    resolved = cirq.resolve_parameters(circuit, VALUES)
    state = cirq.Simulator(seed=0).simulate(
        cirq.drop_terminal_measurements(resolved), qubit_order=Q
    )
    return [float(x) for x in abs(state.final_state_vector) ** 2]


GATES = [
    cirq.rx(A)(Q[0]),
    cirq.ry(2 * A + B / 3 - 0.1)(Q[1]),
    (cirq.X**A)(Q[0]),
    (cirq.Z ** (A * B))(Q[2]),
    (cirq.H**B)(Q[0]),
    cirq.PhasedXPowGate(phase_exponent=B, exponent=A)(Q[1]),
    cirq.PhasedXZGate(x_exponent=A, z_exponent=B, axis_phase_exponent=0.2)(Q[0]),
    (cirq.CZ**A)(Q[0], Q[2]),
    (cirq.CNOT**B)(Q[1], Q[0]),
    (cirq.ZZ**A)(Q[0], Q[1]),
    (cirq.YY**B)(Q[1], Q[2]),
    (cirq.SWAP**A)(Q[0], Q[2]),
    (cirq.ISWAP**A)(Q[0], Q[1]),
    (cirq.CCX**A)(Q[0], Q[1], Q[2]),
    cirq.FSimGate(A, B)(Q[0], Q[1]),
    cirq.rx(A).controlled()(Q[0], Q[1]),
    cirq.rz(B).controlled()(Q[2], Q[1]),
    cirq.YPowGate(exponent=A, global_shift=0.3).controlled()(Q[0], Q[1]),
]


@pytest.mark.parametrize("op", GATES, ids=str)
def test_a_gate_with_symbols_is_cirq_s(op: Any) -> None:
    circuit = cirq.Circuit(prepared(), op, cirq.H.on_each(*Q), cirq.measure(*Q, key="m"))
    found = distribution(circuit, {k: v for k, v in VALUES.items() if k in names(circuit)})
    assert found == pytest.approx(own(circuit), abs=1e-6)


def names(circuit: Any) -> set[str]:
    return set(cirq.parameter_names(circuit))


def test_symbols_are_parameters_by_their_names() -> None:
    theta = sympy.Symbol("theta_0")
    circuit = cirq.Circuit(cirq.rx(theta)(Q[0]), cirq.rz(theta * 2)(Q[0]), cirq.rx(A)(Q[1]))
    circuit.append(cirq.measure(Q[0], Q[1], key="m"))
    compiled = qdsl.distribute(circuit, NETWORK)
    vectors = [(v.name, v.role) for v in compiled.circuit.values.vectors]
    assert sorted(vectors) == [("a", "param"), ("theta_0", "param")]
    assert compiled.program.source.text == qdsl.distribute(circuit, NETWORK).program.source.text


def test_symbols_decide_and_are_in_subcircuits() -> None:
    inner = cirq.FrozenCircuit(cirq.rx(A)(Q[0]), cirq.CZ(Q[0], Q[1]))
    circuit = cirq.Circuit(
        cirq.H(Q[0]),
        cirq.CircuitOperation(inner, repetitions=2, param_resolver={"a": B}),
        cirq.measure(Q[0], key="k"),
        cirq.rx(A)(Q[1]).with_classical_controls("k"),
        cirq.measure(Q[1], key="l"),
    )
    compiled = qdsl.distribute(circuit, NETWORK)
    assert compiled.verification.verified
    (output,) = compiled.run(VALUES).outputs
    plain = qdsl.distribute(cirq.resolve_parameters(circuit, VALUES), NETWORK)
    (other,) = plain.run().outputs
    assert output.values == pytest.approx(other.values, abs=1e-6)


@pytest.mark.parametrize("name", ["q", "m_0", "a b", "θ", "1"])
def test_a_symbol_that_is_no_name_is_told(name: str) -> None:
    circuit = cirq.Circuit(cirq.rx(sympy.Symbol(name))(Q[0]))
    with pytest.raises(UnknownCircuit, match=f"the symbol '{name}' is no name of OpenQASM"):
        openqasm(circuit)


def test_a_gate_that_cannot_be_said_names_its_symbols() -> None:
    gate: Any = cirq.Gate

    class Strange(gate):  # type: ignore[misc]
        def _num_qubits_(self) -> int:
            return 1

        def _is_parameterized_(self) -> bool:
            return True

        def _parameter_names_(self) -> set[str]:
            return {"b", "a"}

        def __str__(self) -> str:
            return "Strange"

    with pytest.raises(
        UnknownCircuit, match=r"`Strange\(q\(0\)\)` depends on a, b, and is no turn"
    ):
        openqasm(cirq.Circuit(Strange()(Q[0])))
    with pytest.raises(qdsl.InvalidProgram, match=r"sums and products of inputs are known"):
        qdsl.distribute(cirq.Circuit(cirq.rx(A**2)(Q[0]), cirq.measure(Q[0])), NETWORK)


def test_a_condition_on_an_earlier_record_is_refused() -> None:
    """Cirq writes it as one on the last record, which is another program."""
    a, c = cirq.LineQubit.range(2)
    key = cirq.MeasurementKey("m")
    parts = [cirq.ry(0.9)(a), cirq.measure(a, key="m"), cirq.H(a), cirq.measure(a, key="m")]
    for index, is_refused in ((0, True), (-1, False)):
        turned = cirq.ry(1.1)(c).with_classical_controls(cirq.KeyCondition(key, index=index))
        circuit = cirq.Circuit([*parts, turned, cirq.measure(c, key="out")])
        if is_refused:
            with pytest.raises(UnknownCircuit, match="asks for record 0 of the key 'm'"):
                openqasm(circuit)
        else:
            assert "m_m" in openqasm(circuit)
