"""One colour a device, the same in every picture, for light and for dark pages.

Colours are chosen in OKLCH, where equal lightness looks equally light (B. Ottosson, "A
perceptual color space for image processing", 2020), and written as sRGB.
"""

from __future__ import annotations

from math import cos, pi, sin

from qdsl.records import dataclass

_HUES = (255, 45, 150, 305, 95, 199, 341)
_TURN = 137.508  # degrees, golden angle: hues of devices beyond three rounds of the list
# Lightness and chroma of ink, fill and band, on light and on dark pages, by round: 21 devices that
# differ in hue or in depth.
_LIGHT = (
    ((0.44, 0.12), (0.90, 0.055), (0.972, 0.014)),
    ((0.32, 0.09), (0.79, 0.10), (0.955, 0.022)),
    ((0.52, 0.14), (0.855, 0.085), (0.985, 0.008)),
)
_DARK = (
    ((0.82, 0.10), (0.36, 0.07), (0.235, 0.025)),
    ((0.77, 0.125), (0.44, 0.11), (0.21, 0.035)),
    ((0.90, 0.055), (0.29, 0.045), (0.26, 0.015)),
)


@dataclass(frozen=True, slots=True)
class Shades:
    """`ink` for text and outlines, `fill` of gates, `band` behind the device; sRGB `#rrggbb`."""

    ink: str
    fill: str
    band: str


def device_shades(device: int, dark: bool = False) -> Shades:
    """The colours of device number `device`, counted from 0."""
    rounds = len(_HUES) * len(_LIGHT)
    hue = _HUES[device % len(_HUES)] if device < rounds else (device * _TURN) % 360
    depth = (_DARK if dark else _LIGHT)[device // len(_HUES) % len(_LIGHT)]
    ink, fill, band = (oklch(lightness, chroma, hue) for lightness, chroma in depth)
    return Shades(ink, fill, band)


def oklch(lightness: float, chroma: float, hue: float) -> str:
    """sRGB `#rrggbb` of an OKLCH colour; hue in degrees. What sRGB lacks is clipped."""
    a, b = chroma * cos(hue * pi / 180), chroma * sin(hue * pi / 180)
    l3 = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m3 = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s3 = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3,
        -1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3,
        -0.0041960863 * l3 - 0.7034186147 * m3 + 1.7076147010 * s3,
    )
    return "#" + "".join(f"{round(255 * _encoded(x)):02x}" for x in linear)


def _encoded(x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return 12.92 * x if x <= 0.0031308 else float(1.055 * x ** (1 / 2.4) - 0.055)
