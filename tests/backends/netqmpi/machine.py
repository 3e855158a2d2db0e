"""A machine for NetQMPI programs: ranks are traced one by one, then run together.

A window is what the protocols come to: its copy is joined to the root by CX when all its ranks have
opened it, and leaves it in the same way. Sent qubits leave |0>, and land on |0>.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np

from tests.backends.cunqa.machine import State, matrix_of

Line = tuple[Any, ...]


class TracedCircuit:
    """What one rank writes; copies have the numbers behind its data qubits."""

    def __init__(self, num_qubits: int, num_clbits: int) -> None:
        self.size, self.bits, self.copies = num_qubits, num_clbits, 0
        self.lines: list[Line] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)

        def written(*given: Any) -> None:
            first = len([a for a in given if isinstance(a, float)])
            angles = given[:first] if name != "cp" else given[2:]
            qubits = given[first:] if name != "cp" else given[:2]
            assert all(isinstance(q, int) for q in qubits)
            self.lines.append((name, tuple(qubits), tuple(angles)))

        return written


class TracedComm:
    """The communicator of one rank."""

    def __init__(self, rank: int) -> None:
        self.rank, self.results = rank, None
        self.open: list[tuple[int, tuple[int, ...], int]] = []

    def __enter__(self) -> TracedComm:
        return self

    def __exit__(self, *error: object) -> None:
        assert not self.open

    def qsend(self, circuit: TracedCircuit, qubits: list[int], rank: int) -> None:
        circuit.lines.append(("qsend", tuple(qubits), rank))

    def qrecv(self, circuit: TracedCircuit, qubits: list[int], rank: int) -> None:
        circuit.lines.append(("qrecv", tuple(qubits), rank))

    def expose(self, circuit: TracedCircuit, qubit: int, ranks: list[int], root: int) -> int:
        if self.rank == root:
            assert qubit < circuit.size
            used = qubit
        else:
            used = circuit.size + circuit.copies
            circuit.copies += 1
        circuit.lines.append(("expose", used, tuple(ranks), root))
        self.open.append((root, tuple(ranks), used))
        return used

    def unexpose(self, circuit: TracedCircuit, ranks: list[int], root: int) -> None:
        mine = next(w for w in reversed(self.open) if w[:2] == (root, tuple(ranks)))
        self.open.remove(mine)
        circuit.lines.append(("unexpose", mine[2], tuple(ranks), root))


def traced(text: str, ranks: int) -> list[TracedCircuit]:
    """The circuits of all ranks."""
    module = types.ModuleType("netqmpi.sdk.environment")
    vars(module)["Environment"] = object
    names = ("netqmpi", "netqmpi.sdk")
    fake = {name: types.ModuleType(name) for name in names} | {module.__name__: module}
    made: list[TracedCircuit] = []

    def create(num_qubits: int, num_clbits: int) -> TracedCircuit:
        made.append(TracedCircuit(num_qubits, num_clbits))
        return made[-1]

    with patch.dict(sys.modules, fake):
        names_of: dict[str, Any] = {}
        exec(text, names_of)
        for rank in range(ranks):
            names_of["main"](types.SimpleNamespace(comm=TracedComm(rank), create_circuit=create))
    assert len(made) == ranks
    return made


class NetqmpiMachine:
    """`shares`: how likely the outcomes of all ranks' bits are, rank 0's first."""

    def __init__(self, text: str, ranks: int) -> None:
        self.circuits = traced(text, ranks)
        starts = np.cumsum([0, *(c.size + c.copies for c in self.circuits)])
        self.first = starts.tolist()
        self.measured: list[tuple[int, int, int]] = []  # rank, bit, qubit

    def shares(self) -> State:
        n = self.first[-1]
        self.state = np.zeros((2,) * n, np.complex128)
        self.state[(0,) * n] = 1
        at = [0] * len(self.circuits)
        while any(k < len(c.lines) for k, c in zip(at, self.circuits, strict=True)):
            before = list(at)
            for rank in range(len(self.circuits)):
                self._advance(rank, at)
            assert at != before, "deadlock"
        qubits = [qubit for _, _, qubit in sorted(self.measured)]
        front = np.moveaxis(np.abs(self.state) ** 2, qubits, range(len(qubits)))
        return np.asarray(front.reshape(2 ** len(qubits), -1).sum(axis=1))

    def _advance(self, rank: int, at: list[int]) -> None:
        circuit = self.circuits[rank]
        while at[rank] < len(circuit.lines):
            line = circuit.lines[at[rank]]
            if line[0] in ("expose", "unexpose", "qsend", "qrecv"):
                self._meet(rank, line, at)
                return
            self._local(rank, line)
            at[rank] += 1

    def _meet(self, rank: int, line: Line, at: list[int]) -> None:
        """Two ranks, once both are there; the rank that comes second does it for both."""
        window = line[0] in ("expose", "unexpose")
        (only,) = line[2] if window else (line[2],)
        other = (line[3] if rank == only else only) if window else line[2]
        lines = self.circuits[other].lines
        theirs = lines[at[other]] if at[other] < len(lines) else ("end",)
        kind = {"qsend": "qrecv", "qrecv": "qsend"}.get(line[0], line[0])
        if theirs[0] != kind or (window and theirs[2:] != line[2:]):
            return
        if not window and theirs[2] != rank:
            return
        self._joined(rank, line, other, theirs)
        at[rank] += 1
        at[other] += 1

    def _joined(self, rank: int, line: Line, other: int, theirs: Line) -> None:
        if line[0] in ("qsend", "qrecv"):
            sent, got = (
                (line[1][0], theirs[1][0]) if line[0] == "qsend" else (theirs[1][0], line[1][0])
            )
            sender, receiver = (rank, other) if line[0] == "qsend" else (other, rank)
            pair = [self.first[sender] + sent, self.first[receiver] + got]
            assert self._is_zero(pair[1])
            self._apply(matrix_of("swap", ()), pair)
            return
        root = line[3]
        mine, far = (line[1], theirs[1]) if rank == root else (theirs[1], line[1])
        ends = [self.first[root] + mine, self.first[line[2][0]] + far]
        if line[0] == "expose":
            assert self._is_zero(ends[1])
        self._apply(matrix_of("cx", ()), ends)
        if line[0] == "unexpose":
            assert self._is_zero(ends[1]), "the copy is one no more"

    def _is_zero(self, qubit: int) -> bool:
        return float((np.abs(np.moveaxis(self.state, qubit, 0)[1]) ** 2).sum()) < 1e-9

    def _local(self, rank: int, line: Line) -> None:
        name, qubits, angles = line
        if name == "measure":
            self.measured.append((rank, qubits[1], self.first[rank] + qubits[0]))
            return
        matrix = matrix_of("cu1" if name == "cp" else name, angles)
        self._apply(matrix, [self.first[rank] + q for q in qubits])

    def _apply(self, matrix: State, qubits: Sequence[int]) -> None:
        k = len(qubits)
        moved = np.tensordot(matrix.reshape((2,) * (2 * k)), self.state, (range(k, 2 * k), qubits))
        self.state = np.moveaxis(moved, range(k), qubits)
