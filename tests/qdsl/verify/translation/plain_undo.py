"""Undoing once more, with nothing but sets and dictionaries: the oracle of the compiled loop.

Every wire that carries quantum information belongs to a *cat group*: wires that hold the same
value v in the Z basis, `sum_v a_v |v + x_1> |v + x_2> ...`, up to known classical bits (the
Pauli frames x per wire and z for the group). A source qubit is a group; an EPR pair is the
group of a qubit nobody owns, in |+>. Then teleportation, cat-entangling, cat-disentangling and
entanglement swapping are all made of two steps:

- *join*: `cx w, a` then `measure a -> c`, where a's group is an unowned |+>: its other wires
  join w's group, with c added to their x frames;
- *leave*: `h w` then `measure w -> c`: w leaves its group, c is added to the group's z frame.

Corrections `x`/`z` conditioned on such bits clear frames. X or Y on one of several copies flips
the qubit once all other copies have their X too: until then these wait for it in their frames.
Any other operation is the source's: it is written down over source qubits, and must find its
frames clear, or commute with them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from qdsl.ir.operations import Kind
from qdsl.ir.stages import DistributedCircuit
from qdsl.ir.table import Row
from qdsl.verify.translation.logical import LogicalOp, NotUndone, resolved

Symbol = int | tuple[int, int]
"""What a bit holds: `-1 - w`, the outcome of wire w; or (source bit, which of its writes)."""

MIRROR = 0  # in an X frame: a flip of the qubit that this copy has not seen yet


@dataclass(slots=True, eq=False)
class _Group:
    qubit: int | None  # None: nobody's, in |+>
    members: set[int]
    z: frozenset[int] = frozenset()


@dataclass(slots=True)
class _State:
    group: dict[int, _Group] = field(default_factory=dict)  # by wire
    x: dict[int, frozenset[int]] = field(default_factory=dict)  # by wire
    joining: set[int] = field(default_factory=set)  # targets of a cx, not yet measured
    leaving: set[int] = field(default_factory=set)
    ended: set[int] = field(default_factory=set)
    known: dict[int, Symbol] = field(default_factory=dict)  # what a written bit holds
    version: Counter[int] = field(default_factory=Counter)  # writes of every source bit


def undo_communication(program: DistributedCircuit) -> list[LogicalOp]:
    """The source-level operations of a distributed program, in order. NotUndone if it is wrong."""
    return _Undo(program).run()


class _Undo:
    def __init__(self, program: DistributedCircuit) -> None:
        self.program = program
        self.state = _State()
        self.found: list[LogicalOp] = []
        self.source_bit = {int(b): i for i, b in enumerate(program.source_bit) if b >= 0}
        for qubit, wire in enumerate(program.home_wire.tolist()):
            self.state.group[wire] = _Group(qubit, {wire})

    def run(self) -> list[LogicalOp]:
        for row in self.program.table:
            self._step(row)
        self._check_end()
        return self.found

    def _fail(self, row: Row | None, why: str) -> NotUndone:
        spans = self.program.table.spans
        return NotUndone(row, spans[row.span] if row is not None and row.span >= 0 else None, why)

    def _step(self, row: Row) -> None:
        kind = row.op.kind
        if kind in (Kind.BARRIER, Kind.MOVE):
            return
        if kind in (Kind.EBIT, Kind.SEND) and row.cond >= 0:
            raise self._fail(row, "a pair or a message is conditioned")
        if kind is Kind.SEND:
            self._send(row)
            return
        gone = self.state.ended.intersection(row.operands)
        if gone:
            raise self._fail(row, f"wire {min(gone)} was measured before")
        if kind is Kind.EBIT:
            self._pair(row)
        elif kind is Kind.MEASURE and row.operands[0] in self.state.joining:
            self._join(row)
        elif kind is Kind.MEASURE and row.operands[0] in self.state.leaving:
            self._leave(row)
        elif not any(
            rule(row) for rule in (self._correction, self._begins, self._handed_on, self._mirrored)
        ):
            self._source_operation(row)

    def _send(self, row: Row) -> None:
        if row.operands[0] not in self.state.known:
            raise self._fail(row, f"bit {row.operands[0]} is sent before it is written")
        self.state.known[row.attr] = self.state.known[row.operands[0]]

    def _pair(self, row: Row) -> None:
        if any(w in self.state.group for w in row.operands):
            raise self._fail(row, "a pair is made on a wire in use")
        group = _Group(None, set(row.operands))
        for wire in row.operands:
            self.state.group[wire] = group

    def _begins(self, row: Row) -> bool:
        """The first half of a join (cx onto half a pair) or of a leave (h on a shared wire)?"""
        state = self.state
        if row.cond >= 0 or any(w in state.leaving or w in state.joining for w in row.operands):
            return False
        if row.op.name == "cx":
            return self._begins_join(*row.operands)
        if row.op.name == "h":
            group = state.group.get(row.operands[0])
            shared = group is not None and len(group.members) > 1
            if shared:
                state.leaving.add(row.operands[0])
            return shared
        return False

    def _begins_join(self, control: int, target: int) -> bool:
        """The outcome of the target, not measured yet, is called `-1 - target`."""
        state = self.state
        mine, theirs = state.group.get(control), state.group.get(target)
        if theirs is None or theirs.qubit is not None or mine is None or mine is theirs:
            return False
        del state.group[target]
        offset = state.x.get(control, frozenset()) ^ state.x.pop(target, frozenset())
        for wire in theirs.members - {target}:
            state.group[wire] = mine
            state.x[wire] = state.x.get(wire, frozenset()) ^ offset ^ {-1 - target}
            mine.members.add(wire)
        mine.z ^= theirs.z
        state.joining.add(target)
        return True

    def _join(self, row: Row) -> None:
        self.state.joining.discard(row.operands[0])
        self._end(row, row.operands[0])

    def _leave(self, row: Row) -> None:
        state = self.state
        wire = row.operands[0]
        group = state.group.pop(wire)
        if len(group.members) < 2:
            raise self._fail(row, "the last holder of a qubit is measured in the X basis")
        group.members.discard(wire)
        group.z ^= {-1 - wire}
        state.leaving.discard(wire)
        state.x.pop(wire, None)
        self._end(row, wire)

    def _end(self, row: Row, wire: int) -> None:
        if row.cond >= 0:
            raise self._fail(row, "a measurement of the communication is conditioned")
        self.state.ended.add(wire)
        self.state.known[row.attr] = -1 - wire

    def _correction(self, row: Row) -> bool:
        if row.condition is None or row.op.name not in ("x", "z"):
            return False
        bit, value = row.condition
        outcome = self.state.known.get(bit)
        if not isinstance(outcome, int):
            return False
        wire = row.operands[0]
        group = self.state.group.get(wire)
        if group is None or value != 1:
            raise self._fail(row, "a correction on a wire that holds nothing, or on the bit 0")
        if wire in self.state.leaving:
            raise self._fail(row, f"wire {wire} is corrected in the middle of its measurement")
        if row.op.name == "x":
            self.state.x[wire] = self.state.x.get(wire, frozenset()) ^ {outcome}
        else:
            group.z ^= {outcome}
        return True

    def _handed_on(self, row: Row) -> bool:
        """A local swap with a fresh wire: the state moves over."""
        state = self.state
        if row.op.name != "swap" or row.cond >= 0:
            return False
        if any(w in state.leaving or w in state.joining for w in row.operands):
            return False
        held = [w for w in row.operands if w in state.group]
        if len(held) != 1:
            return False
        old = held[0]
        new = row.operands[0] if row.operands[1] == old else row.operands[1]
        group = state.group.pop(old)
        group.members = group.members - {old} | {new}
        state.group[new] = group
        state.x[new] = state.x.pop(old, frozenset())
        return True

    def _mirrored(self, row: Row) -> bool:
        """X or Y on one of several copies. Corrections that are due only add a phase to it."""
        state, wire = self.state, row.operands[0]
        group = state.group.get(wire)
        if row.op.name not in ("x", "y") or row.cond >= 0 or group is None:
            return False
        if group.qubit is None or len(group.members) < 2:
            return False
        if wire in state.leaving or wire in state.joining:
            return False
        frame = state.x.get(wire, frozenset())
        if row.op.name == "x" and MIRROR in frame:
            state.x[wire] = frame ^ {MIRROR}
            return True
        for other in group.members - {wire}:
            state.x[other] = state.x.get(other, frozenset()) ^ {MIRROR}
        self._found(row, (group.qubit,), None, -1)
        return True

    def _found(
        self, row: Row, qubits: tuple[int, ...], condition: tuple[int, int] | None, bit: int
    ) -> None:
        table, values = self.program.table, self.program.values
        self.found.append(resolved(table, values, row, qubits, bit, condition))

    def _source_operation(self, row: Row) -> None:
        groups = [self.state.group.get(w) for w in row.operands]
        for position, group in enumerate(groups):
            if group is None or group.qubit is None:
                raise self._fail(row, f"wire {row.operands[position]} holds no qubit of the source")
            self._check_operand(row, position, group)
        qubits = tuple(g.qubit for g in groups if g is not None and g.qubit is not None)
        if len(set(qubits)) < len(qubits):
            raise self._fail(row, "it acts on two copies of one qubit")
        condition = self._source_condition(row)
        bit = self._measured_bit(row) if row.op.kind is Kind.MEASURE else -1
        self._found(row, qubits, condition, bit)

    def _measured_bit(self, row: Row) -> int:
        """The source bit that a source qubit is measured into."""
        bit = self.source_bit.get(row.attr, -1)
        if bit < 0:
            bit = self._overwritten_bit(row)
        state = self.state
        if row.cond >= 0 and state.known.get(row.attr) != self._newest(bit):
            raise self._fail(row, f"may leave source bit {bit} as it was, which is elsewhere")
        state.version[bit] += 1
        state.known[row.attr] = (bit, state.version[bit])
        return bit

    def _overwritten_bit(self, row: Row) -> int:
        """The source bit that the program says it measures here, for one that a later
        measurement writes again. That is taken at its word: what is found is compared with the
        source, and every use of the bit with its newest version."""
        source = self.program.placed.circuit.table
        origin = int(self.program.origin[row.index])
        if not 0 <= origin < len(source) or source.row(origin).op.kind is not Kind.MEASURE:
            raise self._fail(row, "a source qubit is measured into a bit that is not its own")
        return source.row(origin).attr

    def _newest(self, bit: int) -> Symbol | None:
        """What a source bit holds now; None if nothing has written it."""
        version = self.state.version[bit]
        return (bit, version) if version else None

    def _check_operand(self, row: Row, position: int, group: _Group) -> None:
        state = self.state
        wire = row.operands[position]
        if wire in state.leaving or wire in state.joining:
            raise self._fail(row, f"wire {wire} is in the middle of a Bell measurement")
        if state.x.get(wire):
            raise self._fail(row, f"wire {wire} still waits for an X correction")
        if self._axis(row, position) in ("Z", "I"):
            return
        if len(group.members) > 1:
            raise self._fail(row, f"not diagonal on wire {wire}, of which copies are out")
        if group.z:
            raise self._fail(row, f"wire {wire} still waits for a Z correction")

    def _axis(self, row: Row, position: int) -> str | None:
        if row.op.name == "rot":
            return self.program.table.words[row.attr][position]
        if row.op.name == "diagonal":
            return "Z"
        return row.op.axis(position) if row.op.is_unitary else None

    def _source_condition(self, row: Row) -> tuple[int, int] | None:
        if row.condition is None:
            return None
        bit, value = row.condition
        held = self.state.known.get(bit)
        if not isinstance(held, tuple):
            raise self._fail(row, f"is conditioned on bit {bit}, which the source does not know")
        if held != (held[0], self.state.version[held[0]]):
            raise self._fail(row, f"is conditioned on bit {bit}, which was written anew since")
        return held[0], value

    def _check_end(self) -> None:
        state = self.state
        for source, bit in enumerate(self.program.source_bit.tolist()):
            if state.known.get(bit) != self._newest(source):
                raise self._fail(None, f"source bit {source} does not hold its value at the end")
        for qubit, wire in enumerate(self.program.final_wire.tolist()):
            group = state.group.get(wire)
            if group is None or group.qubit != qubit:
                raise self._fail(None, f"source qubit {qubit} is not on its final wire at the end")
            if len(group.members) > 1 or group.z or state.x.get(wire):
                raise self._fail(None, f"source qubit {qubit} has copies or corrections left open")
