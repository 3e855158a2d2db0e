"""The exact optimum: by integer programming, by going through everything, and as a pass."""

from __future__ import annotations

import json
import random
import sys
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import qdsl
from qdsl.cli.commands import cli
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, PlacedCircuit
from qdsl.network.network import Network
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition_exact.instance import cost_of, instance
from qdsl.passes.partition_exact.milp import (
    MOST_PLACES,
    InstanceTooLarge,
    NoPlacement,
    SolverMissing,
    solve,
)
from qdsl.passes.partition_exact.partition_exact import PartitionExact
from qdsl.studies.bench.optimum import compare_small, excess
from qdsl.studies.bench.small import small_program
from qdsl.verify.translation import validate
from tests.build import Line, circuit, network
from tests.passes.partition_exact.oracle import fewest_ebits
from tests.sources import EXAMPLES

SECONDS = 120.0


def canonical(source: Circuit) -> Circuit:
    return Canonicalize().run(source)


def optimum(source: Circuit, where: Network) -> int:
    problem = instance(source, where)
    answer = solve(problem, SECONDS)
    assert answer.is_optimal
    assert cost_of(problem, answer) == answer.ebits
    return answer.ebits


def random_lines(chance: random.Random, n: int, count: int) -> list[Line]:
    lines: list[Line] = []
    for _ in range(count):
        a, b, c = chance.sample(range(n), 3)
        lines.append(chance.choice((("h", (a,)), ("cx", (a, b)), ("cz", (a, b)), ("cx", (b, c)),
                                    ("rzz", (a, c), 0.3), ("ccz", (a, b, c)))))  # fmt: skip
    return lines


@pytest.mark.parametrize("seed", range(6))
def test_the_program_agrees_with_going_through_everything(seed: int) -> None:
    """Tight rooms, lines and pins included."""
    chance = random.Random(seed)
    nodes = chance.choice((2, 2, 3))
    where = network(chance.choice(("complete", "line")), nodes, [2] * (nodes - 1) + [3], comm=4)
    lines = random_lines(chance, 4, 7)
    pins = {i: chance.randrange(nodes) for i in range(7) if chance.random() < 0.15}
    source = canonical(circuit(4, lines, network=where, pins=pins))
    assert optimum(source, where) == fewest_ebits(source, where)


@pytest.mark.parametrize(
    ("lines", "ebits"),
    [
        ([("cx", (0, 1)), ("cx", (1, 2)), ("cx", (2, 3))], 1),
        ([("h", (0,))], 0),
        ([], 0),
        ([("cz", (0, 1))], 0),
        ([("cz", (0, 2)), ("cz", (0, 3)), ("cz", (1, 2)), ("cz", (1, 3))], 2),
    ],
)
def test_optima_known_by_hand(lines: list[Line], ebits: int) -> None:
    where = network(nodes=2, qubits=2, comm=2)
    assert optimum(canonical(circuit(4, lines, network=where)), where) == ebits


def placed(source: Circuit) -> PlacedCircuit:
    made = PartitionExact().run(canonical(source))
    verify(made, "partition-exact")
    return made


@pytest.mark.parametrize("number", [8, 11, 18])
def test_the_pass_reaches_the_optimum_and_keeps_the_program(number: int) -> None:
    program = small_program(number)
    source = program.gates.circuit(program.network)
    made = placed(source)
    program_out = InsertCommunication().run(made)
    verify(program_out, "insert-communication")
    assert int(program_out.table.codes("ebit").sum()) == made.at_least
    assert validate(source, program_out).equal


def test_where_copies_must_close_early_the_bound_still_holds() -> None:
    """One communication qubit a node serves one copy at a time."""
    program = small_program(8)
    nodes = tuple(replace(node, comm=1) for node in program.network.nodes)
    where = Network("scarce", nodes, program.network.links)
    made = placed(program.gates.circuit(where))
    assert made.at_least is not None
    assert int(InsertCommunication().run(made).table.codes("ebit").sum()) >= made.at_least


def test_too_large_is_refused_before_anything_is_tried() -> None:
    lines = [("cz", (i % 30, (i + 1) % 30)) for i in range(200)]
    where = network(nodes=3, qubits=16)
    problem = instance(canonical(circuit(30, lines, network=where)), where)
    assert problem.size > MOST_PLACES
    with pytest.raises(InstanceTooLarge, match="small programs"):
        solve(problem, SECONDS)


def test_the_pass_refuses_what_the_search_refuses() -> None:
    source = circuit(5, [("cz", (0, 4))], network=network(nodes=2, qubits=2))
    with pytest.raises(InvalidProgram, match="5 qubits"):
        placed(source)


def test_nodes_without_room_have_no_placement() -> None:
    where = network(nodes=2, qubits=1, comm=0)
    problem = instance(canonical(circuit(2, [("cz", (0, 1))], network=where)), where)
    with pytest.raises(NoPlacement, match="there is none"):
        solve(problem, SECONDS)


def test_without_the_solver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    program = small_program(8)
    problem = instance(canonical(program.gates.circuit(program.network)), program.network)
    with pytest.raises(SolverMissing, match=r"qdsl-compiler\[exact\]"):
        solve(problem, SECONDS)


def test_the_flag_of_compile_proves_the_result_optimal() -> None:
    asked = ["compile", str(EXAMPLES / "remote_cnot.qdm"), "--exact", "--json", "-q"]
    ended = CliRunner().invoke(cli, asked)
    assert ended.exit_code == 0
    found = json.loads(ended.output)["optimality"]
    (proved,) = (b for b in found["bounds"] if b["method"] == "integer program")
    assert (proved["ebits"], proved["scope"]) == (found["ebits"], "any placement of these gates")


def test_what_is_proved_of_gates_is_not_said_of_all_that_do_the_same() -> None:
    """A block of CZ of rank 1 takes 1 ebit by parities, and 2 as it is written."""
    turns = "for i in 0..4 { ry(0.3*i+0.1) q[i] }"
    block = "; ".join(f"cz q[{a}], q[{b}]" for a in (0, 1) for b in (2, 3))
    model = f"model m() on t {{ qubits q[4]; {turns}; {block}; {turns}; return sample(q) }}"
    program = qdsl.loads("network t = line(2) { qubits 2 }\n" + model)
    names = ("canonicalize", "partition-exact", "insert-communication", "schedule")
    exact, searched = program.compile(passes=names).report(), program.compile().report()
    assert exact.optimality is not None and searched.optimality is not None
    assert exact.optimality.at_least <= searched.cost.ebits == 1
    assert not exact.optimality.is_optimal or exact.cost.ebits == 1
    assert "optimal: no placement" not in str(exact) or exact.cost.ebits == 1


def test_no_time_is_no_proof() -> None:
    program = small_program(8)
    problem = instance(canonical(program.gates.circuit(program.network)), program.network)
    try:
        answer = solve(problem, 0.0)
    except NoPlacement as refusal:
        assert "in 0 s" in str(refusal)
    else:
        assert 0 <= answer.bound <= answer.ebits


def test_the_series_of_programs_is_frozen() -> None:
    """Every machine compares the same programs."""
    first, again = small_program(0), small_program(0)
    assert first.gates == again.gates
    assert first.gates.sha256[:16] == "6fe67f7fb6645890"
    assert all(np.isfinite(g.angles).all() for g in first.gates.gates)


@pytest.mark.slow
def test_the_compiler_is_never_below_the_optimum_and_close_to_it() -> None:
    results = list(compare_small(range(12)))
    assert all(r.ebits >= r.optimum for r in results)
    assert excess(results) <= 0.10
