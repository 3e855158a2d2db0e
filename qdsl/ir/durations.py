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
            elif kind is Kind.MEASURE:
                times[v, code] = read
            elif kind is Kind.RESET:
                times[v, code] = node.reset_time_ns
    arity = table.arity
    node_of_row = node_of_rows(program)
    result = times[node_of_row, table.opcode, np.minimum(arity, 2)]
    result *= np.maximum(arity - 1, 1)
    _add_pairs(program, result)
    _add_messages(program, result)
    return result


def _first_operand(program: DistributedCircuit) -> Times:
    table = program.table
    padded = np.append(table.operands, 0)  # a row without operands may be the last
    return padded[table.operand_start[:-1]].astype(np.int64)


def node_of_rows(program: DistributedCircuit) -> Times:
    """Where every row happens, int64[n]; messages and rows without operands count for node 0."""
    first = _first_operand(program)
    first[program.table.codes("send")] = 0
    if not program.n_wires:
        return np.zeros(len(program.table), np.int64)
    return program.wire_node[first].astype(np.int64)


def link_of_rows(program: DistributedCircuit) -> Times:
    """The link of every pair by its place in the network, -1 for other rows, int64[n]."""
    table, network = program.table, program.network
    number = np.full((len(network.nodes),) * 2, -1, np.int64)
    for k, link in enumerate(network.links):
        number[link.a, link.b] = number[link.b, link.a] = k
    rows = np.flatnonzero(table.codes("ebit"))
    first = table.operand_start[rows]
    ends = program.wire_node[table.operands[np.stack([first, first + 1])]]
    found = np.full(len(table), -1, np.int64)
    found[rows] = number[ends[0], ends[1]]
    return found


def _add_pairs(program: DistributedCircuit, result: Times) -> None:
    """Pairs take the time to make them, those from a buffer none."""
    link = link_of_rows(program)
    times = [0 if x.physics.buffer else x.pair_time_ns for x in program.network.links]
    result[link >= 0] = np.array([*times, 0], np.int64)[link[link >= 0]]


def _add_messages(program: DistributedCircuit, result: Times) -> None:
    table, network = program.table, program.network
    latency = np.array(network.routing.latency_ns, np.int64)
    rows = np.flatnonzero(table.codes("send"))
    source = program.bit_node[table.operands[table.operand_start[rows]]]
    result[rows] = latency[source, program.bit_node[table.attr[rows]]]
