"""Exact evolution of a program with measurement and feed-forward, in NumPy.

The state is one matrix V for every value of the classical memory that is still to be read, the
density operator being V V^+: unitary operations act on its rows, measurements split it, and
whatever is forgotten (a qubit that is dropped or reset, a bit that nobody reads again) becomes
a column index, after which V is compressed to its rank. So a teleportation goes back to one
column once its bits are used, and nothing is sampled or assumed.
"""

from __future__ import annotations

from dataclasses import field
from typing import cast

import numpy as np

from qdsl.ir.encodings import dilation, direction, eigenvectors
from qdsl.ir.lcu import applied
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit, DistributedCircuit, ScheduledCircuit
from qdsl.ir.state_vectors import Matrix, rotation, unitary
from qdsl.ir.state_vectors import applied as on_axes
from qdsl.ir.table import OpTable, Row
from qdsl.ir.values import DataReference, Floats, Values
from qdsl.records import dataclass

MAX_AMPLITUDES = 2**23  # over all memories and columns
MAX_WORK = 2**31  # multiplications, about 2 ns each: 5 s for one program
MOVED = 16  # multiplications in the time in which an operation goes over one amplitude
STARTED = 2**14  # and in which it starts on a state
EIGENVECTORS = 25  # times n^3 multiplications
PROJECTING = (Kind.MEASURE, Kind.RESET, Kind.ENCODE)  # after these a state may have less rank
NO_WIRES = (Kind.SEND, Kind.BARRIER, Kind.MOVE)  # these touch no wire

Memory = frozenset[int]  # the live bits that are 1


class Unaffordable(Exception):
    """The exact state outgrew the memory that the check may take."""


@dataclass(frozen=True, slots=True)
class ChannelSide:
    """A program over wires; `bits[s]` holds source bit s at the end."""

    table: OpTable
    values: Values
    home: tuple[int, ...]
    final: tuple[int, ...]
    bits: tuple[int, ...]

    @staticmethod
    def of(
        program: Circuit | DistributedCircuit | ScheduledCircuit, shown_bits: bool = True
    ) -> ChannelSide:
        """`shown_bits` False: what bits hold at the end does not count."""
        if isinstance(program, ScheduledCircuit):
            program = program.distributed
        if isinstance(program, Circuit):
            qubits = tuple(range(program.n_qubits))
            bits = tuple(range(program.n_bits)) if shown_bits else ()
            return ChannelSide(program.table, program.values, qubits, qubits, bits)
        ends = (program.home_wire, program.final_wire, program.source_bit)
        return ChannelSide(program.table, program.values, *(tuple(e.tolist()) for e in ends))


def last_touch(side: ChannelSide) -> dict[int, int]:
    """The last row of every wire that does not live on to the end."""
    last: dict[int, int] = {}
    for row in side.table:
        if row.op.kind not in NO_WIRES:
            last.update(dict.fromkeys(row.operands, row.index))
    return {wire: index for wire, index in last.items() if wire not in side.final}


def forgotten_bits(side: ChannelSide) -> dict[int, list[int]]:
    """By row, the bits that nobody reads after it before they are written again."""
    live = set(side.bits)
    forgotten: dict[int, list[int]] = {}
    for row in reversed(list(side.table)):
        reads = {row.operands[0]} if row.op.kind is Kind.SEND else set()
        writes = {row.attr} if row.op.kind in (Kind.SEND, Kind.MEASURE) else set()
        if row.condition is not None:
            reads.add(row.condition[0])
        forgotten[row.index] = sorted((reads | writes) - live)
        if row.condition is None:
            live -= writes
        live |= reads
    return forgotten


def final_states(side: ChannelSide, slot_values: Floats, references: bool) -> dict[Memory, Matrix]:
    """V by source bits, rows indexed by (source qubits, references)."""
    run = ChannelRun(side, side.values.extend(slot_values))
    if references:
        run.entangle_references()
    for row in side.table:
        run.step(row)
    return run.result()


@dataclass(slots=True)
class ChannelRun:
    side: ChannelSide
    slots: Floats
    axes: list[int] = field(default_factory=list)  # wires; reference of qubit q: -1 - q
    states: dict[Memory, Matrix] = field(default_factory=dict)  # [2, ..., 2, columns]
    ends: dict[int, int] = field(init=False)
    forgotten: dict[int, list[int]] = field(init=False)
    angles: Floats = field(init=False)
    work: int = field(default_factory=lambda: MAX_WORK)  # left

    def __post_init__(self) -> None:
        self.ends = last_touch(self.side)
        self.forgotten = forgotten_bits(self.side)
        self.angles = self.side.values.angles.evaluate(self.slots)
        self.states[frozenset()] = np.ones(1, np.complex128)

    def entangle_references(self) -> None:
        n = len(self.side.home)
        self.axes = [*self.side.home, *(-1 - q for q in range(n))]
        pairs = np.eye(2**n, dtype=np.complex128) / 2 ** (n / 2)
        self.states = {frozenset(): pairs.reshape((2,) * (2 * n) + (1,))}

    def step(self, row: Row) -> None:
        kind = row.op.kind
        if kind not in NO_WIRES:
            for wire in row.operands:
                self.touch(wire)
        self._pay(sum(STARTED + MOVED * state.size for state in self.states.values()))
        states: list[tuple[Memory, Matrix]] = []
        for memory, state in self.states.items():
            happens = row.condition is None or (row.condition[0] in memory) == row.condition[1]
            states += self._outcomes(row, memory, state) if happens else [(memory, state)]
        dead = frozenset(self.forgotten[row.index])
        self._keep([(memory - dead, state) for memory, state in states], kind in PROJECTING)
        if sum(state.size for state in self.states.values()) > MAX_AMPLITUDES:
            raise Unaffordable(
                f"{len(self.states)} values of the classical memory at row {row.index}"
            )
        if kind not in NO_WIRES:
            for wire in dict.fromkeys(row.operands):
                if self.ends.get(wire) == row.index:
                    self._drop(wire)

    def _pay(self, multiplications: int) -> None:
        self.work -= multiplications
        if self.work < 0:
            raise Unaffordable("its states are too many or too mixed to simulate exactly")

    def _outcomes(self, row: Row, memory: Memory, state: Matrix) -> list[tuple[Memory, Matrix]]:
        match row.op.kind:
            case Kind.BARRIER | Kind.MOVE:
                return [(memory, state)]
            case Kind.SEND:
                return [(_written(memory, row.attr, row.operands[0] in memory), state)]
            case Kind.MEASURE:
                halves = (self.projected(state, row.operands[0], value) for value in (0, 1))
                return [(_written(memory, row.attr, bool(v)), h) for v, h in enumerate(halves)]
            case Kind.RESET:
                zero = self.projected(state, row.operands[0], 0)
                one = self.projected(state, row.operands[0], 1)
                one = np.flip(one, self.axes.index(row.operands[0]))
                return [(memory, zero), (memory, one)]
            case _:
                return [(memory, self.applied(row, state))]

    def _matrix(self, row: Row) -> Matrix:
        angles = tuple(self.angles[list(row.angles)].tolist())
        if row.op.kind is Kind.EBIT:
            columns = [[1, 0, 0, 1], [0, 1, 1, 0], [0, 1, -1, 0], [1, 0, 0, -1]]
            return np.array(columns, np.complex128).T / 2**0.5
        if row.op.name == "rot":
            return rotation(self.side.table.words[row.attr], angles[0])
        return unitary(row.op, angles)  # phases of operations cancel in density operators

    def touch(self, wire: int) -> None:
        """A fresh wire in |0>."""
        if wire not in self.axes:
            self.axes.insert(0, wire)
            self.states = {m: np.stack([s, np.zeros_like(s)]) for m, s in self.states.items()}

    def _drop(self, wire: int) -> None:
        """Forget a wire: its value joins the column index."""
        axis = self.axes.index(wire)
        del self.axes[axis]
        moved = [(m, np.moveaxis(s, axis, -1)) for m, s in self.states.items()]
        self._keep([(m, s.reshape((*s.shape[:-2], -1))) for m, s in moved], True)

    def _keep(self, states: list[tuple[Memory, Matrix]], may_lose_rank: bool) -> None:
        """One V for each memory; its columns are brought to its rank where that may be less."""
        found: dict[Memory, list[Matrix]] = {}
        for memory, state in states:
            found.setdefault(memory, []).append(state)
        self.states = {}
        for memory, parts in found.items():
            state = parts[0]
            if may_lose_rank or len(parts) > 1:
                state = self._ranked(np.concatenate(parts, axis=-1))
            if state.shape[-1]:
                self.states[memory] = state

    def _ranked(self, state: Matrix) -> Matrix:
        """As few columns as the density operator has eigenvalues. Turning columns by a unitary
        leaves V V^+ as it is, and so, to 1e-14 of its trace, does leaving out what is then 0."""
        columns = state.shape[-1]
        flat = state.reshape(-1, columns)
        weight = np.vdot(flat, flat).real
        if weight <= 1e-24:
            return state[..., :0]
        if columns == 1:
            return state
        least = min(flat.shape)
        self._pay(STARTED + 2 * flat.size * least + EIGENVECTORS * least**3)
        if columns > len(flat):
            weights, vectors = np.linalg.eigh(flat @ flat.conj().T)
            kept = vectors * np.sqrt(np.maximum(weights, 0.0))
        else:
            weights, turn = np.linalg.eigh(flat.conj().T @ flat)
            kept = flat @ turn
        kept = kept[:, weights > 1e-14 * weight]
        return cast("Matrix", kept.reshape((*state.shape[:-1], -1)))

    def projected(self, state: Matrix, wire: int, value: int) -> Matrix:
        keep = np.array([1 - value, value], np.complex128)
        axis = self.axes.index(wire)
        return state * keep.reshape((2,) + (1,) * (state.ndim - 1 - axis))

    def applied(self, row: Row, state: Matrix) -> Matrix:
        places = [self.axes.index(wire) for wire in row.operands]
        if row.op.kind is not Kind.ENCODE:
            return on_axes(self._matrix(row), state, places)
        k = len(places)
        moved = np.moveaxis(state, places, range(k))
        reference = self.side.values.references[row.attr]
        data = self.slots[reference.start : reference.start + reference.size]
        rows = _encoded(row.op.name, reference, data, moved.reshape(2**k, -1))
        return np.moveaxis(rows.reshape(moved.shape), range(k), places)

    def result(self) -> dict[Memory, Matrix]:
        for wire in self.side.final:
            self.touch(wire)
        references = sorted((axis for axis in self.axes if axis < 0), reverse=True)
        order = [self.axes.index(axis) for axis in (*self.side.final, *references)]
        return {
            frozenset(s for s, bit in enumerate(self.side.bits) if bit in memory): np.transpose(
                state, (*order, len(order))
            ).reshape(2 ** len(order), -1)
            for memory, state in self.states.items()
        }


def _written(memory: Memory, bit: int, value: bool) -> Memory:
    return memory | {bit} if value else memory - {bit}


def encoding_matrix(name: str, reference: DataReference, data: Floats, qubits: int) -> Matrix:
    """What an encoding does, [2**qubits, 2**qubits]; see `_encoded`."""
    return _encoded(name, reference, data, np.eye(2**qubits, dtype=np.complex128))


def _encoded(name: str, reference: DataReference, data: Floats, rows: Matrix) -> Matrix:
    """What the encoding makes of the rows of a state; `amplitude` keeps |0...0> only."""
    dimension = len(rows)
    if name == "block":
        return dilation(data, reference, dimension.bit_length() - 1) @ rows
    if name == "lcu":
        return applied(data.reshape(reference.shape), rows)
    if name == "eigenbasis":
        _, vectors = eigenvectors(data, reference, dimension.bit_length() - 1)
        return vectors.T @ rows
    padded = np.zeros(dimension)
    padded[: len(data)] = direction(data) if name in ("amplitude", "reflect") else data
    if name == "amplitude":
        return np.outer(padded, rows[0])
    if name == "reflect":
        axis = padded
        return cast("Matrix", rows - 2 * np.outer(axis, axis @ rows))
    if name == "diagonal":
        radians = padded * (np.pi if reference.kind == "bits" else 1.0)
        return cast("Matrix", np.exp(1j * radians)[:, None] * rows)
    labels = [*data.round().astype(int).tolist(), *range(len(data), dimension)]
    return rows[labels]
