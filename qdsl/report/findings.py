"""What the analyses found, as tables: shot budget, baselines, verdict, privacy, scaling."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from math import ceil

from qdsl.analysis.findings import (
    Advantage,
    Baselines,
    Crossover,
    Leak,
    Privacy,
    Scaling,
    ShotBudget,
    SizeLaw,
    SweepPoint,
    TaskCost,
)
from qdsl.diagnostics.numbers import at_most, bits, integer
from qdsl.report.data import Report
from qdsl.report.table import ReportTable

GRADIENT_COUNT = (
    "the gradient is counted as executions of the whole program; for expectations of Pauli words "
    "`qdsl grad` derives a circuit for each part of it, which needs only what that part depends "
    "on, and counts those; numbers that multiply a parameter count as 1 here, as they are in the "
    "experiment's data there"
)


def finding_tables(report: Report) -> Iterator[ReportTable]:
    """The tables of those findings that the report has."""
    if report.shot_budget is not None:
        yield shot_budget_table(report.shot_budget)
    if report.baselines is not None:
        yield baseline_table(report.baselines)
        yield inapplicable_table(report.baselines)
    if report.advantage is not None:
        yield verdict_table(report.advantage)
    if report.privacy is not None:
        yield leak_table(report.privacy)
        yield announcement_table(report.privacy)
    if report.scaling is not None:
        yield scaling_table(report.scaling)


def shot_budget_table(found: ShotBudget) -> ReportTable:
    rows = tuple(
        (t.name, t.method, integer(t.executions), integer(t.ebits), integer(t.classical_bits))
        for t in found.tasks
    )
    stated = "as asked" if found.stated else "assumed, as nothing is asked"
    accuracy = f"at epsilon {found.epsilon:g}, confidence {1 - found.delta:.10g} ({stated})"
    steps = "" if found.steps is None else f", {found.steps} training steps"
    sources = [f"{t.name}: {t.formula}" for t in found.tasks if t.formula]
    sources += [found.uncounted] * bool(found.uncounted)
    sources += [joined_text(t) for t in found.tasks if t.joined_bits]
    sources += [GRADIENT_COUNT] * any(t.name == "gradient" for t in found.tasks)
    notes = tuple(dict.fromkeys(sources))
    header = ("task", "method", "executions", "ebits", "classical bits")
    return ReportTable("budget", f"Shot budget {accuracy}{steps}", header, rows, 2, notes)


def joined_text(task: TaskCost) -> str:
    """Which of its bits join outcomes."""
    return (
        f"{task.name} by {task.method}: {integer(task.joined_bits)} of the bits join outcomes of "
        "one execution at several nodes"
    )


def baseline_table(found: Baselines) -> ReportTable:
    """Those that apply, the cheapest first."""
    apply = [p for p in found.protocols if p.log2_bits is not None or p.bits is not None]
    apply.sort(key=lambda p: p.log2_bits if p.log2_bits is not None else 0.0)
    rows = tuple(
        (
            p.name,
            p.rounds,
            f"{p.detail} [{p.source}]" if p.source else p.detail,
            bits(p.bits, p.log2_bits),
        )
        for p in apply
    )
    notes = [f"this program: {integer(found.ebits)} ebits for the same inference"]
    if found.best is not None:
        notes.append(f"best known classical: {found.best}, {bits(found.best_bits, None)} bits")
    notes += [f"lower bound: {b.statement} ({b.source})" for b in found.lower_bounds]
    title = "Classical protocols for the same inference"
    return ReportTable(
        "baselines", title, ("protocol", "rounds", "how", "bits"), rows, 3, tuple(notes)
    )


def inapplicable_table(found: Baselines) -> ReportTable:
    """Those that were looked at and do not apply, with the reason."""
    rows = tuple(
        (p.name, p.detail) for p in found.protocols if p.log2_bits is None and p.bits is None
    )
    title = "Classical protocols that do not apply"
    return ReportTable("inapplicable", title, ("protocol", "why"), rows, 2)


def verdict_table(found: Advantage) -> ReportTable:
    grounds = (found.because, *found.also)
    rows = tuple((g.code, g.says, g.source) for g in grounds)
    notes = [found.here] if found.here else []
    if found.crossover is not None:
        notes.append(crossover_text(found.crossover))
    notes += [f"in the paper (arXiv 2310.07136): {c.says} [{c.theorem}]" for c in found.claims]
    title = f"Quantum advantage: {verdict_text(found)}"
    return ReportTable(
        "advantage", title, ("ground", "what it says", "source"), rows, 3, tuple(notes)
    )


def verdict_text(found: Advantage) -> str:
    return found.verdict + (f" ({found.rounds})" if found.rounds else "")


def crossover_text(c: Crossover) -> str:
    looked = f"{c.parameter} = {c.first} to {c.last}"
    if c.at is None:
        return f"no crossover for {looked} ({c.counted})"
    stays = "" if c.stays else ", but not at every larger size"
    beaten = f' below "{c.baseline}"' if c.baseline else ""
    return f"ebits fall{beaten} at {c.parameter} = {c.at} ({c.counted}){stays}; looked at {looked}"


def by_steps(x: Leak) -> str | None:
    """The honest bound of a training step by step, and when it reaches the secret; None for
    other tasks."""
    if not x.steps:
        return None
    each = (x.honest_bits + x.classical_bits) / x.steps
    said = f"{x.party} about {x.about}: at most {at_most(each)} bits in each of {x.steps} steps"
    last = ceil(x.secret_bits / each - 1e-9) if each else x.steps + 1
    if last > x.steps:
        return f"{said}, below the secret to the end"
    return f"{said}, the secret is reached in step {last}"


def size_law_text(law: SizeLaw) -> str:
    """How both grow, and where they cross."""
    against = "against one message, " if law.rounds == "one way" else ""
    last = law.points[-1]
    grow = f"ebits {_grow(law.ebits_grow)} and bits {_grow(law.bits_grow)}"
    known = f"{last.protocol}, by {law.by}" if law.bits_grow else last.protocol
    if law.at is not None:
        first = law.at == law.points[0].value
        size = f"{law.parameter} = {law.at}" + _dimension(law, law.at)
        before = max((p.value for p in law.points if p.value < law.at), default=law.at - 1)
        if first:
            crossing = _always(law, size)
        elif before == law.at - 1:
            crossing = f"they cross at {size}"
        else:
            crossing = f"they cross between {law.parameter} = {before:,} and {law.at:,}"
        crossing += _again(law)
    else:
        crossing = "they do not cross, by both laws" if law.is_final else "no crossing found"
    values = ", ".join(str(p.value) for p in law.points)
    size_is = "" if law.dimension == "N" else f"with N = {law.dimension}: "
    return f"{against}{size_is}{grow} ({known}); {crossing}; compiled at {law.parameter} = {values}"


def _always(law: SizeLaw, size: str) -> str:
    """Of a law by which the smallest size has fewer ebits."""
    if law.until is not None:
        return f"fewer ebits from {size} on"
    if law.is_lasting:
        return f"fewer ebits at every size from {size} on"
    return f"fewer ebits at every compiled size from {size} on"


def _again(law: SizeLaw) -> str:
    """Where there are no fewer ebits any more."""
    if law.until is not None:
        size = f"{law.parameter} = {law.until}" + _dimension(law, law.until)
        before = max(p.value for p in law.points if p.value < law.until)
        if law.is_predicted:
            return f"; no fewer from about {size} on, by both laws"
        at_least = before == law.until - 1 or not law.dimension.startswith("2^")
        return f"; no fewer from {size} on" + ("" if at_least else ", if not before")
    return "; no fewer at large sizes, by both laws" if law.is_lasting is False else ""


def _grow(law: str | None) -> str:
    if law is None:
        return "grow by no simple law"
    return "do not grow" if law == "1" else f"grow as {law}"


def _dimension(law: SizeLaw, value: int) -> str:
    return f", N = {integer(2**value)}" if law.dimension.startswith("2^") else ""


def leak_table(found: Privacy) -> ReportTable:
    rows = tuple(_leak(x) for x in found.leaks)
    notes = (
        f"a real counts {found.bits_per_real} bits, an angle {found.bits_per_angle}",
        "correction bits of one execution, uniform whatever the secrets: "
        + integer(found.uniform_bits),
        "where nodes only swap entanglement, they are taken to be honest",
        *filter(None, map(by_steps, found.leaks)),
        *filter(None, [found.assumed]),
    )
    header = ("party", "learns about", "task", "copies", "secret bits", "honest at most",
              "malicious at most", "disclosed")  # fmt: skip
    return ReportTable("privacy", "What a party can learn, in bits", header, rows, 3, notes)


def _leak(x: Leak) -> tuple[str, ...]:
    def bound(amount: float, vacuous: bool) -> str:
        return at_most(amount) + (" (vacuous)" if vacuous else "")

    return (x.party, x.about, x.task, integer(x.copies), f"{integer(x.secret_bits)}",
            bound(x.honest_bits, x.honest_vacuous),
            bound(x.malicious_bits, x.malicious_vacuous), integer(x.classical_bits))  # fmt: skip


def announcement_table(found: Privacy) -> ReportTable:
    rows = tuple(
        (a.what, a.by, a.to, a.task, ", ".join(a.about) or "–", integer(a.times), integer(a.bits))
        for a in found.announcements
    )
    header = ("what", "by", "to", "task", "depends on", "times", "bits")
    return ReportTable("announcements", "Disclosed in classical bits", header, rows, 5)


def scaling_table(found: Scaling) -> ReportTable:
    names = tuple(axis.name for axis in found.axes)
    columns = ("qubits", "operations", "ebits", "rounds", "executions", "total ebits", "classical")
    rows = tuple(_point(p, names) for p in found.points)
    notes = list(dict.fromkeys(p.note for p in found.points if p.note))
    if found.crossover is not None:
        notes.append(crossover_text(found.crossover))
    header = (*names, *columns, "counted")
    return ReportTable("scaling", "Scaling", header, rows, 0, tuple(notes))


def _point(p: SweepPoint, names: tuple[str, ...]) -> tuple[str, ...]:
    at = dict(p.settings)
    known = (p.qubits, p.operations, p.ebits, p.rounds, p.executions, p.total_ebits)
    numbers = ("–" if x is None else integer(x) for x in known)
    sizes = (str(at[n]) if n in at else "–" for n in names)
    return tuple(chain(sizes, numbers, (bits(p.baseline_bits, None), p.counted)))
