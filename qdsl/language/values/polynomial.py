"""Angles while a program is compiled: real polynomials in value slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qdsl.records import dataclass

Factors = tuple[int, ...]  # slots, sorted; one may occur several times


@dataclass(frozen=True, slots=True)
class Polynomial:
    """`constant + sum coefficient * product(slots)`; terms are sorted and have no zero."""

    constant: float
    terms: tuple[tuple[Factors, float], ...] = ()

    @staticmethod
    def of_slot(slot: int) -> Polynomial:
        return Polynomial(0.0, (((slot,), 1.0),))

    @staticmethod
    def from_terms(constant: float, terms: Mapping[Factors, float]) -> Polynomial:
        return Polynomial(constant, tuple(sorted((f, c) for f, c in terms.items() if c != 0.0)))

    @property
    def is_constant(self) -> bool:
        return not self.terms

    @property
    def degree(self) -> int:
        return max((len(factors) for factors, _ in self.terms), default=0)

    @property
    def slots(self) -> frozenset[int]:
        return frozenset(slot for factors, _ in self.terms for slot in factors)

    def substituted(self, values: Sequence[Polynomial]) -> Polynomial:
        """With these in place of the slots, by their numbers."""
        total = Polynomial(self.constant)
        for factors, coefficient in self.terms:
            product = Polynomial(coefficient)
            for factor in factors:
                product = product * values[factor]
            total = total + product
        return total

    def scaled(self, factor: float) -> Polynomial:
        if factor == 1.0:
            return self
        if factor == 0.0:
            return Polynomial(0.0)
        return Polynomial(self.constant * factor, tuple((f, c * factor) for f, c in self.terms))

    def __neg__(self) -> Polynomial:
        return self.scaled(-1.0)

    def __add__(self, other: Polynomial) -> Polynomial:
        if not other.terms or not self.terms:
            return Polynomial(self.constant + other.constant, self.terms or other.terms)
        terms = dict(self.terms)
        for factors, coefficient in other.terms:
            terms[factors] = terms.get(factors, 0.0) + coefficient
        return Polynomial.from_terms(self.constant + other.constant, terms)

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + -other

    def __mul__(self, other: Polynomial) -> Polynomial:
        if not other.terms:
            return self.scaled(other.constant)
        if not self.terms:
            return other.scaled(self.constant)
        terms: dict[Factors, float] = {}
        for left, a in (*self.terms, ((), self.constant)):
            for right, b in (*other.terms, ((), other.constant)):
                factors = tuple(sorted(left + right))
                terms[factors] = terms.get(factors, 0.0) + a * b
        return Polynomial.from_terms(terms.pop((), 0.0), terms)


ZERO = Polynomial(0.0)
