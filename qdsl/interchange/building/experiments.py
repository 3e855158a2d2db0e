"""Experiments under construction: data, loss, training."""

from __future__ import annotations

from typing import Any

from qdsl.interchange.building.expressions import (
    BuiltExpr,
    call,
    checked_name,
    expression,
    properties,
    property_value,
    quoted,
)


class ExperimentBuilder:
    """`experiment name of model { ... }`."""

    def __init__(self, name: str, of: str) -> None:
        self._head = f"experiment {checked_name(name)} of {checked_name(of)}"
        self._lines: list[str] = []

    def set(self, **settings: int) -> None:
        """`set n = 10, p = 2`."""
        given = (f"{checked_name(n)} = {expression(v).text}" for n, v in settings.items())
        self._lines.append(f"set {', '.join(given)}")

    def data(self, vector: BuiltExpr | str, source: str, how: str = "") -> None:
        """`data x from "points.csv:a,b"`; `how`: what stands behind it."""
        self._source("data", vector, source, how)

    def label(self, name: BuiltExpr | str, source: str, how: str = "") -> None:
        """`label y from "points.csv:y"`."""
        self._source("label", name, source, how)

    def _source(self, role: str, name: BuiltExpr | str, source: str, how: str) -> None:
        named = name.text if isinstance(name, BuiltExpr) else name
        said = f" {checked_name(how)}" if how else ""
        self._lines.append(f"{role} {checked_name(named)} from {quoted(source)}{said}")

    def option(self, name: str, value: Any = None, **figures: Any) -> None:
        """Any option: `option("gradient", "auto", shots=50)`, `option("shots", 1000)`."""
        said = "" if value is None else f" {property_value(value)}"
        self._lines.append(f"{checked_name(name)}{said}{properties(figures)}")

    def loss(self, loss: str | BuiltExpr) -> None:
        """`loss mse`, or an expression of `value` and `label`."""
        self.option("loss", loss)

    def train(self, optimiser: str, **options: Any) -> None:
        """`train adam(lr = 0.05) { steps 100, seed 1 }`: what belongs to the optimiser stands in
        its parentheses."""
        from qdsl.language.check.options import OPTIMISERS

        own = OPTIMISERS.get(optimiser, ("lr",))
        told = {n: v for n, v in options.items() if n in own}
        rest = {n: v for n, v in options.items() if n not in own}
        made = call(optimiser, **told) if told else BuiltExpr(checked_name(optimiser))
        self.option("train", made, **rest)

    def text(self) -> str:
        return "\n".join([f"{self._head} {{", *(f"  {line}" for line in self._lines), "}"])
