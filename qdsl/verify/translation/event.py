"""Angles, and the events of a program: what is left of its operations, seen through a frame."""

from __future__ import annotations

from qdsl.diagnostics.source import Span
from qdsl.ir.paulis import Pauli
from qdsl.records import dataclass

TOLERANCE = 1e-9  # radians: angles are equal, or nothing, up to this
ROUNDING = 1e-14  # of one sum: dropped at once; more would add up over many small angles


@dataclass(frozen=True, slots=True)
class AffineAngle:
    """`constant + sum coefficient * value`, in radians; a value is named by its vector slots,
    several for a product."""

    constant: float
    terms: tuple[tuple[tuple[int, ...], float], ...] = ()

    def plus(self, other: AffineAngle, factor: float = 1.0) -> AffineAngle:
        sums = dict(self.terms)
        for name, coefficient in other.terms:
            sums[name] = sums.get(name, 0.0) + factor * coefficient
        kept = tuple(sorted((n, c) for n, c in sums.items() if abs(c) > TOLERANCE))
        return AffineAngle(self.constant + factor * other.constant, kept)

    def close_to(self, other: AffineAngle) -> bool:
        if [n for n, _ in self.terms] != [n for n, _ in other.terms]:
            return False
        same = all(
            abs(a - b) < TOLERANCE for (_, a), (_, b) in zip(self.terms, other.terms, strict=True)
        )
        return same and abs(self.constant - other.constant) < TOLERANCE


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` "turn": a rotation by `angle` about `axes[0]`; "measure": of `axes[0]` (with sign)
    into `bit`; else an operation on the algebra of `axes`, named by `data`."""

    kind: str
    axes: tuple[Pauli, ...]
    angle: AffineAngle = AffineAngle(0.0)
    sign: int = 1
    bit: int = -1
    condition: tuple[int, int] | None = None
    data: tuple[object, ...] = ()
    span: Span | None = None

    @property
    def is_negligible(self) -> bool:
        """A turn by nothing, up to the tolerance."""
        return self.kind == "turn" and not self.angle.terms and abs(self.angle.constant) < TOLERANCE

    def commutes(self, other: Event) -> bool:
        writes = self.bit >= 0 or other.bit >= 0  # seldom
        if writes and not (self._classically_free(other) and other._classically_free(self)):
            return False
        for a in self.axes:  # loops: this is called more often than anything else here
            for b in other.axes:
                if not a.commutes(b):
                    return False
        return True

    def _classically_free(self, other: Event) -> bool:
        """Does `other` neither write what this reads nor write what this writes?"""
        if other.bit < 0:
            return True
        reads = self.condition is not None and self.condition[0] == other.bit
        return not reads and self.bit != other.bit

    def same_place(self, other: Event) -> bool:
        """Equal but for angle and span."""
        return (
            self.kind == other.kind
            and self.axes == other.axes
            and self.sign == other.sign
            and self.bit == other.bit
            and self.condition == other.condition
            and self.data == other.data
        )
