"""Which qubits go to which node in one execution, and whose values they depend on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from qdsl.analysis.structure import Reader
from qdsl.ir.operations import Kind
from qdsl.ir.stages import ROLES, DistributedCircuit
from qdsl.ir.table import Row
from qdsl.records import dataclass

Owners = frozenset[str]
NOBODY: Owners = frozenset()


@dataclass(frozen=True, slots=True)
class Transfer:
    """`qubits` arrive at `to`; `about`: the owners whose values they depend on. `bits`: a bit that
    ends a cat copy arrives: uniform by itself, and not together with what `to` has kept."""

    by: str
    to: str
    qubits: int
    about: Owners
    bits: int = 0


@dataclass(frozen=True, slots=True)
class SentOutcomes:
    """Bits that the program itself sends: outcomes of the source that conditions need."""

    by: str
    to: str
    about: Owners


@dataclass(frozen=True, slots=True)
class EndState:
    """Qubits that may be entangled with one another, and with no others: how many of them are
    `held` by each node in the end, or were measured or reset there; and the owners whose values
    they depend on."""

    held: Mapping[str, int]
    about: Owners


@dataclass(slots=True)
class ExecutionTransfers:
    """Transfers in order; `states`: what an execution ends with; `final`: where each source qubit
    ends, and the owners that it depends on."""

    transfers: list[Transfer] = field(default_factory=list)
    disclosed: list[SentOutcomes] = field(default_factory=list)
    states: list[EndState] = field(default_factory=list)
    final: list[tuple[str, Owners]] = field(default_factory=list)


def execution_of(program: DistributedCircuit) -> ExecutionTransfers:
    """One execution, row by row. Dependence spreads over every operation of several qubits."""
    return _TransferWalk(program).run()


class _TransferWalk:
    def __init__(self, program: DistributedCircuit) -> None:
        self.program = program
        self.names = [n.name for n in program.network.nodes]
        self.wire: list[Owners] = [NOBODY] * program.n_wires
        self.bit: list[Owners] = [NOBODY] * len(program.bit_node)
        self.node_of = [self.names[k] for k in program.wire_node.tolist()]
        self.bit_at = [self.names[k] for k in program.bit_node.tolist()]
        self.reader = Reader(program.values)
        self.owner = [v.owner for v in program.values.vectors]
        self.known: dict[Owners, Owners] = {}
        self.found = ExecutionTransfers()
        self.finished: set[int] = set()  # wires measured and not touched since
        self.begun: dict[tuple[str, int], tuple[str, Owners]] = {}
        self.arrived: set[tuple[str, int]] = set()
        self.state = list(range(program.n_wires))  # that a wire is part of
        self.n_states = program.n_wires
        self.joined: dict[tuple[int, int], None] = {}
        self.bit_state = [-1] * len(program.bit_node)
        self.ended: list[tuple[str, int, Owners]] = []

    def run(self) -> ExecutionTransfers:
        program = self.program
        roles, groups = program.role.tolist(), program.group.tolist()
        for row in program.table:
            kind = row.op.kind
            role = ROLES[roles[row.index]]
            if kind is Kind.SEND:
                self._send(row.operands[0], row.attr, role)
                continue
            if kind is Kind.BARRIER:
                continue
            owners = self._own(row)
            for w in row.operands:
                owners |= self.wire[w]
            if row.cond >= 0:
                owners |= self.bit[row.cond >> 1]
            owners = self.known.setdefault(owners, owners)
            self._join(row)
            if role in ("teledata", "cat-entangler") and kind is Kind.UNITARY:
                self._transfer(role, groups[row.index], row.operands, owners)
            was_finished = row.operands[0] in self.finished
            for w in row.operands:
                self.wire[w] = owners
                self.finished.discard(w)
            if kind is Kind.MEASURE:
                self.bit[row.attr] = owners
                self.bit_state[row.attr] = self.state[row.operands[0]]
            if role == "local" and kind in (Kind.MEASURE, Kind.RESET):
                if not was_finished:
                    self._end(row.operands[0], owners)
                self.finished.add(row.operands[0])
            if kind in (Kind.RESET, Kind.EBIT):
                self._begin(row.operands)
        for w in program.final_wire.tolist():
            self.found.final.append((self.node_of[w], self.wire[w]))
            if w not in self.finished:
                self._end(w, self.wire[w])
        self.found.states = self._states()
        return self.found

    def _join(self, row: Row) -> None:
        """What an operation acts on may be entangled from here on, as may what decides on it."""
        first = self.state[row.operands[0]]
        for w in row.operands[1:]:
            self.joined[first, self.state[w]] = None
        if row.cond >= 0 and self.bit_state[row.cond >> 1] >= 0:
            self.joined[first, self.bit_state[row.cond >> 1]] = None

    def _begin(self, wires: Sequence[int]) -> None:
        """These wires have a state of their own now."""
        for w in wires:
            self.state[w] = self.n_states
        self.n_states += 1

    def _states(self) -> list[EndState]:
        found: dict[int, tuple[Counter[str], Owners]] = {}
        whole = _connected(self.n_states, self.joined)
        for node, state, owners in self.ended:
            held, about = found.get(whole[state], (Counter(), NOBODY))
            held[node] += 1
            found[whole[state]] = held, about | owners
        return [EndState(held, about) for held, about in found.values()]

    def _own(self, row: Row) -> Owners:
        """The owners of the values that a row uses."""
        if row.angle < 0 and row.op.kind is not Kind.ENCODE:
            return NOBODY
        _, vectors = self.reader.read(self.program.values, row)
        return frozenset(o for k in vectors if (o := self.owner[k]) is not None)

    def _send(self, bit: int, copy: int, role: str) -> None:
        self.bit[copy], self.bit_state[copy] = self.bit[bit], self.bit_state[bit]
        by, to = self.bit_at[bit], self.bit_at[copy]
        if role == "message":
            self.found.disclosed.append(SentOutcomes(by, to, self.bit[bit]))
        elif role in ("cat-disentangler", "handover"):
            self.found.transfers.append(Transfer(by, to, 0, self.bit[bit], 1))

    def _end(self, wire: int, owners: Owners) -> None:
        self.ended.append((self.node_of[wire], self.state[wire], owners))

    def _transfer(self, role: str, group: int, wires: Sequence[int], owners: Owners) -> None:
        """The first gate of a use joins the qubit to the near half; a gate on the far half then
        tells where it arrives."""
        use = (role, group)
        if use not in self.begun:
            self.begun[use] = (self.node_of[wires[0]], owners)
            return
        by, about = self.begun[use]
        to = self.node_of[wires[-1]]
        if to != by and use not in self.arrived:
            self.arrived.add(use)
            self.found.transfers.append(Transfer(by, to, 1, about | owners))


def _connected(n: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """By state of n the least of those that it is joined with, directly or not."""
    least = list(range(n))

    def found(state: int) -> int:
        while least[state] != state:
            least[state] = state = least[least[state]]
        return state

    for a, b in pairs:
        low, high = sorted((found(a), found(b)))
        least[high] = low
    return [found(state) for state in range(n)]
