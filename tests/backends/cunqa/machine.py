"""A machine for circuits of CUNQA, as its executor for quantum communication runs them.

The circuits take turns, an instruction each; `recv` waits for a bit, and what uses a communication
qubit whose entanglement is not there yet waits for it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

State = npt.NDArray[np.complex128]
Json = Mapping[str, Any]
PAULIS = {
    "x": np.array([[0, 1], [1, 0]]),
    "y": np.array([[0, -1j], [1j, 0]]),
    "z": np.diag([1, -1]),
}
FIXED = {
    **PAULIS,
    "id": np.eye(2),
    "h": np.array([[1, 1], [1, -1]]) / 2**0.5,
    "s": np.diag([1, 1j]),
    "sdg": np.diag([1, -1j]),
    "t": np.diag([1, 1j**0.5]),
    "tdg": np.diag([1, (-1j) ** 0.5]),
    "swap": np.eye(4)[[0, 2, 1, 3]],
}


def turned(axis: str, angle: float) -> State:
    return np.asarray(np.cos(angle / 2) * np.eye(2) - 1j * np.sin(angle / 2) * PAULIS[axis])


def u3(theta: float, phi: float, lam: float) -> State:
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    return np.array(
        [[c, -np.exp(1j * lam) * s], [np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c]]
    )


def controlled(matrix: State) -> State:
    n = len(matrix)
    return np.block([[np.eye(n), np.zeros((n, n))], [np.zeros((n, n)), matrix]])


def matrix_of(name: str, angles: Sequence[float]) -> State:
    if name in FIXED:
        return FIXED[name].astype(np.complex128)
    if name in ("rx", "ry", "rz"):
        return turned(name[1], angles[0])
    if name in ("u1", "p"):
        return np.diag([1, np.exp(1j * angles[0])])
    if name == "u3":
        return u3(*angles)
    assert name[0] == "c", name
    return controlled(matrix_of(name[1:], angles))


class Deadlock(AssertionError):
    """All circuits wait."""


class CunqaMachine:
    """`run` gives the bits of every circuit after one execution, and which of them are saved."""

    def __init__(self, circuits: Sequence[Json]) -> None:
        self.circuits = circuits
        sizes = [sum(c["num_qubits"]) for c in circuits]
        self.first = [0, *accumulate(sizes)]

    def run(self, random: np.random.Generator) -> dict[str, dict[int, bool]]:
        n = self.first[-1]
        self.state = np.zeros((2,) * n, np.complex128)
        self.state[(0,) * n] = 1
        self.random = random
        self.bits: list[dict[int, bool]] = [defaultdict(bool) for _ in self.circuits]
        self.saved: list[dict[int, bool]] = [{} for _ in self.circuits]
        self.sent: dict[tuple[str, str], deque[bool]] = defaultdict(deque)
        self.entangling: dict[str, list[int]] = defaultdict(list)
        self.pending: set[int] = set()
        at = [0] * len(self.circuits)
        while any(at[k] < len(c["instructions"]) for k, c in enumerate(self.circuits)):
            before = list(at)
            for k, circuit in enumerate(self.circuits):
                if at[k] < len(circuit["instructions"]):
                    at[k] = self._step(k, at[k])
            if at == before:
                raise Deadlock
        return {c["id"]: dict(bits) for c, bits in zip(self.circuits, self.saved, strict=True)}

    def _step(self, k: int, at: int) -> int:
        """Where the circuit is after its next instruction; the same if that waits."""
        inst, own = self.circuits[k]["instructions"][at], self.circuits[k]["id"]
        match inst["name"]:
            case "cif":
                (bit,) = inst["clbits"]
                if self.bits[k][bit] != bool(inst["condition"]):
                    names = [i["name"] for i in self.circuits[k]["instructions"]]
                    return names.index("endcif", at) + 1
            case "endcif":
                pass
            case "send":
                self.sent[own, inst["circuits"][0]].append(self.bits[k][inst["clbits"][0]])
            case "recv":
                arrived = self.sent[inst["circuits"][0], own]
                if not arrived:
                    return at
                self.bits[k][inst["clbits"][0]] = arrived.popleft()
            case "gen_ent":
                self._entangle(self.first[k] + inst["comm_qubit"], inst)
            case name:
                given = inst["qubits"]
                local = [given] if isinstance(given, int) else given
                qubits = [self.first[k] + q for q in local]
                if self.pending & set(qubits):
                    return at
                self._local(k, name, qubits, inst)
        return at + 1

    def _entangle(self, qubit: int, inst: Json) -> None:
        ready = self.entangling[inst["tag"]]
        ready.append(qubit)
        self.pending.add(qubit)
        if len(ready) == len(inst["circuits"]):
            for q in ready:  # `gen_ent` does not reset
                assert self._share(q) < 1e-9
            self._apply(FIXED["h"], ready[:1])
            self._apply(controlled(PAULIS["x"].astype(np.complex128)), ready)
            self.pending -= set(ready)

    def _local(self, k: int, name: str, qubits: list[int], inst: Json) -> None:
        if name == "measure":
            assert isinstance(inst["clbits"], int)
            found = bool(self._measure(qubits[0]))
            self.bits[k][inst["clbits"]] = found
            if inst["save"]:
                self.saved[k][inst["clbits"]] = found
        elif name == "reset":
            assert isinstance(inst["qubits"], list)
            if self._measure(qubits[0]):
                self._apply(PAULIS["x"], qubits)
        else:
            assert isinstance(inst["qubits"], int) == (len(qubits) == 1)
            self._apply(matrix_of(name, inst.get("params", ())), qubits)

    def _apply(self, matrix: npt.NDArray[Any], qubits: Sequence[int]) -> None:
        k = len(qubits)
        tensor = np.asarray(matrix, np.complex128).reshape((2,) * (2 * k))
        moved = np.tensordot(tensor, self.state, (range(k, 2 * k), qubits))
        self.state = np.moveaxis(moved, range(k), qubits)

    def _share(self, qubit: int) -> float:
        return float((np.abs(np.moveaxis(self.state, qubit, 0)[1]) ** 2).sum())

    def _measure(self, qubit: int) -> int:
        one = int(self.random.random() < self._share(qubit))
        front = np.moveaxis(self.state, qubit, 0)
        front[1 - one] = 0
        self.state /= np.linalg.norm(self.state)
        return one


def drawn(emitted: Json, shots: int, seed: int = 4) -> list[list[bool]]:
    """The outcome's bits of so many executions."""
    machine, execute = CunqaMachine(emitted["circuits"]), np.random.default_rng(seed)
    runs = map(partial(machine.run), [execute] * shots)
    return [[bits[b["circuit"]][b["clbit"]] for b in emitted["outcome"]] for bits in runs]
