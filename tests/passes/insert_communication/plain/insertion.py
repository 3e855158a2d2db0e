"""Insertion once more, with dictionaries and lists only: the oracle of the compiled loops."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands
from qdsl.ir.operations import BY_NAME, Kind
from qdsl.ir.stages import DistributedCircuit, PlacedCircuit
from qdsl.ir.table import Row
from qdsl.network.move_order import Hop, order_moves
from qdsl.passes.insert_communication.uses import epochs, next_uses, plain_rows, served_uses
from tests.passes.insert_communication.plain import primitives
from tests.passes.insert_communication.plain.bits import Bits
from tests.passes.insert_communication.plain.copies import NEVER, Copies
from tests.passes.insert_communication.plain.emitter import Emitter

Column = npt.NDArray[np.int64]
_MEASURE: Final = BY_NAME["measure"].code


def one_by_one(
    ir: PlacedCircuit, order: Column, keep_copies: bool, gates_per_ebit: int
) -> DistributedCircuit:
    """The distributed program, written row by row, on any network."""
    return _Insertion(ir, order, keep_copies, gates_per_ebit).run()


def first_of_copies(
    placed: PlacedCircuit, rank: Column, and_homes: bool
) -> dict[tuple[int, int], int]:
    """(epoch, node) -> the rank of the first row that such a copy serves, or for which its qubit
    comes to live there."""
    row = rows_of_operands(placed.circuit.table).astype(np.int64)
    served = served_uses(placed)
    served = served[np.argsort(-rank[row[served]], kind="stable")]
    keys = zip(epochs(placed)[served].tolist(), placed.site[row[served]].tolist(), strict=True)
    found = dict(zip(keys, rank[row[served]].tolist(), strict=True))
    if and_homes:
        operands = placed.circuit.table.operands.tolist()
        uses = zip(operands, rank[row].tolist(), epochs(placed).tolist(), placed.residence.tolist(),
                   strict=True)  # fmt: skip
        before: dict[int, tuple[int, int]] = {}
        for q, turn, epoch, node in sorted(uses):
            if q in before and before[q][1] != node:
                found.setdefault((before[q][0], node), turn)
            before[q] = epoch, node
    return found


class _Insertion:
    def __init__(
        self, ir: PlacedCircuit, order: Column, keep_copies: bool, gates_per_ebit: int
    ) -> None:
        self.ir = ir
        self.out = Emitter(ir)
        self.keep_copies = keep_copies
        self.gates_per_ebit = gates_per_ebit
        self.location = ir.home.tolist()
        self.wire = [self.out.data_wire(node) for node in self.location]
        self.home_wire = list(self.wire)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        first = first_of_copies(ir, rank, keep_copies)
        self.copies = Copies(self.out, ir.network, self.wire, first, gates_per_ebit)
        self.bits = Bits(self.out, ir.circuit.n_bits)
        self.free = [node.qubits for node in ir.network.nodes]
        for node in self.location:
            self.free[node] -= 1
        self.site = ir.site.tolist()
        self.residence = ir.residence.tolist()
        self.order = order.tolist()
        self.epoch = epochs(ir).tolist()
        self.now = 0
        self.again = next_uses(ir, rank).tolist()

    def run(self) -> DistributedCircuit:
        rows = list(self.ir.circuit.table)
        start = self.ir.circuit.table.operand_start.tolist()
        plain = plain_rows(self.ir).tolist()
        wire, out = self.wire, self.out
        for turn, index in enumerate(self.order):
            row = rows[index]
            out.origin = index
            if plain[index]:
                wires = [wire[q] for q in row.operands]
                out.row(row.op.code, wires, row.angle, -1, row.attr)
            else:
                self.now = turn
                self._insert(row, start[index])
        return self.out.build(self.home_wire, self.wire, self.bits.latest(), self.gates_per_ebit)

    def _insert(self, row: Row, first: int) -> None:
        homes = self.residence[first : first + len(row.operands)]
        moved = [q for q, node in zip(row.operands, homes, strict=True) if self.location[q] != node]
        if moved:
            self._move({q: (self.location[q], node) for q, node in zip(row.operands, homes,
                        strict=True) if q in moved})  # fmt: skip
        kind = row.op.kind
        if kind is Kind.BARRIER and not moved:
            self.out.row(row.op.code, [self.wire[q] for q in row.operands])
        elif kind not in (Kind.BARRIER, Kind.MOVE):
            self._operate(row, first, homes)

    # ---- residences ---------------------------------------------------------------------

    def _move(self, moves: dict[int, tuple[int, int]]) -> None:
        waiting: dict[int, tuple[str, int]] = {}
        hops = order_moves(self.ir.network, self.free, moves) or ()
        for hop in hops:
            q = hop.qubit
            waiting[q] = self._arrive(hop, len(hops) == 1)
            self.location[q] = hop.target
            self.free[hop.source] += 1
            self.free[hop.target] -= 1
            for stored in hop.stores:
                self.wire[stored] = primitives.store(self.out, self.wire[stored], *waiting[stored])

    def _arrive(self, hop: Hop, is_alone: bool) -> tuple[str, int]:
        """Bring a qubit to a node: a copy that is there takes over, or, `is_alone`, one made from
        a copy that is nearer than the qubit; else it is teleported.

        Returns the role and the group of the primitive.
        """
        found = self._arrived(hop, is_alone)
        self.copies.close_all(hop.qubit)
        return found

    def _arrived(self, hop: Hop, is_alone: bool) -> tuple[str, int]:
        q, is_stored = hop.qubit, not hop.waits
        if is_alone and self.copies.get(q, hop.target) is None:
            self.copies.open_from_nearer(q, hop.target)
        copy = self.copies.take(q, hop.target)
        if copy is not None:
            root = self.wire[q]
            self.wire[q] = primitives.hand_over(self.out, root, copy.wire, copy.group, is_stored)
            return "handover", copy.group
        route = self.ir.network.route(hop.source, hop.target)
        assert route is not None
        self.copies.reserve(route)
        self.wire[q], group = primitives.teleport(self.out, self.wire[q], route, is_stored)
        return "teledata", group

    # ---- operations ---------------------------------------------------------------------

    def _operate(self, row: Row, first: int, homes: list[int]) -> None:
        site = self.site[row.index]
        wires = [self.wire[q] for q in row.operands]
        served = [k for k, node in enumerate(homes) if node != site]
        for k in served:
            self.copies.hold(row.operands[k], site)
        for k in served:
            wires[k] = self._copy_wire(row.operands[k], site, first + k)
        cond = self.bits.condition(row.cond, site)
        attr = row.attr
        if row.op.code == _MEASURE:
            attr = self.bits.written(row, site)
        self.out.row(row.op.code, wires, row.angle, cond, attr)
        self.copies.release()
        for k in served:
            if not self._goes_on(row.operands[k], site, self.again[first + k]):
                self.copies.close(row.operands[k], site)

    def _goes_on(self, q: int, site: int, again: int) -> bool:
        """Will a copy be of use in the row whose turn is `again`, -1: none?"""
        if again < 0 or not self.keep_copies:
            return False
        return not self.copies.is_spent(q, site) or self._goes_to_live(q, site, self.order[again])

    def _goes_to_live(self, q: int, site: int, row: int) -> bool:
        """Does a qubit live at a node in this row? A spent copy may still take over there."""
        table = self.ir.circuit.table
        a, b = table.operand_start[row], table.operand_start[row + 1]
        lives: int = self.residence[a + table.operands[a:b].tolist().index(q)]
        return lives == site

    def _copy_wire(self, q: int, site: int, use: int) -> int:
        needed = self.again[use] if self.again[use] >= 0 else NEVER
        copy = self.copies.get(q, site)
        if copy is not None and self.copies.is_spent(q, site):
            self.copies.close(q, site)
            copy = None
        if copy is None:
            copy = self.copies.open(q, site, needed, self.epoch[use], self.now)
        copy.again = needed
        copy.served += 1
        return copy.wire
