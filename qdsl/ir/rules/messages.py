"""Rules on classical bits of a distributed circuit."""

from __future__ import annotations

import numpy as np

from qdsl.ir.rules import tables
from qdsl.ir.rules.rule import first_row
from qdsl.ir.stages import DistributedCircuit


def written_once(ir: DistributedCircuit) -> str | None:
    rows = np.flatnonzero(ir.table.codes("measure", "send"))
    broken = np.zeros(len(ir.table), np.bool_)
    broken[rows] = tables.written_before(ir.table, len(ir.bit_node))[ir.table.attr[rows]] < rows
    return first_row(ir.table, broken, "its bit is written before")


def sent_before_use(ir: DistributedCircuit) -> str | None:
    table, n_bits = ir.table, len(ir.bit_node)
    sends = np.flatnonzero(table.codes("send"))
    broken = np.zeros(len(table), np.bool_)
    sent = table.operands[table.operand_start[sends]]
    broken[sends] = tables.written_before(table, n_bits)[sent] >= sends
    found = first_row(table, broken, "sends a bit that is not written before")
    return found or tables.condition_known_before(table, n_bits)


def known_where_used(ir: DistributedCircuit) -> str | None:
    table = ir.table
    broken = np.zeros(len(table), np.bool_)
    reads = np.flatnonzero((table.cond >= 0) & ~table.codes("send"))
    writes = np.flatnonzero(table.codes("measure"))
    for rows, bits in ((reads, table.cond[reads] >> 1), (writes, table.attr[writes])):
        wire = table.operands[table.operand_start[rows]]
        broken[rows] |= ir.bit_node[bits] != ir.wire_node[wire]
    return first_row(table, broken, "its bit is known at another node")
