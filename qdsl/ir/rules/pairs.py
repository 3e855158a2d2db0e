"""What is true of the pairs of every scheduled circuit."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.lifetimes import lifetimes
from qdsl.ir.pairs import distilling_qubits, most_at_once, pair_times
from qdsl.ir.rules.rule import Rule, first_row
from qdsl.ir.stages import ScheduledCircuit
from qdsl.ir.swapped import limited_paths

Flags = npt.NDArray[np.bool_]


def _births(ir: ScheduledCircuit) -> str | None:
    pairs = pair_times(ir)
    early = ir.end_ns[pairs.row] < pairs.known
    used = pairs.use >= 0
    early[used] |= ir.start_ns[pairs.use[used]] < pairs.known[used]
    return _first(ir, early, "is used before both ends know of it")


def _cutoffs(ir: ScheduledCircuit) -> str | None:
    pairs = pair_times(ir)
    never = np.iinfo(np.int64).max
    limits = [x.physics.cutoff_ns for x in ir.network.links]
    limit = np.array([never if x is None else x for x in limits] + [never], np.int64)[pairs.link]
    used = pairs.use >= 0
    old = np.zeros(len(used), np.bool_)
    old[used] = ir.start_ns[pairs.use[used]] - pairs.born[used] > limit[used]
    paths = limited_paths(ir.distributed)
    at = np.searchsorted(pairs.row, paths.pair)
    old[at[ir.start_ns[paths.swap] - pairs.born[at] > limit[at]]] = True
    return _first(ir, old, "is used when it is older than its link's cut-off")


def _swaps(ir: ScheduledCircuit) -> str | None:
    paths, table = limited_paths(ir.distributed), ir.distributed.table
    read = np.full(len(ir.distributed.bit_node), -1, np.int64)
    measures = np.flatnonzero(table.codes("measure"))
    read[table.attr[measures]] = measures
    early = ir.start_ns[paths.use] < ir.end_ns[read[paths.bit]] + paths.latency_ns
    rows = np.zeros(len(table), np.bool_)
    rows[paths.use[early]] = True
    return first_row(table, rows, "uses a pair before it has heard that it was swapped")


def _channels(ir: ScheduledCircuit) -> str | None:
    pairs = pair_times(ir)
    links = ir.network.links
    time = np.array([x.pair_time_ns for x in links] + [0], np.int64)[pairs.link]
    lead = np.array([x.pair_time_ns - x.channel_time_ns for x in links] + [0], np.int64)[pairs.link]
    channels = np.array([x.physics.channels for x in links] + [1], np.int64)[pairs.link]
    is_kept = np.array([x.physics.buffer > 0 for x in links] + [False], np.bool_)[pairs.link]
    begun = np.where(is_kept, pairs.known - time, ir.start_ns[pairs.row])
    busy = most_at_once(pairs.link, begun, pairs.known - lead) > channels
    return _first(ir, busy, "the link's channels are busy")


def _buffers(ir: ScheduledCircuit) -> str | None:
    pairs = pair_times(ir)
    size = np.array([x.physics.buffer for x in ir.network.links] + [0], np.int64)[pairs.link]
    kept = most_at_once(pairs.link, pairs.known, ir.end_ns[pairs.row])
    return _first(ir, (size > 0) & (kept > size), "the link's buffer is full")


def _first(ir: ScheduledCircuit, broken: Flags, what: str) -> str | None:
    """The same as `first_row`, for flags beside the pairs."""
    rows = np.zeros(len(ir.distributed.table), np.bool_)
    rows[pair_times(ir).row[broken]] = True
    return first_row(ir.distributed.table, rows, what)


def _communication_qubits(ir: ScheduledCircuit) -> str | None:
    program = ir.distributed
    first, last = lifetimes(program)
    wires = np.flatnonzero(program.wire_is_comm & (last >= first) & (first >= 0))
    wires = wires[last[wires] < len(program.table)]
    node = program.wire_node[wires].astype(np.int64)
    also = distilling_qubits(ir)
    nodes = np.concatenate([node, also.node])
    begins = np.concatenate([ir.start_ns[first[wires]], also.begin])
    held = most_at_once(nodes, begins, np.concatenate([ir.end_ns[last[wires]], also.end]))
    comm = np.array(ir.network.usable_comm, np.int64)[nodes]
    if not (held > comm).any():
        return None
    k = int(np.argmax(held > comm))
    name = ir.network.nodes[nodes[k]].name
    what = f"wire {int(wires[k])}" if k < len(wires) else "a pair that is distilled"
    return f"{what}: {name} holds {int(held[k])} communication qubits of {comm[k]}"


COMMUNICATION: Final = Rule(
    "communication-qubits-respected",
    "No node holds more communication qubits at one time than it has, distillation included.",
    _communication_qubits,
)
PAIR_RULES: Final[tuple[Rule[ScheduledCircuit], ...]] = (
    Rule(
        "link-channels-respected",
        "A link makes no more pairs at one time than it has channels.",
        _channels,
    ),
    Rule("buffer-capacity-respected", "A link keeps no more pairs than its buffer has.", _buffers),
    Rule(
        "pair-used-after-birth",
        "A pair is used after both ends know of it.",
        _births,
    ),
    Rule(
        "pair-used-before-cutoff",
        "No pair is used or swapped past its link's cut-off.",
        _cutoffs,
    ),
    Rule(
        "swapped-pair-held-back",
        "Where a cut-off limits swapped pairs, their ends are used once they know of every swap.",
        _swaps,
    ),
)
