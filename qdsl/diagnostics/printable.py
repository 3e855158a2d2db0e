"""Text that is safe to print, whatever a source contains."""

from __future__ import annotations


def escape(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"


def clean(text: str) -> str:
    """The text with everything escaped that could move a cursor, hide or reorder text."""
    return "".join(char if char.isprintable() else escape(char) for char in text)


def quoted(text: str, limit: int = 40) -> str:
    """The text in backticks: control characters escaped, clipped, safe to print."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    for char, letter in (("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        shown = shown.replace(char, letter)
    return f"`{clean(shown)}`"
