"""Counts at sizes beyond compiling, by formulas that every compiled size has to confirm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qdsl.analysis.executions import Accuracy
from qdsl.analysis.findings import SweepPoint
from qdsl.analysis.formulas import angle_bits, birthday_bits
from qdsl.analysis.gradient_circuits import scale_of
from qdsl.analysis.recognise import hidden_matching
from qdsl.analysis.structure import Structure, structure_of
from qdsl.diagnostics.diagnostic import Diagnostic, Diagnostics, Severity
from qdsl.language.lowering.declare import declare
from qdsl.language.lowering.sizes import operations, size_of
from qdsl.language.typed.errors.flow import ModelTooLarge
from qdsl.language.typed.program import Checked
from qdsl.language.values.arithmetic import TOO_LONG
from qdsl.language.values.errors import InvalidArithmetic
from qdsl.records import dataclass

if TYPE_CHECKING:
    from qdsl.studies.sweep import Sweep


class NoFormula(Exception):
    """There is no formula for this size; the message says why."""


@dataclass(frozen=True, slots=True)
class LargeSizes:
    """`qubits` and the sizes of those vectors that are not absurdly large; `is_beyond`: some
    are. `wrong`: what else the declarations do not allow at these values, the first of it."""

    qubits: int
    vectors: Mapping[str, int]
    operations: int | None
    is_beyond: bool
    wrong: Diagnostic | None


def large_sizes(checked: Checked, model: str, settings: Mapping[str, int]) -> LargeSizes:
    problems = Diagnostics()
    info = checked.models[model]
    declared = declare(checked, info, settings, problems)
    errors = [d for d in problems if d.severity is Severity.ERROR]
    tally = None if problems.has_errors else size_of(info, declared)
    return LargeSizes(
        declared.n_qubits,
        {v.name: v.size for v in declared.vectors},
        operations(tally) if tally is not None else None,
        problems.has_errors,
        next((d for d in errors if not is_size(d)), None),
    )


def is_size(problem: Diagnostic) -> bool:
    """Whether a program is only too large, not wrong."""
    return isinstance(problem, ModelTooLarge) or (
        isinstance(problem, InvalidArithmetic) and problem.reason == TOO_LONG
    )


def formula_point(sweep: Sweep, p: SweepPoint, line: Sequence[SweepPoint],
                  settings: Mapping[str, int], accuracy: Accuracy) -> SweepPoint:  # fmt: skip
    """The point with ebits = qubits x hand-overs of the register, and the classical protocol by
    its own formula."""
    if len(line) < 2:
        raise NoFormula("no formula: fewer than two compiled sizes confirm one")
    handovers = {q.ebits / q.qubits for q in line if q.ebits is not None and q.qubits}
    if len(handovers) != 1 or (h := handovers.pop()) != int(h):
        raise NoFormula("no formula: the compiled sizes are not qubits x hand-overs")
    executions = {q.executions for q in line}
    if len(executions) != 1 or not p.qubits:
        raise NoFormula("no formula: the executions differ between sizes")
    k = executions.pop() or 0
    ebits = p.qubits * int(h)
    baseline, bits = _baseline(sweep, line, p.qubits, settings, accuracy)
    note = f"formula: ebits = qubits x {int(h)} hand-overs, as at every compiled size"
    return replace(p, counted="formula", ebits=ebits, classical_bits=2 * ebits, rounds=int(h),
                   executions=k, total_ebits=ebits * k, baseline=baseline, baseline_bits=bits,
                   note=note)  # fmt: skip


def _baseline(
    sweep: Sweep,
    line: Sequence[SweepPoint],
    qubits: int,
    settings: Mapping[str, int],
    accuracy: Accuracy,
) -> tuple[str | None, int | None]:
    """The protocol that is best at the largest compiled size, where it has a formula."""
    last = line[-1]
    here = sweep.program.lower(
        sweep.model,
        experiment=sweep.experiment,
        network=sweep.network,
        settings={**sweep.settings, **dict(last.settings)},
    )
    s = structure_of(here)
    if s is None or last.baseline is None:
        return None, None
    if last.baseline == "bits at shared random positions" and hidden_matching(s) is not None:
        return last.baseline, birthday_bits(2**qubits, accuracy.delta) if qubits < 1000 else None
    if last.baseline.startswith("send ") and "'s parameters once to " in last.baseline:
        hub = last.baseline.rpartition(" to ")[2]
        return last.baseline, _parameters(sweep, s, hub, settings, accuracy.epsilon)
    return None, None


def _parameters(
    sweep: Sweep, s: Structure, hub: str, settings: Mapping[str, int], epsilon: float
) -> int | None:
    """Where every declared parameter of the senders turns one angle once."""
    sizes = large_sizes(sweep.program.checked, sweep.model, settings).vectors
    held = [h for hs in s.unknown_to(hub).values() for h in hs]
    if any(h.numbers != h.vector.size or h.weight != h.numbers for h in held):
        return None
    if any(h.vector.name not in sizes for h in held):
        return None
    total = sum(sizes[h.vector.name] for h in held)
    scale = max((scale_of(o) for o in s.outputs), default=1.0) or 1.0
    return total * angle_bits(total, min(1.0, epsilon / scale))
