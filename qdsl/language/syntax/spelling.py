"""What was probably meant by a misspelt word."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate nearest to `word` if it is near enough to be worth proposing."""
    if len(word) > 40:
        return None
    allowed = 1 if len(word) <= 4 else 2
    ranked = [(_edits(word.lower(), c.lower()), c) for c in candidates if c != word]
    distance, best = min(ranked, default=(allowed + 1, ""))
    if not distance and best:  # but for capitals
        return best
    return best if distance <= allowed and distance < len(word) - 1 else None


def _edits(a: str, b: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        last, row = row, [i]
        for j, right in enumerate(b, 1):
            cost = min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = last
    return row[-1]
