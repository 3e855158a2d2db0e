"""The canonical form keeps the channel, and is one form for many equal circuits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from qdsl.ir.axes import z_diagonal
from qdsl.ir.operations import BY_NAME, OPERATIONS
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, Disclosure
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.canonicalize.writing import narrow
from tests.build import circuit, network
from tests.passes.test_channel import QUICK
from tests.simulate import channel, distance
from tests.strategies import VECTORS, circuits

FIXED = [op for op in OPERATIONS if op.is_unitary and op.arity is not None]
ANGLES = (0.7, -1.2, 2.9)


def canonical(source: Circuit, **options: Any) -> Circuit:
    made = Canonicalize(**options).run(source)
    verify(made, "canonicalize")
    return made


def names(made: Circuit) -> list[str]:
    return [row.op.name for row in made.table]


def line_of(name: str) -> tuple[Any, ...]:
    op = BY_NAME[name]
    return (name, (2, 0, 1)[: op.arity], *ANGLES[: op.angles])


@pytest.mark.parametrize("name", [op.name for op in FIXED])
@pytest.mark.parametrize("is_conditional", [False, True])
def test_every_gate_keeps_its_channel(name: str, is_conditional: bool) -> None:
    lines = [("h", (0,)), ("measure", (0,), 0), line_of(name)]
    conditions = {2: (0, 1)} if is_conditional else {}
    source = circuit(3, lines, n_bits=1, conditions=conditions)
    assert distance(channel(source), channel(canonical(source))) < 1e-7


@pytest.mark.parametrize("name", [op.name for op in FIXED])
def test_at_most_one_operand_is_not_diagonal(name: str) -> None:
    made = canonical(circuit(3, [line_of(name)]))
    starts = made.table.operand_start[:-1]
    others = np.add.reduceat(~z_diagonal(made.table), starts) if len(starts) else np.zeros(1)
    assert (others <= 1).all()


@pytest.mark.parametrize("word", ["X", "YI", "II", "ZZ", "XY", "ZZZ", "XYZ", "YXXZ", "IZIZ"])
@pytest.mark.parametrize("keep_wide", [True, False])
def test_words_keep_their_channel(word: str, keep_wide: bool) -> None:
    source = circuit(4, [("rot", (3, 0, 2, 1)[: len(word)], word, 0.4)])
    made = canonical(source, keep_wide=keep_wide)
    assert distance(channel(source), channel(made)) < 1e-7
    assert keep_wide or made.table.arity.max(initial=0) <= 2


@pytest.mark.parametrize("name", ["ccx", "ccz", "cswap"])
def test_gates_too_wide_for_the_network_are_taken_apart(name: str) -> None:
    where = network("line", 3, 2, (1, 2, 1))
    source = circuit(3, [("h", (1,)), line_of(name)], network=where)
    kept = canonical(source)
    assert kept.table.arity.max() == 3
    made = narrow(kept)
    assert made.table.arity.max() == 2
    assert distance(channel(source), channel(made)) < 1e-7
    wide = canonical(circuit(3, [line_of(name)], network=network("line", 3, 2, 2)))
    assert wide.table.arity.max() == 3
    assert narrow(wide) is wide


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([("id", (0,)), ("rz", (0,), 0.0), ("rzz", (0, 1), 0.0)], []),
        ([("rz", (0,), 0.2), ("cx", (0, 1)), ("rz", (0,), 0.3)], ["rz", "cx"]),
        ([("cp", (0, 1), 0.2), ("t", (1,)), ("cp", (1, 0), 0.3)], ["cp", "t"]),
        ([("cz", (0, 1)), ("cz", (1, 2)), ("cz", (1, 0))], ["cz"]),
        ([("cz", (0, 1)), ("h", (0,)), ("cz", (0, 1))], ["cz", "h", "cz"]),
        ([("rz", (0,), 0.4), ("rz", (0,), -0.4)], []),
        ([("h", (0,)), ("cz", (0, 1)), ("cz", (0, 1)), ("h", (0,))], []),
        ([("cx", (0, 1)), ("cx", (0, 1))], []),
        ([("cx", (0, 1))], ["cx"]),
        ([("cx", (0, 2)), ("cx", (1, 2))], ["h", "cz", "cz", "h"]),
        ([("rz", (0,), 0.2), ("barrier", (0,)), ("rz", (0,), 0.2)], ["rz", "barrier", "rz"]),
    ],
)
def test_rotations_merge_and_pairs_cancel(lines: list[Any], expected: list[str]) -> None:
    source = circuit(3, lines)
    made = canonical(source)
    assert names(made) == expected
    assert distance(channel(source), channel(made)) < 1e-7


def test_angles_with_values_are_added() -> None:
    lines = [("rz", (0,), (0.1, ((1.0, 0),))), ("rz", (0,), (0.2, ((-1.0, 0), (2.0, 1))))]
    made = canonical(circuit(1, lines, vectors=VECTORS))
    (row,) = made.table
    assert made.values.angles.constant[row.angle] == pytest.approx(0.3)
    assert made.values.angles.terms(row.angle) == ((2.0, 1),)


def test_pins_keep_rows_apart_and_are_kept() -> None:
    where = network(nodes=2)
    made = canonical(
        circuit(
            2,
            [("rz", (0,), 0.1), ("rz", (0,), 0.1), ("rxx", (0, 1), 0.2)],
            network=where,
            pins={0: 0, 1: 1, 2: 1},
        )
    )
    assert sorted(made.pin.tolist()) == [
        -1,
        -1,
        -1,
        -1,
        0,
        1,
        1,
    ]  # changes of basis happen anywhere
    turns = [(row.op.name, int(made.pin[row.index])) for row in made.table if row.op.angles]
    assert turns == [("rz", 0), ("rz", 1), ("rzz", 1)]


def test_a_rotation_is_not_merged_across_a_disclosure() -> None:
    where = network(nodes=2)
    lines = [("id", (1,)), ("rz", (0,), 0.1), ("rz", (0,), 0.1), ("h", (1,))]
    told = (Disclosure("x", 0, 1, 8, 2),)  # before the second rz
    made = Canonicalize().run(circuit(2, lines, network=where, disclosures=told))
    assert names(made) == ["rz", "rz", "h"]
    assert made.disclosures[0].before == 1


@given(circuits(max_qubits=4, max_rows=16))
@QUICK
def test_random_circuits_keep_their_channel(source: Circuit) -> None:
    made = canonical(source)
    assert distance(channel(source), channel(made)) < 1e-6
    again = canonical(made)
    assert len(again.table) <= len(made.table)


def test_a_rotation_between_two_cx_is_a_rotation_about_zz() -> None:
    rows = [("cx", (0, 1)), ("rz", (1,), 0.4), ("t", (1,)), ("cx", (0, 1))]
    result = Canonicalize().run(circuit(2, rows))
    (row,) = list(result.table)
    assert (row.op.name, row.operands) == ("rzz", (0, 1))
    assert abs(result.values.angles.constant[row.angle] - 0.4 - np.pi / 4) < 1e-12


@pytest.mark.parametrize(
    "between", [("h", (0,)), ("x", (1,)), ("cx", (1, 2)), ("cx", (2, 1)), ("cx", (2, 0))]
)
def test_not_across_what_does_not_commute(between: tuple[object, ...]) -> None:
    rows = [("cx", (0, 1)), ("rz", (1,), 0.4), between, ("rz", (1,), 0.3), ("cx", (0, 1))]
    source = circuit(3, rows)
    result = Canonicalize().run(source)
    assert not result.table.codes("rzz").any()
    assert distance(channel(source), channel(result)) < 1e-6
