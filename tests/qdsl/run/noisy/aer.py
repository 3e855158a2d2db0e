"""The same noisy steps as a circuit for Aer, whose own noise model makes the channels.

Measured wires stay, as controls of what depends on their bits; a wrong bit is an X on such a wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import Kraus
from qiskit_aer import AerSimulator
from qiskit_aer.noise import depolarizing_error, pauli_error, phase_amplitude_damping_error

from qdsl.ir.state_vectors import Matrix
from qdsl.network.models import PairState
from qdsl.run.noisy.steps import Condition


class AerEngine:
    """A qubit of Aer for every wire; nothing is forgotten."""

    def __init__(self, qubits: int) -> None:
        self.circuit = QuantumCircuit(qubits)
        self._place: dict[int, int] = {}
        self._bits: dict[int, int] = {}  # by bit, the qubit that holds it
        self._fresh = 0

    def touch(self, wire: int) -> None:
        if wire not in self._place:
            self._place[wire] = self._fresh
            self._fresh += 1

    def pair(self, a: int, b: int, state: PairState) -> None:
        self.touch(a)
        self.touch(b)
        self.circuit.h(self._place[a])
        self.circuit.cx(self._place[a], self._place[b])
        error = pauli_error(list(zip("IXYZ", state, strict=True)))
        self.circuit.append(error.to_instruction(), [self._place[b]])

    def relax(self, wire: int, flip: float, stay: float) -> None:
        dephased = 1 - flip**2 / stay
        error = phase_amplitude_damping_error(1 - stay, min(dephased * stay, stay))
        self.circuit.append(error.to_instruction(), [self._place[wire]])

    def gate(self, matrix: Matrix, wires: Sequence[int], when: Condition, error: float) -> None:
        places = [self._place[w] for w in reversed(wires)]  # Aer's first qubit is the lowest
        k = len(wires)
        share = error * 4**k / (4**k - 1)
        noise = depolarizing_error(share, k)
        if when is None:
            self.circuit.append(UnitaryGate(matrix), places)
            self.circuit.append(noise.to_instruction(), places)
            return
        self.circuit.append(controlled(matrix, noise, when[1]), [*places, self._bits[when[0]]])

    def measure(self, wire: int, bit: int, when: Condition, wrong: float) -> None:
        """Two qubits hold the outcome: the wire, and a fresh one what is told of it."""
        assert when is None
        told = self._fresh
        self._fresh += 1
        self.circuit.cx(self._place[wire], told)
        self.circuit.append(pauli_error([("X", wrong), ("I", 1 - wrong)]).to_instruction(), [told])
        self._bits[bit] = told

    def reset(self, wire: int, when: Condition, wrong: float) -> None:
        raise NotImplementedError

    def copy(self, source: int, target: int, when: Condition) -> None:
        self._bits[target] = self._bits[source]

    def drop(self, wire: int) -> None: ...

    def forget(self, bits: Sequence[int]) -> None: ...

    def density(self, wires: Sequence[int]) -> Matrix:
        """Of these wires, the first the most significant, by Aer's density matrix."""
        self.circuit.save_density_matrix([self._place[w] for w in reversed(wires)])
        simulator = AerSimulator(method="density_matrix", max_parallel_threads=1)
        found: Matrix = np.asarray(simulator.run(self.circuit).result().data()["density_matrix"])
        return found


def controlled(matrix: Matrix, noise: Any, value: int) -> Kraus:
    """Matrix and noise where the last qubit is `value`, nothing elsewhere. The qubit is classical:
    its coherence is lost, as a measured one's is."""
    d = len(matrix)
    on, off = np.diag([1 - value, value]), np.diag([value, 1 - value])
    inside = [np.kron(on, k @ matrix) for k in Kraus(noise).data]
    return Kraus([*inside, np.kron(off, np.eye(d))])
