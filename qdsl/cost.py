"""What a scheduled program costs, counted from the program itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from qdsl.ir.operations import Kind
from qdsl.ir.stages import ROLES, DistributedCircuit, ScheduledCircuit
from qdsl.ir.table import Row


@dataclass(frozen=True, slots=True)
class LinkCost:
    """Ebits over one link; `fidelity` and `rate_hz` are the link's own."""

    a: str
    b: str
    ebits: int
    fidelity: float
    rate_hz: float | None
    preset: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class NodeCost:
    """Use of one node: operations it runs, most data and communication qubits held at once."""

    name: str
    operations: int
    peak_data: int
    qubits: int
    peak_comm: int
    comm: int


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

    `remote_gates`: source operations served by cat copies away from a qubit's home;
    `rounds`: the longest chain of EPR pairs of which each had to wait for the one before (same
    communication qubit, or a bit or state that depends on it); `message_rounds`: likewise for
    classical messages; `fidelity`: see `estimated_fidelity`.
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


def cost(ir: ScheduledCircuit) -> Cost:
    """Count everything. Linear in the program's length."""
    program = ir.distributed
    table = program.table
    is_ebit, is_send = table.codes("ebit"), table.codes("send")
    rounds, message_rounds = _rounds(ir)
    nodes = _node_costs(ir)
    return Cost(
        ebits=int(is_ebit.sum()),
        classical_bits=int(is_send.sum()),
        messages=_messages(program),
        remote_gates=_remote_gates(program),
        packets=_uses(program, "cat-entangler"),
        teledata=_uses(program, "teledata"),
        rounds=rounds,
        message_rounds=message_rounds,
        peak_comm=max((n.peak_comm for n in nodes), default=0),
        makespan_ns=ir.makespan_ns,
        fidelity=estimated_fidelity(program),
        by_primitive=_ebits_by_primitive(program),
        links=_link_costs(program),
        nodes=nodes,
        lines=_line_costs(program),
    )


def _uses(program: DistributedCircuit, role: str) -> int:
    """How often a primitive is used: distinct groups of its role."""
    mine = program.group[program.role == ROLES.index(role)]
    return int(np.unique(mine[mine >= 0]).size)


def _messages(program: DistributedCircuit) -> int:
    """Bits that one use of a primitive sends from one node to another are one message."""
    found: set[tuple[int, int, int]] = set()
    for i in np.flatnonzero(program.table.codes("send")).tolist():
        row = program.table.row(i)
        sender, receiver = program.bit_node[row.operands[0]], program.bit_node[row.attr]
        group = int(program.group[i])
        found.add((group if group >= 0 else -2 - i, int(sender), int(receiver)))
    return len(found)


def _remote_gates(program: DistributedCircuit) -> int:
    placed = program.placed
    table = placed.circuit.table
    away = placed.residence != np.repeat(placed.site, table.arity)
    rows = np.repeat(np.arange(len(table)), table.arity)[away]
    rows = np.unique(rows)
    return int((~table.codes("barrier")[rows]).sum())


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
                 used[tuple(sorted((link.a, link.b)))], link.fidelity, link.rate_hz,
                 link.preset, link.source)
        for link in network.links
    )  # fmt: skip


def wire_lives(program: DistributedCircuit) -> tuple[np.ndarray, np.ndarray]:
    """First and last row of every wire, int64[w] each; a source qubit's home wire lives from
    row -1, its final wire to row n; a wire without operations has first > last."""
    table = program.table
    n = len(table)
    first = np.full(program.n_wires, n, np.int64)
    last = np.full(program.n_wires, -1, np.int64)
    quantum = ~np.repeat(table.codes("send"), table.arity)
    rows = np.repeat(np.arange(n), table.arity)[quantum]
    wires = table.operands[quantum]
    np.minimum.at(first, wires, rows)
    np.maximum.at(last, wires, rows)
    first[program.home_wire] = -1
    last[program.final_wire] = n
    return first, last


def _peaks(program: DistributedCircuit, wanted: np.ndarray) -> np.ndarray:
    """Most of the wanted wires alive at once, by node, in program order."""
    first, last = wire_lives(program)
    peaks = np.zeros(len(program.network.nodes), np.int64)
    for node in range(len(peaks)):
        mine = wanted & (program.wire_node == node) & (first <= last)
        change = np.zeros(len(program.table) + 3, np.int64)
        np.add.at(change, first[mine] + 1, 1)
        np.add.at(change, last[mine] + 2, -1)
        peaks[node] = np.cumsum(change).max(initial=0)
    return peaks


def _node_costs(ir: ScheduledCircuit) -> tuple[NodeCost, ...]:
    program = ir.distributed
    table = program.table
    data = _peaks(program, ~program.wire_is_comm)
    comm = _peaks(program, program.wire_is_comm)
    run = np.zeros(len(program.network.nodes), np.int64)
    local = ~(table.codes("send", "ebit", "barrier", "move")) & (table.arity > 0)
    np.add.at(run, program.wire_node[table.operands[table.operand_start[:-1][local]]], 1)
    return tuple(
        NodeCost(node.name, int(run[i]), int(data[i]), node.qubits, int(comm[i]), node.comm)
        for i, node in enumerate(program.network.nodes)
    )


def _line_costs(program: DistributedCircuit) -> tuple[LineCost, ...]:
    """Charge every pair and bit to the source line whose operation made it necessary.

    A pair shared by several gates goes to the first. Sums to the totals where every operation
    has a place in a source.
    """
    table, source = program.table, program.placed.circuit.table
    totals: dict[tuple[str, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for which, code in enumerate(("ebit", "send")):
        for i in np.flatnonzero(table.codes(code)).tolist():
            origin = int(program.origin[i])
            span_index = int(source.span[origin]) if origin >= 0 else -1
            if span_index < 0:
                key = ("", 0, "")
            else:
                span = source.spans[span_index]
                text = span.source.line_text(span.line).strip()
                key = (span.source.path, span.line, text)
            totals[key][which] += 1
    return tuple(LineCost(*key, *totals[key]) for key in sorted(totals))


def _rounds(ir: ScheduledCircuit) -> tuple[int, int]:
    """Longest chains of pairs, and of messages, through physical qubits and bits."""
    program = ir.distributed
    place = _physical_qubits(ir)
    at_qubit: dict[int, tuple[int, int]] = {}
    at_bit: dict[int, tuple[int, int]] = {}
    most = (0, 0)
    for row in program.table:
        reached = _reached(row, place, at_qubit, at_bit)
        if row.op.kind is Kind.EBIT:
            reached = (reached[0] + 1, reached[1])
        elif row.op.kind is Kind.SEND:
            reached = (reached[0], reached[1] + 1)
        if row.op.kind is not Kind.SEND:
            for wire in row.operands:
                at_qubit[place[wire]] = reached
        if row.op.kind in (Kind.SEND, Kind.MEASURE):
            at_bit[row.attr] = reached
        most = (max(most[0], reached[0]), max(most[1], reached[1]))
    return most


def _reached(
    row: Row,
    place: list[int],
    at_qubit: dict[int, tuple[int, int]],
    at_bit: dict[int, tuple[int, int]],
) -> tuple[int, int]:
    if row.op.kind is Kind.SEND:
        known = [at_bit.get(row.operands[0], (0, 0))]
    else:
        known = [at_qubit.get(place[w], (0, 0)) for w in row.operands]
    if row.cond >= 0:
        known.append(at_bit.get(row.cond >> 1, (0, 0)))
    return max((k[0] for k in known), default=0), max((k[1] for k in known), default=0)


def _physical_qubits(ir: ScheduledCircuit) -> list[int]:
    """One number per physical qubit, by wire."""
    program = ir.distributed
    width = int(ir.slot.max(initial=0)) + 1
    kind = program.wire_node.astype(np.int64) * 2 + program.wire_is_comm
    numbers: list[int] = (kind * width + ir.slot).tolist()
    return numbers


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
