"""Stabiliser simulation of Clifford instances: source and program on thousands of qubits.

Values are set to multiples of a quarter turn by a seed. Every source qubit is half of a Bell
pair with a reference, so that one run sees all inputs: the program must end in the stabilisers
in which the source ends, on the same branch of the source's measurements, as likely in both.
Simulated by stim (Gidney, Quantum 5, 497 (2021)); the extra `clifford`.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.ir.table import Row
from qdsl.ir.values import Floats, Values
from qdsl.verify.simulation.branch import Branch, Impossible, follow, same_bits
from qdsl.verify.simulation.evolution import ChannelSide

if TYPE_CHECKING:
    import stim

CLOSE = 1e-9  # radians from a quarter turn, on as many steps of the grid
MOST_QUBITS = 4_000
MOST_WORK = 4 * 10**8  # operations times qubits: about ten seconds
_DIRECT = {"x": "x", "y": "y", "z": "z", "h": "h", "s": "s", "sdg": "s_dag", "sx": "sqrt_x",
           "sxdg": "sqrt_x_dag", "cx": "cx", "cy": "cy", "cz": "cz", "swap": "swap"}  # fmt: skip


def installed() -> bool:
    return find_spec("stim") is not None


def affordable(source: Circuit, program: DistributedCircuit) -> bool:
    """Whether a draw takes seconds."""
    work = (len(source.table) + len(program.table)) * source.n_qubits
    return source.n_qubits <= MOST_QUBITS and work <= MOST_WORK


def instance(source: Circuit, program: DistributedCircuit, seed: int) -> Floats | None:
    """Values for which both are Clifford programs: multiples of pi/2, of pi or of 2 pi. None if
    there are none, as for a T gate."""
    random = np.random.default_rng(seed)
    drawn = random.integers(1, 8, source.values.n_slots) * np.pi / 2
    for coarse in (1, 2, 4):
        values = drawn * coarse
        if all(is_clifford(side, values) for side in (source, program)):
            return values
    return None


def is_clifford(program: Circuit | DistributedCircuit, slot_values: Floats) -> bool:
    """Whether every rotation is by quarter turns."""
    angles = _angles(program.values, slot_values)
    known: dict[tuple[int, int], bool] = {}
    for code, angle in set(
        zip(program.table.opcode.tolist(), program.table.angle.tolist(), strict=True)
    ):
        known[code, angle] = _is_quarter(code, angle, angles)
    return all(known.values())


def _angles(values: Values, slot_values: Floats) -> Floats:
    return values.angles.evaluate(values.extend(slot_values))


def _is_quarter(code: int, angle: int, angles: Floats) -> bool:
    from qdsl.ir.operations import OPERATIONS

    op = OPERATIONS[code]
    if op.kind is Kind.ENCODE:
        return False
    given = tuple(angles[angle : angle + op.angles].tolist()) if op.angles else ()
    turns = [r.angle.at(given) / (np.pi / 2) for r in op.body]
    if op.name == "rot":
        turns = [given[0] / (np.pi / 2)]
    return all(abs(t - round(t)) < CLOSE for t in turns)


def equal_instances(
    source: Circuit, program: DistributedCircuit, values: Floats, seed: int
) -> str | None:
    """None if both do the same on one branch of one instance, from all inputs; else how not."""
    here = _Tableau(source, values, seed)
    branch = follow(source, here, None)
    there = _Tableau(program, values, seed + 1)
    try:
        found = follow(program, there, branch)
    except Impossible:
        return "an outcome of the source cannot happen"
    if abs(branch.logarithm - found.logarithm) > 0.5:
        return "outcomes of the source are not as likely"
    if not same_bits(branch, found, program):
        return "a bit of the source holds something else"
    return _same_state(here, there, branch)


def _same_state(here: _Tableau, there: _Tableau, branch: Branch) -> str | None:
    ours, theirs = here.places(), there.places()
    for stabiliser in here.simulator.canonical_stabilizers():
        moved = there.identity()
        for mine, other in zip(ours, theirs, strict=True):
            moved[other] = stabiliser[mine]
        if not any(stabiliser[k] for k in ours):
            continue
        if there.simulator.peek_observable_expectation(moved * stabiliser.sign) != 1:
            return "a stabiliser of the source's final state is not one of the program's"
    return None


class _Tableau:
    """A tableau of wires; place n + q is the reference of source qubit q."""

    def __init__(self, program: Circuit | DistributedCircuit, values: Floats, seed: int) -> None:
        import stim

        self.stim = stim
        self.simulator = stim.TableauSimulator(seed=seed)
        self.side = ChannelSide.of(program)
        self.angles = _angles(program.values, values)
        self.place: dict[int, int] = {}
        n = len(self.side.home)
        self.spare = list(range(n - 1, -1, -1))
        self.most = 2 * n
        for q, wire in enumerate(self.side.home):
            self.touch(wire)
            self.simulator.h(self.place[wire])
            self.simulator.cx(self.place[wire], n + q)

    def places(self) -> list[int]:
        """Of the final wires and then the references."""
        n = len(self.side.final)
        return [*(self.place[w] for w in self.side.final), *range(n, 2 * n)]

    def identity(self) -> stim.PauliString:
        found: Any = self.stim.PauliString(max(self.most, self.simulator.num_qubits))
        return found

    def touch(self, wire: int) -> None:
        if wire in self.place:
            return
        if not self.spare:
            self.spare.append(self.most)
            self.most += 1
        self.place[wire] = self.spare.pop()
        self.simulator.reset(self.place[wire])

    def drop(self, wire: int) -> None:
        place = self.place.pop(wire)
        self.simulator.reset(place)
        self.spare.append(place)

    def flip(self, wire: int) -> None:
        self.simulator.x(self.place[wire])

    def measure(self, wire: int, told: int | None) -> tuple[int, float]:
        place = self.place[wire]
        probability = 0.5 if self.simulator.peek_z(place) == 0 else 1.0
        if told is None:
            return int(self.simulator.measure(place)), probability
        try:
            self.simulator.postselect_z(place, desired_value=bool(told))
        except ValueError:
            raise Impossible from None
        return told, probability

    def apply(self, row: Row) -> None:
        places = [self.place[w] for w in row.operands]
        if row.op.kind is Kind.EBIT:
            self.simulator.h(places[0])
            self.simulator.cx(*places)
            return
        if row.op.name in _DIRECT:
            getattr(self.simulator, _DIRECT[row.op.name])(*places)
            return
        given = tuple(self.angles[list(row.angles)].tolist())
        if row.op.name == "rot":
            self._turn(self.side.table.words[row.attr], given[0], places)
        for r in row.op.body:
            self._turn(r.word, r.angle.at(given), places)

    def _turn(self, word: str, angle: float, places: list[int]) -> None:
        k = round(angle / (np.pi / 2)) % 4
        on = [f"{c}{p}" for c, p in zip(word, places, strict=True) if c != "I"]
        if not k or not on:
            return
        name = ("SPP", "SPP", "SPP_DAG")[k - 1]
        line = self.stim.Circuit(f"{name} {'*'.join(on)}")
        for _ in range(2 if k == 2 else 1):
            self.simulator.do(line)
