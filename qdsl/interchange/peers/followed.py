"""Which qubit of the source a data qubit of a distributed program holds, and when.

Programs of other compilers do not say it. Both programs are followed backwards, from the bits into
which qubits are measured in the end, through everything that only moves states: exchanges and
swaps. Two qubits that are measured into the same bit are one; it begins in |0> in both programs, so
that no more has to be known. What the distributed program does is then written with the source's
qubits, without moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeGuard

from qdsl.diagnostics.request_error import Refused
from qdsl.interchange.peers.program import (
    CatBegins,
    CatEnds,
    Exchange,
    PeerGate,
    PeerMeasure,
    PeerProgram,
)
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit
from qdsl.records import dataclass


class CannotBeFollowed(Refused):
    """The bits do not say which qubit is which; the message says why."""


@dataclass(frozen=True, slots=True)
class Followed:
    """`start[bit]`: where the qubit begins that is measured into this bit. `ends[q]`: where what
    begins at qubit q is in the end."""

    start: Mapping[int, int]
    ends: tuple[int, ...]


def followed_source(circuit: Circuit) -> Followed:
    """Of a source, all of whose bits are returned. Swaps under a condition are no moves."""
    moves: list[tuple[int, int] | tuple[int, None, int]] = []
    for row in circuit.table:
        if row.op.name == "swap" and row.condition is None:
            moves.append((row.operands[0], row.operands[1]))
        elif row.op.kind is Kind.MEASURE:
            moves.append((row.operands[0], None, row.attr))
    return _followed(moves, circuit.n_qubits - circuit.n_results - circuit.has_scratch)


def followed_peer(program: PeerProgram, first_bit: Mapping[str, int]) -> Followed:
    """`first_bit`: index of the first bit of each register among all bits of the source."""
    moves: list[tuple[int, int] | tuple[int, None, int]] = []
    for step in program.steps:
        if isinstance(step, Exchange) or _is_swap(step):
            moves.append((step.qubits[0], step.qubits[1]))
        elif isinstance(step, PeerMeasure):
            moves.append((step.qubit, None, first_bit[step.bit[0]] + step.bit[1]))
    return _followed(moves, len(program.names))


def _is_swap(step: object) -> TypeGuard[PeerGate]:
    return (
        isinstance(step, PeerGate)
        and step.name == "swap"
        and step.pair is None
        and step.condition is None
    )


def _followed(moves: Sequence[tuple[int, int] | tuple[int, None, int]], size: int) -> Followed:
    at = list(range(size))  # where what ends at q is, before the moves seen so far
    ends = list(range(size))  # and where what is at q ends
    start: dict[int, int] = {}
    measured: dict[int, int] = {}  # bit: the qubit at which its qubit ends
    for move in reversed(moves):
        if len(move) == 3:
            measured.setdefault(move[2], ends[move[0]])
        else:
            a, b = move
            ends[a], ends[b] = ends[b], ends[a]
            at[ends[a]], at[ends[b]] = a, b
    for bit, end in measured.items():
        start[bit] = at[end]
    return Followed(start, tuple(ends))


def written_as_source(program: PeerProgram, source: Circuit, first_bit: Mapping[str, int]) -> str:
    """OpenQASM 3 of what the distributed program does to the source's qubits; `CannotBeFollowed`
    where the bits do not say which these are."""
    mine, theirs = followed_source(source), followed_peer(program, first_bit)
    label = _labels(mine, theirs, program)
    n_qubits = len(mine.ends)
    lines = ["OPENQASM 3.0;", 'include "stdgates.inc";', f"qubit[{n_qubits}] q;"]
    lines += [f"bit[{r.size}] {r.name};" for r in source.bit_registers]
    lines += _lines(program, label)
    lines += _moved(mine.ends)
    return "\n".join([*lines, ""])


def _labels(mine: Followed, theirs: Followed, program: PeerProgram) -> dict[int, int]:
    """The source's qubit that begins at each data qubit in use."""
    label: dict[int, int] = {}
    for bit, start in theirs.start.items():
        if bit not in mine.start:
            raise CannotBeFollowed(f"bit {bit} is measured here, and not in the source")
        if label.setdefault(start, mine.start[bit]) != mine.start[bit]:
            raise CannotBeFollowed("a qubit is measured into two bits, and not so in the source")
    if missing := sorted(set(mine.start) - set(theirs.start)):
        raise CannotBeFollowed(f"bit {missing[0]} is measured in the source, and not here")
    if len(set(label.values())) < len(label):
        raise CannotBeFollowed("two qubits stand for one of the source")
    spare = [q for q in range(len(mine.ends)) if q not in set(label.values())]
    used = [q for q in _starts_in_use(program) if q not in label]
    if len(used) > len(spare) or len(used) > 1 or (len(spare) > 1 and used):
        raise CannotBeFollowed(
            f"{len(used)} qubits are used and never measured: the text does not say which qubits "
            "of the source they are; measure all qubits in both programs"
        )
    return label | dict(zip(used, spare, strict=False))


def _starts_in_use(program: PeerProgram) -> list[int]:
    """Where the qubits begin that some gate acts on."""
    at = list(range(len(program.names)))
    used: dict[int, None] = {}
    for step in program.steps:
        if isinstance(step, Exchange) or _is_swap(step):
            a, b = step.qubits
            at[a], at[b] = at[b], at[a]
        elif isinstance(step, PeerGate):
            used.update(dict.fromkeys(at[q] for q in step.qubits))
        elif isinstance(step, PeerMeasure):
            used.setdefault(at[step.qubit])
    return list(used)


def _lines(program: PeerProgram, label: dict[int, int]) -> Iterator[str]:
    at = list(range(len(program.names)))
    for step in program.steps:
        match step:
            case Exchange():
                a, b = step.qubits
                at[a], at[b] = at[b], at[a]
            case PeerGate() if _is_swap(step):
                a, b = step.qubits
                at[a], at[b] = at[b], at[a]
            case PeerGate():
                angles = f"({', '.join(step.angles)})" if step.angles else ""
                call = f"{step.name}{angles} {_named(label[at[q]] for q in step.qubits)};"
                yield call if step.condition is None else _if(program, step.condition, call)
            case PeerMeasure():
                name, index = step.bit
                yield f"{name}[{index}] = measure q[{label[at[step.qubit]]}];"
            case CatBegins() | CatEnds():
                pass  # a copy is not seen from outside


def _if(program: PeerProgram, condition: tuple[int, int], call: str) -> str:
    """`condition`: one of the bits of the source's registers, by its number."""
    number, value = condition
    names = [f"{name}[{k}]" for name, size in program.bits.items() for k in range(size)]
    return f"if ({names[number]} == {value}) {{ {call} }}"


def _named(qubits: Iterable[int]) -> str:
    return ", ".join(f"q[{q}]" for q in qubits)


def _moved(ends: tuple[int, ...]) -> Iterator[str]:
    """Swaps that bring what is at q to ends[q]."""
    at = list(range(len(ends)))  # what is at q by now
    place = list(range(len(ends)))  # and where what began at q is
    for begin, end in enumerate(ends):
        now, other = place[begin], at[end]
        if now != end:
            yield f"swap q[{now}], q[{end}];"
            at[now], at[end] = other, begin
            place[begin], place[other] = end, now
