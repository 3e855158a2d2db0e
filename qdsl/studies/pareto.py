"""The trade between objectives: compile many ways, keep what no other one beats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Final

from qdsl.api import Program, UsageError, load
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import whole
from qdsl.driver.workers import ALONE, Workers
from qdsl.network.network import Network
from qdsl.network.prices import OBJECTIVES, Objective
from qdsl.objectives.measures import infidelity
from qdsl.records import dataclass

USUAL: Final[tuple[Objective, ...]] = ("ebits", "makespan", "comm")
FEWEST, MOST = 2, 3


@dataclass(frozen=True, slots=True)
class Point:
    """One way to compile. `rounds`: message rounds; `comm`: the most communication qubits that a
    node holds at one time; `infidelity`: 1 - the process fidelity, None where it is no objective;
    `options`: what it takes to compile so, `comm_limit` being that of the nodes."""

    ebits: int
    rounds: int
    makespan_ns: int
    comm: int
    infidelity: float | None
    comm_limit: int
    options: tuple[tuple[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "options": dict(self.options)}

    def value(self, objective: Objective) -> float:
        """The less, the better."""
        if objective == "fidelity":
            return round(self.infidelity or 0.0, 12)
        return float(self.makespan_ns if objective == "makespan" else getattr(self, objective))

    def scores(self, objectives: Sequence[Objective]) -> tuple[float, ...]:
        return tuple(self.value(objective) for objective in objectives)


@dataclass(frozen=True, slots=True)
class Front:
    """`points`: those that no other one beats in every objective, by the first; `tried`: how many
    ways were compiled and proved equal to the source; `left_out`: how many could not be compiled,
    or not proved."""

    objectives: tuple[Objective, ...]
    points: tuple[Point, ...]
    tried: int
    left_out: int

    @property
    def columns(self) -> Mapping[str, list[Any]]:
        """The fields of `Point`, and every option by its name, a list each with a row a point; None
        for an option that the point was compiled without."""
        rows = [{**p.to_json(), **dict(p.options), "comm_limit": p.comm_limit} for p in self.points]
        names = dict.fromkeys(name for row in rows for name in row if name != "options")
        return {name: [row.get(name) for row in rows] for name in names}


def objectives_of(text: str) -> tuple[Objective, ...]:
    """Two or three objectives, separated by commas. UsageError for anything else."""
    names = [name.strip() for name in text.split(",")]
    found = tuple(o for name in names for o in OBJECTIVES if o == name)
    if len(found) < len(names):
        unknown = next(name for name in names if name not in OBJECTIVES)
        raise UsageError(f"'{unknown}' is no objective; there are {', '.join(OBJECTIVES)}")
    if not FEWEST <= len(found) <= MOST or len(set(found)) < len(found):
        raise UsageError("a Pareto front is of two or three different objectives, such as "
                         "ebits,makespan,fidelity")  # fmt: skip
    return found


def ways(
    network: Network,
    objectives: Sequence[Objective],
    efforts: tuple[int, ...],
    seeds: tuple[int, ...],
) -> list[tuple[int, dict[str, Any]]]:
    """Limits on communication qubits, and options: fewer qubits first. The limits are only those of
    the nodes if communication qubits are no objective; for fewest of them a limit does it."""
    most = max((node.comm for node in network.nodes), default=0)
    lower = {c for c in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32) if c < most}
    limits = sorted((lower if "comm" in objectives else set()) | {most})
    policies = ({"policy": "asap"}, {"policy": "alap"})
    options: list[dict[str, Any]] = [
        {"effort": e, "seed": s, "keep_wide": wide, **policy}
        for e, s, wide, policy in product(efforts, seeds, (True, False), policies)
    ]
    searched = [o for o in objectives if o not in ("ebits", "comm")]
    options += [
        {"effort": e, "seed": s, "optimise": o}
        for e, s, o in product(efforts[-1:], seeds, searched)
    ]
    return [(limit, o) for limit in limits for o in options]


def pareto(
    program: Program | str | Path,
    objectives: Sequence[Objective] | str = USUAL,
    *,
    model: str | None = None,
    experiment: str | None = None,
    settings: Mapping[str, int] | None = None,
    network: str | Network | None = None,
    verify: bool | None = None,
    effort: int = 1,
    seeds: int = 2,
    workers: Workers = ALONE,
    on_step: Callable[[int, int], None] | None = None,
) -> Front:
    """Compile with many options, and keep what no other compilation beats in two or three
    `objectives`: "ebits", "makespan", "rounds" (of messages), "fidelity" and "comm" (communication
    qubits held at one node at one time).

    `program`: a program, or the path of a `.qdm` file; `effort`: the highest to try; `seeds`: how
    many; the others as in `Program.compile`. `workers` share the compilations, `on_step(k, of)`
    hears of every one. The result has `points` and `columns`. `UsageError` for other objectives.
    """
    named = objectives if isinstance(objectives, str) else ",".join(objectives)
    made = program if isinstance(program, Program) else load(program)
    how: dict[str, Any] = {"model": model, "experiment": experiment, "settings": settings}
    how |= {"network": network, "verify": verify}
    tried = tuple(range(whole(effort, "effort", 0) + 1)), tuple(range(whole(seeds, "seeds", 1)))
    return front(made, how, objectives_of(named), *tried, on_step, workers)


def front(
    program: Program,
    given: Mapping[str, Any],
    objectives: tuple[Objective, ...] = USUAL,
    efforts: tuple[int, ...] = (0, 1),
    seeds: tuple[int, ...] = (0, 1),
    on_step: Callable[[int, int], None] | None = None,
    workers: Workers = ALONE,
) -> Front:
    """Compile in all `ways`, with the arguments `given` of `Program.compile`; `workers` share them.

    InvalidProgram if the program cannot be compiled for its network as it is.
    """
    circuit = program.lower(
        given.get("model"),
        experiment=given.get("experiment"),
        settings=given.get("settings"),
        network=given.get("network"),
    )
    network = circuit.network
    assert network is not None
    program.compile(**dict(given) | {"verify": False, "network": network})  # refuses what cannot be
    tried = ways(network, objectives, efforts, seeds)
    points: list[Point] = []
    work = partial(_point, program, dict(given), network, objectives)
    for k, point in enumerate(workers.each(work, tried)):
        if point is not None:
            points.append(point)
        if on_step is not None:
            on_step(k + 1, len(tried))
    kept = undominated(points, objectives)
    return Front(objectives, kept, len(points), len(tried) - len(points))


def _point(
    program: Program,
    given: Mapping[str, Any],
    network: Network,
    objectives: Sequence[Objective],
    way: tuple[int, dict[str, Any]],
) -> Point | None:
    limit, options = way
    nodes = tuple(replace(node, comm=min(node.comm, limit)) for node in network.nodes)
    narrow = replace(network, nodes=nodes)
    try:
        made = program.compile(**dict(given) | {"network": narrow, "options": options})
    except InvalidProgram:
        return None
    if made.wants_verification and not made.verification.verified:
        return None
    c = made.cost
    lost = infidelity(made.scheduled) if "fidelity" in objectives else None
    how = tuple(options.items())
    return Point(c.ebits, c.message_rounds, c.makespan_ns, c.peak_comm, lost, limit, how)


def undominated(points: list[Point], objectives: Sequence[Objective]) -> tuple[Point, ...]:
    """The points that no other one equals or beats in all respects; of equals the first."""
    kept: dict[tuple[float, ...], Point] = {}
    scores = [p.scores(objectives) for p in points]
    for p, s in zip(points, scores, strict=True):
        beaten = any(o != s and all(a <= b for a, b in zip(o, s, strict=True)) for o in scores)
        if not beaten:
            kept.setdefault(s, p)
    return tuple(kept[s] for s in sorted(kept))


def to_json(found: Front) -> dict[str, Any]:
    return {
        "schema": "qdsl-pareto/2",
        "objectives": found.objectives,
        "tried": found.tried,
        "left_out": found.left_out,
        "points": [p.to_json() for p in found.points],
    }


AXES: Final[dict[Objective, tuple[str, float]]] = {
    "ebits": ("ebits", 1),
    "makespan": ("makespan (ms)", 1e6),
    "fidelity": ("1 - process fidelity", 1),
    "rounds": ("message rounds", 1),
    "comm": ("communication qubits at one node", 1),
}


def picture(found: Front, title: str) -> str:
    """The first objective against the second as an SVG file that needs nothing else; the third is
    a point's label."""
    from html import escape

    width, height, left, low = 640, 400, 80, 340
    scores = [p.scores(found.objectives) for p in found.points]
    up_name, along_name, *third = (AXES[o][0] for o in found.objectives)
    shown = [tuple(x / AXES[o][1] for x, o in zip(s, found.objectives, strict=True))
             for s in scores]  # fmt: skip
    most_up = max((s[0] for s in shown), default=0) or 1
    most_along = max((s[1] for s in shown), default=0) or 1
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="13" role="img" aria-label="{escape(title)}">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{left}" y="28" font-size="16">{escape(title)}</text>',
        f'<path d="M{left} 50V{low}H{left + 530}" fill="none" stroke="#333"/>',
        f'<text x="{left + 250}" y="{low + 40}" text-anchor="middle">{along_name}</text>',
        f'<text x="22" y="{low - 140}" transform="rotate(-90 22 {low - 140})" '
        f'text-anchor="middle">{up_name}</text>',
    ]
    for k in range(5):
        along, up = left + 125 * k, low - 70 * k
        parts += [
            f'<text x="{along}" y="{low + 18}" text-anchor="middle">'
            f"{most_along * k / 4:.3g}</text>",
            f'<text x="{left - 8}" y="{up + 4}" text-anchor="end">{most_up * k / 4:.3g}</text>',
        ]
    for s in shown:
        x, y = left + 500 * s[1] / most_along, low - 280 * s[0] / most_up
        label = f"{s[2]:.3g}" if third else ""
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="#1f6feb" '
            f'fill-opacity="0.75"/><text x="{x + 10:.1f}" y="{y - 8:.1f}">{label}</text>'
        )
    told = f"labels: {third[0]}" if third else ""
    parts.append(f'<text x="{left + 530}" y="62" text-anchor="end" fill="#555">{told}</text></svg>')
    return "\n".join(parts) + "\n"
