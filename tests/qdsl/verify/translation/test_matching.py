"""Equal events are found however far they are apart, and no further than others let them."""

from __future__ import annotations

from qdsl.verify.translation.validate import validate_circuits
from tests.build import Line, circuit

QUBITS = 5000
TURNS: list[list[Line]] = [
    [("rx", [q], 0.1), ("rz", [q], 0.2), ("rx", [q], 0.3)] for q in range(QUBITS)
]


def test_layers_are_the_same_qubit_by_qubit() -> None:
    by_qubit = circuit(QUBITS, [turn for turns in TURNS for turn in turns])
    by_layer = circuit(QUBITS, [turns[k] for k in range(3) for turns in TURNS])
    assert validate_circuits(by_qubit, by_layer).equal
    assert validate_circuits(by_layer, by_qubit).equal


def test_one_pair_exchanged_among_them_is_seen() -> None:
    by_qubit = circuit(QUBITS, [turn for turns in TURNS for turn in turns])
    wrong = [
        turns if q != QUBITS // 2 else [turns[1], turns[0], turns[2]]
        for q, turns in enumerate(TURNS)
    ]
    by_layer = circuit(QUBITS, [turns[k] for k in range(3) for turns in wrong])
    assert not validate_circuits(by_qubit, by_layer).equal
    assert not validate_circuits(by_layer, by_qubit).equal


def test_a_turn_joins_one_that_came_long_before() -> None:
    others: list[Line] = [("rx", [q], 0.1) for q in range(1, QUBITS)]
    apart = circuit(QUBITS, [("rx", [0], 0.1), *others, ("rx", [0], 0.2)])
    together = circuit(QUBITS, [*others, ("rx", [0], 0.3)])
    assert validate_circuits(apart, together).equal


def test_a_measurement_keeps_its_place_among_conditions() -> None:
    far: list[Line] = [("rx", [q], 0.1) for q in range(2, QUBITS)]
    measure, turn = ("measure", [0], 0), ("rx", [1], 0.2)
    conditioned = circuit(
        QUBITS, [*far, measure, turn], conditions={len(far) + 1: (0, 1)}, n_bits=1
    )
    same = circuit(QUBITS, [measure, turn, *far], conditions={1: (0, 1)}, n_bits=1)
    early = circuit(QUBITS, [turn, measure, *far], conditions={0: (0, 1)}, n_bits=1)
    assert validate_circuits(conditioned, same).equal
    assert not validate_circuits(conditioned, early).equal


def test_wide_turns_are_found_however_far_they_are_apart() -> None:
    wide, twice = ("rot", range(6), "ZZZZZZ", 0.2), ("rot", range(6), "ZZZZZZ", 0.4)
    far: list[Line] = [("rx", [q], 0.1) for q in range(6, QUBITS)]
    first, last = circuit(QUBITS, [wide, *far]), circuit(QUBITS, [*far, wide])
    assert validate_circuits(first, last).equal
    assert validate_circuits(last, first).equal
    assert validate_circuits(
        circuit(QUBITS, [wide, *far, wide]), circuit(QUBITS, [*far, twice])
    ).equal
    turn = ("rx", [0], 0.1)
    early, late = circuit(QUBITS, [wide, turn, *far]), circuit(QUBITS, [turn, *far, wide])
    assert not validate_circuits(early, late).equal
