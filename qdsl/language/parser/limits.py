"""What a source text may ask of us."""

from __future__ import annotations

from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes beyond which a source text is refused.

    `max_tokens` counts words, numbers, signs and comments, which are read at about 30,000 a second.
    `max_depth` counts nested brackets and blocks, and the height of the syntax tree: whoever walks
    a tree recursively is safe. `max_problems` bounds what one run reports.
    """

    max_bytes: int = 2_000_000
    max_tokens: int = 200_000
    max_depth: int = 100
    max_problems: int = 20


DEFAULT_LIMITS = Limits()
