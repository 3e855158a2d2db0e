"""Outcomes of one output at several nodes: every node but one sends bits of every execution."""

from __future__ import annotations

import math

import pytest

import qdsl
from qdsl.analysis.assess import Assessment
from qdsl.analysis.findings import Announcement, TaskCost
from qdsl.analysis.formulas import STAGE_SHOTS, estimation_stages, number_bits, stage_bits
from qdsl.analysis.privacy import PARTS

THREE = """
network three {
  node a { qubits 4 }, node b { qubits 4 }, node c { qubits 4 }
  link a -- b { rate 1 kHz }, link b -- c { rate 1 kHz }
}
model m() on three {
  data x: real[2] owner a
  data y: real[2] owner b
  data z: real[2] owner c
  qubits p[2], q[2], r[2]
  bits k
  at a { ry(x[0]) p[0]; ry(x[1]) p[1] }
  at b { ry(y[0]) q[0]; ry(y[1]) q[1] }
  at c { ry(z[0]) r[0]; ry(z[1]) r[1] }
  BODY
}
"""
RUNS = 738  # 2 ln(2 / 0.05) / 0.1^2
COUNT = 10  # log2(739), rounded up


def assessed(body: str) -> Assessment:
    return qdsl.loads(THREE.replace("BODY", body)).compile(verify=False).assess()


def sampling(found: Assessment) -> TaskCost:
    return found.shot_budget.tasks[0]


def rows(found: Assessment, what: str) -> list[Announcement]:
    assert found.privacy is not None
    return [x for x in found.privacy.announcements if x.what == what]


@pytest.mark.parametrize(
    ("output", "each"),
    [
        ("expect(Z p[0] * Z p[1])", 0),
        ("expect(Z p[0] * Z q[0])", 1),
        ("expect(X p[0] * Z p[1] * Y q[0] * Z q[1])", 1),  # one parity a node
        ("expect(Z p[0] * Z q[0] * Z r[0])", 2),
        # an outcome that a condition has brought to a already is not sent again
        ("measured(Z p[0] * Z q[0])", 0),
        ("measured(Z p[0] * X q[0])", 1),  # but another axis is
    ],
)
def test_a_word_takes_a_bit_of_every_further_node(output: str, each: int) -> None:
    body = f"return {output}"
    program = 0
    if output.startswith("measured"):
        body = (
            f"at b {{ k = measure q[0] }}\nat a {{ if k {{ x p[1] }} }}\nreturn expect{output[8:]}"
        )
        program = 1
    task = sampling(assessed(body))
    assert task.executions == RUNS
    assert task.joined_bits == each * RUNS
    assert task.classical_bits == (program + each) * RUNS + COUNT


def test_terms_share_the_executions_by_their_sizes() -> None:
    """Three quarters of the executions read a word at two nodes, a quarter one at a single node."""
    found = assessed("return expect(1.5 * Z p[0] * Z q[0] + 0.5 * Z r[0])")
    runs = math.ceil(4 * 2 * math.log(40) / 0.01)
    joined = math.ceil(runs * 0.75)
    task = sampling(found)
    assert (task.executions, task.joined_bits) == (runs, joined)
    count = math.ceil(math.log2(runs + 1))
    assert task.classical_bits == joined + 2 * count
    assert [(x.by, x.to, x.times, x.bits, x.about) for x in rows(found, PARTS)] == [
        ("b", "a", joined, joined, ("b",))
    ]
    assert [(x.by, x.to, x.bits, x.about) for x in rows(found, "counts of outcomes")] == [
        ("a", "everyone", count, ("a", "b")),
        ("c", "everyone", count, ("c",)),
    ]


def test_who_joins_learns_what_the_others_send() -> None:
    found = assessed("return expect(Z p[0] * Z q[0])")
    assert found.privacy is not None
    told = {(x.party, x.about): x.classical_bits for x in found.privacy.leaks}
    assert told["a", "b"] == RUNS  # the parts; it tells the count itself
    assert told["b", "a"] == told["c", "a"] == told["c", "b"] == COUNT


def test_of_a_distribution_every_outcome_is_sent() -> None:
    """To a, which measures two of the five qubits as b does; then eight times four counts."""
    task = sampling(assessed("return probability(p[0], p[1], q[0], q[1], r[0])"))
    assert task.joined_bits == 3 * task.executions
    count = math.ceil(math.log2(task.executions + 1))
    assert task.classical_bits == task.joined_bits + 32 * count


def test_an_overlap_multiplies_its_pairs_first() -> None:
    """p and q are compared: they end wherever, and a pair at two nodes takes a bit."""
    compiled = qdsl.loads(THREE.replace("BODY", "return overlap(p, q)")).compile(verify=False)
    program = compiled.scheduled.distributed
    (output,) = program.placed.circuit.outputs
    at = program.wire_node[program.final_wire].tolist()
    pairs = [
        (at[i], at[j])
        for i, j in zip(output.left, output.right, strict=True)  # type: ignore[union-attr]
    ]
    split = sum(i != j for i, j in pairs)
    places = {j for _, j in pairs}
    task = sampling(compiled.assess())
    assert task.joined_bits == task.executions * (split + len(places) - 1)


def test_samples_are_told_by_each_node_alone() -> None:
    task = sampling(assessed("return sample(p, q)"))
    assert (task.joined_bits, task.classical_bits) == (0, 4)


def test_amplitude_estimation_tells_its_powers_and_its_mean() -> None:
    found = assessed("return expect(Z p[0] * Z q[0])")
    (task,) = [t for t in found.shot_budget.tasks if t.method == "amplitude estimation"]
    runs = STAGE_SHOTS * estimation_stages(0.1)
    assert task.joined_bits == runs == 50 * 5
    assert stage_bits(0.1) == 5 * 4 and number_bits(0.1) == 4  # powers 0 to 8; 11 values
    assert task.classical_bits == runs + 20 + 4
