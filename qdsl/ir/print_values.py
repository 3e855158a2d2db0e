"""Angles, numbers and references to data as text."""

from __future__ import annotations

from fractions import Fraction
from math import isclose, pi

import numpy as np

from qdsl.ir.values import DataReference, Values


def angle_text(values: Values, expression: int) -> str:
    """`theta[3]*2 + pi/2`: the terms, then the constant unless it is 0 beside terms."""
    parts = []
    for coefficient, slot in values.angles.terms(expression):
        name = "*".join(_element(values, s) for s in values.factors(slot))
        parts.append(scaled_text(name, coefficient))
    constant = float(values.angles.constant[expression])
    if constant or not parts:
        parts.append(number_text(constant))
    return " + ".join(parts).replace("+ -", "- ")


def scaled_text(name: str, coefficient: float) -> str:
    """`-name`, `name*2` or `name*(pi/4)`."""
    if abs(coefficient) == 1.0:
        return name if coefficient > 0 else f"-{name}"
    text = number_text(abs(coefficient))
    return f"{'-' if coefficient < 0 else ''}{name}*{f'({text})' if '/' in text else text}"


def number_text(number: float) -> str:
    """Simple multiples of pi as such, others with 12 digits."""
    if not abs(number) < 1e3:  # nor a number at all
        return f"{number:.12g}"
    turns = Fraction(number / pi).limit_denominator(64)
    if turns and isclose(float(turns) * pi, number, rel_tol=1e-13):
        top = {1: "pi", -1: "-pi"}.get(turns.numerator, f"{turns.numerator}*pi")
        return top if turns.denominator == 1 else f"{top}/{turns.denominator}"
    return f"{number:.12g}"


def _element(values: Values, slot: int) -> str:
    v = next(v for v in values.vectors if slot in v.slots)
    index = np.unravel_index(slot - v.start, v.shape) if v.shape else ()
    return f"{v.name}[{', '.join(str(i) for i in index)}]" if v.shape else v.name


def reference_text(values: Values, reference: DataReference) -> str:
    """`x`, or `x[4..8]` where an encoding reads a part of a vector, in C order."""
    v = values.vector(reference.vector)
    first = reference.start - v.start
    whole = reference.size == v.size
    return v.name if whole else f"{v.name}[{first}..{first + reference.size}]"
