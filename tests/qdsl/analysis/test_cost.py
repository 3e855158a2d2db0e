"""Costs against a second count, made row by row, and against programs counted by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import qdsl
from qdsl.analysis.cost import Cost, cost, estimated_fidelity
from qdsl.analysis.recount import confirm
from qdsl.diagnostics.diagnostic import InternalError, InvalidProgram
from qdsl.driver.pass_manager import DEFAULT_PASSES, configured, run_passes
from qdsl.ir.operations import Kind
from qdsl.ir.stages import ROLES, Circuit, DistributedCircuit, ScheduledCircuit
from qdsl.network.network import Link
from tests.build import circuit, network
from tests.passes.test_channel import QUICK
from tests.protocols import PROTOCOLS
from tests.sources import BELL, EXAMPLES, PARTIES
from tests.strategies import circuits


def scheduled(source: Circuit) -> ScheduledCircuit:
    stage, _ = run_passes(source, [configured(p, {}) for p in DEFAULT_PASSES])
    assert isinstance(stage, ScheduledCircuit)
    return stage


# ---- a second count ----------------------------------------------------------------------


@dataclass
class Recount:
    """What can be counted by looking at every row once, without NumPy."""

    ebits: int = 0
    bits: int = 0
    by_link: Counter[frozenset[int]] = field(default_factory=Counter)
    by_role: Counter[str] = field(default_factory=Counter)
    by_line: Counter[int] = field(default_factory=Counter)
    operations: Counter[int] = field(default_factory=Counter)
    messages: set[tuple[str, int, int, int]] = field(default_factory=set)
    uses: dict[str, set[int]] = field(default_factory=dict)

    def read(self, program: DistributedCircuit) -> Recount:
        for row in program.table:
            role, group = ROLES[program.role[row.index]], int(program.group[row.index])
            if group >= 0:
                self.uses.setdefault(role, set()).add(group)
            if row.op.kind is Kind.EBIT:
                self._pair(program, row.operands, role, row.index)
            elif row.op.kind is Kind.SEND:
                sender, receiver = program.bit_node[row.operands[0]], program.bit_node[row.attr]
                self.bits += 1
                use = group if group >= 0 else -1 - row.index
                self.messages.add((role, use, sender, receiver))
            elif row.op.name not in ("barrier", "move"):
                self.operations[int(program.wire_node[row.operands[0]])] += 1
        return self

    def _pair(
        self, program: DistributedCircuit, wires: tuple[int, ...], role: str, row: int
    ) -> None:
        self.ebits += 1
        self.by_link[frozenset(int(program.wire_node[w]) for w in wires)] += 1
        self.by_role[role] += 1
        source = program.placed.circuit.table
        span = int(source.span[program.origin[row]])
        self.by_line[source.spans[span].line if span >= 0 else 0] += 1


def agree(counted: Cost, ir: ScheduledCircuit) -> None:
    program, again = ir.distributed, Recount().read(ir.distributed)
    names = [node.name for node in ir.network.nodes]
    assert (counted.ebits, counted.classical_bits) == (again.ebits, again.bits)
    assert counted.messages == len(again.messages)
    assert counted.by_primitive == dict(again.by_role)
    assert counted.packets == len(again.uses.get("cat-entangler", ()))
    moved = [again.uses.get(role, set()) for role in ("teledata", "handover")]
    assert counted.teledata == sum(map(len, moved))
    for link in counted.links:
        assert link.ebits == again.by_link[frozenset({names.index(link.a), names.index(link.b)})]
    assert {x.line: x.ebits for x in counted.lines if x.ebits} == dict(again.by_line)
    for k, node in enumerate(counted.nodes):
        assert node.operations == again.operations[k]
        assert node.peak_comm <= node.comm
        assert node.peak_data <= node.qubits
        assert node.peak_comm <= len(
            {
                int(ir.slot[w])
                for w in range(program.n_wires)
                if program.wire_is_comm[w] and program.wire_node[w] == k
            }
        )


def sums_hold(counted: Cost) -> None:
    assert sum(link.ebits for link in counted.links) == counted.ebits
    assert sum(line.ebits for line in counted.lines) == counted.ebits
    assert sum(line.classical_bits for line in counted.lines) == counted.classical_bits
    assert sum(counted.by_primitive.values()) == counted.ebits
    assert counted.peak_comm == max(n.peak_comm for n in counted.nodes)
    assert counted.messages <= counted.classical_bits
    assert counted.rounds <= counted.ebits
    assert counted.message_rounds <= counted.classical_bits
    assert bool(counted.rounds) == bool(counted.ebits)
    for shares in (counted.layers, counted.primitives):
        assert sum(share.ebits for share in shares) == counted.ebits
        assert sum(share.classical_bits for share in shares) == counted.classical_bits
        assert sum(share.messages for share in shares) == counted.messages
    assert sum(layer.remote_gates for layer in counted.layers) == counted.remote_gates
    assert sum(node.ebits for node in counted.nodes) == 2 * counted.ebits
    assert sum(node.classical_bits for node in counted.nodes) == counted.classical_bits


def dependencies(program: DistributedCircuit) -> tuple[list[set[int]], list[bool]]:
    """The rows that every row follows, on a wire or by a bit; and whether it uses a pair: a half
    that has met nothing but halves meets a state of the program."""
    last: dict[int, int] = {}
    writer: dict[int, int] = {}
    wires: list[set[int]] = []
    bits: list[set[int]] = []
    stateful: set[int] = set()
    uses: list[bool] = []
    for i, row in enumerate(program.table):
        name, read = row.op.name, ([row.cond >> 1] if row.cond >= 0 else [])
        operands = () if name == "send" else row.operands
        read += row.operands if name == "send" else ()
        wires.append({last[w] for w in operands if w in last})
        bits.append({writer[b] for b in read if b in writer})
        begins = name != "ebit" and any(w not in last for w in operands)
        uses.append((begins or bool(wires[i] & stateful)) and bool(wires[i] - stateful))
        if begins or (wires[i] | bits[i]) & stateful:
            stateful.add(i)
        last.update(dict.fromkeys(operands, i))
        if name in ("measure", "send"):
            writer[row.attr] = i
    return [w | b for w, b in zip(wires, bits, strict=True)], uses


def longest(follows: list[set[int]], counts: list[bool]) -> int:
    """The most rows that count along any chain in which each follows the one before."""
    behind: list[int] = []
    for before, counted in zip(follows, counts, strict=True):
        behind.append(max((behind[k] for k in before), default=0) + counted)
    return max(behind, default=0)


def rounds_again(program: DistributedCircuit) -> tuple[int, int]:
    """Rounds and message rounds by their definitions: chains of uses of pairs, and of messages."""
    follows, uses = dependencies(program)
    sends = [row.op.name == "send" for row in program.table]
    return longest(follows, uses), longest(follows, sends)


@pytest.mark.slow
@given(circuits(max_qubits=4, max_rows=12))
@QUICK
def test_rounds_equal_a_second_count(source: Circuit) -> None:
    try:
        ir = scheduled(source)
    except InvalidProgram:
        return
    counted = cost(ir)
    assert (counted.rounds, counted.message_rounds) == rounds_again(ir.distributed)


@pytest.mark.parametrize("name", ["ghz", "matching", "qft", "two_party", "three_party", "qaoa"])
def test_the_examples_rounds_equal_a_second_count(name: str) -> None:
    ir = qdsl.load(EXAMPLES / f"{name}.qdm").compile(verify=False).scheduled
    counted = cost(ir)
    assert (counted.rounds, counted.message_rounds) == rounds_again(ir.distributed)


@given(circuits(max_qubits=4, max_rows=12))
@QUICK
def test_costs_equal_a_second_count(source: Circuit) -> None:
    try:
        ir = scheduled(source)
    except InvalidProgram:
        return
    counted = cost(ir)
    agree(counted, ir)
    sums_hold(counted)
    confirm(counted, ir)


@pytest.mark.parametrize("name", ["ghz", "matching", "qft", "two_party", "qaoa"])
def test_the_examples_costs_equal_a_second_count(name: str) -> None:
    ir = qdsl.load(EXAMPLES / f"{name}.qdm").compile(verify=False).scheduled
    counted = cost(ir)
    agree(counted, ir)
    sums_hold(counted)
    confirm(counted, ir)
    assert all(line.line > 0 and line.text for line in counted.lines)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"ebits": 9}, "two counts of ebits and bits agree"),
        ({"classical_bits": 15}, "two counts of ebits and bits agree"),
        ({"links": ()}, "ebits by links sum to all"),
        ({"layers": ()}, "ebits by layers sum to all"),
        ({"primitives": ()}, "ebits by primitives sum to all"),
        ({"nodes": ()}, "every ebit has two ends"),
    ],
)
def test_counts_that_disagree_are_our_fault(change: dict[str, Any], rule: str) -> None:
    ir = qdsl.loads(PARTIES).compile(settings={"n": 2, "layers": 2}, verify=False).scheduled
    counted = cost(ir)
    confirm(counted, ir)
    with pytest.raises(InternalError, match=rule):
        confirm(replace(counted, **change), ir)


def test_layers_are_the_runs_of_one_party() -> None:
    compiled = qdsl.load(EXAMPLES / "two_party.qdm").compile(verify=False)
    layers = cost(compiled.scheduled).layers
    assert [x.node for x in layers] == ["alice", "bob", "alice", "bob", "alice"]
    assert [x.ebits for x in layers] == [0, 2, 2, 2, 2]
    assert [(x.first_line, x.last_line) for x in layers] == [
        (24, 24),
        (26, 26),
        (27, 27),
        (26, 26),
        (27, 27),
    ]


# ---- counted by hand ---------------------------------------------------------------------


@pytest.mark.parametrize(("n", "layers"), [(2, 1), (2, 2), (4, 1), (3, 3)])
def test_two_parties(n: int, layers: int) -> None:
    """All qubits go to bob and back once a layer: 2 n L ebits of 2 bits each, 2 L rounds.

    A teleportation sends its two bits in one message."""
    compiled = qdsl.loads(PARTIES).compile(settings={"n": n, "layers": layers}, verify=False)
    counted = cost(compiled.scheduled)
    assert counted.ebits == counted.teledata == 2 * n * layers
    assert counted.classical_bits == 4 * n * layers
    assert counted.messages == counted.ebits
    assert counted.rounds == counted.message_rounds == 2 * layers
    assert (counted.packets, counted.remote_gates) == (0, 0)


def test_hidden_matching_costs_one_way_what_the_theorem_says() -> None:
    """n qubits, once, from alice to bob, whatever is in x and m."""
    for n in (2, 4, 6):
        program = qdsl.load(EXAMPLES / "matching.qdm")
        counted = cost(program.compile(settings={"n": n}, verify=False).scheduled)
        assert (counted.ebits, counted.classical_bits, counted.rounds) == (n, 2 * n, 1)


def test_a_ghz_state_costs_one_ebit_a_border() -> None:
    """Ten qubits on four nodes of four: three nodes, two borders, a telegate of 2 bits each."""
    counted = cost(qdsl.load(EXAMPLES / "ghz.qdm").compile(verify=False).scheduled)
    assert (counted.ebits, counted.classical_bits) == (2, 4)
    assert counted.by_primitive == {"cat-entangler": 2}
    assert counted.remote_gates == counted.packets == 2


def test_a_bell_pair_costs_one_ebit() -> None:
    counted = cost(qdsl.loads(BELL).compile().scheduled)
    assert (counted.ebits, counted.classical_bits, counted.messages) == (1, 2, 2)
    assert (counted.rounds, counted.message_rounds, counted.peak_comm) == (1, 2, 1)
    # one pair at 1000 Hz, and one message each way, 50 us each
    assert counted.makespan_ns == 1_000_000 + 2 * 50_000
    assert counted.fidelity == pytest.approx(0.9)
    (line,) = counted.lines
    assert (line.line, line.text, line.ebits) == (13, "cz q[0], q[1]", 1)


def test_swapped_pairs_count_per_link_and_are_one_round() -> None:
    """cz over a chain of three nodes: two ebits and a Bell measurement of two bits between."""
    where = {0: 0, 1: 2}
    lines = [("move", [q]) for q in where] + [("cz", [0, 1])]
    source = circuit(2, lines, network=network("line", 3, [1, 1, 1], 2), pins=where)
    counted = cost(scheduled(source))
    assert (counted.ebits, counted.rounds) == (2, 1)
    assert counted.classical_bits == 4
    assert [link.ebits for link in counted.links] == [1, 1]
    assert counted.by_primitive == {"swapping": 2}


def test_an_instant_pair_takes_its_communication_qubits() -> None:
    """On a link without a rate, and with gates that take no time."""
    where = network(qubits=4, comm=3, link=Link(0, 1), gate_time_ns=(0, 0, 0))
    lines = [("move", [q]) for q in range(4)] + [("cz", [0, 2]), ("h", [0]), ("cz", [0, 3])]
    pins = {0: 0, 1: 0, 2: 1, 3: 1}
    counted = cost(scheduled(circuit(4, lines, network=where, pins=pins)))
    assert (counted.makespan_ns, counted.ebits, counted.peak_comm) == (0, 1, 1)


def test_a_chain_of_telegates_is_as_many_rounds() -> None:
    """h between the gates: each cat copy begins after the last has ended."""
    lines = [("move", [0]), ("move", [1])] + [("cz", [0, 1]), ("h", [0]), ("h", [1])] * 3
    source = circuit(2, lines, network=network(qubits=1), pins={0: 0, 1: 1})
    counted = cost(scheduled(source))
    assert (counted.ebits, counted.rounds) == (3, 3)


def test_scarce_communication_qubits_make_no_rounds() -> None:
    """Four independent gates: one round, also where one pair at a time fits."""
    lines = [("move", [q]) for q in range(8)] + [("cz", [q, q + 4]) for q in range(4)]
    for comm in (1, 4):
        source = circuit(
            8, lines, network=network(qubits=4, comm=comm), pins={q: q // 4 for q in range(8)}
        )
        counted = cost(scheduled(source))
        assert (counted.ebits, counted.rounds) == (4, 1)
        assert counted.peak_comm <= comm


def test_a_program_without_communication_costs_nothing() -> None:
    counted = cost(scheduled(circuit(2, [("h", [0]), ("cx", [0, 1])], network=network())))
    assert (counted.ebits, counted.classical_bits, counted.rounds, counted.messages) == (0, 0, 0, 0)
    assert counted.lines == ()
    assert counted.fidelity == 1.0


def test_the_fidelity_is_a_product() -> None:
    ir = scheduled(circuit(2, [("move", [0]), ("move", [1]), ("cz", [0, 1])],
                           network=network(qubits=1), pins={0: 0, 1: 1}))  # fmt: skip
    noisy = replace(
        ir.network,
        nodes=tuple(replace(n, gate_fidelity=0.99) for n in ir.network.nodes),
        links=tuple(replace(link, fidelity=0.8) for link in ir.network.links),
    )
    program = replace(ir.distributed, placed=replace(ir.distributed.placed, network=noisy))
    # one pair, the cx onto it, the cz
    assert estimated_fidelity(program) == pytest.approx(0.8 * 0.99**2)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_protocols_by_hand(name: str) -> None:
    program = PROTOCOLS[name]()
    table = program.placed.circuit.table
    site, residence = np.zeros(len(table), np.int16), np.zeros(len(table.operands), np.int16)
    program = replace(program, placed=replace(program.placed, site=site, residence=residence))
    n = len(program.table)
    times = np.arange(n, dtype=np.int64)
    counted = cost(
        ScheduledCircuit(program, times, times + 1, np.arange(program.n_wires, dtype=np.int32))
    )
    assert counted.ebits == (2 if name == "swapping" else 1)
    assert counted.rounds == 1
