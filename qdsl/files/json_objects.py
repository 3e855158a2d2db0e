"""Objects of JSON in which no key stands twice. Python's reader takes the last of them."""

from __future__ import annotations

from collections import Counter
from typing import Any


class RepeatedKey(ValueError):
    """A key that stands twice in one object of JSON."""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, for `object_pairs_hook`; `RepeatedKey` where a key stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, n in Counter(key for key, _ in pairs).items() if n > 1)
        raise RepeatedKey(f"the key `{twice[:40]}` stands twice in one object")
    return found
