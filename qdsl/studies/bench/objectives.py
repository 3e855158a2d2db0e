"""What compiling for an objective gains on the suite's circuits, where links differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial
from math import exp, log
from time import process_time
from typing import Any, Final

from qdsl.driver.pass_manager import DEFAULT_PASSES, run_passes
from qdsl.driver.workers import ALONE, Workers
from qdsl.network.network import Link, Network, Node
from qdsl.objectives.outcome import ObjectiveOutcome
from qdsl.objectives.passes import passes_for
from qdsl.records import dataclass
from qdsl.studies.bench.circuits import FAMILIES, frozen
from qdsl.studies.bench.compiling import compiled
from qdsl.studies.bench.gates import GateList, NamedGate, gate_list

OBJECTIVES: Final = ("makespan", "fidelity", "rounds", "comm")
SIZES: Final = (8, 16)
MOST_GATES: Final = 400
SCHEMA: Final = "qdsl-bench-objectives/1"
COMM: Final = 4

# ends, rate in Hz, fidelity, latency in ns
FAST = (1000.0, 0.98, 5_000)
MIDDLE = (200.0, 0.99, 20_000)
WORN = (200.0, 0.95, 20_000)
SLOW = (20.0, 0.9, 50_000)
NETWORKS: Final[dict[str, tuple[str, tuple[tuple[int, int, tuple[float, float, int]], ...]]]] = {
    "mixed": (
        "every two nodes are linked: 0-1 and 1-2 at 1 kHz (fidelity 0.98, latency 5 us), 2-3 and "
        "3-0 at 200 Hz (0.99 and 0.95, 20 us), 0-2 and 1-3 at 20 Hz (0.9, 50 us)",
        ((0, 1, FAST), (1, 2, FAST), (2, 3, MIDDLE), (0, 3, WORN), (0, 2, SLOW), (1, 3, SLOW)),
    ),
    "line": (
        "a line, on which there is one way only: 1 kHz, 20 Hz, 200 Hz, as above",
        ((0, 1, FAST), (1, 2, SLOW), (2, 3, MIDDLE)),
    ),
    "alike": (
        "every two nodes are linked at 200 Hz (0.99, 20 us)",
        tuple((a, b, MIDDLE) for a in range(4) for b in range(a + 1, 4)),
    ),
}


@dataclass(frozen=True, slots=True)
class ObjectiveCase:
    circuit: GateList
    network: str


@dataclass(frozen=True, slots=True)
class ObjectiveGain:
    """One circuit compiled for one objective. `seconds`, `plain_seconds`: CPU time for it, and for
    fewest ebits."""

    circuit: str
    gates: int
    network: str
    outcome: ObjectiveOutcome
    seconds: float
    plain_seconds: float

    @property
    def ratio(self) -> float:
        """The measure over that of fewest ebits; of a fidelity, what it lacks to 1."""
        o = self.outcome
        if o.optimise == "fidelity":
            return (1 - o.value + 1e-12) / (1 - o.plain_value + 1e-12)
        return o.value / o.plain_value if o.plain_value else 1.0


def objective_network(name: str, qubits: int) -> Network:
    """Four nodes with one place to spare each and four communication qubits."""
    node = Node("", -(-qubits // 4) + 1, COMM, 0.999, (50, 300, 1000))
    nodes = tuple(
        Node(f"node{k}", node.qubits, node.comm, node.gate_fidelity, node.gate_time_ns)
        for k in range(4)
    )
    links = (Link(a, b, f, rate, latency) for a, b, (rate, f, latency) in NETWORKS[name][1])
    return Network(name, nodes, tuple(links))


def objective_cases(families: Sequence[str], most_gates: int | None) -> list[ObjectiveCase]:
    """Circuits on 8 and 16 qubits with a bounded number of two-qubit gates, on every network."""
    most = MOST_GATES if most_gates is None else most_gates
    circuits = [frozen(f, n) for f in FAMILIES if not families or f in families for n in SIZES]
    few = [c for c in circuits if 0 < c.two_qubit_gates <= most]
    return [ObjectiveCase(c, name) for name in NETWORKS for c in few]


def compare_objectives(
    cases: Sequence[ObjectiveCase], effort: int, workers: Workers = ALONE
) -> Iterator[list[ObjectiveGain]]:
    """Every case by every objective, beside fewest ebits."""
    return workers.each(partial(_gains, effort=effort), cases)


def _gains(case: ObjectiveCase, effort: int) -> list[ObjectiveGain]:
    network = objective_network(case.network, case.circuit.n_qubits)
    _load(effort)
    plain_seconds, _ = _timed(case.circuit, network, effort, "ebits")
    gains = []
    for optimise in OBJECTIVES:
        seconds, outcome = _timed(case.circuit, network, effort, optimise)
        assert outcome is not None
        gains.append(
            ObjectiveGain(case.circuit.name, case.circuit.two_qubit_gates, case.network, outcome,
                          seconds, plain_seconds)
        )  # fmt: skip
    return gains


@cache
def _load(effort: int) -> None:
    """Compile a gate: what is loaded once is no part of the times."""
    small = gate_list("small", 4, [NamedGate("cx", (0, 3))])
    for optimise in ("ebits", *OBJECTIVES):
        _timed(small, objective_network("mixed", 4), effort, optimise)


def _timed(
    circuit: GateList, network: Network, effort: int, optimise: str
) -> tuple[float, ObjectiveOutcome | None]:
    """CPU seconds, and the outcome."""
    start = process_time()
    if optimise == "ebits":
        compiled(circuit, network, effort)
        return process_time() - start, None
    passes, search = passes_for(DEFAULT_PASSES, {"effort": effort, "optimise": optimise})
    run_passes(circuit.circuit(network), passes)
    return process_time() - start, search.outcome if search else None


def geometric_mean(values: Sequence[float]) -> float:
    return exp(sum(log(max(v, 1e-12)) for v in values) / len(values)) if values else 1.0


def to_json(gains: Sequence[ObjectiveGain]) -> dict[str, Any]:
    """Without times, which vary."""
    return {
        "schema": SCHEMA,
        "cases": [
            {
                "circuit": g.circuit,
                "gates": g.gates,
                "network": g.network,
                "optimise": g.outcome.optimise,
                "value": g.outcome.value,
                "ebits": g.outcome.ebits,
                "plain_value": g.outcome.plain_value,
                "plain_ebits": g.outcome.plain_ebits,
                "ratio": g.ratio,
            }
            for g in gains
        ],
    }
