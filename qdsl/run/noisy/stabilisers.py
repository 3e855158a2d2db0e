"""Noisy steps on stabiliser states: Clifford programs of thousands of qubits, many executions.

One execution without noise is followed as a tableau; of all others only the Pauli frame is kept by
which they differ from it (stim: Gidney, Quantum 5, 497 (2021); the extra `clifford`). Relaxation
and dephasing are twirled into Pauli channels, whose process fidelity is the same, but which do not
prefer |0> to |1>; all other noise is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from qdsl.ir.channels import error_probabilities
from qdsl.ir.clifford import CliffordGates, NotClifford
from qdsl.ir.state_vectors import Matrix
from qdsl.network.models import PairState
from qdsl.run.noisy.steps import Condition

if TYPE_CHECKING:
    import stim

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


class CliffordCheck:
    """An engine that raises `NotClifford` where `StabiliserEngine` would; `is_exact`: nothing is
    twirled."""

    def __init__(self) -> None:
        self.is_exact = True
        self._gates = CliffordGates()

    def gate(self, matrix: Matrix, wires: Sequence[int], when: Condition, error: float) -> None:
        self._gates.pauli(matrix) if when else self._gates.circuit(matrix)

    def measure(self, wire: int, bit: int, when: Condition, wrong: float) -> None:
        _require_always(when)

    def reset(self, wire: int, when: Condition, wrong: float) -> None:
        _require_always(when)

    def copy(self, source: int, target: int, when: Condition) -> None:
        _require_always(when)

    def relax(self, wire: int, flip: float, stay: float) -> None:
        self.is_exact = self.is_exact and stay == 1.0

    def touch(self, wire: int) -> None: ...
    def pair(self, a: int, b: int, state: PairState) -> None: ...
    def drop(self, wire: int) -> None: ...
    def forget(self, bits: Sequence[int]) -> None: ...


def _require_always(when: Condition) -> None:
    if when is not None:
        raise NotClifford


class StabiliserEngine:
    """`shots` executions. `reference` is the one without noise, whose outcomes are 0 where they are
    random; `bits` are those of the reference and of all executions, bool[shots]. All that is drawn
    is drawn here, as stim draws other numbers on other machines."""

    def __init__(self, shots: int, seed: int) -> None:
        import stim

        self.stim = stim
        self.reference = stim.TableauSimulator()
        self._frames = stim.FlipSimulator(batch_size=shots, disable_stabilizer_randomization=True)
        self._random = np.random.default_rng(seed)
        self._every = np.ones(shots, np.bool_)
        self.place: dict[int, int] = {}
        self.bits: dict[int, tuple[bool, Flags]] = {}
        self._spare: list[int] = []
        self._most = 0
        self._gates = CliffordGates()

    def touch(self, wire: int) -> None:
        if wire in self.place:
            return
        if not self._spare:
            self._spare.append(self._most)
            self._most += 1
        self.place[wire] = self._spare.pop()
        self._clear(self.place[wire])

    def pair(self, a: int, b: int, state: PairState) -> None:
        self.touch(a)
        self.touch(b)
        self._both("H", [self.place[a]])
        self._both("CX", [self.place[a], self.place[b]])
        self._channel(self.place[b], state)

    def relax(self, wire: int, flip: float, stay: float) -> None:
        self._channel(self.place[wire], error_probabilities(np.array([flip, flip, stay])))

    def gate(self, matrix: Matrix, wires: Sequence[int], when: Condition, error: float) -> None:
        places = [self.place[w] for w in wires]
        if when is not None:
            self._if(self._gates.pauli(matrix), places, when, error)
            return
        for name, targets in self._gates.circuit(matrix):
            self._both(name, [places[t] for t in targets])
        if error:
            self._depolarise(places, error, self._every)

    def _if(self, letters: str, places: list[int], when: Condition, error: float) -> None:
        assert when is not None
        known, values = self.bits[when[0]]
        happens = values == bool(when[1])
        is_here = known == bool(when[1])
        for letter, place in zip(letters, places, strict=True):
            if letter != "I":
                if is_here:
                    self.reference.do(self.stim.CircuitInstruction(letter, [place]))
                self._flip(letter, place, happens != is_here)
        if error:
            self._depolarise(places, error, happens)

    def _depolarise(self, places: list[int], error: float, happens: Flags) -> None:
        """All Paulis but the identity alike, in executions in which something happens."""
        shots = np.flatnonzero(happens & self._drawn(error))
        drawn = self._random.integers(1, 4 ** len(places), len(shots))
        for k, place in enumerate(places):
            letters = np.zeros(len(happens), np.int64)
            letters[shots] = (drawn >> (2 * k)) & 3
            self._paulis(place, letters)

    def _channel(self, place: int, probabilities: Sequence[float] | Numbers) -> None:
        """Nothing, X, Y or Z."""
        steps = np.cumsum(np.clip(np.array(probabilities), 0, 1))
        self._paulis(
            place, np.searchsorted(steps[:3], self._random.random(len(self._every)), "right")
        )

    def _paulis(self, place: int, letters: npt.NDArray[np.int64]) -> None:
        """X, Y, Z for 1, 2, 3."""
        self._flip("X", place, (letters == 1) | (letters == 2))
        self._flip("Z", place, letters >= 2)

    def measure(self, wire: int, bit: int, when: Condition, wrong: float) -> None:
        _require_always(when)
        place = self.place[wire]
        one = self.reference.peek_z(place) == -1
        self.reference.postselect_z(place, desired_value=one)
        self._frames.do(self.stim.CircuitInstruction("M", [place]))
        flips: Any = self._frames.get_measurement_flips(record_index=-1)
        self._flip("Z", place, self._drawn(0.5))
        self.bits[bit] = one, one ^ np.asarray(flips, np.bool_) ^ self._drawn(wrong)

    def reset(self, wire: int, when: Condition, wrong: float) -> None:
        _require_always(when)
        self._clear(self.place[wire])
        self._flip("X", self.place[wire], self._drawn(wrong))

    def copy(self, source: int, target: int, when: Condition) -> None:
        _require_always(when)
        self.bits[target] = self.bits[source]

    def forget(self, bits: Sequence[int]) -> None:
        for bit in bits:
            self.bits.pop(bit, None)

    def drop(self, wire: int) -> None:
        """Its place is reset before it is used again."""
        self._spare.append(self.place.pop(wire))

    def frames(self, wires: Sequence[int]) -> tuple[Flags, Flags]:
        """The X and the Z parts of what executions differ by from the reference,
        bool[wires, shots]."""
        xs, zs, *_ = self._frames.to_numpy(output_xs=True, output_zs=True)
        places = [self.place[w] for w in wires]
        return np.asarray(xs)[places], np.asarray(zs)[places]

    def _both(self, name: str, places: list[int]) -> None:
        step = self.stim.CircuitInstruction(name, places)
        self.reference.do(step)
        self._frames.do(step)

    def _clear(self, place: int) -> None:
        """To |0>, which Z does not change."""
        one = self.reference.peek_z(place) == -1
        self.reference.postselect_z(place, desired_value=one)
        self._both("R", [place])
        self._flip("Z", place, self._drawn(0.5))

    def _drawn(self, probability: float) -> Flags:
        found: Flags = self._random.random(len(self._every)) < probability
        return found

    def _flip(self, letter: str, place: int, where: Flags) -> None:
        """A Pauli in some executions, as one that depends on a measurement."""
        if where.any():
            self._frames.append_measurement_flips(where[None])
            last = self.stim.target_rec(-1)
            self._frames.do(self.stim.CircuitInstruction(f"C{letter}", [last, place]))

    def outcomes(self, wires: Sequence[int]) -> list[bool]:
        """Of the reference, if these wires were measured now."""
        then, found = self.reference.copy(), []
        for place in (self.place[w] for w in wires):
            found.append(then.peek_z(place) == -1)
            then.postselect_z(place, desired_value=found[-1])
        return found

    def identity(self) -> stim.PauliString:
        found: Any = self.stim.PauliString(self.reference.num_qubits)
        return found

    def keep(self, wires: Sequence[int]) -> None:
        """Nothing but these wires."""
        for wire in [w for w in self.place if w not in wires]:
            self.drop(wire)
        for place in self._spare:
            self._clear(place)

    def stabilisers(self) -> list[stim.PauliString]:
        """Of the reference, all wires that are not kept being reset: those of the kept ones."""
        spare = set(self._spare)
        canonical = self.reference.canonical_stabilizers()
        return [s for s in canonical if not spare & set(s.pauli_indices())]
