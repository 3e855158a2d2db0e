"""What `Compiled.grad` returns: the plan, what it shows, and every form of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from qdsl.gradient.comparison import MethodCost
from qdsl.gradient.text import Shown, render, to_json

if TYPE_CHECKING:
    import numpy.typing as npt


class GradientResult(Shown):
    """The `plan`, whether its circuits were `verified`, the gradient at some values (`exact`), its
    `error` by shots, and `findings` that warn; `str` is the text of `qdsl grad`.

    `plan.estimate(values, shots, seed)` takes the gradient elsewhere.
    """

    @property
    def columns(self) -> Mapping[str, list[Any]]:
        """The methods' costs, a list each with a row a method, by fewest ebits: the fields of
        `MethodCost`. `pandas.DataFrame(result.columns)` is a table of them."""
        costs = sorted(
            self.plan.comparison.costs, key=lambda c: (c.ebits, c.classical_bits, c.executions)
        )
        return {f.name: [getattr(c, f.name) for c in costs] for f in fields(MethodCost)}

    @property
    def gradient(self) -> dict[str, Any] | None:
        """The exact derivatives by parameter, float64[items, outputs, *shape]; None where they were
        too much to simulate."""
        if self.exact is None:
            return None
        jacobian = self.exact.jacobian
        return {
            name: jacobian[..., start : start + size].reshape(*jacobian.shape[:2], *shape)
            for name, start, size, shape in self.exact.parameters
        }

    def emit_texts(
        self, target: str = "ir", values: Mapping[str, npt.ArrayLike] | None = None
    ) -> dict[str, str]:
        """The circuits by file name, derived ("ir") or compiled for a target, and `points.json`.
        `NoGradient` for a method that has none."""
        from qdsl.gradient.emitting import emitted

        return dict(emitted(self.plan, target, values))

    def to_json(self) -> dict[str, Any]:
        """As `qdsl grad --json` writes it."""
        return to_json(self)

    def __str__(self) -> str:
        return render(self).removesuffix("\n")

    def __repr__(self) -> str:
        cost = self.plan.comparison.cost(self.plan.method)
        return f"<Gradient of {self.plan.circuit.name} by {cost.name}: {cost.ebits} ebits>"
