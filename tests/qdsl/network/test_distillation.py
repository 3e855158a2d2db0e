"""Distillation: closed forms, and a twin that carries out every gate."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from math import exp, prod
from typing import Any

import numpy as np
import pytest

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.network.distillation import (
    DistillationEnd,
    Ends,
    RawPair,
    aged,
    best_pair,
    distilled,
    ladder,
)
from qdsl.network.errors import BufferedDistillation, FidelityNotReached, NoRoomToDistil
from qdsl.network.models import PROTOCOLS, Distillation, LinkModel, NodeModel, PairState
from qdsl.network.network import Link, Network, Node
from qdsl.network.shortfall import distillation_refusals
from tests.qdsl.network.recurrence_twin import bell_diagonal, bell_probabilities, one_round, waited

PERFECT = DistillationEnd()
NOISY = (
    DistillationEnd(0.01, 0.03, 0.02, 10, 40, 70),
    DistillationEnd(0.004, 0.015, 0.05, 20, 60, 30),
)


def werner(f: float) -> PairState:
    return f, (1 - f) / 3, (1 - f) / 3, (1 - f) / 3


def drawn(seed: int) -> tuple[PairState, PairState]:
    one, two = np.random.default_rng(seed).dirichlet([5, 1, 1, 1], size=2).tolist()
    return tuple(one), tuple(two)


@pytest.mark.parametrize("seed", range(5))
def test_dejmps_is_its_closed_form(seed: int) -> None:
    """Deutsch et al., PRL 77, 2818 (1996), in the order of Phi+, Psi-, Psi+, Phi-."""
    state = drawn(seed)[0]
    a, c, b, d = state
    n = (a + b) ** 2 + (c + d) ** 2
    found, p = distilled("dejmps", state, state, (PERFECT, PERFECT))
    wanted = ((a * a + b * b) / n, (c * c + d * d) / n, 2 * c * d / n, 2 * a * b / n)
    assert p == pytest.approx(n, abs=1e-12)
    assert found == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("f", [0.55, 0.8, 0.97])
def test_bbpssw_is_its_closed_form(f: float) -> None:
    """Bennett et al., PRL 76, 722 (1996)."""
    q = (1 - f) / 3
    found, p = distilled("bbpssw", werner(f), werner(f), (PERFECT, PERFECT))
    assert p == pytest.approx(f * f + 2 * f * q + 5 * q * q, abs=1e-12)
    assert found[0] == pytest.approx((f * f + q * q) / p, abs=1e-12)


@pytest.mark.parametrize(
    ("f", "least", "dejmps", "bbpssw"),
    [
        (0.8, 0.99, "32", "2.9e+03"),
        (0.9, 0.99, "11", None),
        (0.9, 0.9999, "43", None),
        (0.95, 0.99, "4.6", None),
        (0.95, 0.999, "9.2", None),
        (0.99, 0.999, "4.1", None),
    ],
)
def test_raw_pairs_of_werner_pairs(f: float, least: float, dejmps: str, bbpssw: str | None) -> None:
    """The published table, for perfect gates: raw pairs that a pair of a fidelity takes."""
    for protocol, wanted in (("dejmps", dejmps), ("bbpssw", bbpssw)):
        if wanted is None:
            continue
        made = ladder(protocol, RawPair(werner(f)), (PERFECT, PERFECT), 40)
        first = next(pair for pair in made if pair.state[0] >= least)
        assert f"{first.raw_pairs:.2g}" == wanted
        assert first.raw_pairs == pytest.approx(prod(2 / p for p in first.success))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("ends", [(PERFECT, PERFECT), NOISY, NOISY[::-1]])
@pytest.mark.parametrize("seed", range(2))
def test_a_round_is_what_its_gates_do(protocol: str, ends: Ends, seed: int) -> None:
    one, two = drawn(seed)
    kept, p = one_round(protocol, bell_diagonal(one), bell_diagonal(two), ends)
    found, success = distilled(protocol, one, two, ends)
    assert success == pytest.approx(p, abs=1e-9)
    assert found == pytest.approx(bell_probabilities(kept), abs=1e-9)


@pytest.mark.parametrize("t1", [1e30, 900.0])
def test_a_pair_ages_as_its_halves_relax_and_dephase(t1: float) -> None:
    ends = tuple(replace(e, t1_ns=None if t1 > 1e20 else round(t1), t2_ns=700) for e in NOISY)
    state = drawn(3)[0]
    rho = bell_diagonal(state)
    for qubit, t in enumerate((150.0, 400.0)):
        rho = waited(rho, qubit, t, t1, 700.0)
    assert aged(state, (ends[0], ends[1]), (150.0, 400.0)) == pytest.approx(
        bell_probabilities(rho), abs=1e-9
    )


def test_two_levels_with_memories_are_what_their_gates_do() -> None:
    """Dephasing alone keeps pairs Bell-diagonal, so that the whole ladder is exact."""
    ends = (replace(NOISY[0], t2_ns=9000), replace(NOISY[1], t2_ns=7000))
    raw = RawPair(drawn(1)[0], 1000, 30, 200)
    rho, time, lag, round_ns = bell_diagonal(raw.state), 1000.0, 30.0, 120 + 200
    for level, made in enumerate(ladder("dejmps", raw, ends, 2), start=1):
        older, younger = rho, rho
        for qubit, end in enumerate(ends):
            older = waited(older, qubit, lag + time, 1e30, float(end.t2_ns or 0))
            younger = waited(younger, qubit, lag, 1e30, float(end.t2_ns or 0))
        rho, p = one_round("dejmps", older, younger, ends)
        rho = waited(rho, 0, 120 - 50, 1e30, 9000.0)
        rho = waited(rho, 1, 120 - 80, 1e30, 7000.0)
        time, lag = (2 * time + round_ns) / p, 200.0
        assert made.state == pytest.approx(bell_probabilities(rho), abs=1e-9)
        assert made.levels == level and made.success[-1] == pytest.approx(p, abs=1e-9)
        assert (made.time_ns, made.round_ns) == (round(time), round_ns)


def test_the_fewest_levels_are_chosen_and_then_the_fewest_raw_pairs() -> None:
    raw, ends = RawPair(werner(0.9)), (PERFECT, PERFECT)
    chosen = best_pair(Distillation(min_fidelity=0.95), raw, ends)
    assert chosen is not None
    levels = {
        name: best_pair(Distillation(name, min_fidelity=0.95), raw, ends) for name in PROTOCOLS
    }
    assert chosen.protocol == "dejmps" and chosen.levels == 2
    assert levels["bbpssw"] is not None and levels["bbpssw"].levels > 2
    assert ladder("dejmps", raw, ends)[0].state[0] < 0.95
    assert best_pair(Distillation(min_fidelity=0.9), raw, ends) is None
    assert best_pair(Distillation("bbpssw"), raw, ends) == ladder("bbpssw", raw, ends)[0]
    assert best_pair(Distillation("bbpssw", 0), raw, ends) is None


# ---- networks --------------------------------------------------------------------------------


def two_nodes(asked: Distillation | None, f: float = 0.9, **of_node: float | int) -> Network:
    model = NodeModel(readout_fidelity=of_node.get("readout", 1.0), t2_ns=None)
    comm, good = int(of_node.get("comm", 4)), of_node.get("gate", 1.0)
    nodes = tuple(Node(v, 2, comm, good, (0, 0, 0), model) for v in "ab")
    channels = int(of_node.get("channels", 1))
    link = Link(0, 1, f, 1e6, model=LinkModel(channels=channels, distillation=asked))
    return Network("lan", nodes, (link,))


def test_a_network_says_what_its_links_make() -> None:
    network = two_nodes(Distillation("dejmps", 2), comm=3)
    (link,) = network.links
    assert link.distilled == ladder("dejmps", RawPair(werner(0.9), 1000), (PERFECT,) * 2)[1]
    assert (link.levels, network.free_comm) == (2, (1, 1))
    assert link.pair_fidelity == link.pair_state[0] > link.fidelity == link.raw_state[0]
    assert link.pair_time_ns > 4 * link.raw_time_ns == 4000
    worse = replace(
        network, nodes=(replace(network.nodes[0], gate_fidelity=0.97), network.nodes[1])
    )
    assert worse.links[0].pair_fidelity < link.pair_fidelity
    again = replace(link, model=replace(link.physics, distillation=None))
    assert replace(network, links=(again,)).links[0].distilled is None
    assert Network("lan", network.nodes, network.links) == network


def test_a_link_without_distillation_is_what_it_was() -> None:
    network = two_nodes(None)
    (link,) = network.links
    assert link.distilled is None and network.free_comm == (4, 4)
    assert (link.pair_time_ns, link.pair_rate_hz, link.pair_fidelity) == (1000, 1e6, 0.9)


def refusal(network: Network) -> Diagnostic:
    return distillation_refusals(network)[0]


CHANGES = [
    ({"gate": 0.97}, 0.99, "gates on two qubits", "gate_fidelity"),
    ({"readout": 0.8, "f": 0.9, "comm": 8}, 0.99, "read-out", "readout_fidelity"),
    ({"gate": 0.98, "comm": 3}, 0.995, "gates on two qubits", "gate_fidelity"),
    ({"f": 0.5}, 0.9, "the fidelity of its raw pairs", "fidelity"),
]


@pytest.mark.parametrize(("of", "least", "limit", "key"), CHANGES)
def test_a_fidelity_out_of_reach_says_what_limits_it(
    of: dict[str, float], least: float, limit: str, key: str
) -> None:
    """The change that is said is enough, and a little less is not."""
    asked = Distillation(min_fidelity=least)
    problem = refusal(two_nodes(asked, **of))
    assert isinstance(problem, FidelityNotReached)
    assert problem.limit == limit and key in problem.change
    change = re.search(r"fidelity`? (?:of )?([0-9.]+)", problem.change)
    comm = re.search(r"`comm (\d+)`", problem.change)
    assert change is not None
    value = float(change[1])
    name = {"gate_fidelity": "gate", "readout_fidelity": "readout", "fidelity": "f"}[key]
    before, of = of, {**of, "comm": int(comm[1])} if comm is not None else of
    assert not distillation_refusals(two_nodes(asked, **{**of, name: value}))
    less = 1 - (1 - value) * 1.02
    assert distillation_refusals(two_nodes(asked, **{**of, name: less}))
    given = Distillation(min_fidelity=float(problem.possible))
    assert not distillation_refusals(two_nodes(given, **before))


def test_a_fixed_point_of_noisy_gates_is_below_one() -> None:
    steps = [pair.state[0] for pair in ladder("dejmps", RawPair(werner(0.9)), NOISY)]
    assert max(steps) < 0.95
    assert all(abs(a - b) < 1e-3 for a, b in pairwise(steps[-3:]))


@pytest.mark.parametrize(("channels", "wanted"), [(1, 3), (2, 5)])
def test_a_node_without_room_to_distil_is_refused(channels: int, wanted: int) -> None:
    asked = Distillation("dejmps", 2)
    problem = distillation_refusals(two_nodes(asked, comm=wanted - 1, channels=channels))[0]
    assert isinstance(problem, NoRoomToDistil) and problem.wanted == wanted
    assert not distillation_refusals(two_nodes(asked, comm=wanted, channels=channels))


def test_expected_waits_are_those_of_the_formula() -> None:
    """A raw pair waits for the next one on average, from when it is known."""
    end = replace(PERFECT, t2_ns=5000)
    raw = RawPair((1.0, 0.0, 0.0, 0.0), 1000, 0, 0)
    (made,) = ladder("bbpssw", raw, (end, end), 1)
    f = (1 + exp(-2 * 1000 / 5000)) / 2
    older, younger = werner(f), werner(1.0)
    kept, p = distilled("bbpssw", older, younger, (PERFECT, PERFECT))
    assert made.state == pytest.approx(kept) and made.success == pytest.approx((p,))


def test_a_part_of_a_network_has_no_more_room_than_the_whole() -> None:
    """Its nodes still set aside what the links that are left out take."""
    ends = ((0, 1, 1), (1, 2, 3), (0, 2, 0))
    links = tuple(
        Link(a, b, 0.9, 1e6, model=LinkModel(distillation=Distillation("dejmps", n)))
        for a, b, n in ends
    )
    whole = Network("ring", tuple(Node(v, 1, 5) for v in "abc"), links)
    assert whole.free_comm == (4, 2, 2)
    part = whole.with_fewer_links(whole.links[::2])
    assert part.free_comm == whole.free_comm and part.distilling[2] == (0, 0)
    plain = two_nodes(None)
    assert plain.with_fewer_links(plain.links) == plain


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"protocol": "purify"}, "no protocol"),
        ({"levels": 11}, "0 to 10 levels"),
        ({"min_fidelity": 1.2}, "above 0"),
        ({"levels": 1, "min_fidelity": 0.9}, "levels determine"),
    ],
)
def test_what_cannot_be_asked_for(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Distillation(**given)


def test_a_link_with_a_buffer_does_not_distil() -> None:
    network = two_nodes(Distillation("dejmps"))
    (link,) = network.links
    buffered = replace(link, model=replace(link.physics, buffer=1))
    (problem,) = distillation_refusals(replace(network, links=(buffered,)))
    assert isinstance(problem, BufferedDistillation)
