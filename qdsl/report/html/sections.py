"""The sections of the page, in reading order."""

from __future__ import annotations

from dataclasses import replace

from qdsl.diagnostics.numbers import count
from qdsl.drawing.network_map import network_picture, numbers_left_out
from qdsl.drawing.svg import safe
from qdsl.records import dataclass
from qdsl.report import findings as found
from qdsl.report import tables
from qdsl.report.answers import ReaderAnswer, answers
from qdsl.report.data import Report
from qdsl.report.distillation import distillation_table
from qdsl.report.hardware_tables import device_error_table, device_table
from qdsl.report.headline import headline
from qdsl.report.html.elements import facts, figure, folded, glossary, section, table
from qdsl.report.html.listing import listing
from qdsl.report.html.plots import scaling_plots
from qdsl.report.html.program import PageProgram
from qdsl.report.html.provenance import provenance_facts
from qdsl.report.html.results import result_parts
from qdsl.report.html.viewer import viewer
from qdsl.report.network_models import run_text
from qdsl.report.time_tables import line_error_table, time_table


@dataclass(frozen=True, slots=True)
class Section:
    """`markup` holds the heading too."""

    key: str
    title: str
    markup: str


def sections(
    report: Report, program: PageProgram | None, command: str | None
) -> tuple[Section, ...]:
    """Those sections that have something to say."""
    drawn = viewer(report, program) if program is not None else _NOT_DRAWN
    parts = (
        ("network", "Network", (_network(report, program is not None),)),
        ("program", "Program", (drawn,)),
        ("source", "Source", (_source(report, program),)),
        ("costs", "Costs", (table(tables.cost_table(report)),
                            table(tables.arrival_table(report)),
                            table(time_table(report)),
                            table(tables.error_table(report)),
                            table(line_error_table(report)),
                            table(tables.primitive_table(report.cost)),
                            table(tables.layer_table(report.cost)))),
        ("devices", "Devices", (table(device_table(report)), table(device_error_table(report)))),
        ("classical", _compared(report), _classical(report)),
        ("scaling", "Scaling", _scaling(report)),
        ("privacy", "Privacy", _privacy(report)),
        ("run", "Run", _run(report)),
        ("compile", "Compilation", (table(tables.pass_table(report)),
                                    table(tables.check_table(report)))),
        ("words", "Words", (glossary(),)),
        ("provenance", "Provenance", (facts(provenance_facts(report, command), "facts"),)),
    )  # fmt: skip
    made = {key: Section(key, title, section(key, title, *inside)) for key, title, inside in parts}
    if program is not None and made["source"].markup:
        _put_beside(made, "program", "source")
    return tuple(s for s in made.values() if s.markup)


def _put_beside(made: dict[str, Section], left: str, right: str) -> None:
    """Two sections in one box, where the page is wide enough."""
    made[left] = replace(made[left], markup='<div class="abreast">' + made[left].markup)
    made[right] = replace(made[right], markup=made[right].markup + "</div>\n")


_NOT_DRAWN = (
    '<p class="note">A saved report does not hold the program itself: make the page from the '
    "source file to see it drawn.</p>"
)


def hero(report: Report) -> str:
    """The head of the page: what it is, and the answers to the first questions."""
    head = headline(report)
    cards = "".join(_card(a, report.verification.verified) for a in answers(report))
    named = ("optimised", "plug-ins")
    said = (f"{name} {text}" if name in named else text for name, text in head.facts[:-1])
    lines = "".join(f"<p>{safe(text)}</p>" for text in said)
    return (
        f'<header class="top"><p class="eyebrow">qdsl report</p><h1>{safe(head.title)}</h1>'
        f'<div class="sub">{lines}</div><div class="answers">{cards}</div></header>\n'
    )


def _card(a: ReaderAnswer, verified: bool) -> str:
    """One question with its answer; whether the program is proved has a colour."""
    state = f" {'good' if verified else 'bad'}" if a.key == "right" else ""
    more = "".join(f"<li>{safe(text)}</li>" for text in a.more)
    listed = f"<ul>{more}</ul>" if more else ""
    return (
        f'<article class="answer{state}" id="answer-{a.key}"><h2>{safe(a.question)}</h2>'
        f"<p>{_whole_dashes(safe(a.short))}</p>{listed}</article>"
    )


def _whole_dashes(markup: str) -> str:
    """A line never ends within the `--` of a link."""
    return markup.replace(" -- ", ' <span class="dash">--</span> ')


def _network(report: Report, is_drawn: bool) -> str:
    beside = table(tables.link_table(report)) + table(distillation_table(report))
    beside += table(tables.node_table(report))
    placed = table(tables.placement_table(report))
    hint = '<p class="note script">Choose a node or a link to see its operations below.</p>'
    shown = _map(report) + (hint if is_drawn else "")
    return f'<div class="pair"><div>{shown}</div><div>{beside}</div></div>{placed}'


def _map(report: Report) -> str:
    ebits = tables.ebits_by_link(report)
    drawn = network_picture(report.network, ebits, standalone=False)
    said = "The thicker a link, the more ebits it carries; dashed links are unused."
    left_out = numbers_left_out(report.network, ebits)
    if left_out:
        said += f" For {count(left_out, 'number')} there is no room: the table has them."
    return figure(drawn, said)


def _source(report: Report, program: PageProgram | None) -> str:
    if program is None:
        return table(tables.line_table(report.cost), titled=False)
    return listing(report, program)


def _compared(report: Report) -> str:
    """What the section is about: where nothing classical is compared, only the shot budget."""
    is_compared = report.advantage is not None or report.baselines is not None
    return "Against classical" if is_compared else "Shot budget"


def _classical(report: Report) -> tuple[str, ...]:
    parts = []
    if report.advantage is not None:
        parts.append(table(found.verdict_table(report.advantage)))
    if report.baselines is not None:
        parts.append(table(found.baseline_table(report.baselines)))
        parts.append(folded(found.inapplicable_table(report.baselines)))
    if report.shot_budget is not None:
        parts.append(table(found.shot_budget_table(report.shot_budget)))
    return tuple(parts)


def _scaling(report: Report) -> tuple[str, ...]:
    if report.scaling is None:
        return ()
    return (scaling_plots(report.scaling), table(found.scaling_table(report.scaling), titled=False))


def _privacy(report: Report) -> tuple[str, ...]:
    parts = [table(tables.disclosed_table(report))]
    if report.privacy is not None:
        parts.append(table(found.leak_table(report.privacy)))
        parts.append(table(found.announcement_table(report.privacy)))
    return tuple(parts)


def _run(report: Report) -> tuple[str, ...]:
    if report.result is None:
        return ()
    r = report.result
    line = run_text(r)
    title = f"{r.experiment}: {line}" if r.experiment else line
    return (f"<p>{safe(title)}</p>", *result_parts(r))
