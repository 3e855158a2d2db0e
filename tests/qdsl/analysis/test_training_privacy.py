"""What a training discloses: the counts of its gradients' circuits, to whom the parameters are."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

import qdsl
from qdsl.analysis.assess import accuracy_of
from qdsl.analysis.executions import (
    COUNTED,
    NOT_COUNTED,
    TrainingPlan,
    expected_of,
    gradient_tasks,
)
from qdsl.analysis.findings import Announcement, Privacy, ShotBudget, TaskCost
from qdsl.analysis.formulas import hoeffding
from qdsl.analysis.gradient_circuits import shift_runs
from qdsl.analysis.privacy import PARTS, privacy_of
from qdsl.analysis.structure import structure_of
from qdsl.api import Compiled
from qdsl.gradient.planning import NAMES, plan

NET = """network net {
  node a { qubits 4, comm 2 }
  node b { qubits 4, comm 2 }
  node c { qubits 4, comm 2 }
  link a -- b { rate 1 kHz, fidelity 0.99 }
  link b -- c { rate 1 kHz, fidelity 0.99 }
}
"""
GROW = (
    NET
    + """model grow(n = 2, layers = 2) on net {
  data x: real[2**n] owner a
  param u: angle[layers, n] owner b
  param v: angle[layers, n] owner a
  qubits q[n]
  at a { amplitude(x) q }
  for l in 0..layers {
    at b { for i in 0..n { ry(u[l, i]) q[i] } for i in 0..n-1 { cx q[i], q[i+1] } }
    at a { for i in 0..n { rx(v[l, i]) q[i] } for i in 0..n-1 { cz q[i], q[i+1] } }
  }
  REVEAL
  return expect(Z q[0])
}"""
)
BY_COPY = (
    NET
    + """model copied() on net {
  param u: angle owner b
  param v: angle owner a
  qubits q[2]
  at a { ry(v) q[0] }
  at b { ry(u) q[1] }
  cz q[0], q[1]
  at a { rx(v) q[0] }
  at b { rx(u) q[1] }
  return expect(Z q[1])
}"""
)
STEPS, ITEMS = 12, 5
SHIFTED = "counts of shifted circuits"


def compiled(text: str, reveal: str = "") -> Compiled:
    return qdsl.loads(text.replace("REVEAL", reveal)).compile(verify=False)


def trained(c: Compiled, plan: TrainingPlan) -> tuple[Privacy, ShotBudget]:
    s = structure_of(c.circuit)
    assert s is not None
    program = c.scheduled.distributed
    budget = expected_of(program, c.cost, accuracy_of(None), plan)
    found = privacy_of(s, program, c.cost, budget, plan)
    assert found is not None
    return found, budget


def told(found: Privacy, what: str = "counts of ") -> list[Announcement]:
    return [a for a in found.announcements if a.task == "training" and a.what.startswith(what)]


def disclosed(found: Privacy, party: str, about: str) -> int:
    ours = [x for x in found.leaks if (x.party, x.about, x.task) == (party, about, "training")]
    return ours[0].classical_bits if ours else 0


def training_of(budget: ShotBudget) -> TaskCost:
    return next(t for t in budget.tasks if t.name == "training")


LINEAR = TrainingPlan(STEPS, ITEMS, True, "parameter_shift")


def test_the_counts_of_another_ones_parameters_are_told() -> None:
    """Four angles of u, two shifts each; v's are measured where v is."""
    found, budget = trained(compiled(GROW), LINEAR)
    executions = hoeffding(7, 0.1, 0.05)  # of 8 parameters one turns nothing that is read
    each = 8 * math.ceil(math.log2(math.ceil(executions / 2) + 1))
    assert told(found) == [Announcement(SHIFTED, "a", "b", "training", 12, 12 * each, ("a", "b"))]
    assert disclosed(found, "b", "a") == 12 * each == 960
    assert disclosed(found, "a", "b") == 0
    gradient = next(t for t in budget.tasks if t.method == "parameter shift")
    c = compiled(GROW).cost
    assert gradient.classical_bits == gradient.executions * c.classical_bits + each
    assert training_of(budget).classical_bits == 12 * gradient.classical_bits


def test_every_item_has_counts_of_its_own_where_the_loss_is_not_linear() -> None:
    found, budget = trained(compiled(GROW), replace(LINEAR, is_linear=False))
    linear, _ = trained(compiled(GROW), LINEAR)
    values, shifted = told(found, "counts of outcomes"), told(found, SHIFTED)
    assert [a.times for a in (*values, *shifted)] == [STEPS * ITEMS] * 2
    assert shifted[0].bits == ITEMS * told(linear)[0].bits
    assert disclosed(found, "b", "a") == values[0].bits + shifted[0].bits
    assert training_of(budget).executions == STEPS * ITEMS * (7 * hoeffding(7, 0.1, 0.05) + 738)


def test_the_groups_are_the_executions_of_the_budget() -> None:
    c = compiled(GROW)
    found, budget = trained(c, LINEAR)
    runs = shift_runs(c.circuit, 0.1, 0.05)
    gradient = next(t for t in budget.tasks if t.method == "parameter shift")
    assert sum(k for run in runs for k in run.copies) == gradient.executions
    (b,) = [x for x in found.leaks if (x.party, x.task) == ("b", "training")]
    inference = next(x for x in found.leaks if (x.party, x.task) == ("b", "inference"))
    assert b.copies == training_of(budget).executions
    assert b.malicious_bits * inference.copies == inference.malicious_bits * b.copies


@pytest.mark.parametrize("gate", ["crx", "ry"])
def test_several_angles_and_shifts_share_the_executions_of_a_parameter(gate: str) -> None:
    on = "q[0], q[1]" if gate == "crx" else "q[1]"
    text = NET + (
        f"model m() on net {{ param w: angle owner b\nqubits q[2]\nat a {{ h q }}\n"
        f"at b {{ {gate}(w) {on}; cx q[0], q[1]; ry(0.5 * w) q[1] }}\nreturn expect(Z q[1]) }}"
    )
    c = compiled(text)
    runs = shift_runs(c.circuit, 0.1, 0.05)
    (task,) = (
        t
        for t in gradient_tasks(c.scheduled.distributed, c.cost, accuracy_of(None))
        if t.method == "parameter shift"
    )
    assert sum(k for run in runs for k in run.copies) == task.executions
    assert [len(run.copies) for run in runs] == [4 if gate == "crx" else 2, 2]


def test_who_follows_a_parameter_is_told_its_counts() -> None:
    """By a reveal c comes to know u after every step; a public parameter everyone knows."""
    revealed, _ = trained(compiled(GROW, "reveal u to c"), LINEAR)
    assert [(a.by, a.to) for a in told(revealed)] == [("a", "b"), ("a", "c")]
    assert disclosed(revealed, "c", "a") == disclosed(revealed, "b", "a") == 960
    public, _ = trained(compiled(GROW.replace("layers, n] owner b", "layers, n]")), LINEAR)
    (one,) = told(public)
    assert (one.to, one.bits) == ("everyone", 960)
    assert disclosed(public, "c", "a") == disclosed(public, "b", "a") == 960
    moved = GROW.replace("layers, n] owner a", "layers, n] owner c").replace(
        "  at a { for i in 0..n { rx(", "  at c { for i in 0..n { rx("
    )
    third, _ = trained(compiled(moved), LINEAR)  # q[0] ends at c
    assert [(a.by, a.to) for a in told(third)] == [("c", "b")]
    assert disclosed(third, "b", "a") == disclosed(third, "b", "c") == 960


def test_words_at_several_nodes_are_told_by_each_and_only_where_they_depend() -> None:
    text = NET + (
        "model m() on net { data x: angle[2] owner a\nparam u: angle owner b\n"
        "param w: angle owner c\nqubits q, r, s\n"
        "at a { ry(x[0]) q; rx(x[1]) q }\nat b { ry(u) r; cx r, q }\n"
        "at c { ry(w) s }\n"
        "return expect(Z r + Z s) }"
    )
    found, _ = trained(compiled(text), LINEAR)
    assert not told(found)  # each measures what depends on its own
    joint, budget = trained(compiled(text.replace("Z r + Z s", "Z r * Z s")), LINEAR)
    # each joins the outcomes of its own derivative: of both signs, a bit an execution
    bits = STEPS * hoeffding(2, 0.1, 0.05)
    assert not told(joint)
    both = [("c", "b", bits), ("b", "c", bits)]
    assert [(a.by, a.to, a.bits) for a in told(joint, PARTS)] == both
    assert training_of(budget).joined_bits == 2 * bits
    assert disclosed(joint, "b", "c") == disclosed(joint, "c", "b") == bits
    # u comes by a reveal to be followed by a, which measures nothing: b tells it the counts
    seen, _ = trained(
        compiled(text.replace("Z r + Z s", "Z r * Z s").replace("at c {", "reveal u to a\nat c {")),
        LINEAR,
    )
    each = STEPS * 2 * math.ceil(math.log2(hoeffding(2, 0.1, 0.05) // 2 + 1))
    assert [(a.by, a.to, a.bits) for a in told(seen)] == [("b", "a", each)]
    assert [(a.by, a.to, a.bits) for a in told(seen, PARTS)] == both


def test_blocks_tell_only_what_is_not_the_layers_own() -> None:
    own, budget = trained(compiled(BLOCKS), replace(LINEAR, method="commuting_block"))
    assert training_of(budget).method == "commuting blocks" and not told(own)
    assert not own.assumed
    text = BLOCKS.replace("param u: angle[2] owner b", "param u: angle[2] owner c")
    text = text.replace("REVEAL", "reveal u to b")
    other, budget = trained(compiled(text), replace(LINEAR, method="commuting_block"))
    k = hoeffding(4, 0.1, 0.05)
    signs = sum(math.ceil(math.log2(half + 1)) for half in (k - k // 2, k // 2))
    assert [(a.by, a.to, a.bits) for a in told(other)] == [("b", "c", STEPS * 2 * signs)]
    assert disclosed(other, "c", "a") == STEPS * 2 * signs


BLOCKS = (
    NET
    + """model m() on net {
  data x: real[4] owner a
  param u: angle[2] owner b
  param v: angle[2] owner a
  qubits q[2]
  at a { amplitude(x) q }
  REVEAL
  at b { ry(u[0]) q[0]; ry(u[1]) q[1]; cz q[0], q[1] }
  at a { rx(v[0]) q[0]; rx(v[1]) q[1] }
  return expect(Z q[0] * Z q[1])
}"""
)


def test_conditions_tell_in_a_training_too() -> None:
    text = NET + (
        "model m() on net { data x: real[2] owner a\nparam w: angle owner b\nqubits p, q\nbits k\n"
        "at a { amplitude(x) p; k = measure p }\nat b { ry(w) q; if k == 1 { x q } }\n"
        "return expect(Z q) }"
    )
    found, budget = trained(compiled(text), LINEAR)
    runs = training_of(budget).executions
    (one,) = told(found, "outcomes for `if`")
    assert (one.times, one.bits) == (runs, runs)
    assert disclosed(found, "b", "a") == runs


def test_what_is_not_counted_is_said() -> None:
    c = compiled(GROW)
    said = {
        method: trained(c, replace(LINEAR, method=method, shots=shots))[0].assumed
        for method, shots in (("auto", None), ("exact", None), ("hadamard", None), ("spsa", 40))
    }
    assert said["auto"] == "" and "exact, by simulation" in said["exact"]
    assert "hadamard, is not counted" in said["hadamard"]
    assert "an ancilla controls every word" in said["hadamard"]
    assert said["spsa"].startswith("training: by spsa") and "40 shots" in said["spsa"]
    by_blocks = replace(LINEAR, method="commuting_block")
    assert trained(c, by_blocks)[0].assumed == ""
    assert "commuting blocks cannot be counted here: layers do not hand over" in (
        trained(compiled(BY_COPY), by_blocks)[0].assumed
    )


def test_every_method_is_counted_or_its_reason_is_known() -> None:
    assert set(NAMES) - {"auto"} == set(COUNTED) - {"kick"} | set(NOT_COUNTED)


MOVED = (
    NET
    + """model m() on net {
  data x: angle owner a
  param u: angle owner b
  param w: angle[2] owner c
  qubits q, r
  at a { ry(x) q }
  at b { ry(u) q }
  at c { ry(w[0]) r; rx(w[1]) r }
  return OUTPUTS
}"""
)


@pytest.mark.parametrize("method", ["finite_difference", "spsa"])
def test_parameters_that_are_moved_execute_the_program_itself(method: str) -> None:
    """As many executions as `qdsl grad` counts, and what it announces; q and r end at b and c."""
    c = compiled(MOVED.replace("OUTPUTS", "expect(Z q * Z r)"))
    found, budget = trained(c, replace(LINEAR, method=method))
    name = "spsa" if method == "spsa" else "finite differences"
    task = next(t for t in budget.tasks if t.name == "gradient" and t.method == name)
    price = plan(c.circuit, method, epsilon=0.1, delta=0.05).comparison.cost(method)
    assert task.executions == pytest.approx(price.executions, rel=1e-3)
    assert task.joined_bits == task.executions  # a bit from one node to the other
    assert price.joined == price.executions
    own = task.executions * c.cost.classical_bits
    counts = task.classical_bits - task.joined_bits - own
    assert counts == price.announced
    assert sum(a.bits for a in told(found)) == STEPS * counts
    assert sum(a.bits for a in told(found, PARTS)) == STEPS * task.joined_bits
    assert training_of(budget).method == name and found.assumed == ""


def test_several_outputs_have_gradients_of_their_own() -> None:
    """u turns what is read of q, w[0] and w[1] of r: three derivatives, two of the second. A
    training takes the gradient of the first, which its loss is a function of."""
    c = compiled(MOVED.replace("OUTPUTS", "expect(2 * Z r), expect(Z q)"))
    found, budget = trained(c, replace(LINEAR, is_linear=False))
    shift = next(t for t in budget.tasks if t.method == "parameter shift")
    assert shift.executions == hoeffding(3, 0.1, 0.05) + 2 * hoeffding(3, 0.1, 0.05, 2.0)
    runs = shift_runs(c.circuit, 0.1, 0.05)
    assert [run.output for run in runs] == [0, 0, 1]
    one = compiled(MOVED.replace("OUTPUTS", "expect(2 * Z r)"))
    alone, of_one = trained(one, replace(LINEAR, is_linear=False))
    assert training_of(budget).executions == training_of(of_one).executions
    assert told(found) == told(alone) and {x.task for x in found.leaks} == {"inference", "training"}
    (both,) = [x for x in found.leaks if (x.party, x.about, x.task) == ("a", "b", "training")]
    (single,) = [x for x in alone.leaks if (x.party, x.about, x.task) == ("a", "b", "training")]
    assert (both.copies, both.malicious_bits) == (single.copies, single.malicious_bits)


def test_what_has_no_gradient_says_so() -> None:
    c = compiled(MOVED.replace("OUTPUTS", "sample(r), expect(Z q)"))
    found, budget = trained(c, LINEAR)
    assert not [t for t in budget.tasks if t.name in ("gradient", "training")]
    assert budget.uncounted == "no gradient is counted: 'm' returns sample(...)"
    assert found.assumed == f"no bound is stated for the training: {budget.uncounted}"
    c = compiled(MOVED.replace("OUTPUTS", "expect(Z q), sample(r)"))
    found, budget = trained(c, LINEAR)
    assert [t.name for t in budget.tasks] == ["inference", "training"]
    assert budget.uncounted == "no gradient is counted: 'm' returns sample(...)"
