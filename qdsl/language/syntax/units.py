"""The units a number may carry, and what they measure."""

from __future__ import annotations

from types import MappingProxyType

from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """`scale` turns a number in this unit into the base unit of its dimension.

    Bases: Hz, second, metre, decibel, decibel per metre, radian, and 1 for fractions.
    """

    dimension: str
    scale: float


UNITS = MappingProxyType(
    {
        "Hz": Unit("rate", 1.0),
        "kHz": Unit("rate", 1e3),
        "MHz": Unit("rate", 1e6),
        "GHz": Unit("rate", 1e9),
        "ns": Unit("time", 1e-9),
        "us": Unit("time", 1e-6),
        "µs": Unit("time", 1e-6),  # the micro sign, U+00B5
        "μs": Unit("time", 1e-6),  # the Greek letter mu, U+03BC
        "ms": Unit("time", 1e-3),
        "s": Unit("time", 1.0),
        "min": Unit("time", 60.0),
        "um": Unit("length", 1e-6),
        "mm": Unit("length", 1e-3),
        "cm": Unit("length", 1e-2),
        "m": Unit("length", 1.0),
        "km": Unit("length", 1e3),
        "dB": Unit("loss", 1.0),
        "dB/km": Unit("loss per length", 1e-3),
        "rad": Unit("angle", 1.0),
        "deg": Unit("angle", 0.017453292519943295),
        "%": Unit("fraction", 0.01),
    }
)
