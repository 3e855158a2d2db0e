"""What the analyses found, as lines of text: short, the JSON form has everything."""

from __future__ import annotations

import textwrap

from qdsl.analysis.findings import (
    Advantage,
    Baselines,
    Crossover,
    Leak,
    Privacy,
    ShotBudget,
)
from qdsl.diagnostics.numbers import at_most, bits, integer
from qdsl.report.data import Report
from qdsl.report.findings import GRADIENT_COUNT, by_steps, joined_text
from qdsl.report.tables import layer_table, primitive_table
from qdsl.report.terminal import WIDTH, Style, field, indented

SHOWN_PROTOCOLS = 4


def finding_lines(report: Report, style: Style) -> list[str]:
    """Shot budget, baselines with the verdict, and privacy; those that there are."""
    lines: list[str] = []
    if report.shot_budget is not None and report.shot_budget.tasks:
        lines += _shot_budget(report.shot_budget, style)
    if report.advantage is not None:
        lines += _classical(report.baselines, report.advantage, style)
        lines += _claims(report.advantage, style)
    if report.privacy is not None:
        lines += _privacy(report.privacy, "swapping" in report.cost.by_primitive, style)
    return lines


def _shot_budget(found: ShotBudget, style: Style) -> list[str]:
    how = "as asked" if found.stated else "assumed"
    head = f"Shot budget at epsilon {found.epsilon:g}, confidence {1 - found.delta:.6g} ({how})"
    rows = [
        (
            f"{t.name}: {t.method}",
            integer(t.executions),
            integer(t.ebits),
            integer(t.classical_bits),
        )
        for t in found.tasks
        if t.chosen
    ]
    header = ("task", "executions", "ebits", "classical bits")
    note = [line for t in found.tasks if t.chosen and t.joined_bits
            for line in indented(joined_text(t))]  # fmt: skip
    note += indented(found.uncounted) if found.uncounted else []
    note += indented(GRADIENT_COUNT) if any(t.name == "gradient" for t in found.tasks) else []
    return [style.title(head), *style.table(header, rows, "tasks"), *note, ""]


def _classical(found: Baselines | None, advantage: Advantage, style: Style) -> list[str]:
    lines = [style.title("The same inference by classical messages")]
    if found is not None:
        fit = sorted(
            (p for p in found.protocols if p.log2_bits is not None),
            key=lambda p: (p.log2_bits, p.name),
        )
        rows = [(p.name, p.rounds, bits(p.bits, p.log2_bits)) for p in fit[:SHOWN_PROTOCOLS]]
        lines += style.table(("protocol", "messages", "bits"), rows, "protocols")
    rounds = f", {advantage.rounds}" if advantage.rounds else ""
    ground = advantage.because
    lines += _said("advantage", f"{advantage.verdict}{rounds}: {ground.says}")
    if ground.source:
        lines += _said("", f"[{ground.source}]")
    for other in advantage.also:
        lines += _said("also", other.says)
    if advantage.here:
        lines += _said("", advantage.here)
    if advantage.crossover is not None:
        lines += _said("crossover", crossover_text(advantage.crossover))
    for bound in found.lower_bounds if found is not None else ():
        source = "" if bound.source == ground.source else f" [{bound.source}]"
        lines += _said("bound", bound.statement + source)
    return [*lines, ""]


def _claims(advantage: Advantage, style: Style) -> list[str]:
    """What the model is an instance of."""
    if not advantage.claims:
        return []
    lines = [style.title("In the paper (arXiv 2310.07136)")]
    for claim in advantage.claims:
        lines += _said("claim", claim.says)
        if claim.theorem:
            lines += _said("", f"[{claim.theorem}]")
        lines += _said("run by", f"qdsl reproduce paper --only {claim.part}")
    return [*lines, ""]


def _said(name: str, text: str) -> list[str]:
    return field(f"  {name}", text, 13)


def crossover_text(c: Crossover) -> str:
    """In words."""
    looked = f"from {c.parameter} = {c.first} to {c.last}"
    if c.at is None:
        return f"none {looked}, {c.counted}"
    where = f"{c.parameter} = {c.at} ({c.counted})"
    if not c.stays:
        return f"ebits fall below {c.baseline} at {where}, not for good (looked {looked})"
    return f"fewer ebits than by {c.baseline} from {where} on (looked {looked})"


def _privacy(found: Privacy, swaps: bool, style: Style) -> list[str]:
    if not found.leaks:
        return []
    rows = [
        (f"{x.party} about {x.about}: {x.task}", integer(x.secret_bits), _bound(x, True),
         _bound(x, False), integer(x.classical_bits))
        for x in found.leaks
    ]  # fmt: skip
    header = ("who learns at most, bits", "secret", "honest", "malicious", "disclosed")
    note = [f"  *: vacuous, the bound reaches the secret ({found.bits_per_real} bits a number)"]
    vacuous = any(x.honest_vacuous or x.malicious_vacuous for x in found.leaks)
    note = note if vacuous else []
    for said in filter(None, map(by_steps, found.leaks)):
        note += indented(said)
    note += indented(found.assumed) if found.assumed else []
    if swaps:
        note.append("  where nodes only swap entanglement, they are taken to be honest")
    return [style.title("Privacy"), *style.table(header, rows, "pairs"), *note, ""]


def _bound(x: Leak, honest: bool) -> str:
    amount = x.honest_bits if honest else x.malicious_bits
    vacuous = x.honest_vacuous if honest else x.malicious_vacuous
    return at_most(amount) + ("*" if vacuous else "")


# ---- what `qdsl cost` shows besides ------------------------------------------------------


def share_lines(report: Report, style: Style) -> list[str]:
    """Costs by layer and by primitive, and every task with its formula."""
    layers, primitives = layer_table(report.cost), primitive_table(report.cost)
    header = ("layer", "operations", "remote gates", "ebits", "bits", "messages")
    lines = [style.title("Layers"), *style.table(header, layers.rows, "layers"), ""]
    if primitives.rows:
        columns = ("primitive", "uses", "ebits", "bits", "messages")
        table = style.table(columns, primitives.rows, "primitives")
        lines += [style.title("Primitives"), *table, ""]
    if report.shot_budget is not None:
        lines += _methods(report.shot_budget, style)
    return lines


def _methods(found: ShotBudget, style: Style) -> list[str]:
    how = "as asked" if found.stated else "assumed"
    rows = [
        (
            f"{t.name}: {t.method}" + (" *" if t.chosen else ""),
            integer(t.executions),
            integer(t.ebits),
            integer(t.classical_bits),
        )
        for t in found.tasks
    ]
    header = ("task (*: counted on)", "executions", "ebits", "classical bits")
    head = f"Shot budget at epsilon {found.epsilon:g}, confidence {1 - found.delta:.6g}"
    lines = [style.title(f"{head} ({how})"), *style.table(header, rows, "tasks")]
    for t in found.tasks:
        lines += textwrap.wrap(
            f"{t.name}, {t.method}: {t.formula}",
            WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
        lines += indented(joined_text(t)) if t.joined_bits else []
    return [*lines, ""]
