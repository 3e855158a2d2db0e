"""Node programs put back together: who waits for whom, and in what order all can go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from qdsl.backends.nodes.program import Learn, NodeProgram, Pair, Receive, Send, Step, Tell
from qdsl.diagnostics.request_error import Refused
from qdsl.records import dataclass


class DoNotFit(Refused):
    """Node programs that wait for something that no other gives them."""


@dataclass(frozen=True, slots=True)
class WovenStep:
    """A step of one node, or the two steps that are one: (node, position in its program)."""

    places: tuple[tuple[int, int], ...]


def weave(programs: Sequence[NodeProgram]) -> tuple[WovenStep, ...]:
    """Every step of every program in an order that keeps all of them: a pair is one turn of two
    nodes, a message is received after it is sent. Each node goes on for as long as it can, then
    the next. DoNotFit if some step can never happen."""
    loom = _Loom(programs)
    while loom.advance():
        pass
    waiting = [(p, at) for p, at in zip(programs, loom.at, strict=True) if at < len(p.steps)]
    if waiting:
        program, at = waiting[0]
        raise DoNotFit(f"{program.name} waits for ever at step {at}: {program.steps[at]}")
    if loom.sent:
        sender, receiver, number, _ = min(loom.sent)
        raise DoNotFit(f"message {number} of {sender} to {receiver} is never received")
    return tuple(loom.slots)


@dataclass(slots=True)
class _Loom:
    programs: Sequence[NodeProgram]
    slots: list[WovenStep] = field(default_factory=list)
    sent: set[tuple[str, str, int | str, int]] = field(default_factory=set)
    at: list[int] = field(init=False)
    index: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.at = [0] * len(self.programs)
        self.index = {p.name: k for k, p in enumerate(self.programs)}

    def advance(self) -> bool:
        """One sweep over all nodes; whether anything happened."""
        before = len(self.slots)
        for node, program in enumerate(self.programs):
            while self.at[node] < len(program.steps):
                if not self._slot(node, program.steps[self.at[node]]):
                    break
        return len(self.slots) > before

    def _slot(self, node: int, step: Step) -> bool:
        name = self.programs[node].name
        places = [(node, self.at[node])]
        match step:
            case Pair(_, peer, number):
                other = self.index.get(peer, -1)
                if other < 0 or not self._asks(other, name, number):
                    return False
                places.append((other, self.at[other]))
                self.at[other] += 1
            case Send(peer, number, bits):
                self.sent.add((name, peer, number, len(bits)))
            case Tell(peer, vector):
                self.sent.add((name, peer, vector, 0))
            case Receive(peer, number, bits):
                if not self._take((peer, name, number, len(bits))):
                    return False
            case Learn(peer, vector):
                if not self._take((peer, name, vector, 0)):
                    return False
        self.at[node] += 1
        self.slots.append(WovenStep(tuple(sorted(places))))
        return True

    def _asks(self, node: int, peer: str, number: int) -> bool:
        steps = self.programs[node].steps
        here = steps[self.at[node]] if self.at[node] < len(steps) else None
        return isinstance(here, Pair) and (here.peer, here.number) == (peer, number)

    def _take(self, message: tuple[str, str, int | str, int]) -> bool:
        if message not in self.sent:
            return False
        self.sent.remove(message)
        return True


def peak_width(programs: Sequence[NodeProgram], slots: Sequence[WovenStep]) -> int:
    """An upper bound on the qubits that are entangled with one another at one time: operations
    join what they act on, a measurement sets its qubit free, a swap changes places only."""
    group: dict[tuple[int, int], set[tuple[int, int]]] = {}
    peak = 0
    for slot in slots:
        qubits = _qubits(programs, slot)
        step = programs[slot.places[0][0]].steps[slot.places[0][1]]
        match type(step).__name__:
            case "Begin":
                group[qubits[0]] = {qubits[0]}
            case "End" | "Measure" | "Reset":
                group[qubits[0]].discard(qubits[0])
                group[qubits[0]] = {qubits[0]}
            case "Pair" | "Gate" | "Encode":
                joined = set(qubits).union(*(group.get(q, ()) for q in qubits))
                for q in joined:
                    group[q] = joined
                peak = max(peak, len(joined))
    return max(peak, 1)


def _qubits(programs: Sequence[NodeProgram], slot: WovenStep) -> list[tuple[int, int]]:
    found = []
    for node, at in slot.places:
        step = programs[node].steps[at]
        qubits = getattr(step, "qubits", None) or (getattr(step, "qubit", -1),)
        found += [(node, q) for q in qubits]
    return found
