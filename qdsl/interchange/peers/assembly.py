"""Distributed programs that are written out: pairs, local gates, measurements, messages and
corrections. Their communication is taken away by the rules of the proof of every compile
(docs/decisions/0002-cat-groups-validation.md), whichever protocols they are made of.

A reader calls the methods of `Assembly` in an order in which the steps can happen. A *slot* is a
qubit of a node by the name that the text gives it. What is in a slot from its preparation to its
measurement is a *wire*: one that does not come from a pair begins as a qubit in |0>.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import field
from typing import Final, NamedTuple, NoReturn

from qdsl.interchange.peers.program import (
    Half,
    HalfEnds,
    Message,
    NotDistributed,
    PairMade,
    PeerGate,
    PeerMeasure,
    PeerPair,
    PeerProgram,
    PeerStep,
    Place,
    TrafficStep,
    said,
)
from qdsl.ir.operations import BY_NAME
from qdsl.ir.table import TableBuilder
from qdsl.records import dataclass
from qdsl.verify.translation.logical import NotUndone
from qdsl.verify.translation.taking_away import TakenStep, without_communication

Bit = tuple[int, Hashable]  # a node and what it calls a classical bit
Condition = tuple[Bit, int]
SENT: Final = ("cx", "h")  # on a data qubit, right before the measurement that sends it away
# What OpenQASM 3 calls by other names than qdsl; all of them act alike on communication.
_KNOWN: Final[Mapping[str, str]] = {
    "u1": "p",
    "u3": "u",
    "u2": "u",
    "U": "u",
    "CX": "cx",
    "phase": "p",
    "cphase": "cp",
    "cu1": "cp",
}


class Slot(NamedTuple):
    """A qubit: its node, and the name that the text gives it."""

    node: int
    name: str
    is_comm: bool = False


@dataclass(slots=True)
class _Wire:
    """`last`: the last two gates on it; `bit`: the value that it was measured into since, -1
    without."""

    number: int
    slot: Slot
    from_pair: bool
    last: tuple[str, ...] = ()
    bit: int = -1
    has_ended: bool = False


@dataclass(slots=True)
class Assembly:
    """`form`: what the text is, in words."""

    form: str
    slots: Sequence[Slot]
    remarks: list[str] = field(default_factory=list)
    _builder: TableBuilder = field(default_factory=TableBuilder)
    _wires: list[_Wire] = field(default_factory=list)
    _in: dict[Slot, _Wire] = field(default_factory=dict)
    _home: list[int] = field(default_factory=list)  # wires that begin as qubits
    _bits: dict[Bit, int] = field(default_factory=dict)  # the newest value of a bit, by number
    _n_bits: int = 0
    _n_hidden: int = 0
    _source: list[int] = field(default_factory=list)  # values that measure a qubit of the source
    _saved: dict[int, int] = field(default_factory=dict)  # of an outcome: the value
    _texts: list[tuple[Place, str, tuple[str, ...]]] = field(default_factory=list)  # by row
    _traffic: list[TrafficStep] = field(default_factory=list)

    # ---- steps ---------------------------------------------------------------------------

    def gate(
        self,
        line: Place,
        name: str,
        angles: tuple[str, ...],
        slots: Sequence[Slot],
        condition: Condition | None = None,
    ) -> None:
        """A gate of OpenQASM 3 at one node."""
        if len({slot.node for slot in slots}) > 1:
            self._refuse(line, f"`{name}` acts on qubits of several nodes")
        operation = BY_NAME.get(_KNOWN.get(name, name))
        if operation is None or not operation.is_unitary or operation.arity != len(slots):
            self._refuse(line, f"`{name}` on {len(slots)} qubits is not known here")
        if name == "swap" and condition is None:
            first, second = (self._held(line, slot) for slot in slots)
            for wire, slot in ((first, slots[1]), (second, slots[0])):
                wire.slot, self._in[slot] = slot, wire
            return
        if condition is not None and name == "x" and self._sets_to_zero(slots[0], condition):
            del self._in[slots[0]]
            return
        wires = [self._held(line, slot) for slot in slots]
        for wire in wires:
            wire.last, wire.bit = (*wire.last[-1:], name), -1
        cond = -1 if condition is None else 2 * self._value(line, condition[0]) + condition[1]
        self._add(line, name, angles, operation.code, [w.number for w in wires], cond)

    def pair(self, line: Place, one: Slot, other: Slot) -> None:
        """An EPR pair, on qubits in |0>."""
        for slot in (one, other):
            if slot in self._in:
                known = "was measured, and is used before it is reset"
                state = known if self._in[slot].has_ended else "is in use already"
                self._refuse(line, f"{slot.name} {state}")
        wires = [self._begin(slot, True) for slot in (one, other)]
        self._traffic.append(PairMade(line, PeerPair(Half(*one[:2]), Half(*other[:2]))))
        self._add(line, "ebit", (), BY_NAME["ebit"].code, [w.number for w in wires])

    def measure(
        self,
        line: Place,
        slot: Slot,
        bit: Bit,
        outcome: int | None = None,
        ends: bool | None = None,
    ) -> None:
        """`outcome`: which of the program's outcomes it is; None: it is none. `ends`: it is the end
        of communication; None: if it is no outcome, and either of a communication qubit, or of a
        qubit that is sent away."""
        wire = self._held(line, slot)
        if wire.bit >= 0:  # measured again, with nothing in between
            value = wire.bit
        else:
            value = wire.bit = self._fresh_value()
            meant = outcome is None and (slot.is_comm or wire.last == SENT)
            wire.has_ended = meant if ends is None else ends
            if not wire.has_ended:
                self._source.append(value)
            self._add(line, "measure", (), BY_NAME["measure"].code, [wire.number], attr=value)
            if wire.has_ended and slot.is_comm:
                self._traffic.append(HalfEnds(line, Half(*slot[:2])))
        self._bits[bit] = value
        if outcome is not None:
            self._saved[outcome] = value

    def is_fresh(self, slot: Slot) -> bool:
        """Is it in |0>, untouched?"""
        return slot not in self._in

    def local_copy(self, line: Place, root: Slot, copy: Slot) -> None:
        """`cx` onto a fresh qubit of the same node, as a cat copy: a pair of that node's own does
        the same, and is no ebit."""
        if root.node != copy.node:
            self._refuse(line, "`cx` acts on qubits of several nodes")
        near = self._hidden(root.node)
        wires = [self._begin(slot, True).number for slot in (near, copy)]
        self._add(line, "ebit", (), BY_NAME["ebit"].code, wires)
        self._entangled(line, root, near, copy)

    def message(self, line: Place, sent: Bit, received: Bit) -> None:
        """One bit from node to node."""
        self._traffic.append(Message(line, sent[0], received[0]))
        value = self._fresh_value()
        self._add(line, "send", (), BY_NAME["send"].code, [self._value(line, sent)], attr=value)
        self._bits[received] = value

    def hold(self, line: Place, bit: Bit, other: Bit) -> None:
        """A bit of a node is kept in another one too."""
        self._bits[other] = self._value(line, bit)

    def teleport(self, line: Place, sent: Slot, received: Slot) -> None:
        """What is in `sent` moves to `received`, by a pair and two bits on hidden qubits."""
        near, far = self._hidden_pair(line, sent.node, received.node)
        bits: list[Bit] = [(sent.node, (near.name, k)) for k in "xz"]
        self.gate(line, "cx", (), (sent, near))
        self.measure(line, near, bits[0])
        self.gate(line, "h", (), (sent,))
        self._in[sent].last = SENT
        self.measure(line, sent, bits[1])
        self.reset(line, sent)
        self._corrected(line, bits[0], "x", far)
        self._corrected(line, bits[1], "z", far)
        self.reset(line, received)
        self.gate(line, "swap", (), (far, received))
        self._traffic.append(HalfEnds(line, Half(*far[:2])))

    def copy(self, line: Place, root: Slot, node: int) -> Slot:
        """A cat copy of `root` in a hidden qubit of that node."""
        near, far = self._hidden_pair(line, root.node, node)
        self._entangled(line, root, near, far)
        return far

    def copy_to(self, line: Place, root: Slot, far: Slot) -> None:
        """A cat copy of `root` in `far`, by a pair whose other half is hidden."""
        near = self._hidden(root.node)
        self.pair(line, near, far)
        self._entangled(line, root, near, far)

    def _entangled(self, line: Place, root: Slot, near: Slot, far: Slot) -> None:
        """The cat-entangler, on a pair."""
        bit: Bit = (root.node, near.name)
        self.gate(line, "cx", (), (root, near))
        self.measure(line, near, bit)
        self._corrected(line, bit, "x", far)

    def end_copy(self, line: Place, copy: Slot, root: Slot) -> None:
        """The cat-disentangler."""
        bit: Bit = (copy.node, copy.name)
        self.gate(line, "h", (), (copy,))
        self.measure(line, copy, bit)
        self._corrected(line, bit, "z", root)

    def _hidden_pair(self, line: Place, near: int, far: int) -> tuple[Slot, Slot]:
        made = self._hidden(near), self._hidden(far)
        self.pair(line, *made)
        return made

    def _hidden(self, node: int) -> Slot:
        self._n_hidden += 1
        return Slot(node, f"hidden qubit {self._n_hidden}", True)

    def _corrected(self, line: Place, bit: Bit, name: str, slot: Slot) -> None:
        here = (slot.node, bit)
        if slot.node != bit[0]:
            self.message(line, bit, here)
        else:
            self.hold(line, bit, here)
        self.gate(line, name, (), (slot,), (here, 1))

    def reset(self, line: Place, slot: Slot) -> None:
        """What is in the slot is lost; a fresh qubit in |0> is there."""
        wire = self._in.pop(slot, None)
        if wire is not None and not wire.has_ended and wire.from_pair and slot.is_comm:
            self._traffic.append(HalfEnds(line, Half(*slot[:2])))

    # ---- what the steps are made of ------------------------------------------------------

    def _refuse(self, line: Place, problem: str) -> NoReturn:
        raise NotDistributed(f"{said(line)}: {problem}")

    def _add(
        self,
        line: Place,
        name: str,
        angles: tuple[str, ...],
        code: int,
        operands: list[int],
        cond: int = -1,
        attr: int = -1,
    ) -> None:
        self._builder.add(code, operands, cond=cond, attr=attr)
        self._texts.append((line, name, angles))

    def _begin(self, slot: Slot, from_pair: bool) -> _Wire:
        wire = _Wire(len(self._wires), slot, from_pair)
        self._wires.append(wire)
        self._in[slot] = wire
        if not from_pair:
            self._home.append(wire.number)
        return wire

    def _held(self, line: Place, slot: Slot) -> _Wire:
        wire = self._in.get(slot) or self._begin(slot, False)
        if wire.has_ended:
            self._refuse(line, f"{slot.name} was measured, and is used before it is reset")
        return wire

    def _sets_to_zero(self, slot: Slot, condition: Condition) -> bool:
        """X where the qubit was just measured to be 1."""
        wire = self._in.get(slot)
        if wire is None or wire.bit < 0 or condition[1] != 1:
            return False
        return self._bits.get(condition[0]) == wire.bit

    def _fresh_value(self) -> int:
        self._n_bits += 1
        return self._n_bits - 1

    def _value(self, line: Place, bit: Bit) -> int:
        if bit not in self._bits:
            self._refuse(line, f"bit {bit[1]} of node {bit[0]} is used before it is written")
        return self._bits[bit]

    # ---- what it does --------------------------------------------------------------------

    def program(self, comm: Mapping[int, int], by_qubit: bool = False) -> PeerProgram:
        """`comm`: communication qubits by node. `by_qubit`: see `PeerProgram.outcomes`."""
        for outcome in range(max(self._saved, default=-1) + 1):
            if outcome not in self._saved:
                raise NotDistributed(f"outcome {outcome} is never measured")
        table = self._builder.build()
        try:
            taken = without_communication(
                table, len(self._wires), self._n_bits, self._home, self._source
            )
        except NotUndone as problem:
            at = f"{said(self._texts[problem.row.index][0])}: " if problem.row is not None else ""
            raise NotDistributed(
                f"{at}the communication cannot be followed: {self._named(str(problem))}"
            ) from None
        of_value = {value: k for k, value in self._saved.items()}
        number = {k: of_value[v] for k, v in enumerate(self._source) if v in of_value}
        steps = [s for s in (self._step(t, number) for t in taken) if s is not None]
        slots = [self._wires[w].slot for w in self._home]
        return PeerProgram(
            self.form,
            tuple(s.node for s in slots),
            tuple(s.name for s in slots),
            comm,
            {},
            tuple(steps),
            tuple(self.remarks),
            tuple(self._traffic),
            ("qubit" if by_qubit else "bit", len(self._saved)),
            _data(self.slots),
        )

    def _named(self, problem: str) -> str:
        """Wires by the names of their slots."""
        words = problem.split()
        for k, word in enumerate(words[:-1]):
            if word == "wire" and words[k + 1].isdigit():
                words[k : k + 2] = ["qubit", self._wires[int(words[k + 1])].slot.name]
        return " ".join(words)

    def _step(self, taken: TakenStep, number: Mapping[int, int]) -> PeerStep | None:
        line, name, angles = self._texts[taken.row]
        if taken.condition is not None and taken.condition[0] not in number:
            self._refuse(line, "it depends on a bit that is measured and is no outcome")
        condition = None
        if taken.condition is not None:
            condition = number[taken.condition[0]], taken.condition[1]
        if name != "measure":
            return PeerGate(line, name, angles, taken.qubits, None, condition)
        if taken.bit not in number:
            return None  # nobody learns it
        return PeerMeasure(line, taken.qubits[0], ("", number[taken.bit]))


def _data(slots: Sequence[Slot]) -> dict[int, int]:
    """Data qubits by node."""
    found: dict[int, int] = {}
    for slot in slots:
        found[slot.node] = found.get(slot.node, 0) + (not slot.is_comm)
    return found
