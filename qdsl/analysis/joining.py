"""Who puts outcomes together that several nodes measure: the others send it a bit an execution.

A parity of outcomes at m nodes takes m - 1 bits an execution, however it is gathered: here every
node sends the parity of its own to one of them, that tells the result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from qdsl.analysis.told import last_rows, outcome_of_row
from qdsl.ir.stages import (
    DistributedCircuit,
    Eigenvalue,
    Expectation,
    Output,
    Overlap,
    Probability,
)
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class SentPart:
    """`bits` of every execution that `by` sends `to`, which depend on these qubits."""

    by: str
    to: str
    bits: int
    qubits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Joining:
    """`at`: the node that has everything together in the end; `sent`: what the others send."""

    at: str
    sent: tuple[SentPart, ...] = ()

    @property
    def bits(self) -> int:
        """Of an execution."""
        return sum(s.bits for s in self.sent)


@dataclass(frozen=True, slots=True)
class JoinedOutput:
    """A part of an output, a word or all of it, that is put together in `executions` of them."""

    joining: Joining
    executions: int
    qubits: tuple[int, ...]

    @property
    def bits(self) -> int:
        return self.executions * self.joining.bits


class FinalPlaces:
    """By source qubit the nodes that know its final outcome: first that of its last wire, then
    those that the program itself sends it to, for a condition."""

    def __init__(self, program: DistributedCircuit) -> None:
        self.names = [n.name for n in program.network.nodes]
        wires = program.final_wire
        self._at = [self.names[k] for k in program.wire_node[wires].tolist()]
        copies = _copies(program)
        last = last_rows(program)[wires].tolist() if copies else []
        bits = [outcome_of_row(program.table, row) for row in last]
        self._copies = {
            q: tuple(self.names[k] for k in copies[b]) for q, b in enumerate(bits) if b in copies
        }

    def of(self, qubit: int, letter: str = "Z") -> tuple[str, ...]:
        """A copied bit is an outcome of Z; other axes are read later, where the qubit is."""
        more = self._copies.get(qubit, ()) if letter == "Z" else ()
        return tuple(dict.fromkeys((self._at[qubit], *more)))


def _copies(program: DistributedCircuit) -> dict[int, tuple[int, ...]]:
    """By bit that is measured once the nodes that a message takes it to."""
    table, of = program.table, np.arange(len(program.bit_node))
    found: dict[int, tuple[int, ...]] = {}
    first, attr = table.operand_start.tolist(), table.attr.tolist()
    times = np.bincount(table.attr[table.codes("measure")], minlength=len(of))
    for row in np.flatnonzero(table.codes("send")).tolist():
        bit = int(of[table.operands[first[row]]])
        of[attr[row]] = bit
        if times[bit] == 1:
            found[bit] = (*found.get(bit, ()), int(program.bit_node[attr[row]]))
    return found


def joined(
    groups: Iterable[Sequence[tuple[int, Sequence[str]]]],
    names: Sequence[str],
    preferred: Sequence[str] = (),
) -> Joining | None:
    """Where the outcomes of these groups are put together, with the fewest bits: at one of the
    `preferred` nodes if any of them measures, else at the first in the order of `names`. A group
    has (qubit, nodes that know it) pairs; a node needs one bit for all its qubits of a group.
    None without qubits."""
    kept = [tuple(g) for g in groups if g]
    if not kept:
        return None
    measuring = {nodes[0] for g in kept for _, nodes in g}
    able = [n for n in names if n in measuring]
    able = [n for n in preferred if n in measuring] or able or sorted(measuring)
    found = [Joining(at, tuple(_sent(kept, at))) for at in able]
    return min(found, key=lambda j: j.bits)


def _sent(groups: Sequence[Sequence[tuple[int, Sequence[str]]]], at: str) -> Iterator[SentPart]:
    bits: dict[str, int] = {}
    qubits: dict[str, dict[int, None]] = {}
    for group in groups:
        away = {q: nodes[0] for q, nodes in group if at not in nodes}
        for by in dict.fromkeys(away.values()):
            bits[by] = bits.get(by, 0) + 1
        for q, by in away.items():
            qubits.setdefault(by, {})[q] = None
    for by, many in bits.items():
        yield SentPart(by, at, many, tuple(qubits[by]))


def joined_word(
    places: FinalPlaces, letters: Iterable[tuple[int, str]], preferred: Sequence[str] = ()
) -> Joining | None:
    """Of a Pauli word: every node but one sends the parity of its outcomes."""
    return joined([[(q, places.of(q, p)) for q, p in letters]], places.names, preferred)


def joined_output(places: FinalPlaces, output: Output, executions: int) -> list[JoinedOutput]:
    """What has to be put together for an output in so many executions. The words of an
    expectation share them by the sizes of their coefficients, each rounded up; of a distribution,
    or an eigenvalue, every outcome is needed. Nothing for a sample: each node tells its own."""
    match output:
        case Expectation():
            return list(_of_words(places, output, executions))
        case Probability():
            found = joined(([(q, places.of(q))] for q in output.qubits), places.names)
            return _whole(found, executions, output.qubits)
        case Eigenvalue():
            groups = [[(q, places.of(q))] for q in output.qubits]
            groups.append([(q, places.of(q)) for q in output.flags])
            qubits = (*output.flags, *output.qubits)
            return _whole(joined(groups, places.names), executions, qubits)
        case Overlap():
            qubits = (*output.left, *output.right)
            return _whole(_of_pairs(places, output), executions, qubits)
    return []


def _whole(found: Joining | None, executions: int, qubits: tuple[int, ...]) -> list[JoinedOutput]:
    return [] if found is None else [JoinedOutput(found, executions, qubits)]


def _of_words(places: FinalPlaces, output: Expectation, executions: int) -> Iterator[JoinedOutput]:
    terms = [t for t in output.terms if t.paulis]
    scale = sum(abs(t.coefficient) for t in terms)
    for t in terms:
        found = joined_word(places, t.paulis)
        if found is not None:
            part = abs(t.coefficient) / scale if scale else 0.0
            mine = math.ceil(executions * part - 1e-9)
            yield JoinedOutput(found, mine, tuple(q for q, _ in t.paulis))


def _of_pairs(places: FinalPlaces, output: Overlap) -> Joining | None:
    """The parity of all `a_i and b_i`: of a pair at two nodes one first sends the other its half,
    for either to multiply them."""
    halves: list[SentPart] = []
    products: list[tuple[int, Sequence[str]]] = []
    for a, b in zip(output.left, output.right, strict=True):
        here, there = places.of(a), places.of(b)
        both = [n for n in here if n in there]
        if not both:
            halves.append(SentPart(here[0], there[0], 1, (a,)))
            both = [there[0]]
        products += [(a, both), (b, both)]
    found = joined([products], places.names)
    if found is None:
        return None
    return Joining(found.at, (*halves, *found.sent))
