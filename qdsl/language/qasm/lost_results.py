"""Results of an imported circuit that nothing can tell any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qdsl.diagnostics.source import Source, Span
from qdsl.language.qasm.errors import QasmResultLost
from qdsl.language.qasm.unbound import Happening


def lost_results(source: Source, happenings: Sequence[Happening]) -> Iterator[QasmResultLost]:
    """A warning for the first measurement whose qubit goes on afterwards and whose result decides
    nothing: it is lost where a call gives the bits no name."""
    tested = {value for h in happenings for value in h.condition.bits}
    pending: dict[int, Happening] = {}
    for happening in happenings:
        if happening.kind == "measure":
            pending[happening.qubits[0]] = happening
            continue
        if happening.kind == "barrier":
            continue
        gone = [pending.pop(q) for q in happening.qubits if q in pending]
        lost = [h for h in gone if h.result not in tested and h.place is not None]
        if lost:
            name, number = lost[0].place or ("", 0)
            start, end = lost[0].span or (0, 0)
            yield QasmResultLost(Span(source, start, end), f"{name}[{number}]")
            return
