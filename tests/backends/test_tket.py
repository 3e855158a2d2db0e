"""The pytket backend: unitaries, registers, symbols, boxes, messages, files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytket.circuit import CircBox, OpType
from pytket.circuit import Circuit as TketCircuit

from qdsl.backends import tket
from qdsl.backends._layout import lay_out
from qdsl.diagnostics.diagnostic import InternalError, InvalidProgram
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Sample
from qdsl.ir.values import DataReference
from tests.backends.matrices import circuit_matrix, encoding_matrix
from tests.backends.programs import (
    DATA,
    SOURCE_OPERATIONS,
    Rows,
    alone,
    any_operation,
    circuit,
    distributed,
    random_circuit,
    scheduled,
    teleport,
    two_remote_gates,
    vector,
)


def names_of(emitted: TketCircuit) -> list[str]:
    return [c.op.get_name() for c in emitted]


@pytest.mark.parametrize("name", SOURCE_OPERATIONS)
def test_every_operation_is_emitted(name: str) -> None:
    program, values = any_operation(name)
    emitted = tket.emit(program, values)
    silent = {"id", "move"}
    assert (emitted.n_gates == 0) == (name in silent)


@pytest.mark.parametrize("name", [n for n in SOURCE_OPERATIONS if BY_NAME[n].is_unitary])
def test_unitary_with_its_phase(name: str) -> None:
    program = alone(name)
    np.testing.assert_allclose(tket.emit(program).get_unitary(), circuit_matrix(program), atol=1e-9)


@pytest.mark.parametrize("name", sorted(tket.DIRECT))
def test_fallback_is_the_same_unitary(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = alone(name)
    direct = tket.emit(program).get_unitary()
    monkeypatch.setattr(tket, "DIRECT", {})
    emitted = tket.emit(program)
    assert {c.op.type for c in emitted} == {OpType.PauliExpBox}
    np.testing.assert_allclose(emitted.get_unitary(), direct, atol=1e-9)


@pytest.mark.parametrize("name", sorted(DATA))
def test_encodings(name: str) -> None:
    program, values = any_operation(name)
    unitary = tket.emit(program, values).get_unitary()
    expected = encoding_matrix(name, values["x"])
    # a state preparation is only said to be right on |00>
    columns = slice(0, 1) if name == "amplitude" else slice(None)
    np.testing.assert_allclose(unitary[:, columns], expected[:, columns], atol=1e-9)


@pytest.mark.parametrize("name", sorted(DATA))
def test_an_encoding_without_values_is_refused(name: str) -> None:
    program, _ = any_operation(name)
    with pytest.raises(InvalidProgram) as refused:
        tket.emit(program)
    assert [d.code for d in refused.value.diagnostics] == ["QDM756"]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("amplitude", [0, 0, 0, 0], "no direction"),
        ("amplitude", [1, float("nan"), 0, 0], "no direction"),
        ("amplitude", [1, 2, 3], "3 numbers; 4 are wanted"),
        ("relabel", [0, 1, 2, 2], "no perfect matching of 0 to 3"),
    ],
)
def test_data_that_encode_nothing(name: str, data: list[float], problem: str) -> None:
    program, _ = any_operation(name)
    with pytest.raises(InvalidProgram) as refused:
        tket.emit(program, {"x": data})
    (diagnostic,) = refused.value.diagnostics
    assert problem in diagnostic.message
    assert "'x'" in str(diagnostic.help)


def test_symbols_and_products() -> None:
    theta, x = vector("theta", 2, 2), vector("x", 1, start=4)
    rows = Rows([theta, x])
    product = rows.angles.product([3, 4])
    rows.add("rz", 0, angles=[(0.5, [(2.0, 3), (-1.0, product)])])
    rows.add("rx", 0, angles=[0.25]).add("rot", 0, 1, angles=[(0.0, [(1.0, 0)])], word="XY")
    program = circuit(rows, 2)
    symbolic = tket.emit(program)
    assert {str(s) for s in symbolic.free_symbols()} == {"theta_0", "theta_3", "x_0"}
    given = {"theta": np.array([[0.3, 0.0], [0.0, 1.1]]), "x": np.array([0.7])}
    numbers = dict(zip(("theta_0", "theta_3", "x_0"), (0.3, 1.1, 0.7), strict=True))
    symbolic.symbol_substitution({s: numbers[str(s)] for s in symbolic.free_symbols()})
    expected = tket.emit(program, given).get_unitary()
    np.testing.assert_allclose(symbolic.get_unitary(), expected, atol=1e-9)


def test_a_missing_vector_is_named() -> None:
    rows = Rows([vector("a", 1), vector("b", 1, start=1)]).add("rz", 0, angles=[(0, [(1, 1)])])
    with pytest.raises(InvalidProgram) as refused:
        tket.emit(circuit(rows, 1), {"a": [1.0]})
    assert refused.value.diagnostics[0].message == "'b' has no value"


def test_conditions_and_measurements() -> None:
    rows = Rows().add("h", 0).add("measure", 0, to=0).add("rz", 1, angles=[1.0], when=(0, 0))
    rows.add("rot", 0, 1, angles=[0.2], word="XX", when=(0, 1)).add("reset", 0, when=(0, 1))
    emitted = tket.emit(circuit(rows, 2, n_bits=2))
    assert [(r.name, r.size) for r in emitted.q_registers] == [("q", 2)]
    assert [(r.name, r.size) for r in emitted.c_registers] == [("c", 2)]
    conditional = [c for c in emitted if c.op.type is OpType.Conditional]
    assert [str(c.args[0]) for c in conditional] == ["c[0]"] * 3


@pytest.mark.parametrize("copies", [False, True])
def test_messages(copies: bool) -> None:
    emitted = tket.emit(teleport(0.4), copies=copies)
    assert names_of(emitted).count("CopyBits") == (2 if copies else 0)
    bits = {str(c.args[0]) for c in emitted if c.op.type is OpType.Conditional}
    owner = "bob" if copies else "alice"
    assert bits == {f"{owner}_bits[0]", f"{owner}_bits[1]"}


def test_pairs_stay_recognisable() -> None:
    program = two_remote_gates(0.3, 0.4)
    for stage in (program, scheduled(program, [0] * 6)):
        found = tket.emit(stage).commands_of_type(OpType.CircBox)
        boxes = [c for c in found if isinstance(c.op, CircBox) and c.op.circuit_name == "EPR"]
        assert len(boxes) == 2
        assert [str(q) for q in boxes[0].qubits] == ["alice_comm[0]", "bob_comm[0]"]


def test_a_reused_qubit_is_reset() -> None:
    program = two_remote_gates(0.3, 0.4)
    emitted = tket.emit(scheduled(program, [0] * 6))
    registers = {r.name: r.size for r in emitted.q_registers}
    assert registers == dict.fromkeys(("alice_data", "bob_data", "alice_comm", "bob_comm"), 1)
    resets = [str(c.qubits[0]) for c in emitted if c.op.type is OpType.Reset]
    assert sorted(resets) == ["alice_comm[0]", "bob_comm[0]"]
    apart = tket.emit(program)
    assert {r.name: r.size for r in apart.q_registers}["alice_comm"] == 2
    assert all(c.op.type is not OpType.Reset for c in apart)


def test_two_wires_in_one_qubit_are_refused() -> None:
    source = circuit(Rows().add("cx", 0, 1), 2)
    rows = Rows().add("h", 0).add("cx", 0, 1)
    program = distributed(source, rows, [(0, False), (0, False)], [], [0, 1])
    with pytest.raises(InternalError, match="one-wire-a-qubit"):
        tket.emit(scheduled(program, [0, 0]))


def test_rows_follow_the_clock() -> None:
    source = circuit(Rows().add("h", 0).add("x", 1), 2)
    program = distributed(
        source, Rows().add("h", 0).add("x", 1), [(0, False), (1, False)], [], [0, 1]
    )
    timed = scheduled(program, [0, 0])
    timed.start_ns[:] = [10, 0]
    assert [s.row.op.name for s in lay_out(timed).steps] == ["x", "h"]


def test_a_sent_bit_keeps_its_value_when_the_sender_measures_again() -> None:
    source = circuit(Rows().add("h", 0), 1)
    rows = Rows().add("x", 0).add("measure", 0, to=0).add("send", 0, to=1).add("x", 0)
    rows.add("measure", 0, to=0).add("x", 1, when=(1, 1)).add("x", 1, when=(0, 1))
    program = distributed(source, rows, [(0, False), (1, False)], [0, 1], [0], [0])
    layout = lay_out(program)
    reads = [s.condition[0] for s in layout.steps if s.condition]
    writes = [s.writes for s in layout.steps if s.writes]
    assert reads == writes
    assert len(set(writes)) == 2
    assert layout.final_bit == (writes[1],)


def test_a_sent_bit_overwritten_on_a_condition_is_refused() -> None:
    source = circuit(Rows().add("h", 0), 1)
    rows = Rows().add("measure", 0, to=0).add("send", 0, to=1)
    rows.add("measure", 0, to=0, when=(1, 1))
    program = distributed(source, rows, [(0, False)], [0, 1], [0])
    with pytest.raises(InternalError, match="sent-bit-kept"):
        tket.emit(program)
    assert "CopyBits" in names_of(tket.emit(program, copies=True))


def test_samples_are_measured() -> None:
    program = circuit(Rows().add("h", 0), 3, outputs=[Sample((2, 0))])
    measured = [
        (str(c.qubits[0]), str(c.bits[0]))
        for c in tket.emit(program).commands_of_type(OpType.Measure)
    ]
    assert sorted(measured) == [("q[0]", "outcome[0]"), ("q[2]", "outcome[1]")]


@pytest.mark.parametrize("name", ["Q", "_q", "naïve", "9", "outcome", "gate"])
def test_register_names_pytket_accepts(name: str) -> None:
    from dataclasses import replace

    from qdsl.ir.stages import Register

    program = circuit(Rows().add("h", 0), 1, n_bits=1, outputs=[Sample((0,))])
    named = replace(
        program, registers=(Register(name, 0, 1),), bit_registers=(Register(name, 0, 1),)
    )
    assert tket.emit(named).n_qubits == 1


def test_short_data_are_filled_up() -> None:
    rows = Rows([vector("x", 3, kind="real")], [DataReference("x", "real", 0, (3,))])
    program = circuit(rows.add("amplitude", 0, 1, to=0), 2)
    state = tket.emit(program, {"x": [3.0, 0.0, 4.0]}).get_statevector()
    np.testing.assert_allclose(state, [0.6, 0, 0.8, 0], atol=1e-9)


def test_data_too_long_for_their_qubits_are_refused() -> None:
    rows = Rows([vector("x", 4, kind="real")], [DataReference("x", "real", 0, (4,))])
    with pytest.raises(InternalError, match="encoding-fits-its-qubits"):
        tket.emit(circuit(rows.add("diagonal", 0, to=0), 1), {"x": np.ones(4)})


def test_files(tmp_path: Path) -> None:
    theta = vector("theta", 2)
    for stage, values in (
        (two_remote_gates(0.3, 0.4), None),
        (any_operation("amplitude")[0], {"x": DATA["amplitude"][1]}),
        (circuit(Rows([theta]).add("rz", 0, angles=[(0.1, [(2.0, 1)])]), 1), None),
    ):
        emitted = tket.emit(stage, values)
        tket.save(emitted, tmp_path / "circuit.json")
        assert tket.load(tmp_path / "circuit.json") == emitted
        assert (tmp_path / "circuit.json").read_text() == tket.emit_text(stage, values)


def test_random_circuits() -> None:
    for seed in range(5):
        program = random_circuit(seed, 4, 30)
        np.testing.assert_allclose(
            tket.emit(program).get_unitary(), circuit_matrix(program), atol=1e-8
        )
