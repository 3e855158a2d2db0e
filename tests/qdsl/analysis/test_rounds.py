"""Rounds and message rounds, counted a second time: as longest paths of a graph of rows."""

from __future__ import annotations

import networkx
from hypothesis import given

from qdsl.analysis.cost import cost
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.ir.table import Row
from qdsl.passes.schedule.schedule import Schedule
from tests.passes.test_channel import QUICK, compiled
from tests.strategies import circuits


def wires_of(row: Row) -> tuple[int, ...]:
    return () if row.op.name == "send" else row.operands


def bits_read(row: Row) -> set[int]:
    read = set(row.operands) if row.op.name == "send" else set()
    return read if row.condition is None else read | {row.condition[0]}


def dependencies(program: DistributedCircuit) -> list[tuple[int, int]]:
    """Pairs of rows, the second of which acts on a wire of the first, or reads its bit."""
    rows = list(program.table)
    found = []
    for late in rows:
        for early in rows[: late.index]:
            written = {early.attr} if early.op.name in ("measure", "send") else set()
            if set(wires_of(early)) & set(wires_of(late)) or written & bits_read(late):
                found.append((early.index, late.index))
    return found


def longest(program: DistributedCircuit, counted: set[int]) -> int:
    """The most counted rows on any path."""
    graph = networkx.DiGraph()
    graph.add_weighted_edges_from((a, b, b in counted) for a, b in dependencies(program))
    graph.add_weighted_edges_from(("begin", r.index, r.index in counted) for r in program.table)
    return int(networkx.dag_longest_path_length(graph)) if len(program.table) else 0


def uses_of_pairs(program: DistributedCircuit) -> set[int]:
    """Rows at which halves of pairs meet a wire that is none. Pairs whose halves met before are
    one pair; once one half is used, the other is none any more."""
    pairs: list[set[int]] = []
    found = set()
    for row in program.table:
        wires = set(wires_of(row))
        met = [pair for pair in pairs if pair & wires]
        joined = set[int]().union(*met)
        if row.op.name == "ebit":
            pairs.append(wires)
        elif met:
            pairs = [pair for pair in pairs if pair not in met]
            if wires - joined:
                found.add(row.index)
            else:
                pairs.append(joined)
    return found


def sends_of(program: DistributedCircuit) -> set[int]:
    return {row.index for row in program.table if row.op.name == "send"}


@given(circuits(max_qubits=4, max_rows=8))
@QUICK
def test_rounds_are_longest_paths(source: Circuit) -> None:
    program = compiled(source)
    if program is None:
        return
    counted = cost(Schedule().run(program))
    assert counted.rounds == longest(program, uses_of_pairs(program))
    assert counted.message_rounds == longest(program, sends_of(program))
