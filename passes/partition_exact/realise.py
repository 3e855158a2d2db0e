"""From a solution of the instance to trajectories that the compiler goes on with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qdsl.ir.operations import BY_NAME, Kind
from qdsl.ir.stages import Circuit
from qdsl.ir.table import Row, TableBuilder
from qdsl.network.move_order import order_moves
from qdsl.network.network import Network
from qdsl.passes.partition.greedy import Relocation, Trajectories
from qdsl.passes.partition_exact.instance import Answer, Instance


def realised(
    circuit: Circuit, network: Network, problem: Instance, answer: Answer
) -> tuple[Circuit, Trajectories] | None:
    """The circuit, in which operations on single qubits between two events may have changed
    places, and its trajectories. None if qubits would have to change places in a way for which
    the network has too few communication qubits."""
    order, cuts = _order(circuit, problem, answer)
    ordered = _reordered(circuit, order)
    found = _Writing(circuit, network, problem, answer, order, cuts).run()
    return None if found is None else (ordered, found)


def _order(circuit: Circuit, problem: Instance, answer: Answer) -> tuple[list[int], list[int]]:
    """Rows in their new order, and for every event the place in it where the moves before that
    event happen."""
    rows = list(circuit.table)
    disclosed = {d.before for d in circuit.disclosures}
    order: list[int] = []
    cuts: list[int] = []
    row = 0
    for t in range(len(problem.events) + 1):
        gap: list[Row] = []
        while row < len(rows) and problem.place[row] == t and not _is_event(problem, t, row):
            gap.append(rows[row])
            row += 1
        early, late = _around_cut(gap, t, problem, answer, disclosed)
        order += early
        cuts.append(len(order))
        order += late
        if t < len(problem.events):
            order.append(row)
            row += 1
    return order, cuts


def _is_event(problem: Instance, t: int, row: int) -> bool:
    return t < len(problem.events) and problem.events[t].row == row


def _around_cut(
    gap: list[Row], t: int, problem: Instance, answer: Answer, disclosed: set[int]
) -> tuple[list[int], list[int]]:
    """The rows between two events, before and after the moves that happen there."""
    if not 0 < t < len(problem.events):
        return ([], [r.index for r in gap]) if t == 0 else ([r.index for r in gap], [])
    late = {
        r.operands[0]
        for r in gap
        if problem.starts[r.index] >= 0 and answer.late[problem.starts[r.index]]
    }
    fixed = any(r.cond >= 0 or r.index in disclosed or r.op.kind is not Kind.UNITARY for r in gap)
    if fixed:  # the order stays: cut before the first row that has to come late
        first = next((k for k, r in enumerate(gap) if r.operands[0] in late), len(gap))
        return [r.index for r in gap[:first]], [r.index for r in gap[first:]]
    return (
        [r.index for r in gap if r.operands[0] not in late],
        [r.index for r in gap if r.operands[0] in late],
    )


def _reordered(circuit: Circuit, order: list[int]) -> Circuit:
    if order == list(range(len(circuit.table))):
        return circuit
    builder = TableBuilder(circuit.table.words, circuit.table.spans)
    for index in order:
        builder.copy(circuit.table.row(index))
    pin = circuit.pin[np.array(order, np.int64)]
    pin.flags.writeable = False
    return replace(circuit, table=builder.build(), pin=pin)


class _Writing:
    def __init__(
        self, circuit: Circuit, network: Network, problem: Instance, answer: Answer,
        order: list[int], cuts: list[int],
    ) -> None:  # fmt: skip
        self._table, self._network = circuit.table, network
        self._problem, self._answer = problem, answer
        self._order = order
        self._time_at = {place: t for t, place in enumerate(cuts)}
        self._site = {e.row: s for e, s in zip(problem.events, answer.site, strict=True)}
        start = answer.home[0] if answer.home else _filled(problem)
        self._location = list(start)
        self._free = list(problem.room)
        for v in start:
            self._free[v] -= 1
        self._result = Trajectories(list(start), ebits=answer.ebits)

    def run(self) -> Trajectories | None:
        if min(self._free) < 0:
            return None
        barrier = BY_NAME["barrier"].code
        for place, index in enumerate(self._order):
            row = self._table.row(index)
            t = self._time_at.get(place)
            if t is not None and t < len(self._answer.home) and not self._move(t, place, row):
                return None
            here = [self._location[q] for q in row.operands]
            self._result.residence.extend(here)
            site = self._site.get(index, here[0])
            self._result.site.append(-1 if row.op.code == barrier else site)
        return self._result

    def _move(self, t: int, place: int, row: Row) -> bool:
        wanted = self._answer.home[t]
        moves = {
            q: (here, there)
            for q, (here, there) in enumerate(zip(self._location, wanted, strict=True))
            if here != there
        }
        if not moves:
            return True
        if order_moves(self._network, self._free, moves) is None:
            return False
        if not set(moves) <= set(row.operands):
            nodes = tuple(there for _, there in moves.values())
            self._result.relocations.append(Relocation(place, tuple(moves), nodes))
        for q, (source, target) in moves.items():
            self._location[q] = target
            self._free[source] += 1
            self._free[target] -= 1
        return True


def _filled(problem: Instance) -> tuple[int, ...]:
    """Homes where nothing asks for any."""
    places = [v for v, room in enumerate(problem.room) for _ in range(room)]
    return tuple(places[: problem.n_qubits])
