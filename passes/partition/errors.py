"""What makes a placement impossible, said of a row of a circuit."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.diagnostics.source import Span
from qdsl.ir.operations import OPERATIONS
from qdsl.ir.stages import Circuit
from qdsl.network.errors import NoCommunicationQubit, NoRoom, NoRoute, TooWideForNode
from qdsl.network.network import Network
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Refusals:
    """Makes the exceptions; the caller raises them."""

    circuit: Circuit
    network: Network

    def no_pair(self, row: int, a: int, b: int) -> InvalidProgram | None:
        """Why two nodes cannot share a pair; None if they can."""
        nodes = self.network.nodes
        for v in (a, b):
            if nodes[v].comm < 1:
                return _invalid(
                    NoCommunicationQubit(nodes[v].name, 1, nodes[v].comm, self._span(row))
                )
        if self.network.hops(a, b) is None:
            names = (self.network.name, nodes[a].name, nodes[b].name)
            return _invalid(NoRoute(*names, self._span(row)))
        return None

    def too_wide(self, row: int, wanted: int, node: int) -> InvalidProgram:
        chosen = self.network.nodes[node]
        name = self._name(row)
        return _invalid(TooWideForNode(name, chosen.name, wanted, chosen.qubits, self._span(row)))

    def no_room(self, row: int, node: int) -> InvalidProgram:
        return _invalid(NoRoom(self._name(row), self.network.nodes[node].name, self._span(row)))

    def _name(self, row: int) -> str:
        return OPERATIONS[int(self.circuit.table.opcode[row])].name

    def _span(self, row: int) -> Span | None:
        index = int(self.circuit.table.span[row])
        return self.circuit.table.spans[index] if index >= 0 else None


def _invalid(problem: Diagnostic) -> InvalidProgram:
    return InvalidProgram((problem,))
