"""A run of a scheduled program on nodes in processes of their own, all on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from qdsl.analysis.cost import cost
from qdsl.backends._readout import Estimate, OutcomeCounts, estimate, factor_of, settings
from qdsl.backends.nodes.ticket import Predicted, Ticket, Wanted, tickets
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.stages import Eigenvalue, Expectation, ScheduledCircuit
from qdsl.ir.values import Floats, Values
from qdsl.records import dataclass
from qdsl.runtime.launch import run_processes
from qdsl.runtime.reader import Collected, OnRound
from qdsl.runtime.services import interpreter
from qdsl.runtime.traffic import NetworkRun

Arrays = Mapping[str, Any]
Factors = tuple[float | Floats, ...]  # by output, see `factor_of`
OnStart = Callable[[Mapping[str, int]], None]


@dataclass(frozen=True, slots=True)
class ItemValues:
    """The values of all vectors: one array each, or (items, ...) where they vary by item."""

    single: Arrays
    batched: Arrays
    items: int

    def of_item(self, item: int) -> dict[str, Any]:
        return {**self.single, **{k: a[item] for k, a in self.batched.items()}}


def predicted(stage: ScheduledCircuit) -> Predicted:
    """What the report says of one execution."""
    costs = cost(stage)
    disclosed = sum(d.bits for d in stage.distributed.placed.circuit.disclosures)
    return Predicted(costs.classical_bits, costs.messages, costs.ebits, disclosed)


def run_nodes(
    stage: ScheduledCircuit,
    given: ItemValues,
    shots: int,
    seed: int,
    patience_s: float = 60.0,
    python: str | None = None,
    on_round: OnRound | None = None,
    on_start: OnStart | None = None,
) -> tuple[list[tuple[Estimate, ...]], NetworkRun]:
    """Every output's estimate by item, and the traffic. Each node's process is given its own
    program and its own values, and nothing else. `python` is an interpreter with SimulaQron,
    which then carries out the nodes' NetQASM."""
    bases = settings(stage.distributed.placed.circuit.outputs)
    if python is not None:
        _needs_netqasm()
        python = interpreter(python)
    wanted = Wanted(given.items, shots, seed, predicted(stage), patience_s, python)
    dealt = tickets(stage, bases, wanted)
    values = {t.name: values_of(t, given) for t in dealt}
    found = run_processes(dealt, values, on_round, on_start)
    program = stage.distributed.values
    estimates = [
        estimates_of(dealt[-1], found, item, _factors(stage, program, given.of_item(item)))
        for item in range(given.items)
    ]
    return estimates, found.traffic


def _needs_netqasm() -> None:
    """Refused, with what to install, where the nodes could not write NetQASM."""
    from qdsl.backends.netqasm.text import package

    package()


def values_of(ticket: Ticket, given: ItemValues) -> dict[str, Any]:
    """The values that one node may know: its own and public ones. What is revealed to it comes
    from its owner."""
    if ticket.program is None:
        return {}
    names = [v.name for v in ticket.program.vectors if v.source in ("private", "public")]
    return {
        n: np.asarray(given.batched[n] if n in given.batched else given.single[n]) for n in names
    }


def estimates_of(
    reader: Ticket, found: Collected, item: int, factors: Factors | None = None
) -> tuple[Estimate, ...]:
    """The outputs as one item's counts show them; `factors` multiply them."""
    assert reader.reading is not None
    bases = [dict(basis) for basis in reader.reading.bases]
    counts = [
        OutcomeCounts(tuple(sorted(basis)), tally)
        for basis, tally in zip(bases, found.tallies[item], strict=False)
    ]
    outputs = reader.reading.outputs
    factors = factors or (1.0,) * len(outputs)
    shots = reader.plan.shots
    return tuple(
        estimate(output, bases, counts, shots, f)
        for output, f in zip(outputs, factors, strict=True)
    )


def refuse_scales(stage: ScheduledCircuit) -> None:
    """Refused for `norm2` and eigenvalues: they are made of private numbers, which no reader has
    who is not also their owner."""
    for output in stage.distributed.placed.circuit.outputs:
        if isinstance(output, Eigenvalue) or (isinstance(output, Expectation) and output.scales):
            what = output.span.text if output.span else "this output"
            raise Refused(f"`{what}` needs numbers of private data: `run --nodes` reads it only")


def _factors(stage: ScheduledCircuit, values: Values, item: Arrays) -> Factors:
    outputs = stage.distributed.placed.circuit.outputs
    slots = values.flatten(item) if values.vectors else np.zeros(0)
    return tuple(factor_of(o, values, slots) for o in outputs)
