"""The program on one network after another, compiled anew only where that could make a difference.

The passes before `schedule` look at a network's qubits and at its routes. Of routes, and of
placements that differ by an exchange of nodes that are alike, they take the one over better links:
of higher fidelity, then of less time for a pair. That is `choices`. Two networks with the same
choices have the same distributed program; its schedule, errors and random arrivals are computed for
each.
"""

from __future__ import annotations

import pickle
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, Final

from qdsl.analysis.arrivals import makespans_ns
from qdsl.analysis.cost import cost
from qdsl.analysis.critical_path import CriticalPath, critical_path
from qdsl.analysis.cutting import CutLink, cut_links
from qdsl.analysis.error_budget import error_budget
from qdsl.api import Program, UsageError
from qdsl.diagnostics.diagnostic import InternalError, InvalidProgram, Severity
from qdsl.driver.pass_manager import configured
from qdsl.driver.workers import Workers
from qdsl.ir.rules import verify
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit, Stage
from qdsl.network.network import Link, Network
from qdsl.network.shortfall import distillation_refusals
from qdsl.passes.canonicalize.node_labels import kinds
from qdsl.passes.partition.better_links import has_better_links, orders_alike
from qdsl.records import dataclass
from qdsl.report.design.data import DesignPoint
from qdsl.run.cutting.prepared import prepared

SHOTS: Final = 1000


@dataclass(frozen=True, slots=True)
class DesignJob:
    """The program that is compiled. `given`: arguments of `Program.compile`; `runs`: with random
    arrivals, 0: none; `shots`: executions that circuit cutting is judged for."""

    program: Program
    given: Mapping[str, Any]
    network: Network
    runs: int = 0
    seed: int = 0
    shots: int = SHOTS


def job_of(
    program: Program,
    given: Mapping[str, Any],
    runs: int = 0,
    seed: int = 0,
    shots: int | None = None,
) -> DesignJob:
    """`shots` None: the experiment's, else 1,000. UsageError for a model on no network."""
    named: dict[str, Any] = {k: given.get(k) for k in ("experiment", "settings", "network")}
    circuit = program.lower(given.get("model"), **named)
    network = circuit.network
    if network is None or not network.links:
        model = program.model_of(given.get("model"), given.get("experiment"))
        raise UsageError(
            f"'{model}' has no network with links: give one, such as --network "
            "'line(2) { qubits 4, comm 2, fidelity 0.97, rate 200 Hz }'"
        )
    if shots is None:
        name = given.get("experiment")
        shots = program.experiment(name).shots if name is not None else None
    return DesignJob(program, given, network, runs, seed, shots or SHOTS)


def choices(network: Network, options: Mapping[str, Any]) -> Hashable:
    """What the passes before `schedule` know of a network: all of it, where they optimise
    something else than ebits."""
    if options.get("optimise", "ebits") != "ebits":
        return network
    ends = tuple((link.a, link.b) for link in network.links)
    free = network.free_comm
    rooms = tuple((node.qubits, n) for node, n in zip(network.nodes, free, strict=True))
    routes = tuple(map(tuple, network.routing.before))
    refused = tuple(problem.message for problem in distillation_refusals(network))
    found = (ends, rooms, routes, refused, kinds(network))
    if not has_better_links(network):
        return found
    orders = [tuple(order.tolist()) for order in orders_alike(network)]
    if len(orders) < 2:
        return found
    return *found, tuple(orders), tuple(map(_quality, network.links))


def _quality(link: Link) -> tuple[float, float | None, int]:
    return link.pair_fidelity, link.pair_rate_hz, link.known_after_ns


class Evaluator:
    """Points of one program. A network that cannot be compiled for has a point with a note."""

    def __init__(self, job: DesignJob) -> None:
        self.job = job
        self._made: dict[Hashable, DistributedCircuit | str] = {}
        self._chosen: dict[DistributedCircuit, dict[str, Any]] = {}  # by an objective
        self._elsewhere: set[Hashable] = set()  # compiled by others

    @property
    def compiled(self) -> int:
        """How many different programs were compiled, here and elsewhere."""
        own = {key for key, made in self._made.items() if not isinstance(made, str)}
        return len(own | self._elsewhere)

    def note(self, network: Network, point: DesignPoint) -> None:
        """Another evaluator has found this point of the network."""
        if not point.note:
            self._elsewhere.add(self._choices(network))

    def point(self, network: Network, at: tuple[float, ...] = ()) -> DesignPoint:
        """`at`: the values of the axes there."""
        found = self._program(network)
        if isinstance(found, str):
            return DesignPoint(at, note=found)
        return self._point(found, network, at)

    def cuts(self, network: Network) -> Iterator[tuple[CutLink, float]]:
        """Of every link that makes pairs on a network that the program can be compiled for, what
        cutting them costs, and the fidelity of the program that has them cut."""
        found = self._program(network)
        assert not isinstance(found, str)
        whole = self._scheduled(found, network)
        for cut in cut_links(found):
            apart = prepared(whole, (cut.link,), self._options(found))
            yield cut, error_budget(apart.stage).fidelity

    def _point(
        self, found: DistributedCircuit, network: Network, at: tuple[float, ...]
    ) -> DesignPoint:
        ir = self._scheduled(found, network)
        budget, counted = error_budget(ir), cost(ir)
        mean, p95 = self._arrivals(ir)
        return DesignPoint(
            at, budget.fidelity, budget.uncertainty, ir.makespan_ns, counted.ebits,
            counted.rounds, mean, p95, budget,
        )  # fmt: skip

    def path(self, network: Network) -> CriticalPath:
        """The critical path on a network that the program can be compiled for."""
        found = self._program(network)
        assert not isinstance(found, str)
        return critical_path(self._scheduled(found, network))

    def _program(self, network: Network) -> DistributedCircuit | str:
        """The program for networks with these choices, or why there is none."""
        key = self._choices(network)
        if key not in self._made:
            self._made[key] = self._compile(network)
        return self._made[key]

    def _choices(self, network: Network) -> Hashable:
        return choices(network, self.job.given.get("options") or {})

    def _compile(self, network: Network) -> DistributedCircuit | str:
        stages: list[Stage] = []
        try:
            made = self.job.program.compile(
                **{**self.job.given, "network": network},
                after_each=lambda name, stage: stages.append(stage),
            )
        except InvalidProgram as error:
            first = next(d for d in error.diagnostics if d.severity is Severity.ERROR)
            return f"{first.code}: {first.message}"
        if any(check.equal is False for check in made.verification.checks):
            raise InternalError("sweep", "equal to the source", "a compiled program is not")
        distributed = stages[-2]
        assert isinstance(distributed, DistributedCircuit)
        if made.objective is not None:
            self._chosen[distributed] = dict(made.objective.chosen)
        return distributed

    def _scheduled(self, program: DistributedCircuit, network: Network) -> ScheduledCircuit:
        """Within the limit on communication qubits that the program was compiled for."""
        where = network.limited(program.network.comm_limit)
        moved = replace(program, placed=replace(program.placed, network=where))
        made = configured("schedule", self._options(program)).run(moved)
        assert isinstance(made, ScheduledCircuit)
        verify(made, "schedule")
        return made

    def _options(self, program: DistributedCircuit) -> dict[str, Any]:
        return {**(self.job.given.get("options") or {}), **self._chosen.get(program, {})}

    def _arrivals(self, ir: ScheduledCircuit) -> tuple[float | None, float | None]:
        """The same random numbers at every point: points differ by their networks alone."""
        if not self.job.runs:
            return None, None
        import numpy as np

        spans, _ = makespans_ns(ir.distributed, self.job.runs, self.job.seed)
        return float(spans.mean()), float(np.percentile(spans, 95))


Place = tuple[Network, tuple[float, ...]]


def points_of(evaluator: Evaluator, places: list[Place], workers: Workers) -> Iterator[DesignPoint]:
    """The points of networks and of the axes' values there, one after another."""
    if workers.is_alone:
        yield from (evaluator.point(*place) for place in places)
        return
    work = partial(_point_there, pickle.dumps(evaluator.job))
    for (network, _), point in zip(places, workers.each(work, places), strict=True):
        evaluator.note(network, point)
        yield point


def _point_there(job: bytes, place: Place) -> DesignPoint:
    return _evaluator(job).point(*place)


@lru_cache(maxsize=1)
def _evaluator(job: bytes) -> Evaluator:
    """That of a worker, for all its points."""
    return Evaluator(pickle.loads(job))
