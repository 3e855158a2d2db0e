"""Putting lists of things into sentences."""

from __future__ import annotations

from collections.abc import Sequence

# what an experiment can be told, besides sizes and data
OPTIONS = ("loss", "gradient", "train", "noise", "shots", "seed", "instances")


def either(words: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
