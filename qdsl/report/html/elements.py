"""The pieces that every section of the page is made of."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.drawing.svg import safe
from qdsl.report.glossary import GLOSSARY, explained
from qdsl.report.table import ReportTable

MANY_ROWS = 14  # of a table; with more it scrolls


def section(key: str, title: str, *parts: str) -> str:
    """A section with a heading of its own; nothing if it has no parts."""
    body = "".join(part for part in parts if part)
    if not body:
        return ""
    return (
        f'<section id="{key}" aria-labelledby="{key}-title">'
        f'<h2 id="{key}-title">{safe(title)}</h2>{body}</section>\n'
    )


def table(t: ReportTable, titled: bool = True) -> str:
    """A table that scrolls inside its own box where the screen is narrow."""
    if not t.rows:
        return ""
    head = "".join(
        f'<th scope="col"{_side(t, k)}>{term(cell)}</th>' for k, cell in enumerate(t.header)
    )
    body = "".join(
        "<tr>" + "".join(_cell(t, k, cell) for k, cell in enumerate(row)) + "</tr>"
        for row in t.rows
    )
    header = f"<thead><tr>{head}</tr></thead>" if any(t.header) else ""
    size = "scroll tall" if len(t.rows) > MANY_ROWS else "scroll"
    name = safe(t.title if titled else f"{t.title}, as a table")  # a section has the title, too
    caption = f"<h3>{safe(t.title)}</h3>" if titled else ""
    return (
        f'{caption}<div class="{size}" tabindex="0" role="region" aria-label="{name}">'
        f'<table class="t-{t.key}">{header}<tbody>{body}</tbody></table></div>{notes(t.notes)}'
    )


def folded(t: ReportTable) -> str:
    """A table behind its title, for what few will look at."""
    if not t.rows:
        return ""
    summary = f"{t.title}: {len(t.rows)}"
    return f"<details><summary>{safe(summary)}</summary>{table(t, titled=False)}</details>"


def _side(t: ReportTable, column: int) -> str:
    return ' class="n"' if t.is_number(column) else ""


def _cell(t: ReportTable, column: int, text: str) -> str:
    if column == 0 and not t.is_number(0):
        return f'<th scope="row">{term(text)}</th>'
    return f"<td{_side(t, column)}>{safe(text)}</td>"


def term(label: str) -> str:
    """A label; one that is explained leads to its explanation, and has it as a hint."""
    word = explained(label)
    if word is None:
        return safe(label)
    anchor = word.replace(" ", "-")
    return f'<a class="term" href="#word-{anchor}" title="{safe(GLOSSARY[word])}">{safe(label)}</a>'


def glossary() -> str:
    """Every word that is explained, with its explanation."""
    rows = "".join(
        f'<div id="word-{word.replace(" ", "-")}"><dt>{safe(word)}</dt><dd>{safe(text)}</dd></div>'
        for word, text in GLOSSARY.items()
    )
    return f'<dl class="facts words">{rows}</dl>'


def notes(lines: Sequence[str]) -> str:
    return "".join(f'<p class="note">{safe(text)}</p>' for text in lines)


def facts(pairs: Sequence[tuple[str, str]], class_: str) -> str:
    """A list of names and what they are."""
    rows = "".join(f"<div><dt>{safe(name)}</dt><dd>{safe(text)}</dd></div>" for name, text in pairs)
    return f'<dl class="{class_}">{rows}</dl>'


def figure(content: str, caption: str = "") -> str:
    below = f"<figcaption>{safe(caption)}</figcaption>" if caption else ""
    return f"<figure>{content}{below}</figure>"
