"""Layers do not depend on how a program is written."""

from __future__ import annotations

import pytest

from qdsl.analysis.gradient_circuits import blocks_by_layer
from qdsl.analysis.layers import layers_of
from qdsl.analysis.structure import structure_of
from tests.build import Line, circuit, network

QUBIT_BY_QUBIT = (0, 2, 1, 3, 4)  # a b a b c, where a and b each act on two qubits
NODE_BY_NODE = (0, 1, 2, 3, 4)
LINES: list[Line] = [("h", (0,)), ("h", (1,)), ("ry", (0,), 0.1), ("rx", (1,), 0.2), ("cx", (0, 1))]
PINS = (0, 0, 1, 1, 2)


@pytest.mark.parametrize("order", [QUBIT_BY_QUBIT, NODE_BY_NODE])
def test_three_nodes_that_act_in_turn_have_three_layers(order: tuple[int, ...]) -> None:
    where = network("complete", 3, 2, 2)
    made = circuit(
        2, [LINES[k] for k in order], network=where, pins={i: PINS[k] for i, k in enumerate(order)}
    )
    assert layers_of(made).tolist() == [PINS[k] for k in order]
    assert len(blocks_by_layer(made)) == 3
    structure = structure_of(made)
    assert structure is not None and structure.handovers == 0  # nobody owns anything here


def test_who_acts_again_on_what_another_has_changed_has_a_new_layer() -> None:
    where = network("complete", 2, 2, 2)
    lines: list[Line] = [("h", (0,)), ("h", (1,)), ("x", (0,)), ("x", (0,)), ("h", (1,))]
    made = circuit(2, lines, network=where, pins={0: 0, 1: 0, 2: 1, 3: 0, 4: 0})
    assert layers_of(made).tolist() == [0, 0, 1, 2, 0]


def test_a_barrier_over_all_qubits_ends_the_layers() -> None:
    where = network("complete", 2, 2, 2)
    lines: list[Line] = [
        ("h", (0,)),
        ("barrier", (0, 1)),
        ("h", (0,)),
        ("barrier", (0,)),
        ("h", (0,)),
    ]
    made = circuit(2, lines, network=where, pins={0: 0, 2: 0, 4: 0})
    assert layers_of(made)[[0, 2, 4]].tolist() == [0, 1, 1]


def test_bits_order_operations_as_qubits_do() -> None:
    where = network("complete", 2, 2, 2)
    lines: list[Line] = [("h", (0,)), ("measure", (0,), 0), ("x", (1,)), ("h", (1,))]
    made = circuit(
        2, lines, network=where, n_bits=1, conditions={2: (0, 1)}, pins={0: 0, 1: 0, 2: 1, 3: 0}
    )
    assert layers_of(made).tolist() == [0, 0, 1, 2]
