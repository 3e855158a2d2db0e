"""The exact channel comparison: right protocols pass, broken ones and different gates do not."""

from __future__ import annotations

from dataclasses import replace
from time import process_time

import numpy as np
import pytest

from qdsl.ir.random_values import random_slot_values
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.ir.values import DataReference, ValueVector
from qdsl.verify.simulation import channel
from qdsl.verify.simulation.channel import (
    affordable,
    channel_distance,
    equal_channels,
)
from qdsl.verify.simulation.evolution import ChannelRun, ChannelSide
from tests.backends.matrices import circuit_matrix
from tests.backends.programs import Rows, circuit, distributed, random_circuit
from tests.protocols import PROTOCOLS

NONE = np.zeros(0)


def as_distributed(
    source: Circuit, rows: Rows | None = None, n_bits: int = 0
) -> DistributedCircuit:
    """`rows` (or the source's own) on wires that are the source's qubits."""
    wires = [(0, False)] * source.n_qubits
    final, bits = range(source.n_qubits), range(source.n_bits)
    program = distributed(source, rows or Rows(), wires, [0] * max(n_bits, len(bits)), final, bits)
    return program if rows else replace(program, table=source.table, values=source.values)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_is_the_gate(name: str) -> None:
    program = PROTOCOLS[name]()
    verdict = equal_channels(program.placed.circuit, program)
    assert verdict.equal and verdict.method == "choi", verdict


@pytest.mark.parametrize("omit", ["x", "z"])
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_dropped_correction_is_seen(name: str, omit: str) -> None:
    program = PROTOCOLS[name](omit)
    assert channel_distance(program.placed.circuit, program, NONE) > 0.1
    assert not equal_channels(program.placed.circuit, program).equal


@pytest.mark.parametrize("seed", range(4))
def test_the_distance_of_unitaries(seed: int) -> None:
    """Choi states of U and V are at distance sqrt(1 - |tr(U^+ V)|^2 / d^2)."""
    first, second = (random_circuit(10 * seed + k, 3, 12) for k in range(2))
    d = 8
    inner = np.trace(circuit_matrix(first).conj().T @ circuit_matrix(second)) / d
    distance = channel_distance(first, as_distributed(second), NONE)
    assert distance == pytest.approx(np.sqrt(1 - abs(inner) ** 2), abs=1e-9)
    assert channel_distance(first, as_distributed(first), NONE) < 1e-12


def test_measured_bits_count() -> None:
    """Writing the wrong bit, or one that is forgotten, is another channel; deferring is not."""
    source = circuit(Rows().add("h", 0).add("measure", 0, to=0).add("x", 1, when=(0, 1)), 2, 1)
    assert equal_channels(source, as_distributed(source)).equal
    flipped = Rows().add("h", 0).add("measure", 0, to=0).add("x", 1, when=(0, 0))
    assert not equal_channels(source, as_distributed(source, flipped)).equal
    deferred = Rows().add("h", 0).add("cx", 0, 1).add("measure", 0, to=0)
    assert equal_channels(source, as_distributed(source, deferred)).equal
    unmeasured = Rows().add("h", 0).add("cx", 0, 1)
    assert not equal_channels(source, as_distributed(source, unmeasured)).equal


def test_a_bit_never_read_again_is_no_difference() -> None:
    """Measuring into a forgotten bit is dephasing, in whatever way it is done."""
    source = circuit(Rows().add("measure", 0, to=0).add("measure", 1, to=0), 2, 1)
    rows = Rows().add("cx", 0, 2).add("reset", 2).add("measure", 1, to=0)
    program = as_distributed(source, rows)
    program = replace(
        program, wire_node=np.zeros(3, np.int16), wire_is_comm=np.array([False, False, True])
    )
    assert equal_channels(source, program).equal


def test_a_reset_is_no_measurement_and_undo() -> None:
    source = circuit(Rows().add("reset", 0), 2)
    corrected = Rows().add("measure", 0, to=0).add("x", 0, when=(0, 1))
    assert equal_channels(source, as_distributed(source, corrected, n_bits=1)).equal
    assert not equal_channels(source, as_distributed(source, Rows().add("id", 0))).equal


def test_encodings_use_the_values() -> None:
    vectors = [
        ValueVector("x", "data", "real", (3,), None, 0),
        ValueVector("b", "data", "bits", (4,), None, 3),
        ValueVector("m", "data", "matching", (2, 2), None, 7),
    ]
    references = [DataReference(v.name, v.kind, v.start, v.shape) for v in vectors]
    rows = Rows(vectors, references).add("amplitude", 0, 1, to=0).add("diagonal", 0, 1, to=1)
    source = circuit(rows.add("relabel", 0, 1, to=2), 2)
    verdict = equal_channels(source, as_distributed(source))
    assert verdict.equal and verdict.method == "state"
    swapped = Rows(vectors, references).add("amplitude", 0, 1, to=0).add("relabel", 0, 1, to=2)
    swapped.add("diagonal", 0, 1, to=1)
    values = np.array([0.3, -1.0, 2.0, 1, 0, 0, 1, 1, 2, 3, 0])
    assert channel_distance(source, as_distributed(source, swapped), values) > 0.1


def test_random_values_suit_their_kinds_and_repeat() -> None:
    kinds = {"bits": (8,), "matching": (4, 2), "int": (8,), "angle": (8,), "real": (8,)}
    vectors = [ValueVector(k, "data", k, s, None, 8 * i) for i, (k, s) in enumerate(kinds.items())]
    values = circuit(Rows(vectors), 1).values
    drawn = random_slot_values(values, 3)
    assert set(drawn[:8]) <= {0.0, 1.0}
    assert sorted(drawn[8:16]) == list(range(8))
    assert np.array_equal(drawn, random_slot_values(values, 3))
    assert not np.array_equal(drawn, random_slot_values(values, 4))


def test_what_is_too_large_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = circuit(Rows().add("x", 29), 30)
    assert not affordable(wide, as_distributed(wide))
    verdict = equal_channels(wide, as_distributed(wide))
    assert not verdict.equal and verdict.detail.startswith("undecided")
    monkeypatch.setattr("qdsl.verify.simulation.evolution.MAX_AMPLITUDES", 40)
    rows = Rows()
    for q in range(3):
        rows.add("measure", q, to=q)
    many = circuit(rows, 3, 3)
    assert affordable(many, as_distributed(many))
    verdict = equal_channels(many, as_distributed(many))
    assert not verdict.equal and "undecided" in verdict.detail


def test_forgotten_qubits_cost_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Rows()
    for q in (0, 1, 2, 0, 1, 2):
        rows.add("h", q).add("cx", q, (q + 1) % 3).add("reset", q)
    mixed = circuit(rows, 3)
    assert equal_channels(mixed, as_distributed(mixed)).equal
    monkeypatch.setattr("qdsl.verify.simulation.evolution.MAX_WORK", 500)
    verdict = equal_channels(mixed, as_distributed(mixed))
    assert not verdict.equal and "too mixed" in verdict.detail


def test_six_qubits_reset_again_and_again_cost_a_bounded_time() -> None:
    """Unbounded, two dozen rows took half a minute: columns and ranks of 4096 rows."""
    rows = Rows()
    for q in range(6):
        rows.add("h", q)
    for k in range(8):
        rows.add("reset", k % 6).add("ry", k % 6, angles=(0.3,)).add("cx", k % 6, (k + 1) % 6)
    mixed = circuit(rows, 6)
    start = process_time()
    verdict = equal_channels(mixed, as_distributed(mixed))
    assert process_time() - start < 30
    assert not verdict.equal and "too mixed" in verdict.detail


@pytest.mark.parametrize("columns", [3, 20])
def test_columns_are_as_many_as_the_rank_and_keep_the_density_operator(columns: int) -> None:
    random = np.random.default_rng(columns)
    left, right = random.normal(size=(8, 2)), random.normal(size=(2, columns))
    state = (left @ right).reshape(2, 2, 2, columns).astype(np.complex128)
    run = ChannelRun(ChannelSide.of(circuit(Rows().add("x", 0), 1)), NONE)
    kept = run._ranked(state)
    assert kept.shape == (2, 2, 2, 2)
    flat, less = state.reshape(8, -1), kept.reshape(8, -1)
    np.testing.assert_allclose(less @ less.conj().T, flat @ flat.conj().T, atol=1e-12)


def test_above_six_qubits_one_state_is_compared() -> None:
    source = random_circuit(1, 7, 20)
    verdict = equal_channels(source, as_distributed(source))
    assert verdict.equal and verdict.method == "state"
    assert channel.CHOI_QUBITS == 6
