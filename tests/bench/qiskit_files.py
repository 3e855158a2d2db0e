"""OpenQASM 2 and 3 as Qiskit writes it: circuits of benchmarks, transpiled, and dynamic ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

BASES = {"ibm": ["rz", "sx", "x", "cx"], "cz": ["rz", "sx", "x", "cz"], "u3": ["u3", "cx"]}


def qiskit_files() -> Iterator[tuple[str, str]]:
    """(name, text), the same on every run."""
    from qiskit import qasm2, qasm3, transpile

    for name, make in STATIC.items():
        circuit = make()
        yield f"{name}.qasm2", qasm2.dumps(circuit)
        yield f"{name}.qasm3", qasm3.dumps(circuit)
        for basis, gates in BASES.items():
            made = transpile(circuit, basis_gates=gates, optimization_level=1, seed_transpiler=1)
            yield f"{name}-{basis}.qasm2", qasm2.dumps(made)
            yield f"{name}-{basis}.qasm3", qasm3.dumps(made)
    for name, make in DYNAMIC.items():
        yield f"{name}.qasm3", qasm3.dumps(make())
    yield "on-hardware.qasm3", qasm3.dumps(_on_hardware())


def _ghz() -> Any:
    from qiskit import QuantumCircuit

    c = QuantumCircuit(5)
    c.h(0)
    for k in range(4):
        c.cx(k, k + 1)
    c.measure_all()
    return c


def _qft() -> Any:
    from qiskit.synthesis.qft import synth_qft_full

    c = synth_qft_full(5)
    c.measure_all()
    return c


def _random(seed: int) -> Callable[[], Any]:
    def make() -> Any:
        from qiskit.circuit.random import random_circuit

        return random_circuit(5, 12, max_operands=3, measure=True, seed=seed)

    return make


def _ansatz() -> Any:
    from qiskit.circuit.library import efficient_su2

    c = efficient_su2(4, reps=2)
    return c.assign_parameters([0.1 * k for k in range(c.num_parameters)])


def _qaoa() -> Any:
    from qiskit import QuantumCircuit

    c = QuantumCircuit(6)
    c.h(range(6))
    for k in range(6):
        c.rzz(0.7, k, (k + 1) % 6)
    c.rx(0.4, range(6))
    c.measure_all()
    return c


def _adder() -> Any:
    from qiskit.circuit.library import CDKMRippleCarryAdder

    return CDKMRippleCarryAdder(3).decompose()


def _wide_gates() -> Any:
    from qiskit import QuantumCircuit

    c = QuantumCircuit(5)
    c.mcx([0, 1, 2], 4)
    c.mcp(0.3, [0, 1, 2, 3], 4)
    c.rccx(0, 1, 2)
    c.cu(0.1, 0.2, 0.3, 0.4, 3, 4)
    c.csx(0, 1)
    c.ryy(0.3, 1, 2)
    c.iswap(0, 3)
    c.ecr(1, 2)
    return c


# ---- dynamic -------------------------------------------------------------------------------


def _teleport() -> Any:
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

    m = ClassicalRegister(2, "m")
    c = QuantumCircuit(QuantumRegister(3, "q"), m, ClassicalRegister(1, "out"))
    c.ry(0.7, 0)
    c.h(1)
    c.cx(1, 2)
    c.cx(0, 1)
    c.h(0)
    c.measure([0, 1], m)
    with c.if_test((m[1], 1)):
        c.x(2)
    with c.if_test((m[0], 1)):
        c.z(2)
    c.measure(2, 2)
    return c


def _registers() -> Any:
    """Conditions on whole registers, `else`, and expressions."""
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
    from qiskit.circuit.classical import expr

    m = ClassicalRegister(3, "m")
    c = QuantumCircuit(QuantumRegister(4, "q"), m, ClassicalRegister(4, "out"))
    c.h([0, 1, 2])
    c.measure([0, 1, 2], m)
    with c.if_test((m, 5)) as otherwise:
        c.x(3)
    with otherwise:
        c.ry(0.4, 3)
    with c.if_test(expr.logic_and(m[0], expr.logic_not(m[2]))):
        c.h(3)
    with c.if_test(expr.less(m, 3)):
        c.x(0)
    c.measure(range(4), range(3, 7))
    return c


def _switch() -> Any:
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

    m = ClassicalRegister(2, "m")
    c = QuantumCircuit(QuantumRegister(3, "q"), m)
    c.h([0, 1])
    c.measure([0, 1], m)
    with c.switch(m) as case:
        with case(0):
            c.x(2)
        with case(1, 2):
            c.h(2)
        with case(case.DEFAULT):
            c.y(2)
    return c


def _loop() -> Any:
    from qiskit import QuantumCircuit

    c = QuantumCircuit(2, 3)
    with c.for_loop(range(3)):
        c.h(0)
        c.cx(0, 1)
        c.reset(0)
    c.measure(1, 0)
    return c


def _parameters() -> Any:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter

    a, b = Parameter("a"), Parameter("b")
    c = QuantumCircuit(2, 2)
    c.ry(a, 0)
    c.crz(a + 2 * b, 0, 1)
    c.rx(-b / 2, 1)
    c.measure([0, 1], [0, 1])
    return c


def _delays() -> Any:
    from qiskit import QuantumCircuit

    c = QuantumCircuit(2, 2)
    c.h(0)
    c.delay(100, 1, unit="ns")
    c.cx(0, 1)
    c.measure([0, 1], [0, 1])
    return c


def _until() -> Any:
    from qiskit import QuantumCircuit

    c = QuantumCircuit(1, 1)
    c.h(0)
    c.measure(0, 0)
    with c.while_loop((c.clbits[0], 1)):
        c.h(0)
        c.measure(0, 0)
    return c


def _on_hardware() -> Any:
    from qiskit import transpile
    from qiskit.providers.fake_provider import GenericBackendV2

    backend = GenericBackendV2(7, seed=1)
    return transpile(_ghz(), backend, initial_layout=[6, 4, 2, 0, 1], seed_transpiler=1)


STATIC: dict[str, Callable[[], Any]] = {
    "ghz": _ghz, "qft": _qft, "ansatz": _ansatz, "qaoa": _qaoa, "adder": _adder,
    "wide-gates": _wide_gates, "random-1": _random(1), "random-2": _random(2),
    "random-3": _random(3),
}  # fmt: skip
DYNAMIC: dict[str, Callable[[], Any]] = {
    "teleport": _teleport, "registers": _registers, "switch": _switch, "loop": _loop,
    "parameters": _parameters, "delays": _delays, "until": _until,
}  # fmt: skip
