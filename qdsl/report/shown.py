"""How objects of the Python API show themselves: a line at the prompt, a report when printed.

Whatever draws them is imported when they are shown. Nothing is computed for it but the costs.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar, overload

R = TypeVar("R")


class ShownProgram:
    """A program in a line: its file, its models and what else it declares."""

    __slots__ = ()
    checked: Any

    def __repr__(self) -> str:
        c = self.checked
        parts = [("model", c.models), ("network", c.networks), ("experiment", c.experiments)]
        told = "; ".join(f"{what} {', '.join(names)}" for what, names in parts if names)
        return f"<Program {c.source.path}: {told or 'empty'}>"


class ShownCompiled:
    """A compiled model in a line, and in a notebook its costs and its circuit."""

    __slots__ = ()
    model: str
    circuit: Any
    stage: Any
    scheduled: Any
    report: Any
    cost: Any

    def __repr__(self) -> str:
        from qdsl.diagnostics.numbers import count
        from qdsl.ir.stages import ScheduledCircuit

        if not isinstance(self.stage, ScheduledCircuit):
            return f"<Compiled {self.model}: {type(self.stage).__name__}>"
        network = self.stage.network
        on = f"{network.name} ({count(len(network.nodes), 'node')})"
        size = f"{count(self.circuit.n_qubits, 'qubit')}, {count(self.cost.ebits, 'ebit')}"
        return f"<Compiled {self.model} on {on}: {size}>"

    @overload
    def draw(
        self, form: Literal["text", "svg", "latex", "trace"] = "text", width: int = 80
    ) -> str: ...
    @overload
    def draw(self, form: Literal["png", "pdf"], width: int = 80) -> bytes: ...
    @overload
    def draw(self, form: str, width: int = 80) -> str | bytes: ...

    def draw(self, form: str = "text", width: int = 80) -> str | bytes:
        """The circuit as "text", in lines of `width` characters, "svg", "latex", or in bytes "png"
        or "pdf"; as "trace" its schedule for Perfetto. `UnknownForm` otherwise; `MissingExtra` for
        "png" and "pdf" without the extra `pictures`."""
        from qdsl.drawing.forms import drawn

        return drawn(self.scheduled, f"{self.model}, distributed", form, width)

    def _repr_svg_(self) -> str:
        """The circuit as notebooks show it."""
        return self.draw("svg")

    def _repr_html_(self) -> str:
        """Costs and circuit as notebooks show them, without script."""
        from qdsl.report.notebook import compiled_html

        return compiled_html(self.report(), self._repr_svg_())


def shown_in_notebooks(result: R) -> R:
    """A run's result, which notebooks then show as tables."""
    from qdsl.report.notebook import result_html

    type(result)._repr_html_ = result_html  # type: ignore[attr-defined]
    return result
