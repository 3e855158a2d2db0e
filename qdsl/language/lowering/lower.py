"""A checked model at given sizes, unrolled to a `Circuit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.source import Span
from qdsl.ir.encodings import Scale
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import (
    Circuit,
    Disclosure,
    Eigenvalue,
    Expectation,
    Output,
    Overlap,
    PauliTerm,
    Probability,
    Register,
    Sample,
)
from qdsl.ir.table import OpTable, TableBuilder
from qdsl.ir.values import AngleBuilder, DataReference, ValueVector
from qdsl.language.lowering.context import SCRATCH, Enough, Show, Unrolling
from qdsl.language.lowering.declare import Declared, RegisterPlace, declare
from qdsl.language.lowering.elaborate import Elaborator
from qdsl.language.lowering.returned import Returned
from qdsl.language.lowering.shown_bits import show_declared
from qdsl.language.lowering.sizes import MAX_OPERATIONS, refuse_absurd, size_of
from qdsl.language.typed.errors.flow import ModelTooLarge
from qdsl.language.typed.program import Checked
from qdsl.language.values.domain import View
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Allowance
from qdsl.language.values.steps import PHASE, LoweredStep
from qdsl.network.network import Network
from qdsl.network.shortfall import distillation_refusals


def lower(
    checked: Checked,
    model: str,
    settings: Mapping[str, int] | None = None,
    network: Network | None = None,
    show: Show = Show.HELD,
) -> Circuit:
    """The source circuit of a model. Integer parameters are the defaults, then `settings`;
    `network` replaces the one that the model is on; `show` says what returned bits are read from.
    Raises `InvalidProgram`."""
    info = checked.models[model]
    if network is None and info.network is not None:
        network = checked.networks[info.network]
    problems = Diagnostics()
    if network is not None:
        problems.extend(distillation_refusals(network))
        problems.raise_errors()
    declared = declare(checked, info, settings or {}, problems, network)
    problems.raise_errors()
    problems.extend(refuse_absurd(info, size_of(info, declared)))
    problems.raise_errors()
    sink = TableSink(declared)
    run = Elaborator(declared, network, sink, problems)
    run.state.budget = 3 * MAX_OPERATIONS  # operations, iterations of loops and calls
    run.show = show
    declared.scope.terms = Allowance(MAX_OPERATIONS)
    try:
        run.run(info.declaration.body, declared.scope)
        if show is Show.DECLARED:
            show_declared(run, info.declaration.syntax.name.span)
    except Enough:
        if not problems.has_errors:  # the count was given up, and it really is too large
            found = f"more than {len(sink):,}"
            span = info.declaration.syntax.name.span
            problems.add(ModelTooLarge(span, "operations", found, MAX_OPERATIONS))
    problems.raise_errors()
    return _circuit(model, run, sink)


class TableSink:
    """Writes steps into an operation table, and angles and data beside it."""

    def __init__(self, declared: Declared) -> None:
        self.table = TableBuilder()
        self.angles = AngleBuilder(declared.n_slots)
        self.references: dict[DataReference, int] = {}
        self.pins: list[int] = []
        self._known_span: tuple[Span | None, int] = (None, -1)
        self._known_angles: dict[tuple[Polynomial, ...], int] = {}

    def __len__(self) -> int:
        return len(self.table)

    def write(self, step: LoweredStep, pin: int, cond: int, span: Span | None) -> None:
        if step.name == PHASE:  # it shows under a control only, and a control has used it up
            return
        angle = self._angles(step.angles) if step.angles else -1
        attr = step.bit
        if step.word is not None:
            attr = self.table.word(step.word)
        elif step.data is not None:
            attr = self._reference(step.data)
        code = BY_NAME[step.name].code
        self.table.add(code, step.operands, angle, cond, attr, self._span(span))
        self.pins.append(pin)

    def _span(self, span: Span | None) -> int:
        if span is not self._known_span[0]:
            self._known_span = (span, self.table.span(span))
        return self._known_span[1]

    def _angles(self, angles: tuple[Polynomial, ...]) -> int:
        known = self._known_angles.get(angles)
        if known is None:
            known = self.angles.add(*((a.constant, self._terms(a)) for a in angles))
            self._known_angles[angles] = known
        return known

    def _terms(self, angle: Polynomial) -> list[tuple[float, int]]:
        return [
            (c, factors[0] if len(factors) == 1 else self.angles.product(factors))
            for factors, c in angle.terms
        ]

    def _reference(self, data: View) -> int:
        return self.references.setdefault(_reference(data), len(self.references))


def _reference(data: View) -> DataReference:
    return DataReference(data.vector.name, data.kind, data.start, data.shape)


def _circuit(model: str, run: Unrolling, sink: TableSink) -> Circuit:
    vectors = [
        ValueVector(v.name, v.role, v.kind, v.shape, v.owner, v.start, v.span)
        for v in run.declared.vectors
    ]
    return Circuit(
        name=model,
        table=_numbered(run, sink.table.build()),
        values=sink.angles.build(vectors, list(sink.references)),
        registers=_registers([*run.declared.registers, *run.own_registers]),
        bit_registers=_registers([*run.declared.bits, *run.extra_bits]),
        outputs=tuple(_output(o) for o in run.outputs),
        network=run.network,
        pin=np.array(sink.pins, np.int16),
        disclosures=tuple(
            Disclosure(t.vector, t.owner, t.to, t.bits, t.before, t.span) for t in run.disclosed
        ),
        n_results=run.n_results,
        has_scratch=run.has_scratch,
        recorded=_recorded(run.outputs),
    )


def _recorded(outputs: Sequence[Returned]) -> tuple[tuple[int, int], ...]:
    """Qubits that are read as classical bits, with these; none that an output also reads as it
    is."""
    as_bits = {pair: None for output in outputs for pair in output.recorded}
    as_qubits = {q for output in outputs for q in output.seen - dict(output.recorded).keys()}
    return tuple(pair for pair in as_bits if pair[0] not in as_qubits)


def _numbered(run: Unrolling, table: OpTable) -> OpTable:
    """With the number of the scratch qubit, which is the last one."""
    if not run.has_scratch:
        return table
    operands = np.where(table.operands == SCRATCH, len(run.state.touched), table.operands)
    operands = operands.astype(table.operands.dtype)
    operands.flags.writeable = False
    return replace(table, operands=operands)


def _registers(places: list[RegisterPlace]) -> tuple[Register, ...]:
    return tuple(Register(p.name, p.first, p.size) for p in places)


def _output(output: Returned) -> Output:
    match output.kind:
        case "expect" | "norm2":
            terms = tuple(PauliTerm(c, word) for word, c in output.words)
            return Expectation(terms, output.span, _scales(output))
        case "eigenvalue":
            assert output.matrix is not None
            matrix = _reference(output.matrix)
            return Eigenvalue(output.qubits, matrix, output.others, output.span, _scales(output))
        case "sample":
            return Sample(output.qubits, output.to, output.span, output.zeros)
        case "probability":
            return Probability(output.qubits, output.span, output.zeros)
    return Overlap(output.qubits, output.others, output.span)


def _scales(output: Returned) -> tuple[Scale, ...]:
    return tuple(Scale(_reference(s.data), s.kind) for s in output.scales)
