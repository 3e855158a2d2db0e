"""A network as a picture: devices in their colours, links as thick as their ebits are many."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import atan2, cos, hypot, pi, sin
from typing import TYPE_CHECKING

from qdsl.diagnostics.numbers import count
from qdsl.drawing.colors import device_shades
from qdsl.drawing.map_labels import MapLabel, MapLabels, placed_labels
from qdsl.drawing.svg import label, line, picture, safe, tag

if TYPE_CHECKING:
    from qdsl.network.network import Network

WIDTH, HEIGHT, MARGIN, RADIUS = 560.0, 340.0, 40.0, 24.0
TARGET = 24.0  # px that a link is wide for a pointer
MOST_PLACED = 60  # nodes; beyond, they stand on a circle
MOST_NUMBERS = 32  # links that carry their number; the table has them all
Points = list[tuple[float, float]]
Ebits = Mapping[tuple[int, int], int]  # by (lower, higher) node index


def network_picture(network: Network, ebits: Ebits | None = None, standalone: bool = True) -> str:
    """The picture. `ebits` None: none were counted. `standalone`: with its own colours, on
    white; otherwise the page's classes `d0`, `d1`, ... colour it."""
    size, points, height = _laid_out(network)
    used = dict(ebits or {})
    most = max(used.values(), default=0)
    words = _labels(network, points, height, used)
    links = [_link(network, points, k, used, most, standalone) for k in range(len(network.links))]
    numbers = [_number(n) for n in words.numbers]
    nodes = [_node(network, points, n.of, size, n, standalone) for n in words.names]
    ground = [tag("rect", width=WIDTH, height=height, fill="#ffffff")] if standalone else []
    style = _STYLE if standalone else ""
    content = "".join([*ground, *links, *numbers, *nodes])
    return picture(WIDTH, height, description(network, used), content, style, "qdsl-map")


_STYLE = (
    ".qdsl-map text{font:12px system-ui,sans-serif;fill:#1c1e21;text-anchor:middle}"
    ".qdsl-map .out{paint-order:stroke;stroke:#fff;stroke-width:4px}"
    ".qdsl-map .little{font-size:9px}.qdsl-map .link{stroke:#b5127b}"
    ".qdsl-map .idle{stroke:#a9afb8;stroke-dasharray:3 4}"
    ".qdsl-map .pill{fill:#ffffff;stroke:#b5127b}"
)


def _laid_out(network: Network) -> tuple[float, Points, float]:
    """The radius of a node, where the nodes stand in the picture, and how high it is."""
    points = positions(network)
    size = _radius(len(points))
    top = min((y for _, y in points), default=0.0) - size - 10
    height = max((y for _, y in points), default=0.0) + size + 26 - top
    return size, [(x, y - top) for x, y in points], height


def numbers_left_out(network: Network, ebits: Ebits) -> int:
    """How many links with ebits have no number in the picture."""
    _, points, height = _laid_out(network)
    words = _labels(network, points, height, ebits)
    return len(_busy(ebits)) - len(words.numbers)


def description(network: Network, ebits: Ebits) -> str:
    """What the picture shows, in words."""
    names = [node.name for node in network.nodes]
    busy = [f"{names[a]} to {names[b]}: {n}" for (a, b), n in sorted(ebits.items()) if n]
    shown = ", ".join(busy[:12]) + (f" and {len(busy) - 12} more links" if len(busy) > 12 else "")
    said = f" Ebits by link: {shown}." if busy else ""
    size = f"{count(len(names), 'node')}, {count(len(network.links), 'link')}"
    return f"Network {network.name}: {size}.{said}"


def positions(network: Network) -> Points:
    """Where the nodes stand: distances as the number of links between them, if that can be."""
    n = len(network.nodes)
    circle = _circle(network)
    if n == 2:
        return [(WIDTH * 0.25, HEIGHT / 2), (WIDTH * 0.75, HEIGHT / 2)]
    dense = len(network.links) > MOST_NUMBERS and len(network.links) > 3 * n
    if n < 2 or n > MOST_PLACED or not network.links or dense:
        return circle
    first = (network.links[0].a, network.links[0].b)
    placed = _fitted(_relaxed(circle, _distances(network)), first)
    nearest = min(hypot(a[0] - b[0], a[1] - b[1]) for k, a in enumerate(placed) for b in placed[:k])
    return placed if nearest > 2.4 * _radius(n) else circle


def _radius(n: int) -> float:
    return RADIUS if n <= 12 else 18.0 if n <= 36 else 7.0


def _circle(network: Network) -> Points:
    """On an ellipse, equally far apart along it, neighbours beside one another where they can."""
    n = len(network.nodes)
    points = [(WIDTH / 2, HEIGHT / 2)] * n
    steps = [2 * pi * k / 720 - pi for k in range(721)]
    wide, high = WIDTH / 2 - MARGIN, HEIGHT / 2 - MARGIN
    ring = [(WIDTH / 2 + wide * cos(t), HEIGHT / 2 + high * sin(t)) for t in steps]
    lengths = [hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(ring)]
    passed, k = 0.0, 0
    for place, node in enumerate(_walk(network) if n > 1 else ()):
        while k < 720 and passed < sum(lengths) * place / n - 1e-6:
            passed, k = passed + lengths[k], k + 1
        points[node] = (float(round(ring[k][0])), float(round(ring[k][1])))
    return points


def _walk(network: Network) -> list[int]:
    """The nodes, neighbours one after the other as far as depth-first search has them so."""
    seen: dict[int, None] = {}
    for start in range(len(network.nodes)):
        stack = [start]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen[node] = None
                stack += [x for x in reversed(network.neighbours[node]) if x not in seen]
    return list(seen)


def _distances(network: Network) -> list[list[float]]:
    """Links on the shortest path; where there is none, one more than the longest."""
    n = len(network.nodes)
    found = [[float(n)] * n for _ in range(n)]
    for start in range(n):
        found[start][start] = 0.0
        queue = [start]
        for here in queue:
            for there in network.neighbours[here]:
                if there != start and found[start][there] == n:
                    found[start][there] = found[start][here] + 1
                    queue.append(there)
    longest = max((d for row in found for d in row if d < n), default=1.0)
    return [[min(d, longest + 1) for d in row] for row in found]


def _relaxed(points: Points, wanted: list[list[float]], rounds: int = 300) -> Points:
    """Stress majorization (Gansner, Koren, North, "Graph drawing by stress majorization", 2004),
    one node after the other; in Python's own floats, so the same everywhere."""
    place = [(x / 100, y / 80) for x, y in points]
    n = len(place)
    for _ in range(rounds if n <= 24 else 60):
        for i in range(n):
            total = sum_x = sum_y = 0.0
            for j in range(n):
                if j == i:
                    continue
                dx, dy = place[i][0] - place[j][0], place[i][1] - place[j][1]
                away = (dx * dx + dy * dy) ** 0.5 or 1e-9
                weight = 1.0 / (wanted[i][j] * wanted[i][j])
                total += weight
                sum_x += weight * (place[j][0] + wanted[i][j] * dx / away)
                sum_y += weight * (place[j][1] + wanted[i][j] * dy / away)
            place[i] = (sum_x / total, sum_y / total)
    return place


def _fitted(points: Points, first_link: tuple[int, int]) -> Points:
    """Turned so that they are wider than high, or, where they are as wide as high, so that the
    first link lies level; and scaled into the picture."""
    cx, cy = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    xx = sum((x - cx) ** 2 for x, _ in points)
    yy = sum((y - cy) ** 2 for _, y in points)
    xy = sum((x - cx) * (y - cy) for x, y in points)
    if hypot(xx - yy, 2 * xy) > 0.1 * (xx + yy):
        angle = 0.5 * atan2(2 * xy, xx - yy)
    else:
        (x1, y1), (x2, y2) = (points[i] for i in first_link)
        angle = atan2(y2 - y1, x2 - x1)
    c, s = cos(angle), sin(angle)
    turned = [(c * (x - cx) + s * (y - cy), c * (y - cy) - s * (x - cx)) for x, y in points]
    left, right = min(x for x, _ in turned), max(x for x, _ in turned)
    top, bottom = min(y for _, y in turned), max(y for _, y in turned)
    wide, high = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    scale = min(wide / max(right - left, 1e-6), high / max(bottom - top, 1e-6))
    return [
        (
            float(round(WIDTH / 2 + (x - (left + right) / 2) * scale)),
            float(round(HEIGHT / 2 + (y - (top + bottom) / 2) * scale)),
        )
        for x, y in turned
    ]


def _link(
    network: Network, points: Points, k: int, used: Ebits, most: int, standalone: bool
) -> str:
    link = network.links[k]
    n = used.get((min(link.a, link.b), max(link.a, link.b)), 0)
    (x1, y1), (x2, y2) = points[link.a], points[link.b]
    names = f"{network.nodes[link.a].name} to {network.nodes[link.b].name}"
    title = tag("title", safe(f"{names}: {n} ebits, fidelity {link.pair_fidelity:g}"))
    width = 1.5 + (6.5 if len(network.links) <= MOST_NUMBERS else 2) * n / most if n else 1.2
    kind = "link" if n else "idle"
    drawn = line(x1, y1, x2, y2, stroke_width=width, stroke_linecap="round", class_=kind)
    if standalone or not n:
        return f"<g>{title}{drawn}</g>"
    near = line(x1, y1, x2, y2, stroke_width=TARGET, class_="near")
    ends = f"l{min(link.a, link.b)}-{max(link.a, link.b)}"
    return tag("g", title + near + drawn, data_filter=ends)


def _busy(used: Ebits) -> list[tuple[int, int]]:
    return sorted((pair for pair, n in used.items() if n), key=lambda p: (-used[p], p))


def _labels(network: Network, points: Points, height: float, used: Ebits) -> MapLabels:
    """Names of all nodes, and numbers of the busiest links."""
    named = [(node.name, point) for node, point in zip(network.nodes, points, strict=True)]
    busy = [(str(used[a, b]), points[a], points[b]) for a, b in _busy(used)]
    return placed_labels((WIDTH, height), named, _radius(len(points)), busy[:MOST_NUMBERS])


def _number(n: MapLabel) -> str:
    box = n.box
    pill = tag("rect", x=box.x - box.width / 2, y=box.y - box.height / 2, width=box.width,
               height=box.height, rx=box.height / 2, class_="pill")  # fmt: skip
    small = {"class_": "little"} if n.is_small else {}
    return pill + label(box.x, box.y + (3 if n.is_small else 4.5), n.words, **small)


def _name(n: MapLabel) -> str:
    if not n.words:
        return ""
    class_ = f"name{' little' if n.is_small else ''}{'' if n.is_inside else ' out'}"
    return label(n.box.x, n.box.y + (3.5 if n.is_small else 4), n.words, class_=class_)


def _node(
    network: Network, points: Points, i: int, size: float, name: MapLabel, standalone: bool
) -> str:
    node, (x, y) = network.nodes[i], points[i]
    shades = device_shades(i)
    colors = {"fill": shades.fill, "stroke": shades.ink} if standalone else {"class_": f"dev d{i}"}
    title = tag("title", safe(f"{node.name}: {node.qubits} data qubits, {node.comm} communication"))
    disc = tag("circle", cx=x, cy=y, r=size, stroke_width=2, **colors)
    return tag("g", title + disc + _name(name), data_filter=None if standalone else f"n{i}")
