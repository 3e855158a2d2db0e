"""What `qdsl.sweep` returns: the findings, and every form of them."""

from __future__ import annotations

from typing import Any

from qdsl.report.design.data import Design
from qdsl.report.design.forms import design_csv, design_json
from qdsl.report.design.page import design_page
from qdsl.report.design.text import render_design


class DesignResult(Design):
    """A `Design` with its forms; `str` is the text of `qdsl sweep`."""

    def __str__(self) -> str:
        return render_design(self)

    def to_json(self) -> dict[str, Any]:
        """As `qdsl sweep --json` writes it: rates in Hz, times of axes in s, others in ns."""
        return design_json(self)

    def csv(self) -> str:
        """A line a point, in the same units."""
        return design_csv(self)

    def html(self) -> str:
        """One page with curves or heat maps that needs no network."""
        return design_page(self)
