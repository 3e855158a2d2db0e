"""What makes a placement impossible, said of a row of a circuit."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

import numpy as np

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.diagnostics.source import Span
from qdsl.ir.axes import rows_of_operands
from qdsl.ir.operations import OPERATIONS
from qdsl.ir.stages import Circuit
from qdsl.network.errors import NoCommunicationQubit, NoRoom, NoRoute, TooManyQubits, TooWideForNode
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
            between = _too_few_to_swap(self.network, a, b)
            short = tuple(nodes[v].name for v in between)
            comm = max(map(self._comm_for_two, between), default=2)
            return _invalid(NoRoute(*names, short, span=self._span(row), comm=comm))
        return None

    def too_wide(self, row: int, wanted: int, node: int) -> InvalidProgram:
        chosen = self.network.nodes[node]
        name = self._name(row)
        return _invalid(
            TooWideForNode(name, chosen.name, wanted, chosen.qubits, span=self._span(row))
        )

    def no_room(self, row: int, node: int) -> InvalidProgram:
        name, comm = self.network.nodes[node].name, self._comm_for_two(node)
        return _invalid(NoRoom(self._name(row), name, span=self._span(row), comm=comm))

    def _comm_for_two(self, node: int) -> int:
        """Communication qubits with which a node holds two pairs, while it distils others."""
        return 2 + self.network.set_aside[node]

    def _name(self, row: int) -> str:
        return OPERATIONS[int(self.circuit.table.opcode[row])].name

    def _span(self, row: int) -> Span | None:
        index = int(self.circuit.table.span[row])
        return self.circuit.table.spans[index] if index >= 0 else None


def with_change(refusal: InvalidProgram, change: Callable[[], str]) -> InvalidProgram:
    """The same, with the change of the network that would help, where it does not say itself."""
    (problem,) = refusal.diagnostics
    if not isinstance(problem, NoRoute | NoRoom):
        return refusal
    return _invalid(type(problem)(**{**vars(problem), "change": change()}))


def _too_few_to_swap(network: Network, a: int, b: int) -> tuple[int, ...]:
    """The inner nodes with fewer than two communication qubits, on the way with the fewest of
    them; none where no links lead from a to b."""
    best: dict[int, tuple[int, ...]] = {a: ()}
    reached = [(0, 0, a)]
    while reached:
        _, links, here = heappop(reached)
        if here == b:
            return best[b]
        is_short = here != a and network.free_comm[here] < 2
        short = (*best[here], here) if is_short else best[here]
        for there in network.neighbours[here]:
            if there not in best or len(short) < len(best[there]):
                best[there] = short
                heappush(reached, (len(short), links + 1, there))
    return ()


def _invalid(problem: Diagnostic) -> InvalidProgram:
    return InvalidProgram((problem,))


def too_many_qubits(circuit: Circuit, network: Network) -> InvalidProgram:
    """The error that the nodes hold too few, with those of the qubits that nobody declared."""
    added = []
    if circuit.n_results:
        added.append(f"{circuit.n_results} of them for bits that are returned")
    if circuit.has_scratch:
        added.append("one of them to compute conditions on several bits")
    text = " and ".join(added)
    span = _use_of_one_too_many(circuit, network.qubits)
    found = (network.name, circuit.n_qubits, network.qubits, span, text)
    return InvalidProgram((TooManyQubits(*found),))


def _use_of_one_too_many(circuit: Circuit, room: int) -> Span | None:
    """Where a qubit is used for which there is no room; moves and barriers only say where."""
    table = circuit.table
    is_use = ~table.codes("move", "barrier") & (table.span >= 0)
    rows = rows_of_operands(table)[table.operands >= room]
    known = table.span[[*rows[is_use[rows]], *np.flatnonzero(is_use)]]
    return table.spans[int(known[0])] if len(known) else None
