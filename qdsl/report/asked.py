"""What commands do that have a method of the same name: `qdsl grad` is `Compiled.grad`.

Whatever they need is imported when they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from qdsl.diagnostics.request_error import Refused, by_name, values_by_name, whole

if TYPE_CHECKING:
    import numpy.typing as npt

    from qdsl.analysis.arrivals import Arrivals
    from qdsl.analysis.expressivity import Expressivity
    from qdsl.gradient.result import GradientResult
    from qdsl.report.compared import ComparedReports
    from qdsl.run.result import RunResult
    from qdsl.verify.result import Verification

    Values = Mapping[str, npt.ArrayLike]


class NotTrainable(Refused):
    """A program is to be trained, and no experiment says how."""


class AskedProgram:
    """What is asked of a program before it is compiled."""

    __slots__ = ()
    source: Any
    lower: Any

    @property
    def formatted(self) -> str:
        """The program's text in the standard style, comments kept."""
        from qdsl.language.formatting.format import format_source

        return format_source(self.source)

    def analyze(
        self,
        model: str | None = None,
        *,
        settings: Mapping[str, int] | None = None,
        seed: int = 0,
    ) -> Expressivity:
        """Which functions of its data a model can express, at one size. `seed`: of the random
        parameters and data."""
        from qdsl.analysis.expressivity import expressivity

        return expressivity(self.lower(model, settings=settings), whole(seed, "seed", 0))


class AskedCompiled:
    """What is asked of a compiled program."""

    __slots__ = ()
    model: str
    circuit: Any
    scheduled: Any
    imports: Any
    options: Any
    run: Any

    def verify(self) -> Verification:
        """Compare the compiled program with its source by every method, however large it is;
        `verification` is what compiling found."""
        from qdsl.verify.methods import compare

        found = compare(self.circuit, self.scheduled, thorough=True)
        return replace(found, imports=self.imports)

    def compare(self, other: Any, limits: Sequence[str] = ()) -> ComparedReports:
        """This program beside another one, a report, or the path of one: see `qdsl.compare`."""
        from qdsl.report.compared import compare

        return compare(self, other, limits)

    def train(
        self,
        values: Values | None = None,
        *,
        shots: int | None = None,
        seed: int | None = None,
        backend: str = "jax",
        on_step: Callable[[int, int, float], None] | None = None,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        params: Values | str | Path | None = None,
        save_params: str | Path | None = None,
    ) -> RunResult:
        """Train as the experiment says, and run with the parameters found; `training` of the result
        has the losses by step, `parameters` what was found. Arguments as in `run`. `on_step` hears
        of every step: its number, of how many, the loss. `NotTrainable` without an experiment
        that trains."""
        experiment = cast(Any, self)._experiment_meant()
        if experiment is None or experiment.optimiser is None:
            who = f"experiment '{experiment.name}'" if experiment else f"'{self.model}'"
            has = "has no `train` line" if experiment else "has no experiment"
            raise NotTrainable(
                f"{who} {has}: an experiment with `train adam(lr = 0.05) {{ steps 120 }}` and a "
                "loss says how"
            )
        found: RunResult = self.run(
            values, shots=shots, seed=seed, backend=backend, on_step=on_step, params=params,
            checkpoint=checkpoint, resume=resume, save_params=save_params,
        )  # fmt: skip
        return found

    def grad(
        self,
        values: Values | None = None,
        *,
        method: str | None = None,
        epsilon: float | None = None,
        delta: float | None = None,
        shots: int | None = None,
        coherent: bool = False,
        means: bool = False,
        verify: bool | None = None,
        options: Mapping[str, Any] | None = None,
        say: Callable[[str], None] | None = None,
        on_template: Callable[[int, int], None] | None = None,
    ) -> GradientResult:
        """Derive gradient circuits, compile and compare the methods, and simulate the gradient.

        `values` gives or replaces vectors by name, as in `run`. `method`, `epsilon` (the largest
        error of a derivative, which any exceeds with probability `delta`) and `shots` (warn of what
        these cannot resolve) are the experiment's by default, else "auto", 0.1, 0.05 and what
        epsilon takes. `coherent`: let "auto" choose methods with long coherent runs; `means`:
        estimate the outputs by amplitude estimation, too. `verify` as in `Program.compile`;
        `options`: of the passes, by default this program's. `say` hears what is being done and
        `on_template(k, of)` of every circuit.

        `NoGradient` or `NoMethod` for a method that is not there or does not fit.
        """
        from qdsl.run.gradients import GradientRequest, gradient_of

        meant = cast(Any, self)._experiment_meant()
        program = replace(cast(Any, self), experiment=meant.name if meant else None)
        chosen = dict(self.options) if options is None else by_name(options, "options", EXAMPLE)
        asked = GradientRequest(values_by_name(values) or {}, method, epsilon, delta, shots,
                                coherent, means, verify, chosen)  # fmt: skip
        if say is not None:
            asked = replace(asked, say=say)
        return gradient_of(program, replace(asked, on_template=on_template))

    def arrivals(self, runs: int = 1000, seed: int = 0) -> Arrivals:
        """The makespans of so many runs with random arrivals of pairs."""
        from qdsl.analysis.arrivals import simulate_arrivals

        return simulate_arrivals(self.scheduled, runs, seed)


EXAMPLE = '{"seed": 1}'
