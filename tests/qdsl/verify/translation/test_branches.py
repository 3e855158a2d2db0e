"""Bits that are measured again, and conditioned operations spelt in another way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.random_values import random_slot_values
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.verify.simulation.channel import channel_distance
from qdsl.verify.translation import branches, validate
from qdsl.verify.translation.logical import logical_ops
from tests.build import Line, circuit, network
from tests.passes.test_channel import compiled


def source(
    lines: list[Line], conditions: dict[int, tuple[int, int]], n: int = 3, n_bits: int = 2
) -> Circuit:
    where = network(nodes=n, qubits=1, comm=2)
    return circuit(n, lines, network=where, conditions=conditions, n_bits=n_bits)


def made(from_source: Circuit) -> DistributedCircuit:
    program = compiled(from_source)
    assert program is not None
    return program


def distance(a: Circuit, b: DistributedCircuit) -> float:
    return channel_distance(a, b, random_slot_values(a.values, 0))


@pytest.mark.parametrize("name", ["swap", "ch", "cswap", "ccx", "cry", "ryy", "y", "h"])
def test_every_spelling_of_a_conditioned_gate_is_proved(name: str) -> None:
    arity = {"cswap": 3, "ccx": 3, "y": 1, "h": 1}.get(name, 2)
    angle = [0.7] if name in ("cry", "ryy") else []
    lines: list[Line] = [
        ("h", [0]),
        ("measure", [0], 0),
        ("ry", [1], 0.3),
        (name, range(arity), *angle),
        ("t", [1]),
    ]
    for value in (0, 1):
        asked = source(lines, {3: (0, value)})
        program = made(asked)
        assert validate(asked, program).equal
        other = source(lines, {3: (0, 1 - value)})
        assert not validate(other, program).equal


def test_a_bit_may_be_measured_again() -> None:
    lines: list[Line] = [("h", [0]), ("measure", [0], 0), ("x", [1]), ("h", [0]),
                         ("measure", [0], 0), ("x", [2]), ("cx", [1, 2])]  # fmt: skip
    asked = source(lines, {2: (0, 1), 5: (0, 1)})
    program = made(asked)
    assert validate(asked, program).equal
    late = [lines[k] for k in (0, 1, 3, 4, 2, 5, 6)]  # both gates read the second outcome
    other = source(late, {4: (0, 1), 5: (0, 1)})
    assert distance(other, program) > 0.1
    assert not validate(other, program).equal
    assert not validate(asked, made(other)).equal


def test_what_a_program_says_it_measured_is_not_believed() -> None:
    """The bit of an outcome that is overwritten later is a claim of the program's."""
    lines: list[Line] = [("measure", [0], 1), ("h", [0]), ("measure", [0], 0), ("x", [1]),
                         ("h", [0]), ("measure", [0], 0)]  # fmt: skip
    asked = source(lines, {3: (0, 1)})
    program = made(asked)
    origins = program.origin.copy()
    measured = np.flatnonzero(program.table.codes("measure"))
    origins[measured[1]] = program.origin[measured[0]]
    assert validate(asked, program).equal
    assert not validate(asked, replace(program, origin=origins)).equal


def test_a_bit_that_keeps_its_value_where_nothing_is_measured() -> None:
    lines: list[Line] = [
        ("h", [0]),
        ("measure", [0], 0),
        ("h", [1]),
        ("measure", [1], 1),
        ("swap", [1, 2]),
    ]
    asked = source(lines, {3: (0, 1), 4: (1, 1)})
    program = made(asked)
    assert distance(asked, program) < 1e-9
    assert validate(asked, program).equal


def test_two_source_bits_are_not_one() -> None:
    """A bit that nothing writes is 0, whatever another bit holds."""
    asked = source([("h", [0]), ("measure", [0], 1)], {})
    program = made(asked)
    shared = np.array([program.source_bit[1]] * 2, np.int32)
    wrong = replace(program, source_bit=shared)
    assert distance(asked, wrong) > 0.1
    assert not validate(asked, wrong).equal
    with pytest.raises(InternalError, match="source-bits-in-range"):
        verify(wrong, "test")


def test_an_empty_program_ends_where_it_begins() -> None:
    asked = source([], {})
    program = made(asked)
    assert validate(asked, program).equal
    assert not validate(asked, replace(program, final_wire=program.final_wire[::-1])).equal


def test_programs_of_another_shape_are_not_compared() -> None:
    asked, wider = source([("h", [0])], {}), source([("h", [0])], {}, n=4)
    assert not validate(asked, made(wider)).equal
    assert not validate(source([("h", [0])], {}, n_bits=3), made(asked)).equal


def test_branches_are_joined_once_a_condition_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty outcomes decide about operations that are spelt otherwise: two branches do."""
    lines: list[Line] = []
    conditions = {}
    for k in range(20):
        conditions[len(lines) + 2] = (k % 2, 1)
        lines += [
            ("h", [0]),
            ("measure", [0], k % 2),
            (("swap", "ch")[k % 3 > 0], [1, 2]),
            ("t", [1]),
            ("cx", [2, 0]),
        ]
    asked = source(lines, conditions)
    program = made(asked)
    monkeypatch.setattr(branches, "MOST_BRANCHES", 2)
    assert validate(asked, program).equal
    for place, other in ((2, (0, 0)), (22, (1, 1)), (52, (1, 0))):
        assert not validate(source(lines, conditions | {place: other}), program).equal
    monkeypatch.setattr(branches, "MOST_BRANCHES", 1)
    assert not validate(asked, program).equal  # no proof, which is all that is said


def test_outcomes_of_different_measurements_are_not_mixed_up() -> None:
    one = source(
        [("h", [0]), ("measure", [0], 0), ("h", [0]), ("measure", [0], 1), ("swap", [1, 2])],
        {4: (0, 1)},
    )
    two = source(
        [("h", [0]), ("measure", [0], 0), ("h", [0]), ("measure", [0], 1), ("swap", [1, 2])],
        {4: (1, 1)},
    )
    assert branches.difference(list(logical_ops(one)), list(logical_ops(one))) is None
    assert branches.difference(list(logical_ops(one)), list(logical_ops(two))) is not None
