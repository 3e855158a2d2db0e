"""Gradient circuits through the same passes and proofs as any program, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from qdsl.analysis.cost import cost
from qdsl.analysis.joining import FinalPlaces
from qdsl.driver.pass_manager import DEFAULT_PASSES, run_passes
from qdsl.gradient.profile import ExecutionProfile
from qdsl.ir.batch import CircuitBatch
from qdsl.ir.stages import Circuit, ScheduledCircuit
from qdsl.network.network import Network
from qdsl.objectives.passes import passes_for
from qdsl.records import dataclass
from qdsl.verify.methods import compare


@dataclass(frozen=True, slots=True)
class TemplateCost:
    """One execution of a compiled template. `qubits`: most data qubits held at one time, by node;
    `verified`: proved equal to the template; None: not tried; `fidelity`: the estimate of a
    report; `places`: where the template's qubits are measured, None: all at one node."""

    ebits: int
    classical_bits: int
    rounds: int
    makespan_ns: int
    qubits: tuple[int, ...]
    verified: bool | None = None
    fidelity: float = 1.0
    places: FinalPlaces | None = field(default=None, compare=False, repr=False)

    @property
    def price(self) -> ExecutionProfile:
        return ExecutionProfile(self.ebits, self.classical_bits, places=self.places)


def compiled_template(
    circuit: Circuit, options: Mapping[str, Any] | None = None
) -> ScheduledCircuit:
    """The template through the default passes. InvalidProgram where the network cannot run it."""
    passes, _ = passes_for(DEFAULT_PASSES, dict(options or {}))
    stage, _ = run_passes(circuit, passes)
    assert isinstance(stage, ScheduledCircuit)
    return stage


def template_cost(
    circuit: Circuit, options: Mapping[str, Any] | None = None, verify: bool = False
) -> TemplateCost:
    """What one execution costs, counted from the compiled template."""
    network = circuit.network
    if not verify and (network is None or _is_simple(network)):
        return TemplateCost(0, 0, 0, 0, (circuit.n_qubits,))
    scheduled = compiled_template(circuit, options)
    counted = cost(scheduled)
    verified = compare(circuit, scheduled).verified if verify else None
    qubits = tuple(node.peak_data for node in counted.nodes)
    return TemplateCost(counted.ebits, counted.classical_bits, counted.rounds,
                        counted.makespan_ns, qubits, verified, counted.fidelity,
                        _places(scheduled))  # fmt: skip


def _places(scheduled: ScheduledCircuit) -> FinalPlaces | None:
    return FinalPlaces(scheduled.distributed) if len(scheduled.network.nodes) > 1 else None


def _is_simple(network: Network) -> bool:
    """Nothing is sent, and nothing goes wrong."""
    return len(network.nodes) == 1 and network.nodes[0].gate_fidelity in (None, 1.0)


MANY = 24  # templates of one batch; more are placed with less effort, some 0.1 s each


def options_for(batch: CircuitBatch, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """The options that the templates of a batch are compiled with."""
    effort = {"effort": 0} if len(batch.jobs) > MANY else {}
    return effort | dict(options or {})


PROVED_AT_MOST = 20_000  # operations of all templates together; beyond, only if asked


def proved(
    batch: CircuitBatch, asked: bool | None = None, options: Mapping[str, Any] | None = None
) -> bool | None:
    """Whether every compiled template is proved equal to the derived one; None: not tried, as
    they are too large and it was not asked for. A refutation is False, and so is no proof."""
    templates = [batch.template(k) for k in range(len(batch.jobs))]
    options = options_for(batch, options)
    if not asked and sum(len(t.table) for t in templates) > PROVED_AT_MOST:
        return None
    return all(compare(t, compiled_template(t, options)).verified for t in templates)


def batch_costs(
    batch: CircuitBatch,
    options: Mapping[str, Any] | None = None,
    verify: bool = False,
    on_template: Callable[[int, int], None] | None = None,
) -> Sequence[TemplateCost]:
    """The costs of all templates, in order; `on_template(done, all)` is called after each."""
    found = []
    options = options_for(batch, options)
    for k in range(len(batch.jobs)):
        found.append(template_cost(batch.template(k), options, verify))
        if on_template is not None:
            on_template(k + 1, len(batch.jobs))
    return found
