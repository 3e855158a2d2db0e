"""What `qdsl.scaling` returns: the points, and every form of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qdsl.analysis.findings import Crossover, Scaling, SweepPoint
from qdsl.records import dataclass
from qdsl.report.scaling import COLUMNS, render_scaling, scaling_csv, scaling_json, scaling_svg


@dataclass(frozen=True, slots=True)
class ScalingResult:
    """A model at many sizes; `str` is the text of `qdsl cost --sweep`."""

    scaling: Scaling
    model: str
    source: str

    @property
    def points(self) -> tuple[SweepPoint, ...]:
        """Every combination of the values, the last parameter fastest."""
        return self.scaling.points

    @property
    def crossover(self) -> Crossover | None:
        """Where ebits fall below the bits of the best classical protocol, along the first
        parameter; None where nothing is known of it."""
        return self.scaling.crossover

    @property
    def columns(self) -> Mapping[str, list[Any]]:
        """The parameters, then every field of `SweepPoint`, a list each with a row a point; None
        where not known. `pandas.DataFrame(found.columns)` is a table of them."""
        named = {
            axis.name: [dict(p.settings)[axis.name] for p in self.points]
            for axis in self.scaling.axes
        }
        return named | {name: [getattr(p, name) for p in self.points] for name in COLUMNS}

    @property
    def title(self) -> str:
        found = self.scaling
        over = " and ".join(axis.name for axis in found.axes)
        accuracy = f"epsilon {found.epsilon:g}, confidence {1 - found.delta:g}"
        return f"{self.model} over {over}, {accuracy}"

    def csv(self) -> str:
        """A line a point, with the same columns; empty where not known."""
        return scaling_csv(self.scaling)

    def svg(self) -> str | None:
        """The plot as an SVG file; None with fewer than two sizes whose costs are known."""
        return scaling_svg(self.scaling, f"Communication of {self.title}")

    def to_json(self) -> dict[str, Any]:
        """As `qdsl cost --sweep --json` writes it."""
        return scaling_json(self.scaling, self.model, self.source)

    def __str__(self) -> str:
        return render_scaling(self.scaling, self.title).removesuffix("\n")

    def __repr__(self) -> str:
        return f"<Scaling of {self.title}: {len(self.points)} points>"
