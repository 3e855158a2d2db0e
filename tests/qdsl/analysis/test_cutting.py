"""Circuit cutting against states, published numbers, and programs whose pairs are known."""

from __future__ import annotations

from math import inf, pi, sin

import numpy as np
import pytest

import qdsl
from qdsl.analysis.cutting import MOST, break_even, cut_links, error_bound, gamma_of, together
from qdsl.ir.operations import BY_NAME
from qdsl.ir.state_vectors import unitary

PAIR = "network pair = line(2) {{ qubits {}, comm 2, fidelity 0.9, rate 100 Hz }}\n"


def cuts(body: str, qubits: int = 1) -> tuple[int, int, float, float]:
    """Pairs, those for one small gate, and the factors one by one and together."""
    text = f"{PAIR.format(qubits)}model m() on pair {{ {body} }}"
    (found,) = cut_links(qdsl.loads(text).compile(verify=False).scheduled.distributed)
    return found.pairs, found.gates, found.one_by_one, found.together


@pytest.mark.parametrize(
    ("name", "angles", "gamma"),
    [
        ("cx", (), 3), ("cz", (), 3), ("swap", (), 7),
        ("rzz", (0.3,), 1 + 2 * sin(0.3)), ("rzz", (pi - 0.3,), 1 + 2 * sin(0.3)),
        ("cp", (0.5,), 1 + 2 * sin(0.25)), ("rzz", (0.0,), 1),
    ],
)  # fmt: skip
def test_gates_have_the_published_overheads(
    name: str, angles: tuple[float, ...], gamma: float
) -> None:
    """Mitarai and Fujii for rotations, Piveteau and Sutter for Clifford gates."""
    assert gamma_of(unitary(BY_NAME[name], angles)) == pytest.approx(gamma, abs=1e-9)


def test_local_gates_change_nothing() -> None:
    random = np.random.default_rng(1)
    sides = [np.kron(*(np.linalg.qr(random.normal(size=(2, 2)))[0] for _ in "ab")) for _ in "cd"]
    gate = sides[0] @ unitary(BY_NAME["rzz"], (0.4,)) @ sides[1]
    assert gamma_of(gate) == pytest.approx(1 + 2 * sin(0.4), abs=1e-9)


def test_a_pair_is_a_difference_of_separable_states_of_weight_3() -> None:
    """Twice a state of fidelity 1/2 less one of fidelity 0: no partial transpose of either has a
    negative eigenvalue, which for two qubits means that they are separable."""
    bell = np.zeros((4, 4))
    bell[np.ix_([0, 3], [0, 3])] = 0.5
    rest = (np.eye(4) - bell) / 3
    half = (bell + rest) / 2
    assert 2 * half - rest == pytest.approx(bell)
    for state in (half, rest):
        turned = state.reshape(2, 2, 2, 2).transpose(0, 3, 2, 1).reshape(4, 4)
        assert np.linalg.eigvalsh(turned).min() >= -1e-12


@pytest.mark.parametrize("n", [1, 2, 5])
def test_pairs_together(n: int) -> None:
    assert together([3.0] * n) == 2 ** (n + 1) - 1
    assert together([1.0] * n) == 1


def test_pairs_of_a_program() -> None:
    one = "qubits a, b; h a; h b; {}; return sample(a, b)"
    assert cuts(one.format("cx a, b")) == (1, 0, 9, 9)
    small = (1 + 2 * sin(0.3)) ** 2
    assert cuts(one.format("rzz(0.3) a, b")) == pytest.approx((1, 1, small, small))
    several = "cp(0.1) a, b; ry(0.3) b; cp(0.2) a, b"
    assert cuts(one.format(several))[:3] == (1, 0, 9)  # one pair for two gates


def test_an_angle_that_is_not_known_yet_counts_as_a_pair() -> None:
    body = "param t: angle[1]; qubits a, b; h a; h b; rzz(t[0]) a, b; return sample(a, b)"
    assert cuts(body) == (1, 0, 9, 9)


def test_several_pairs_multiply() -> None:
    body = (
        "qubits q[6]; for i in 0..6 { h q[i] } for i in 0..6 { for j in i+1..6 "
        "{ cp(pi / 3) q[i], q[j] } ry(1) q[i] } return sample(q)"
    )
    pairs, _, one_by_one, all_together = cuts(body, 3)
    assert pairs >= 2
    assert (one_by_one, all_together) == (9.0**pairs, (2.0 ** (pairs + 1) - 1) ** 2)


def test_very_many_pairs_have_numbers_that_can_be_written() -> None:
    body = "qubits a, b; " + "h a; h b; cx a, b; ry(0.3) a; ry(0.2) b; " * 520
    pairs, _, one_by_one, all_together = cuts(body + "return sample(a, b)")
    assert pairs > 500 and one_by_one == all_together == MOST
    assert error_bound(0.5, MOST, 10) == 2
    assert break_even(0.5, 0.9, MOST) is None


def test_the_bound_has_bias_and_standard_error() -> None:
    assert error_bound(1.0, 9.0, 900) == pytest.approx(0.1)
    assert error_bound(0.9, 1.0, inf) == pytest.approx(0.2)
    assert break_even(0.9, 0.9, 9) is None
    assert break_even(0.9, 0.8, 9) is None
    at = break_even(0.9, 0.98, 9.0)
    assert at is not None
    assert error_bound(0.9, 1, at) == pytest.approx(error_bound(0.98, 9, at))
    assert error_bound(0.9, 1, 2 * at) > error_bound(0.98, 9, 2 * at)
