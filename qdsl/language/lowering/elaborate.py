"""Unrolls the body of a model: loops, places, conditions, calls; every row goes to a sink."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.check.errors.ownership import UnknownNode
from qdsl.language.check.model import Checked
from qdsl.language.iteration import turns
from qdsl.language.lowering import actions
from qdsl.language.lowering.conditions import bit_condition, mentions_bits
from qdsl.language.lowering.declare import MAX_QUBITS, Declared, RegisterPlace
from qdsl.language.lowering.errors.flow import (
    InvalidCondition,
    NotInConditional,
    TooLarge,
    UnmeasuredBit,
)
from qdsl.language.lowering.imports import imported
from qdsl.language.lowering.outputs import (
    FLAGGED,
    Returned,
    failures_counted,
    returned,
    unspoilt,
)
from qdsl.language.lowering.ownership import Ownership
from qdsl.language.lowering.plans import GatePlan, plan_of
from qdsl.language.lowering.steps import Factor, Sink, Step
from qdsl.language.parser.spelling import closest
from qdsl.language.values.domain import Qubits, Vector, View
from qdsl.language.values.evaluate import evaluate, truth
from qdsl.language.values.scope import Scope
from qdsl.network.network import Network

if TYPE_CHECKING:
    from qdsl.language.qasm.import_qasm import ImportedCircuit

MAX_PROBLEMS = 50
DISCARDED = "discarded"
DECLARATIONS = (syntax.DataDecl, syntax.ParamDecl, syntax.QubitsDecl, syntax.BitsDecl)


class Enough(Exception):
    """A trial run has seen as much as it may."""


@dataclass(frozen=True, slots=True)
class Told:
    """A `reveal` at a position of the row list."""

    vector: str
    owner: int
    to: int
    bits: int
    before: int
    span: Span


@dataclass(slots=True)
class State:
    """What an unrolling knows of the past and of where it stands.

    `cond` is the condition column of the enclosing `if`; `budget` counts down rows, turns and
    calls. `is_partial`: loops run only their first two and their last turn.
    """

    touched: bytearray
    measured: set[int] = field(default_factory=set)
    at: int = -1
    cond: int = -1
    cond_span: Span | None = None
    span: Span | None = None
    depth: int = 0
    budget: int = 20_000_000
    is_partial: bool = False


def told_bits(vector: Vector) -> int:
    """Classical bits that say a vector: 64 a number, 1 a bit, a label for each matched node."""
    if vector.kind == "bits":
        return vector.size
    if vector.kind == "matching":
        return vector.size * max((vector.size - 1).bit_length(), 1)
    return 64 * vector.size


class Elaborator:
    """Runs statements in a scope; a wrong statement is reported and skipped."""

    def __init__(
        self,
        checked: Checked,
        declared: Declared,
        network: Network | None,
        sink: Sink,
        problems: Diagnostics,
    ) -> None:
        self.checked = checked
        self.declared = declared
        self.network = network
        self.sink = sink
        self.problems = problems
        self.ownership = Ownership(declared.vectors, network)
        self.state = State(bytearray(declared.n_qubits))
        self.told: list[Told] = []
        self.outputs: list[Returned] = []
        self.extra_bits: list[RegisterPlace] = []
        self.scales: list[Factor] = []  # of the encodings so far,
        self.encoded: set[int] = set()  # of these qubits
        self.n_flags = 0
        self._plans: dict[int, GatePlan | None] = {}
        self._n_bits = declared.n_bits
        self._uses: Counter[str] = Counter()
        self._imported: dict[str, ImportedCircuit] = {}

    def run(self, body: Iterable[syntax.Statement], scope: Scope) -> None:
        state = self.state
        for statement in body:
            if state.depth == 0:  # what a call does is put down to the model's own statement
                state.span = statement.span
            try:
                _RUN[type(statement)](self, statement, scope)
            except Refusal as refusal:
                self.problems.add(refusal.problem)
                if len(self.problems) > MAX_PROBLEMS:
                    raise Enough from None

    def plan(self, statement: syntax.Apply) -> GatePlan | None:
        """The plan of a statement, made when it is first met; None for unusual ones."""
        key = id(statement)  # the program keeps its statements alive
        if key not in self._plans:
            is_gate = statement.name.id not in self.checked.circuits
            self._plans[key] = plan_of(statement) if is_gate else None
        return self._plans[key]

    # ---- rows --------------------------------------------------------------------------

    def write(self, step: Step, pin: int) -> None:
        """One row of the current statement, under the current condition."""
        state = self.state
        state.budget -= 1
        if state.budget < 0:
            raise Enough
        for qubit in step.operands:
            state.touched[qubit] = 1
        self.sink.write(step, pin, state.cond, state.span)

    def spend(self, steps: int) -> None:
        """`Enough` if so many more steps are beyond the budget."""
        self.state.budget -= steps
        if self.state.budget < 0:
            raise Enough

    def pin_of(self, step: Step, span: Span) -> int:
        """The node where a step has to happen."""
        if not self.ownership.has_private:
            return self.state.at
        slots = {slot for angle in step.angles for slot in angle.slots}
        vectors = self.ownership.vectors_of(slots) if slots else []
        if step.data is not None:
            vectors.append(step.data.vector)
        return self.ownership.pin(vectors, self.state.at, span) if vectors else self.state.at

    def node(self, name: syntax.Name) -> int:
        """A node's index; -1 without a network."""
        if self.network is None:
            return -1
        found = self.network.index.get(name.id)
        if found is None:
            meant = closest(name.id, self.network.index)
            raise Refusal(UnknownNode(name.span, name.id, self.network.name, meant))
        return found

    def reveal(self, statement: syntax.Reveal, scope: Scope) -> None:
        """The value becomes known at a node; told once, counted once."""
        value = scope.values.get(statement.value.id)
        to = self.node(statement.node)
        if not isinstance(value, View) or self.network is None:
            return
        vector = value.vector
        owner = self.network.index.get(vector.owner or "", -1)
        if self.ownership.reveal(vector.name, to):
            bits = told_bits(vector)
            self.told.append(Told(vector.name, owner, to, bits, len(self.sink), statement.span))

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
        qubit = len(self.state.touched)
        if qubit >= MAX_QUBITS:
            raise Refusal(TooLarge(span, "qubits", f"{qubit + 1:,}", MAX_QUBITS))
        self.state.touched.append(0)
        self.n_flags += 1
        return qubit

    @property
    def flags(self) -> range:
        """The qubits of all flags, behind the declared ones."""
        return range(self.declared.n_qubits, self.declared.n_qubits + self.n_flags)

    @property
    def flag_registers(self) -> list[RegisterPlace]:
        """One register of all flags, under a name that no other has; none without flags."""
        name = "flag"
        while any(name == register.name for register in self.declared.registers):
            name += "_"
        found = RegisterPlace(name, self.flags.start, self.n_flags)
        return [found] if self.n_flags else []

    def _fresh(self, name: str) -> str:
        """A name for a register of bits that no other has."""
        while True:
            self._uses[name] += 1
            number = self._uses[name]
            fresh = name if number == 1 else f"{name}_{number}"
            if all(fresh != register.name for register in self.declared.bits):
                return fresh

    def imported(self, declaration: syntax.CircuitImport) -> ImportedCircuit:
        """An imported circuit, read once."""
        name = declaration.name.id
        if name not in self._imported:
            self._imported[name] = imported(declaration, self.checked.folders)
        return self._imported[name]

    def visible_qubits(self, scope: Scope) -> tuple[int, ...]:
        """All qubits that have a name in a scope."""
        found = (v for v in scope.values.values() if isinstance(v, Qubits))
        return tuple(sorted({q for register in found for q in register.ids}))

    def unconditional(self, what: str, span: Span) -> None:
        """`Refusal` under a dynamic `if`."""
        if self.state.cond_span is not None:
            raise Refusal(NotInConditional(span, what, self.state.cond_span))


# ---- statements ------------------------------------------------------------------------


def _nothing(run: Elaborator, statement: Any, scope: Scope) -> None:
    """Declarations were evaluated before."""


def _let(run: Elaborator, statement: syntax.Let, scope: Scope) -> None:
    scope.values[statement.name.id] = evaluate(statement.value, scope)


def _for(run: Elaborator, statement: syntax.For, scope: Scope) -> None:
    found = turns(statement.iterable, statement.names, scope)
    names = tuple(name.id for name in statement.names)
    with scope.looping():
        for k in _chosen(len(found), run.state.is_partial):
            run.spend(1)
            scope.turn(names, found[k])
            run.run(statement.body, scope)


def _chosen(count: int, is_partial: bool) -> Iterable[int]:
    if is_partial and count > 3:
        return (0, 1, count - 1)
    return range(count)


def _if(run: Elaborator, statement: syntax.If, scope: Scope) -> None:
    if not mentions_bits(statement.condition, scope):
        chosen = statement.then if truth(statement.condition, scope) else statement.otherwise
        run.run(chosen, scope)
        return
    span = statement.condition.span
    if run.state.cond_span is not None:
        reason = "it stands inside another condition on a measured bit"
        raise Refusal(InvalidCondition(span, reason, run.state.cond_span))
    bit, value, name = bit_condition(statement.condition, scope)
    if bit not in run.state.measured and not run.state.is_partial:
        run.problems.add(UnmeasuredBit(span, name, scope.showing()))
    for body, wanted in ((statement.then, value), (statement.otherwise, 1 - value)):
        with _under(run.state, 2 * bit + wanted, span):
            run.run(body, scope)


@contextmanager
def _under(state: State, cond: int, span: Span) -> Iterator[None]:
    state.cond, state.cond_span = cond, span
    try:
        yield
    finally:
        state.cond, state.cond_span = -1, None


def _at(run: Elaborator, statement: syntax.At, scope: Scope) -> None:
    before, run.state.at = run.state.at, run.node(statement.node)
    try:
        run.run(statement.body, scope)
    finally:
        run.state.at = before


def _return(run: Elaborator, statement: syntax.Return, scope: Scope) -> None:
    for output in statement.outputs:
        found = returned(output, scope, run)
        node = run.node(output.to) if output.to is not None and run.network else None
        unspoilt(found, run.outputs)
        if run.n_flags and output.function.id not in FLAGGED:
            raise Refusal(failures_counted(output))
        run.outputs.append(found._replace(to=node))
        if found.kind == "overlap":
            _swap_test(run, found)
        elif found.kind == "eigenvalue":
            step = Step("eigenbasis", found.qubits, data=found.matrix)
            run.write(step, run.pin_of(step, output.span))


def _swap_test(run: Elaborator, output: Returned) -> None:
    for a, b in zip(output.qubits, output.others, strict=True):
        run.write(Step("cx", (a, b)), -1)
    for a in output.qubits:
        run.write(Step("h", (a,)), -1)


_RUN: dict[type, Callable[[Elaborator, Any, Scope], None]] = {
    **dict.fromkeys(DECLARATIONS, _nothing),
    syntax.Let: _let,
    syntax.For: _for,
    syntax.If: _if,
    syntax.At: _at,
    syntax.Return: _return,
    **actions.RUN,
}
