"""A program with cut pairs as text, in 80 columns, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from qdsl.diagnostics.numbers import count, duration, integer
from qdsl.report.table import aligned
from qdsl.report.terminal import WIDTH, clip, field
from qdsl.report.words import of_first_item
from qdsl.run.cutting.hybrid import HybridProgram
from qdsl.run.cutting.result import HybridOutput, HybridResult

SCHEMA = "qdsl-cut/1"
MOST_OUTCOMES = 8  # of a distribution; the JSON form has them all
NOTE = (
    "gamma is 3 for every pair, by formula; its square is the factor in executions for the same "
    "bound of the error. Variance: of what one execution shows with the cut; factor: by which it "
    "grew, more than the bound where results without the cut hardly vary."
)
QUASI = "Shares with the cut are quasi-probabilities: some may be negative."
NAME = 34  # columns of an output


def hybrid_json(hybrid: HybridProgram, result: HybridResult, source: str) -> dict[str, Any]:
    """JSON-ready."""
    facts = {
        "schema": SCHEMA, "source": source, "program": _program(hybrid),
        "links": list(hybrid.link_names), "pairs": hybrid.pairs, "gamma": hybrid.gamma,
        "overhead": hybrid.overhead, "ebits": hybrid.ebits,
        "ebits_uncut": hybrid.ebits + hybrid.pairs, "makespan_ns": hybrid.stage.makespan_ns,
        "makespan_uncut_ns": hybrid.uncut.makespan_ns,
    }  # fmt: skip
    return facts | {"result": result.to_json()}


def _program(hybrid: HybridProgram) -> str:
    return hybrid.uncut.distributed.placed.circuit.name


def render_hybrid(hybrid: HybridProgram, result: HybridResult) -> str:
    """What is cut, what that costs, and the outputs beside those with pairs."""
    title = f"{_program(hybrid)}: pairs of {', '.join(hybrid.link_names)} cut"
    lines = [title, "-" * min(len(title), WIDTH)]
    for name, text in _facts(hybrid, result):
        lines += field(name, text)
    lines += ["", *aligned(list(_rows(result)), {0})]
    is_quasi = any(o.mean is None for o in result.outputs)
    for note in (*_of_items(result), NOTE, *([QUASI] if is_quasi else [])):
        lines += ["", *textwrap.wrap(note, WIDTH, break_on_hyphens=False)]
    if result.random_inputs:
        drawn = ", ".join(result.random_inputs)
        lines += ["", *textwrap.wrap(f"Drawn by seed {result.seed}: {drawn}.", WIDTH)]
    return "\n".join(lines) + "\n"


def _of_items(result: HybridResult) -> Iterator[str]:
    """Of which items the numbers are, where there are several."""
    if result.items < 2:
        return
    items, kinds = count(result.items, "item"), {o.mean is None for o in result.outputs}
    said = [f"expectations are means over {items}"] if False in kinds else []
    said += [f"shares are {of_first_item(result.items)}"] if True in kinds else []
    text = ", ".join([*said, "variances are means over all items"])
    yield f"{text[0].upper()}{text[1:]}."


def _facts(hybrid: HybridProgram, result: HybridResult) -> Iterator[tuple[str, str]]:
    before = hybrid.ebits + hybrid.pairs
    yield "ebits", f"{integer(hybrid.ebits)} instead of {integer(before)} an execution"
    spans = duration(hybrid.stage.makespan_ns), duration(hybrid.uncut.makespan_ns)
    yield "makespan", f"{spans[0]} instead of {spans[1]}"
    gamma, factor = integer(hybrid.gamma), integer(hybrid.overhead)
    yield "executions", f"x {factor} for {count(hybrid.pairs, 'cut pair')}: gamma {gamma}, squared"
    noise = ", under the network's noise" if result.is_noisy else ""
    if result.shots is None:
        yield "variants", f"{count(result.variants, 'program')}, all summed, exactly{noise}"
        return
    yield (
        "variants",
        f"{integer(result.variants)} of {integer(hybrid.variants)}, drawn for "
        f"{count(result.shots, 'execution')} by seed {result.seed}{noise}",
    )


def _rows(result: HybridResult) -> Iterator[list[str]]:
    ideal = ["ideal"] if result.is_noisy else []
    yield ["", *ideal, "pairs", "cut", "error", "variance", "factor"]
    for o in result.outputs:
        factor = "-" if o.factor is None else f"x {o.factor:.3g}"
        spread = [f"{o.variance:.3g}", factor]
        if o.mean is not None:
            known = [o.ideal, o.uncut] if result.is_noisy else [o.uncut]
            cells = [*map(_number, [*known, o.mean]), _error(o.standard_error)]
            yield [clip(o.text, NAME), *cells, *spread]
            continue
        yield [clip(o.text, NAME), *[""] * len(ideal), "", "", "", *spread]
        yield from _outcomes(o, result.is_noisy)


def _outcomes(o: HybridOutput, is_noisy: bool) -> Iterator[list[str]]:
    """The likeliest with either program, in their order; without an error where none was seen."""
    columns = [o.uncut or {}, o.values]
    names = {name for column in columns for name in column}
    by_size = sorted(names, key=lambda n: (-max(abs(c.get(n, 0.0)) for c in columns), n))
    shown = [o.ideal, o.uncut, o.values] if is_noisy else [o.uncut, o.values]
    for name in sorted(by_size[:MOST_OUTCOMES]):
        shares = [None if c is None else c.get(name, 0.0) for c in shown]
        error = "exact" if o.standard_error is None else "-"
        if o.standard_error and name in o.standard_error:
            error = _error(o.standard_error[name])
        yield [f"  {name}", *map(_number, shares), error, "", ""]
    if (left := len(by_size) - MOST_OUTCOMES) > 0:
        yield [f"  and {left} more", *[""] * (5 + is_noisy)]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _error(error: float | None) -> str:
    return "exact" if error is None else f"{error:.3g}"
