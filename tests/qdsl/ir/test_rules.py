"""Every rule has a broken stage that trips it, and no rule before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.operations import BY_NAME
from qdsl.ir.rules import RULES, verify
from qdsl.ir.rules.distributed import gates_of_copies
from qdsl.ir.stages import (
    ROLES,
    Circuit,
    Disclosure,
    DistributedCircuit,
    PlacedCircuit,
    Register,
    Sample,
    ScheduledCircuit,
)
from qdsl.ir.table import OpTable
from qdsl.ir.values import DataReference, ValueVector
from qdsl.network.models import LinkModel, NodeModel
from qdsl.network.network import Link
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.schedule.schedule import Schedule
from tests.build import circuit, network

CODE = {name: op.code for name, op in BY_NAME.items()}


def source() -> Circuit:
    """Alice's angle, a remote cx both ways, a message, an encoding, a teleported qubit."""
    where = network("line", 3, 2, 2, Link(0, 1, rate_hz=1e6, latency_ns=50))
    return circuit(
        3,
        [
            ("rz", (0,), (0.1, ((1.0, 0),))),
            ("h", (0,)),
            ("cx", (0, 2)),
            ("measure", (0,), 0),
            ("x", (2,)),
            ("rot", (0, 1, 2), "ZIZ", 0.4),
            ("diagonal", (1,), 0),
            ("h", (0,)),
            ("barrier", (0, 1)),
            ("cz", (1, 2)),
        ],
        network=where, pins={0: 0, 1: 0, 4: 2, 6: 1, 7: 1, 9: 0}, conditions={4: (0, 1)}, n_bits=1,
        vectors=(ValueVector("a", "param", "angle", (1,), "node0", 0),
                 ValueVector("x", "data", "real", (2,), "node1", 1)),
        references=(DataReference("x", "real", 1, (2,)),),
    )  # fmt: skip


def placed() -> PlacedCircuit:
    return Partition().run(source())


def distributed() -> DistributedCircuit:
    return InsertCommunication().run(placed())


def scheduled() -> ScheduledCircuit:
    return Schedule().run(distributed())


def changed(column: np.ndarray[Any, Any], index: Any, value: Any) -> Any:
    result = column.copy()
    result[index] = value
    return result


def edit(table: OpTable, column: str, index: Any, value: Any) -> OpTable:
    return replace(table, **{column: changed(getattr(table, column), index, value)})


def on_table(column: str, index: Any, value: Any) -> Callable[[Any], Any]:
    return lambda ir: replace(ir, table=edit(ir.table, column, index, value))


def on_column(column: str, index: Any, value: Any) -> Callable[[Any], Any]:
    return lambda ir: replace(ir, **{column: changed(getattr(ir, column), index, value)})


def row_of(ir: Any, name: str, which: int = 0) -> int:
    return int(np.flatnonzero(ir.table.codes(name))[which])


def operand_of(ir: Any, name: str, which: int = 0, place: int = 0) -> int:
    return int(ir.table.operand_start[row_of(ir, name, which)]) + place


def without_rows(ir: DistributedCircuit, rows: list[int]) -> DistributedCircuit:
    """The program with these rows gone."""
    t = ir.table
    keep = np.setdiff1d(np.arange(len(t)), rows)
    inside = np.isin(np.repeat(np.arange(len(t)), t.arity), keep)
    start = np.concatenate([[0], np.cumsum(t.arity[keep])]).astype(np.int32)
    table = replace(
        t, opcode=t.opcode[keep], operand_start=start, operands=t.operands[inside],
        angle=t.angle[keep], cond=t.cond[keep], attr=t.attr[keep], span=t.span[keep],
    )  # fmt: skip
    return replace(
        ir, table=table, origin=ir.origin[keep], role=ir.role[keep], group=ir.group[keep]
    )


CIRCUIT: dict[str, Callable[[Circuit], Circuit]] = {
    "columns-match": lambda c: replace(c, pin=c.pin[1:]),
    "registers-tile": lambda c: replace(c, registers=(Register("q", 1, 3),)),
    "operation-of-the-stage": on_table("opcode", 1, CODE["send"]),
    "words-are-pauli": lambda c: replace(c, table=replace(c.table, words=("ZAZ",))),
    "attr-valid": on_table("attr", 3, 1),
    "arity-matches": on_table("opcode", 2, CODE["h"]),
    "operands-in-range": on_table("operands", 0, 3),
    "operands-distinct": on_table("operands", 3, 0),
    "angles-in-range": on_table("angle", 0, 9),
    "slots-in-range": lambda c: replace(
        c, values=replace(c.values, angles=replace(c.values.angles, slot=np.array([7])))
    ),
    "conditions-in-range": on_table("cond", 4, 2),
    "condition-bit-measured-before": on_table("cond", 2, 1),
    "spans-in-range": on_table("span", 0, 0),
    "pins-in-network": on_column("pin", 0, 3),
    "disclosures-in-network": lambda c: replace(c, disclosures=(Disclosure("a", 0, 5, 8, 0),)),
    "outputs-in-range": lambda c: replace(c, outputs=(Sample((3,)),)),
}


def too_full(p: PlacedCircuit) -> PlacedCircuit:
    """All three qubits at node 1, which holds two."""
    return replace(
        p,
        home=p.home * 0 + 1,
        circuit=replace(p.circuit, pin=p.circuit.pin * 0 - 1),
        residence=p.residence * 0 + 1,
        site=np.where(p.site < 0, -1, 1),
    )


def served_by_one(p: PlacedCircuit) -> PlacedCircuit:
    """`rot` with both of its remote operands served at a node with one communication qubit."""
    nodes = tuple(replace(n, comm=1 if i == 1 else 2) for i, n in enumerate(p.network.nodes))
    where = replace(p.network, nodes=nodes)
    start = int(p.circuit.table.operand_start[6])
    residence = p.residence.copy()
    residence[start : start + 3] = (0, 0, 2)
    return replace(
        p,
        network=where,
        circuit=replace(p.circuit, network=where),
        site=changed(p.site, 6, 1),
        residence=residence,
    )


def unjoined(p: PlacedCircuit) -> PlacedCircuit:
    where = replace(p.network, links=())
    return replace(p, network=where, circuit=replace(p.circuit, network=where))


PLACED: dict[str, Callable[[PlacedCircuit], PlacedCircuit]] = {
    "placement-columns-match": lambda p: replace(p, home=p.home[1:]),
    "network-kept": lambda p: replace(p, network=replace(p.network, name="other")),
    "homes-in-range": on_column("home", 0, 3),
    "residences-in-range": on_column("residence", 0, -1),
    "site-is-a-node": on_column("site", 8, 0),
    "pin-obeyed": on_column("site", 0, 1),
    "others-stay-local": on_column("site", 4, 2),
    "remote-operand-is-diagonal": on_column("site", 3, 1),
    "copies-within-communication-qubits": served_by_one,
    "remote-nodes-are-joined": unjoined,
    "data-capacity-at-every-time": too_full,
}


def spanning(d: DistributedCircuit) -> DistributedCircuit:
    """The first gate on two wires gets its second wire from another node."""
    place = operand_of(d, "cx", 0, 1)
    node = d.wire_node[d.table.operands[place]]
    other = int(np.flatnonzero(d.wire_node != node)[0])
    return on_table("operands", place, other)(d)  # type: ignore[no-any-return]


def unlinked(d: DistributedCircuit) -> DistributedCircuit:
    where = replace(d.network, links=())
    return replace(d, placed=replace(d.placed, network=where))


def pair_on_used_wire(d: DistributedCircuit) -> DistributedCircuit:
    """A pair is made again on the wires of the first."""
    first, second = row_of(d, "ebit", 0), row_of(d, "ebit", 1)
    a, b = (int(d.table.operand_start[r]) for r in (first, second))
    operands = d.table.operands.copy()
    operands[b : b + 2] = operands[a : a + 2]
    return replace(d, table=replace(d.table, operands=operands))


def unconsumed(d: DistributedCircuit) -> DistributedCircuit:
    """The last disentangler is missing: its copy is never measured."""
    role = ROLES.index("cat-disentangler")
    group = d.group[np.flatnonzero(d.role == role)[-1]]
    rows = np.flatnonzero((d.role == role) & (d.group == group))
    return without_rows(d, rows.tolist())


def worn_out(d: DistributedCircuit) -> DistributedCircuit:
    """Every pair may serve one gate; a correction on a copy is said to be another gate."""
    limited = replace(d, gates_per_ebit=1)
    verify(limited, "test")
    busy = np.flatnonzero(gates_of_copies(d) == 1)[-1]
    entangler = np.repeat(d.role == ROLES.index("cat-entangler"), d.table.arity)
    uses = np.repeat(np.arange(len(d.table)), d.table.arity)[entangler & (d.table.operands == busy)]
    role = changed(d.role, uses[-1], ROLES.index("local"))
    return replace(limited, role=role, group=changed(d.group, uses[-1], -1))


def left_unmeasured(d: DistributedCircuit) -> DistributedCircuit:
    """A qubit stays, according to `final_wire`, in the wire that it was teleported from."""
    moved = int(np.flatnonzero(d.home_wire != d.final_wire)[0])
    wire = int(d.wire_node.size)
    return replace(
        d,
        wire_node=np.append(d.wire_node, d.wire_node[d.final_wire[moved]]),
        wire_is_comm=np.append(d.wire_is_comm, False),
        final_wire=changed(d.final_wire, moved, wire),
    )


def with_capacity(d: DistributedCircuit, **sizes: int) -> DistributedCircuit:
    nodes = tuple(replace(n, **sizes) for n in d.network.nodes)  # type: ignore[arg-type]
    return replace(d, placed=replace(d.placed, network=replace(d.network, nodes=nodes)))


def known_elsewhere(d: DistributedCircuit) -> DistributedCircuit:
    cond = int(d.table.cond[np.flatnonzero(d.table.cond >= 0)[0]]) >> 1
    node = int(d.bit_node[cond])
    return on_column("bit_node", cond, (node + 1) % 3)(d)  # type: ignore[no-any-return]


def used_away(d: DistributedCircuit) -> DistributedCircuit:
    """Alice's vector is Bob's."""
    vectors = (replace(d.values.vectors[0], owner="node1"), *d.values.vectors[1:])
    return replace(d, values=replace(d.values, vectors=vectors))


def written_twice(d: DistributedCircuit) -> DistributedCircuit:
    """The second message writes the bit of the first, to the same node."""
    rows = np.flatnonzero(d.table.codes("send"))
    nodes = d.bit_node[d.table.attr[rows]]
    a, b = next((i, j) for j in range(len(rows)) for i in range(j) if nodes[i] == nodes[j])
    attr = changed(d.table.attr, rows[b], d.table.attr[rows[a]])
    cond = d.table.cond.copy()
    old = int(d.table.attr[rows[b]])
    cond[cond >> 1 == old] = 2 * int(attr[rows[a]]) + 1
    return replace(d, table=replace(d.table, attr=attr, cond=cond))


def sent_late(d: DistributedCircuit) -> DistributedCircuit:
    """The first message sends what is measured last, at the same node."""
    place = operand_of(d, "send")
    node = d.bit_node[d.table.operands[place]]
    rows = np.flatnonzero(d.table.codes("measure"))
    late = [int(d.table.attr[r]) for r in rows if d.bit_node[d.table.attr[r]] == node][-1]
    return on_table("operands", place, late)(d)  # type: ignore[no-any-return]


DISTRIBUTED: dict[str, Callable[[DistributedCircuit], DistributedCircuit]] = {
    "program-columns-match": lambda d: replace(d, origin=d.origin[1:]),
    "program-operation-known": lambda d: on_table("opcode", row_of(d, "diagonal"), CODE["move"])(d),
    "origin-in-range": on_column("origin", 0, 99),
    "role-fits-group": on_column("group", 0, 3),
    "wires-and-bits-at-nodes": on_column("wire_node", 0, 3),
    "program-attr-valid": lambda d: on_table("attr", row_of(d, "measure"), -1)(d),
    "program-arity-matches": lambda d: on_table("opcode", row_of(d, "cx"), CODE["h"])(d),
    "wires-in-range": on_table("operands", 0, 999),
    "wires-distinct": lambda d: on_table(
        "operands", operand_of(d, "cx", 0, 1), d.table.operands[operand_of(d, "cx")]
    )(d),
    "program-angles-in-range": lambda d: on_table("angle", row_of(d, "rz"), 99)(d),
    "program-conditions-in-range": on_table("cond", 0, 999),
    "source-wires-consistent": lambda d: replace(d, home_wire=d.home_wire[[0, 0, 2]]),
    "source-bits-in-range": on_column("source_bit", 0, 99),
    "no-gate-spans-nodes": spanning,
    "ebit-joins-linked-nodes": unlinked,
    "ebit-on-fresh-communication-wires": pair_on_used_wire,
    "every-ebit-consumed-once": unconsumed,
    "ebit-within-lifetime": worn_out,
    "left-data-qubits-measured": left_unmeasured,
    "classical-bit-written-once": written_twice,
    "classical-bit-sent-before-use": sent_late,
    "classical-bit-known-where-used": known_elsewhere,
    "private-value-stays-home": used_away,
    "communication-qubits-within-capacity": lambda d: with_capacity(d, comm=0),
    "data-qubits-within-capacity": lambda d: with_capacity(d, qubits=0),
}


def busy_link(s: ScheduledCircuit) -> ScheduledCircuit:
    """The second pair of a link begins with the first; in other physical qubits."""
    program = s.distributed
    rows = np.flatnonzero(program.table.codes("ebit"))
    ends = program.wire_node[program.table.operands[program.table.operand_start[rows]]]
    a, b = next((i, j) for j in range(len(rows)) for i in range(j) if ends[i] == ends[j])
    start = changed(s.start_ns, rows[b], s.start_ns[rows[a]])
    wide = tuple(replace(n, comm=999) for n in s.network.nodes)
    placed_wide = replace(program.placed, network=replace(s.network, nodes=wide))
    slot = np.where(program.wire_is_comm, np.arange(program.n_wires), s.slot)
    return replace(s, distributed=replace(program, placed=placed_wide), start_ns=start, slot=slot)


def shared_qubit(s: ScheduledCircuit) -> ScheduledCircuit:
    """Every node uses one data qubit and one communication qubit for everything."""
    return replace(s, slot=s.slot * 0)


def read_early(s: ScheduledCircuit) -> ScheduledCircuit:
    """All messages start at 0 and take until they arrived anyway."""
    return replace(s, start_ns=np.where(s.distributed.table.codes("send"), 0, s.start_ns))


def instant_messages(s: ScheduledCircuit) -> ScheduledCircuit:
    return replace(s, end_ns=np.where(s.distributed.table.codes("send"), s.start_ns, s.end_ns))


def first_rows_together(s: ScheduledCircuit) -> ScheduledCircuit:
    """The second row of a wire starts with the first, and takes as long as it has to."""
    table = s.distributed.table
    row = row_of(s.distributed, "h")
    wire = int(table.operands[table.operand_start[row]])
    before = next(i for i in range(row) if wire in table.row(i).operands)
    return replace(s, start_ns=changed(s.start_ns, row, s.start_ns[before]))


def with_links(s: ScheduledCircuit, model: LinkModel) -> ScheduledCircuit:
    """The same times, on links of which more is known."""
    program = s.distributed
    links = tuple(replace(x, model=model) for x in s.network.links)
    network = replace(s.network, links=links)
    return replace(s, distributed=replace(program, placed=replace(program.placed, network=network)))


def on_one_laser(s: ScheduledCircuit) -> ScheduledCircuit:
    """The same times, at nodes that do one operation at a time."""
    program = s.distributed
    nodes = tuple(replace(v, model=NodeModel(gates_at_once=1)) for v in s.network.nodes)
    network = replace(s.network, nodes=nodes)
    return replace(s, distributed=replace(program, placed=replace(program.placed, network=network)))


def born(s: ScheduledCircuit, time: int) -> ScheduledCircuit:
    """Every pair is born at this time."""
    is_pair = s.distributed.table.codes("ebit")
    return replace(s, born_ns=np.where(is_pair, time, -1))


SCHEDULED: dict[str, Callable[[ScheduledCircuit], ScheduledCircuit]] = {
    "schedule-columns-match": lambda s: replace(s, slot=s.slot[1:]),
    "durations-respected": on_column("start_ns", 0, -5),
    "message-latency-respected": instant_messages,
    "wire-in-program-order": first_rows_together,
    "bit-in-program-order": read_early,
    "communication-qubits-respected": lambda s: replace(
        s, distributed=with_capacity(s.distributed, comm=1)
    ),
    "slot-in-range": on_column("slot", 0, 2),
    "physical-qubit-holds-one-wire": shared_qubit,
    "gates-at-once-respected": on_one_laser,
    "link-channels-respected": busy_link,
    "buffer-capacity-respected": lambda s: born(with_links(s, LinkModel(channels=99, buffer=1)), 0),
    "pair-used-after-birth": lambda s: born(
        with_links(s, LinkModel(channels=99, buffer=99)), 10**9
    ),
    "pair-used-before-cutoff": lambda s: with_links(s, LinkModel(cutoff_ns=1)),
    "swapped-pair-held-back": lambda s: with_links(s, LinkModel(cutoff_ns=10**12)),
}

CASES: list[tuple[Callable[[], Any], str, Callable[[Any], Any]]] = [
    (make, name, breaking)
    for make, cases in (
        (source, CIRCUIT),
        (placed, PLACED),
        (distributed, DISTRIBUTED),
        (scheduled, SCHEDULED),
    )
    for name, breaking in cases.items()
]


def test_every_rule_has_a_case() -> None:
    cases = (*CIRCUIT, *PLACED, *DISTRIBUTED, *SCHEDULED)
    assert [rule.name for rules in RULES.values() for rule in rules] == list(cases)


@pytest.mark.parametrize("make", [source, placed, distributed, scheduled])
def test_sound_stages_pass(make: Callable[[], Any]) -> None:
    verify(make(), "test")


@pytest.mark.parametrize(("make", "name", "breaking"), CASES, ids=[case[1] for case in CASES])
def test_broken_stage_trips_its_rule(
    make: Callable[[], Any], name: str, breaking: Callable[[Any], Any]
) -> None:
    with pytest.raises(InternalError) as error:
        verify(breaking(make()), "some-pass")
    assert error.value.rule == name, str(error.value)
    assert error.value.stage == "some-pass"


def test_a_disclosure_lets_a_value_leave() -> None:
    program = used_away(distributed())
    told = replace(program.placed.circuit, disclosures=(Disclosure("a", 1, 0, 64, 0),))
    verify(replace(program, placed=replace(program.placed, circuit=told)), "test")
    late = replace(told, disclosures=(Disclosure("a", 1, 0, 64, 1),))
    with pytest.raises(InternalError, match="private-value-stays-home"):
        verify(replace(program, placed=replace(program.placed, circuit=late)), "test")


def test_a_million_gates_are_verified_quickly() -> None:
    from time import perf_counter

    from qdsl.ir.table import TableBuilder

    random = np.random.default_rng(1)
    a = random.integers(0, 1000, 1_000_000)
    pairs = np.stack([a, (a + random.integers(1, 1000, len(a))) % 1000], 1)
    builder = TableBuilder()
    builder.extend(CODE["cz"], pairs.astype(np.int32))
    many = replace(circuit(1000, []), table=builder.build(), pin=np.full(len(a), -1, np.int16))
    start = perf_counter()
    verify(many, "test")
    assert perf_counter() - start < 1.0  # 0.1 s on an idle machine; tests run on busy ones
