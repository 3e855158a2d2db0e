"""Compiling for an objective: whole compilations are compared by what they measure.

Among them always is the one for fewest ebits, so that none is worse than it by its own measure.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

import numpy as np

from qdsl.diagnostics.diagnostic import InternalError, InvalidProgram
from qdsl.driver.pass_manager import DEFAULT_PASSES, applied, configured
from qdsl.ir.durations import link_of_rows
from qdsl.ir.node_order import as_declared, in_node_order
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, DistributedCircuit, PlacedCircuit, ScheduledCircuit, Stage
from qdsl.network.network import Network
from qdsl.network.prices import Objective, pair_times_ns, priced, with_prices
from qdsl.objectives.local_search import LocalSearch
from qdsl.objectives.measures import (
    Score,
    ages,
    ebits,
    quick_score,
    score,
    value_of,
)
from qdsl.objectives.outcome import OPTION, PLACES, ObjectiveOutcome
from qdsl.passes.insert_communication.insertion import inserted
from qdsl.passes.partition.improve import MOST_NODES
from qdsl.passes.schedule.clock import in_listed_order, in_program_order
from qdsl.records import dataclass

AFTER: Final = DEFAULT_PASSES[DEFAULT_PASSES.index(PLACES) + 1 :]
FINISHED: Final = 2  # of the placements with ways to insert for them
JUDGED: Final = 20  # changed placements of small programs, at effort 1; at 2 four times as many
MORE: Final = 3  # times as many for few rounds, for which there is no other way to search
DEARER: Final = 0.7  # times its price more for a pair over the busiest link
WORK: Final = 20_000  # rows of all of them
DEAR: Final = 3  # times as long as others it takes to measure a fidelity
LIMITS: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)  # of communication qubits, tried in turn
NEVER: Final[Score] = (1e300, 0.0, 0.0)
INSERTIONS: Final[tuple[dict[str, Any], ...]] = ({}, {"reorder": False}, {"keep_copies": False})

NONE_YET = (sys.maxsize, 0.0)  # ebits, and the objective's score


@dataclass(frozen=True, slots=True, eq=False)
class FinishedProgram:
    """A placed circuit with what comes after it. `stages`: by the name of the pass; `options`:
    those of the passes that it was finished with."""

    score: Score
    placed: PlacedCircuit
    stages: tuple[tuple[str, Stage], ...]
    scheduled: ScheduledCircuit
    options: Mapping[str, Any]


class ObjectiveSearch:
    """Stands in for `partition`: places by every way there is, finishes the programs, keeps the
    best."""

    name: ClassVar[str] = PLACES

    def __init__(
        self, objective: Objective, options: Mapping[str, Any], after: tuple[str, ...]
    ) -> None:
        self._objective: Objective = objective
        self._options = dict(options)
        self._plain = {k: v for k, v in options.items() if k != OPTION}
        self._after = after + tuple(name for name in AFTER if name not in after)
        self._measured, self._fewest = 0, NONE_YET
        self._order: tuple[int, ...] | None = None
        self._chosen: FinishedProgram | None = None
        self.outcome: ObjectiveOutcome | None = None

    def run(self, ir: Circuit) -> PlacedCircuit:
        """The chosen placement. InvalidProgram if the network cannot run the program."""
        self._order = ir.node_order
        return in_node_order(self._run, ir)

    def _run(self, ir: Circuit) -> PlacedCircuit:
        self._measured, self._fewest = 0, NONE_YET
        plain = self._finished(self._placed(ir, self._plain), self._plain)
        best = min([plain, *self._others(ir, plain)], key=lambda found: found.score)
        if self._objective == "makespan":
            best = min([best, *self._by_load(ir, best)], key=lambda found: found.score)
        if self._objective == "comm":
            best = self._limited(best)
        else:
            best = min([best, *self._searched(best)], key=lambda found: found.score)
        self._chosen = best
        self.outcome = ObjectiveOutcome(
            self._objective,
            value_of(self._objective, best.score[0]),
            ebits(best.scheduled),
            value_of(self._objective, plain.score[0]),
            ebits(plain.scheduled),
            self._measured,
            tuple(sorted(best.options.items() - self._options.items())),
            value_of(self._objective, self._fewest[1]),
            self._fewest[0],
        )
        return best.placed

    def stage(self, name: str) -> Stage:
        """What a pass after `partition` made of the chosen placement."""
        assert self._chosen is not None, "partition is run first"
        stage: Any = dict(self._chosen.stages)[name]
        declared: Stage = as_declared(stage, self._order)
        return declared

    # ---- other ways ----------------------------------------------------------------------

    def _others(self, ir: Circuit, plain: FinishedProgram) -> Iterator[FinishedProgram]:
        if self._objective == "comm":
            yield from self._narrow(ir)
        placements = [plain.placed]
        network = plain.placed.network
        if len(network.nodes) > 1 and priced(network, self._objective) is not network:
            placements.append(self._placed(ir, self._options))
        ways = [
            (self._judge(placed, options).first, placed, options)
            for placed in placements
            for options in self._ways()
        ]
        for _, placed, options in sorted(ways, key=lambda way: way[0])[:FINISHED]:
            yield from self._ends(placed, options)

    def _by_load(self, ir: Circuit, best: FinishedProgram) -> Iterator[FinishedProgram]:
        """Placed again, and again, where links that make pairs for long cost more than they did."""
        network, latest = best.placed.network, best
        worth = times = pair_times_ns(network)
        has_prices = priced(network, self._objective) is not network
        count = 2 * int(self._options.get("effort", 1)) - 1 - has_prices
        for _ in range(count if ebits(best.scheduled) and len(network.links) > 1 else 0):
            link = link_of_rows(latest.scheduled.distributed)
            made = np.bincount(link[link >= 0], minlength=len(times)).tolist()
            busy = [n * time for n, time in zip(made, times, strict=True)]
            most = max(busy) or 1.0
            worth = [w * (1 + DEARER * b / most) for w, b in zip(worth, busy, strict=True)]
            on_prices = with_prices(network, worth)
            try:
                placed = self._placed(replace(ir, network=on_prices), self._options)
            except InvalidProgram:
                return
            found = [*self._tried(placed, self._options, network)]
            found += self._tried(_on(network, placed), self._options)
            yield from found
            latest = min(found, key=lambda f: f.score, default=latest)

    def _ways(self) -> Iterator[dict[str, Any]]:
        """Options of the passes after `partition`: those that were not given are varied."""
        for changes in INSERTIONS:
            if not changes.keys() & self._plain.keys():
                yield self._options | changes

    def _ends(self, placed: PlacedCircuit, options: Mapping[str, Any]) -> Iterator[FinishedProgram]:
        """Finished, pairs made soon or late where it matters and is not given."""
        yield from self._tried(placed, options)
        waits = self._objective == "fidelity" and ages(placed.network)
        if (waits or self._objective == "comm") and "policy" not in self._plain:
            yield from self._tried(placed, {**options, "policy": "alap"})

    def _tried(
        self, placed: PlacedCircuit, options: Mapping[str, Any], network: Network | None = None
    ) -> Iterator[FinishedProgram]:
        """Nothing where there is no room for the moves and copies in this way."""
        try:
            yield self._finished(placed, options, network)
        except InternalError:
            return

    def _judge(self, placed: PlacedCircuit, options: Mapping[str, Any]) -> _Judge:
        return _Judge(self._objective, options, placed)

    def _narrow(self, ir: Circuit) -> Iterator[FinishedProgram]:
        """Compiled for the same network with as few communication qubits as possible."""
        network = ir.network
        if network is None:
            return
        tried = {network.usable_comm}
        for narrow in map(network.limited, LIMITS):
            if narrow.usable_comm in tried:
                continue
            tried.add(narrow.usable_comm)
            try:
                placed = self._placed(replace(ir, network=narrow), self._plain)
                yield self._finished(placed, self._plain)
            except (InvalidProgram, InternalError):
                continue
            return

    def _limited(self, best: FinishedProgram) -> FinishedProgram:
        """The same placement finished for no more communication qubits than it holds: executions
        in which pairs arrive at other times hold no more either. Itself where that is worse."""
        network = best.placed.network
        narrow = network.limited(round(best.score[0]))
        if narrow.usable_comm == network.usable_comm:
            return best
        placed: PlacedCircuit = _on(narrow, best.placed)
        try:
            verify(placed, PLACES)
            found = self._finished(placed, best.options)
        except (InvalidProgram, InternalError):
            return best
        return found if found.score[:2] <= best.score[:2] else best

    def _placed(self, ir: Circuit, options: Mapping[str, Any]) -> PlacedCircuit:
        found = configured(PLACES, options).run(ir)
        assert isinstance(found, PlacedCircuit)
        return found

    def _finished(
        self, placed: PlacedCircuit, options: Mapping[str, Any], network: Network | None = None
    ) -> FinishedProgram:
        """Through the passes that are left, on the network of the placement; then as if it had been
        for `network`, where that is given."""
        stage: Any = placed
        stages: list[tuple[str, Stage]] = []
        for name in self._after:
            stage = applied(configured(name, options), stage)
            stages.append((name, stage))
        assert isinstance(stage, ScheduledCircuit)
        if network is not None:
            moved = [_on(network, made) for made in (placed, *(made for _, made in stages))]
            placed, *rest = moved
            stages = list(zip(self._after, rest, strict=True))
            stage = rest[-1]
        self._measured += 1
        found = score(self._objective, stage)
        self._fewest = min(self._fewest, (ebits(stage), found[0]), key=lambda seen: seen[0])
        return FinishedProgram(found, placed, tuple(stages), stage, options)

    # ---- one change after another --------------------------------------------------------

    def _searched(self, best: FinishedProgram) -> Iterator[FinishedProgram]:
        """What comes of changing the best placement, finished in the same way and, where that is
        not given, in others."""
        most = self._budget(best)
        if most < 1 or set(self._after) != set(AFTER):
            return
        judge = self._judge(best.placed, best.options)
        on_prices = priced(best.placed.network, self._objective)
        seed = int(self._options.get("seed", 0))
        search = LocalSearch(best.placed, on_prices, judge, seed, most)
        found = search.better(judge.first)
        self._measured += judge.count
        if found is not None:
            yield from self._ends(found[1], {**best.options, **self._options})

    def _budget(self, best: FinishedProgram) -> int:
        effort = int(self._options.get("effort", 1))
        rows = len(best.scheduled.distributed.table)
        is_dear = self._objective == "fidelity" and ages(best.placed.network)
        dear = DEAR if is_dear else 1
        judged = MORE * JUDGED if self._objective == "rounds" else JUDGED
        is_remote = 1 < len(best.placed.network.nodes) <= MOST_NODES and ebits(best.scheduled) > 0
        return min(judged // dear, WORK // (dear * max(1, rows))) * effort**2 if is_remote else 0


class _Judge:
    """Judges placements by programs finished quickly, without trees and sampled orders, and along
    the routes that suit the `first` one: those of fewest links, or of least price."""

    def __init__(
        self, objective: Objective, options: Mapping[str, Any], placed: PlacedCircuit
    ) -> None:
        names = ("keep_copies", "reorder", "gates_per_ebit")
        given = {name: options[name] for name in names if name in options}
        self._given: dict[str, Any] = given
        self._objective: Objective = objective
        network = placed.network
        on_prices = priced(network, objective)
        networks = [network] if on_prices is network else [network, on_prices]
        self.count = 0
        scores = [self._on(placed, n) or NEVER for n in networks]
        self.first = min(scores)
        self._network = networks[scores.index(self.first)]

    def __call__(self, placed: PlacedCircuit) -> Score | None:
        self.count += 1
        return self._on(placed, self._network)

    def _on(self, placed: PlacedCircuit, network: Network) -> Score | None:
        """None where an insertion has no room along these routes."""
        try:
            program = inserted(replace(placed, network=network), **self._given)
        except (InternalError, InvalidProgram):
            return None
        made = in_program_order(in_listed_order(replace(program, placed=placed)))
        return quick_score(self._objective, made)


def _on(network: Network, stage: Any) -> Any:
    """A stage, as if it had been made for this network."""
    if isinstance(stage, ScheduledCircuit):
        return replace(stage, distributed=_on(network, stage.distributed))
    if isinstance(stage, DistributedCircuit):
        return replace(stage, placed=_on(network, stage.placed))
    if isinstance(stage, PlacedCircuit):
        return replace(stage, network=network, circuit=_on(network, stage.circuit))
    return replace(stage, network=network)
