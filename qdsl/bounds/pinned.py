"""What pins alone ask for: a segment of a qubit's life is present wherever it is pinned.

A segment that operations pin to k nodes, the one with which the next segment begins included, is
present at all of them, and a segment present at k nodes costs at least k - 1 ebits. Segments are
paid for one by one, so their costs add up.
"""

from __future__ import annotations

import numpy as np

from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit
from qdsl.passes.partition.timeline import timeline


def pinned_bound(circuit: Circuit) -> int:
    """Ebits of any placement on up to 62 nodes, by cat copies and teledata."""
    times = timeline(circuit)
    barrier = circuit.table.opcode == BY_NAME["barrier"].code
    pin = np.where(barrier, -1, circuit.pin.astype(np.int64))[times.row]
    masks = np.zeros(int(times.window.max(initial=0)) + 1, np.int64)
    own = np.flatnonzero(pin >= 0)
    np.bitwise_or.at(masks, times.window[own], np.int64(1) << pin[own])
    then = times.following
    ends = np.flatnonzero((then >= 0) & (pin[then] >= 0) & ~times.diagonal[then])
    np.bitwise_or.at(masks, times.window[ends], np.int64(1) << pin[then[ends]])
    return int((np.bitwise_count(masks[masks > 0]).astype(np.int64) - 1).sum())
