"""The circuits of a gradient, shifted or of commuting blocks: executions of each, and whom their
counts are told to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from qdsl.analysis.formulas import count_bits, hoeffding
from qdsl.analysis.joining import FinalPlaces, Joining, joined, joined_word
from qdsl.analysis.layers import layers_of
from qdsl.analysis.structure import disclosed_to, turn_of
from qdsl.ir.light_cone import cone_of_words, light_cone
from qdsl.ir.operations import Kind
from qdsl.ir.paulis import PauliWord, of_term
from qdsl.ir.stages import Circuit, DistributedCircuit, Eigenvalue, Expectation, Output
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
    """Executions by shifted circuit of one angle of a row, for the derivative of an output by a
    slot."""

    output: int
    slot: int
    row: int
    copies: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ToldCounts:
    """Bits of one gradient's counts that node `by`, where `qubits` are put together, tells `to`, a
    node or "everyone"; `is_part`: outcomes of single executions, which `to` puts together with its
    own. No `qubits`: all."""

    by: str
    to: str
    qubits: tuple[int, ...]
    bits: int
    is_part: bool = False


# ---- executions --------------------------------------------------------------------------


def scale_of(output: Output) -> float:
    """The largest absolute value that one measured outcome stands for."""
    if not isinstance(output, Expectation):
        return 1.0  # for an eigenvalue, of the matrix divided by its norm
    return sum(abs(t.coefficient) for t in output.terms if t.paulis)


def by_output(circuit: Circuit) -> Iterator[tuple[int, Circuit]]:
    """The circuit with one of its outputs at a time, and which: those that are not constant."""
    for k, output in enumerate(circuit.outputs):
        if scale_of(output):
            yield k, (circuit if len(circuit.outputs) == 1 else replace(circuit, outputs=(output,)))


def derivative_ranges(circuit: Circuit) -> dict[tuple[int, int], float]:
    """For every output and every parameter that turns something of it, (output, slot), the largest
    value this derivative can have: each angle of exp(-i c t P / 2) counts |c| times the
    coefficients of the words that depend on it; other factors of a product count as 1. Angles that
    no word depends on are left out, as a gradient's circuits leave them out."""
    found = {
        (k, slot): sum(t.range for t in turns)
        for k, one in by_output(circuit)
        for slot, turns in _turns(one).items()
    }
    return {which: w for which, w in found.items() if w}


def _turns(circuit: Circuit) -> dict[int, list[_Turn]]:
    """By parameter slot the angles that it turns and that a word depends on, in order."""
    values = circuit.values
    trained = _trained(values)
    found: dict[int, list[_Turn]] = {}
    norms = _norms_by_row(circuit) if trained else ()
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


def shift_runs(circuit: Circuit, eps: float, delta: float) -> tuple[ShiftRun, ...]:
    """The executions of a parameter shift: for every derivative those of Hoeffding's bound for its
    range, shared out to its angles by their parts of it, and to the shifts of each evenly."""
    found: list[ShiftRun] = []
    turns = {
        (k, slot): mine
        for k, one in by_output(circuit)
        for slot, mine in _turns(one).items()
        if sum(t.range for t in mine)
    }
    for (output, slot), mine in turns.items():
        spread = sum(t.range for t in mine)
        runs, done, reached = hoeffding(len(turns), eps, delta, spread), 0, 0.0
        for t in mine:
            reached += t.range
            until = runs if t is mine[-1] else min(runs, round(runs * reached / spread))
            each, more = divmod(until - done, t.shifts)
            copies = (each + 1,) * more + (each,) * (t.shifts - more)
            found.append(ShiftRun(output, slot, t.row, tuple(k for k in copies if k)))
            done = until
    return tuple(found)


def _norms_by_row(circuit: Circuit) -> npt.NDArray[np.float64]:
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
        return light_cone(circuit) * np.float64(scale_of(output))
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
    blocks = [0] * (max(layer, default=-1) + 1)
    open_in, seen = -1, list[dict[int, str]]()
    matters = light_cone(circuit)
    for row in sorted(circuit.table, key=lambda row: layer[row.index]):
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


def told_by_shifts(program: DistributedCircuit, eps: float, delta: float) -> tuple[ToldCounts, ...]:
    """The count of every word in every shifted circuit that it depends on, to whom the parameter
    is known: its owner and those it is revealed to, or everyone where it is public; and before,
    where a word is measured at several nodes, what these send one of them in every execution."""
    circuit = program.placed.circuit
    knowing = known_to(circuit)
    counted, places = ToldSum(), FinalPlaces(program)
    words = {k: measured_words(one) for k, one in by_output(circuit)}
    for run in shift_runs(circuit, eps, delta):
        read = [w for w in words[run.output] if w.depends is None or w.depends[run.row]]
        whole = sum(w.size for w in read)
        for word in read:
            joining = word.joining(places, knowing(run.slot))
            for copies in run.copies:
                mine = math.ceil(copies * word.size / whole - 1e-9)
                counted.add(word.qubits, joining, knowing(run.slot), count_bits(copies), mine)
    return counted.all(len(places.names))


class ToldSum:
    """Counts and parts of counts, those with the same ends and qubits together."""

    def __init__(self) -> None:
        self._bits: dict[tuple[str, str, tuple[int, ...], bool], int] = {}

    def add(
        self,
        qubits: tuple[int, ...],
        joining: Joining | None,
        knowing: Sequence[str],
        bits: int,
        read: int,
    ) -> None:
        """One word's counts, so many bits, and `read` executions in which it is measured."""
        if joining is None:
            return
        for part in joining.sent:
            self._add(part.by, part.to, part.qubits, True, part.bits * read)
        for to in knowing:
            if to != joining.at:
                self._add(joining.at, to, qubits, False, bits)

    def _add(self, by: str, to: str, qubits: tuple[int, ...], is_part: bool, bits: int) -> None:
        key = (by, to, qubits, is_part)
        self._bits[key] = self._bits.get(key, 0) + bits

    def all(self, nodes: int) -> tuple[ToldCounts, ...]:
        """None on a single node: there is nobody to tell."""
        if nodes < 2:
            return ()
        return tuple(
            ToldCounts(by, to, qubits, bits, is_part)
            for (by, to, qubits, is_part), bits in self._bits.items()
        )


def told_by_blocks(circuit: Circuit, nodes: list[str], copies: int) -> tuple[ToldCounts, ...]:
    """The counts of every rotation's words, of both signs of the kick, from the node of its layer;
    `copies`: executions of a block, for the one output. To whom, as for shifts."""
    knowing, trained = known_to(circuit), _trained(circuit.values)
    layer, matters = layers_of(circuit).tolist(), light_cone(circuit)
    signs = sum(count_bits(k) for k in (copies - copies // 2, copies // 2))
    each = signs * max(1, len(measured_words(circuit)))
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
    return tuple(ToldCounts(by, to, (), bits) for (by, to), bits in found.items())


def _slots(values: Values, row: Row, trained: set[int]) -> set[int]:
    terms = (slot for e in row.angles for _, slot in values.angles.terms(e))
    return {f for slot in terms for f in values.factors(slot)} & trained


def _trained(values: Values) -> set[int]:
    return {s for v in values.vectors if v.role == "param" for s in v.slots}


def known_to(circuit: Circuit) -> Callable[[int], tuple[str, ...]]:
    """Who follows a parameter from step to step, by slot."""
    told = disclosed_to(circuit)

    def nodes(v: ValueVector) -> tuple[str, ...]:
        if v.owner is None:
            return (EVERYONE,)
        return (v.owner, *sorted(told.get(v.name, frozenset()) - {v.owner}))

    by_slot = {s: nodes(v) for v in circuit.values.vectors if v.role == "param" for s in v.slots}
    return by_slot.__getitem__


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredWord:
    """What is counted of an output: qubits and the letter of each, the size of its coefficient, and
    the rows that it depends on; None: taken to be all. `flags`: an eigenvalue's, whose every
    outcome is needed."""

    letters: tuple[tuple[int, str], ...]
    size: float
    depends: npt.NDArray[np.bool_] | None
    flags: tuple[int, ...] | None = None

    @property
    def qubits(self) -> tuple[int, ...]:
        return (*(self.flags or ()), *(q for q, _ in self.letters))

    def joining(self, places: FinalPlaces, preferred: Sequence[str] = ()) -> Joining | None:
        """Where its outcomes are put together, at one of those who are told them if there is
        one among the nodes that measure."""
        if self.flags is None:
            return joined_word(places, self.letters, preferred)
        groups = [[(q, places.of(q))] for q, _ in self.letters]
        groups.append([(q, places.of(q)) for q in self.flags])
        return joined(groups, places.names, preferred)


def measured_words(circuit: Circuit) -> list[MeasuredWord]:
    """What is counted for the one output."""
    (output,) = circuit.outputs
    if isinstance(output, Eigenvalue):
        letters = tuple((q, "Z") for q in output.qubits)
        return [MeasuredWord(letters, 1.0, None, output.flags)]
    assert isinstance(output, Expectation)
    sizes: dict[PauliWord, float] = {}
    for term in output.terms:
        if term.paulis:
            word = of_term(term.paulis)
            sizes[word] = sizes.get(word, 0.0) + abs(term.coefficient)
    is_long = len(sizes) > MOST_WORDS or len(circuit.table) > LONGEST
    return [
        MeasuredWord(tuple(w.letters()), size, None if is_long else cone_of_words(circuit, [w]))
        for w, size in sizes.items()
    ]
