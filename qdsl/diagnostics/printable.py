"""Text that is safe to print, whatever a source contains."""

from __future__ import annotations

import re

_KEPT = re.compile(r"\x1b\[(?:0|1|2|3|4|[39][0-7]|1;[39][0-7])?m|[\n\t]")  # colours; line ends
_STEERING = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\r(?!\n|\Z)"
)

# what Markdown, or the HTML in it, would take as its own
_MARKUP = re.compile(r"([\\`*_\[\]<>|~$&])")


def escape(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"


def clean(text: str) -> str:
    """The text with everything escaped that could move a cursor, hide or reorder text."""
    return "".join(char if char.isprintable() else escape(char) for char in text)


def steerless(text: str) -> str:
    """Running text of others, such as comments, all of whose lines, tabs and letters stay: only
    what could move a cursor or reorder text is escaped."""
    return _STEERING.sub(lambda char: escape(char[0]), text)


def quoted(text: str, limit: int = 40) -> str:
    """The text in backticks: control characters escaped, clipped, safe to print."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    for char, letter in (("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        shown = shown.replace(char, letter)
    return f"`{clean(shown)}`"


def shown(text: str) -> str:
    """What goes to a terminal: `clean`, but for ends of lines, tabs and the colours of qdsl's own.
    Names, also those of files and of other people's reports, cannot do anything else to it."""
    kept = iter(_KEPT.findall(text))
    parts = (_spaced(part) for part in _KEPT.split(text))
    return "".join(part + next(kept, "") for part in parts)


def _spaced(text: str) -> str:
    """Clean, but that spaces of other widths stay."""
    return "".join(c if c.isprintable() or c in "\xa0\u2009\u202f" else escape(c) for c in text)


def markdown_text(text: str) -> str:
    """Text as it stands, in one line of Markdown."""
    return _MARKUP.sub(r"\\\1", clean(" ".join(text.split())))
