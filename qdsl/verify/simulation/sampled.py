"""Random inputs along one branch: for programs too wide for channels and no Clifford instances.

Every source qubit starts in a random state of its own, and the final states are compared
exactly. A difference of the channels shows with probability 1 in each branch where there is one.
"""

from __future__ import annotations

import numpy as np

from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.ir.state_vectors import Matrix
from qdsl.ir.table import Row
from qdsl.ir.values import Floats
from qdsl.verify.simulation.branch import Impossible, follow, same_bits
from qdsl.verify.simulation.channel import most_axes
from qdsl.verify.simulation.evolution import ChannelRun, ChannelSide

MAX_AXES = 20
MAX_WORK = 2**30  # rows times amplitudes
TOLERANCE = 1e-8
NOTHING = 1e-12


def affordable(source: Circuit, program: Circuit | DistributedCircuit, share: float = 1.0) -> bool:
    """Whether a draw takes seconds, or that share of them."""
    for side in (ChannelSide.of(source), ChannelSide.of(program)):
        axes = most_axes(side, True)
        if axes > MAX_AXES or len(side.table) << axes > MAX_WORK * share:
            return False
    return True


def distance(
    source: Circuit,
    program: Circuit | DistributedCircuit,
    values: Floats,
    seed: int,
    from_zero: bool = False,
) -> float:
    """The trace distance of the two final states on one branch; 1 if the branches differ. All
    qubits start in |0> if `from_zero`."""
    random = np.random.default_rng(seed)
    encodes = bool(source.table.codes("amplitude").any())
    inputs = None if encodes or from_zero else random.normal(size=(source.n_qubits, 2, 2))
    here = _Vector(source, values, inputs, random)
    branch = follow(source, here, None)
    there = _Vector(program, values, inputs, random)
    try:
        found = follow(program, there, branch)
    except Impossible:
        return 1.0
    if abs(branch.logarithm - found.logarithm) > TOLERANCE:
        return 1.0
    if not same_bits(branch, found, program):
        return 1.0
    ours, theirs = here.final(), there.final()  # of pure states: the part beside the other
    return float(np.linalg.norm(theirs - ours * np.vdot(ours, theirs)))


def outcome_probabilities(
    source: Circuit, program: Circuit, values: Floats, seed: int
) -> tuple[float, float]:
    """The probability, from |0...0>, of one outcome of all bits, drawn with the source's
    probabilities: in the source, and in the other program. Each bit is written once in both."""
    random = np.random.default_rng(seed)
    branch = follow(source, _Vector(source, values, None, random), None)
    try:
        found = follow(program, _Vector(program, values, None, random), branch)
    except Impossible:
        return 2.0**branch.logarithm, 0.0
    return 2.0**branch.logarithm, 2.0**found.logarithm


class _Vector:
    """A state vector; its first axes are `ChannelRun.axes`, the last one has length 1."""

    def __init__(self, program: Circuit | DistributedCircuit, values: Floats,
                 inputs: Floats | None, random: np.random.Generator) -> None:  # fmt: skip
        self.run = ChannelRun(ChannelSide.of(program), program.values.extend(values))
        self.random = random
        if inputs is not None:
            for wire, (real, imaginary) in zip(self.run.side.home, inputs, strict=True):
                start = (real + 1j * imaginary) / np.linalg.norm(real + 1j * imaginary)
                self.run.axes.insert(0, wire)
                self._set(np.stack([amplitude * self._state() for amplitude in start]))

    def _state(self) -> Matrix:
        return self.run.states[frozenset()]

    def _set(self, state: Matrix) -> None:
        self.run.states = {frozenset(): state}

    def touch(self, wire: int) -> None:
        self.run.touch(wire)

    def drop(self, wire: int) -> None:
        """A wire that is entangled no more; one that is, is measured."""
        self.measure(wire, None)
        axis = self.run.axes.index(wire)
        del self.run.axes[axis]
        self._set(self._state().sum(axis=axis))

    def flip(self, wire: int) -> None:
        self._set(np.flip(self._state(), self.run.axes.index(wire)))

    def apply(self, row: Row) -> None:
        self._set(self.run.applied(row, self._state()))
        if row.op.kind is Kind.ENCODE:
            self._set(self._state() / np.linalg.norm(self._state()))

    def measure(self, wire: int, told: int | None) -> tuple[int, float]:
        halves = [self.run.projected(self._state(), wire, value) for value in (0, 1)]
        shares = [float(np.vdot(half, half).real) for half in halves]
        outcome = int(self.random.random() * sum(shares) >= shares[0]) if told is None else told
        if shares[outcome] < NOTHING:
            raise Impossible
        self._set(halves[outcome] / np.sqrt(shares[outcome]))
        return outcome, shares[outcome] / sum(shares)

    def final(self) -> Matrix:
        order = [self.run.axes.index(wire) for wire in self.run.side.final]
        return np.transpose(self._state(), (*order, len(order))).reshape(-1)
