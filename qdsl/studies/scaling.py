"""A model compiled at many sizes, and where its ebits fall below the best classical protocol.

Sizes too large to compile are counted by a formula where there is one: a register that is handed
over whole costs its qubits times its hand-overs, which has to be what every compiled size of the
same line costs.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

from qdsl.analysis.executions import Accuracy
from qdsl.analysis.findings import Advantage, Baselines, Crossover, Scaling, SweepAxis, SweepPoint
from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram, Severity
from qdsl.driver.workers import ALONE, Workers
from qdsl.network.network import Network
from qdsl.studies.formula_points import NoFormula, formula_point, is_size, large_sizes
from qdsl.studies.sweep import Sweep

if TYPE_CHECKING:
    from qdsl.api import Compiled

MOST_POINTS = 2_000

Progress = Callable[[str], None]
Settings = tuple[tuple[str, int], ...]


def swept(
    sweep: Sweep, progress: Progress = lambda text: None, workers: Workers = ALONE
) -> Scaling:
    """Every combination of the axes' values; `workers` share them."""
    from qdsl.analysis.assess import accuracy_of

    known = sweep.program.experiment(sweep.experiment) if sweep.experiment else None
    accuracy = accuracy_of(known, sweep.epsilon, sweep.delta)
    points: list[SweepPoint] = []
    whole: set[Settings] = set()  # sizes that hand whole registers over
    wrong: set[Settings] = set()  # sizes at which there is no such program
    names = [axis.name for axis in sweep.axes]
    sizes = [dict(zip(names, v, strict=True)) for v in product(*(a.values for a in sweep.axes))]
    found = workers.each(partial(_point, sweep), sizes)
    for at in sizes:
        progress(", ".join(f"{k} = {v}" for k, v in at.items()))
        point, is_whole, is_wrong = next(found)
        points.append(point)
        if is_wrong:
            wrong.add(point.settings)
        if is_whole:
            whole.add(point.settings)
    points = with_formulas(sweep, points, whole, wrong, accuracy)
    return Scaling(
        sweep.axes,
        accuracy.epsilon,
        accuracy.delta,
        tuple(points),
        crossover_of(sweep.axes, points),
    )


def _point(sweep: Sweep, at: dict[str, int]) -> tuple[SweepPoint, bool, bool]:
    """The point, whether its program was compiled and hands whole registers over, and whether it is
    wrong, not only large."""
    settings = tuple(at.items())
    sizes = large_sizes(sweep.program.checked, sweep.model, {**_base(sweep), **at})
    if sizes.operations is not None and sizes.operations > sweep.largest:
        many = f"{sizes.operations} operations, more than are compiled here"
        return SweepPoint(settings, "none", qubits=sizes.qubits, note=many), False, False
    if sizes.wrong is not None:
        return SweepPoint(settings, "none", note=_said(sizes.wrong)), False, True
    if sizes.is_beyond:
        beyond = SweepPoint(settings, "none", qubits=sizes.qubits, note="too large to be compiled")
        return beyond, False, False
    try:
        compiled, roomier = compile_at(sweep, at)
    except InvalidProgram as error:
        errors = [d for d in error.diagnostics if d.severity is Severity.ERROR]
        first = next((d for d in errors if not is_size(d)), None)
        point = SweepPoint(settings, "none", qubits=sizes.qubits, note=_said(first or errors[0]))
        return point, False, first is not None
    point = point_of(compiled, settings, sweep.epsilon, sweep.delta, roomier)
    return point, hands_whole_registers(compiled), False


def hands_whole_registers(compiled: Compiled) -> bool:
    """Every gate of several qubits has its node from the source, and each layer takes over all
    qubits or none, by teledata."""
    circuit, counted = compiled.circuit, compiled.cost
    several = (circuit.table.arity > 1) & ~circuit.table.codes("barrier")
    return (
        bool((circuit.pin[several] >= 0).all())
        and all(p.name == "teledata" for p in counted.primitives)
        and all(x.ebits in (0, circuit.n_qubits) for x in counted.layers)
    )


def _base(sweep: Sweep) -> dict[str, int]:
    known = sweep.program.experiment(sweep.experiment) if sweep.experiment else None
    return {**(dict(known.settings) if known else {}), **sweep.settings}


def _said(problem: Diagnostic) -> str:
    return f"{problem.code}: {problem.message}"


def compile_at(sweep: Sweep, at: Mapping[str, int]) -> tuple[Compiled, str]:
    """The model at one size. Where the network's nodes are too small for it they get more data
    qubits, all by the same factor: the least that fits, and a note that says so."""
    program, settings = sweep.program, {**sweep.settings, **at}

    def compiled(network: str | Network | None) -> Compiled:
        return program.compile(
            sweep.model,
            experiment=sweep.experiment,
            network=network,
            settings=settings,
            options=sweep.options,
            verify=False,
        )

    try:
        return compiled(sweep.network), ""
    except InvalidProgram as error:
        circuit = program.lower(
            sweep.model, experiment=sweep.experiment, settings=settings, network=sweep.network
        )
        for factor in _factors(circuit.network, circuit.n_qubits):
            try:
                found = compiled(_roomier(circuit.network, factor))
            except InvalidProgram:
                continue
            return found, f"nodes with {factor} times as many data qubits"
        raise error from None


def _factors(network: Network | None, n_qubits: int) -> list[int]:
    """Factors on data qubits: so that all qubits fit into the network, then into every node."""
    if network is None or not network.nodes:
        return []
    total = sum(n.qubits for n in network.nodes)
    least = min((n.qubits for n in network.nodes if n.qubits), default=0)
    if not total or not least:
        return []
    found = {-(-n_qubits // total), -(-n_qubits // least), -(-2 * n_qubits // least)}
    return sorted(f for f in found if f > 1)


def with_room(network: Network | None, n_qubits: int) -> Network | None:
    """The network with nodes that each hold so many data qubits, all larger by one factor."""
    least = min((n.qubits for n in network.nodes), default=0) if network is not None else 0
    if not least or least >= n_qubits:
        return network
    return _roomier(network, -(-n_qubits // least))


def _roomier(network: Network | None, factor: int) -> Network | None:
    if network is None:
        return None
    nodes = tuple(replace(n, qubits=n.qubits * factor) for n in network.nodes)
    return replace(network, nodes=nodes)


def point_of(
    compiled: Compiled,
    settings: tuple[tuple[str, int], ...],
    epsilon: float | None,
    delta: float | None,
    note: str = "",
) -> SweepPoint:
    """The counts of one compiled program."""
    counted, found = compiled.cost, compiled.assess(epsilon, delta)
    inference = found.shot_budget.tasks[0]
    best, bits = baseline_of(found.baselines, found.advantage)
    return SweepPoint(
        settings, "compiled", compiled.circuit.n_qubits, len(compiled.circuit.table),
        counted.ebits, counted.classical_bits, counted.rounds, counted.makespan_ns,
        counted.fidelity, inference.executions, inference.ebits, best, bits,
        said(found.advantage), note,
    )  # fmt: skip


def said(advantage: Advantage | None) -> str | None:
    """`exponential, one way`, `none`."""
    if advantage is None:
        return None
    return advantage.verdict + (f", {advantage.rounds}" if advantage.rounds else "")


def baseline_of(
    found: Baselines | None, advantage: Advantage | None
) -> tuple[str | None, int | None]:
    """The best classical protocol of the kind that the verdict is about."""
    if found is None or advantage is None:
        return None, None
    if advantage.rounds == "one way":
        return found.best_one_way, found.best_one_way_bits
    return found.best, found.best_bits


# ---- formulas ----------------------------------------------------------------------------


def with_formulas(
    sweep: Sweep,
    points: Sequence[SweepPoint],
    whole: Container[Settings],
    wrong: Container[Settings],
    accuracy: Accuracy,
) -> list[SweepPoint]:
    """Points that could not be compiled, counted by a formula where one is confirmed: by sizes
    in `whole`, that hand whole registers over. There is none for what is `wrong`."""
    found = []
    for p in points:
        if p.counted == "none" and p.settings not in wrong:
            line = [q for q in points if q.counted == "compiled" and _alike(p, q, sweep)]
            try:
                settings = {**_base(sweep), **dict(p.settings)}
                if not all(q.settings in whole for q in line):
                    raise NoFormula(
                        "no formula: not every compiled size hands over whole registers"
                    )
                p = formula_point(sweep, p, line, settings, accuracy)
            except NoFormula as why:
                p = replace(p, note=f"{p.note}; {why}" if p.note else str(why))
        found.append(p)
    return found


def _alike(p: SweepPoint, q: SweepPoint, sweep: Sweep) -> bool:
    """Whether two points differ in the first axis only."""
    first = sweep.axes[0].name
    return all(
        a == b for (name, a), (_, b) in zip(p.settings, q.settings, strict=True) if name != first
    )


# ---- the crossover -----------------------------------------------------------------------


def crossover_of(axes: Sequence[SweepAxis], points: Iterable[SweepPoint]) -> Crossover | None:
    """Along the first axis, the others at their first values."""
    if not axes:
        return None
    first, *others = axes
    fixed = {axis.name: axis.values[0] for axis in others}
    line = [p for p in points if fixed.items() <= dict(p.settings).items()]
    known = [p for p in line if p.total_ebits is not None and p.baseline_bits is not None]
    if not known:
        return None
    below = [(p.total_ebits or 0) < (p.baseline_bits or 0) for p in known]
    values = [dict(p.settings)[first.name] for p in known]
    counted = "formula" if any(p.counted == "formula" for p in known) else "compiled"
    if True not in below:
        return Crossover(first.name, values[0], values[-1], None, False, None, counted)
    k = below.index(True)
    return Crossover(first.name, values[0], values[-1], values[k], all(below[k:]),
                     known[k].baseline, known[k].counted)  # fmt: skip
