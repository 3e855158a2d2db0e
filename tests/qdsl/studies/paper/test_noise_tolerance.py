"""Noise that quantum protocols bear, and the classical protocols that they are compared with."""

from __future__ import annotations

import numpy as np
import pytest

from qdsl.data.problems import subspace
from qdsl.studies.paper.codewords import HalfProblem, answer, bits_for, message, share_right
from qdsl.studies.paper.findings import Settings
from qdsl.studies.paper.inference import model
from qdsl.studies.paper.noise_tolerance import _largest_error, copies_for, noise_tolerance
from qdsl.studies.paper.noisy_problems import (
    PROBLEMS,
    TWO_MESSAGES,
    NoisySize,
    filter_of,
    shares_of,
    signal,
)

BY_NAME = {p.name: p for p in PROBLEMS}


def half(seed: int, n: int = 5) -> HalfProblem:
    one = subspace(n, seed)
    return HalfProblem(one.vector, one.first_half, one.answer)


# ---- the classical side ------------------------------------------------------------------


@pytest.mark.parametrize("bits", [1, 7, 8, 9, 20])
def test_a_message_has_as_many_bits_as_it_says(bits: int) -> None:
    sent = message(half(3).vector, bits, 0)
    assert len(sent) == bits and set(sent) <= {"0", "1"}


def test_bob_answers_by_the_message_alone_and_more_bits_tell_more() -> None:
    problems = [half(k) for k in range(200)]
    few, many = share_right(problems, 1, 0), share_right(problems, 24, 0)
    assert few < 0.75 < 0.95 < many
    one = problems[0]
    said = answer(one.half, message(one.vector, 24, 0), 0)
    opposite = "".join("10"[int(b)] if k % 8 == 7 else b
                       for k, b in enumerate(message(one.vector, 24, 0)))  # fmt: skip
    assert said == answer(one.half, opposite, 0)  # all signs turned: the same subspace


def test_bits_are_the_fewest_and_are_judged_on_other_problems() -> None:
    bits, right = bits_for(half, 100, 0.9, 0)
    problems = [half(k) for k in range(100)]
    assert share_right(problems, bits, 0) >= 0.9 > share_right(problems, bits - 1, 0)
    assert right == share_right([half(100 + k) for k in range(100)], bits, 100)


def test_a_signal_lies_where_its_answer_says() -> None:
    values, vectors = np.linalg.eigh(filter_of(4, 0))
    assert values[0] > -1e-12 and values[-1] <= 1 + 1e-12
    for seed in range(6):
        one = signal(4, seed)
        smooth = ((one.vector @ vectors[:, 8:]) ** 2).sum()
        assert smooth == pytest.approx(1 - one.answer, abs=1e-12)
    assert {signal(4, seed).answer for seed in range(6)} == {0, 1}


# ---- the quantum side --------------------------------------------------------------------


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.name)
def test_without_noise_one_copy_decides_but_for_the_dilation(problem: object) -> None:
    chosen = BY_NAME[getattr(problem, "name", "")]
    yes, no = NoisySize(chosen, 3, 0).chances(0.0, 0.0)
    if "dilation" in chosen.name:
        assert 0.0 < no < yes < 1.0
    else:
        assert yes == pytest.approx(1.0, abs=1e-9) and no == pytest.approx(0.0, abs=1e-9)


def test_werner_pairs_leave_the_share_without_an_error_and_half_of_the_rest() -> None:
    yes, no = NoisySize(BY_NAME["vector in subspace"], 4, 0).chances(0.05, 0.0)
    kept = 0.95**4
    assert (yes + 1 - no) / 2 == pytest.approx((1 + kept) / 2, abs=0.03)


def test_gates_and_pairs_err_apart() -> None:
    size = NoisySize(BY_NAME["hidden matching"], 3, 0)
    clean, pairs, gates = size.chances(0, 0), size.chances(0.1, 0), size.chances(0, 0.1)
    assert clean[0] > pairs[0] and clean[0] > gates[0] and pairs != gates


def test_the_eigenvalues_measured_have_the_mean_of_the_network() -> None:
    one, a = signal(3, 2), filter_of(3, 0)
    ideal = NoisySize(BY_NAME["graph network, eigenbasis"], 3, 0)._network(0.0, 0.0)
    compiled = model("signal").compile(settings={"n": 3}, network=ideal, verify=False)
    shares = shares_of(compiled, {"X": one.vector, "M": a @ a}, 0)
    assert shares @ np.linalg.eigvalsh(a @ a) == pytest.approx(((a @ one.vector) ** 2).sum())


# ---- the comparison ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("yes", "no", "copies"), [(1.0, 0.0, 1), (0.9, 0.1, 1), (0.85, 0.15, 3), (0.5, 0.5, None)]
)
def test_copies_are_the_fewest_of_a_majority(yes: float, no: float, copies: int | None) -> None:
    assert copies_for(yes, no, 0.9) == copies == copies_for(no, yes, 0.9)


def test_the_largest_error_is_found_from_either_side() -> None:
    for threshold in (0.004, 0.05, 0.6):
        found = _largest_error(lambda e, t=threshold: e <= t, 0.03)  # type: ignore[misc]
        assert found <= threshold < 1.06 * found


@pytest.mark.slow
def test_the_part_states_both_where_qubits_win_and_where_they_do_not() -> None:
    part = noise_tolerance(Settings(is_quick=True))
    won, lost = part.findings
    assert won.holds and lost.holds and "dilation" in lost.ours
    rows = {(r[0], r[1]): r for r in part.tables[0].rows}
    assert rows["graph network, dilation", "3"][5:] == ("none",) * 3
    for (name, n), row in rows.items():
        if "dilation" not in name:
            assert int(row[2]) == int(n) < int(row[3]) and 0 < float(row[5]) < 0.3
    assert rows[TWO_MESSAGES, "4"][3] == "9"
    assert {p.name for p in part.pictures} == {"noise_pairs", "noise_gates", "noise_cost"}
    assert all("<path" in p.svg or "<polyline" in p.svg for p in part.pictures)
