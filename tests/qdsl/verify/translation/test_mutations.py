"""Random faults in random compiled programs: validation never proves one that changes anything.

`test_validate.py` goes through all faults of a few kinds in programs written by hand; here
programs, networks and faults are drawn, sometimes two faults at once. What each finds is judged by
the exact comparison of channels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.operations import BY_NAME, OPERATIONS, Attr, Kind
from qdsl.ir.random_values import random_slot_values
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.ir.table import Row
from qdsl.ir.values import Angles
from qdsl.verify.simulation.channel import affordable, channel_distance
from qdsl.verify.translation import validate
from tests.passes.test_channel import compiled
from tests.qdsl.verify.translation.test_validate import DIFFERENT, Rows, rebuilt, with_row, without
from tests.strategies import circuits

Fault = Callable[[DistributedCircuit, Rows, np.random.Generator], DistributedCircuit | None]
Change = Callable[[DistributedCircuit, Row, np.random.Generator], Row | None]


def on_a_row(change: Change) -> Fault:
    """The fault that changes one row, if it can."""

    def fault(
        program: DistributedCircuit, rows: Rows, random: np.random.Generator
    ) -> DistributedCircuit | None:
        changed = [(i, change(program, row, random)) for i, row in enumerate(rows)]
        possible = [(i, row) for i, row in changed if row is not None]
        if not possible:
            return None
        i, row = possible[random.integers(len(possible))]
        return rebuilt(program, with_row(rows, i, row))

    return fault


def other_wire(program: DistributedCircuit, row: Row, random: np.random.Generator) -> Row | None:
    if row.op.kind is Kind.SEND:
        return None
    wires = list(row.operands)
    wires[random.integers(len(wires))] = int(random.integers(program.n_wires))
    return row._replace(operands=tuple(wires)) if len(set(wires)) == len(wires) else None


def other_order(program: DistributedCircuit, row: Row, random: np.random.Generator) -> Row | None:
    operands = tuple(random.permutation(row.operands).tolist())
    return row._replace(operands=operands) if operands != row.operands else None


def other_gate(program: DistributedCircuit, row: Row, random: np.random.Generator) -> Row | None:
    op = row.op
    like = [o for o in OPERATIONS if o.is_unitary and o is not op and o.attr is Attr.NONE
            and (o.arity, o.angles) == (op.arity, op.angles)]  # fmt: skip
    if not op.is_unitary or op.attr is not Attr.NONE or not like:
        return None
    return row._replace(op=like[random.integers(len(like))])


def other_condition(
    program: DistributedCircuit, row: Row, random: np.random.Generator
) -> Row | None:
    n_bits = len(program.bit_node)
    if not n_bits or (row.cond < 0 and random.integers(8)):
        return None
    choices = [-1, row.cond ^ 1 if row.cond >= 0 else -1, int(random.integers(2 * n_bits))]
    cond = choices[random.integers(3)]
    return row._replace(cond=cond) if cond != row.cond else None


def other_bit(program: DistributedCircuit, row: Row, random: np.random.Generator) -> Row | None:
    if row.op.attr is not Attr.BIT:
        return None
    bit = int(random.integers(len(program.bit_node)))
    if row.op.kind is Kind.SEND and random.integers(2):
        return row._replace(operands=(bit,))
    return row._replace(attr=bit)


def other_angle(program: DistributedCircuit, row: Row, random: np.random.Generator) -> Row | None:
    if row.angle < 0:
        return None
    return row._replace(angle=int(random.integers(len(program.values.angles) - row.op.angles + 1)))


def dropped(
    program: DistributedCircuit, rows: Rows, random: np.random.Generator
) -> DistributedCircuit | None:
    return rebuilt(program, without(rows, int(random.integers(len(rows)))))


def repeated(
    program: DistributedCircuit, rows: Rows, random: np.random.Generator
) -> DistributedCircuit | None:
    i, to = random.integers(len(rows), size=2).tolist()
    return rebuilt(program, [*rows[:to], rows[i], *rows[to:]])


def displaced(
    program: DistributedCircuit, rows: Rows, random: np.random.Generator
) -> DistributedCircuit | None:
    i, to = random.integers(len(rows), size=2).tolist()
    others = without(rows, i)
    return rebuilt(program, [*others[:to], rows[i], *others[to:]])


def exchanged(
    program: DistributedCircuit, rows: Rows, random: np.random.Generator
) -> DistributedCircuit | None:
    """A row before the one before it on one of its wires."""
    i = int(random.integers(len(rows)))
    shared = [k for k in range(i) if set(rows[k].operands) & set(rows[i].operands)]
    if not shared:
        return None
    others = without(rows, i)
    return rebuilt(program, [*others[: shared[-1]], rows[i], *others[shared[-1] :]])


def inserted(
    program: DistributedCircuit, rows: Rows, random: np.random.Generator
) -> DistributedCircuit | None:
    op = BY_NAME[str(random.choice(["x", "z", "h", "s", "cx", "cz", "swap", "reset"]))]
    if program.n_wires < (op.arity or 0):
        return None
    wires = tuple(random.permutation(program.n_wires)[: op.arity].tolist())
    i = int(random.integers(len(rows)))
    row = rows[i]._replace(op=op, operands=wires, angle=-1, attr=-1)
    return rebuilt(program, [*rows[:i], row, *rows[i:]])


def ended_elsewhere(
    program: DistributedCircuit, rows: Rows, random: np.random.Generator
) -> DistributedCircuit | None:
    which = ("home_wire", "final_wire")[random.integers(2)]
    shuffled: Any = {which: random.permutation(getattr(program, which))}
    return replace(program, **shuffled)


def held_elsewhere(
    program: DistributedCircuit, rows: Rows, random: np.random.Generator
) -> DistributedCircuit | None:
    bits = program.source_bit.copy()
    if not len(bits):
        return None
    bits[random.integers(len(bits))] = random.integers(-1, len(program.bit_node))
    return replace(program, source_bit=bits)


def another_angle_expression(
    program: DistributedCircuit, rows: Rows, random: np.random.Generator
) -> DistributedCircuit | None:
    a = program.values.angles
    constant, coefficient, slot = a.constant.copy(), a.coefficient.copy(), a.slot.copy()
    if len(slot) and random.integers(2):
        k = random.integers(len(slot))
        coefficient[k] *= -1
        slot[k] = random.integers(program.values.n_slots)
    elif len(constant):
        by = (1e-3, np.pi / 4, np.pi / 2, np.pi, 2 * np.pi)[random.integers(5)]
        constant[random.integers(len(constant))] += by
    values = replace(program.values, angles=Angles(constant, a.term_start, coefficient, slot))
    return replace(program, values=values)


FAULTS: tuple[Fault, ...] = (
    dropped, repeated, displaced, exchanged, exchanged, inserted, ended_elsewhere,
    held_elsewhere, another_angle_expression,
    *(on_a_row(change) for change in (other_wire, other_order, other_gate, other_condition,
                                      other_condition, other_bit, other_angle)),
)  # fmt: skip
FAULTS_A_PROGRAM = 10


def broken(program: DistributedCircuit, random: np.random.Generator) -> DistributedCircuit | None:
    """The program with a fault, or now and then with two, which may undo one another."""
    for _ in range(1 + int(random.integers(4) == 0)):
        rows = list(program.table)
        wrong = FAULTS[random.integers(len(FAULTS))](program, rows, random) if rows else None
        if wrong is None:
            return None
        program = wrong
    return program


def breaks_a_rule(program: DistributedCircuit) -> bool:
    try:
        verify(program, "test")
    except InternalError:
        return True
    return False


def changes_nothing(source: Circuit, program: DistributedCircuit) -> bool:
    values = [random_slot_values(source.values, seed) for seed in (0, 1)]
    return max(channel_distance(source, program, v) for v in values) < DIFFERENT


@pytest.mark.parametrize("programs", [30, pytest.param(120, marks=pytest.mark.slow)])
def test_no_random_fault_is_proved_harmless_unless_it_is(programs: int) -> None:
    seen: Counter[str] = Counter()

    @given(circuits(max_qubits=3, max_rows=8), st.integers(0, 2**32 - 1))
    @settings(
        max_examples=programs,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def tally(source: Circuit, seed: int) -> None:
        program = compiled(source)
        if program is None:
            return
        random = np.random.default_rng(seed)
        for _ in range(FAULTS_A_PROGRAM):
            wrong = broken(program, random)
            if wrong is None:
                continue
            seen["faults"] += 1
            seen["break a rule"] += breaks_a_rule(wrong)
            if validate(source, wrong).equal:
                seen["proved"] += 1
                assert affordable(source, wrong)
                assert changes_nothing(source, wrong)

    tally()
    assert seen["faults"] > 5 * programs, seen
    assert seen["break a rule"] > seen["faults"] / 6, seen
    assert seen["proved"] < seen["faults"] / 2, seen
