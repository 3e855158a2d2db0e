"""The JAX backend against Qiskit's gate library and a plain simulation of every branch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import pi
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from qiskit.circuit import library

from qdsl.backends import _jax_blocks
from qdsl.backends._jax_tape import Merge, tape
from qdsl.backends.jax import (
    compile_function,
    final_state,
    memory_needed,
    precise,
    sample,
)
from qdsl.diagnostics import InternalError
from qdsl.ir.operations import OPERATIONS
from qdsl.ir.stages import (
    Circuit,
    DistributedCircuit,
    Expectation,
    Output,
    Overlap,
    PauliTerm,
    Probability,
    Sample,
)
from qdsl.ir.values import DataReference, ValueVector
from tests.backends.exact import branches, distribution
from tests.backends.matrices import PAULI, Matrix, on_qubits, operation_matrix
from tests.backends.programs import (
    ANGLES,
    UNITARY,
    Rows,
    alone,
    circuit,
    random_circuit,
    scheduled,
    vector,
)
from tests.protocols import PROTOCOLS, teledata

QISKIT: dict[str, Any] = {
    "id": library.IGate, "x": library.XGate, "y": library.YGate, "z": library.ZGate,
    "h": library.HGate, "s": library.SGate, "sdg": library.SdgGate, "t": library.TGate,
    "tdg": library.TdgGate, "sx": library.SXGate, "sxdg": library.SXdgGate, "rx": library.RXGate,
    "ry": library.RYGate, "rz": library.RZGate, "p": library.PhaseGate, "u": library.UGate,
    "cx": library.CXGate, "cy": library.CYGate, "cz": library.CZGate, "cp": library.CPhaseGate,
    "crx": library.CRXGate, "cry": library.CRYGate, "crz": library.CRZGate,
    "ch": library.CHGate, "rxx": library.RXXGate, "ryy": library.RYYGate, "rzz": library.RZZGate,
    "swap": library.SwapGate, "ccx": library.CCXGate, "ccz": library.CCZGate,
    "cswap": library.CSwapGate,
}  # fmt: skip


def qiskit_matrix(name: str, angles: tuple[float, ...]) -> Matrix:
    """Qiskit's matrix with its qubit 0 made the most significant."""
    little = np.asarray(QISKIT[name](*angles).to_matrix(), np.complex128)
    n = len(little).bit_length() - 1
    order = [*reversed(range(n)), *(n + q for q in reversed(range(n)))]
    return little.reshape((2,) * 2 * n).transpose(order).reshape(2**n, 2**n)


def word(n: int, paulis: dict[int, str]) -> Matrix:
    matrix: Matrix = np.ones((1, 1), np.complex128)
    for q in range(n):
        matrix = np.kron(matrix, PAULI[paulis.get(q, "I")]).astype(np.complex128)
    return matrix


def expectation(*terms: tuple[float, dict[int, str]]) -> Expectation:
    return Expectation(tuple(PauliTerm(c, tuple(sorted(p.items()))) for c, p in terms))


@pytest.fixture(params=["direct", "blocks"])
def narrow_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test that takes this runs in both ways, the second with blocks of three lanes."""
    if request.param == "blocks":
        monkeypatch.setattr(_jax_blocks, "SMALL", 3)
        monkeypatch.setattr(_jax_blocks, "WIDTH", 3)
        monkeypatch.setattr(_jax_blocks, "DEPTH", 7)


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


def plain_state(program: Circuit) -> Matrix:
    (branch,) = branches(program, program.n_qubits)
    return branch.state.reshape(-1)


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
            psi = _on_axes(qiskit_matrix(row.op.name, ()), row.operands, psi)
            continue
        turned = psi
        for q, letter in zip(row.operands, program.table.words[row.attr], strict=True):
            turned = _on_axes(PAULI[letter], (q,), turned)
        angle = program.values.angles.constant[row.angle]
        psi = np.cos(angle / 2) * psi - 1j * np.sin(angle / 2) * turned
    return psi.reshape(-1)


def _on_axes(matrix: Matrix, axes: tuple[int, ...], psi: Matrix) -> Matrix:
    k = len(axes)
    moved = np.tensordot(matrix.reshape((2,) * 2 * k), psi, (range(k, 2 * k), axes))
    return np.moveaxis(moved, range(k), axes)


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


# ---- measurement -------------------------------------------------------------------------


def random_program(seed: int, outputs: tuple[Output, ...] = ()) -> Circuit:
    """Gates, measurements, resets, all of them conditional at times."""
    random = np.random.default_rng(seed)
    rows = Rows()
    for _ in range(30):
        qubits = random.permutation(3).tolist()
        when = (int(random.integers(2)), int(random.integers(2))) if random.random() < 0.4 else None
        match random.integers(6):
            case 0:
                rows.add("measure", qubits[0], to=int(random.integers(2)), when=when)
            case 1 if random.random() < 0.6:
                rows.add("reset", qubits[0], when=when)
            case 2 | 3:
                rows.add("cx", *qubits[:2], when=when)
            case _:
                rows.add("u", qubits[0], angles=random.normal(size=3).tolist(), when=when)
    return circuit(rows, 3, 2, outputs)


def brute_branches(program: Circuit) -> Iterator[tuple[dict[int, int], Matrix]]:
    """Every history, conditions on measurements and resets included."""
    zero = np.zeros((2,) * program.n_qubits, np.complex128)
    zero[(0,) * program.n_qubits] = 1
    alive: list[tuple[dict[int, int], Matrix]] = [({}, zero)]
    for row in program.table:
        following: list[tuple[dict[int, int], Matrix]] = []
        for bits, psi in alive:
            if row.condition is not None and bits.get(row.condition[0], 0) != row.condition[1]:
                following.append((bits, psi))
            elif row.op.is_unitary:
                angles = tuple(program.values.angles.constant[list(row.angles)].tolist())
                matrix = qiskit_matrix(row.op.name, angles)
                following.append((bits, _on_axes(matrix, row.operands, psi)))
            else:
                for value in (0, 1):
                    kept = np.zeros_like(psi)
                    target = 0 if row.op.name == "reset" else value
                    source = np.moveaxis(psi, row.operands[0], 0)[value]
                    np.moveaxis(kept, row.operands[0], 0)[target] = source
                    written = {row.attr: value} if row.op.name == "measure" else {}
                    if np.vdot(kept, kept).real > 1e-14:
                        following.append((bits | written, kept))
        alive = following
    yield from alive


@pytest.mark.usefixtures("narrow_blocks")
@pytest.mark.parametrize("seed", range(4))
def test_measured_programs_are_sums_over_histories(seed: int) -> None:
    mean_of = expectation((1.0, {0: "X", 1: "Z"}), (0.5, {2: "Y"}), (2.0, {1: "Z"}))
    outputs = (Probability((2, 0, 1)), mean_of)
    program = random_program(seed, outputs)
    shares, mean = np.zeros(8), 0.0
    observable = word(3, {0: "X", 1: "Z"}) + 0.5 * word(3, {2: "Y"}) + 2 * word(3, {1: "Z"})
    for _, psi in brute_branches(program):
        shares += (abs(psi) ** 2).transpose(2, 0, 1).reshape(-1)
        mean += float(np.vdot(psi.reshape(-1), observable @ psi.reshape(-1)).real)
    found = compile_function(program)({})
    assert np.allclose(found[0], shares)
    assert found[1] == pytest.approx(mean)


def test_samples_are_joint_and_repeat() -> None:
    rows = Rows().add("ry", 0, angles=[1.0]).add("cx", 0, 1).add("measure", 0, to=1)
    rows.add("x", 2, when=(1, 1)).add("measure", 2, to=2)
    program = circuit(rows, 3, 4, (Sample((1, 2)), Sample((0,))))
    found = sample(program, {}, shots=4000, seed=9)
    pair, single = found.outputs
    assert pair.shape == (4000, 2) and single.shape == (4000, 1) and found.bits.shape == (4000, 4)
    assert (pair == single).all()
    assert (found.bits[:, 1] == single[:, 0]).all() and (found.bits[:, 2] == single[:, 0]).all()
    assert not found.bits[:, [0, 3]].any()
    assert single.mean() == pytest.approx(np.sin(0.5) ** 2, abs=0.03)
    again, other = (sample(program, {}, shots=4000, seed=s) for s in (9, 10))
    assert (again.outputs[0] == pair).all() and (again.bits == found.bits).all()
    assert (other.outputs[0] != pair).any()


def test_a_mixture_has_no_final_state() -> None:
    with pytest.raises(ValueError, match="mixture"):
        final_state(circuit(Rows().add("h", 0).add("measure", 0, to=0), 1, 1), {})


# ---- distributed programs ----------------------------------------------------------------


@pytest.mark.usefixtures("narrow_blocks")
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_gives_the_source_state(name: str) -> None:
    program = _turned(PROTOCOLS[name]())
    found, wanted = final_state(program, {}), plain_state(_turned_source(program.placed.circuit))
    assert abs(np.vdot(found, wanted)) == pytest.approx(1, abs=1e-12)
    merges = sum(isinstance(step, Merge) for step in tape(program).steps)
    assert merges == sum(row.op.name == "measure" for row in program.table)


@pytest.mark.parametrize("omit", ["x", "z"])
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_dropped_correction_breaks_the_merge(name: str, omit: str) -> None:
    """On inputs that the correction matters for: both qubits turned out of the Pauli axes."""
    program = _turned(PROTOCOLS[name](omit))
    with pytest.raises(InternalError, match="branches-merge-exactly"):
        final_state(program, {})


def _turned_rows(program: Circuit | DistributedCircuit) -> Rows:
    """Single-qubit gates on both data qubits, then the rows of the program."""
    rows = Rows()
    for q in range(2):
        rows.add("u", q, angles=[0.9, 0.4 + q, -0.3])
    for row in program.table:
        angles = program.values.angles.constant[list(row.angles)].tolist()
        rows.add(row.op.name, *row.operands, angles=angles, to=row.attr, when=row.condition)
    return rows


def _turned_source(program: Circuit) -> Circuit:
    return circuit(_turned_rows(program), 2)


def _turned(program: DistributedCircuit) -> DistributedCircuit:
    rows = _turned_rows(program)
    role = np.concatenate([np.zeros(2, np.uint8), program.role])
    return replace(program, table=rows.table.build(), values=rows.values(), role=role)


@pytest.mark.usefixtures("narrow_blocks")
def test_corrections_in_either_order() -> None:
    """z before x leaves a sign that differs by branch: it must not count as a defect."""
    for order in ("xz", "zx"):
        program = _turned(teledata(order=order))
        assert final_state(program, {}).shape == (4,)


def test_outputs_of_every_stage_agree() -> None:
    outputs = (expectation((1.0, {0: "X", 1: "Z"}), (0.3, {0: "Z"})), Sample((1, 0)))
    program = _turned(teledata(outputs=outputs))
    f = compile_function(scheduled(program, [0, 0, 0, 0]))
    (mean, shares), defect = f.with_defect({})
    assert defect < 1e-12
    wanted = np.asarray(branches(program, program.n_wires)[0].state)
    assert wanted.ndim == 4
    assert np.allclose(shares, distribution(program, (1, 0)))
    total = sum(
        np.vdot(b.state, _on_axes(PAULI["X"], (3,), _on_axes(PAULI["Z"], (1,), b.state))).real
        + 0.3 * np.vdot(b.state, _on_axes(PAULI["Z"], (3,), b.state)).real
        for b in branches(program, program.n_wires)
    )
    assert mean == pytest.approx(total)


@pytest.mark.slow
def test_gradients_pass_through_teleportation() -> None:
    """d<Z> of ry(w) before a teleportation is -sin w."""
    w = ValueVector("w", "param", "angle", (1,), None, 0)
    base = teledata(outputs=(expectation((1.0, {0: "Z"})),))
    rows = Rows([w]).add("ry", 0, angles=[(0.0, [(1.0, 0)])])
    for row in list(base.table)[: [r.op.name for r in base.table].index("ry") - 1]:
        rows.add(row.op.name, *row.operands, to=row.attr, when=row.condition)
    role = np.concatenate([np.zeros(1, np.uint8), base.role])[: len(rows.table)]
    source = replace(base.placed.circuit, values=rows.values())
    placed = replace(base.placed, circuit=source)
    program = replace(
        base, placed=placed, table=rows.table.build(), values=rows.values(), role=role
    )
    f = compile_function(program)
    with precise():
        slope = jax.grad(lambda given: f(given)[0])({"w": jnp.array([0.6])})["w"]
    assert slope[0] == pytest.approx(-np.sin(0.6), abs=1e-9)


# ---- size --------------------------------------------------------------------------------


def test_memory_is_known_before_it_is_taken() -> None:
    small, wide = alone("ccx"), circuit(Rows().add("x", 39), 40)
    assert memory_needed(small) == 3 * 16 * 8
    assert memory_needed(wide) == 3 * 16 << 40
    with pytest.raises(ValueError, match="takes 40 qubits at once"):
        compile_function(wide)
    with pytest.raises(ValueError, match="the limit is"):
        final_state(small, {}, limit_bytes=100)


def test_lanes_are_used_again() -> None:
    """Many telegates need the lanes of two data qubits and one pair."""
    once = PROTOCOLS["telegate"]()
    rows = Rows()
    for k in range(5):
        for row in once.table:
            angles = once.values.angles.constant[list(row.angles)].tolist()
            wires = [w if w < 2 or row.op.name == "send" else w + 2 * k for w in row.operands]
            shift = 4 * k if row.op.name in ("measure", "send") else 0
            if row.op.name == "send":
                wires = [wires[0] + 4 * k]
            when = None if row.condition is None else (row.condition[0] + 4 * k, 1)
            rows.add(row.op.name, *wires, angles=angles, to=row.attr + shift, when=when)
    program = replace(
        once, table=rows.table.build(), values=rows.values(), role=np.tile(once.role, 5)
    )
    recorded = tape(program)
    assert recorded.n_lanes == 4 and not recorded.labels
    assert np.linalg.norm(final_state(program, {})) == pytest.approx(1)
