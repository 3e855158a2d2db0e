"""Networks, curves and colours."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from math import dist, hypot, log10

import pytest

from qdsl.drawing.colors import device_shades, oklch
from qdsl.drawing.curves import Curve, axis, curves_picture, spreads
from qdsl.drawing.network_map import (
    description,
    network_picture,
    numbers_left_out,
    positions,
)
from qdsl.drawing.svg import number, safe
from qdsl.network.network import Link, Network, Node, topology
from tests.qdsl.report.test_html import Reader


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


GROUND = {
    False: ("#ffffff", "#17191c", "#565c65", "#b5127b"),
    True: ("#14161a", "#e9ebee", "#a8aeb8", "#ff7ac6"),
}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("device", range(40))
def test_devices_can_be_read(device: int, dark: bool) -> None:
    shades, (ground, ink, soft, ebit) = device_shades(device, dark), GROUND[dark]
    assert contrast(shades.ink, ground) >= 4.5, "names of devices"
    assert contrast(shades.ink, shades.band) >= 4.5
    assert contrast(ink, shades.fill) >= 4.5, "names of gates"
    assert contrast(soft, shades.band) >= 4.5, "names of qubits"
    assert contrast(ebit, shades.band) >= 3, "ebits"
    assert contrast(shades.ink, shades.fill) >= 3, "outlines"


def test_the_page_has_the_colours_that_are_tested() -> None:
    from importlib.resources import files

    style = files("qdsl.report.html").joinpath("style.css").read_text(encoding="utf-8")
    for colors in GROUND.values():
        for name, color in zip(("bg", "ink", "soft", "ebit"), colors, strict=True):
            assert f"--{name}: {color};" in style


def oklab(color: str) -> tuple[float, float, float]:
    """B. Ottosson, "A perceptual color space for image processing", 2020."""
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    x = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    y = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    z = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    lightness = 0.2104542553 * x + 0.7936177850 * y - 0.0040720468 * z
    green_red = 1.9779984951 * x - 2.4285922050 * y + 0.4505937099 * z
    return lightness, green_red, 0.0259040371 * x + 0.7827717662 * y - 0.8086757660 * z


@pytest.mark.parametrize("dark", [False, True])
def test_twenty_devices_are_told_apart(dark: bool) -> None:
    """About 0.02 is the least difference that is seen."""
    shades = [device_shades(k, dark) for k in range(20)]
    for least, colors in ((0.045, [s.ink for s in shades]), (0.03, [s.fill for s in shades])):
        assert min(dist(oklab(a), oklab(b)) for a, b in combinations(colors, 2)) > least


def test_oklch_gives_known_colours() -> None:
    assert oklch(1.0, 0.0, 0.0) == "#ffffff"
    assert oklch(0.0, 0.0, 0.0) == "#000000"
    assert oklch(0.62796, 0.25768, 29.234) == "#ff0000"  # the red of sRGB


SHAPES = [("line", (2,)), ("line", (5,)), ("line", (20,)), ("ring", (8,)), ("star", (9,)),
          ("grid", (4, 5)), ("complete", (5,)), ("complete", (20,)), ("line", (1,)),
          ("ring", (80,))]  # fmt: skip


@pytest.mark.parametrize(("kind", "sizes"), SHAPES)
def test_nodes_stand_apart(kind: str, sizes: tuple[int, ...]) -> None:
    network = topology(kind, sizes, Node("", 4), Link(0, 1, 0.97))
    places = positions(network)
    least = 36 if len(places) <= 20 else 8
    assert all(hypot(a[0] - b[0], a[1] - b[1]) >= least for a, b in combinations(places, 2))
    assert all(0 <= x <= 560 and 0 <= y <= 340 for x, y in places)


def test_a_network_in_parts_or_without_links() -> None:
    nodes = tuple(Node(f"n{k}", 2) for k in range(4))
    for links in ((), (Link(0, 1), Link(2, 3))):
        network = Network("parts", nodes, links)
        assert len(set(positions(network))) == 4
        assert network_picture(network).count("<circle") == 4


def test_links_carry_their_ebits() -> None:
    network = topology("line", (3,), Node("", 4), Link(0, 1, 0.97))
    drawn = network_picture(network, {(0, 1): 12, (1, 2): 0})
    reader = Reader(drawn)
    assert "12" in reader.text and "node0 to node1: 12 ebits" in reader.text
    assert description(network, {(0, 1): 12}).endswith("Ebits by link: node0 to node1: 12.")
    assert drawn.count('class="idle"') == 1 and drawn.count('class="link"') == 1


NAMES = ("lab", "laboratory_a", "node12345678901", "x", "éééééééé")


@pytest.mark.parametrize(("kind", "sizes"), SHAPES)
def test_labels_never_overlap(kind: str, sizes: tuple[int, ...]) -> None:
    plain = topology(kind, sizes, Node("", 4), Link(0, 1, 0.97))
    nodes = [replace(x, name=f"{NAMES[k % 5]}{k}") for k, x in enumerate(plain.nodes)]
    network = replace(plain, nodes=tuple(nodes))
    ebits = {(min(x.a, x.b), max(x.a, x.b)): 1 + 37 * k % 140 for k, x in enumerate(plain.links)}
    drawn = network_picture(network, ebits)
    boxes = _boxes(drawn)
    assert len(boxes) >= len(nodes)
    for (a, (x1, y1, w1, h1)), (b, (x2, y2, w2, h2)) in combinations(boxes, 2):
        apart = 2 * abs(x1 - x2) >= w1 + w2 - 0.1 or 2 * abs(y1 - y2) >= h1 + h2 - 0.1
        assert apart, (a, b)
    pills = drawn.count('class="pill"')
    assert pills + numbers_left_out(network, ebits) == len(ebits)


def _boxes(drawn: str) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Names outside of nodes, nodes, and numbers: middle and size, letters 5.8 px wide."""
    found = []
    for x, y, r in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', drawn):
        found.append(("node", (float(x), float(y), 1.4 * float(r), 1.4 * float(r))))
    for x, y, words in re.findall(
        r'<text x="([\d.]+)" y="([\d.]+)" class="[^"]*out">([^<]*)', drawn
    ):
        found.append((words, (float(x), float(y) - 4, 5.8 * len(words), 11.0)))
    for pill in re.findall(r'<rect ([^>]*) class="pill"', drawn):
        x, y, wide, high, _ = map(float, re.findall(r'"([\d.]+)"', pill))
        found.append(("pill", (x + wide / 2, y + high / 2, wide, high)))
    return found


def test_names_from_outside_stay_text() -> None:
    network = Network("<x>", (Node("</svg><script>", 2), Node('"onload="', 2)), (Link(0, 1),))
    assert {tag for tag, _ in Reader(network_picture(network)).tags}.isdisjoint({"script", "x"})
    assert safe('<a href="x">\'&') == "&lt;a href=&quot;x&quot;&gt;&#x27;&amp;"


@pytest.mark.parametrize("values", [[1, 2, 3], [0.5], [-3, 7], [0, 1e-9], [1e6, 3e6], [5, 5]])
def test_axes_hold_all_values_with_round_ticks(values: list[float]) -> None:
    made = axis("x", values)
    assert made.low <= min(values) and max(values) <= made.high
    assert 2 <= len(made.ticks) <= 12
    assert all(-0.001 <= made.part(v) <= 1.001 for v in values)


def test_logarithmic_axes_take_numbers_of_any_size() -> None:
    made = axis("y", [3, 2**2000], is_log=True)
    assert made.low == 0 and made.high >= 2000 * log10(2)
    assert len(made.ticks) <= 9
    drawn = curves_picture([Curve("bits", [2, 3], [4, 2**2000])], "t", "n", "bits", log_y=True)
    assert "nan" not in drawn and "inf" not in drawn


def test_numbers_are_short() -> None:
    assert [number(x) for x in (1.0, 0.5, 1 / 3, 10, -2.0, 1e-9)] == [
        "1", "0.5", "0.33", "10", "-2", "0"
    ]  # fmt: skip


def test_narrow_logarithmic_axes_have_finer_ticks() -> None:
    made = axis("y", [80, 3200], is_log=True)
    assert [made.text(t) for t in made.ticks] == ["50", "100", "200", "500", "1000", "2000", "5000"]
    same = axis("y", [5.0, 5.0], is_log=True)
    assert same.low <= log10(5) <= same.high and same.high > same.low
    small = axis("y", [0.003, 0.02], is_log=True)
    assert [small.text(t) for t in small.ticks] == ["0.002", "0.005", "0.01", "0.02"]


def test_a_logarithmic_axis_is_for_what_differs_widely() -> None:
    assert spreads([Curve("loss", [1, 2], [1.0, 0.01])])
    assert not spreads([Curve("loss", [1, 2], [1.0, 0.5])])
    assert not spreads([Curve("loss", [1, 2], [1.0, 0.0])]) and not spreads([])
