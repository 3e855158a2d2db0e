"""Pauli operators as bit masks, and the frame that Clifford operations leave behind.

`Pauli(x, z, phase)` is `i**phase * X^x * Z^z`, bit q of a mask standing for qubit q.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Pauli(NamedTuple):
    x: int
    z: int
    phase: int  # modulo 4

    def times(self, other: Pauli) -> Pauli:
        """The product `self other`."""
        swaps = (self.z & other.x).bit_count()
        return Pauli(self.x ^ other.x, self.z ^ other.z, (self.phase + other.phase + 2 * swaps) & 3)

    def commutes(self, other: Pauli) -> bool:
        return not ((self.x & other.z).bit_count() + (self.z & other.x).bit_count()) & 1

    @property
    def sign(self) -> int:
        """+1 or -1 of a Hermitian word: its phase beside that of the bare letters."""
        ys = (self.x & self.z).bit_count()
        return 1 if (self.phase - ys) % 4 == 0 else -1

    @property
    def bare(self) -> Pauli:
        """The word with sign +1."""
        return Pauli(self.x, self.z, (self.x & self.z).bit_count() & 3)


IDENTITY = Pauli(0, 0, 0)


def letter(which: str, qubit: int) -> Pauli:
    """X, Y or Z on one qubit."""
    bit = 1 << qubit
    if which == "X":
        return Pauli(bit, 0, 0)
    if which == "Z":
        return Pauli(0, bit, 0)
    return Pauli(bit, bit, 1)


def word(letters: str, qubits: tuple[int, ...]) -> Pauli:
    """The letters on those qubits; "I" does nothing."""
    x = z = ys = 0
    for which, qubit in zip(letters, qubits, strict=True):
        if which in "XY":
            x |= 1 << qubit
        if which in "ZY":
            z |= 1 << qubit
        ys += which == "Y"
    return Pauli(x, z, ys & 3)


def qubits_of(mask: int) -> Iterator[int]:
    """The qubits whose bits are set."""
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1


class Frame:
    """The map P -> C^+ P C of the Clifford operations C met so far, by generator images."""

    __slots__ = ("_x", "_z")

    def __init__(self) -> None:
        self._x: dict[int, Pauli] = {}
        self._z: dict[int, Pauli] = {}

    def image_x(self, qubit: int) -> Pauli:
        return self._x.get(qubit) or Pauli(1 << qubit, 0, 0)

    def image_z(self, qubit: int) -> Pauli:
        return self._z.get(qubit) or Pauli(0, 1 << qubit, 0)

    def image(self, p: Pauli) -> Pauli:
        """C^+ P C."""
        result = Pauli(0, 0, p.phase)
        for qubit in qubits_of(p.x):
            result = result.times(self.image_x(qubit))
        for qubit in qubits_of(p.z):
            result = result.times(self.image_z(qubit))
        return result

    def append(self, quarter_turns: int, axis: Pauli) -> None:
        """Follow C by `exp(-i k pi/4 Q)`, k quarter turns about the word Q."""
        self.append_image(quarter_turns, axis, self.image(axis))

    def append_image(self, quarter_turns: int, axis: Pauli, image: Pauli) -> None:
        """`append` where the image of the axis is already known."""
        k = quarter_turns & 3
        if k == 0:
            return
        for qubit in qubits_of(axis.x | axis.z):
            if (axis.z >> qubit) & 1:
                self._x[qubit] = turned(self.image_x(qubit), k, image)
            if (axis.x >> qubit) & 1:
                self._z[qubit] = turned(self.image_z(qubit), k, image)

    def prepend(self, quarter_turns: int, axis: Pauli) -> None:
        """C after `exp(-i k pi/4 Q)`: every image is turned by it."""
        k = quarter_turns & 3
        if k == 0:
            return
        touched = set(qubits_of(axis.x | axis.z))
        for rows, image_of in ((self._x, self.image_x), (self._z, self.image_z)):
            for qubit in rows.keys() | touched:
                image = image_of(qubit)
                if not image.commutes(axis):
                    rows[qubit] = turned(image, k, axis)

    def copy(self) -> Frame:
        other = Frame()
        other._x, other._z = dict(self._x), dict(self._z)
        return other

    def generators(self) -> dict[int, tuple[Pauli, Pauli]]:
        """The images that are not the identity map's, by qubit."""
        moved = {
            q: (self.image_x(q), self.image_z(q)) for q in sorted(self._x.keys() | self._z.keys())
        }
        return {
            q: pair
            for q, pair in moved.items()
            if pair != (Pauli(1 << q, 0, 0), Pauli(0, 1 << q, 0))
        }


def turned(p: Pauli, k: int, q: Pauli) -> Pauli:
    """`K^+ P K`, `K = exp(-i k pi/4 Q)`, P Q = -Q P: -iPQ, -P, iPQ for k = 1, 2, 3."""
    if k == 2:
        return Pauli(p.x, p.z, (p.phase + 2) & 3)
    product = p.times(q)
    return Pauli(product.x, product.z, (product.phase + (3 if k == 1 else 1)) & 3)
