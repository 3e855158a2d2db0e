"""What a scheduled program costs, counted from the program itself."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from qdsl.analysis.lifetimes import LifetimeCost, lifetime_costs
from qdsl.analysis.online import OnlineCost, online_cost
from qdsl.analysis.rounds_kernel import RoundRows, count_message_rounds, count_rounds
from qdsl.analysis.shares import (
    LayerCost,
    PrimitiveCost,
    first_of_messages,
    layer_costs,
    primitive_costs,
    remote_rows,
)
from qdsl.diagnostics.source import Span
from qdsl.ir.distinct import distinct
from qdsl.ir.operations import BY_NAME
from qdsl.ir.pairs import HeldQubits, distilling_qubits
from qdsl.ir.primitives import Effect
from qdsl.ir.stages import ROLES, DistributedCircuit, ScheduledCircuit, roles_of
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class LinkCost:
    """Ebits over one link; `fidelity` and `rate_hz` are those of its pairs, distilled or not."""

    a: str
    b: str
    ebits: int
    fidelity: float
    rate_hz: float | None
    preset: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class NodeCost:
    """One node: operations it runs, most data and communication qubits held at one time, ebits
    of which it holds an end, classical bits it sends."""

    name: str
    operations: int
    peak_data: int
    qubits: int
    peak_comm: int
    comm: int
    ebits: int = 0
    classical_bits: int = 0


@dataclass(frozen=True, slots=True)
class LineCost:
    """Ebits and classical bits that one line of the source made necessary."""

    path: str
    line: int
    text: str
    ebits: int
    classical_bits: int


@dataclass(frozen=True, slots=True)
class Cost:
    """All counts of one execution.

    `remote_gates`: source operations served by cat copies away from a qubit's home; `teledata`:
    teleported qubits, by teledata or by a handover (a cat copy that takes the qubit's place), which
    `primitives` count apart;
    `rounds`: the longest chain of pairs whose uses depend on one another; `message_rounds`:
    likewise for classical messages; `peak_comm`: most communication qubits held at one node at
    one time of the schedule; `fidelity`: see `estimated_fidelity`; `gates_per_ebit`: the limit
    that was compiled for, 0: none; `by_lifetime`: the ebits under other limits;
    `expected_makespan_ns`: the mean makespan with random arrivals of pairs, where links have models
    of how they make them; `online`: what has to wait for data and parameters, None if there are
    none.
    """

    ebits: int
    classical_bits: int
    messages: int
    remote_gates: int
    packets: int
    teledata: int
    rounds: int
    message_rounds: int
    peak_comm: int
    makespan_ns: int
    fidelity: float
    by_primitive: dict[str, int]
    links: tuple[LinkCost, ...]
    nodes: tuple[NodeCost, ...]
    lines: tuple[LineCost, ...]
    layers: tuple[LayerCost, ...] = ()
    primitives: tuple[PrimitiveCost, ...] = ()
    gates_per_ebit: int = 0
    by_lifetime: tuple[LifetimeCost, ...] = ()
    expected_makespan_ns: float | None = None
    online: OnlineCost | None = None


def cost(ir: ScheduledCircuit) -> Cost:
    """Count everything. Linear in the program's length."""
    program = ir.distributed
    table = program.table
    is_ebit, is_send = table.codes("ebit"), table.codes("send")
    nodes = _node_costs(ir)
    return Cost(
        ebits=int(is_ebit.sum()),
        classical_bits=int(is_send.sum()),
        messages=len(first_of_messages(program)),
        remote_gates=len(remote_rows(program)),
        packets=_number_of(program, Effect.COPY),
        teledata=_number_of(program, Effect.MOVE),
        rounds=_rounds(program),
        message_rounds=message_rounds(program),
        peak_comm=max((n.peak_comm for n in nodes), default=0),
        makespan_ns=ir.makespan_ns,
        fidelity=estimated_fidelity(program),
        by_primitive=_ebits_by_primitive(program),
        links=_link_costs(program),
        nodes=nodes,
        lines=_line_costs(program),
        layers=layer_costs(program),
        primitives=primitive_costs(program),
        gates_per_ebit=program.gates_per_ebit,
        by_lifetime=lifetime_costs(program),
        expected_makespan_ns=_expected_makespan_ns(ir),
        online=online_cost(program, _rows(program)),
    )


def _expected_makespan_ns(ir: ScheduledCircuit) -> float | None:
    if not any(link.model is not None for link in ir.network.links):
        return None
    from qdsl.analysis.arrivals import expected_makespan_ns

    return expected_makespan_ns(ir)


def _number_of(program: DistributedCircuit, effect: Effect) -> int:
    """How often primitives are used for this: distinct groups of every role."""
    mine = (program.group[program.role == role] for role in roles_of(effect))
    return sum(int(distinct(groups).size) for groups in mine)


def _ebits_by_primitive(program: DistributedCircuit) -> dict[str, int]:
    """Ebits by what a pair is for; pairs that are swapped into one count for what that one does."""
    ebit = program.table.codes("ebit")
    counted = Counter(ROLES[r] for r in program.role[ebit].tolist())
    return {role: counted[role] for role in ROLES if counted[role]}


def _link_costs(program: DistributedCircuit) -> tuple[LinkCost, ...]:
    table, network = program.table, program.network
    rows = np.flatnonzero(table.codes("ebit"))
    first = table.operand_start[rows]
    ends = program.wire_node[table.operands[np.stack([first, first + 1], axis=1)]]
    used = Counter(tuple(sorted(pair)) for pair in ends.tolist())
    return tuple(
        LinkCost(network.nodes[link.a].name, network.nodes[link.b].name,
                 used[tuple(sorted((link.a, link.b)))], link.pair_fidelity, link.pair_rate_hz,
                 link.preset, link.source)
        for link in network.links
    )  # fmt: skip


def _wire_lives(ir: ScheduledCircuit) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """From when to when every wire is held, int64[w] each, in ns, the end not included; and the
    rows that use it first and last.

    A source qubit's home wire is held from the beginning, its final wire to the end; a wire
    without operations has first > last, one whose operations take no time first == last.
    """
    table = ir.distributed.table
    n_wires = ir.distributed.n_wires
    first = np.full(n_wires, np.iinfo(np.int64).max, np.int64)
    last = np.full(n_wires, -1, np.int64)
    opened, closed = first.copy(), last.copy()
    quantum = ~np.repeat(table.codes("send"), table.arity)
    rows = np.repeat(np.arange(len(table)), table.arity)[quantum]
    wires = table.operands[quantum]
    np.minimum.at(first, wires, ir.start_ns[rows])
    np.maximum.at(last, wires, ir.end_ns[rows])
    np.minimum.at(opened, wires, rows)
    np.maximum.at(closed, wires, rows)
    first[ir.distributed.home_wire] = -1
    last[ir.distributed.final_wire] = ir.makespan_ns + 1
    return first, last, opened, closed


def _peaks(ir: ScheduledCircuit, wanted: np.ndarray, also: HeldQubits | None = None) -> np.ndarray:
    """Most of the wanted wires, and of what is held `also`, at once, by node. At one time first
    those end that were held for a while, then others come and go in the program's order, then those
    begin that stay."""
    first, last, opened, closed = _wire_lives(ir)
    peaks = np.zeros(len(ir.network.nodes), np.int64)
    for node in range(len(peaks)):
        mine = wanted & (ir.distributed.wire_node == node) & (first <= last)
        begin, end = first[mine], last[mine]
        rows = np.concatenate([opened[mine], closed[mine]])
        if also is not None:
            there = also.node == node
            begin = np.append(begin, also.begin[there])
            end = np.append(end, also.end[there])
            rows = np.concatenate([opened[mine], also.row[there], closed[mine], also.row[there]])
        times = np.concatenate([begin, end])
        stays = np.tile(begin < end, 2)
        change = np.repeat([1, -1], len(begin))
        rows = np.where(stays, -1, rows)
        order = np.lexsort((-change, rows, change * stays, times))
        peaks[node] = np.cumsum(change[order]).max(initial=0)
    return peaks


def most_comm(ir: ScheduledCircuit) -> int:
    """Most communication qubits held at one node at one time of the schedule, distillation
    included."""
    return int(_comm_peaks(ir).max(initial=0))


def _comm_peaks(ir: ScheduledCircuit) -> np.ndarray:
    return _peaks(ir, ir.distributed.wire_is_comm, distilling_qubits(ir))


def _node_costs(ir: ScheduledCircuit) -> tuple[NodeCost, ...]:
    program = ir.distributed
    table = program.table
    data = _peaks(ir, ~program.wire_is_comm)
    comm = _comm_peaks(ir)
    run = np.zeros(len(program.network.nodes), np.int64)
    local = ~(table.codes("send", "ebit", "barrier", "move")) & (table.arity > 0)
    np.add.at(run, program.wire_node[table.operands[table.operand_start[:-1][local]]], 1)
    first = table.operand_start[:-1]
    halves = np.repeat(table.codes("ebit"), table.arity)
    ends = np.bincount(program.wire_node[table.operands[halves]], minlength=len(run))
    disclosed = table.operands[first[table.codes("send")]]
    sent = np.bincount(program.bit_node[disclosed], minlength=len(run))
    return tuple(
        NodeCost(node.name, int(run[i]), int(data[i]), node.qubits, int(comm[i]), node.comm,
                 int(ends[i]), int(sent[i]))
        for i, node in enumerate(program.network.nodes)
    )  # fmt: skip


def _line_costs(program: DistributedCircuit) -> tuple[LineCost, ...]:
    """Charge every pair and bit to the source line whose operation made it necessary.

    A pair shared by several gates goes to the first. Sums to the totals where every operation
    has a place in a source.
    """
    table, source = program.table, program.placed.circuit.table
    totals: dict[tuple[str, int, str], list[int]] = defaultdict(lambda: [0, 0])
    span_of = np.append(source.span, -1)[program.origin]
    for which, code in enumerate(("ebit", "send")):
        found = np.unique(span_of[table.codes(code)], return_counts=True)
        for index, count in zip(*(column.tolist() for column in found), strict=True):
            key = ("", 0, "")
            if index >= 0:
                key = place_of(source.spans[index])
            totals[key][which] += count
    return tuple(LineCost(*key, *totals[key]) for key in sorted(totals))


def place_of(span: Span) -> tuple[str, int, str]:
    """The path of its source, its line and what stands there."""
    return span.source.path, span.line, span.source.line_text(span.line).strip()


def _rounds(program: DistributedCircuit) -> int:
    """The most pairs used along any chain of operations of which each depends on the last.

    A pair is used where it first meets a state of the program; pairs that are swapped into one
    are used together. Which physical qubits are free does not count: see `docs/reference/words.md`.
    """
    at_wire, at_bit = _none_yet(program)
    count_rounds(_rows(program), at_wire, at_bit)
    return int(max(at_wire.max(initial=0), at_bit.max(initial=0)))


def message_rounds(program: DistributedCircuit) -> int:
    """The most messages along any chain of operations of which each depends on the last."""
    at_wire, at_bit = _none_yet(program)
    count_message_rounds(_rows(program), at_wire, at_bit)
    return int(at_bit.max(initial=0))


def _none_yet(program: DistributedCircuit) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(program.n_wires, np.int64), np.zeros(len(program.bit_node), np.int64)


def _rows(program: DistributedCircuit) -> RoundRows:
    table = program.table
    ebit, send, measure = (BY_NAME[name].code for name in ("ebit", "send", "measure"))
    return RoundRows(
        table.opcode,
        table.operand_start,
        table.operands,
        table.cond,
        table.attr,
        ebit,
        send,
        measure,
    )


def estimated_fidelity(program: DistributedCircuit) -> float:
    """Product of the fidelities of all pairs used and of all gates of two or more qubits.

    A first-order estimate of the process fidelity: a cat or teledata use of a Werner pair has
    process fidelity F (Bennett et al., PRA 54, 3824 (1996)), and errors are taken as
    independent; memory decay is not in it.
    """
    table, network = program.table, program.network
    log = 0.0
    for cost_of_link in _link_costs(program):
        if cost_of_link.ebits:
            log += cost_of_link.ebits * np.log(max(cost_of_link.fidelity, 1e-300))
    several = (table.arity > 1) & ~table.codes("ebit", "barrier", "move")
    where = program.wire_node[table.operands[table.operand_start[:-1][several]]]
    used = np.bincount(where, minlength=len(network.nodes))
    gates = np.array([max(node.gate_fidelity, 1e-300) for node in network.nodes])
    return float(np.exp(log + (used * np.log(gates)).sum()))
