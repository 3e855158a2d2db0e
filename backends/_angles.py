"""Angles and data with or without values: numbers, or expressions of `theta_3`-like symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import pi
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.driver.errors import ValueWanted
from qdsl.ir.operations import Affine
from qdsl.ir.values import DataReference, Floats, Values

Angle = Any  # half-turns, as pytket has it: a float or a sympy.Expr, which has no type here
Given = Mapping[str, npt.ArrayLike]


def wanted(values: Values, vector: str, problem: str | None = None) -> InvalidProgram:
    """The error that `vector` has no value, or what `problem` says."""
    v = values.vector(vector)
    text = problem or f"'{vector}' has no value"
    return InvalidProgram((ValueWanted(text, vector, v.size, v.span),))


def bind(values: Values, given: Given | None) -> Floats | None:
    """All slot values, products included; None if there are vectors and nothing is given."""
    if given is None and values.vectors:
        return None
    for v in values.vectors:
        if v.name not in (given or {}):
            raise wanted(values, v.name)
    try:
        return values.extend(values.flatten(given or {}))
    except ValueError as error:
        wrong = _first_of_wrong_size(values, given or {})
        raise wanted(values, wrong, str(error)) from error


def _first_of_wrong_size(values: Values, given: Given) -> str:
    wrong = (v.name for v in values.vectors if np.size(np.asarray(given[v.name])) != v.size)
    return next(wrong, values.vectors[0].name)


def half_turns(values: Values, flat: Floats | None) -> Sequence[Angle]:
    """Every angle expression in half-turns; sympy expressions where values are not known."""
    if flat is not None:
        numbers: list[Angle] = (values.angles.evaluate(flat) / pi).tolist()
        return numbers
    angles: list[Angle] = (values.angles.constant / pi).tolist()
    for e in np.flatnonzero(np.diff(values.angles.term_start)).tolist():
        angles[e] = _symbolic(values, e)
    return angles


def _symbolic(values: Values, expression: int) -> Angle:
    import sympy  # type: ignore[import-untyped]

    names = symbol_names(values)
    total = sympy.Float(values.angles.constant[expression])
    for coefficient, slot in values.angles.terms(expression):
        factors = (sympy.Symbol(names[s]) for s in values.factors(slot))
        total = total + sympy.Mul(sympy.Float(coefficient), *factors)
    return total / sympy.pi


def symbol_names(values: Values) -> list[str]:
    """`theta_3` for element 3, in C order, of `theta`: one name for every slot."""
    return [f"{v.name}_{k}" for v in values.vectors for k in range(v.size)]


def turned(angle: Affine, own: Sequence[Angle]) -> Angle:
    """An operation's affine angle (radians) in half-turns, its own angles given so."""
    total: Angle = angle.constant / pi
    for coefficient, value in zip(angle.coefficients, own, strict=False):
        if coefficient:
            total = total + coefficient * value
    return total


def data_of(values: Values, flat: Floats | None, reference: DataReference) -> Floats:
    """The numbers an encoding reads, in its shape; `InvalidProgram` if they are not given."""
    if flat is None:
        raise wanted(values, reference.vector)
    return flat[reference.start : reference.start + reference.size].reshape(reference.shape)
