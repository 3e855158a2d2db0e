"""The whole text in the standard style, and hints beside the lines."""

from __future__ import annotations

from qdsl.editor.costs import SAID, said
from qdsl.editor.document import Document
from qdsl.editor.positions import Json, Shift


def formatting(document: Document) -> list[Json]:
    """The edit that brings the text into the style of `qdsl fmt`; none where it is, or does not
    parse. Only what changes is in it."""
    text = document.formatted()
    if text is None or text == document.text:
        return []
    shift = Shift.between(document.text, text)
    change = document.lines.range(shift.start, shift.old_end)
    return [{"range": change, "newText": text[shift.start : shift.new_end]}]


def inlay_hints(document: Document, first: int, last: int) -> list[Json]:
    """The protocol's `InlayHint`s of the lines from `first` to `last`, from 0: the ebits of every
    line that is as it was when they were counted."""
    costs = document.costs
    if costs is None:
        return []
    shift = Shift.between(costs.text, document.text)
    lines = document.lines
    hints = []
    start = 0
    for number, text in enumerate(costs.text.split("\n"), 1):
        end = start + len(text.rstrip("\r"))
        moved = shift.range_to_new(start, end)
        found = costs.of_line(number)
        start += len(text) + 1
        if not found or moved is None or not first <= lines.line_of(moved[0]) <= last:
            continue
        hints.append(
            {
                "position": lines.position(moved[1]),
                "label": said(found),
                "tooltip": f"what this line costs, compiled {SAID}",
                "paddingLeft": True,
            }
        )
    return hints
