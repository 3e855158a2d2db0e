"""The instance as a mixed-integer linear program, solved by HiGHS.

Q. Huangfu and J. A. J. Hall, "Parallelizing the dual revised simplex method", Math. Prog. Comp. 10,
119 (2018); https://highs.dev. One thread and a fixed seed: unless the time limit is met, the
same instance gives the same answer everywhere.
"""

from __future__ import annotations

from itertools import combinations
from math import ceil
from typing import Any

import numpy as np

from qdsl.diagnostics.request_error import Refused
from qdsl.passes.partition_exact.instance import Answer, Instance, cost_of
from qdsl.records import dataclass

MOST_PLACES = 1000  # qubits times events times nodes; few of that size are solved in a minute
UNDECIDED = 0.9  # costs are whole numbers


class SolverMissing(Refused):
    """The package `highspy` is not installed."""


class InstanceTooLarge(Refused):
    """The instance is larger than is solved."""


class NoPlacement(Refused):
    """No placement exists, or none was found in time."""


def solve(problem: Instance, time_limit_s: float) -> Answer:
    """The best placement. TooLarge beyond `MOST_PLACES`, NoPlacement where there is none.

    If the time limit ends the search, `bound` is what has been proved by then and `ebits` the
    best placement met.
    """
    check_size(problem)
    if not problem.events:
        return Answer(0, 0, (), (), (False,) * len(problem.segments))
    try:
        import highspy
    except ImportError:
        hint = "pip install 'qdsl-compiler[exact]'"
        raise SolverMissing(f"the exact optimum needs highspy: {hint}") from None
    return _Program(problem, highspy).solve(time_limit_s)


def check_size(problem: Instance) -> None:
    """TooLarge for an instance beyond `MOST_PLACES`."""
    if problem.size > MOST_PLACES:
        raise InstanceTooLarge(
            f"the exact optimum is for small programs: qubits x operations on several of them x "
            f"nodes is {problem.size:,}, and at most {MOST_PLACES:,}"
        )


@dataclass(slots=True)
class _Columns:
    """Names of variables -> their columns."""

    index: dict[tuple[Any, ...], int]
    cost: list[float]
    upper: list[float]
    whole: list[bool]

    def add(
        self, name: tuple[Any, ...], cost: float = 0.0, whole: bool = True, upper: float = 1.0
    ) -> int:
        self.index[name] = len(self.cost)
        self.cost.append(cost)
        self.upper.append(upper)
        self.whole.append(whole)
        return self.index[name]


class _Program:
    """Variables, most of them 0 or 1: `("home", t, q, v)`, `("site", t, v)`, `("move", t, q)`
    before event t, `("late", s)`, `("at", s, t, v)` (segment s is present at v at event t),
    `("ebit", s, t, ...)` (one takes it there)."""

    def __init__(self, problem: Instance, highspy: Any) -> None:
        self._problem, self._highspy = problem, highspy
        self._columns = _Columns({}, [], [], [])
        self._rows: list[tuple[float, float, list[tuple[int, float]]]] = []
        self._nodes = range(problem.n_nodes)
        self._homes()
        self._sites()
        self._segments()

    def _at_least(self, low: float, *terms: tuple[int, float]) -> None:
        self._rows.append((low, self._highspy.kHighsInf, list(terms)))

    def _exactly(self, value: float, *terms: tuple[int, float]) -> None:
        self._rows.append((value, value, list(terms)))

    def _column(self, *name: Any) -> int:
        return self._columns.index[name]

    def _homes(self) -> None:
        p, add = self._problem, self._columns.add
        for t in range(len(p.events)):
            for q in range(p.n_qubits):
                self._exactly(1, *((add(("home", t, q, v)), 1) for v in self._nodes))
            for v in self._nodes:
                taken = [(self._column("home", t, q, v), -1.0) for q in range(p.n_qubits)]
                self._at_least(-p.room[v], *taken)
        for t in range(1, len(p.events)):
            for q in range(p.n_qubits):
                move = add(("move", t, q))
                for v in self._nodes:
                    now, before = (self._column("home", u, q, v) for u in (t, t - 1))
                    self._at_least(0, (move, 1), (now, -1), (before, 1))
        alike = p.is_uniform and len(set(p.room)) == len(set(p.comm)) == 1
        if alike and all(e.pin < 0 for e in p.events):  # nodes can be renamed
            self._exactly(1, (self._column("home", 0, 0, 0), 1))

    def _sites(self) -> None:
        p = self._problem
        for t, event in enumerate(p.events):
            sites = [self._columns.add(("site", t, v)) for v in self._nodes]
            self._exactly(1, *((c, 1) for c in sites))
            if event.pin >= 0:
                self._exactly(1, (sites[event.pin], 1))
            for v, c in enumerate(sites):
                for q in event.resident:
                    self._exactly(0, (self._column("home", t, q, v), 1), (c, -1))
                lacking = len(event.served) - p.comm[v]
                if lacking > 0:
                    here = [(self._column("home", t, q, v), 1.0) for q, _ in event.served]
                    self._at_least(0, *here, (c, -lacking))

    def _segments(self) -> None:
        p = self._problem
        last = len(p.events) - 1
        for s, segment in enumerate(p.segments):
            for t in range(segment.first, min(segment.last, last) + 1):
                self._present(s, t, is_first=t == segment.first)
        for s, segment in enumerate(p.segments):
            if 0 < segment.gap <= last:
                self._beginning(s, segment.gap, segment.before)
        for t, event in enumerate(p.events):
            for _, s in event.served:
                for v in self._nodes:
                    self._at_least(
                        0, (self._column("at", s, t, v), 1), (self._column("site", t, v), -1)
                    )

    def _present(self, s: int, t: int, is_first: bool) -> None:
        """Present is where the qubit lives, where it was and has not moved since, and where an
        ebit takes it. It moves only to where it is present already."""
        q = self._problem.segments[s].qubit
        arriving = self._ebits(s, t)
        for v in self._nodes:
            here, home = self._column("at", s, t, v), self._column("home", t, q, v)
            self._at_least(0, (here, 1), (home, -1))
            taken = [(c, 1.0) for c in arriving[v]]
            if is_first:
                self._at_least(0, *taken, (home, 1), (here, -1))
            else:
                earlier, move = self._column("at", s, t - 1, v), self._column("move", t, q)
                self._at_least(0, *taken, (home, 1), (earlier, 1), (here, -1))
                self._at_least(-1, *taken, (home, 1), (move, -1), (here, -1))
                self._at_least(0, (earlier, 1), (home, -1))

    def _ebits(self, s: int, t: int | str) -> list[list[int]]:
        """Columns of the ebits that take a segment's qubit to each node, one for every link."""
        p, add = self._problem, self._columns.add
        here = [add(("at", s, t, v), whole=False) for v in self._nodes]
        if p.is_uniform:
            return [[add(("ebit", s, t, v), 1.0)] for v in self._nodes]
        arriving: list[list[int]] = [[] for _ in self._nodes]
        for a, b in combinations(self._nodes, 2):
            if p.tree[1 << a | 1 << b] != 1:
                continue
            pair = [add(("ebit", s, t, u, v), 1.0) for u, v in ((a, b), (b, a))]
            self._at_least(-1, (pair[0], -1), (pair[1], -1))  # not round in a circle
            for (u, v), c in zip(((a, b), (b, a)), pair, strict=True):
                arriving[v].append(c)
                self._at_least(0, (here[u], 1), (c, -1))
        return arriving

    def _beginning(self, s: int, gap: int, before: int) -> None:
        """In a gap a segment begins after the moves there, which the segment before it then pays
        for, or before them: then it begins with a stay that ends at once."""
        q = self._problem.segments[s].qubit
        late = self._columns.add(("late", s))
        arriving = self._ebits(s, "brief")
        for v in self._nodes:
            earlier, after = (self._column("home", t, q, v) for t in (gap - 1, gap))
            brief, old = self._column("at", s, "brief", v), self._column("at", before, gap - 1, v)
            self._at_least(-1, (old, 1), (after, -1), (late, -1))
            self._at_least(0, (brief, 1), (after, -1), (late, 1))
            self._at_least(0, *((c, 1.0) for c in arriving[v]), (earlier, 1), (brief, -1))

    # ---- solving ------------------------------------------------------------------------

    def solve(self, time_limit_s: float) -> Answer:
        solver = self._highspy.Highs()
        options = {"output_flag": False, "threads": 1, "random_seed": 0, "mip_rel_gap": 0.0,
                   "mip_abs_gap": UNDECIDED, "time_limit": float(time_limit_s)}  # fmt: skip
        for name, value in options.items():
            solver.setOptionValue(name, value)
        solver.passModel(self._model())
        solver.run()
        status = solver.getModelStatus()
        info = solver.getInfo()
        if info.primal_solution_status != 2:
            infeasible = status == self._highspy.HighsModelStatus.kInfeasible
            why = "there is none" if infeasible else f"none was found in {time_limit_s:g} s"
            raise NoPlacement(f"no placement for this network: {why}")
        return self._answer(list(solver.getSolution().col_value), float(info.mip_dual_bound))

    def _model(self) -> Any:
        columns, highspy = self._columns, self._highspy
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(columns.cost), len(self._rows)
        model.col_cost_ = np.array(columns.cost)
        model.col_lower_ = np.zeros(len(columns.cost))
        model.col_upper_ = np.array(columns.upper)
        model.row_lower_ = np.array([low for low, _, _ in self._rows])
        model.row_upper_ = np.array([high for _, high, _ in self._rows])
        sizes = [len(terms) for _, _, terms in self._rows]
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.concatenate([[0], np.cumsum(sizes)])
        model.a_matrix_.index_ = np.array([c for _, _, terms in self._rows for c, _ in terms])
        model.a_matrix_.value_ = np.array([f for _, _, ts in self._rows for _, f in ts], float)
        kinds = highspy.HighsVarType
        model.integrality_ = [kinds.kInteger if w else kinds.kContinuous for w in columns.whole]
        return model

    def _answer(self, values: list[float], proved: float) -> Answer:
        p = self._problem
        home = tuple(
            tuple(self._chosen(values, "home", t, q) for q in range(p.n_qubits))
            for t in range(len(p.events))
        )
        site = tuple(self._chosen(values, "site", t) for t in range(len(p.events)))
        late = tuple(
            values[c] > 0.5 if (c := self._columns.index.get(("late", s))) is not None else False
            for s in range(len(p.segments))
        )
        bound = max(0, ceil(proved - 1e-6))
        found = Answer(0, bound, home, site, late)
        ebits = cost_of(p, found)
        return Answer(ebits, min(bound, ebits), home, site, late)

    def _chosen(self, values: list[float], *name: Any) -> int:
        return max(self._nodes, key=lambda v: values[self._column(*name, v)])
