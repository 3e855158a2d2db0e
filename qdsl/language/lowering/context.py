"""An unrolling: where it stands, what it has seen, and the rows, bits and flags it makes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field, replace
from enum import Enum
from itertools import groupby

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.ir.operations import BY_NAME
from qdsl.language import syntax
from qdsl.language.lowering.declare import MAX_QUBITS, Declared, RegisterPlace
from qdsl.language.lowering.held_bits import HeldBits
from qdsl.language.lowering.ownership import UsePlace, VectorKnowledge
from qdsl.language.lowering.returned import Returned
from qdsl.language.syntax.spelling import closest
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import ModelTooLarge, NotInConditional
from qdsl.language.typed.errors.ownership import UnknownNode, UsedElsewhere
from qdsl.language.values.domain import Qubits, VectorSlots, View
from qdsl.language.values.scope import Scope
from qdsl.language.values.steps import Factor, LoweredStep, Sink
from qdsl.language.values.truth import Truth
from qdsl.network.network import Network
from qdsl.records import dataclass

MAX_PROBLEMS = 50
DISCARDED = "discarded"
SCRATCH = MAX_QUBITS  # no qubit has this number


class Show(Enum):
    """Which qubit an outcome's classical bit is read from: the one that holds it, where there is
    one; always one of its own, for the bits that are returned; or for all that are declared, of
    which each has one then, in their order, returned or not."""

    HELD = "held"
    RETURNED = "returned"
    DECLARED = "declared"


class Enough(Exception):
    """A trial run has seen as much as it may."""


@dataclass(frozen=True, slots=True)
class RevealRow:
    """A `reveal` at a position of the row list."""

    vector: str
    owner: int
    to: int
    bits: int
    before: int
    span: Span


@dataclass(slots=True)
class UnrollState:
    """What an unrolling knows of the past and of where it stands.

    `cond` is the condition column of the enclosing `if`, `truth` what it and those around it say;
    `budget` counts down rows, iterations and
    calls. `is_partial`: loops run only their first two and their last iteration.
    """

    touched: bytearray
    measured: set[int] = field(default_factory=set)
    zeros: set[int] = field(default_factory=set)  # bits of imports that nothing writes
    at: int = -1
    at_span: Span | None = None
    cond: int = -1
    truth: Truth = field(default_factory=lambda: Truth.of(True))
    cond_span: Span | None = None
    span: Span | None = None
    call: tree.TypedApply | None = None  # of the model, while it is carried out
    depth: int = 0
    budget: int = 20_000_000
    is_partial: bool = False


def disclosed_bits(vector: VectorSlots) -> int:
    """Classical bits that say a vector: 64 a number, 1 a bit, a label for each matched node."""
    if vector.kind == "bits":
        return vector.size
    if vector.kind == "matching":
        return vector.size * max((vector.size - 1).bit_length(), 1)
    return 64 * vector.size


class Unrolling(ABC):
    """Runs statements in a scope; a wrong statement is reported and skipped."""

    def __init__(
        self,
        declared: Declared,
        network: Network | None,
        sink: Sink,
        problems: Diagnostics,
    ) -> None:
        self.declared = declared
        self.network = network
        self.sink = sink
        self.problems = problems
        self.ownership = VectorKnowledge(declared.vectors, network)
        self.state = UnrollState(bytearray(declared.n_qubits))
        self.disclosed: list[RevealRow] = []
        self.moved: dict[int, tuple[int, Span]] = {}  # where `move` took qubits
        self.outputs: list[Returned] = []
        self.extra_bits: list[RegisterPlace] = []
        self.scales: list[Factor] = []  # of the encodings so far,
        self.encoded: set[int] = set()  # of these qubits
        self.own: list[str] = []  # what the qubits behind the declared ones are for
        self.has_scratch = False
        self.held = HeldBits()
        self.show = Show.HELD
        self.shown: dict[int, int] = {}  # qubits made for bits, where each has one of its own
        self._noted: set[tuple[int, str]] = set()
        self._n_bits = declared.n_bits
        self._uses: Counter[str] = Counter()

    @abstractmethod
    def execute(self, statement: tree.Statement, scope: Scope) -> None:
        """Run one statement; `Refusal` if it is wrong."""

    def run(self, body: tree.Body, scope: Scope) -> None:
        state = self.state
        for statement in body:
            if state.depth == 0:  # what a call does is put down to the model's own statement
                state.span = statement.syntax.span
            try:
                self.execute(statement, scope)
            except Refusal as refusal:
                scope.refuse(tree.declared(statement), refusal.problem)
                self.problems.add(refusal.problem)
                if len(self.problems) > MAX_PROBLEMS:
                    raise Enough from None

    # ---- rows --------------------------------------------------------------------------

    def write(self, step: LoweredStep, pin: int) -> None:
        """One row of the current statement, under the current condition."""
        state = self.state
        state.budget -= 1
        if state.budget < 0:
            raise Enough
        for qubit in step.operands:
            if qubit != SCRATCH:
                state.touched[qubit] = 1
        self.held.follow(step, pin, state.cond >= 0)
        self.sink.write(step, pin, state.cond, state.span)

    @contextmanager
    def calling(self, statement: tree.TypedApply) -> Iterator[None]:
        """What is written is written for a call, and for that of the model if calls are nested."""
        state = self.state
        before, state.call = state.call, state.call or statement
        state.depth += 1
        try:
            yield
        finally:
            state.call = before
            state.depth -= 1

    @contextmanager
    def written_in(self) -> Iterator[None]:
        """What is written comes from where `state.span` is put meanwhile: from another file."""
        before = self.state.span
        try:
            yield
        finally:
            self.state.span = before

    def spend(self, steps: int) -> None:
        """`Enough` if so many more steps are beyond the budget."""
        self.state.budget -= steps
        if self.state.budget < 0:
            raise Enough

    def pin_of(self, step: LoweredStep, span: Span) -> int:
        """The node where a step has to happen."""
        if not self.ownership.has_private:
            return self.state.at
        slots = {slot for angle in step.angles for slot in angle.slots}
        vectors = self.ownership.vectors_of(slots) if slots else []
        if step.data is not None:
            vectors.append(step.data.vector)
        if not vectors:
            return self.state.at
        place = UsePlace(span, self.state.call, self.state.at_span)
        pin = self.ownership.pin(vectors, self.state.at, place)
        if self.moved and self.state.at < 0 and BY_NAME[step.name].arity == 1:
            self._note_elsewhere(vectors, pin, step, place)
        return pin

    def _note_elsewhere(
        self, vectors: list[VectorSlots], pin: int, step: LoweredStep, place: UsePlace
    ) -> None:
        """Warn, once for a value and a qubit, if `move` took the qubit to another node."""
        nodes = self.network.nodes if self.network is not None else ()
        value = next((v for v in vectors if v.owner == nodes[pin].name), None)
        for qubit in step.operands if value is not None else ():
            node, span = self.moved.get(qubit, (pin, place.span))
            name = self.declared.name_of_qubit(qubit)
            if value is None or node == pin or name is None or (qubit, value.name) in self._noted:
                continue
            self._noted.add((qubit, value.name))
            where, at = place.argument(value.name), nodes[node].name
            owner = nodes[pin].name
            self.problems.add(UsedElsewhere(where, value.name, owner, name, at, span, place.inside))

    def node(self, name: syntax.Name) -> int:
        """A node's index; -1 without a network."""
        if self.network is None:
            return -1
        found = self.network.index.get(name.id)
        if found is None:
            meant = closest(name.id, self.network.index)
            known = tuple(self.network.index)
            raise Refusal(UnknownNode(name.span, name.id, self.network.name, known, meant))
        return found

    def reveal(self, statement: tree.TypedReveal, scope: Scope) -> None:
        """The value becomes known at a node; told once, counted once."""
        node = statement.syntax
        value, to = scope.values.get(node.value.id), self.node(node.node)
        if not isinstance(value, View) or self.network is None:
            return
        vector = value.vector
        owner = self.network.index.get(vector.owner or "", -1)
        if self.ownership.reveal(vector.name, to):
            bits = disclosed_bits(vector)
            self.disclosed.append(
                RevealRow(vector.name, owner, to, bits, len(self.sink), node.span)
            )

    def spare_bits(self, count: int, name: str = DISCARDED) -> range:
        """Bits of no declared register: results thrown away, bits of imported circuits."""
        first = self._n_bits
        self._n_bits += count
        last = self.extra_bits[-1] if self.extra_bits else None
        if name == DISCARDED and last is not None and last.name.startswith(DISCARDED):
            self.extra_bits[-1] = replace(last, size=last.size + count)
        elif count:
            self.extra_bits.append(RegisterPlace(self._fresh(name), first, count))
        return range(first, first + count)

    def flag(self, span: Span) -> int:
        """A qubit of no declared register, which says whether a block encoding failed."""
        return self._qubit("flag", span)

    def result_qubit(self, span: Span) -> int:
        """A qubit of no declared register, in |0>, for a returned classical bit."""
        return self._qubit("result", span)

    def scratch(self, span: Span) -> int:
        """The qubit, in |0> before and after, on which conditions on several bits are computed. It
        comes behind all others, and is called `SCRATCH` until their number is known."""
        if len(self.state.touched) >= MAX_QUBITS:
            raise Refusal(ModelTooLarge(span, "qubits", f"{MAX_QUBITS + 1:,}", MAX_QUBITS))
        self.has_scratch = True
        return SCRATCH

    @property
    def n_flags(self) -> int:
        return self.own.count("flag")

    @property
    def n_results(self) -> int:
        return self.own.count("result")

    def _qubit(self, use: str, span: Span) -> int:
        self.own.append(use)
        qubit = len(self.state.touched)
        if qubit >= MAX_QUBITS:
            raise Refusal(ModelTooLarge(span, "qubits", f"{qubit + 1:,}", MAX_QUBITS))
        self.state.touched.append(0)
        return qubit

    @property
    def flags(self) -> tuple[int, ...]:
        """The qubits of all flags, behind the declared ones."""
        return tuple(self.declared.n_qubits + k for k, use in enumerate(self.own) if use == "flag")

    @property
    def own_registers(self) -> list[RegisterPlace]:
        """The registers of flags, of returned bits and of the scratch qubit, under names that no
        other has."""
        found: list[RegisterPlace] = []
        first = self.declared.n_qubits
        for name, group in groupby([*self.own, *["scratch"] * self.has_scratch]):
            size = len(list(group))
            while any(name == r.name for r in (*self.declared.registers, *found)):
                name += "_"
            found.append(RegisterPlace(name, first, size))
            first += size
        return found

    def _fresh(self, name: str) -> str:
        """A name for a register of bits that no other has."""
        while True:
            self._uses[name] += 1
            number = self._uses[name]
            fresh = name if number == 1 else f"{name}_{number}"
            if all(fresh != register.name for register in self.declared.bits):
                return fresh

    def visible_qubits(self, scope: Scope) -> tuple[int, ...]:
        """All qubits that have a name in a scope."""
        found = (v for v in scope.values.values() if isinstance(v, Qubits))
        return tuple(sorted({q for register in found for q in register.ids}))

    def unconditional(self, what: str, span: Span) -> None:
        """`Refusal` under a dynamic `if`."""
        if self.state.cond_span is not None:
            raise Refusal(NotInConditional(span, what, self.state.cond_span))
