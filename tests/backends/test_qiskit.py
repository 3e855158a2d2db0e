"""The Qiskit backend: unitaries, statistics against exact probabilities, fake devices."""

from __future__ import annotations

from base64 import decodebytes
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest

import qdsl
from qdsl.backends import qiskit as backend
from qdsl.backends._readout import Distribution, Mean, Outcomes, settings
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import (
    Circuit,
    DistributedCircuit,
    Expectation,
    Overlap,
    PauliTerm,
    Probability,
    Sample,
)
from tests.backends.exact import distribution, p_value
from tests.backends.matrices import circuit_matrix, word_matrix
from tests.backends.programs import (
    SOURCE_OPERATIONS,
    Rows,
    alone,
    any_operation,
    circuit,
    random_circuit,
    scheduled,
    teleport,
    two_remote_gates,
    vector,
)


@pytest.mark.parametrize("name", SOURCE_OPERATIONS)
def test_every_operation_is_emitted(name: str) -> None:
    program, values = any_operation(name)
    emitted = backend.emit(program, values)
    assert (len(emitted.data) == 0) == (name in {"id", "move"})


@pytest.mark.parametrize("name", [n for n in SOURCE_OPERATIONS if BY_NAME[n].is_unitary])
def test_unitary_with_its_phase(name: str) -> None:
    from qiskit.quantum_info import Operator

    program = alone(name)
    # Qiskit numbers qubits from the right
    matrix = Operator(backend.emit(program).reverse_bits()).data
    np.testing.assert_allclose(matrix, circuit_matrix(program), atol=1e-9)


def test_angles_without_values_are_refused() -> None:
    rows = Rows([vector("theta", 2)]).add("rz", 0, angles=[(0.0, [(1.0, 1)])])
    with pytest.raises(InvalidProgram) as refused:
        backend.emit(circuit(rows, 1))
    assert refused.value.diagnostics[0].message == "'theta' has no value"


SAMPLED: list[tuple[str, Circuit | DistributedCircuit, tuple[int, ...]]] = [
    ("teleport", teleport(1.1, [Sample((0,))]), (0,)),
    ("teleport-one", teleport(np.pi, [Sample((0,))]), (0,)),
    ("two-telegates", two_remote_gates(0.8, 1.9, [Sample((1, 0))]), (1, 0)),
    ("random", random_circuit(3, 4, 25, [Sample((0, 2, 3))]), (0, 2, 3)),
]


@pytest.mark.parametrize(("name", "program", "qubits"), SAMPLED, ids=[s[0] for s in SAMPLED])
def test_samples(name: str, program: Circuit | DistributedCircuit, qubits: tuple[int, ...]) -> None:
    (found,) = backend.run_shots(program, shots=4000, seed=11)
    assert isinstance(found, Outcomes)
    assert sum(found.counts.values()) == found.shots == 4000
    assert p_value(found.counts, distribution(program, qubits)) > 1e-4


@pytest.mark.parametrize(("theta", "phi"), [(0.8, 1.9), (2.5, 0.3)])
def test_a_distributed_program_samples_as_its_source(theta: float, phi: float) -> None:
    program = two_remote_gates(theta, phi, [Sample((0, 1))])
    exact = distribution(program.placed.circuit, (0, 1))
    np.testing.assert_allclose(distribution(program, (0, 1)), exact, atol=1e-12)
    (found,) = backend.run_shots(scheduled(program, [0] * 6), shots=4000, seed=5)
    assert isinstance(found, Outcomes)
    assert p_value(found.counts, exact) > 1e-4


def test_the_statistic_sees_a_wrong_program() -> None:
    (found,) = backend.run_shots(teleport(1.1, [Sample((0,))]), shots=4000, seed=11)
    assert isinstance(found, Outcomes)
    assert p_value(found.counts, distribution(teleport(1.3), (0,))) < 1e-4


def test_the_same_seed_gives_the_same_counts() -> None:
    program = two_remote_gates(0.8, 1.9, [Sample((0, 1))])
    runs = [backend.run_shots(program, shots=200, seed=s) for s in (3, 3, 4)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


HAMILTONIAN = Expectation(
    (
        PauliTerm(0.5, ()),
        PauliTerm(-1.5, ((0, "X"), (1, "Y"))),
        PauliTerm(0.7, ((1, "Y"), (2, "Z"))),
        PauliTerm(2.0, ((0, "Z"),)),
        PauliTerm(0.3, ((0, "Z"), (1, "X"))),
    )
)


def exact_mean(program: Circuit, output: Expectation) -> float:
    state = circuit_matrix(program)[:, 0]
    total = 0.0
    for term in output.terms:
        letters = dict(term.paulis)
        word = "".join(letters.get(q, "I") for q in range(program.n_qubits))
        total += term.coefficient * float(np.vdot(state, word_matrix(word) @ state).real)
    return total


def test_terms_are_read_together_where_they_agree() -> None:
    bases = settings([HAMILTONIAN, Sample((2,))])
    assert bases == ({0: "X", 1: "Y", 2: "Z"}, {0: "Z", 1: "X"})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_expectations(seed: int) -> None:
    program = random_circuit(seed, 3, 20, [HAMILTONIAN])
    (found,) = backend.run_shots(program, shots=20_000, seed=seed)
    assert isinstance(found, Mean)
    assert 0 < found.standard_error < 0.05
    assert abs(found.value - exact_mean(program, HAMILTONIAN)) < 4 * found.standard_error


def test_a_constant_expectation() -> None:
    constant = Expectation((PauliTerm(0.5, ()),))
    (found,) = backend.run_shots(random_circuit(1, 2, 3, [constant]), shots=10)
    assert found == Mean(0.5, 0.0, 10)


@pytest.mark.parametrize(("letter", "gates"), [("X", "h"), ("Y", "h s"), ("Z", "")])
@pytest.mark.parametrize("sign", [1, -1])
def test_basis_rotations(letter: str, gates: str, sign: int) -> None:
    rows = Rows()
    if sign < 0:
        rows.add("x", 0)
    for gate in gates.split():
        rows.add(gate, 0)
    program = circuit(rows, 1, outputs=[Expectation((PauliTerm(1.0, ((0, letter),)),))])
    (found,) = backend.run_shots(program, shots=50)
    assert found == Mean(sign, 0.0, 50)


def test_probability_and_overlap() -> None:
    rows = Rows().add("ry", 0, angles=[0.9]).add("ry", 1, angles=[0.2])
    rows.add("cx", 0, 1).add("h", 0)
    program = circuit(rows, 2, outputs=[Probability((1,)), Overlap((0,), (1,))])
    probability, overlap = backend.run_shots(program, shots=20_000, seed=2)
    assert isinstance(probability, Distribution)
    np.testing.assert_allclose(probability.frequencies, distribution(program, (1,)), atol=0.02)
    assert isinstance(overlap, Mean)
    assert abs(overlap.value - np.cos(0.35) ** 2) < 4 * overlap.standard_error


def test_conditional_gates_on_qubits_that_no_output_reads() -> None:
    text = """model code() {
      qubits d, a; bits s; h a; s = measure a; if s { x d }; if s { x a }
      return probability(s), expect(Z d), expect(X d)
    }"""
    stage = qdsl.loads(text).compile(verify=False).scheduled
    shares, z, x = backend.run_shots(stage, shots=4000, seed=3)
    assert abs(np.asarray(shares)[0] - 0.5) < 0.05
    assert np.asarray(z) == pytest.approx(2 * np.asarray(shares)[0] - 1, abs=1e-12)  # d repeats s
    assert abs(np.asarray(x)) < 0.08  # 5 standard errors


@pytest.mark.parametrize("names", [("a", "b"), ("p", "q"), ("sun", "outcome"), ("Z9", "outcomf")])
def test_outcomes_are_read_whatever_the_nodes_are_called(names: tuple[str, str]) -> None:
    """Qiskit has its registers in the order of their names."""
    p, q = names
    text = f"""network two {{ node {p} {{ qubits 1 }}; node {q} {{ qubits 1 }}
      link {p} -- {q} {{ rate 1 kHz }} }}
    model m() on two {{ qubits u, v; at {p} {{ x u }}; at {q} {{ cx u, v }}
      return expect(Z u), expect(Z u * Z v), probability(u, v) }}"""
    found = qdsl.loads(text).compile(verify=False).run(backend="qiskit", shots=50).outputs
    assert [found[0].mean, found[1].mean] == [-1, 1]
    assert found[2].values == {"11": 1.0}


def test_aers_words_where_it_fails() -> None:
    failed = SimpleNamespace(success=False, results=[], status="ERROR: no such gate")
    with pytest.raises(Refused, match="did not run the distributed program: ERROR: no such gate"):
        backend._counts(failed)


def test_text_is_the_circuit() -> None:
    from qiskit import qpy

    text = backend.emit_text(teleport(0.3, [Sample((0,))]))
    (read,) = qpy.load(BytesIO(decodebytes(text.encode())))
    assert read == backend.emit(teleport(0.3, [Sample((0,))]))


@pytest.mark.parametrize("device", ["fake_torino", "generic_5"])
def test_compiled_for_a_fake_device(device: str) -> None:
    program = scheduled(two_remote_gates(0.8, 1.9, [Sample((0, 1))]), [0] * 6)
    compiled = backend.compile_for(program, None, device)
    names = set(compiled.count_ops())
    assert names <= {"cz", "cx", "rz", "sx", "x", "measure", "reset", "if_else", "id"}
    assert {"measure", "if_else", "reset"} <= names


@pytest.mark.parametrize("device", ["fake_nairobbi", "generic_0", "generic_x", ""])
def test_an_unknown_device_is_refused(device: str) -> None:
    with pytest.raises(InvalidProgram) as refused:
        backend.compile_for(teleport(0.3), None, device)
    (problem,) = refused.value.diagnostics
    assert problem.code == "QDM757"
    assert device in problem.message
