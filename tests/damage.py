"""JSON documents with one thing wrong, by seed."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

ODD: tuple[Any, ...] = (
    None,
    -1,
    0,
    2,
    10**9,
    10**40,
    1e308,
    float("nan"),
    float("inf"),
    "x",
    "",
    [],
    {},
    [1],
    -0.5,
)


def damaged(document: Any, seed: int) -> Any:
    """A copy in which one entry, at any depth, is missing or something odd."""
    chance = random.Random(seed)
    document = copy.deepcopy(document)
    *path, last = chance.choice(list(_places(document)))
    at = document
    for key in path:
        at = at[key]
    if chance.random() < 0.3:
        del at[last]
    else:
        at[last] = chance.choice(ODD)
    return document


def _places(found: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = found.items() if isinstance(found, dict) else enumerate(found)
    for key, value in pairs:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from _places(value, (*path, key))
