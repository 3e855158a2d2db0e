"""Diagnostics, and what mends them, as the protocol has them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import Label
from qdsl.editor.analysis import Analysis, path_of
from qdsl.editor.document import Document
from qdsl.editor.fixes import Fix, fixes
from qdsl.editor.positions import Json, Lines, Shift
from qdsl.language import syntax

SOURCE = "qdsl"
_SEVERITIES = {Severity.ERROR: 1, Severity.WARNING: 2}
_PAGE = "generated/errors.html"  # of the documentation site


def diagnostics(
    analysis: Analysis, uri: str, unit: str = "utf-16", docs: str | None = None
) -> list[Json]:
    """The protocol's `Diagnostic`s of what was found in a text: what `qdsl check` says of it.

    `docs` is the address of the documentation site, to which codes are linked."""
    lines = Lines(analysis.text, unit)
    return [_diagnostic(p, analysis, lines, uri, docs) for p in analysis.problems]


def _diagnostic(
    problem: Diagnostic, analysis: Analysis, lines: Lines, uri: str, docs: str | None
) -> Json:
    labels = list(problem.labels)
    main = next((label for label in labels if _is_own(label.span, analysis)), None)
    if main is not None:
        labels.remove(main)
    place = _range(main.span, lines) if main is not None else _use_of(problem, analysis, lines)
    said = [problem.message, f"why: {problem.why}"]
    if problem.help:
        said.append(f"help: {problem.help}")
    found: Json = {
        "range": place,
        "severity": _SEVERITIES[problem.severity],
        "code": problem.code,
        "source": SOURCE,
        "message": "\n".join(said),
    }
    related = [r for label in labels if (r := _related(label, lines, uri, analysis))]
    if related:
        found["relatedInformation"] = related
    if problem.title.startswith("unused"):
        found["tags"] = [1]
    if docs:
        found["codeDescription"] = {"href": f"{docs.rstrip('/')}/{_PAGE}#{anchor(problem)}"}
    return found


def anchor(problem: Diagnostic | type[Diagnostic]) -> str:
    """The part of the address of a heading `CODE: title` that the documentation site makes."""
    words = "".join(c if c.isalnum() else " " for c in f"{problem.code} {problem.title}".lower())
    return "-".join(words.split())


def _use_of(problem: Diagnostic, analysis: Analysis, lines: Lines) -> Json:
    """Where the file is used that a problem is in; the beginning of the text for all others."""
    items = analysis.file.items if analysis.file is not None else ()
    uses = [item for item in items if isinstance(item, syntax.UseFile)]
    if not problem.labels or not uses:
        return lines.range(0, 0)
    path = problem.labels[0].span.source.path
    around = os.path.dirname(analysis.path)
    named = (u for u in uses if os.path.normpath(os.path.join(around, u.file.value)) == path)
    return _range(next(named, uses[0]).file.span, lines)  # or by a file that the first one uses


def _is_own(span: Span, analysis: Analysis) -> bool:
    return span.source.path == analysis.path and span.end <= len(analysis.text)


def _range(span: Span, lines: Lines) -> Json:
    """At least a character wide, so that it can be seen."""
    return lines.range(span.start, max(span.end, min(span.start + 1, len(lines.text))))


def _related(label: Label, lines: Lines, uri: str, analysis: Analysis) -> Json | None:
    if _is_own(label.span, analysis):
        return {"location": {"uri": uri, "range": _range(label.span, lines)},
                "message": label.text or "here"}  # fmt: skip
    path = path_of(label.span.source, analysis)
    if path is None:
        return None
    other = Lines(label.span.source.text)
    location = {"uri": path.resolve().as_uri(), "range": other.of(label.span)}
    return {"location": location, "message": label.text or "here"}


# ---- what mends them ------------------------------------------------------------------------


def code_actions(document: Document, uri: str, start: int, end: int) -> list[Json]:
    """The protocol's `CodeAction`s for the problems between two offsets."""
    analysis = document.latest
    if analysis is None:
        return []
    shift = Shift.between(analysis.text, document.text)
    actions: list[Json] = []
    for problem, fix in _fixes(analysis, shift, start, end):
        moved = shift.range_to_new(fix.start, fix.end)
        if moved is None:
            continue
        edit = {"range": document.lines.range(*moved), "newText": fix.text}
        told = _diagnostic(problem, analysis, document.lines, uri, None)
        action: Json = {
            "title": fix.title,
            "kind": "quickfix",
            "isPreferred": not any(a["isPreferred"] for a in actions),
            "edit": {"changes": {uri: [edit]}},
        }
        if document.text == analysis.text:
            action["diagnostics"] = [told]
        actions.append(action)
    return actions


def _fixes(
    analysis: Analysis, shift: Shift, start: int, end: int
) -> Iterator[tuple[Diagnostic, Fix]]:
    for problem in analysis.problems:
        labels = problem.labels
        if not labels or not _is_own(labels[0].span, analysis):
            continue
        moved = shift.range_to_new(labels[0].span.start, labels[0].span.end)
        if moved is not None and moved[0] <= end and moved[1] >= start:
            yield from ((problem, fix) for fix in fixes(problem))
