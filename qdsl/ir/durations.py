"""How long every operation of a distributed program takes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.stages import DistributedCircuit

Times = npt.NDArray[np.int64]


def durations_ns(program: DistributedCircuit) -> Times:
    """Expected duration of every row, int64[n]."""
    table, network = program.table, program.network
    kinds = [op.kind for op in OPERATIONS]
    times = np.zeros((len(network.nodes), len(OPERATIONS), 3), np.int64)  # by arity 0, 1, 2
    for v, node in enumerate(network.nodes):
        one, two, read = node.gate_time_ns
        for code, kind in enumerate(kinds):
            if kind in (Kind.UNITARY, Kind.ENCODE):
                times[v, code] = (0, one, two)
            elif kind in (Kind.MEASURE, Kind.RESET):
                times[v, code] = read
    arity = table.arity
    node_of_row = _node_of_row(program)
    result = times[node_of_row, table.opcode, np.minimum(arity, 2)]
    result *= np.maximum(arity - 1, 1)
    _add_pairs(program, result)
    _add_messages(program, result)
    return result


def _first_operand(program: DistributedCircuit) -> Times:
    table = program.table
    padded = np.append(table.operands, 0)  # a row without operands may be the last
    return padded[table.operand_start[:-1]].astype(np.int64)


def _node_of_row(program: DistributedCircuit) -> Times:
    first = _first_operand(program)
    first[program.table.codes("send")] = 0
    if not program.n_wires:
        return np.zeros(len(program.table), np.int64)
    return program.wire_node[first].astype(np.int64)


def _add_pairs(program: DistributedCircuit, result: Times) -> None:
    table, network = program.table, program.network
    pair_time = np.zeros((len(network.nodes),) * 2, np.int64)
    for (a, b), link in network.link_between.items():
        pair_time[a, b] = link.pair_time_ns
    rows = np.flatnonzero(table.codes("ebit"))
    first = table.operand_start[rows]
    ends = program.wire_node[table.operands[np.stack([first, first + 1])]]
    result[rows] = pair_time[ends[0], ends[1]]


def _add_messages(program: DistributedCircuit, result: Times) -> None:
    table, network = program.table, program.network
    latency = np.array(network.routing.latency_ns, np.int64)
    rows = np.flatnonzero(table.codes("send"))
    source = program.bit_node[table.operands[table.operand_start[rows]]]
    result[rows] = latency[source, program.bit_node[table.attr[rows]]]
