"""The circuits of a gradient, shifted or of commuting blocks: executions of each, and whom their
counts are told to."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from qdsl.analysis.formulas import hoeffding
from qdsl.analysis.shares import layers_of
from qdsl.analysis.structure import disclosed_to, output_qubits, turn_of
from qdsl.ir.light_cone import cone_of_words, light_cone
from qdsl.ir.operations import Kind
from qdsl.ir.paulis import PauliWord, of_term
from qdsl.ir.stages import Circuit, DistributedCircuit, Expectation
from qdsl.ir.table import Row
from qdsl.ir.values import Values, ValueVector
from qdsl.passes.derive_gradient.shifts import shift_rule
from qdsl.passes.derive_gradient.sites import commuting
from qdsl.records import dataclass

LONGEST = 5000  # operations of a program whose words and commuting blocks are followed one by one
MOST_WORDS = 64
EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class _Turn:
    """An angle of a row that a parameter turns, its shifted circuits, and the largest derivative
    by it."""

    row: int
    shifts: int
    range: float


@dataclass(frozen=True, slots=True)
class ShiftRun:
    """Executions by shifted circuit of one angle of a row, for the derivative by a slot."""

    slot: int
    row: int
    copies: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ToldCounts:
    """Bits of one gradient's counts that the nodes `by`, where `qubits` are measured, tell `to`, a
    node or "everyone". No `qubits`: all."""

    by: tuple[str, ...]
    to: str
    qubits: tuple[int, ...]
    bits: int


# ---- executions --------------------------------------------------------------------------


def derivative_ranges(circuit: Circuit, scale: float) -> dict[int, float]:
    """For every parameter that turns something, by slot, the largest value its derivative of the
    one output can have: each angle of exp(-i c t P / 2) counts |c| times the coefficients of the
    words that depend on it; other factors of a product count as 1. Angles that no word depends on
    are left out, as a gradient's circuits leave them out."""
    found = ((slot, sum(t.range for t in turns)) for slot, turns in _turns(circuit, scale).items())
    return {slot: w for slot, w in found if w}


def _turns(circuit: Circuit, scale: float) -> dict[int, list[_Turn]]:
    """By parameter slot the angles that it turns and that a word depends on, in order."""
    values = circuit.values
    trained = _trained(values)
    found: dict[int, list[_Turn]] = {}
    norms = _norms_by_row(circuit, scale) if trained else ()
    for row in (row for row in circuit.table if trained and norms[row.index]):
        for k, e in enumerate(row.angles if row.angle >= 0 else ()):
            for coefficient, slot in values.angles.terms(e):
                for f in trained.intersection(values.factors(slot)):
                    moved = abs(coefficient) * turn_of(row, k) * float(norms[row.index])
                    found.setdefault(f, []).append(_Turn(row.index, _shifts(row, k), moved))
    return found


def _shifts(row: Row, k: int) -> int:
    """Shifted circuits for angle k of a row: those of its rule where its words commute, else two
    for every word that turns."""
    moved = [r for r in row.op.body if k < len(r.angle.coefficients) and r.angle.coefficients[k]]
    if not moved:
        return 2
    if not commuting(row.op):
        return 2 * len(moved)
    return max(2, len(shift_rule(row.op, k).shifts))


def shift_runs(circuit: Circuit, scale: float, eps: float, delta: float) -> tuple[ShiftRun, ...]:
    """The executions of a parameter shift: for every parameter those of Hoeffding's bound for its
    range, shared out to its angles by their parts of it, and to the shifts of each evenly."""
    turns = {s: ts for s, ts in _turns(circuit, scale).items() if sum(t.range for t in ts)}
    found = []
    for slot, mine in turns.items():
        spread = sum(t.range for t in mine)
        runs, done, reached = hoeffding(len(turns), eps, delta, spread), 0, 0.0
        for t in mine:
            reached += t.range
            until = runs if t is mine[-1] else min(runs, round(runs * reached / spread))
            each, more = divmod(until - done, t.shifts)
            copies = (each + 1,) * more + (each,) * (t.shifts - more)
            found.append(ShiftRun(slot, t.row, tuple(k for k in copies if k)))
            done = until
    return tuple(found)


def _norms_by_row(circuit: Circuit, scale: float) -> npt.NDArray[np.float64]:
    """The sum of the coefficients of the words that depend on a row, in size; 1 for an eigenvalue,
    float64[n]."""
    (output,) = circuit.outputs
    if not isinstance(output, Expectation):
        return light_cone(circuit).astype(np.float64)
    sizes: dict[PauliWord, float] = {}
    for term in output.terms:
        word = of_term(term.paulis)
        sizes[word] = sizes.get(word, 0.0) + abs(term.coefficient)
    if len(sizes) > MOST_WORDS or len(circuit.table) > LONGEST:
        return light_cone(circuit) * np.float64(scale)
    norms = np.zeros(len(circuit.table))
    for word, size in sizes.items():
        norms += size * cone_of_words(circuit, [word])
    return norms


def blocks_by_layer(circuit: Circuit) -> list[int]:
    """Commuting blocks of every layer: consecutive parametrised rotations whose words commute
    with each other and with every fixed gate between the first of them and the last. Operations
    that no output depends on are in none."""
    trained = _trained(circuit.values)
    layer = layers_of(circuit).tolist()
    blocks = [0] * (layer[-1] + 1 if layer else 0)
    open_in, seen = -1, list[dict[int, str]]()
    matters = light_cone(circuit)
    for row in circuit.table:
        if row.op.kind in (Kind.BARRIER, Kind.MOVE) or not matters[row.index]:
            continue
        at = layer[row.index]
        words, turns = _words(circuit, row, trained)
        if turns and (at != open_in or not all(_commute(u, v) for u in seen for v in words)):
            blocks[at] += 1
            open_in, seen = at, []
        seen = [*seen, *words] if open_in == at else []
    return blocks


def _words(circuit: Circuit, row: Row, trained: set[int]) -> tuple[list[dict[int, str]], bool]:
    """The Pauli words of a row, by qubit, and whether a parameter turns it."""
    values = circuit.values
    turned = any(
        f in trained
        for e in (row.angles if row.angle >= 0 else ())
        for _, s in values.angles.terms(e)
        for f in values.factors(s)
    )
    letters = [r.word for r in row.op.body] or (
        [circuit.table.words[row.attr]] if row.op.name == "rot" else ["*" * len(row.operands)]
    )
    words = [
        {q: c for q, c in zip(row.operands, word, strict=True) if c != "I"} for word in letters
    ]
    return words, turned


def _commute(a: dict[int, str], b: dict[int, str]) -> bool:
    """Whether two words commute; a word of "*" is any operation, and does so only elsewhere."""
    shared = [(c, b[q]) for q, c in a.items() if q in b]
    if any("*" in pair for pair in shared):
        return False
    return sum(c != d for c, d in shared) % 2 == 0


# ---- whom counts are told to --------------------------------------------------------------


def told_by_shifts(
    program: DistributedCircuit, scale: float, eps: float, delta: float
) -> tuple[ToldCounts, ...]:
    """The count of every word in every shifted circuit that it depends on, to whom the parameter
    is known: its owner and those it is revealed to, or everyone where it is public. A node that
    measures all of a word is told nothing."""
    circuit = program.placed.circuit
    knowing = _known_to(circuit)
    words = _measured(circuit)
    names = [n.name for n in program.network.nodes]
    found: dict[tuple[str, tuple[int, ...]], int] = {}
    for run in shift_runs(circuit, scale, eps, delta):
        bits = sum(math.ceil(math.log2(k + 1)) for k in run.copies)
        for to in knowing(run.slot):
            for qubits, depends in words:
                if depends is None or depends[run.row]:
                    found[to, qubits] = found.get((to, qubits), 0) + bits
    told = []
    for (to, qubits), bits in found.items():
        wires = program.final_wire[list(qubits)]
        at = dict.fromkeys(names[k] for k in program.wire_node[wires].tolist())
        by = tuple(n for n in at if n != to)
        if by and len(names) > 1:
            told.append(ToldCounts(by, to, qubits, bits))
    return tuple(told)


def told_by_blocks(
    program: DistributedCircuit, nodes: list[str], copies: int
) -> tuple[ToldCounts, ...]:
    """The counts of every rotation's words, of both signs of the kick, from the node of its layer;
    `copies`: executions of a block. To whom, as for shifts."""
    circuit = program.placed.circuit
    knowing, trained = _known_to(circuit), _trained(circuit.values)
    layer, matters = layers_of(circuit).tolist(), light_cone(circuit)
    signs = sum(math.ceil(math.log2(k + 1)) for k in (copies - copies // 2, copies // 2))
    each = signs * max(1, len(_measured(circuit)))
    found: dict[tuple[str, str], int] = {}
    for row in circuit.table:
        if row.angle < 0 or not matters[row.index]:
            continue
        words = len(_words(circuit, row, trained)[0])
        for slot in _slots(circuit.values, row, trained):
            by = nodes[layer[row.index]]
            for to in knowing(slot):
                if to != by:
                    found[by, to] = found.get((by, to), 0) + each * words
    return tuple(ToldCounts((by,), to, (), bits) for (by, to), bits in found.items())


def _slots(values: Values, row: Row, trained: set[int]) -> set[int]:
    terms = (slot for e in row.angles for _, slot in values.angles.terms(e))
    return {f for slot in terms for f in values.factors(slot)} & trained


def _trained(values: Values) -> set[int]:
    return {s for v in values.vectors if v.role == "param" for s in v.slots}


def _known_to(circuit: Circuit) -> Callable[[int], tuple[str, ...]]:
    """Who follows a parameter from step to step, by slot."""
    told = disclosed_to(circuit)

    def nodes(v: ValueVector) -> tuple[str, ...]:
        if v.owner is None:
            return (EVERYONE,)
        return (v.owner, *sorted(told.get(v.name, frozenset()) - {v.owner}))

    by_slot = {s: nodes(v) for v in circuit.values.vectors if v.role == "param" for s in v.slots}
    return by_slot.__getitem__


def _measured(circuit: Circuit) -> list[tuple[tuple[int, ...], npt.NDArray[np.bool_] | None]]:
    """What is counted: qubits, and the rows that it depends on; None: taken to be all."""
    (output,) = circuit.outputs
    if not isinstance(output, Expectation):
        return [(output_qubits(output), None)]
    words = dict.fromkeys(of_term(t.paulis) for t in output.terms if t.paulis)
    is_long = len(words) > MOST_WORDS or len(circuit.table) > LONGEST
    return [
        (tuple(q for q, _ in w.letters()), None if is_long else cone_of_words(circuit, [w]))
        for w in words
    ]
