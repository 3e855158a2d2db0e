"""The JAX backend against Qiskit's gate library and a plain simulation of every branch."""

from __future__ import annotations

from dataclasses import replace
from math import pi
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qdsl.backends.jax.jax import (
    compile_function,
    final_state,
    precise,
)
from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.operations import OPERATIONS
from qdsl.ir.stages import (
    Circuit,
    Output,
    Overlap,
    Probability,
    Sample,
)
from qdsl.ir.values import DataReference, ValueVector
from tests.backends.exact import distribution
from tests.backends.jax.jax_cases import expectation, on_axes, plain_state, qiskit_matrix, word
from tests.backends.matrices import PAULI, Matrix, on_qubits, operation_matrix
from tests.backends.programs import (
    ANGLES,
    UNITARY,
    Rows,
    circuit,
    random_circuit,
    vector,
)

# ---- unitary operations ------------------------------------------------------------------


@pytest.mark.parametrize("name", [op.name for op in UNITARY])
def test_the_table_has_the_unitaries_of_qiskit(name: str) -> None:
    op = next(op for op in OPERATIONS if op.name == name)
    angles = ANGLES[: op.angles]
    assert np.allclose(operation_matrix(op, angles), qiskit_matrix(name, angles))


@pytest.mark.parametrize("arity", [1, 2, 3])
def test_every_operation_as_in_qiskit(arity: int) -> None:
    """All operations of one arity, one after the other, on half of a maximally entangled state:
    the final state holds their product as a matrix, the global phase included."""
    n, rows = arity, Rows()
    wanted: Matrix = np.eye(2**n, dtype=np.complex128)
    for q in range(n):
        rows.add("h", q).add("cx", q, n + q)
    for op in (op for op in UNITARY if op.arity == arity):
        angles = ANGLES[: op.angles]
        qubits = range(n, 2 * n) if arity == 1 else [n + 1, n, *range(n + 2, 2 * n)]
        rows.add(op.name, *qubits, angles=angles)
        here = tuple(q - n for q in qubits)
        wanted = on_qubits(qiskit_matrix(op.name, angles), here, n) @ wanted
    found = final_state(circuit(rows, 2 * n), {}).reshape(2**n, 2**n).T * 2 ** (n / 2)
    assert np.allclose(found, wanted)


@pytest.mark.usefixtures("narrow_blocks")
@pytest.mark.parametrize("seed", range(3))
def test_random_circuits(seed: int) -> None:
    program = random_circuit(seed, 5, 60)
    found = final_state(program, {})
    assert np.allclose(found, plain_state(program))


def test_wide_words_in_narrow_blocks() -> None:
    """12 qubits take the blocks' path; the words are wider than a block."""
    random = np.random.default_rng(5)
    rows = Rows()
    for _ in range(12):
        letters = "".join(random.choice(list("IXYZ"), 12))
        rows.add("rot", *random.permutation(12).tolist(), word=letters, angles=[random.normal()])
        rows.add("cx", *random.permutation(12)[:2].tolist())
    program = circuit(rows, 12)
    assert np.allclose(final_state(program, {}), _sparse_state(program))


def _sparse_state(program: Circuit) -> Matrix:
    """Words applied letter by letter, so that 12 qubits are no burden."""
    psi = np.zeros((2,) * program.n_qubits, np.complex128)
    psi[(0,) * program.n_qubits] = 1
    for row in program.table:
        if row.op.name != "rot":
            psi = on_axes(qiskit_matrix(row.op.name, ()), row.operands, psi)
            continue
        turned = psi
        for q, letter in zip(row.operands, program.table.words[row.attr], strict=True):
            turned = on_axes(PAULI[letter], (q,), turned)
        angle = program.values.angles.constant[row.angle]
        psi = np.cos(angle / 2) * psi - 1j * np.sin(angle / 2) * turned
    return psi.reshape(-1)


# ---- outputs -----------------------------------------------------------------------------


@pytest.mark.usefixtures("narrow_blocks")
def test_outputs() -> None:
    outputs: tuple[Output, ...] = (
        expectation((0.5, {0: "X", 3: "Y"}), (-2.0, {1: "Z"}), (1.5, {}), (1.0, {2: "Y", 4: "Z"})),
        Probability((3, 0)),
        Sample((4, 1, 2)),
        Overlap((0, 1), (3, 2)),
        expectation(),
    )
    program = random_circuit(7, 5, 40, outputs)
    psi = plain_state(program)
    found = compile_function(program)({})
    observable = 1.5 * np.eye(32) - 2 * word(5, {1: "Z"}) + 0.5 * word(5, {0: "X", 3: "Y"})
    observable = observable + word(5, {2: "Y", 4: "Z"})
    assert found[0] == pytest.approx(np.vdot(psi, observable @ psi).real)
    assert np.allclose(found[1], distribution(program, (3, 0)))
    assert np.allclose(found[2], distribution(program, (4, 1, 2)))
    bits = np.array([[i >> (4 - q) & 1 for q in range(5)] for i in range(32)])
    signs = (-1.0) ** (bits[:, 0] * bits[:, 3] + bits[:, 1] * bits[:, 2])
    assert found[3] == pytest.approx(abs(psi) ** 2 @ signs)
    assert found[4] == 0


def test_qubits_that_nothing_touches() -> None:
    outputs = (expectation((1.0, {1: "Z"})), Probability((1, 0)))
    found = compile_function(circuit(Rows().add("x", 0), 2, outputs=outputs))({})
    assert found[0] == 1
    assert np.allclose(found[1], [0, 1, 0, 0])
    assert np.allclose(final_state(circuit(Rows(), 2), {}), [1, 0, 0, 0])


# ---- values ------------------------------------------------------------------------------


def trainable(n: int = 3) -> Circuit:
    """Angles that are affine in the values, products included."""
    rows = Rows([vector("w", n), ValueVector("x", "data", "real", (n,), None, n)])
    for q in range(n):
        product = rows.angles.product([q, n + q])
        rows.add("h", q).add("rz", q, angles=[(0.2, [(2.0, product), (-1.0, n + q)])])
        rows.add("u", q, angles=[(0.1, [(1.0, q)]), (0.0, [(0.5, n + q)]), (0.3, [])])
        rows.add("cry", q, (q + 1) % n, angles=[(0.0, [(1.0, q)])])
    outputs = (expectation((1.0, {0: "Z"}), (0.5, {1: "X"})), Probability((0, 1)))
    return circuit(rows, n, outputs=outputs)


def with_constants(program: Circuit, values: dict[str, Any]) -> Circuit:
    """The same circuit with its angles evaluated."""
    angles = program.values.angles
    numbers = angles.evaluate(program.values.extend(program.values.flatten(values)))
    none = replace(
        angles,
        constant=numbers,
        term_start=np.zeros(len(angles) + 1, np.int32),
        coefficient=np.zeros(0),
        slot=np.zeros(0, np.int32),
    )
    return replace(program, values=replace(program.values, angles=none))


@pytest.fixture
def values() -> dict[str, Any]:
    return {"w": np.array([0.3, -0.7, 1.9]), "x": np.array([1.1, 0.0, -0.4])}


def test_angles_and_phase_follow_the_values(values: dict[str, Any]) -> None:
    program = trainable()
    assert np.allclose(final_state(program, values), plain_state(with_constants(program, values)))


def test_gradients_are_finite_differences(values: dict[str, Any]) -> None:
    f = compile_function(trainable())

    def loss(given: dict[str, Any]) -> Any:
        mean, shares = f(given)
        return mean + jnp.sum(shares**2)

    with precise():
        gradient = jax.jit(jax.grad(loss))(jax.tree.map(jnp.asarray, values))
        for name, array in values.items():
            for k in range(array.size):
                step = 1e-5 * np.eye(array.size)[k]
                up, down = (loss(values | {name: array + s}) for s in (step, -step))
                assert gradient[name][k] == pytest.approx(float(up - down) / 2e-5, abs=1e-8)


@pytest.mark.slow
def test_second_derivatives(values: dict[str, Any]) -> None:
    f = compile_function(trainable(2))
    x, w, step = values["x"][:2], jnp.asarray([0.3, -0.7]), np.array([0.0, 1e-5])
    with precise():
        slope = jax.jit(jax.grad(lambda w: f({"w": w, "x": x})[0]))
        columns = jax.jit(jax.jacfwd(slope))(w)[:, 1]
        assert np.allclose(columns, (slope(w + step) - slope(w - step)) / 2e-5, atol=1e-7)


def test_items_by_vmap_are_a_loop(values: dict[str, Any]) -> None:
    f = compile_function(trainable())
    items = np.random.default_rng(0).normal(size=(4, 3))
    means, shares = f.over_items({"w": values["w"]}, {"x": items})
    for k, item in enumerate(items):
        mean, share = f(values | {"x": item})
        assert means[k] == pytest.approx(float(mean), abs=1e-12)
        assert np.allclose(shares[k], share)


def test_precision_follows_the_caller(values: dict[str, Any]) -> None:
    f = compile_function(trainable())
    before = jax.config.jax_enable_x64  # type: ignore[attr-defined]
    assert f(values)[0].dtype == np.float64
    assert jax.jit(f)(values)[0].dtype == np.float32
    with precise():
        assert jax.jit(f)(values)[0].dtype == np.float64
    assert compile_function(trainable(), dtype="complex64")(values)[0].dtype == np.float32
    assert jax.config.jax_enable_x64 == before  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="needs x64"):
        jax.jit(compile_function(trainable(), dtype="complex128"))(values)
    with pytest.raises(ValueError, match="is not one of"):
        compile_function(trainable(), dtype="float16")


def test_wrong_values_are_refused(values: dict[str, Any]) -> None:
    f = compile_function(trainable())
    with pytest.raises(KeyError):
        f({"w": values["w"]})
    with pytest.raises(ValueError, match="'w' has 2 numbers; 3 are wanted"):
        f(values | {"w": np.zeros(2)})


# ---- encodings ---------------------------------------------------------------------------


def encoding(name: str, kind: str, *shape: int) -> Circuit:
    x = ValueVector("x", "data", kind, shape, None, 0)
    rows = Rows([x], [DataReference("x", kind, 0, shape)])
    if name != "amplitude":
        rows.add("h", 0).add("ry", 2, angles=[0.4]).add("cx", 2, 0).add("t", 0)
    return circuit(rows.add(name, 2, 0, to=0).add("cx", 0, 1), 3)


def encoded(rest: Circuit, matrix: Matrix) -> Matrix:
    """`matrix` on qubits 2, 0 after the other rows, then cx."""
    rows = Rows().add("h", 0).add("ry", 2, angles=[0.4]).add("cx", 2, 0).add("t", 0)
    psi = plain_state(circuit(rows, 3)) if rest.table.row(0).op.name == "h" else np.eye(8)[0]
    return on_qubits(qiskit_matrix("cx", ()), (0, 1), 3) @ on_qubits(matrix, (2, 0), 3) @ psi


def test_amplitudes_are_normalised_and_padded() -> None:
    program = encoding("amplitude", "real", 3)
    x = np.array([3.0, 0.0, -4.0])
    isometry = np.outer([0.6, 0.0, -0.8, 0.0], [1, 0, 0, 0]).astype(np.complex128)
    assert np.allclose(final_state(program, {"x": x}), encoded(program, isometry))
    with pytest.raises(ValueError, match="'x' is all zero"):
        final_state(program, {"x": np.zeros(3)})


@pytest.mark.parametrize(("kind", "radians"), [("bits", pi), ("real", 1.0), ("angle", 1.0)])
def test_phases(kind: str, radians: float) -> None:
    x = np.array([1.0, 0.0, 1.0]) if kind == "bits" else np.array([0.3, -2.0, 5.0])
    program = encoding("diagonal", kind, 3)
    diagonal = np.diag(np.exp(1j * radians * np.append(x, 0.0)))
    assert np.allclose(final_state(program, {"x": x}), encoded(program, diagonal))


def test_relabelling_makes_pairs_neighbours() -> None:
    program = encoding("relabel", "matching", 2, 2)
    matching = np.array([[2, 0], [1, 3]])
    permutation = np.zeros((4, 4), np.complex128)
    for e, pair in enumerate(matching):
        for side in range(2):
            permutation[2 * e + side, pair[side]] = 1
    assert np.allclose(final_state(program, {"x": matching}), encoded(program, permutation))
    with pytest.raises(ValueError, match="not a perfect matching"):
        final_state(program, {"x": np.array([[2, 0], [2, 3]])})


def test_an_encoding_on_used_qubits_is_refused() -> None:
    x = ValueVector("x", "data", "real", (2,), None, 0)
    rows = Rows([x], [DataReference("x", "real", 0, (2,))]).add("h", 0).add("amplitude", 0, to=0)
    with pytest.raises(InternalError, match="outside"):
        final_state(circuit(rows, 1), {"x": np.ones(2)})


def test_a_conditional_encoding() -> None:
    """Where the bit is 0 the phases stay out."""
    x = ValueVector("x", "data", "bits", (2,), None, 0)
    rows = Rows([x], [DataReference("x", "bits", 0, (2,))]).add("ry", 1, angles=[0.9]).add("h", 0)
    rows.add("measure", 1, to=0).add("diagonal", 0, to=0, when=(0, 1))
    program = circuit(rows, 2, 1, (expectation((1.0, {0: "X"})),))
    assert compile_function(program)({"x": np.array([0.0, 1.0])})[0] == pytest.approx(np.cos(0.9))
