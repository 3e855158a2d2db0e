"""Where a greedy walk finds no way, others are looked for; what is refused is impossible."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product

import pytest

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.axes import z_diagonal
from qdsl.ir.operations import Kind
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, ScheduledCircuit
from qdsl.network.move_order import order_moves
from qdsl.network.network import Link, Network, Node
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.schedule.schedule import Schedule
from qdsl.verify.methods import compare
from tests.build import Line, circuit, network

Homes = tuple[int, ...]


def compiled(source: Circuit, effort: int = 1) -> ScheduledCircuit:
    placed = Partition(effort=effort).run(Canonicalize().run(source))
    verify(placed, "partition")
    program = InsertCommunication().run(placed)
    verify(program, "insert-communication")
    return Schedule().run(program)


def ebits(source: Circuit, effort: int = 1) -> int:
    made = compiled(source, effort)
    assert compare(source, made).verified
    return int(made.distributed.table.codes("ebit").sum())


def refusal(source: Circuit) -> tuple[str, str, str | None]:
    with pytest.raises(InvalidProgram) as error:
        compiled(source)
    (problem,) = error.value.diagnostics
    return problem.code, problem.message, problem.help


# ---- by hand -----------------------------------------------------------------------------------


@pytest.mark.parametrize("effort", [0, 1])
def test_a_qubit_goes_from_node_to_node_where_nobody_can_swap(effort: int) -> None:
    """The node between has one communication qubit, and a data qubit that is free."""
    turn, where = ("h", (0,)), network("line", 3, (1, 1, 2), 1)
    lines: list[Line] = [turn, turn, ("cz", (1, 0)), turn, turn]
    source = circuit(2, lines, network=where, pins={0: 0, 1: 2, 2: 2, 3: 2, 4: 0})
    assert ebits(source, effort) == 4  # two nodes on, and two back
    served = circuit(2, [turn, ("cx", (1, 0)), turn], network=where, pins={0: 0, 1: 2, 2: 0})
    assert ebits(served, effort) == 3  # a step, a copy in the basis of X, and a step


@pytest.mark.parametrize(("comm", "least"), [(2, 6), (3, 5)])
@pytest.mark.parametrize("effort", [0, 1])
def test_a_hub_joins_two_pairs_of_leaves(comm: int, least: int, effort: int) -> None:
    """Two ebits over the hub for each gate; with a third communication qubit it passes a copy on
    to two leaves."""
    where = network("star", 5, (0, 1, 1, 1, 1), (comm, 1, 1, 1, 1))
    lines: list[Line] = [("h", (q,)) for q in range(4)]
    lines += [("cx", (0, 1)), ("cx", (2, 3)), ("cx", (0, 2))]
    source = circuit(4, lines, network=where, pins={q: q + 1 for q in range(4)})
    assert ebits(source, effort) == least


def test_full_leaves_exchange_qubits_over_their_hub() -> None:
    where = network("star", 3, (1, 1, 1), (2, 1, 1))
    lines: list[Line] = [("h", (0,)), ("h", (1,)), ("h", (2,)), ("h", (0,)), ("h", (1,))]
    lines.insert(3, ("cz", (0, 1)))
    source = circuit(3, lines, network=where, pins={0: 1, 1: 2, 2: 0, 4: 2, 5: 1})
    assert ebits(source) <= 8


@pytest.mark.parametrize("slack", [0, 2])
def test_a_large_program_on_full_nodes(slack: int) -> None:
    chance = random.Random(3)
    where = network("star", 4, (15, 15, 15, 15 + slack), (2 - (slack > 0), 1, 1, 1))
    lines: list[Line] = [("cx", tuple(chance.sample(range(60), 2))) for _ in range(120)]
    pins = {k: chance.randrange(4) for k in range(0, 120, 3)}
    made = compiled(circuit(60, lines, network=where, pins=pins), effort=0)
    assert made.distributed.table.codes("ebit").any()


def test_what_is_missing_is_said() -> None:
    """The node between them is named, and the change named is enough."""
    lines: list[Line] = [("h", (0,)), ("cx", (0, 1)), ("cx", (1, 0)), ("h", (1,))]
    pins = {0: 0, 1: 2, 2: 0, 3: 2}
    code, message, hint = refusal(
        circuit(2, lines, network=network("line", 3, (1, 0, 1), 1), pins=pins)
    )
    assert code == "QDM603"
    assert message.endswith("too few communication qubits to swap at node1")
    assert hint == "give 'node1' `comm 2` or one more qubit"
    for wider in (
        network("line", 3, (1, 0, 1), (1, 2, 1)),
        network("line", 3, (1, 1, 1), 1),
    ):
        compiled(circuit(2, lines, network=wider, pins=pins))


def test_only_an_operation_that_is_too_wide_is_called_too_wide() -> None:
    where = network("line", 3, (1, 1, 1), 1)
    lines: list[Line] = [("h", (0,)), ("h", (1,)), ("h", (2,))]
    lines += [("h", (1,)), ("cz", (0, 1)), ("h", (1,)), ("h", (1,)), ("cz", (2, 1)), ("h", (1,))]
    pins = dict(enumerate([0, 1, 2, 2, 2, 2, 0, 0, 0]))
    code, message, _ = refusal(circuit(3, lines, network=where, pins=pins))
    assert code == "QDM605", message


# ---- against all ways there are ----------------------------------------------------------------


def drawn(seed: int) -> Circuit:
    """A small network with one communication qubit at its leaves, and a program on it."""
    chance = random.Random(seed)
    n = chance.randint(3, 4)
    pairs = [(chance.randrange(i), i) for i in range(1, n)]
    if chance.random() < 0.3:
        pairs = sorted({*pairs, (0, n - 1)})
    ends = Counter(v for pair in pairs for v in pair)
    nodes = tuple(
        Node(f"n{v}", chance.choice((0, 1, 2) if v else (1, 2)), chance.randint(1, 3))
        if ends[v] > 1
        else Node(f"n{v}", chance.randint(1, 2), 1)
        for v in range(n)
    )
    where = Network("small", nodes, tuple(Link(a, b) for a, b in pairs))
    qubits = max(2, where.qubits - chance.randint(0, 2))
    lines: list[Line] = []
    pins: dict[int, int] = {}
    share = chance.choice((0.2, 0.5, 0.9))
    sites = [v for v in range(n) if nodes[v].qubits]
    for _ in range(chance.randint(3, 10)):
        if chance.random() < share:
            pins[len(lines)] = chance.choice(sites)
        pair = tuple(chance.sample(range(qubits), 2))
        line = chance.choice([("cx", pair), ("cz", pair), ("rxx", pair, 0.3), ("h", pair[:1])])
        lines.append(line)
    return circuit(qubits, lines, network=where, pins=pins)


def is_possible(source: Circuit) -> bool:
    """All placements are gone through, and all moves between them before every row."""
    ir = Canonicalize().run(source)
    where = source.network
    assert where is not None
    rooms = [node.qubits for node in where.nodes]
    sites = range(len(rooms))
    every = {
        h
        for h in product(sites, repeat=ir.n_qubits)
        if all(h.count(v) <= room for v, room in enumerate(rooms))
    }
    flags, first = z_diagonal(ir.table), ir.table.operand_start.tolist()
    states, steps = every, dict[Homes, list[Homes]]()
    for row in ir.table:
        if row.op.kind is Kind.BARRIER:
            continue
        diagonal = flags[first[row.index] :].tolist()
        uses = list(zip(row.operands, diagonal, strict=False))
        pin = int(ir.pin[row.index])
        if states is not every:
            states = _reachable(where, states, steps)
        states = {s for s in states if _serves(where, s, uses, sites if pin < 0 else (pin,))}
    return bool(states)


def _reachable(where: Network, states: set[Homes], steps: dict[Homes, list[Homes]]) -> set[Homes]:
    found, waiting = set(states), list(states)
    while waiting:
        here = waiting.pop()
        if here not in steps:
            steps[here] = list(_next(where, here))
        waiting += [s for s in steps[here] if s not in found]
        found.update(steps[here])
    return found


def _next(where: Network, here: Homes) -> list[Homes]:
    """One qubit moves, or two change places."""
    free = [node.qubits - here.count(v) for v, node in enumerate(where.nodes)]
    moves = [{q: v} for q in range(len(here)) for v in range(len(free)) if v != here[q]]
    moves = [m for m in moves if all(free[v] > 0 for v in m.values())]
    moves += [
        {q: here[p], p: here[q]} for p in range(len(here)) for q in range(p) if here[p] != here[q]
    ]
    return [
        tuple(move.get(q, v) for q, v in enumerate(here))
        for move in moves
        if order_moves(where, free, {q: (here[q], v) for q, v in move.items()}) is not None
    ]


def _serves(where: Network, at: Homes, uses: list[tuple[int, bool]], sites: object) -> bool:
    assert isinstance(sites, range | tuple)
    for site in sites:
        away = [(at[q], diagonal) for q, diagonal in uses if at[q] != site]
        if len(away) <= where.nodes[site].comm and all(
            diagonal and where.hops(node, site) is not None for node, diagonal in away
        ):
            return True
    return False


def test_what_is_refused_is_impossible() -> None:
    seen: Counter[bool] = Counter()
    for seed in range(60):
        source = drawn(seed)
        try:
            made = compiled(source, effort=seed % 2)
        except InvalidProgram as refused:
            assert refused.diagnostics[0].code in ("QDM601", "QDM603", "QDM605")
            assert not is_possible(source), seed
            seen[False] += 1
        else:
            assert compare(source, made).verified
            seen[True] += 1
    assert min(seen.values()) > 5, seen
