"""A picture as PNG or PDF: our own SVG, drawn by Matplotlib (the extra `pictures`).

Matplotlib brings its fonts along, so the same picture is the same bytes on every machine that has
the same version of it; no date is written. Only those elements and properties are read that
`qdsl.drawing` writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

from qdsl.diagnostics.request_error import MissingExtra

PX = 1 / 96  # inch, as CSS has it
POINT = 72 * PX
SHARPNESS = 2.0  # pixels of a PNG for a px of the picture
MOST_PIXELS = 60_000  # of a PNG's side: Matplotlib takes fewer than 2**16
CORNER = 0.5523  # where the control points of a quarter of a circle are
Style = dict[str, str]
_RULE = re.compile(r"(?:[.\w-]+ )?(\.?[\w-]+)\{([^}]*)\}")
_STEP = re.compile(r"([MmLlHhVvZz])|(-?\d+(?:\.\d+)?)")


def rendered(svg: str, form: str) -> bytes:
    """The picture as "png", two pixels for one of its px, or as "pdf"; both without a date.
    `MissingExtra` without Matplotlib."""
    try:
        matplotlib = import_module("matplotlib")
    except ImportError:
        raise MissingExtra(
            f"{form} files need matplotlib, which is not installed: "
            "pip install 'qdsl-compiler[pictures]'"
        ) from None
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams["pdf.fonttype"] = 42  # text stays text
        canvas = _Canvas(matplotlib, ElementTree.fromstring(svg))
        return canvas.saved(form)


class _Canvas:
    def __init__(self, matplotlib: Any, root: ElementTree.Element) -> None:
        self.root = root
        self.patches = import_module("matplotlib.patches")
        self.effects = import_module("matplotlib.patheffects")
        self.path = import_module("matplotlib.path").Path
        properties = import_module("matplotlib.font_manager").FontProperties
        fonts = f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans"
        self.fonts = (properties(fname=f"{fonts}.ttf"), properties(fname=f"{fonts}-Bold.ttf"))
        self.size = float(root.get("width", 1)), float(root.get("height", 1))
        self.rules = _rules("".join(e.text or "" for e in root.iter() if _kind(e) == "style"))
        inches = (self.size[0] * PX, self.size[1] * PX)
        self.figure = import_module("matplotlib.figure").Figure(figsize=inches)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, self.size[0]), ylim=(self.size[1], 0))
        self.axes.axis("off")
        self.above = 0  # what is written later lies above
        self._draw(root)

    def saved(self, form: str) -> bytes:
        out = BytesIO()
        if form == "png":
            sharpness = min(SHARPNESS, MOST_PIXELS / max(self.size))
            metadata: dict[str, str | None] = {"Title": self._title(), "Software": None}
            self.figure.savefig(out, format="png", dpi=sharpness / PX, metadata=metadata)
        else:
            undated = dict.fromkeys(("CreationDate", "Producer", "Creator"))
            metadata = {"Title": self._title(), **undated}
            self.figure.savefig(out, format="pdf", metadata=metadata)
        return out.getvalue()

    def _title(self) -> str:
        return self.root.get("aria-label", "")

    def _draw(self, parent: ElementTree.Element) -> None:
        for element in parent:
            self.above += 1
            match _kind(element):
                case "g":
                    self._draw(element)
                case "text":
                    self._text(element, self._style(element))
                case "rect" | "line" | "circle" | "path":
                    self._shape(element, self._style(element))

    def _style(self, element: ElementTree.Element) -> Style:
        """Attributes, and over them the rules of its kind and its classes."""
        found = dict(element.attrib) | self.rules.get(_kind(element), {})
        for name in element.get("class", "").split():
            found |= self.rules.get(f".{name}", {})
        return found

    def _text(self, element: ElementTree.Element, style: Style) -> None:
        side = {"middle": "center", "end": "right"}.get(style.get("text-anchor", ""), "left")
        size = re.search(r"([\d.]+)px", style.get("font-size", style.get("font", "12px")))
        text = self.axes.text(
            float(style["x"]), float(style["y"]), element.text or "", ha=side, va="baseline",
            color=style.get("fill", "#000000"), parse_math=False, zorder=self.above,
            font=self.fonts["font-weight" in style].copy(),
        )  # fmt: skip
        text.set_fontsize(POINT * float(size[1] if size else 12))
        if "paint-order" in style:
            width = POINT * float(style["stroke-width"].removesuffix("px"))
            halo = self.effects.withStroke(linewidth=width, foreground=style["stroke"])
            text.set_path_effects([halo])

    def _shape(self, element: ElementTree.Element, style: Style) -> None:
        stroke, fill = style.get("stroke", "none"), style.get("fill", "none")
        width = POINT * float(style.get("stroke-width", 1)) if stroke != "none" else 0.0
        dashes = [
            POINT * float(x) / (width or 1) for x in style.get("stroke-dasharray", "").split()
        ]
        points, codes = zip(*_points(element), strict=True)
        self.axes.add_patch(self.patches.PathPatch(
            self.path(points, codes), facecolor=fill, edgecolor=stroke, linewidth=width,
            zorder=self.above, linestyle=(0, dashes) if dashes else "solid",
            capstyle=_CAPS.get(style.get("stroke-linecap", ""), "butt"),
        ))  # fmt: skip


_CAPS = {"round": "round"}
_MOVE, _LINE, _CURVE, _CLOSE = 1, 2, 4, 79  # the codes of Matplotlib's paths
Point = tuple[tuple[float, float], int]


def _kind(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _rules(style: str) -> dict[str, Style]:
    """The properties by what stands last in a selector: `text`, `.m`."""
    return {
        name: dict(part.split(":", 1) for part in body.split(";") if part)
        for name, body in _RULE.findall(style)
    }


def _points(element: ElementTree.Element) -> Iterator[Point]:
    def of(name: str) -> float:
        return float(element.get(name, 0))

    match _kind(element):
        case "line":
            yield (of("x1"), of("y1")), _MOVE
            yield (of("x2"), of("y2")), _LINE
        case "rect":
            yield from _rounded(of("x"), of("y"), of("width"), of("height"), of("rx"))
        case "circle":
            r = of("r")
            yield from _rounded(of("cx") - r, of("cy") - r, 2 * r, 2 * r, r)
        case _:
            yield from _traced(element.get("d", ""))


def _rounded(x: float, y: float, wide: float, high: float, r: float) -> Iterator[Point]:
    """A rectangle whose corners are quarters of a circle; of an equally high one, a circle."""
    r = min(r, wide / 2, high / 2)
    right, bottom, k = x + wide, y + high, r * (1 - CORNER)
    yield (x + r, y), _MOVE
    corners = (
        ((right - r, y), (right - k, y), (right, y + k), (right, y + r)),
        ((right, bottom - r), (right, bottom - k), (right - k, bottom), (right - r, bottom)),
        ((x + r, bottom), (x + k, bottom), (x, bottom - k), (x, bottom - r)),
        ((x, y + r), (x, y + k), (x + k, y), (x + r, y)),
    )
    for first, *curve in corners:
        yield first, _LINE
        yield from ((point, _CURVE) for point in curve if r)
    yield (x + r, y), _CLOSE


def _traced(d: str) -> Iterator[Point]:
    """The points of a path of straight lines."""
    words = [(letter, float(value or 0)) for letter, value in _STEP.findall(d)]
    x = y = 0.0
    start, command, k = (0.0, 0.0), "", 0
    while k < len(words):
        if words[k][0]:
            command, k = words[k][0], k + 1
            if command in "Zz":
                yield start, _CLOSE
                (x, y) = start
            continue
        relative = command.islower()
        if command in "HhVv":
            step, k = words[k][1], k + 1
            across = command in "Hh"
            x, y = (step + x * relative, y) if across else (x, step + y * relative)
        else:
            x, y = words[k][1] + x * relative, words[k + 1][1] + y * relative
            k += 2
        if command in "Mm":
            start = (x, y)
        yield (x, y), _MOVE if command in "Mm" else _LINE
        command = {"M": "L", "m": "l"}.get(command, command)
