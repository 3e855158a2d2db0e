"""The pass `canonicalize`: one form for what can be written in many ways."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from qdsl.ir.stages import Circuit
from qdsl.passes.canonicalize.writing import canonical, whole
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Canonicalize:
    """Write every operation with one-qubit gates and gates diagonal on all operands but one.

    Operands that may be exchanged are sorted, rotations that meet are merged, pairs that cancel
    are dropped, `cx rz cx` is one rotation about ZZ. Gates that commute come in one order, Foata's
    normal form. Gates stay whole, however wide: placement splits those that the network cannot
    serve, as it knows where their qubits live. A swap is
    three gates and never a relabelling: every qubit ends where the source says, so source and
    result can be compared qubit by qubit.
    Time n log n. Pins, conditions and spans are kept; so is the channel.
    """

    name: ClassVar[str] = "canonicalize"

    keep_wide: bool = field(
        default=True,
        metadata={"help": "Keep gates on three or more qubits where the network can run them"},
    )

    def run(self, ir: Circuit) -> Circuit:
        return whole(ir) if self.keep_wide else canonical(ir, keep_wide=False)
