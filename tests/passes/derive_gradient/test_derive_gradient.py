"""Gradient circuits: their hand-overs and ebits, by the counts of the two-party protocol."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qdsl.diagnostics.diagnostic import InternalError
from qdsl.driver.pass_manager import (
    DEFAULT_PASSES,
    UnknownPass,
    check_order,
    configured,
    run_passes,
)
from qdsl.gradient.compiling import batch_costs, compiled_template, template_cost
from qdsl.gradient.estimation import estimated
from qdsl.gradient.states import settings
from qdsl.gradient.telling import reader_of, telling
from qdsl.ir.batch import CircuitBatch
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, Expectation, PauliTerm, Sample
from qdsl.passes.derive_gradient.derive import derived
from qdsl.passes.derive_gradient.derive_gradient import DeriveGradient
from qdsl.passes.derive_gradient.problem import NoGradient
from tests.build import circuit
from tests.qdsl.gradient.models import random_model
from tests.qdsl.gradient.two_party import (
    ALICE,
    BOB,
    alternating,
    forward_handovers,
    handovers,
    values_of,
)

LAYERS = range(1, 7)
Z0 = Expectation((PauliTerm(1.0, ((0, "Z"),)),))


@pytest.mark.slow
@pytest.mark.parametrize("data", [ALICE, BOB])
@pytest.mark.parametrize("layers", LAYERS)
def test_kicks_take_the_hand_overs_of_the_protocol(layers: int, data: int) -> None:
    """h(m) = h_fwd + 2 L - m for the block of layer m; 6 L^2 - L, or 6 L^2 - 3 L, in all."""
    n = 2
    costs = batch_costs(derived(alternating(layers, data), "commuting_block"))
    wanted = [n * handovers(layers, m, data) for m in range(1, 2 * layers + 1)]
    assert [c.ebits for c in costs] == wanted
    assert [c.classical_bits for c in costs] == [2 * w for w in wanted]
    assert [c.rounds for c in costs] == [w // n for w in wanted]
    total = 6 * layers**2 - (layers if data == ALICE else 3 * layers)
    assert sum(c.ebits for c in costs) == n * total
    forward = template_cost(derived(alternating(layers, data), "parameter_shift").template(0))
    assert forward.ebits == n * forward_handovers(layers, data)


@pytest.mark.parametrize(("words", "rank"), [(("XY", "ZX", "YZ"), 2), (("XY",), 1)])
@pytest.mark.parametrize("layers", [1, 2, pytest.param(6, marks=pytest.mark.slow)])
def test_cat_layers_take_an_ebit_for_each_independent_word(
    layers: int, words: tuple[str, ...], rank: int
) -> None:
    """r (2 L - l) for the blocks of A_l and B_l, r (3 L^2 - L) in all."""
    costs = batch_costs(derived(alternating(layers, bob=words), "cat"))
    wanted = [rank * (2 * layers - (m + 1) // 2) for m in range(1, 2 * layers + 1)]
    assert [c.ebits for c in costs] == wanted
    assert [c.classical_bits for c in costs] == [2 * w for w in wanted]
    assert sum(wanted) == rank * (3 * layers**2 - layers)


def test_the_ancilla_stays_behind() -> None:
    """Hadamard tests and overlaps hand over n qubits, never n + 1."""
    made = alternating(2)
    network = made.network
    assert network is not None
    roomy = tuple(replace(node, qubits=node.qubits + 1) for node in network.nodes)
    made = replace(made, network=replace(network, nodes=roomy))
    forward = 2 * forward_handovers(2, ALICE)
    assert {c.ebits for c in batch_costs(derived(made, "hadamard"))} == {forward}
    wanted = [2 * handovers(2, m, ALICE) for m in range(1, 5)]
    batch = derived(made, "overlap")
    costs = batch_costs(batch)
    assert [c.ebits for c in costs] == wanted
    assert [c.classical_bits for c in costs] == [2 * w for w in wanted]
    joined = [
        telling(settings(batch.template(k))[0][0], c.places, {}, reader_of(batch, job)).joined
        for k, (job, c) in enumerate(zip(batch.jobs, costs, strict=True))
    ]
    assert joined == [1, 0, 1, 0]  # Bob's blocks: Alice tells him what her ancilla showed


@pytest.mark.parametrize("method", ["commuting_block", "cat", "parameter_shift"])
def test_compiled_templates_are_proved_equal(method: str) -> None:
    costs = batch_costs(derived(alternating(2), method), verify=True)
    assert all(c.verified for c in costs)


@pytest.mark.parametrize("stop", range(5))
def test_any_stage_has_a_gradient(stop: int) -> None:
    made = alternating(1)
    passes = [configured(name, {}) for name in DEFAULT_PASSES[:stop]]
    stage, records = run_passes(made, [*passes, DeriveGradient("commuting_block")])
    assert isinstance(stage, CircuitBatch)
    assert records[-1].after.operations > records[-1].before.operations or stop > 2
    values = values_of(made)
    direct = estimated(derived(made, "parameter_shift"), values).jacobian
    assert estimated(stage, values).jacobian == pytest.approx(direct, abs=1e-12)
    check_order((*DEFAULT_PASSES[:stop], "derive-gradient"))


def test_a_gradient_is_the_end() -> None:
    with pytest.raises(UnknownPass, match="CircuitBatch"):
        check_order(("derive-gradient", "partition"))


def test_parameters_stay_names() -> None:
    """A template reads the source's vectors, and one more for the numbers of its points."""
    made = alternating(1)
    batch = derived(made, "parameter_shift")
    assert len(batch.jobs) == 1
    assert batch.n_circuits == 10  # the last word commutes with the observable
    names = [v.name for v in batch.template(0).values.vectors]
    assert names == ["x", "w", "shift"]


def test_what_cannot_change_the_observable_is_left_out() -> None:
    made = random_model(3)
    wide = circuit(
        3,
        [("ry", (0,), (0.0, ((1.0, 0),))), ("ry", (2,), (0.0, ((1.0, 1),))), ("cz", (1, 2))],
        vectors=(replace(made.values.vectors[1], start=0, shape=(2,)),),
    )
    wide = replace(wide, outputs=(Z0,))
    batch = derived(wide, "commuting_block")
    (job,) = batch.jobs
    assert {int(s) for s in job.contributions.column} == {0}
    assert all(row.operands == (0,) for row in batch.template(0).table)
    gradient = estimated(batch, {"w": np.array([0.3, 0.4])}).jacobian[0, 0]
    assert gradient == pytest.approx([-np.sin(0.3), 0.0])


def test_blocks_reach_past_what_commutes() -> None:
    """`ry rz` qubit by qubit: all turns about Y are one block, and all about Z another."""
    n, layers = 5, 3
    lines: list[tuple[object, ...]] = []
    for _ in range(layers):
        for q in range(n):
            for name in ("ry", "rz"):
                lines.append((name, (q,), (0.0, ((1.0, len(lines)),))))
        lines += [("cx", (q, q + 1)) for q in range(n - 1)]
    vector = replace(random_model(0).values.vectors[1], start=0, shape=(len(lines),))
    made = replace(circuit(n, lines, vectors=(vector,)), outputs=(Z0,))
    batch = derived(made, "commuting_block")
    assert len(batch.jobs) <= 2 * layers
    values = {"w": np.linspace(-2, 2, len(lines))}
    shifted = estimated(derived(made, "parameter_shift"), values).jacobian
    assert estimated(batch, values).jacobian == pytest.approx(shifted, abs=1e-12)


def test_measured_programs_are_shifted_only() -> None:
    made = circuit(
        2,
        [("ry", (0,), (0.0, ((1.0, 0),))), ("measure", (0,), 0), ("ry", (1,), (0.0, ((1.0, 1),)))],
        n_bits=1,
        conditions={2: (0, 1)},
        vectors=(replace(random_model(0).values.vectors[1], start=0, shape=(2,)),),
    )
    made = replace(made, outputs=(Expectation((PauliTerm(1.0, ((1, "Z"),)),)),))
    with pytest.raises(NoGradient, match="measures or resets"):
        derived(made, "commuting_block")
    w = np.array([0.7, 0.4])  # <Z> = cos^2(a/2) + sin^2(a/2) cos b
    gradient = estimated(derived(made, "parameter_shift"), {"w": w}).jacobian[0, 0]
    expected = [np.sin(0.7) / 2 * (np.cos(0.4) - 1), -(np.sin(0.35) ** 2) * np.sin(0.4)]
    assert gradient == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("method", ["commuting_block", "nothing"])
def test_programs_without_a_gradient(method: str) -> None:
    made = random_model(0)
    sampled: Circuit = replace(made, outputs=(Sample((0,)),))
    with pytest.raises(NoGradient):
        derived(sampled, method)
    fixed = circuit(1, [("h", (0,))])
    with pytest.raises(NoGradient, match=r"no gradient|no method"):
        derived(replace(fixed, outputs=made.outputs[:1]), method)


def test_every_template_obeys_the_rules() -> None:
    for seed in range(12):
        for method in (
            "commuting_block",
            "hadamard",
            "overlap",
            "cat",
            "parameter_shift",
            "shadow",
            "global_shadow",
            "amplitude_estimation",
        ):
            batch = derived(random_model(seed), method)
            for k in range(len(batch.jobs)):
                verify(batch.template(k), method)


def test_private_values_stay_at_home() -> None:
    """The rule is among those that every stage of a compiled template is held to."""
    made = alternating(1)
    vectors = tuple(replace(v, owner="bob") if v.name == "w" else v for v in made.values.vectors)
    mixed = replace(made, values=replace(made.values, vectors=vectors))
    with pytest.raises(InternalError, match="private"):
        compiled_template(derived(mixed, "commuting_block").template(0))
