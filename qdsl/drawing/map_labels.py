"""Where the words of a network's picture stand: names of nodes, numbers of links. None overlaps
another, or a node that is not its own; a number for which there is no room is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qdsl.records import dataclass

LETTER, SMALL_LETTER = 6.9, 5.4  # px that a letter of a name or number is wide at most
ALONG = (0.5, 0.42, 0.58, 0.35, 0.65, 0.28, 0.72, 0.22, 0.78)  # of a link, from one end
LENGTHS = (14, 10, 7, 5)  # letters of a name; the whole is in the tool tip
HIGH, GAP = 14.0, 3.0
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class LabelBox:
    """A rectangle by its middle and its size, in px."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: LabelBox) -> bool:
        return (
            abs(self.x - other.x) * 2 < self.width + other.width
            and abs(self.y - other.y) * 2 < self.height + other.height
        )


@dataclass(frozen=True, slots=True)
class MapLabel:
    """Words and the box they fill; `is_small`: in small letters; `of`: number of the node or of the
    link; `is_inside` the node."""

    of: int
    words: str
    box: LabelBox
    is_small: bool
    is_inside: bool = False


@dataclass(frozen=True, slots=True)
class MapLabels:
    """`left_out`: how many links have no number for want of room."""

    names: tuple[MapLabel, ...]
    numbers: tuple[MapLabel, ...]
    left_out: int


def placed_labels(
    size: Point,
    nodes: Sequence[tuple[str, Point]],
    radius: float,
    links: Sequence[tuple[str, Point, Point]],
) -> MapLabels:
    """Labels in a picture of this size: all names, and the numbers in their order as far as there
    is room for them."""
    discs = [LabelBox(x, y, 2 * radius, 2 * radius) for _, (x, y) in nodes]
    taken: list[LabelBox] = []
    names = []
    for i, (name, point) in enumerate(nodes):
        others = discs[:i] + discs[i + 1 :] + taken
        label = next(
            x for x in _name_places(i, name, point, radius)
            if x.is_inside or (_is_inside(x.box, size) and _is_free(x.box, others))
        )  # fmt: skip
        names.append(label)
        taken.append(label.box)
    numbers = []
    for k, (words, a, b) in enumerate(links):
        found = (x for x in _number_places(k, words, a, b) if _is_free(x.box, discs + taken))
        label_ = next(found, None)
        if label_ is not None:
            numbers.append(label_)
            taken.append(label_.box)
    return MapLabels(tuple(names), tuple(numbers), len(links) - len(numbers))


def _is_free(box: LabelBox, others: Sequence[LabelBox]) -> bool:
    return not any(box.meets(other) for other in others)


def _is_inside(box: LabelBox, size: Point) -> bool:
    return (
        box.width / 2 <= box.x <= size[0] - box.width / 2
        and box.height / 2 <= box.y <= size[1] - box.height / 2
    )


def _name_places(i: int, name: str, at: Point, radius: float) -> Iterator[MapLabel]:
    """Inside the node if it fits there, else around it, ever shorter, and at last inside;
    nothing in a node too small for three letters, whose tool tip has the name."""
    (x, y), room = at, int((2 * radius - 3) / SMALL_LETTER)
    if len(name) <= room:
        yield _inside(i, name, at, radius)
    for length in LENGTHS:
        words = _short(name, length)
        wide = LETTER * len(words)
        low, beside = radius + GAP + HIGH / 2, radius + GAP + wide / 2
        for dx, dy in ((0.0, low), (0.0, -low), (beside, 0.0), (-beside, 0.0)):
            yield MapLabel(i, words, LabelBox(x + dx, y + dy, wide, HIGH), False)
    yield _inside(i, _short(name, room) if room > 2 else "", at, radius)


def _inside(i: int, words: str, at: Point, radius: float) -> MapLabel:
    is_small = LETTER * len(words) > 2 * radius - 3
    box = LabelBox(*at, min(LETTER * len(words), 2 * radius), HIGH)
    return MapLabel(i, words, box, is_small, is_inside=True)


def _number_places(k: int, words: str, a: Point, b: Point) -> Iterator[MapLabel]:
    for is_small in (False, True):
        wide = 10 + SMALL_LETTER * len(words) if is_small else 14 + LETTER * len(words)
        for part in ALONG:
            x, y = a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part
            yield MapLabel(k, words, LabelBox(x, y, wide, 16.0 if is_small else 22.0), is_small)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
