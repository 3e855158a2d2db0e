"""Measurement, feed-forward and communication in the JAX backend, by sums over histories."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qdsl.backends.jax.jax import (
    compile_function,
    final_state,
    memory_needed,
    precise,
    sample,
)
from qdsl.backends.jax.tape import Merge, tape
from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.stages import (
    Circuit,
    DistributedCircuit,
    Output,
    Probability,
    Sample,
)
from qdsl.ir.values import ValueVector
from tests.backends.exact import branches, distribution
from tests.backends.jax.jax_cases import expectation, on_axes, plain_state, qiskit_matrix, word
from tests.backends.matrices import PAULI, Matrix
from tests.backends.programs import (
    Rows,
    alone,
    circuit,
    scheduled,
)
from tests.protocols import PROTOCOLS, teledata

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
                following.append((bits, on_axes(matrix, row.operands, psi)))
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
        np.vdot(b.state, on_axes(PAULI["X"], (3,), on_axes(PAULI["Z"], (1,), b.state))).real
        + 0.3 * np.vdot(b.state, on_axes(PAULI["Z"], (3,), b.state)).real
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


@pytest.mark.slow
def test_what_is_too_wide_is_refused_in_little_memory() -> None:
    n, rows = 20_000, Rows()
    for qubit in range(n):
        rows.add("h", qubit).add("measure", qubit, to=qubit).add("x", qubit)
    tracemalloc.start()
    with pytest.raises(ValueError, match=f"takes {2 * n} qubits at once"):
        compile_function(circuit(rows, n))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2**27  # a mask over all lanes at each step: 150 MB and more


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
