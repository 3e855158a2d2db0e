"""Who may use a runtime when: its nodes share one simulation, and must not contend for its locks.

The hardware lends the runtime to one node at a time, a subroutine each, in an order that all can
keep. It is the same in every execution, so that a seed gives the same outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.backends.nodes.program import Learn, NodeProgram, Pair, Receive, Send, Tell
from qdsl.backends.nodes.weave import WovenStep


def subroutine_of_steps(program: NodeProgram) -> list[int | None]:
    """The subroutine of the node's text that every step is in; None for what the host does."""
    found: list[int | None] = []
    last, is_open = -1, False
    for step in program.steps:
        if isinstance(step, Tell | Learn):
            found.append(None)
            continue
        if isinstance(step, Send | Receive):
            found.append(None)
            is_open = False
            continue
        is_pair = isinstance(step, Pair)
        if is_pair or not is_open:
            last += 1
        is_open = not is_pair
        found.append(last)
    return found


def lent_slots(programs: Sequence[NodeProgram], woven: Sequence[WovenStep]) -> tuple[int, ...]:
    """The node of every turn of one execution, but for those at the end of the programs. Of a
    pair the node with the lower number, which asks for it, comes first."""
    where = [subroutine_of_steps(p) for p in programs]
    last: dict[int, int] = {}
    found = []
    for slot in woven:
        for node, at in sorted(slot.places):
            subroutine = where[node][at]
            if subroutine is not None and last.get(node) != subroutine:
                last[node] = subroutine
                found.append(node)
    return tuple(found)


def register_width(programs: Sequence[NodeProgram], woven: Sequence[WovenStep]) -> int:
    """The largest register of SimulaQron, in qubits: gates and pairs join registers, and a qubit
    leaves one only when it is given back."""
    group: dict[tuple[int, int], set[tuple[int, int]]] = {}
    peak = 1
    for slot in woven:
        node, at = slot.places[0]
        step = programs[node].steps[at]
        qubits = [(n, q) for n, k in slot.places for q in _qubits(programs[n].steps[k])]
        if type(step).__name__ == "End":
            group.pop(qubits[0], set()).discard(qubits[0])
        elif qubits:
            joined = set(qubits).union(*(group.get(q, ()) for q in qubits))
            group.update(dict.fromkeys(joined, joined))
            peak = max(peak, len(joined))
    return peak


def _qubits(step: object) -> tuple[int, ...]:
    qubit = getattr(step, "qubit", None)
    return (qubit,) if qubit is not None else tuple(getattr(step, "qubits", ()))
