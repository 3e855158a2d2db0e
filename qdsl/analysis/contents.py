"""How many classical bits name what a party holds, to an accuracy or as a secret."""

from __future__ import annotations

import math
from collections.abc import Iterable

from qdsl.analysis.formulas import (
    amplitude_bits,
    angle_bits,
    block_bits,
    matching_bits,
    matrix_bits,
    phase_bits,
)
from qdsl.analysis.structure import Holding
from qdsl.diagnostics.numbers import integer

BITS_PER_REAL = 32
BITS_PER_ANGLE = 32


def message_bits(holdings: Iterable[Holding], eps: float) -> tuple[int, str]:
    """Bits that tell all these numbers so that every expectation of norm 1 stays within eps,
    and how they come about.

    One rounded vector, loaded once, moves them by at most half of what it is rounded for; several
    share eps, and so do several loadings.
    """
    held = tuple(holdings)
    rounded = [h for h in held if not h.is_exact]
    angles = sum(h.weight for h in rounded if h.way == "angle")
    groups = sum(h.loads for h in rounded) + bool(angles)
    share = 2 * eps / max(groups, 2)
    total, said = 0, []
    for h in held:
        each = _bits_a_number(h, angles, share)
        if h.vector.kind == "matching":
            bits = matching_bits(2 * h.vector.shape[0])
            said.append(f"{h.vector.name}: {bits}")
        else:
            bits = h.numbers * each
            said.append(f"{h.vector.name}: {h.numbers} x {each}")
        total += bits
    return total, ", ".join(said)


def _bits_a_number(h: Holding, angles: float, eps: float) -> int:
    if h.vector.kind == "bits":
        return 1
    match h.way:
        case "amplitude" | "reflect":
            return amplitude_bits(h.vector.size, eps)
        case "diagonal":
            return phase_bits(eps)
        case "block" | "lcu":
            return block_bits(max(h.vector.shape), eps)
        case "eigenbasis":
            return matrix_bits(max(h.vector.shape), eps)
    return angle_bits(angles, eps)


def secret_bits(holdings: Iterable[Holding]) -> int:
    """The size of what is held: 1 bit a bit, 32 a real number or angle, log2 of the number of
    matchings. No number of a vector counts twice, whatever it is used for."""
    found: dict[str, int] = {}
    for h in holdings:
        name, vector = h.vector.name, h.vector
        if vector.kind == "matching":
            found[name] = matching_bits(2 * vector.shape[0])
        else:
            most = vector.size * _stored(h)
            found[name] = min(most, found.get(name, 0) + h.numbers * _stored(h))
    return sum(found.values())


def _stored(h: Holding) -> int:
    return {"bits": 1, "angle": BITS_PER_ANGLE}.get(h.vector.kind, BITS_PER_REAL)


def readable_bits(bits: float | None) -> str:
    """`9,600`, `2.1e+12`."""
    if bits is None:
        return "more than 1e300"
    return integer(bits) if bits < 10**7 else f"{bits:.2g}"


def log2(number: int) -> float:
    """Of a whole number of any size; 0 for 0."""
    return math.log2(number) if number > 0 else 0.0
