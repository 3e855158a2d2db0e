"""Named values (data and parameters), and angles as polynomials in them.

All numbers of all vectors stand in one flat list of *slots*: slot `vector.start + k` is
element k of the vector in C order. Products of slots get slots of their own after those, so
an angle is always affine in the extended list, and nothing is compiled again when a value
changes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.source import Span
from qdsl.records import dataclass

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ValueVector:
    """`data x: real[16] owner alice`: `role` is "data" or "param"; `kind` is "real", "angle",
    "bits", "int" or "matching" (shape (N/2, 2), node labels); `owner` None is public."""

    name: str
    role: str
    kind: str
    shape: tuple[int, ...]
    owner: str | None
    start: int
    span: Span | None = None

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def slots(self) -> range:
        return range(self.start, self.start + self.size)


@dataclass(frozen=True, slots=True)
class DataReference:
    """The slots that an encoding reads: `slots` are consecutive, `kind` as in `ValueVector`."""

    vector: str
    kind: str
    start: int
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Angles:
    """Angle expressions in radians: expression e is
    `constant[e] + sum_k coefficient[k] * slot_value[slot[k]]`, k in term_start[e:e+2]."""

    constant: Floats
    term_start: npt.NDArray[np.int32]
    coefficient: Floats
    slot: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.constant)

    def terms(self, e: int) -> tuple[tuple[float, int], ...]:
        """The (coefficient, slot) pairs of expression e."""
        start, end = self.term_start[e], self.term_start[e + 1]
        pairs = zip(self.coefficient[start:end], self.slot[start:end], strict=True)
        return tuple((float(c), int(s)) for c, s in pairs)

    def is_constant(self, e: int) -> bool:
        return bool(self.term_start[e] == self.term_start[e + 1])

    def evaluate(self, slot_values: Floats) -> Floats:
        """All angles, float64[len(self)], from the extended slot values (`Values.extend`)."""
        sums = self.constant.copy()
        rows = np.repeat(np.arange(len(self)), np.diff(self.term_start))
        np.add.at(sums, rows, self.coefficient * slot_values[self.slot])
        return sums


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The named vectors of a circuit and the products of their slots."""

    vectors: tuple[ValueVector, ...]
    products: tuple[tuple[int, ...], ...]
    angles: Angles
    references: tuple[DataReference, ...]

    @property
    def n_slots(self) -> int:
        """Slots of the vectors; product k has slot `n_slots + k`."""
        return sum(v.size for v in self.vectors)

    def vector(self, name: str) -> ValueVector:
        return next(v for v in self.vectors if v.name == name)

    def factors(self, slot: int) -> tuple[int, ...]:
        """The vector slots behind a slot: itself, or the factors of a product."""
        n = self.n_slots
        return (slot,) if slot < n else self.products[slot - n]

    def flatten(self, values: Mapping[str, npt.ArrayLike]) -> Floats:
        """One float64[n_slots] from arrays by vector name. KeyError for a missing vector,
        ValueError for a wrong size."""
        parts = [np.zeros(0)]
        for v in self.vectors:
            given = real_numbers(values[v.name]).reshape(-1)
            if given.size != v.size:
                raise ValueError(f"'{v.name}' has {given.size} numbers; {v.size} are wanted")
            parts.append(given)
        return np.concatenate(parts)

    def extend(self, flat: Floats) -> Floats:
        """Slot values with the products appended."""
        extra = [float(np.prod(flat[list(p)])) for p in self.products]
        return np.concatenate([flat, np.asarray(extra, np.float64)])


def real_numbers(given: npt.ArrayLike) -> Floats:
    """What a user gives for a vector, float64. ValueError for what would be lost in that."""
    has_mask = "numpy.ma" in sys.modules and isinstance(given, np.ma.MaskedArray)
    if has_mask and np.ma.is_masked(given):
        raise ValueError("some entries are masked: fill them, or leave the items out")
    found = np.asarray(given)
    if found.dtype.kind == "c":
        raise ValueError("complex numbers are not taken: give real and imaginary parts as data")
    return np.asarray(found, np.float64)


class AngleBuilder:
    """Collects angle expressions and products; equal expressions are kept once."""

    def __init__(self, n_slots: int) -> None:
        self._n_slots = n_slots
        self._known: dict[tuple[float, tuple[tuple[float, int], ...]], int] = {}
        self._count = 0
        self._constant: list[float] = []
        self._term_end: list[int] = [0]
        self._coefficient: list[float] = []
        self._slot: list[int] = []
        self._products: dict[tuple[int, ...], int] = {}

    @staticmethod
    def like(values: Values) -> AngleBuilder:
        """A builder that starts with the expressions of `values`, under the same indices."""
        builder = AngleBuilder(values.n_slots)
        builder._products = {p: k for k, p in enumerate(values.products)}
        a = values.angles
        builder._constant = a.constant.tolist()
        builder._term_end = a.term_start.tolist()
        builder._coefficient = a.coefficient.tolist()
        builder._slot = a.slot.tolist()
        return builder

    def __len__(self) -> int:
        return len(self._constant)

    def product(self, factors: Sequence[int]) -> int:
        """The slot of a product of two or more vector slots."""
        key = tuple(sorted(factors))
        return self._n_slots + self._products.setdefault(key, len(self._products))

    def add(self, *expressions: tuple[float, Sequence[tuple[float, int]]]) -> int:
        """The index of the first of these consecutive expressions (constant, terms)."""
        canonical = [
            (float(c) + 0.0, tuple(sorted(((float(k), s) for k, s in t), key=lambda u: u[1])))
            for c, t in expressions
        ]
        if len(canonical) == 1:
            known = self._known.get(canonical[0])
            if known is not None:
                return known
            self._known[canonical[0]] = len(self._constant)
        first = len(self._constant)
        for constant, terms in canonical:
            self._constant.append(constant)
            self._coefficient.extend(k for k, _ in terms)
            self._slot.extend(s for _, s in terms)
            self._term_end.append(len(self._slot))
        return first

    def constant(self, *angles: float) -> int:
        """The index of the first of these consecutive constant angles."""
        return self.add(*((a, ()) for a in angles))

    def build(
        self, vectors: Sequence[ValueVector] = (), references: Sequence[DataReference] = ()
    ) -> Values:
        angles = Angles(
            np.array(self._constant, np.float64),
            np.array(self._term_end, np.int32),
            np.array(self._coefficient, np.float64),
            np.array(self._slot, np.int32),
        )
        return Values(tuple(vectors), tuple(self._products), angles, tuple(references))
