"""Which operations of a node count where it can do no more than so many at one time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.durations import durations_ns, node_of_rows
from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.stages import DistributedCircuit
from qdsl.network.network import Network
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]
COUNTED = (Kind.UNITARY, Kind.ENCODE, Kind.MEASURE, Kind.RESET)


@dataclass(frozen=True, slots=True, eq=False)
class AtOnce:
    """Operations in groups: 2 v is all that node v does to its qubits, 2 v + 1 its gates on two
    qubits or more. `most` of each group may be in progress at one time, -1: any number;
    `of_rows` int64[n, 2]: the groups of every row, -1: none that is limited."""

    most: Column
    of_rows: Column


def at_once(program: DistributedCircuit) -> AtOnce:
    """Gates, read-outs and resets count, on data and communication qubits, those of cat copies,
    teledata and swaps among them, and corrections whether they are needed or not. The making of
    pairs, their distillation and messages do not, nor does what takes no time."""
    most = _limits(program.network)
    n = len(program.table)
    if (most < 0).all():
        return AtOnce(most, np.full((n, 2), -1, np.int64))
    codes = [op.code for op in OPERATIONS if op.kind in COUNTED]
    gates = [op.code for op in OPERATIONS if op.kind in COUNTED[:2]]
    table = program.table
    group = 2 * node_of_rows(program)[:, None] + np.arange(2)
    counts = np.isin(table.opcode, codes) & (durations_ns(program) > 0)
    is_wide = counts & np.isin(table.opcode, gates) & (table.arity >= 2)
    group[~np.stack([counts, is_wide], axis=1) | (most[group] < 0)] = -1
    return AtOnce(most, group)


def _limits(network: Network) -> Column:
    """Of every group; -1 where its node has not qubits enough to exceed it."""
    found: list[int] = []
    for node in network.nodes:
        model, qubits = node.physics, node.qubits + node.comm
        one, wide = model.gates_at_once, model.two_qubit_gates_at_once
        found.append(-1 if one is None or one >= qubits else one)
        found.append(-1 if wide is None or wide >= qubits // 2 else wide)
    return np.array(found, np.int64)
