"""Diagnostics as text for a terminal: safe to print whatever the source contains."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.diagnostics.printable import clean, escape
from qdsl.diagnostics.source import Source
from qdsl.diagnostics.template import Label
from qdsl.records import dataclass

_RESET = "\x1b[0m"
_BOLD, _RED, _YELLOW, _BLUE, _GREEN = (
    "\x1b[1m",
    "\x1b[1;31m",
    "\x1b[1;33m",
    "\x1b[1;34m",
    "\x1b[1;32m",
)
_TAB = 4
_MOST_MARKS = 2  # combining marks kept on one character
_KEPT_SPACE = "\ue000"  # stands for a space where a line must not be broken
_LONGEST_WORD = 120
_CONTEXT = 20  # columns kept before a label in a clipped line


def render_all(diagnostics: Iterable[Diagnostic], color: bool = False) -> str:
    """Every diagnostic, then their number: `3 errors, 1 warning`. Empty if there are none."""
    found = list(diagnostics)
    if not found:
        return ""
    errors = sum(d.severity is Severity.ERROR for d in found)
    counts = [(errors, "error"), (len(found) - errors, "warning")]
    total = ", ".join(f"{n} {word}{'s' * (n != 1)}" for n, word in counts if n)
    return "\n\n".join([*(render(d, color) for d in found), total])


def render(diagnostic: Diagnostic, color: bool = False, width: int = 80) -> str:
    """One diagnostic, without a line break at its end."""
    paint = _Paint(color)
    main = _RED if diagnostic.severity is Severity.ERROR else _YELLOW
    labels = diagnostic.labels
    gutter = max((len(str(label.span.line)) for label in labels), default=1)
    head = paint(main, f"{diagnostic.severity}[{diagnostic.code}]")
    lines = [f"{head}{paint(_BOLD, ': ' + _said(diagnostic.message))}"]
    lines += _Excerpts(labels, gutter, width, paint, main).lines()
    notes = (("why", diagnostic.why, _BLUE), ("help", diagnostic.help, _GREEN))
    for word, text, tint in notes:
        if text:
            lines += _note(word, _said(text), gutter, width, paint, tint)
    return "\n".join(line.rstrip() for line in lines)


def _said(text: str) -> str:
    """A text of ours, the names in it clean, and without their middle where they are endless."""
    import re

    pattern = rf"\S{{{_LONGEST_WORD},}}"
    return clean(re.sub(pattern, lambda word: f"{word[0][:40]}…{word[0][-20:]}", text))


class _Paint:
    def __init__(self, color: bool) -> None:
        self.color = color

    def __call__(self, tint: str, text: str) -> str:
        return f"{tint}{text}{_RESET}" if self.color and text else text


def _note(word: str, text: str, gutter: int, width: int, paint: _Paint, tint: str) -> list[str]:
    import re
    import textwrap

    indent = " " * (gutter + 2)
    head = f"{indent}= {word}: "
    joined = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", _KEPT_SPACE), text)
    wrapped = textwrap.wrap(
        joined, max(width - len(head), 20), break_long_words=False, break_on_hyphens=False
    )
    first, *rest = [line.replace(_KEPT_SPACE, " ") for line in wrapped]
    return [
        f"{indent}{paint(_BLUE, '=')} {paint(tint, word + ':')} {first}",
        *(" " * len(head) + line for line in rest),
    ]


class _Excerpts:
    """The source lines that the labels lie in, underlined; the main label is the first."""

    def __init__(
        self, labels: Sequence[Label], gutter: int, width: int, paint: _Paint, main: str
    ) -> None:
        self.labels = labels
        self.gutter = gutter
        self.width = max(width - gutter - 4, 40)
        self.paint = paint
        self.main = main

    def lines(self) -> list[str]:
        out: list[str] = []
        files: dict[int, list[Label]] = {}
        for label in self.labels:
            files.setdefault(id(label.span.source), []).append(label)
        for of_file in files.values():
            arrow = ":::" if out else "-->"
            place = self.paint(_BLUE, " " * self.gutter + f" {arrow}")
            out.append(f"{place} {clean(str(of_file[0].span))}")
            out.append(self._row())
            out += self._of_file(of_file)
        return out

    def _of_file(self, labels: list[Label]) -> list[str]:
        out: list[str] = []
        last = 0
        ordered = sorted(labels, key=lambda label: label.span.line)
        for line, group in groupby(ordered, key=lambda label: label.span.line):
            if last and line > last + 1:
                out.append(self.paint(_BLUE, " " * self.gutter + "..."))
            out += self._of_line(line, list(group))
            last = line
        return out

    def _of_line(self, line: int, labels: list[Label]) -> list[str]:
        cells = cells_of(labels[0].span.source.line_text(line))
        if sum(cell.width for cell in cells) <= self.width:
            marks = [row for label in labels for row in self._marks(label, cells, 0)]
            return [self._row(str(line), "".join(cell.text for cell in cells)), *marks]
        out: list[str] = []
        for label in labels:
            shown, offset = _clip(cells, _columns(label)[0], self.width)
            out.append(self._row(str(line), "".join(cell.text for cell in shown)))
            out += self._marks(label, shown, offset)
        return out

    def _marks(self, label: Label, cells: list[Cell], offset: int) -> list[str]:
        """The row of `^^^^` below a line and the label's text, beside or below it."""
        is_main = label is self.labels[0]
        start, end = _columns(label)
        before = sum(cell.width for cell in cells[: max(start - offset, 0)])
        under = sum(cell.width for cell in cells[max(start - offset, 0) : max(end - offset, 0)])
        tint = self.main if is_main else _BLUE
        marks = ("^" if is_main else "-") * max(under, 1)
        text = _said(label.text) + _rest(label)
        if before + len(marks) + 1 + len(text) <= self.width or not text:
            return [self._row("", " " * before + self.paint(tint, f"{marks} {text}".rstrip()))]
        indent = " " * min(before, max(self.width - len(text), 0))
        return [
            self._row("", " " * before + self.paint(tint, marks)),
            self._row("", indent + self.paint(tint, text)),
        ]

    def _row(self, number: str = "", text: str = "") -> str:
        return f"{self.paint(_BLUE, f' {number:>{self.gutter}} |')} {text}"


def _columns(label: Label) -> tuple[int, int]:
    """First and last + 1 character of a label within the line where it begins, from 0."""
    source, start = label.span.source, label.span.start
    column = source.position(start)[1] - 1
    end = column + label.span.end - start
    return column, min(end, max(len(source.line_text(label.span.line)), column + 1))


def _rest(label: Label) -> str:
    last = _last_line(label.span.source, label.span.start, label.span.end)
    return f" (up to line {last})" if last > label.span.line else ""


def _last_line(source: Source, start: int, end: int) -> int:
    return source.position(max(start, end - 1))[0]


class Cell(NamedTuple):
    """One character as it is shown, and the columns it takes."""

    text: str
    width: int


def cells_of(line: str) -> list[Cell]:
    """One cell for each character of a line: tabs expanded, control characters escaped."""
    cells: list[Cell] = []
    column = marks = 0
    for char in line:
        text = " " * (_TAB - column % _TAB) if char == "\t" else clean(char)
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks > _MOST_MARKS:
            text = escape(char)
        width = _width(text) if len(text) == 1 else len(text)
        cells.append(Cell(text, width))
        column += width
    return cells


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


@dataclass(frozen=True, slots=True)
class _Window:
    start: int
    end: int


def _clip(cells: list[Cell], start: int, width: int) -> tuple[list[Cell], int]:
    """The part of a long line around character `start`, and how many cells it leaves out."""
    window = _window(cells, min(start, len(cells)), width - 2)
    shown = cells[window.start : window.end]
    offset = window.start
    if window.start:
        shown = [Cell("…", 1), *shown]
        offset -= 1
    if window.end < len(cells):
        shown = [*shown, Cell("…", 1)]
    return shown, offset


def _window(cells: list[Cell], start: int, width: int) -> _Window:
    first, used = start, 0
    while first > 0 and used + cells[first - 1].width <= _CONTEXT:
        first -= 1
        used += cells[first].width
    last, used = first, 0
    while last < len(cells) and used + cells[last].width <= width:
        used += cells[last].width
        last += 1
    return _Window(first, last)
