"""The vectors and labels of an experiment, from the problem that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isqrt

import numpy as np
import numpy.typing as npt

from qdsl.data.errors import DataDoesNotFit
from qdsl.data.karate import NODES, one_hop
from qdsl.data.problems import hidden_matching, subspace, trace_product
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.language.check.options import INSTANCES
from qdsl.language.typed.program import Instances
from qdsl.records import dataclass

Floats = npt.NDArray[np.float64]
Shape = tuple[int, ...]
Made = tuple[dict[str, Floats], float]  # arrays by name, label

LARGEST = 2**12  # of matrices: their side


@dataclass(frozen=True, slots=True)
class _Problem:
    """`make(shapes, seed, share)`, and how many dimensions or nodes the shape of each array is
    for; `least` and `most` of them."""

    make: Callable[[int, Mapping[str, Shape], int, float], Made]
    size: Mapping[str, Callable[[Shape], int]]
    least: int
    most: int
    is_power: bool = True


def filled(
    asked: Instances, shapes: Mapping[str, Shape]
) -> tuple[dict[str, Floats], npt.NDArray[np.float64]]:
    """Arrays by name, of shape (items, ...) if there are several, and one label an item; item k
    is the instance of seed + k. InvalidProgram where the model's vectors do not fit."""
    problem = _PROBLEMS[asked.problem]
    wanted = {name: shapes[name] for name in INSTANCES[asked.problem] if name in shapes}
    size = _size(asked, problem, wanted)
    made = [problem.make(size, wanted, asked.seed + k, asked.share) for k in range(asked.items)]
    columns: dict[str, Floats] = {}
    for name, shape in wanted.items():
        items = [arrays[name].astype(np.float64) for arrays, _ in made]
        if items[0].shape != shape:
            raise _misfit(asked, name, shape, f"{_text(items[0].shape)} numbers")
        columns[name] = np.stack(items) if asked.items > 1 else items[0]
    return columns, np.array([label for _, label in made])


def _size(asked: Instances, problem: _Problem, wanted: Mapping[str, Shape]) -> int:
    for name, shape in wanted.items():
        if name not in problem.size:
            continue
        size = problem.size[name](shape)
        if problem.is_power and size & (size - 1):
            raise _misfit(asked, name, shape, "2**n dimensions")
        if not problem.least <= size <= problem.most:
            raise _misfit(asked, name, shape, f"{problem.least} to {problem.most} of them")
        return size
    name, shape = next(iter(wanted.items()))
    raise _misfit(asked, name, shape, f"also {' or '.join(problem.size)}")


def _misfit(asked: Instances, name: str, shape: Shape, of_problem: str) -> InvalidProgram:
    wanted = f"{_text(shape)} numbers, where '{asked.problem}' has {of_problem}"
    return InvalidProgram((DataDoesNotFit(asked.span, name, "of another size", wanted),))


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "1"


# ---- the problems ----------------------------------------------------------------------


def _matching(size: int, shapes: Mapping[str, Shape], seed: int, share: float) -> Made:
    """`w` turns the answer of every labelled edge into that of the instance."""
    one = hidden_matching(size.bit_length() - 1, seed, share)
    signs = np.zeros(size)
    signs[1 : 2 * len(one.labels) : 2] = one.labels
    return {**one.values, "w": signs}, 1.0 - 2.0 * one.answer


def _subspace(size: int, shapes: Mapping[str, Shape], seed: int, share: float) -> Made:
    """`M` is 1 on the first half of the basis, -1 on the second."""
    one = subspace(size.bit_length() - 1, seed)
    p = one.first_half
    found = {"v": one.vector, "P": p, "M": 2 * p @ p.T - np.eye(size)}
    return found, 1.0 - 2.0 * one.answer


def _trace(size: int, shapes: Mapping[str, Shape], seed: int, share: float) -> Made:
    one = trace_product(size.bit_length() - 1, seed)
    pair = np.eye(size).reshape(-1) / np.sqrt(size)
    found = dict(zip("ABCD", one.matrices, strict=True))
    return {**found, "pair": pair, "back": pair.reshape(-1, 1)}, one.share**2


def _karate(size: int, shapes: Mapping[str, Shape], seed: int, share: float) -> Made:
    return one_hop(size, next(_features(shapes, size)), seed)


def _features(shapes: Mapping[str, Shape], nodes: int) -> Iterator[int]:
    """As many as the model has, at most three."""
    for name, shape in shapes.items():
        if name in ("X", "W"):
            yield min(shape[-1], 3)
        elif name == "M":
            yield min(max(shape[0] // nodes, 1), 3)
    yield 1


def _first(shape: Shape) -> int:
    return shape[0] if shape else 1


_PROBLEMS = {
    "hidden_matching": _Problem(
        _matching, {"x": _first, "m": lambda s: 2 * _first(s), "w": _first}, 4, 2**24
    ),
    "vector_in_subspace": _Problem(_subspace, {"v": _first, "P": _first, "M": _first}, 2, LARGEST),
    "abcd": _Problem(
        _trace,
        {
            **dict.fromkeys("ABCD", _first),
            "pair": lambda s: isqrt(_first(s)),
            "back": lambda s: isqrt(_first(s)),
        },
        2,
        LARGEST,
    ),
    "karate_club": _Problem(_karate, {"X": _first, "A": _first}, NODES, LARGEST),
}
