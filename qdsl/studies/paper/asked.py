"""`qdsl.reproduce`: the claims of the paper, from Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from qdsl.api import UsageError
from qdsl.driver.workers import ALONE, Workers
from qdsl.studies.paper import reproduce as parts
from qdsl.studies.paper.findings import Part, Settings


def reproduce(
    only: Sequence[str] = (),
    *,
    quick: bool = True,
    data: str | Path | None = None,
    seed: int = 0,
    workers: Workers = ALONE,
    say: Callable[[str], None] = lambda text: None,
    on_part: Callable[[Part], None] = lambda part: None,
) -> tuple[Part, ...]:
    """Run the claims of the paper, and report the results: what `qdsl reproduce paper` does.

    `only`: parts by name, none: all. `quick`: small sizes, which takes minutes. `data`: the folder
    of the data sets. `workers` share the parts. `say` hears what is being done, `on_part` of every
    part that is finished.

    A part has `findings`, of which each `holds` or not, and `tables` of text, of which
    `pandas.DataFrame(table.rows, columns=table.columns)` is one. UsageError for a part that is not
    there.
    """
    names = (only,) if isinstance(only, str) else tuple(only)
    unknown = [name for name in names if name not in parts.PARTS]
    if unknown:
        there = ", ".join(parts.PARTS)
        raise UsageError(f"there is no part '{unknown[0]}'; the parts are {there}")
    settings = Settings(quick, seed, None if data is None else str(data), say)
    found = []
    for part in parts.reproduce(settings, names or parts.PARTS, say, workers):
        on_part(part)
        found.append(part)
    return tuple(found)
