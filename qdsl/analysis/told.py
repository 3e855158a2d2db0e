"""Which outcomes of a program have to be told to the node that they are for."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from qdsl.ir.stages import DistributedCircuit, Expectation, Output, Probability, Sample
from qdsl.ir.table import OpTable

Rows = npt.NDArray[np.int64]


def announced_bits(output: Output, executions: int) -> int:
    """Bits that tell an output: the count of one outcome, or the sample itself."""
    match output:
        case Sample():
            return len(output.qubits)
        case Probability():
            outcomes: int = 2 ** min(len(output.qubits), 40)
            return outcomes * math.ceil(math.log2(executions + 1))
        case Expectation():
            terms = sum(1 for t in output.terms if t.paulis)
            return terms * math.ceil(math.log2(executions + 1))
    return math.ceil(math.log2(executions + 1))


def told_bits(program: DistributedCircuit, output: Output, executions: int) -> int:
    """Bits that tell an output once all is measured: to everybody where it is public; a sample for
    one node the outcomes that this node does not have."""
    if isinstance(output, Sample) and output.to is not None:
        return len(told_qubits(program, output))
    return announced_bits(output, executions)


def told_qubits(program: DistributedCircuit, output: Sample) -> tuple[int, ...]:
    """Qubits of a sample whose outcomes have to be sent: of a public one all; of one for a node
    those that are measured elsewhere and were not sent there for a condition."""
    asked = tuple(dict.fromkeys(output.qubits))
    if output.to is None:
        return asked
    wires = program.final_wire[list(asked)]
    away = program.wire_node[wires] != output.to
    last, bits = last_rows(program), _bits_at(program, output.to)
    return tuple(
        q
        for q, wire, is_away in zip(asked, wires.tolist(), away.tolist(), strict=True)
        if is_away and outcome_of_row(program.table, last[wire]) not in bits
    )


def last_rows(program: DistributedCircuit) -> Rows:
    """The last operation on every wire, int64[w]; -1: there is none."""
    table, found = program.table, np.full(program.n_wires, -1, np.int64)
    rows = np.repeat(np.arange(len(table)), table.arity)
    counts = ~table.codes("send", "barrier", "move")[rows]
    np.maximum.at(found, table.operands[counts], rows[counts])
    return found


def _bits_at(program: DistributedCircuit, node: int) -> frozenset[int]:
    """Bits that are measured once and of which the node has a copy."""
    table, of = program.table, np.arange(len(program.bit_node))
    first, attr = table.operand_start.tolist(), table.attr.tolist()
    for row in np.flatnonzero(table.codes("send")).tolist():
        of[attr[row]] = of[table.operands[first[row]]]
    times = np.bincount(table.attr[table.codes("measure")], minlength=len(of))
    there = of[program.bit_node == node]
    return frozenset(there[times[there] == 1].tolist())


def outcome_of_row(table: OpTable, row: int) -> int:
    """The bit that the last operation on a qubit leaves in it; -1 where no bit has it."""
    return int(table.attr[row]) if row >= 0 and bool(table.codes("measure")[row]) else -1
