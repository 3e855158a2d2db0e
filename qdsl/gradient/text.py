"""A gradient's plan as text of 80 columns, and as data."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from qdsl.analysis.assess import Assessment
from qdsl.diagnostics.numbers import integer
from qdsl.gradient.amplitude import Means
from qdsl.gradient.comparison import CIRCUITS, COHERENT, SIMULATED, MethodCost
from qdsl.gradient.errors import BY_ACCURACY, GradientError
from qdsl.gradient.estimation import Estimate, Floats
from qdsl.gradient.knowledge import learned
from qdsl.gradient.resolution import GradientFinding
from qdsl.gradient.running import GradientPlan
from qdsl.records import dataclass

WIDTH = 80
SCHEMA = "qdsl-gradient/2"
_MARK = {CIRCUITS: "", COHERENT: "c", SIMULATED: "s"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is reported: the plan, whether all its templates were proved equal (None: not tried),
    warnings, and the gradient at some values, exact and by shots."""

    plan: GradientPlan
    verified: bool | None
    findings: tuple[GradientFinding, ...]
    exact: Estimate | None = None
    means: tuple[Means, Floats] | None = None  # by amplitude estimation, and exactly
    drawn: tuple[str, ...] = ()
    assessment: Assessment | None = None  # of the program itself, to the same accuracy
    error: GradientError | None = None  # of the method, at the same values


def number(x: float) -> str:
    """`82,812`, `1.23e9`: as in reports, but shorter, for tables of many columns."""
    return integer(round(x), 10**6)


def render(shown: Shown) -> str:
    """The whole report."""
    parts = [
        _head(shown),
        _table(shown.plan),
        _inference(shown),
        _baseline(shown),
        _knowledge(shown.plan),
        _means(shown),
        _gradient(shown),
        _warnings(shown),
    ]
    return "\n".join(part for part in parts if part)


def _wrapped(text: str, first: str = "  ", rest: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def _field(name: str, text: str) -> list[str]:
    return _wrapped(text, f"{name:<12}", " " * 12)


def _head(shown: Shown) -> str:
    plan = shown.plan
    c = plan.comparison
    network = f" on {plan.circuit.network.name}" if plan.circuit.network else ""
    title = textwrap.shorten(f"Gradient of {plan.circuit.name}{network}", WIDTH, placeholder="...")
    p = plan.profile
    widest = p.spread if p.spread > 1e-9 else 0.0
    count = f"{p.parameters} derivative{'s' * (p.parameters != 1)}"
    accuracy = (
        f"{count} at epsilon {c.epsilon:g}, joint confidence {1 - c.delta:g}: "
        f"{c.shots} shots for one of range 1; the widest has {widest:.4g}"
    )
    proved = {
        True: "all compiled templates are equal to what was derived, proved",
        False: "not every compiled template could be proved equal to what was derived",
        None: "not tried",
    }[shown.verified]
    if plan.derived is None:
        proved = "nothing was compiled for it but the program itself"
    fields = [
        *_field("accuracy", accuracy),
        *_field("method", _chosen(plan)),
        *_field("verified", proved),
    ]
    return "\n".join([title, "-" * len(title), *fields, ""])


def _chosen(plan: GradientPlan) -> str:
    if not plan.automatic:
        return f"{plan.method}, as asked for"
    text = f"{plan.method}: the fewest ebits of those that run as circuits and fit the nodes"
    private = any(c.leaks for c in plan.comparison.costs)
    if private and plan.comparison.cost(plan.method).leaks is None:
        text += ", and leave every derivative with its owner alone"
    return text


def _table(plan: GradientPlan) -> str:
    costs = sorted(plan.comparison.costs, key=lambda c: (c.ebits, c.classical_bits, c.executions))
    head = ("method", "ebits", "bits", "circuits", "runs", "rounds", "qubits")
    rows = [(_label(c, plan), number(c.ebits), number(c.classical_bits + c.announced),
             number(c.circuits), number(c.executions), number(c.rounds), number(c.memory))
            for c in costs]  # fmt: skip
    lines = ["Methods, by ebits", *_columns(head, rows)]
    notes = []
    if any(c.joined for c in costs):
        notes.append(
            "bits: with those that join outcomes of one execution at several nodes, and those that "
            "tell counts to who follows the parameters."
        )
    if any(c.form == COHERENT for c in costs):
        notes.append(
            "c: a mean; circuits of many passes in a row, which `auto` takes where it is "
            "told that the devices are coherent enough (--coherent)."
        )
    if any(c.form == SIMULATED for c in costs):
        notes.append(
            "s: a protocol with a declared or measured count of copies; runs as a "
            "simulation only, and `auto` does not take it."
        )
    notes += [f"{c.name}: {c.fits}." for c in costs if c.fits]
    leaking: dict[str, list[str]] = {}
    for c in costs:
        if c.leaks:
            leaking.setdefault(c.leaks, []).append(c.name)
    notes += [f"{', '.join(names)}: {what}." for what, names in leaking.items()]
    notes += [f"{name}: {why}." for name, why in plan.comparison.refused]
    return "\n".join([*lines, *(line for n in notes for line in _wrapped(n, rest="    ")), ""])


def _label(cost: MethodCost, plan: GradientPlan) -> str:
    mark = _MARK[cost.form]
    chosen = "> " if cost.name == plan.method else "  "
    return chosen + cost.name + (f" ({mark})" if mark else "")


def _columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(r[k]) for r in [head, *rows]) for k in range(len(head))]

    def line(row: Sequence[str]) -> str:
        first = row[0] if row is not head else f"  {row[0]}"
        cells = [x.rjust(w) for x, w in zip(row[1:], widths[1:], strict=True)]
        return "  ".join([first.ljust(max(widths[0], 10)), *cells]).rstrip()

    return [line(head), *(line(r) for r in rows)]


def inference(shown: Shown) -> dict[str, int]:
    """Ebits of the outputs to the same accuracy, by method: the report's numbers."""
    if shown.assessment is None:
        return {}
    tasks = shown.assessment.shot_budget.tasks
    return {t.method: t.ebits for t in tasks if t.name in ("inference", "outputs")}


def gradient(shown: Shown) -> dict[str, int]:
    """Ebits by method as the report counts them, before any circuit is derived."""
    tasks = shown.assessment.shot_budget.tasks if shown.assessment else ()
    return {t.method: t.ebits for t in tasks if t.name == "gradient"}


def _inference(shown: Shown) -> str:
    found = inference(shown)
    if not found:
        return ""
    ways = [f"{number(n)} {'ebits ' * (not k)}by {m}" for k, (m, n) in enumerate(found.items())]
    text = f"The outputs to {shown.plan.comparison.epsilon:g}: {', '.join(ways)}"
    counted = [f"{number(n)} ebits by {name}" for name, n in gradient(shown).items()]
    if counted:
        text += (
            f". `qdsl report` counts the gradient as executions of the whole program, "
            f"{', '.join(counted)}; the circuits above are derived for it, and each is compiled "
            "with only what its derivative depends on"
        )
    return "\n".join([*_wrapped(text + ".", "", ""), ""])


def best_classical(shown: Shown) -> tuple[str, int] | None:
    """The best classical protocol of the report for one inference, and its bits."""
    found = shown.assessment.baselines if shown.assessment else None
    if found is None or found.best is None or found.best_bits is None:
        return None
    return found.best, found.best_bits


def _baseline(shown: Shown) -> str:
    best = best_classical(shown)
    if best is None:
        return ""
    text = f"Best known classical protocol for one inference: {best[0]}, {best[1]:,} bits."
    return "\n".join([*_wrapped(text, "", ""), ""])


def _knowledge(plan: GradientPlan) -> str:
    if plan.derived is None:
        return ""
    if not learned(plan.derived.batch):
        return ""
    lines = ["Who learns what"]
    for seen in learned(plan.derived.batch):
        text = f"{seen.node}: the derivatives of {', '.join(seen.vectors)}"
        if seen.foreign:
            text += f"; {', '.join(seen.foreign)}: another's, to whom the counts are disclosed"
        elif not plan.comparison.cost(plan.method).announced:
            text += ", and announces nothing"
        lines += _wrapped(text + ".", rest="    ")
    return "\n".join([*lines, ""])


def _means(shown: Shown) -> str:
    if shown.means is None:
        return ""
    found, exact = shown.means
    run, items = found.run, len(found.values)
    cells = [f"{a:.4f} (exactly {b:.4f})" for a, b in zip(found.values[0], exact[0], strict=True)][
        :MOST_SHOWN
    ]
    of = " for the first item" if items > 1 else ""
    of_all = f", all {items} items" if items > 1 else ""
    text = (
        f"{', '.join(cells)}{of}, epsilon {found.epsilon:g}, confidence {1 - found.delta:g}; "
        f"{run.executions} executions of up to {run.power} iterates in a row: "
        f"{number(run.ebits)} ebits, {number(run.classical_bits)} bits{of_all}"
    )
    return "\n".join(["Means by amplitude estimation", *_wrapped(text, rest="    "), ""])


MOST_SHOWN = 8


def _gradient(shown: Shown) -> str:
    if shown.exact is None:
        return ""
    where = "at values drawn at random" if shown.drawn else "at the values given"
    items = len(shown.exact.jacobian)
    lines = [f"Gradient {where}" + (", of the first item" if items > 1 else "")]
    known = shown.error.standard_error if shown.error else None
    error = None if known is None else known[0, 0]
    start = 0
    for name, _, size, _ in shown.exact.parameters:
        row = shown.exact.jacobian[0, 0, start : start + size]
        cells = [f"{round(float(g), 4) + 0.0:.4f}" for g in row[:MOST_SHOWN]]
        if error is not None:
            spread = error[start : start + MOST_SHOWN]
            cells = [f"{c} +- {e:.2g}" for c, e in zip(cells, spread, strict=False)]
        more = f", (+{size - MOST_SHOWN} more)" if size > MOST_SHOWN else ""
        lines += _wrapped(f"{name}: {', '.join(cells)}{more}", rest="    ")
        start += size
    lines += _wrapped(f"exact, by simulation; {_said_of_error(shown)}")
    if shown.exact.jacobian.shape[1] > 1:
        lines += _wrapped(f"of the first of {shown.exact.jacobian.shape[1]} outputs")
    return "\n".join([*lines, ""])


def _said_of_error(shown: Shown) -> str:
    plan, error = shown.plan, shown.error
    if plan.method in BY_ACCURACY:
        c = plan.comparison
        return (
            f"{plan.method} runs to an accuracy: every derivative to {c.epsilon:g}, at confidence "
            f"{1 - c.delta:g}; its scatter is not computed"
        )
    if error is None or error.standard_error is None:
        return f"the scatter of {plan.method} is not computed, too much would be simulated for it"
    text = f"+- is one standard error of {plan.method} at the shots above"
    if plan.method == "spsa":
        text = f"+- is one standard error of spsa at {number(plan.shots)} executions in all"
    if error.is_simulated:
        text += ", estimated from simulated shots"
    if error.bias is None:
        text += "; its bias has no bound here"
    elif error.bias:
        text += f"; beside it, its bias may be up to {error.bias:.2g}"
    return text


def _warnings(shown: Shown) -> str:
    if not shown.findings:
        return ""
    lines = ["Warnings"]
    for f in shown.findings:
        lines += _wrapped(f"{f.kind}: {f.text}", rest="    ")
    return "\n".join([*lines, ""])


def _error_data(error: GradientError | None) -> dict[str, Any]:
    known = error.standard_error if error else None
    return {
        "standard_error": None if known is None else known.tolist(),
        "standard_error_is_simulated": error is not None and error.is_simulated,
        "bias": error.bias if error is not None and known is not None else None,
    }


def to_json(shown: Shown) -> dict[str, Any]:
    """The same as data, `qdsl-gradient/2`."""
    plan = shown.plan
    batch = plan.derived.batch if plan.derived else None
    templates = []
    if plan.derived is not None and batch is not None:
        templates = [
            {
                "what": job.what,
                "points": job.points.count,
                "ebits": cost.ebits,
                "classical_bits": cost.classical_bits,
                "rounds": cost.rounds,
                "data_qubits": list(cost.qubits),
                "verified": cost.verified,
            }
            for job, cost in zip(batch.jobs, plan.derived.costs, strict=True)
        ]
    exact, means, best = shown.exact, shown.means, best_classical(shown)
    return {
        "schema": SCHEMA, "model": plan.circuit.name, "method": plan.method,
        "epsilon": plan.comparison.epsilon, "delta": plan.comparison.delta,
        "shots": plan.comparison.shots, "derivatives": plan.profile.parameters,
        "range": plan.profile.spread, "verified": shown.verified,
        "methods": [asdict(c) for c in plan.comparison.costs],
        "refused": dict(plan.comparison.refused), "templates": templates,
        "inference_ebits": inference(shown),
        "best_classical": best and {"protocol": best[0], "bits": best[1]},
        "learns": [asdict(x) for x in learned(batch)] if batch else [],
        "gradient": None if exact is None else {
            "drawn": list(shown.drawn), "items": exact.jacobian.tolist(),
            **_error_data(shown.error),
            "parameters": [{"name": p[0], "shape": list(p[3])} for p in exact.parameters],
        },
        "means": None if means is None else {
            "values": means[0].values.tolist(), "exact": means[1].tolist(),
            "executions": means[0].run.executions, "ebits": means[0].run.ebits,
            "classical_bits": means[0].run.classical_bits, "iterates": means[0].run.power,
        },
        "warnings": [asdict(f) for f in shown.findings],
    }  # fmt: skip
