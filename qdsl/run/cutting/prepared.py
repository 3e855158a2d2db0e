"""A compiled program in which some pairs are replaced by a preparation of each half.

Every half is made by one gate on one qubit, whichever state it is, so that all variants have one
table, one schedule and one cost, and differ in gates and angles only. What is true of every
compiled program (`qdsl.ir.rules`) is true of them, but for one rule: a communication qubit may
begin with a gate (`LIFTED`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from qdsl.driver.emitted import EmittedProgram
from qdsl.driver.pass_manager import configured
from qdsl.ir.at_once import at_once
from qdsl.ir.durations import link_of_rows
from qdsl.ir.lifetimes import lifetimes, wire_uses
from qdsl.ir.operations import BY_NAME
from qdsl.ir.rules import verify
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.ir.table import TableBuilder
from qdsl.ir.values import AngleBuilder
from qdsl.records import dataclass
from qdsl.run.cutting.preparations import COEFFICIENTS, PREPARED, PROBABILITIES, TURNED

Rows = npt.NDArray[np.int64]
LIFTED: Final = ("ebit-on-fresh-communication-wires",)
NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class CutVariant(EmittedProgram):
    """One choice of preparations, and its `stage`, which can be emitted for every target. The sum
    over all variants of `coefficient` times a mean is that of the uncut program; executions that
    are drawn choose it with `probability`, and their results count `sign` times gamma.

    `choice`: indices into `PREPARED`, one a pair, in the order of the rows."""

    choice: tuple[int, ...]
    stage: ScheduledCircuit

    @property
    def coefficient(self) -> float:
        return float(np.prod(COEFFICIENTS[list(self.choice)]))

    @property
    def probability(self) -> float:
        return float(np.prod(PROBABILITIES[list(self.choice)]))

    @property
    def sign(self) -> int:
        return 1 if self.coefficient > 0 else -1

    @property
    def preparations(self) -> tuple[str, ...]:
        """`+i -i`: the states of both halves of every pair."""
        return tuple(PREPARED[k].text for k in self.choice)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedProgram:
    """`stage` with |0> in both halves of every cut pair. `rows` int[pairs, 2]: where the halves are
    prepared; `link` int[pairs]; `turned`: the angle expression of a quarter turn."""

    stage: ScheduledCircuit
    rows: Rows
    link: Rows
    turned: int

    def variant(self, choice: Sequence[int]) -> CutVariant:
        """The program with preparation `PREPARED[choice[k]]` in place of pair k."""
        program = self.stage.distributed
        table = program.table
        opcode, angle = table.opcode.copy(), table.angle.copy()
        for (a, b), k in zip(self.rows.tolist(), choice, strict=True):
            pair = PREPARED[k]
            for row, state in ((a, pair.left), (b, pair.right)):
                opcode[row] = state.code
                angle[row] = self.turned if state.has_angle else -1
        changed = replace(table, opcode=opcode, angle=angle)
        stage = replace(self.stage, distributed=replace(program, table=changed))
        return CutVariant(tuple(choice), stage)


def prepared(
    stage: ScheduledCircuit, links: Sequence[int], options: dict[str, Any]
) -> PreparedProgram:
    """All pairs on these links replaced; scheduled anew by the pass's `options`, each half prepared
    just before it is used, or, where a node does only so much at one time, as it is scheduled."""
    program = stage.distributed
    link = link_of_rows(program)
    cut = np.isin(link, np.array(links, np.int64))
    first = program.table.operand_start[np.flatnonzero(cut)]
    wires = program.table.operands[np.stack([first, first + 1], 1)].astype(np.int64)
    changed, turned = _replaced(program, cut)
    verify(changed, "cut", LIFTED)
    made = configured("schedule", options).run(changed)
    assert isinstance(made, ScheduledCircuit)
    begin, _ = lifetimes(made.distributed)
    if (at_once(made.distributed).of_rows < 0).all():
        made = _late(made, begin[wires])
    verify(made, "cut", LIFTED)
    return PreparedProgram(made, begin[wires], link[cut], turned)


def _replaced(program: DistributedCircuit, cut: npt.NDArray[np.bool_]) -> tuple[Any, int]:
    """The same with a gate on either half in place of these rows, and the angle of `TURNED`."""
    table = program.table
    builder = TableBuilder(table.words, table.spans)
    fresh = BY_NAME["id"].code
    for row, is_cut in zip(table, cut.tolist(), strict=True):
        if not is_cut:
            builder.copy(row)
            continue
        for wire in row.operands:
            builder.add(fresh, (wire,), span=row.span)
    angles = AngleBuilder.like(program.values)
    turned = angles.constant(TURNED)
    values = angles.build(program.values.vectors, program.values.references)
    circuit = replace(program.placed.circuit, values=values)
    times = 1 + cut
    changed = replace(
        program,
        placed=replace(program.placed, circuit=circuit),
        table=builder.build(),
        values=values,
        origin=np.repeat(program.origin, times),
        role=np.repeat(program.role, times),
        group=np.repeat(program.group, times),
    )
    return changed, turned


def _late(made: ScheduledCircuit, rows: Rows) -> ScheduledCircuit:
    """These first rows of their wires moved to just before the next ones: nothing else moves, and
    the qubits are held for less time."""
    table = made.distributed.table
    first = rows.reshape(-1)
    wire, row = wire_uses(made.distributed)
    is_later = ~np.isin(row, first)
    used = np.full(made.distributed.n_wires, NEVER, np.int64)  # from when on each wire is used
    np.minimum.at(used, wire[is_later], made.start_ns[row[is_later]])
    until = used[table.operands[table.operand_start[first]]]
    moved = np.where(until < NEVER, until - made.end_ns[first], 0)
    start, end = made.start_ns.copy(), made.end_ns.copy()
    start[first] += moved
    end[first] += moved
    return replace(made, start_ns=start, end_ns=end)
