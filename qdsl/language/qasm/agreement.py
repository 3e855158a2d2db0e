"""Whether two readings of an OpenQASM text say the same, statement by statement.

Gates are compared as unitaries: in OpenQASM 3 with their phases, which show under a control; in
OpenQASM 2, which has none, up to a phase.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

import numpy as np

from qdsl.ir.operations import BY_NAME
from qdsl.ir.state_vectors import unitary
from qdsl.language.qasm.rows import PHASE, ImportedRow
from qdsl.language.qasm.second_reading import (
    GateDefinitions,
    Matrix,
    NotRead,
    ReadCall,
    ReadEvent,
    on_qubits,
)
from qdsl.records import dataclass

CLOSE = 1e-7
ANY = (0.7310585, 1.9284736, -2.6180339, 0.4142135)
MOST_KNOWN = 20_000  # comparisons that are kept

Item = tuple[tuple[int, ...], Sequence[ImportedRow]]  # qubits and rows
Local = tuple[tuple[str, tuple[float, ...], tuple[int, ...]], ...]


class Disagreement(Exception):
    """The readings differ at this event; None: behind the last one of the second."""

    def __init__(self, event: ReadEvent | None) -> None:
        super().__init__()
        self.event = event


@dataclass(slots=True)
class Comparison:
    """Compares items, (qubits, rows) each, with the events of the second reading."""

    gates: GateDefinitions
    compared: int = 0
    left_out: int = 0  # gates on too many qubits for a matrix
    known: dict[tuple[ReadCall, int, Local], bool] = field(default_factory=dict)

    def run(
        self,
        items: Sequence[Item],
        events: Sequence[ReadEvent],
    ) -> None:
        """`Disagreement` where they differ."""
        proper = [event for event in events if event.qubits]
        there = [item for item in items if item[0]]
        for (qubits, rows), event in zip(there, proper, strict=False):
            if qubits != event.qubits or not self._same(event, rows):
                raise Disagreement(event)
        if len(there) != len(proper):
            raise Disagreement(proper[len(there)] if len(there) < len(proper) else None)
        if self.gates.version == 3:
            self._phases([rows for qubits, rows in items if not qubits], events)

    def _same(self, event: ReadEvent, rows: Sequence[ImportedRow]) -> bool:
        if event.call is None:
            found = [(r.name, r.qubits, r.bit, r.condition) for r in rows]
            self.compared += 1
            return found == [(event.kind, event.qubits, event.bit, event.condition)]
        if any(r.condition != event.condition or r.bit is not None for r in rows):
            return False
        at = {q: k for k, q in enumerate(event.qubits)}
        if any(q not in at for r in rows for q in r.qubits):
            return False
        local = tuple((r.name, r.angles, tuple(at[q] for q in r.qubits)) for r in rows)
        try:
            same = self._same_gate(event.call, len(at), local)
        except NotRead:
            self.left_out += 1
            return True
        self.compared += 1
        return same

    def _same_gate(self, call: ReadCall, n_qubits: int, rows: Local) -> bool:
        if self._is_one_of_the_library(call, n_qubits, rows):
            call = call._replace(angles=ANY[: len(call.angles)])
            rows = ((rows[0][0], call.angles, rows[0][2]),)
        key = (call, n_qubits, rows)
        if key not in self.known:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
                self.gates.known.clear()
            meant = self.gates.matrix(call, n_qubits)
            self.known[key] = self._close(meant, _product(rows, n_qubits))
        return self.known[key]

    def _is_one_of_the_library(self, call: ReadCall, n_qubits: int, rows: Local) -> bool:
        """A gate of the library as one row with the same angles: equal at all of them if it is
        at some that mean nothing."""
        return (
            len(rows) == 1
            and not call.modifiers
            and call.name not in self.gates.defined
            and rows[0][1:] == (call.angles, tuple(range(n_qubits)))
        )

    def _close(self, left: Matrix, right: Matrix) -> bool:
        if self.gates.version == 2:
            right = right * np.exp(-1j * np.angle(np.vdot(left, right)))
        return bool(np.abs(left - right).max() < CLOSE)

    def _phases(self, bare: Sequence[Sequence[ImportedRow]], events: Sequence[ReadEvent]) -> None:
        """The phases that belong to the whole; under a condition they show nowhere."""
        angle = sum(r.angles[0] for rows in bare for r in rows if r.condition is None)
        meant = complex(1)
        for event in events:
            if not event.qubits and event.call is not None and event.condition is None:
                meant *= complex(self.gates.matrix(event.call, 0)[0, 0])
        if abs(np.exp(1j * angle) - meant) > CLOSE:
            raise Disagreement(None)


def _product(rows: Local, n_qubits: int) -> Matrix:
    total: Matrix = np.eye(2**n_qubits, dtype=np.complex128)
    for name, angles, qubits in rows:
        if name == PHASE:
            total = total * np.exp(1j * angles[0])
        else:
            op = BY_NAME[name]
            phase = np.exp(1j * op.phase.at(angles))
            total = on_qubits(phase * unitary(op, angles), list(qubits), total)
    return total
