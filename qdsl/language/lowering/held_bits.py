"""Which qubits still hold the classical bits that were measured from them."""

from __future__ import annotations

from dataclasses import field

from qdsl.language.values.steps import LoweredStep
from qdsl.records import dataclass

UNCHANGED = ("barrier", "move")  # what leaves a measured qubit as it is


@dataclass(slots=True)
class HeldBits:
    """Follows the rows of an unrolling; `pins` says where each bit was last measured."""

    pins: dict[int, int] = field(default_factory=dict)
    _qubit: dict[int, int] = field(default_factory=dict)
    _bits: dict[int, set[int]] = field(default_factory=dict)  # by qubit

    def qubit(self, bit: int) -> int | None:
        """The qubit that holds a bit's value; None if no qubit does for certain."""
        return self._qubit.get(bit)

    def follow(self, step: LoweredStep, pin: int, is_conditional: bool) -> None:
        if step.name == "measure":
            self._measured(step, pin, is_conditional)
        elif self._bits and step.name not in UNCHANGED:
            for qubit in step.operands:
                for bit in self._bits.pop(qubit, ()):
                    del self._qubit[bit]

    def _measured(self, step: LoweredStep, pin: int, is_conditional: bool) -> None:
        self.pins[step.bit] = pin
        self.put(step.bit, None if is_conditional else step.operands[0])

    def put(self, bit: int, qubit: int | None) -> None:
        """From now on this qubit holds the bit; None: no qubit does."""
        before = self._qubit.pop(bit, None)
        if before is not None:
            self._bits[before].discard(bit)
        if qubit is not None:
            self._qubit[bit] = qubit
            self._bits.setdefault(qubit, set()).add(bit)
