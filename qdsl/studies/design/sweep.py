"""How good links and nodes have to be: a program over one or two properties of its network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from qdsl.api import Compiled, Program, load
from qdsl.diagnostics.request_error import by_name
from qdsl.driver.pass_manager import DEFAULT_PASSES
from qdsl.driver.workers import ALONE, Workers
from qdsl.network.network import Network
from qdsl.report.design.data import DesignAxis, DesignPoint, Need, Threshold
from qdsl.report.design.result import DesignResult
from qdsl.studies.design.evaluate import DesignJob, Evaluator, job_of, points_of
from qdsl.studies.design.limits import best_of, bottleneck_at, not_reached
from qdsl.studies.design.properties import NetworkProperty, applied
from qdsl.studies.design.thresholds import thresholds_along
from qdsl.studies.design.values import POINTS, Given, axes_of, needs_of

Step = Callable[[int, int, str], None]


def sweep(
    program: Program | Compiled | str | Path,
    over: Mapping[str, Given],
    needs: Mapping[str, float | str] | None = None,
    *,
    points: int = POINTS,
    runs: int = 0,
    seed: int = 0,
    shots: int | None = None,
    model: str | None = None,
    experiment: str | None = None,
    settings: Mapping[str, int] | None = None,
    network: str | Network | None = None,
    options: Mapping[str, Any] | None = None,
    verify: bool | None = None,
    workers: Workers = ALONE,
    on_step: Step | None = None,
) -> DesignResult:
    """Compile a program for networks with other links or nodes: what makes it fast and reliable?

    `program`: a program, the path of a `.qdm` file, or a compiled program, whose passes, model,
    settings, options and network are then the defaults. `over`: one or two properties, such as
    "link.rate", "link.alice-bob.fidelity" or "node.comm", and their values: a range "10..1e6" of
    `points` values ("200 Hz..1 MHz"), or numbers, in Hz, s, or without unit. `needs`: at least a
    "fidelity", at most a "makespan", "mean" or "p95" (numbers in s, or "10 ms"), "ebits" or
    "rounds". `runs`: how many runs with random arrivals of pairs, by `seed`, give "mean" and "p95";
    0: none. `shots`: executions for which circuit cutting is judged; None: the experiment's, else
    1,000. `verify` as in `Program.compile`. `workers` share the points. `on_step(k, of, what)`
    hears of every point.

    The result has `points`, `columns` (float64[points] by name; reshaped to the lengths of the axes
    they are grids), `thresholds` and `least`, the `bottleneck` with what more of each resource
    would buy, and `unreached`, a diagnostic, if no point meets all needs. `UsageError` for
    properties, values and needs that there are not.
    """
    passes: tuple[str, ...] = DEFAULT_PASSES
    if isinstance(program, Compiled):
        passes = tuple(record.name for record in program.passes)
        experiment = experiment or (program.experiment if model is None else None)
        model = model or program.model
        settings = {**dict(program.settings), **by_name(settings, "settings", '{"n": 2}')}
        options = dict(program.options) if options is None else options
        network = program.scheduled.network.limited(None) if network is None else network
        program = program.program
    made = load(program) if not isinstance(program, Program) else program
    given = {"model": model, "experiment": experiment, "settings": settings, "network": network,
             "options": options, "passes": passes, "verify": verify}  # fmt: skip
    study = Study(job_of(made, given, runs, seed, shots), over, needs or {}, points)
    for k, point in enumerate(study.evaluated(workers), 1):
        if on_step is not None:
            on_step(k, study.total, study.said(point.at))
    return study.finished(on_step)


class Study:
    """A sweep while it runs. UsageError, before anything is compiled, for what cannot be asked."""

    def __init__(
        self,
        job: DesignJob,
        over: Mapping[str, Given],
        needs: Mapping[str, float | str],
        points: int = POINTS,
    ) -> None:
        self.job = job
        found = axes_of(over, job.network, points)
        self.properties: tuple[NetworkProperty, ...] = tuple(p for p, _ in found)
        self.axes: tuple[DesignAxis, ...] = tuple(axis for _, axis in found)
        self.needs: tuple[Need, ...] = needs_of(needs, job.runs)
        self.places = list(product(*(axis.values for axis in self.axes)))
        for corner in product(*((axis.values[0], axis.values[-1]) for axis in self.axes)):
            self.network_at(corner)  # refuses what cannot be, which is the worst at a corner
        self.evaluator = Evaluator(job)
        self.points: list[DesignPoint] = []

    @property
    def total(self) -> int:
        return len(self.places)

    def said(self, at: Sequence[float]) -> str:
        """`link.rate = 200 Hz, node.comm = 2`."""
        named = zip(self.axes, at, strict=True)
        return ", ".join(f"{axis.name} = {axis.text(v)}" for axis, v in named)

    def network_at(self, at: Sequence[float]) -> Network:
        return applied(self.job.network, list(zip(self.properties, at, strict=True)))

    def evaluated(self, workers: Workers = ALONE) -> Iterator[DesignPoint]:
        """One point after another, kept in `points`."""
        places = [(self.network_at(at), at) for at in self.places]
        for point in points_of(self.evaluator, places, workers):
            self.points.append(point)
            yield point

    def so_far(self, is_complete: bool = False) -> DesignResult:
        """What is known of the points that were computed."""
        program, given = self.job.program, self.job.given
        return DesignResult(
            program.model_of(given.get("model"), given.get("experiment")), program.source.path,
            self.axes, self.needs, tuple(self.points), self.evaluator.compiled, self.job.runs,
            self.job.seed, is_complete=is_complete,
        )  # fmt: skip

    def finished(self, on_step: Step | None = None) -> DesignResult:
        """Thresholds, what limits the program, and what would help."""
        found = self.so_far(is_complete=True)
        say = on_step or (lambda k, of, what: None)
        lines = []
        for k in range(self._n_lines if self.needs else 0):
            say(self.total, self.total, f"from where on the needs hold, {k + 1}/{self._n_lines}")
            lines.append(self._thresholds(k))
        thresholds = tuple(t for line in lines for t in line)
        say(self.total, self.total, "what limits the program")
        at = self._design_point(thresholds)
        network = self.network_at(at.at)
        if at.makespan is not None:
            limits = bottleneck_at(self.evaluator, network, at)
            found = replace(found, bottleneck=limits)
        if self.needs and not any(p.meets(self.needs) for p in self.points):
            say(self.total, self.total, "what would be enough")
            found = replace(found, unreached=not_reached(self.evaluator, network, found, at))
        return replace(
            found,
            thresholds=thresholds,
            is_monotone=all(len(line) < 2 for line in lines),
            compiled=self.evaluator.compiled,
        )

    @property
    def _n_lines(self) -> int:
        """Lines along the first axis: one for every value of the second."""
        return self.total // len(self.axes[0].values)

    def _thresholds(self, k: int) -> tuple[Threshold, ...]:
        others = self.places[k][1:]

        def point_at(value: float) -> DesignPoint:
            at = (value, *others)
            return self.evaluator.point(self.network_at(at), at)

        line = self.points[k :: self._n_lines]
        return thresholds_along(self.axes[0], line, self.needs, others, point_at)

    def _design_point(self, thresholds: tuple[Threshold, ...]) -> DesignPoint:
        """Where it is asked what limits the program: at the first threshold, else where demands
        are missed least, without demands in the middle."""
        if thresholds:
            return thresholds[0].point
        if self.needs:
            return self.points[best_of(self.points, self.needs)]
        middle = tuple(axis.values[len(axis.values) // 2] for axis in self.axes)
        return self.points[self.places.index(middle)]
