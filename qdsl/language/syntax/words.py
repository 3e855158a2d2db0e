"""Putting pieces of source text and lists of things into sentences."""

from __future__ import annotations

from collections.abc import Sequence


def quoted(text: str, limit: int = 40) -> str:
    """The text in backticks: control characters escaped, clipped, safe to print."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return "`" + "".join(c if c.isprintable() else _escape(c) for c in shown) + "`"


def _escape(char: str) -> str:
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char, f"\\u{{{ord(char):x}}}")


def either(words: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
