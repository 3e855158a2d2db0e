"""What Qiskit's exporter cannot write, or writes wrongly, against its unitaries and Aer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.interchange.circuits import UnknownCircuit, openqasm
from qdsl.language.qasm.files.import_qasm import read_qasm
from qdsl.language.qasm.row_matrices import at_inputs, matrix_of

pytest.importorskip("qiskit")
pytest.importorskip("qiskit_aer")

from qiskit import QuantumCircuit, transpile
from qiskit.circuit import (
    AnnotatedOperation,
    ControlModifier,
    Gate,
    Instruction,
    InverseModifier,
    Parameter,
    PowerModifier,
)
from qiskit.circuit import library as lib
from qiskit.circuit.classical import expr, types
from qiskit.quantum_info import Operator, Pauli, SparsePauliOp, random_clifford, random_unitary
from qiskit_aer import AerSimulator

LINE = "line(2) { qubits 5, comm 2 }"
SHOTS = 4000


def part() -> QuantumCircuit:
    inner = QuantumCircuit(2, name="my part")
    inner.h(0)
    inner.unitary(random_unitary(4, seed=2), [0, 1])
    return inner


def bases() -> list[Any]:
    return [lib.HGate(), lib.SXGate(), lib.UGate(0.1, 0.2, 0.3), lib.RXGate(0.7), lib.CXGate()]


GATES: dict[str, Callable[[], Any]] = {
    f"{base.name}, power {power}, controlled{', annotated' if annotated else ''}": (
        lambda b=base, p=power, a=annotated: b.power(p, annotated=a).control(1, annotated=a)
    )
    for base in bases()
    for power in (2, -1, 0.5)
    for annotated in (False, True)
} | {
    "two controls of which one is 0": lambda: lib.RXGate(0.3).control(2, ctrl_state=1),
    "a unitary on 3 qubits": lambda: lib.UnitaryGate(random_unitary(8, seed=1)),
    "a controlled unitary": lambda: lib.UnitaryGate(random_unitary(2, seed=3)).control(
        2, ctrl_state=1
    ),
    "modifiers": lambda: AnnotatedOperation(
        lib.SGate(), [InverseModifier(), ControlModifier(2, 1), PowerModifier(3)]
    ),
    "modifiers of modifiers": lambda: AnnotatedOperation(
        AnnotatedOperation(lib.SXGate(), ControlModifier(1, 0)), [PowerModifier(0.5)]
    ),
    "a permutation": lambda: lib.PermutationGate([2, 0, 1]),
    "a Fourier transform": lambda: lib.QFTGate(3),
    "its inverse": lambda: lib.QFTGate(2).inverse(annotated=True),
    "evolution": lambda: lib.PauliEvolutionGate(SparsePauliOp(["ZZ", "XX"]), time=0.7),
    "evolution, controlled": lambda: lib.PauliEvolutionGate(SparsePauliOp("ZZ"), 0.7).control(1),
    "a Pauli word": lambda: lib.PauliGate("XYZ"),
    "a Pauli operator": lambda: Pauli("XYZ"),
    "a Pauli rotation": lambda: lib.PauliProductRotationGate(Pauli("XYZ"), 0.3),
    "many targets": lambda: lib.MCMTGate(lib.RYGate(0.3), 2, 2),
    "a phase of many": lambda: lib.MCPhaseGate(0.3, 3),
    "an isometry": lambda: lib.Isometry(random_unitary(4, seed=1).data, 0, 0),
    "a state": lambda: lib.StatePreparation([0.5, 0.5, 0.5, 0.5j]),
    "a diagonal": lambda: lib.DiagonalGate([1, -1, 1j, -1j]),
    "a linear function": lambda: lib.LinearFunction([[1, 1, 0], [0, 1, 0], [0, 1, 1]]),
    "a Clifford": lambda: random_clifford(3, seed=4),
    "multiplexed": lambda: lib.UCRZGate([0.1, 0.2, 0.3, 0.4]),
    "a Hamiltonian": lambda: lib.HamiltonianGate(np.array([[1, 0.2], [0.2, -1]]), 0.4),
    "a user's": lambda: part().to_gate(),
    "a user's, controlled": lambda: part().to_gate().control(1),
    "a user's, controlled, annotated": lambda: part().to_gate().control(1, annotated=True),
}


@pytest.mark.parametrize("name", GATES)
def test_a_gate_keeps_its_unitary(name: str) -> None:
    gate = GATES[name]()
    circuit = QuantumCircuit(gate.num_qubits)
    circuit.append(gate, circuit.qubits)
    read = read_qasm(openqasm(circuit), "f.qasm")
    assert read.read_twice
    assert overlap(matrix_of(read.rows, read.n_qubits), circuit) == pytest.approx(1)


def overlap(found: Any, circuit: QuantumCircuit) -> float:
    """1 if both are the same up to a phase."""
    meant = Operator(circuit.reverse_bits()).data
    return float(abs(np.vdot(found, meant)) / len(meant))


def test_parameters_are_those_of_the_definition() -> None:
    """Qiskit would call `g(b) { rx(2*b) }` by `g(2*b)`."""
    a, b = Parameter("a"), Parameter("b")
    inner = QuantumCircuit(2, name="g")
    inner.rx(a, 0)
    inner.crz(a * b + 1, 0, 1)
    circuit = QuantumCircuit(2)
    circuit.append(inner.to_gate({a: 2 * b, b: a - b}), [0, 1])
    circuit.append(inner.to_gate(), [1, 0])
    circuit.append(inner.to_gate().inverse(), [0, 1])
    circuit.append(lib.RXGate(a).power(2, annotated=True).control(1, annotated=True), [0, 1])
    read = read_qasm(openqasm(circuit), "f.qasm")
    assert [name for name, _ in read.inputs] == ["a", "b"]
    found = matrix_of(at_inputs(read.rows, {0: 0.3, 1: 0.7}), 2)
    assert overlap(found, circuit.assign_parameters({a: 0.3, b: 0.7})) == pytest.approx(1)


# ---- circuits that measure ---------------------------------------------------------------


def prepared(circuit: QuantumCircuit) -> None:
    circuit.h(0)
    circuit.initialize([0.6, 0, 0, 0.8j], [0, 1])
    circuit.initialize("+", [2])
    circuit.measure([1, 2], [0, 1])


def decided(circuit: QuantumCircuit) -> None:
    circuit.h([0, 1])
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((circuit.cregs[0], 2)) as otherwise:
        circuit.append(lib.UnitaryGate(random_unitary(2, seed=1)).control(1), [0, 2])
        circuit.append(lib.SXGate().power(0.5, annotated=True), [2])
    with otherwise:
        circuit.append(lib.UnitaryGate(random_unitary(2, seed=1)).control(1, ctrl_state=0), [0, 2])
    circuit.measure(2, 0)


def switched(circuit: QuantumCircuit) -> None:
    circuit.h([0, 1])
    circuit.measure([0, 1], [0, 1])
    with circuit.switch(circuit.cregs[0]) as case:
        with case(0):
            circuit.x(2)
        with case(1, 2):
            circuit.append(lib.UnitaryGate(random_unitary(2, seed=1)), [2])
        with case(case.DEFAULT):
            circuit.ry(1.1, 2)
    with circuit.switch(circuit.clbits[1]) as case, case(1):
        circuit.ry(0.4, 2)
    circuit.measure(2, 0)


def repeated(circuit: QuantumCircuit) -> None:
    """`p/5` is a real number for Qiskit, and an integer in OpenQASM."""
    p, r = Parameter("p"), Parameter("r")
    with circuit.for_loop(range(3, -1, -1), p):
        circuit.ry(p / 5, 0)
        with circuit.for_loop((2, 1), r):
            circuit.ry(p * r / 7, 1)
        circuit.measure(0, 0)
    with circuit.for_loop(range(2, -1, -1)):
        circuit.rx(0.3, 1)
    with circuit.for_loop(()):
        circuit.x(1)
    circuit.measure(1, 1)


def an_instruction(circuit: QuantumCircuit) -> None:
    inner = QuantumCircuit(2, 2, name="sub")
    inner.h(0)
    inner.measure(0, 1)
    inner.append(lib.UnitaryGate(random_unitary(2, seed=1)), [1])
    inner.reset(0)
    inner.measure(1, 0)
    circuit.append(inner.to_instruction(), [2, 0], [1, 0])


def waited(circuit: QuantumCircuit) -> None:
    circuit.h(0)
    circuit.delay(100, 0)
    circuit.append(lib.PauliProductMeasurement(Pauli("ZX")), [0, 1], [0])
    circuit.h(0)
    circuit.measure(0, 1)


@pytest.mark.parametrize(
    "build",
    [prepared, decided, switched, repeated, an_instruction, waited],
    ids=lambda f: f.__name__,
)
def test_outcomes_are_those_of_aer(build: Callable[[QuantumCircuit], None]) -> None:
    circuit = QuantumCircuit(3, 2)
    build(circuit)
    compiled = qdsl.distribute(circuit, LINE)
    (output,) = compiled.run().outputs
    assert output.text == "sample(c)" and compiled.verification.verified
    aer = AerSimulator(seed_simulator=1)
    counts = (
        aer.run(transpile(circuit, aer, optimization_level=0), shots=SHOTS).result().get_counts()
    )
    theirs = {outcome[::-1]: count / SHOTS for outcome, count in counts.items()}
    mine = {outcome: share for outcome, share in output.values.items() if share > 1e-9}
    for outcome in {*mine, *theirs}:
        assert mine.get(outcome, 0) == pytest.approx(theirs.get(outcome, 0), abs=0.03)


def test_variables_are_no_outcomes() -> None:
    """Aer takes none of these: x where only bit 0 is 1, y where c ^ 1 < 2 has bit 1 clear."""
    circuit = QuantumCircuit(4, 2)
    one = circuit.add_var("one", False)
    two = circuit.add_var("two", expr.lift(0, types.Uint(4)))
    circuit.h([0, 1])
    circuit.measure([0, 1], [0, 1])
    circuit.store(one, expr.logic_and(circuit.clbits[0], expr.logic_not(circuit.clbits[1])))
    circuit.store(two, expr.bit_xor(expr.cast(circuit.cregs[0], types.Uint(4)), 1))
    with circuit.if_test(one):
        circuit.x(2)
    with circuit.if_test(expr.less(two, 2)):
        circuit.x(3)
    circuit.measure([2, 3], [0, 1])
    (output,) = qdsl.distribute(circuit, LINE).run().outputs
    assert output.text == "sample(c)"
    found = {outcome: share for outcome, share in output.values.items() if share > 1e-9}
    assert found == pytest.approx({"11": 0.25, "01": 0.25, "00": 0.5})


# ---- what is refused ---------------------------------------------------------------------


def itself() -> Gate:
    gate = Gate("endless", 1, [])
    gate.definition = QuantumCircuit(1)
    gate.definition.append(gate, [0], copy=False)
    return gate


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (lambda: Gate("magic", 2, []), "'magic' has no definition"),
        (lambda: Gate("magic", 1, []).control(1, annotated=True), "'annotated magic'"),
        (lambda: Instruction("blackbox", 2, 0, []), "'blackbox' has no definition"),
        (lambda: lib.WeightedSumGate(2, [1, 2]), "'WeightedSum' has no definition on its own"),
        (lambda: lib.HamiltonianGate(np.eye(2), Parameter("t")), "cannot define 'hamiltonian'"),
        (itself, "'endless' is defined by too many gates"),
    ],
)
def test_what_cannot_be_said_is_named(operation: Callable[[], Any], said: str) -> None:
    circuit = QuantumCircuit(5)
    made = operation()
    circuit.append(made, circuit.qubits[: made.num_qubits], copy=False)
    with pytest.raises(UnknownCircuit, match=said):
        qdsl.distribute(circuit, LINE)
