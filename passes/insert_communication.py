"""The pass `insert-communication`: pairs, local operations and messages for a placed circuit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final

from qdsl.communication import primitives
from qdsl.communication.bits import Bits
from qdsl.communication.copies import NEVER, Copies
from qdsl.communication.emitter import Emitter
from qdsl.communication.uses import Uses, uses
from qdsl.ir.operations import BY_NAME, Kind
from qdsl.ir.stages import DistributedCircuit, PlacedCircuit
from qdsl.ir.table import Row
from qdsl.moves import order_moves

_MEASURE: Final = BY_NAME["measure"].code


@dataclass(frozen=True, slots=True)
class InsertCommunication:
    """Teleport qubits whose residence changes, and serve remote operands by cat copies.

    A copy stays open while the same node needs it again and every operation on its qubit is
    diagonal, unless its communication qubit is wanted for something sooner. Pairs over
    several links are swapped at inner nodes. In program order no node ever uses more data or
    communication qubits than it has.
    """

    name: ClassVar[str] = "insert-communication"

    keep_copies: bool = field(
        default=True, metadata={"help": "let one copy serve many operations (else one each)"}
    )

    def run(self, ir: PlacedCircuit) -> DistributedCircuit:
        return _Insertion(ir, uses(ir), self.keep_copies).run()


class _Insertion:
    def __init__(self, ir: PlacedCircuit, needs: Uses, keep_copies: bool) -> None:
        self.ir = ir
        self.out = Emitter(ir)
        self.keep_copies = keep_copies
        self.location = ir.home.tolist()
        self.wire = [self.out.data_wire(node) for node in self.location]
        self.home_wire = list(self.wire)
        self.copies = Copies(self.out, ir.network, self.wire)
        self.bits = Bits(self.out, ir.circuit.n_bits)
        self.free = [node.qubits for node in ir.network.nodes]
        for node in self.location:
            self.free[node] -= 1
        self.site = ir.site.tolist()
        self.residence = ir.residence.tolist()
        self.again = needs.again.tolist()

    def run(self) -> DistributedCircuit:
        first = 0
        for row in self.ir.circuit.table:
            self.out.origin = row.index
            self._insert(row, first)
            first += len(row.operands)
        return self.out.build(self.home_wire, self.wire, self.bits.latest())

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
        waiting: dict[int, int] = {}
        for hop in order_moves(self.ir.network, self.free, moves) or ():
            route = self.ir.network.route(hop.source, hop.target)
            assert route is not None
            self.copies.reserve(route)
            q = hop.qubit
            self.wire[q], group = primitives.teleport(self.out, self.wire[q], route, not hop.waits)
            self.location[q] = hop.target
            self.free[hop.source] += 1
            self.free[hop.target] -= 1
            waiting[q] = group
            for stored in hop.stores:
                self.wire[stored] = primitives.store(self.out, self.wire[stored], waiting[stored])

    # ---- operations ---------------------------------------------------------------------

    def _operate(self, row: Row, first: int, homes: list[int]) -> None:
        site = self.site[row.index]
        wires = [self.wire[q] for q in row.operands]
        served = [k for k, node in enumerate(homes) if node != site]
        for k in served:
            self.copies.hold(row.operands[k], site)
        for k in served:
            wires[k] = self._copy_wire(row.operands[k], site, self.again[first + k])
        cond = self.bits.condition(row.cond, site)
        attr = row.attr
        if row.op.code == _MEASURE:
            attr = self.bits.written(row, site)
        self.out.row(row.op.code, wires, row.angle, cond, attr)
        self.copies.release()
        for k in served:
            if self.again[first + k] < 0 or not self.keep_copies:
                self.copies.close(row.operands[k], site)

    def _copy_wire(self, q: int, site: int, again: int) -> int:
        needed = again if again >= 0 else NEVER
        copy = self.copies.get(q, site)
        if copy is None:
            copy = self.copies.open(q, site, needed)
        copy.again = needed
        return copy.wire
