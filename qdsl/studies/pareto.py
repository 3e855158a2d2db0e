"""The trade between ebits, time and communication qubits: compile many ways, keep the best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from itertools import product
from typing import Any

from qdsl.api import Program
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.network.network import Network
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """One way to compile. `comm`: the most communication qubits that a node holds at one time;
    `options`: what it takes to compile so, `comm_limit` being that of the nodes."""

    ebits: int
    rounds: int
    makespan_ns: int
    comm: int
    comm_limit: int
    options: tuple[tuple[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "options": dict(self.options)}

    def scores(self, time: str) -> tuple[int, int, int]:
        return (self.ebits, self.rounds if time == "rounds" else self.makespan_ns, self.comm)


@dataclass(frozen=True, slots=True)
class Front:
    """`points`: those that no other one beats in every respect, by ebits; `tried`: how many ways
    were compiled and proved equal to the source; `left_out`: how many could not be compiled, or
    not proved."""

    time: str
    points: tuple[Point, ...]
    tried: int
    left_out: int


def ways(
    network: Network, efforts: tuple[int, ...], seeds: tuple[int, ...]
) -> list[tuple[int, dict[str, Any]]]:
    """Limits on communication qubits, and options: fewer qubits first."""
    most = max((node.comm for node in network.nodes), default=0)
    limits = sorted({c for c in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32) if c < most} | {most})
    policies = ({"policy": "asap"}, {"policy": "alap"})
    options = [
        {"effort": e, "seed": s, "keep_wide": wide, **policy}
        for e, s, wide, policy in product(efforts, seeds, (True, False), policies)
    ]
    return [(limit, o) for limit in limits for o in options]


def front(
    program: Program,
    given: Mapping[str, Any],
    time: str = "makespan",
    efforts: tuple[int, ...] = (0, 1),
    seeds: tuple[int, ...] = (0, 1),
    on_step: Callable[[int, int], None] | None = None,
) -> Front:
    """Compile in all `ways`, with the arguments `given` of `Program.compile`.

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
    tried = ways(network, efforts, seeds)
    points: list[Point] = []
    for k, point in enumerate(_points(program, given, network, tried)):
        if point is not None:
            points.append(point)
        if on_step is not None:
            on_step(k + 1, len(tried))
    kept = undominated(points, time)
    return Front(time, kept, len(points), len(tried) - len(points))


def _points(
    program: Program,
    given: Mapping[str, Any],
    network: Network,
    tried: list[tuple[int, dict[str, Any]]],
) -> Iterator[Point | None]:
    for limit, options in tried:
        nodes = tuple(replace(node, comm=min(node.comm, limit)) for node in network.nodes)
        narrow = replace(network, nodes=nodes)
        try:
            made = program.compile(**dict(given) | {"network": narrow, "options": options})
        except InvalidProgram:
            yield None
            continue
        if made.wants_verification and not made.verification.verified:
            yield None
            continue
        c = made.cost
        yield Point(c.ebits, c.rounds, c.makespan_ns, c.peak_comm, limit, tuple(options.items()))


def undominated(points: list[Point], time: str) -> tuple[Point, ...]:
    """The points that no other one equals or beats in all three respects; of equals the first."""
    kept: dict[tuple[int, int, int], Point] = {}
    scores = [p.scores(time) for p in points]
    for p, s in zip(points, scores, strict=True):
        beaten = any(o != s and all(a <= b for a, b in zip(o, s, strict=True)) for o in scores)
        if not beaten:
            kept.setdefault(s, p)
    return tuple(kept[s] for s in sorted(kept))


def to_json(found: Front) -> dict[str, Any]:
    return {
        "schema": "qdsl-pareto/1",
        "time": found.time,
        "tried": found.tried,
        "left_out": found.left_out,
        "points": [p.to_json() for p in found.points],
    }


def picture(found: Front, title: str) -> str:
    """Ebits against time as an SVG file that needs nothing else; a point's label, and its size,
    is its number of communication qubits."""
    from html import escape

    width, height, left, low = 640, 400, 80, 340
    scores = [p.scores(found.time) for p in found.points]
    most_time = max((s[1] for s in scores), default=0) or 1
    most_ebits = max((s[0] for s in scores), default=0) or 1
    unit = "rounds" if found.time == "rounds" else "makespan (ms)"
    scale = 1 if found.time == "rounds" else 1e6

    def place(s: tuple[int, int, int]) -> tuple[float, float]:
        return left + 500 * s[1] / most_time, low - 280 * s[0] / most_ebits

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="13" role="img" aria-label="{escape(title)}">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{left}" y="28" font-size="16">{escape(title)}</text>',
        f'<path d="M{left} 50V{low}H{left + 530}" fill="none" stroke="#333"/>',
        f'<text x="{left + 250}" y="{low + 40}" text-anchor="middle">{unit}</text>',
        f'<text x="22" y="{low - 140}" transform="rotate(-90 22 {low - 140})" '
        'text-anchor="middle">ebits</text>',
    ]
    for k in range(5):
        along, up = left + 125 * k, low - 70 * k
        parts += [
            f'<text x="{along}" y="{low + 18}" text-anchor="middle">'
            f"{most_time * k / 4 / scale:.3g}</text>",
            f'<text x="{left - 8}" y="{up + 4}" text-anchor="end">{most_ebits * k / 4:.3g}</text>',
        ]
    for p, s in zip(found.points, scores, strict=True):
        x, y = place(s)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{4 + p.comm**0.5:.1f}" fill="#1f6feb" '
            f'fill-opacity="0.75"/><text x="{x + 10:.1f}" y="{y - 8:.1f}">{p.comm}</text>'
        )
    parts.append(
        f'<text x="{left + 530}" y="62" text-anchor="end" fill="#555">labels: '
        "communication qubits at one node</text></svg>"
    )
    return "\n".join(parts) + "\n"
