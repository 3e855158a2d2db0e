"""The paper's claims: instances, classical protocols, and the quick reproduction."""

from __future__ import annotations

import json
from itertools import pairwise
from math import comb, log2
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from qdsl.cli.commands import cli
from qdsl.data.problems import edges_known, hidden_matching, subspace, trace_product
from qdsl.studies.paper import graphs, limits, privacy, training
from qdsl.studies.paper.expressivity import phase_frequencies
from qdsl.studies.paper.findings import Settings
from qdsl.studies.paper.inference import classical_bits, model, perfect_matching, run_of
from qdsl.studies.paper.page import write_page
from qdsl.studies.paper.reproduce import PARTS, as_text
from qdsl.verify.simulation.channel import equal_channels
from tests.sources import ROOT

NEED_DATA = {
    "nodes", "decisions", "graph-sets", "trained", "table-1", "table-2", "authors-networks",
    "best-networks", "trained-molecules",
}  # fmt: skip
QUICK = Settings(is_quick=True)


# ---- instances -------------------------------------------------------------------------


@pytest.mark.parametrize("share", [1.0, 0.5, 0.25])
@pytest.mark.parametrize("n", [2, 3, 6])
def test_a_hidden_matching_is_one(n: int, share: float) -> None:
    one = hidden_matching(n, 3, share)
    assert sorted(one.matching.reshape(-1).tolist()) == list(range(2**n))
    assert len(one.labels) == max(1, round(share * 2 ** (n - 1)))
    edges = one.matching[: len(one.labels)]
    assert (one.x[edges[:, 0]] ^ one.x[edges[:, 1]] ^ one.labels == one.answer).all()


def test_the_same_seed_gives_the_same_instance_and_others_others() -> None:
    first, again, other = (hidden_matching(5, seed) for seed in (1, 1, 2))
    assert (first.x == again.x).all() and (first.matching == again.matching).all()
    assert (first.matching != other.matching).any()
    assert {hidden_matching(4, seed).answer for seed in range(12)} == {0, 1}


@pytest.mark.parametrize("n", [0, 1])
def test_two_bits_give_the_answer_away(n: int) -> None:
    with pytest.raises(ValueError, match="n >= 2"):
        hidden_matching(n, 0)


@pytest.mark.parametrize("seed", range(4))
def test_the_vector_lies_in_the_half_that_it_should(seed: int) -> None:
    one = subspace(3, seed)
    assert np.linalg.norm(one.vector @ one.first_half) == pytest.approx(1 - one.answer, abs=1e-12)
    np.testing.assert_allclose(one.basis @ one.basis.T, np.eye(8), atol=1e-12)


def test_traces_tell_the_answers_apart() -> None:
    drawn = [trace_product(4, seed) for seed in range(8)]
    assert {one.answer for one in drawn} == {0, 1}
    assert all(abs(one.share) > 0.99 if one.answer else abs(one.share) < 0.5 for one in drawn)


def test_the_classical_protocol_needs_both_ends_of_an_edge() -> None:
    one = hidden_matching(4, 0)
    assert edges_known(one, 16, 0) and edges_known(one, 9, 0)  # nine of sixteen: two must pair up
    assert not edges_known(one, 1, 0)


def test_classical_bits_grow_as_the_square_root() -> None:
    bits = [classical_bits(n, 0)[0] for n in (8, 10, 12)]
    assert [round(b / a, 1) for a, b in pairwise(bits)] == [2.0, 2.0]
    assert classical_bits(8, 0)[1] >= 0.96


# ---- circuits --------------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 5])
def test_every_outcome_of_one_copy_gives_the_answer(n: int) -> None:
    compiled = model("matching").compile(settings={"n": n})
    assert compiled.cost.ebits == n and compiled.verification.verified
    function = run_of(compiled)
    for seed in range(3):
        one = hidden_matching(n, seed)
        shares = np.asarray(function(one.values)[0])
        for outcome in np.flatnonzero(shares > 1e-12).tolist():
            bits = np.array([int(b) for b in format(outcome, f"0{n}b")], np.int8)
            assert one.decided(bits) == one.answer


@pytest.mark.parametrize(
    "name", ["subspace", "abcd", "graph_at_alice", "graph_at_bob", "layers", "vertical", "pipeline"]
)
def test_a_model_compiles_to_its_own_channel(name: str) -> None:
    small = {
        "graph_at_alice": {"nodes": 4, "features": 4},
        "abcd": {"n": 1},
        "graph_at_bob": {"numbers": 8, "results": 4},
        "vertical": {"n": 1},
    }
    compiled = model(name).compile(settings=small.get(name, {"n": 2}))
    assert compiled.verification.verified
    assert equal_channels(compiled.circuit, compiled.scheduled).equal


def test_encodings_of_sixteen_qubits_are_checked_in_little_memory() -> None:
    assert model("matching").compile(settings={"n": 16}).verification.verified


# ---- numbers ---------------------------------------------------------------------------


def test_shadows_are_unbiased_and_within_their_variance() -> None:
    rng = np.random.default_rng(0)
    state = np.diag([0.5, 0.25, 0.25, 0.0])
    observable = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0.5, 0], [0, 0, 0, 0.0]])
    seen = np.array([np.trace(observable @ graphs.snapshot(state, rng)) for _ in range(4000)])
    assert seen.var() < 3 * (observable**2).sum()
    assert abs(seen.mean() - np.trace(observable @ state)) < 4 * seen.std() / np.sqrt(len(seen))


def test_the_square_root_measurement() -> None:
    told_apart = privacy.square_root_measurement(np.eye(4))
    assert told_apart == pytest.approx((1.0, 2.0))
    all_alike = privacy.square_root_measurement(np.ones((4, 4)))
    assert all_alike == pytest.approx((0.25, 0.0), abs=1e-9)
    overlap = 0.6  # two states: Helstrom's bound
    chance, _ = privacy.square_root_measurement(np.array([[1, overlap], [overlap, 1]]))
    assert chance == pytest.approx((1 + np.sqrt(1 - overlap**2)) / 2)


def test_what_is_learned_stays_below_the_ledger() -> None:
    of_copies, of_training = privacy.attack(QUICK).tables
    for n, k, learned, ledger, *_ in of_copies.rows:
        size = 2 ** int(n)
        assert float(ledger) == pytest.approx(log2(comb(int(k) + size - 1, int(k))), abs=1e-3)
        assert float(learned) <= float(ledger) + 1e-3
    for _, _, _, learned, most, ledger, _ in of_training.rows:
        assert float(learned) <= float(most) + 1e-2 <= float(ledger.rstrip("*")) + 2e-2


def test_simhash_is_right_as_often_as_promised() -> None:
    finding = limits.no_advantage(QUICK).findings[0]
    assert finding.holds and limits.simhash_bits(0.3) == 160


def test_phase_frequencies_of_the_specification() -> None:
    assert [phase_frequencies(16, layers) for layers in (1, 2, 3)] == [241, 14761, 414841]
    assert [phase_frequencies(2, layers) for layers in (1, 2, 5)] == [3, 5, 11]  # deeper than wide


# ---- the command -----------------------------------------------------------------------


def test_an_unknown_part_is_named() -> None:
    result = CliRunner().invoke(cli, ["reproduce", "paper", "--only", "nothing"])
    assert result.exit_code == 2 and "there is no part 'nothing'" in result.output


def test_the_parts_as_text_json_and_markdown(tmp_path: Path) -> None:
    page = tmp_path / "paper.md"
    asked = ["reproduce", "paper", "--only", "privacy", "--quiet", "--write", str(page)]
    plain = CliRunner().invoke(cli, asked)
    assert plain.exit_code == 0 and max(map(len, plain.output.splitlines())) <= 80
    assert "| communicated states leak at most" in page.read_text()
    found = json.loads(CliRunner().invoke(cli, [*asked, "--json"]).output)
    assert found[0]["name"] == "privacy"


def test_a_claim_that_fails_is_said_so() -> None:
    part = privacy.attack(QUICK)
    finding = part.findings[0]
    broken = type(part)(part.name, part.title, (type(finding)("c", "w", "o", "t", "shown", False),))
    assert "shown: FAILED" in as_text(broken) and "shown: FAILED" in write_page(
        [broken], dict.fromkeys(PARTS, "x"), PARTS
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in PARTS if n not in NEED_DATA])
def test_the_quick_reproduction(name: str) -> None:
    part = PARTS[name](QUICK)
    assert part.findings and all(f.holds for f in part.findings), part
    assert max(len(line) for line in as_text(part).splitlines()) <= 80


@pytest.mark.slow
def test_one_copy_decides_small_instances() -> None:
    assert perfect_matching(Settings(is_quick=True, seed=5)).findings[0].holds


# ---- training --------------------------------------------------------------------------


def test_the_flowers_are_those_of_the_examples() -> None:
    root = ROOT
    own, example = (
        root / place / "iris.csv" for place in ("qdsl/studies/paper/models", "examples")
    )
    assert own.read_bytes() == example.read_bytes()


@pytest.mark.slow
def test_parties_with_split_features_learn_flowers() -> None:
    _, iris, *_ = training.cases(QUICK)
    assert iris.data["x"].shape == iris.data["z"].shape == (150, 1)
    trained = training.train(iris, "exact", 40, 0)
    assert trained.held_out_accuracy is not None and trained.held_out_accuracy > 0.85
    assert min(a.bits for a in trained.alternatives) > 64 * 150  # all numbers of one party
