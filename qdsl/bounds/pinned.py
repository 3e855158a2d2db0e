"""What pins alone ask for: a qubit, or a cat copy of it, is present wherever it is pinned.

Take one qubit. In a run (`any_basis.py`) that is pinned to the nodes S it is present at all of S,
at the node u where it lives before the run and at the node v where it lives after: that costs at
least |S + {u, v}| - 1 ebits, in whatever basis its copies are. What runs cost adds up, as no copy
outlives its run. Where the qubit lives between runs is free to choose; so let `cost` be the least
of all runs so far, and `cheap` the nodes where the qubit can live then for that cost. It can live
at any other node for one more. If `cheap` and S have nodes in common, the next cost is
|S| - 1 more and `cheap` is S; if not, |S| more, and `cheap` is both together. Where the qubit
itself has to be at a node, that is 0 or 1 more, and it lives there. Qubits are paid for one by
one, so their costs add up.
"""

from __future__ import annotations

import numpy as np

from qdsl.ir.axes import rows_of_operands
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit
from qdsl.passes.partition.any_basis import runs


def pinned_bound(circuit: Circuit) -> int:
    """Ebits of any placement on up to 62 nodes, by teledata and cat copies in any basis."""
    table = circuit.table
    row = rows_of_operands(table)
    pin = np.where(table.opcode == BY_NAME["barrier"].code, -1, circuit.pin.astype(np.int64))[row]
    qubit = table.operands.astype(np.int64)
    pinned_to = np.zeros(circuit.n_qubits, np.int64)
    own = np.flatnonzero(pin >= 0)
    np.bitwise_or.at(pinned_to, qubit[own], np.int64(1) << pin[own])
    uses = own[np.bitwise_count(pinned_to[qubit[own]]) > 1]
    if not len(uses):
        return 0
    found = runs(circuit)
    uses = uses[np.lexsort((uses, qubit[uses]))]
    columns = (qubit, found.run, found.is_station, pin)
    return _cost(*(column[uses].tolist() for column in columns))


def _cost(qubit: list[int], run: list[int], is_station: list[bool], pin: list[int]) -> int:
    cost, cheap, asked = 0, -1, 0  # -1: every node
    for k, node in enumerate(pin):
        mask = 1 << node
        if is_station[k]:
            cost, cheap = cost + (not cheap & mask), mask
        else:
            asked |= mask
        if k + 1 < len(pin) and run[k + 1] == run[k]:
            continue
        if asked:
            apart = not cheap & asked
            cost += asked.bit_count() - 1 + apart
            cheap = asked | cheap if apart else asked
        asked = 0
        if k + 1 < len(pin) and qubit[k + 1] != qubit[k]:
            cheap = -1
    return cost
