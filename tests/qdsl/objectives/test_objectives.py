"""Compiling for an objective: never worse than for fewest ebits by its own measure, and proved."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qdsl
from qdsl.analysis.cost import cost
from qdsl.analysis.recount import confirm
from qdsl.api import Compiled
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.driver.pass_manager import DEFAULT_PASSES, UnknownPassOption, configured, run_passes
from qdsl.ir.stages import Circuit, PlacedCircuit, ScheduledCircuit
from qdsl.network.models import NodeModel
from qdsl.network.network import Network
from qdsl.network.prices import OBJECTIVES
from qdsl.objectives.local_search import LocalSearch
from qdsl.objectives.measures import measure, score
from qdsl.objectives.outcome import ObjectiveOutcome
from qdsl.objectives.passes import passes_for
from qdsl.passes.partition.result import placed, unplaced
from qdsl.report.data import Report
from qdsl.studies.bench.circuits import frozen
from qdsl.studies.bench.objectives import objective_network
from qdsl.verify.translation import validate
from tests.passes.test_channel import QUICK
from tests.strategies import circuits

NETWORK = """
network lab {
  node a { qubits 3, comm 4 } node b { qubits 3, comm 4 }
  node c { qubits 3, comm 4 } node d { qubits 3, comm 4 }
  link a -- b { rate 20 Hz, fidelity 0.99, latency 50 us }
  link b -- c { rate 1 kHz, fidelity 0.9, latency 10 us }
  link c -- d { rate 1 kHz, fidelity 0.9, latency 10 us }
  link d -- a { rate 200 Hz, fidelity 0.97, latency 20 us }
  link a -- c { rate 200 Hz, fidelity 0.97, latency 20 us }
}
"""
RING = """
model m() on lab {
  qubits q[8]
  for i in 0..8 { h q[i] }
  for i in 0..8 { cx q[i], q[(i + 1) % 8] }
  return sample(q)
}
"""


def compiled(text: str = RING, **options: Any) -> Compiled:
    return qdsl.loads(NETWORK + text).compile(options=options)


def through(source: Circuit, **options: Any) -> tuple[ScheduledCircuit, ObjectiveOutcome | None]:
    passes, search = passes_for(DEFAULT_PASSES, options)
    stage, _ = run_passes(source, passes)
    assert isinstance(stage, ScheduledCircuit)
    return stage, search.outcome if search else None


@st.composite
def unequal(draw: st.DrawFn) -> Circuit:
    """A random program on a network whose links differ; some nodes forget."""
    source = draw(circuits(max_qubits=4, max_rows=12))
    assert source.network is not None
    links = tuple(
        replace(
            link,
            rate_hz=draw(st.sampled_from((20.0, 200.0, 1000.0))),
            fidelity=draw(st.sampled_from((0.8, 0.95, 0.99))),
            latency_ns=draw(st.sampled_from((0, 10_000))),
        )
        for link in source.network.links
    )
    memory = draw(st.sampled_from((None, NodeModel(comm_t2_ns=10**7, t2_ns=10**8))))
    nodes = tuple(replace(node, model=memory) for node in source.network.nodes)
    return replace(source, network=Network("unequal", nodes, links))


@given(unequal(), st.sampled_from(OBJECTIVES[1:]))
@settings(QUICK, max_examples=12)
def test_no_objective_is_worse_than_fewest_ebits_by_its_measure(
    source: Circuit, objective: Any
) -> None:
    check(source, objective)


@pytest.mark.slow
@given(unequal(), st.sampled_from(OBJECTIVES[1:]))
@settings(QUICK, max_examples=40)
def test_nor_on_many_programs(source: Circuit, objective: Any) -> None:
    check(source, objective)


def check(source: Circuit, objective: Any) -> None:
    """Not worse by its measure, proved, and counted right."""
    try:
        plain, _ = through(source)
    except InvalidProgram:
        with pytest.raises(InvalidProgram):
            through(source, optimise=objective)
        return
    found, outcome = through(source, optimise=objective)
    assert outcome is not None
    assert measure(objective, found) <= measure(objective, plain) + 1e-12
    assert validate(source, found.distributed).equal
    confirm(cost(found), found)
    assert outcome.ebits == cost(found).ebits
    assert outcome.plain_ebits == cost(plain).ebits


@pytest.mark.parametrize("objective", ["makespan", "rounds"])
def test_two_compilations_are_the_same(objective: str) -> None:
    one, other = (compiled(optimise=objective) for _ in range(2))
    assert are_equal(one, other)
    assert one.objective == other.objective


def are_equal(one: Compiled, other: Compiled) -> bool:
    """The same rows, at the same times and places."""
    a, b = one.scheduled, other.scheduled
    tables = ((x.distributed.table.opcode, x.distributed.table.operands) for x in (a, b))
    places = ((x.start_ns, x.end_ns, x.slot, x.distributed.wire_node) for x in (a, b))
    columns = zip(*((*t, *p) for t, p in zip(tables, places, strict=True)), strict=True)
    return all(np.array_equal(x, y) for x, y in columns)


def test_fewest_ebits_are_what_is_compiled_for_without_the_option() -> None:
    plain, asked = compiled(), compiled(optimise="ebits")
    assert plain.objective is asked.objective is None
    assert are_equal(plain, asked)
    report = asked.report().to_json()
    report["provenance"]["options"] = ()
    assert report == plain.report().to_json()


def test_the_makespan_is_that_of_fast_links_and_the_fidelity_of_good_ones() -> None:
    plain, time, good = (compiled(optimise=o) for o in ("ebits", "makespan", "fidelity"))
    assert time.cost.makespan_ns < 0.75 * plain.cost.makespan_ns
    assert {link.rate_hz for link in time.cost.links if link.ebits} == {1000.0}
    assert good.cost.fidelity > time.cost.fidelity
    assert all(c.verification.verified for c in (time, good))


def test_a_pair_goes_a_longer_way_that_takes_less_time() -> None:
    """The only link that joins the two is slow; by way of a third node it is not."""
    text = """
    network detour {
      node a { qubits 1, comm 2 } node b { qubits 1, comm 2 } node c { qubits 1, comm 2 }
      link a -- b { rate 20 Hz } link a -- c { rate 1 kHz } link c -- b { rate 1 kHz }
    }
    model m() on detour {
      qubits q[2]
      move q[0] to a
      move q[1] to b
      cz q[0], q[1]
      return sample(q)
    }
    """
    plain = qdsl.loads(text).compile()
    found = qdsl.loads(text).compile(options={"optimise": "makespan"})
    assert (plain.cost.ebits, found.cost.ebits) == (1, 2)
    assert found.cost.makespan_ns == 10**6 < plain.cost.makespan_ns
    assert found.verification.verified
    assert found.cost.by_lifetime[-1].ebits == 2
    optimality = found.report().optimality
    assert optimality is not None and optimality.ebits is not None
    assert "optimal: " not in str(found.report())


@pytest.mark.parametrize("objective", ["rounds", "comm"])
def test_rounds_and_communication_qubits(objective: Any) -> None:
    plain, found = compiled(), compiled(optimise=objective)
    assert found.objective is not None
    assert found.objective.value <= found.objective.plain_value
    said = {"rounds": found.cost.message_rounds, "comm": found.cost.peak_comm}[objective]
    assert found.objective.value == said == measure(objective, found.scheduled)
    if objective == "comm":
        assert said < plain.cost.peak_comm
        assert found.scheduled.network.limited(None) == plain.scheduled.network


def test_more_effort_never_is_worse_than_fewest_ebits_and_searches_longer() -> None:
    few, many = (compiled(optimise="makespan", effort=e).objective for e in (0, 2))
    assert few is not None and many is not None
    assert few.measured < many.measured
    assert many.value <= few.value


def test_pairs_spread_over_links_that_are_alike() -> None:
    source = frozen("qaoa3", 16).circuit(objective_network("alike", 16))
    _, outcome = through(source, optimise="makespan")
    assert outcome is not None
    assert outcome.value < 0.75 * outcome.plain_value


def test_options_that_are_given_are_kept() -> None:
    found = compiled(optimise="makespan", reorder=False, keep_copies=False, gates_per_ebit=2)
    assert found.objective is not None
    assert not {"reorder", "keep_copies"} & dict(found.objective.chosen).keys()
    assert found.scheduled.distributed.gates_per_ebit == 2


@pytest.mark.parametrize("objective", OBJECTIVES[1:])
@pytest.mark.parametrize("where", ["", "on alone ", "on many "])
def test_one_node_and_very_many(objective: str, where: str) -> None:
    text = f"""
    network alone {{ node a {{ qubits 4 }} }}
    network many = line(70) {{ qubits 1, comm 2, rate 1 kHz }}
    model m() {where}{{ qubits q[3]; h q[0]; cx q[0], q[1]; cx q[1], q[2]; return sample(q) }}
    """
    found = qdsl.loads(text).compile(options={"optimise": objective})
    assert found.verification.verified
    assert found.objective is not None
    assert (found.objective.ebits > 0) == (where == "on many ")


def test_what_is_stopped_early_is_the_same_placement() -> None:
    program = qdsl.loads(NETWORK + RING)
    whole = program.compile(options={"optimise": "makespan"}).scheduled.distributed.placed
    part = program.compile(options={"optimise": "makespan"}, passes=DEFAULT_PASSES[:2]).stage
    assert isinstance(part, PlacedCircuit)
    assert np.array_equal(part.home, whole.home)
    assert np.array_equal(part.residence, whole.residence)


def test_an_objective_that_there_is_not_is_refused() -> None:
    with pytest.raises(UnknownPassOption, match=r"'speed' is no optimise .* ebits or makespan or"):
        compiled(optimise="speed")
    with pytest.raises(UnknownPassOption, match="'partition': an exact placement"):
        qdsl.loads(NETWORK + RING).compile(
            passes=("canonicalize", "partition-exact", *DEFAULT_PASSES[2:]),
            options={"optimise": "makespan"},
        )


def test_the_report_says_what_was_optimised_and_its_json_comes_back() -> None:
    report = compiled(optimise="makespan").report()
    assert "optimised   for makespan: " in str(report)
    assert "without it: " in str(report)
    document = json.loads(json.dumps(report.to_json()))
    assert Report.from_json(document).objective == report.objective is not None
    assert "objective" not in compiled().report().to_json()


MOVES = """
model m() on lab {
  qubits q[9]
  for k in 0..3 {
    for i in 0..9 { h q[i] }
    move q[0] to a
    move q[1] to b
    cx q[0], q[4]; cx q[1], q[5]; cx q[7], q[8]
    move q[0] to c
    move q[1] to d
  }
  return sample(q)
}
"""


def test_a_placement_is_read_as_it_was_written() -> None:
    """Barriers at which qubits move are left out, and made again."""
    program = qdsl.loads(NETWORK + MOVES).compile()
    given = program.scheduled.distributed.placed
    circuit, found = unplaced(given)
    again = unplaced(placed(circuit, given.network, found))
    assert len(circuit.table) <= len(given.circuit.table)
    assert again[1] == found
    assert found.home == given.home.tolist()


def test_the_local_search_keeps_what_measures_less() -> None:
    """Judged by ebits alone, from a placement that is far from good."""
    source = qdsl.loads(NETWORK + RING).lower()
    stage, _ = run_passes(source, [configured(name, {"effort": 0}) for name in DEFAULT_PASSES[:2]])
    assert isinstance(stage, PlacedCircuit)
    shuffled = np.array([0, 1, 2, 3, 0, 1, 2, 3], np.int16)
    bad = replace(
        stage,
        home=shuffled,
        residence=shuffled[stage.circuit.table.operands],
        site=shuffled[stage.circuit.table.operands[stage.circuit.table.operand_start[1:] - 1]],
    )

    def judge(ir: PlacedCircuit) -> Any:
        made, _ = run_passes_after(ir)
        return score("ebits", made)

    before = judge(bad)
    found = LocalSearch(bad, bad.network, judge, 0, 30).better(before)
    assert found is not None
    assert found[0] < before
    assert judge(found[1]) == found[0]


def run_passes_after(ir: PlacedCircuit) -> tuple[ScheduledCircuit, None]:
    stage: Any = ir
    for name in DEFAULT_PASSES[2:]:
        stage = configured(name, {}).run(stage)
    return stage, None


def test_no_finished_program_has_fewer_ebits_than_is_said() -> None:
    text = """
    network line4 = line(4) { qubits 3, comm 2, rate 1 kHz }
    model m() on line4 { qubits q[8]; h q
      for i in 0..7 { cz q[i], q[i+1] }
      for i in 0..4 { cx q[i], q[7-i] }
      return sample(q) }
    """
    compiled = qdsl.loads(text).compile(options={"optimise": "rounds"}, verify=False)
    o = compiled.objective
    assert o is not None and o.fewest_ebits is not None
    assert o.fewest_ebits <= min(o.ebits, o.plain_ebits)
