"""A program as a tape over *lanes*, the two-valued axes of one state array.

A wire takes a lane at its first operation. Measuring it does nothing to the array: the lane
becomes a *label*, whose two values are two branches kept as unnormalised amplitudes, and a
conditional operation acts where the label has the wanted value. So the tape has three steps
only: Pauli rotations (perhaps on one value of a label), data encodings, and merges.

Once a bit of a communication primitive is read for the last time, a correct program holds the
same state in both its branches; `Merge` then folds them into one and leaves the lane in |0>,
free for the next wire. Bits of the program itself, and lanes reset while entangled, stay.
"""

from __future__ import annotations

from heapq import heappop, heappush

from qdsl.backends.jax.program import JaxProgram, last_reads, rows_of_wires
from qdsl.ir.operations import BY_NAME, Affine, Kind, Rotation
from qdsl.ir.stages import Circuit, Stage
from qdsl.ir.table import Row
from qdsl.ir.values import DataReference, Values
from qdsl.records import dataclass

Terms = tuple[tuple[float, int], ...]  # (coefficient, slot of the values)
Condition = tuple[int, int]  # (lane of a label, wanted value)
MOST_LANES = 30  # of any state


@dataclass(frozen=True, slots=True)
class TapeRotation:
    """`exp(-i t P/2)` with t = constant + sum of terms; `x`, `z` are bit masks over lanes.

    P is X where `x`, Z where `z`, Y where both.
    """

    x: int
    z: int
    constant: float
    terms: Terms = ()
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Folds the branches of a label into its value 0. `labels`: the other labels of the moment."""

    lane: int
    labels: frozenset[int]


@dataclass(frozen=True, slots=True)
class TapeEncoding:
    """A data encoding on lanes, the most significant first."""

    name: str
    reference: DataReference
    lanes: tuple[int, ...]
    condition: Condition | None = None


Step = TapeRotation | Merge | TapeEncoding


@dataclass(frozen=True, slots=True)
class Tape:
    """Steps over lanes 0 to `n_lanes` - 1, all of which start in |0>.

    - `qubit_lane[q]`, `bit_lane[b]`: where source qubits and bits end; -1: a bit never written;
    - `labels`: the lanes that are classical at the end;
    - `phase`: the global phase in radians, of the operations without a condition.

    Of more than `most_lanes` lanes, which no state can have, only the number is kept: the masks
    of the steps would take memory in proportion to its square.
    """

    circuit: Circuit
    values: Values
    steps: tuple[Step, ...]
    n_lanes: int
    qubit_lane: tuple[int, ...]
    bit_lane: tuple[int, ...]
    labels: frozenset[int]
    phase: tuple[float, Terms]


def tape(stage: Stage, most_lanes: int = MOST_LANES) -> Tape:
    """Record a stage; linear in its length."""
    recorder = _Recorder(JaxProgram.of(stage), most_lanes)
    for row in recorder.program.table:
        recorder.record(row)
    return recorder.finish()


class _Recorder:
    def __init__(self, program: JaxProgram, most_lanes: int) -> None:
        self.program = program
        self._most_lanes = most_lanes
        self._merge_after = last_reads(program)
        self._ahead = rows_of_wires(program.table)
        self._final = frozenset(program.qubit_wire)
        self._steps: list[Step] = []
        self._n_lanes = 0
        self._free: list[int] = []
        self._lane: dict[int, int] = {}  # of a wire
        self._bit: dict[int, int] = {}  # the lane of a classical bit
        self._labels: set[int] = set()
        self._mergeable: dict[int, int] = {}  # measuring row -> lane
        self._measured_by: dict[int, int] = {}  # the other way round
        self._pairs: dict[int, tuple[int, int]] = {}  # EPR pairs not yet made, by wire
        self._phase: list[tuple[float, Terms]] = []

    # ---- lanes -------------------------------------------------------------------------

    def _take(self) -> int:
        if self._free:
            return heappop(self._free)
        self._n_lanes += 1
        return self._n_lanes - 1

    def _quantum(self, wire: int) -> int:
        """The lane of a wire; makes the EPR pair that the wire belongs to if that is pending."""
        pair = self._pairs.pop(wire, None)
        if pair is not None:
            self._make_pair(*pair)
        if wire not in self._lane:
            self._lane[wire] = self._take()
        return self._lane[wire]

    def _make_pair(self, a: int, b: int) -> None:
        self._pairs.pop(a, None)
        self._pairs.pop(b, None)
        lanes = self._quantum(a), self._quantum(b)
        self._named("h", (lanes[0],), None)
        self._named("cx", lanes, None)

    # ---- rows --------------------------------------------------------------------------

    def record(self, row: Row) -> None:
        condition = None
        if row.condition is not None:
            lane = self._bit.get(row.condition[0], -1)
            if lane >= 0:
                condition = (lane, row.condition[1])
            happens = lane >= 0 or row.condition[1] == 0  # a bit never written is 0
        if row.condition is None or happens:
            self._record(row, condition)
        if row.op.kind not in (Kind.BARRIER, Kind.MOVE, Kind.SEND):
            for wire in row.operands:
                self._ahead[wire].pop()
            self._drop_measured(row)
        for measured in self._merge_after.get(row.index, ()):
            if measured in self._mergeable:
                lane = self._mergeable.pop(measured)
                del self._measured_by[lane]
                self._merge(lane)

    def _record(self, row: Row, condition: Condition | None) -> None:
        match row.op.kind:
            case Kind.UNITARY:
                self._unitary(row, condition)
            case Kind.ENCODE:
                lanes = tuple(map(self._quantum, row.operands))
                reference = self.program.values.references[row.attr]
                self._steps.append(TapeEncoding(row.op.name, reference, lanes, condition))
            case Kind.MEASURE:
                self._measure(row, condition)
            case Kind.RESET:
                self._reset(row.operands[0], condition)
            case Kind.EBIT:
                a, b = row.operands
                self._pairs[a] = self._pairs[b] = (a, b)
            case Kind.SEND:
                if row.operands[0] in self._bit:
                    self._bit[row.attr] = self._bit[row.operands[0]]

    def _exchange(self, a: int, b: int) -> None:
        """A swap: the two wires exchange their lanes; one that has none yet stays without."""
        for wire in (a, b):
            if wire in self._pairs:
                self._quantum(wire)
        lanes = {a: self._lane.pop(b, None), b: self._lane.pop(a, None)}
        self._lane.update({wire: lane for wire, lane in lanes.items() if lane is not None})

    def _unitary(self, row: Row, condition: Condition | None) -> None:
        if row.op.name == "swap" and condition is None:
            self._exchange(*row.operands)
            return
        lanes = tuple(map(self._quantum, row.operands))
        body, phase = row.op.body, row.op.phase
        if row.op.name == "rot":
            word = self.program.table.words[row.attr]
            body = (Rotation(word, Affine(0.0, (1.0,))),)
        angles = self.program.values.angles
        given = [(float(angles.constant[e]), angles.terms(e)) for e in row.angles]
        for rotation in body:
            self._turn(rotation.word, lanes, _affine(rotation.angle, given), condition)
        if condition is None:
            self._phase.append(_affine(phase, given))

    def _turn(
        self,
        word: str,
        lanes: tuple[int, ...],
        angle: tuple[float, Terms],
        condition: Condition | None,
    ) -> None:
        if self._n_lanes > self._most_lanes:
            return
        x = sum(1 << lane for lane, letter in zip(lanes, word, strict=True) if letter in "XY")
        z = sum(1 << lane for lane, letter in zip(lanes, word, strict=True) if letter in "YZ")
        self._steps.append(TapeRotation(x, z, *angle, condition))

    def _named(self, name: str, lanes: tuple[int, ...], condition: Condition | None) -> None:
        """An operation without angles on given lanes."""
        op = BY_NAME[name]
        for rotation in op.body:
            self._turn(rotation.word, lanes, (rotation.angle.constant, ()), condition)

    # ---- measurement -------------------------------------------------------------------

    def _measure(self, row: Row, condition: Condition | None) -> None:
        lane = self._quantum(row.operands[0])
        if condition is not None:
            self._measure_if(lane, row.attr, condition)
            return
        if lane not in self._labels:
            self._labels.add(lane)
            self._mergeable[row.index] = lane
            self._measured_by[lane] = row.index
        self._bit[row.attr] = lane

    def _measure_if(self, lane: int, bit: int, condition: Condition) -> None:
        """Copy the wire's value, or the bit's old one, into a fresh label."""
        label = self._take()
        self._named("cx", (lane, label), condition)
        old = self._bit.get(bit)
        if old is not None:
            self._named("cx", (old, label), (condition[0], 1 - condition[1]))
        self._labels.add(label)
        self._bit[bit] = label

    def _drop_measured(self, row: Row) -> None:
        """After a measurement a wire shares the lane of its label while nothing else happens to
        it; before a gate it gets a lane of its own again."""
        if row.op.kind is not Kind.MEASURE:
            return
        wire = row.operands[0]
        lane = self._lane.get(wire, -1)
        if lane not in self._labels:
            return
        following = self._ahead[wire][-1] if self._ahead[wire] else None
        if following is None:
            shared = wire in self._final
        else:
            if following.op.kind is Kind.RESET and following.cond < 0:
                del self._lane[wire]
                return
            shared = following.op.kind is Kind.MEASURE and following.cond < 0
        if shared:
            self._mergeable.pop(self._measured_by.pop(lane, -1), None)
            return
        del self._lane[wire]
        if following is not None:
            self._lane[wire] = self._take()
            self._named("cx", (lane, self._lane[wire]), None)

    def _reset(self, wire: int, condition: Condition | None) -> None:
        if condition is not None:
            lane, fresh = self._quantum(wire), self._take()
            self._named("swap", (lane, fresh), condition)
            self._labels.add(fresh)
        elif wire in self._lane or wire in self._pairs:
            self._labels.add(self._quantum(wire))
            del self._lane[wire]

    def _merge(self, lane: int) -> None:
        self._labels.discard(lane)
        if self._n_lanes <= self._most_lanes:
            self._steps.append(Merge(lane, frozenset(self._labels)))
        heappush(self._free, lane)

    def finish(self) -> Tape:
        program = self.program
        qubit_lane = tuple(map(self._quantum, program.qubit_wire))
        bit_lane = tuple(self._bit.get(bit, -1) for bit in program.bit_of)
        return Tape(
            program.circuit, program.values, tuple(self._steps), max(1, self._n_lanes), qubit_lane,
            bit_lane, frozenset(self._labels), _total(self._phase),
        )  # fmt: skip


def _affine(angle: Affine, given: list[tuple[float, Terms]]) -> tuple[float, Terms]:
    """`angle` of an operation's body in terms of the values, `given` its own angles."""
    pairs = list(zip(angle.coefficients, given, strict=False))
    constant = angle.constant + sum(c * own for c, (own, _) in pairs)
    return constant, tuple((c * k, slot) for c, (_, terms) in pairs if c for k, slot in terms)


def _total(parts: list[tuple[float, Terms]]) -> tuple[float, Terms]:
    return sum(c for c, _ in parts), tuple(t for _, terms in parts for t in terms)
