"""Results of an imported circuit that nothing can tell any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qdsl.diagnostics.source import Source, Span
from qdsl.language.qasm.errors import QasmResultLost
from qdsl.language.qasm.rows import ImportedRow
from qdsl.language.qasm.second_reading import ReadEvent


def lost_results(
    source: Source, rows: Sequence[ImportedRow], events: Sequence[ReadEvent]
) -> Iterator[QasmResultLost]:
    """A warning for the first measurement whose qubit goes on afterwards and whose result decides
    nothing: it is lost where a call gives the bits no name."""
    tested = {row.condition[0] for row in rows if row.condition is not None}
    pending: dict[int, tuple[int, int]] = {}
    number = -1
    for row in rows:
        if row.name == "measure":
            number += 1
            assert row.bit is not None
            pending[row.qubits[0]] = (row.bit, number)
            continue
        lost = [pending.pop(q) for q in row.qubits if q in pending and row.name != "barrier"]
        gone = [(bit, k) for bit, k in lost if bit not in tested]
        if gone:
            measured = [event for event in events if event.kind == "measure"]
            start, end = measured[gone[0][1]].span if gone[0][1] < len(measured) else (0, 0)
            yield QasmResultLost(Span(source, start, end), gone[0][0])
            return
