"""Layers do not depend on how a program is written."""

from __future__ import annotations

import pytest

from qdsl import loads
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


TURNS = ("at a { ry(x[0]) q[0] }", "at a { ry(x[1]) q[1] }", "at b { rx(u[0]) q[0] }",
         "at b { rx(u[1]) q[1] }")  # fmt: skip


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 1, 3), (1, 3, 0, 2)])
def test_a_register_is_handed_over_once_however_two_turns_are_written(
    order: tuple[int, ...],
) -> None:
    program = f"""
network n {{ node a {{ qubits 2, comm 2 }}, node b {{ qubits 2, comm 2 }}, link a -- b }}
model m() on n {{
  data x: real[2] owner a
  param u: angle[2] owner b
  qubits q[2]
  {"; ".join(TURNS[k] for k in order)}
  return expect(Z q[0] * Z q[1])
}}
"""
    structure = structure_of(loads(program).lower())
    assert structure is not None
    assert structure.relay == (frozenset({"a"}), frozenset({"b"}))
