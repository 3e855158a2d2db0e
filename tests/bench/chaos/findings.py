"""What a part of the trials found, and its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """So many trials of one kind, how many of them broke the promise, and what else was seen."""

    what: str
    tried: int
    broken: int
    seen: str = ""


def table(findings: Sequence[Finding]) -> str:
    """In Markdown."""
    rows = ["| trial | tried | promise broken | seen |", "| --- | ---: | ---: | --- |"]
    rows += [f"| {f.what} | {f.tried:,} | {f.broken:,} | {f.seen} |" for f in findings]
    return "\n".join(rows) + "\n"
