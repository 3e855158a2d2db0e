"""Runs on nodes: the statistics of the in-process run, the traffic of the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.analysis.cost import cost
from qdsl.backends.jax.jax import compile_function
from qdsl.backends.nodes.ticket import sealed
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.stages import Circuit, Sample, ScheduledCircuit
from qdsl.runtime.run import ItemValues, estimates_of
from tests.backends.exact import p_value
from tests.backends.nodes.test_split import scheduled
from tests.backends.test_agreement import ALL, feed_forward, random_program
from tests.build import network
from tests.qdsl.runtime.threads import Ended, deal, run_threads, tally

SHOTS = 2000


def compiled(text: str, **options: Any) -> ScheduledCircuit:
    return qdsl.loads(text).compile(**options).scheduled


def expected(source: Circuit, values: dict[str, Any]) -> Any:
    """The distribution over all qubits, from the source, by the exact in-process simulator."""
    everything = Sample(tuple(range(source.n_qubits)))
    return np.asarray(compile_function(replace(source, outputs=(everything,)))(values)[0])


def sampled(source: Circuit) -> Circuit:
    return replace(source, outputs=(Sample(tuple(range(source.n_qubits))),))


def check_traffic(ended: Ended, stage: ScheduledCircuit, executions: int) -> None:
    assert ended.found is not None, ended.problems
    run, costs = ended.found.traffic, cost(stage)
    assert run.executions == executions
    assert run.ebits == costs.ebits * executions
    assert run.classical_bits == costs.classical_bits * executions
    assert run.messages == costs.messages * executions
    assert sum(x.ebits for x in run.lines) == run.ebits
    assert sum(x.classical_bits for x in run.lines) == run.classical_bits


@pytest.mark.parametrize("seed", range(6))
def test_random_programs_have_the_source_s_statistics(seed: int) -> None:
    """Four nodes in a line; feed-forward, conditional gates, resets and long routes included."""
    source, values = random_program(seed)
    source = sampled(source)
    try:
        stage = scheduled(source)
    except InvalidProgram:
        pytest.skip("this one does not fit the network")
    ended = run_threads(deal(stage, 400), ItemValues(values, {}, 1))
    assert p_value(tally(ended), expected(source, values)) > 1e-5
    check_traffic(ended, stage, 400)


@pytest.mark.parametrize(("kind", "seed"), [("line", 1), ("complete", 2)])
def test_feed_forward_on_three_nodes(kind: str, seed: int) -> None:
    source = replace(feed_forward(seed, network(kind, 3, 1, 2)), outputs=(ALL,))
    stage = scheduled(source)
    ended = run_threads(deal(stage, SHOTS, seed))
    assert p_value(tally(ended), expected(source, {})) > 1e-4
    check_traffic(ended, stage, SHOTS)


def test_conditional_measurements_and_resets() -> None:
    source, values = random_program(6)
    stage = scheduled(replace(source, outputs=(ALL,)))
    ended = run_threads(deal(stage, SHOTS), ItemValues(values, {}, 1))
    assert p_value(tally(ended), expected(source, values)) > 1e-4


def test_the_two_party_example_item_by_item() -> None:
    """Items have values of their own at one node, and settings of their own for X, Y and Z."""
    text = Path("examples/two_party.qdm").read_text().partition("experiment")[0]
    text = text.replace("expect(Z q[0])", "expect(Z q[0] + 0.5 * X q[0] * Y q[1])")
    program = qdsl.loads(text).compile()
    random = np.random.default_rng(3)
    x = random.normal(size=(3, 4))
    single = {"a": random.uniform(0, 6, (2, 4)), "b": random.uniform(0, 6, (2, 4))}
    dealt = deal(program.scheduled, SHOTS, items=3)
    ended = run_threads(dealt, ItemValues(single, {"x": x}, 3))
    assert ended.found is not None, ended.problems
    function = compile_function(program.circuit)
    for item in range(3):
        exact = float(function(single | {"x": x[item]})[0])
        (mean,) = estimates_of(dealt[-1], ended.found, item)
        assert abs(float(np.asarray(mean)) - exact) < 5 * mean.standard_error  # type: ignore[union-attr]
    check_traffic(ended, program.scheduled, 3 * 2 * SHOTS)


REVEAL = """network lan {
  node alice { qubits 2, comm 1 }
  node bob { qubits 2, comm 2 }
  node carol { qubits 2, comm 1 }
  link alice -- bob { }
  link bob -- carol { }
}
model m() on lan {
  param t: angle[3] owner alice
  data w: bits[2] owner alice
  param u: angle[2] owner bob
  qubits q[3]
  at alice { h q[0]; ry(t[0]) q[0] }
  reveal t to bob
  reveal w to carol
  at bob { ry(t[1] + u[0]) q[1]; rz(u[1]) q[1]; h q[1] }
  at carol { h q[2]; diagonal(w) q[2]; h q[2] }
  cx q[0], q[2]
  cx q[1], q[2]
  return sample(q)
}
"""


def test_reveals_travel_once_an_item_bit_for_bit() -> None:
    program = qdsl.loads(REVEAL).compile()
    values = {"t": np.array([0.3, 1.1, 2.0]), "w": np.array([0.0, 1.0]), "u": np.array([0.4, 1.9])}
    ended = run_threads(deal(program.scheduled, SHOTS), ItemValues(values, {}, 1))
    assert p_value(tally(ended), expected(program.circuit, values)) > 1e-4
    assert ended.found is not None
    disclosed = sum(d.bits for d in program.circuit.disclosures)
    assert disclosed == 3 * 64 + 2
    assert ended.found.traffic.disclosed_bits == disclosed
    assert [x.disclosed_bits for x in ended.found.traffic.lines] == [192, 2, 0]


def test_the_same_seed_gives_the_same_outcomes() -> None:
    stage = compiled(Path("examples/ghz.qdm").read_text().partition("experiment")[0])
    first, again, other = (tally(run_threads(deal(stage, 500, seed))) for seed in (7, 7, 8))
    assert first == again != other
    assert set(first) == {"0" * 10, "1" * 10}


def test_lanes_of_a_round_are_independent() -> None:
    """Outcomes of neighbouring executions do not depend on one another."""
    stage = compiled("model m() { qubits q[2]; h q; return sample(q) }")
    dealt = sealed([replace(t, plan=replace(t.plan, lanes=7)) for t in deal(stage, 100)])
    found = tally(run_threads(dealt))
    assert sum(found.values()) == 100
    assert len(found) == 4


def test_a_program_without_outputs_to_read_still_runs() -> None:
    stage = compiled("model m() { qubits q; h q; return expect(1) }")
    ended = run_threads(deal(stage, 10))
    assert tally(ended) == {"": 10}
