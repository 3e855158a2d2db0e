"""Whether two readings of an OpenQASM text say the same, statement by statement.

Gates are compared as unitaries: in OpenQASM 3 with their phases, which show under a control; in
OpenQASM 2, which has none, up to a phase. Calls that differ in their angles alone are compared
together, each at its own angles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import islice
from typing import NamedTuple, cast

import numpy as np

from qdsl.language.qasm.matrix_stacks import Angle, Matrix, on_qubits
from qdsl.language.qasm.row_matrices import operation_matrix
from qdsl.language.qasm.rows import ImportedRow
from qdsl.language.qasm.second_reading import GateDefinitions, NotRead, ReadCall, ReadEvent
from qdsl.language.qasm.unbound import Happening
from qdsl.records import dataclass

CLOSE = 1e-7
ANY = (0.7310585, 1.9284736, -2.6180339, 0.4142135)
MOST_ENTRIES = 2**20  # of one stack of matrices

WORD = "rot "  # before the letters of a rotation about a Pauli word
Local = tuple[tuple[str, tuple[float, ...], tuple[int, ...]], ...]
Angles = tuple[float, ...]


class Disagreement(Exception):
    """The readings differ at this event; None: behind the last one of the second."""

    def __init__(self, event: ReadEvent | None) -> None:
        super().__init__()
        self.event = event


class Alike(NamedTuple):
    """What calls have in common that are compared together: all but their angles. A row is a
    name, the number of its angles, and qubits."""

    name: str
    modifiers: tuple[tuple[str, float], ...]
    n_qubits: int
    n_angles: int
    rows: tuple[tuple[str, int, tuple[int, ...]], ...]


class Occurrences(NamedTuple):
    """The first event and the number of the events that have certain angles."""

    first: int
    times: int


@dataclass(slots=True)
class Comparison:
    """Compares what happens with the events of the second reading."""

    gates: GateDefinitions
    compared: int = 0
    left_out: int = 0  # gates on too many qubits for a matrix
    waiting: dict[Alike, dict[Angles, Occurrences]] = field(default_factory=dict)

    def run(self, happenings: Sequence[Happening], events: Sequence[ReadEvent]) -> None:
        """`Disagreement` at the first event where they differ."""
        proper = [event for event in events if event.qubits]
        there = [h for h in happenings if h.qubits]
        differ = [min(len(there), len(proper))] if len(there) != len(proper) else []
        for k, (happening, event) in enumerate(zip(there, proper, strict=False)):
            if not self._seems_same(k, event, happening):
                differ = [k]
                break
        for alike, angles in self.waiting.items():
            differ += self._different(alike, angles)
        if differ:
            raise Disagreement(proper[min(differ)] if min(differ) < len(proper) else None)
        if self.gates.version == 3:
            self._phases([h for h in happenings if not h.qubits], events)

    def _seems_same(self, k: int, event: ReadEvent, happening: Happening) -> bool:
        """Whether all is the same that can be said without a matrix; those wait."""
        rows = happening.rows
        if (happening.kind, happening.qubits) != (event.kind, event.qubits):
            return False
        if happening.condition != event.condition:
            return False
        if event.call is None:
            self.compared += 1
            return not rows and happening.result == event.result
        at = {q: k for k, q in enumerate(event.qubits)}
        if any(q not in at for r in rows for q in r.qubits):
            return False
        local = tuple(
            [(_named(r), cast(Angles, r.angles), tuple([at[q] for q in r.qubits])) for r in rows]
        )
        self._wait(k, event.call, len(at), local)
        return True

    def _wait(self, k: int, call: ReadCall, n_qubits: int, rows: Local) -> None:
        if self._is_one_of_the_library(call, n_qubits, rows):
            call = call._replace(angles=ANY[: len(call.angles)])
            rows = ((rows[0][0], ANY[: len(call.angles)], rows[0][2]),)
        shapes = tuple([(name, len(angles), qubits) for name, angles, qubits in rows])
        alike = Alike(call.name, call.modifiers, n_qubits, len(call.angles), shapes)
        own = cast(Angles, call.angles)  # of a statement, where no angle is a column
        angles = (*own, *(a for _, of_row, _ in rows for a in of_row))
        same = self.waiting.setdefault(alike, {})
        before = same.get(angles)
        same[angles] = (
            Occurrences(k, 1) if before is None else before._replace(times=before.times + 1)
        )

    def _is_one_of_the_library(self, call: ReadCall, n_qubits: int, rows: Local) -> bool:
        """A gate of the library as one row with the same angles: equal at all of them if it is
        at some that mean nothing."""
        return (
            len(rows) == 1
            and not call.modifiers
            and call.name not in self.gates.defined
            and rows[0][1:] == (call.angles, tuple(range(n_qubits)))
        )

    # ---- matrices ----------------------------------------------------------------------

    def _different(self, alike: Alike, angles: dict[Angles, Occurrences]) -> Iterator[int]:
        """The first events of those that differ."""
        most = max(MOST_ENTRIES >> 2 * alike.n_qubits, 1)
        left = iter(angles.items())
        while part := dict(islice(left, most)):
            yield from self._checked(alike, part)

    def _checked(self, alike: Alike, part: dict[Angles, Occurrences]) -> Iterator[int]:
        try:
            same = self._same(alike, list(part))
        except NotRead:
            if len(part) > 1:  # perhaps only at some of these angles
                for angles, found in part.items():
                    yield from self._checked(alike, {angles: found})
                return
            self.left_out += sum(found.times for found in part.values())
            return
        for found, is_same in zip(part.values(), same, strict=True):
            self.compared += found.times
            if not is_same:
                yield found.first

    def _same(self, alike: Alike, angles: Sequence[Angles]) -> Sequence[bool]:
        """Whether both readings give equal unitaries, at each of these angles."""
        self.gates.begin()
        columns: list[Angle] = list(np.array(angles, np.float64).T) if angles[0] else []
        call = ReadCall(alike.name, tuple(columns[: alike.n_angles]), alike.modifiers)
        meant = self.gates.matrix(call, alike.n_qubits)
        found = _product(alike, columns[alike.n_angles :])
        if self.gates.version == 2:
            overlap = np.sum(meant.conj() * found, axis=(-2, -1), keepdims=True)
            found = found * np.exp(-1j * np.angle(overlap))
        close = np.abs(meant - found).max(axis=(-2, -1)) < CLOSE
        return list(np.broadcast_to(close, len(angles)))

    def _phases(self, bare: Sequence[Happening], events: Sequence[ReadEvent]) -> None:
        """The phases that belong to the whole; under a condition they show nowhere."""
        always = [h for h in bare if h.condition.constant]
        angle = sum(cast(float, row.angles[0]) for h in always for row in h.rows)
        meant = complex(1)
        for event in events:
            if not event.qubits and event.call is not None and event.condition.constant:
                self.gates.begin()
                meant *= complex(self.gates.matrix(event.call, 0)[0, 0])
        if abs(np.exp(1j * angle) - meant) > CLOSE:
            raise Disagreement(None)


def _product(alike: Alike, columns: Sequence[Angle]) -> Matrix:
    """The rows as a stack of unitaries, the angles of all rows one after the other."""
    total: Matrix = np.eye(2**alike.n_qubits, dtype=np.complex128)
    left = iter(columns)
    for name, n_angles, qubits in alike.rows:
        angles = tuple(islice(left, n_angles))
        if name == "barrier":
            continue
        word = name.removeprefix(WORD) if name.startswith(WORD) else None
        total = on_qubits(operation_matrix(name, angles, word), qubits, total)
    return total


def _named(row: ImportedRow) -> str:
    return row.name if row.word is None else WORD + row.word
