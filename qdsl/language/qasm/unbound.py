"""A circuit as it is read, before its classical bits have places.

Every measurement gives a value of its own, numbered in the order of the measurements. What a bit
of the file holds, and what a condition asks, is a truth function of these values: so a bit may be
copied, combined, or written again while its former value is still needed.
"""

from __future__ import annotations

from typing import NamedTuple

from qdsl.language.qasm.rows import ImportedRow, Inputs, Registers
from qdsl.language.values.truth import Truth
from qdsl.records import dataclass

ALWAYS = Truth.of(True)
NEVER = Truth.of(False)

Place = tuple[str, int]  # a register of bits and a number within it


class Happening(NamedTuple):
    """A gate on some qubits, a measurement, reset or barrier. `kind`: "gate" or the operation's
    name; `rows`: a gate in operations of the table, their qubits those of the circuit.

    A measurement gives value `result`, which is 0 if it does not happen, and writes it to `place`.
    `span`: from one character of the text to another.
    """

    kind: str
    qubits: tuple[int, ...]
    rows: tuple[ImportedRow, ...] = ()
    condition: Truth = ALWAYS
    result: int | None = None
    place: Place | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class UnboundCircuit:
    """`cells` are the values of the bits of all registers, one after the other, at the end;
    `inputs` names and sizes of the angles that are given from outside, None: a single one."""

    registers: Registers
    bit_registers: Registers
    happenings: tuple[Happening, ...]
    cells: tuple[Truth, ...]
    inputs: Inputs = ()

    @property
    def n_qubits(self) -> int:
        return sum(size for _, size in self.registers)

    @property
    def n_bits(self) -> int:
        return sum(size for _, size in self.bit_registers)

    def bit_of(self, place: Place | None) -> int | None:
        """The number of a bit among all; None if it is in no register that is kept."""
        first = 0
        for name, size in self.bit_registers:
            if place is not None and place[0] == name:
                return first + place[1]
            first += size
        return None


def written(value: int, condition: Truth, before: Truth) -> Truth:
    """What a bit holds after a measurement under a condition gave this value."""
    found = Truth.of_bit(value)
    return found if condition.constant else found | (~condition & before)
