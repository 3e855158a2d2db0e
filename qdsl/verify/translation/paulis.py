"""The frame that Clifford operations leave behind."""

from __future__ import annotations

from qdsl.ir.paulis import Pauli, bits_of


class GeneratorFrame:
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
        for qubit in bits_of(p.x):
            result = result.times(self.image_x(qubit))
        for qubit in bits_of(p.z):
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
        for qubit in bits_of(axis.x | axis.z):
            if (axis.z >> qubit) & 1:
                self._x[qubit] = self.image_x(qubit).turned(k, image)
            if (axis.x >> qubit) & 1:
                self._z[qubit] = self.image_z(qubit).turned(k, image)

    def prepend(self, quarter_turns: int, axis: Pauli) -> None:
        """C after `exp(-i k pi/4 Q)`: every image is turned by it."""
        k = quarter_turns & 3
        if k == 0:
            return
        touched = set(bits_of(axis.x | axis.z))
        for rows, image_of in ((self._x, self.image_x), (self._z, self.image_z)):
            for qubit in rows.keys() | touched:
                image = image_of(qubit)
                if not image.commutes(axis):
                    rows[qubit] = image.turned(k, axis)

    def copy(self) -> GeneratorFrame:
        other = GeneratorFrame()
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
