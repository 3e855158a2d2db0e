"""The sizes that a model is to be compiled at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from qdsl.analysis.findings import SweepAxis
from qdsl.records import dataclass

if TYPE_CHECKING:
    from qdsl.api import Program

LARGEST = 20_000  # operations of a model that is still compiled


@dataclass(frozen=True, slots=True)
class Sweep:
    """What to sweep. `largest`: operations of the source that are still compiled; `settings`
    hold for all points; `options` are those of the passes."""

    program: Program
    model: str
    axes: tuple[SweepAxis, ...]
    experiment: str | None = None
    network: str | None = None
    settings: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    epsilon: float | None = None
    delta: float | None = None
    largest: int = LARGEST
