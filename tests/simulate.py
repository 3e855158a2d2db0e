"""An exact simulator for small source and distributed circuits, measurement included.

Every source qubit starts maximally entangled with a reference qubit of its own, so the result
is the program's channel (its Choi state), jointly with the source's classical bits. A state is
a set of branches; branches that agree in all bits that are still to be read, and whose vectors
are proportional, are merged, so corrected communication costs no branches.

Encodings are black boxes: a fixed random unitary for each data reference, diagonal for `phase`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.ir.table import OpTable, Row
from qdsl.ir.values import Values

Vector = npt.NDArray[np.complex128]
Ensemble = Mapping[tuple[int, ...], tuple[Vector, ...]]
TOLERANCE = 1e-10

PAULI = {
    "X": np.array([[0, 1], [1, 0]], np.complex128),
    "Y": np.array([[0, -1j], [1j, 0]], np.complex128),
    "Z": np.array([[1, 0], [0, -1]], np.complex128),
}
BELL = np.array([[1, 0], [0, 1]], np.complex128) / np.sqrt(2)


@dataclass(slots=True)
class Branch:
    bits: dict[int, int]
    state: Vector  # one axis for every label


class Simulation:
    """Branches over labelled qubits: ("r", q) are references, ("w", w) are wires."""

    def __init__(self, table: OpTable, values: Values, home: Iterable[int]) -> None:
        self.table = table
        self.angles = values.angles.evaluate(values.extend(_some_values(values.n_slots)))
        self.labels: list[tuple[str, int]] = []
        self.branches = [Branch({}, np.ones((), np.complex128))]
        for q, wire in enumerate(home):
            self._tensor(BELL, (("r", q), ("w", wire)))

    def run(self, keep: Iterable[int]) -> None:
        live = self._last_reads(keep)
        for row in self.table:
            self._step(row)
            for branch in self.branches:
                gone = [b for b in branch.bits if live.get(b, -1) <= row.index]
                for b in gone:
                    del branch.bits[b]
            self.branches = merged(self.branches)

    def _last_reads(self, keep: Iterable[int]) -> dict[int, int]:
        live: dict[int, int] = {}
        for row in self.table:
            if row.cond >= 0:
                live[row.cond >> 1] = row.index
            if row.op.kind is Kind.SEND:
                live[row.operands[0]] = row.index
        return live | dict.fromkeys(keep, len(self.table))

    # ---- rows ---------------------------------------------------------------------------

    def _step(self, row: Row) -> None:
        kind = row.op.kind
        if kind in (Kind.BARRIER, Kind.MOVE):
            return
        if kind is Kind.EBIT:
            a, b = row.operands
            self._tensor(BELL, (("w", a), ("w", b)))
            return
        if kind is not Kind.SEND:
            self._allocate(row)
        self.branches = [out for branch in self.branches for out in self._act(branch, row)]

    def _allocate(self, row: Row) -> None:
        zero = np.array([1, 0], np.complex128)
        for wire in row.operands:
            if ("w", wire) not in self.labels:
                self._tensor(zero, (("w", wire),))

    def _act(self, branch: Branch, row: Row) -> list[Branch]:
        if row.condition is not None:
            bit, value = row.condition
            if branch.bits.get(bit, 0) != value:
                return [branch]
        kind = row.op.kind
        if kind is Kind.SEND:
            branch.bits[row.attr] = branch.bits.get(row.operands[0], 0)
            return [branch]
        if kind is Kind.MEASURE:
            return self._measured(branch, row.operands[0], row.attr, is_reset=False)
        if kind is Kind.RESET:
            return self._measured(branch, row.operands[0], -1, is_reset=True)
        axes = [self.labels.index(("w", w)) for w in row.operands]
        branch.state = self._transformed(branch.state, row, axes)
        return [branch]

    def _transformed(self, state: Vector, row: Row, axes: list[int]) -> Vector:
        if row.op.kind is Kind.ENCODE:
            return apply(state, _black_box(row), axes)
        angles = tuple(float(self.angles[e]) for e in row.angles) if row.angle >= 0 else ()
        if row.op.name == "rot":
            return rotated(state, self.table.words[row.attr], angles[0], axes)
        for r in row.op.body:
            state = rotated(state, r.word, r.angle.at(angles), axes)
        return state

    def _measured(self, branch: Branch, wire: int, bit: int, is_reset: bool) -> list[Branch]:
        axis = self.labels.index(("w", wire))
        found: list[Branch] = []
        for outcome in (0, 1):
            state = np.zeros_like(branch.state)
            chosen = [slice(None)] * state.ndim
            chosen[axis] = slice(outcome, outcome + 1)
            target = list(chosen)
            if is_reset:
                target[axis] = slice(0, 1)
            state[tuple(target)] = branch.state[tuple(chosen)]
            if np.vdot(state, state).real > TOLERANCE**2:
                bits = branch.bits | ({bit: outcome} if bit >= 0 else {})
                found.append(Branch(bits, state))
        return found

    def _tensor(self, factor: Vector, labels: tuple[tuple[str, int], ...]) -> None:
        self.labels += labels
        for branch in self.branches:
            branch.state = np.multiply.outer(branch.state, factor)

    def drop(self, wire: int) -> None:
        """Forget a wire that is in a basis state in every branch."""
        axis = self.labels.index(("w", wire))
        del self.labels[axis]
        for branch in self.branches:
            halves = [np.take(branch.state, k, axis) for k in (0, 1)]
            norms = [np.linalg.norm(h) for h in halves]
            assert min(norms) < 1e-7, f"wire {wire} is dropped, and is in no basis state"
            branch.state = halves[int(np.argmax(norms))]
        self.branches = merged(self.branches)


class DistributedSimulation(Simulation):
    """Forgets wires after their last row; a final wire never."""

    def __init__(self, program: DistributedCircuit) -> None:
        super().__init__(program.table, program.values, program.home_wire.tolist())
        last: dict[int, int] = {}
        for row in program.table:
            if row.op.kind is not Kind.SEND:
                last.update(dict.fromkeys(row.operands, row.index))
        final = set(program.final_wire.tolist())
        self._ending: dict[int, list[int]] = {}
        for wire, index in last.items():
            if wire not in final:
                self._ending.setdefault(index, []).append(wire)

    def _step(self, row: Row) -> None:
        super()._step(row)
        for wire in self._ending.get(row.index, ()):
            self.drop(wire)


def channel(circuit: Circuit) -> Ensemble:
    """The channel of a source circuit, by the final values of its bits."""
    simulation = Simulation(circuit.table, circuit.values, range(circuit.n_qubits))
    simulation.run(range(circuit.n_bits))
    return _ensemble(simulation, range(circuit.n_qubits), range(circuit.n_bits))


def distributed_channel(program: DistributedCircuit) -> Ensemble:
    """The channel of a distributed circuit, over its final wires and the source's bits."""
    simulation = DistributedSimulation(program)
    bits = program.source_bit.tolist()
    simulation.run(b for b in bits if b >= 0)
    return _ensemble(simulation, program.final_wire.tolist(), bits)


def _ensemble(simulation: Simulation, wires: Iterable[int], bits: Iterable[int]) -> Ensemble:
    wires, bits = list(wires), list(bits)
    labels = [("r", q) for q in range(len(wires))] + [("w", w) for w in wires]
    order = [simulation.labels.index(label) for label in labels]
    found: dict[tuple[int, ...], tuple[Vector, ...]] = {}
    for branch in simulation.branches:
        key = tuple(branch.bits.get(b, 0) for b in bits)
        vector = branch.state.transpose(order).reshape(-1)
        found[key] = (*found.get(key, ()), vector)
    return found


def distance(a: Ensemble, b: Ensemble) -> float:
    """Frobenius distance of the two Choi matrices, bits included."""
    total = 0.0
    for key in a.keys() | b.keys():
        u, v = np.array(a.get(key, ())), np.array(b.get(key, ()))
        total += _overlap(u, u) + _overlap(v, v) - 2 * _overlap(u, v)
    return float(np.sqrt(max(total, 0.0)))


def _overlap(u: Vector, v: Vector) -> float:
    """tr(rho sigma) of two ensembles given as rows."""
    if not len(u) or not len(v):
        return 0.0
    return float((np.abs(u.conj() @ v.T) ** 2).sum())


def merged(branches: list[Branch]) -> list[Branch]:
    """Branches with equal bits and proportional vectors as one."""
    kept: dict[tuple[tuple[int, int], ...], list[Branch]] = {}
    for branch in branches:
        same = kept.setdefault(tuple(sorted(branch.bits.items())), [])
        if not any(_absorbed(other, branch) for other in same):
            same.append(branch)
    return [branch for same in kept.values() for branch in same]


def _absorbed(into: Branch, branch: Branch) -> bool:
    a, b = np.vdot(into.state, into.state).real, np.vdot(branch.state, branch.state).real
    if abs(np.vdot(into.state, branch.state)) ** 2 < a * b * (1 - TOLERANCE):
        return False
    into.state = into.state * np.sqrt((a + b) / a)
    return True


def apply(state: Vector, matrix: Vector, axes: list[int]) -> Vector:
    """A matrix on the given axes, the first being the most significant."""
    k = len(axes)
    tensor = matrix.reshape((2,) * (2 * k))
    result = np.tensordot(tensor, state, (list(range(k, 2 * k)), axes))
    return np.moveaxis(result, list(range(k)), axes)


def rotated(state: Vector, word: str, angle: float, axes: list[int]) -> Vector:
    """`exp(-i angle P / 2)` for a Pauli word on the given axes."""
    turned = state
    for letter, axis in zip(word, axes, strict=True):
        if letter != "I":
            turned = apply(turned, PAULI[letter], [axis])
    result: Vector = np.cos(angle / 2) * state - 1j * np.sin(angle / 2) * turned
    return result


def _some_values(n: int) -> npt.NDArray[np.float64]:
    return np.random.default_rng(5).uniform(-3, 3, n)


def _black_box(row: Row) -> Vector:
    size = 2 ** len(row.operands)
    random = np.random.default_rng([row.attr, row.op.code])
    if row.op.name == "diagonal":
        return np.diag(np.exp(1j * random.uniform(0, 6, size)))
    matrix = random.normal(size=(size, size)) + 1j * random.normal(size=(size, size))
    return np.linalg.qr(matrix)[0]
