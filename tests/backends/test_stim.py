"""The stim backend: what stim draws, what it reads back, and what it has no form for."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

pytest.importorskip("stim", reason="the extra `clifford` is not installed")

import stim

import qdsl
from qdsl.backends import stim as backend
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit, Sample
from tests.backends.matrices import circuit_matrix
from tests.backends.mid_circuit import CLIFFORD, assert_same, compiled, p_values, read_qubits
from tests.backends.programs import DATA, UNITARY, Rows, any_operation, circuit, vector

SHOTS = 4000


@pytest.mark.parametrize("name", CLIFFORD)
def test_samples_are_those_of_our_simulator(name: str) -> None:
    text = compiled(name).emit_text("stim")
    read = stim.Circuit(text)
    assert read == compiled(name).emit("stim")
    assert_same(name, outcomes(read, name))


def outcomes(program: stim.Circuit, name: str) -> np.ndarray:
    drawn = program.compile_sampler(seed=5).sample(SHOTS)
    return np.asarray(drawn[:, -len(read_qubits(name)) :], np.int64)


def test_a_correction_that_is_left_out_is_seen() -> None:
    whole = compiled("feed-forward").emit("stim")
    assert "rec[" in str(whole)
    without = stim.Circuit("\n".join(x for x in str(whole).splitlines() if "rec[" not in x))
    assert min(p_values("feed-forward", outcomes(without, "feed-forward"))) < 1e-4


QUARTERS = [op.name for op in UNITARY if op.name not in {"t", "tdg", "ch", "ccx", "ccz", "cswap"}]


@pytest.mark.parametrize("name", QUARTERS)
def test_unitaries_by_half_turns(name: str) -> None:
    op = BY_NAME[name]
    angle = 2 * pi if name.startswith("cr") else pi
    program = circuit(
        Rows().add(name, *range(op.arity or 1), angles=[angle] * op.angles), op.arity or 1
    )
    assert_unitary(program)


@pytest.mark.parametrize("quarters", range(-1, 5))
def test_words_by_quarter_turns(quarters: int) -> None:
    rows = (
        Rows()
        .add("rot", 2, 0, 3, angles=[quarters * pi / 2], word="XZY")
        .add("ry", 1, angles=[pi / 2])
    )
    assert_unitary(circuit(rows, 4))


def assert_unitary(program: Circuit) -> None:
    found = backend.emit(program).to_tableau(ignore_reset=True).to_unitary_matrix(endian="big")
    overlap = np.vdot(found, circuit_matrix(program))
    assert abs(overlap) == pytest.approx(2**program.n_qubits)


def test_encodings_that_are_clifford() -> None:
    program = qdsl.loads(
        "model m() { data x: bits[4]\n qubits q[2]; h q; diagonal(x) q; h q; return sample(q) }"
    ).compile(verify=False)
    found = program.emit("stim", {"x": [0, 1, 0, 1]})
    assert found.compile_sampler().sample(3)[:, -2:].tolist() == [[False, True]] * 3


@pytest.mark.parametrize("name", DATA)
def test_every_encoding_is_emitted_or_refused(name: str) -> None:
    program, values = any_operation(name)
    if name in {"diagonal", "relabel"}:
        assert backend.emit(program, values).num_qubits == 2
        return
    with pytest.raises(InvalidProgram, match=f"`{name}` is no Clifford operation here"):
        backend.emit(program, values)


def test_data_that_encode_nothing_are_refused() -> None:
    program, _ = any_operation("relabel")
    with pytest.raises(InvalidProgram, match="no perfect matching"):
        backend.emit(program, {"x": [[0.0, 0.0], [1.0, 3.0]]})


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (Rows().add("t", 0), "`t` is no Clifford operation here"),
        (Rows().add("rz", 0, angles=[0.3]), "`rz` is no Clifford operation here"),
        (Rows().add("rot", 0, 1, angles=[0.3], word="XX"), "`rot` is no Clifford operation here"),
        (
            Rows().add("measure", 0, to=0).add("h", 1, when=(0, 1)),
            "`h` depends on a bit, and is no Pauli operator",
        ),
        (
            Rows().add("measure", 0, to=0).add("reset", 1, when=(0, 1)),
            "`reset` depends on a bit, and is no Pauli operator",
        ),
    ],
)
def test_what_stim_cannot_say(rows: Rows, message: str) -> None:
    with pytest.raises(InvalidProgram) as refused:
        backend.emit(circuit(rows, 2, 1, [Sample((0,))]))
    assert [(d.code, d.message) for d in refused.value.diagnostics] == [("QDM758", message)]


def test_angles_without_values_are_refused() -> None:
    rows = Rows([vector("theta", 2)]).add("rz", 0, angles=[(0.0, [(1.0, 1)])])
    with pytest.raises(InvalidProgram, match="'theta' has no value"):
        backend.emit(circuit(rows, 1))
    assert str(backend.emit(circuit(rows, 1), {"theta": [0.0, pi / 2]})).endswith("S 0")


def test_a_bit_that_nothing_wrote_is_0() -> None:
    rows = Rows().add("x", 0, when=(0, 1)).add("z", 0, when=(0, 0))
    assert str(backend.emit(circuit(rows, 1, 1))).splitlines()[1:] == ["Z 0"]
