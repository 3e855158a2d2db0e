"""How numbers look in a report that a person reads: one way everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor, log10

WRITTEN_OUT = 10**9  # from here on as powers


def integer(value: float, below: int = WRITTEN_OUT) -> str:
    """`5,904`, `2.18e9`: written out `below` a number."""
    whole = value < below and value == int(value)
    return f"{int(value):,}" if whole else _short(value)


def _short(value: float) -> str:
    return f"{value:.3g}".replace("e+0", "e").replace("e+", "e")


def bits(amount: int | None, log2: float | None) -> str:
    """A number of bits, as a power of two where it is beyond reading."""
    if amount is not None and amount < WRITTEN_OUT:
        return f"{amount:,}"
    if log2 is None and amount is None:
        return "–"
    exponent = float(amount.bit_length() - 1) if log2 is None and amount else log2
    return f"2^{exponent:.4g}"


def at_most(amount: float) -> str:
    """An upper bound in few digits, never rounded down: `26.1`, `5,904`, `5.47e8`."""
    if amount < 10**3:
        return f"{ceil(amount * 10 - 1e-6) / 10:g}"
    if amount < 10**8:
        return f"{ceil(amount - 1e-6):,}"
    unit = 10.0 ** (floor(log10(amount)) - 2)
    return _short(ceil(amount / unit - 1e-6) * unit)


def fidelity(value: float, digits: int = 3) -> str:
    """`0.767`; `below 1e-6` where the exact number says nothing more."""
    return "below 1e-6" if 0 <= value < 1e-6 else f"{value:.{digits}g}"


def likeliest(shares: Mapping[str, float]) -> list[tuple[str, float]]:
    """Outcomes and their shares, the likeliest first; those that differ by rounding alone, which is
    another on every machine, by their bits."""
    return sorted(shares.items(), key=lambda pair: (-round(pair[1], 9), pair[0]))


def duration(ns: float) -> str:
    """`41.3 ms`: three significant digits in a readable unit, fewer than 1,000 of it."""
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if ns >= 0.9995 * size:
            return f"{_to_nearest(ns / size)} {unit}"
    return f"{_to_nearest(ns)} ns"


def _to_nearest(value: float) -> str:
    """In three digits; halves, whatever their floating-point numbers are, away from 0."""
    return f"{float(f'{value:.9g}') * (1 + 1e-12):.3g}"


def frequency(hz: float) -> str:
    """A rate with the unit that suits it: `200 Hz`, `1.5 kHz`, `2 MHz`."""
    for unit, size in (("GHz", 1e9), ("MHz", 1e6), ("kHz", 1e3)):
        if abs(hz) >= size:
            return f"{hz / size:g} {unit}"
    return f"{hz:g} Hz"


def count(number: int, noun: str) -> str:
    """`1 item`, `2,000 items`."""
    return f"{integer(number)} {noun}" if number == 1 else f"{integer(number)} {noun}s"
