"""The pass `derive-gradient`: the circuits whose means are a program's derivatives."""

from __future__ import annotations

from dataclasses import field, replace
from typing import ClassVar, Literal

from qdsl.ir.batch import CircuitBatch
from qdsl.ir.stages import Circuit, PlacedCircuit, Stage
from qdsl.passes.derive_gradient.derive import derived
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class DeriveGradient:
    """Write the derivatives of all expectations with respect to all parameters as circuits.

    The result is a batch: few templates, parameters kept as names, and arrays of the numbers to
    put in. A circuit that has been placed keeps its sites: they become pins. Raises NoGradient
    (a `Refused`) for a program without expectations or parameters, and for a method that has to
    run backwards what cannot be.
    """

    name: ClassVar[str] = "derive-gradient"

    method: Literal[
        "commuting_block",
        "parameter_shift",
        "hadamard",
        "overlap",
        "cat",
        "shadow",
        "global_shadow",
        "amplitude_estimation",
        "finite_difference",
    ] = field(default="commuting_block", metadata={"help": "Gradient method"})

    def run(self, ir: Stage) -> CircuitBatch:
        return derived(_source(ir), self.method)


def _source(ir: Stage) -> Circuit:
    if isinstance(ir, Circuit):
        return ir
    placed = ir
    while not isinstance(placed, PlacedCircuit):
        placed = placed.placed if hasattr(placed, "placed") else placed.distributed
    return replace(placed.circuit, pin=placed.site, network=placed.network)
