"""The forms in which a program is drawn."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from qdsl.diagnostics.request_error import Refused
from qdsl.drawing.circuit import circuit_picture
from qdsl.drawing.layout import layout
from qdsl.drawing.plain import plain_picture
from qdsl.drawing.quantikz import latex_picture
from qdsl.drawing.trace import trace_events
from qdsl.ir.stages import ScheduledCircuit

FORMS: Final = MappingProxyType(
    {"text": ".txt", "svg": ".svg", "latex": ".tex", "trace": ".json"}
)  # file endings


class UnknownForm(Refused):
    """A form in which nothing is drawn."""


def drawn(ir: ScheduledCircuit, title: str, form: str, width: int = 80) -> str:
    """The circuit as "text", in lines of `width` characters, as "svg", as "latex" for
    quantikz, or as the "trace" that Perfetto shows; `UnknownForm` otherwise."""
    if form == "text":
        return plain_picture(layout(ir), width)
    if form == "svg":
        return circuit_picture(layout(ir), title)
    if form == "latex":
        return latex_picture(layout(ir), title)
    if form == "trace":
        return trace_events(layout(ir), title, ir)
    raise UnknownForm(f"nothing is drawn as '{form}'; there are {', '.join(FORMS)}")
