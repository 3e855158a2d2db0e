"""The formulas against the project's checked specification, and against compiled programs."""

from __future__ import annotations

import importlib.util
import math
from itertools import product
from types import ModuleType

import pytest

import qdsl
from qdsl.analysis import formulas
from qdsl.analysis.executions import Accuracy, gradient_tasks, inference_tasks
from qdsl.api import Compiled
from tests.qdsl.analysis import two_party
from tests.sources import SHARED

SPECIFICATION = SHARED / "design" / "protocols" / "costs.py"

ACCURACIES = ((0.1, 0.05), (0.03, 0.05), (0.01, 0.01), (0.3, 0.2))


@pytest.fixture(scope="module")
def costs() -> ModuleType:
    if not SPECIFICATION.is_file():
        pytest.skip("the specification of the protocols is not beside this checkout")
    spec = importlib.util.spec_from_file_location("protocol_costs", SPECIFICATION)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---- to the last digit -------------------------------------------------------------------


def test_handovers(costs: ModuleType) -> None:
    for layers, data in product(range(1, 9), "AB"):
        assert two_party.forward_handovers(layers, data) == costs.h_fwd(layers, data)
        assert two_party.all_layers_handovers(layers, data) == costs.h_sum(layers, data)
        for m in range(1, 2 * layers + 1):
            assert two_party.layer_handovers(layers, m, data) == costs.h_layer(layers, m, data)


def test_the_sums_are_the_polynomials() -> None:
    for n in range(1, 20):
        assert two_party.all_layers_handovers(n) == 6 * n**2 - n
        assert two_party.all_layers_handovers(n, "B") == 6 * n**2 - 3 * n


@pytest.mark.parametrize(("eps", "delta"), ACCURACIES)
def test_inference(costs: ModuleType, eps: float, delta: float) -> None:
    for n, layers, data in product((1, 4, 8, 20), (1, 2, 8), "AB"):
        wanted = costs.inference(n, layers, eps, delta, data)
        assert two_party.inference_ebits(n, layers, eps, delta, data) == wanted["sampling"]
        assert two_party.estimated_inference_ebits(n, layers, eps, delta, data) == wanted["qae"]


@pytest.mark.parametrize(("eps", "delta"), ACCURACIES)
def test_gradients(costs: ModuleType, eps: float, delta: float) -> None:
    for n, layers, each, data in product((2, 8, 20), (1, 2, 4), (1, 5, 40), "AB"):
        parameters = 2 * layers * each
        for group, blocks in (("commuting", 1), ("hw", math.ceil(each / n)), ("none", each)):
            wanted = costs.gradient(n, layers, parameters, eps, delta, data, group)
            shift = two_party.shift_ebits(n, layers, parameters, eps, delta, data)
            assert shift == wanted["a:param-shift"]
            kick = two_party.kick_ebits(n, layers, parameters, eps, delta, data, blocks)
            assert kick == wanted["c:kick+blocks"]


@pytest.mark.parametrize("eps", [0.1, 0.03, 0.01])
def test_classical_messages(costs: ModuleType, eps: float) -> None:
    for n, layers, parameters in product((2, 10, 20), (1, 4), (1, 16, 1000)):
        wanted = costs.classical(n, layers, parameters, parameters, eps)
        assert 2**n * formulas.amplitude_bits(2**n, eps) == wanted["send_x"]
        assert parameters * formulas.angle_bits(parameters, eps) == wanted["send_params_B"]


def test_the_classical_formulas_of_the_specification() -> None:
    """Its worked numbers: linear classification by SimHash, and a hidden matching of 2^10 bits."""
    assert formulas.simhash_bits(0.3, 0.05) == math.ceil(math.pi**2 / 2 * math.log(20) / 0.09)
    assert formulas.birthday_bits(2**10, 0.01) == 98  # one copy of 10 qubits against 98 bits
    assert two_party.sketch_numbers(256, 0.1) == 320
    assert [formulas.matching_bits(n) for n in (2, 4, 6, 8)] == [0, 2, 4, 7]  # 1, 3, 15, 105


def test_leaks_of_copies() -> None:
    for n, k in product((1, 2, 5), (1, 2, 7, 100)):
        exact = math.log2(math.comb(k + 2**n - 1, k))
        assert formulas.copies_leak(n, k) == pytest.approx(min(exact, k * n), abs=1e-6)
    assert formulas.copies_leak(0, 5) == formulas.copies_leak(5, 0) == 0.0
    many, more = formulas.copies_leak(40, 1000), formulas.copies_leak(41, 1000)
    assert 0 < more - many == pytest.approx(1000, abs=1.0)
    assert formulas.copies_leak(500, 10**6) <= 500 * 10**6


def tableaux(d: int, k: int) -> int:
    """Semistandard tableaux of k boxes, entries up to d: the coefficient of t^k in
    (1 - t)^-d (1 - t^2)^(-d (d - 1) / 2), counted one factor at a time."""
    found = [1] + [0] * k
    for step in [1] * d + [2] * (d * (d - 1) // 2):
        for m in range(step, k + 1):
            found[m] += found[m - step]
    return found[k]


@pytest.mark.parametrize(("n", "others"), [(1, 1), (1, 5), (2, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize("k", [1, 2, 7, 100, 738])
def test_copies_of_a_part_of_an_entangled_state_tell_more(n: int, others: int, k: int) -> None:
    d, rank = 2**n, 2 ** min(n, others)
    found = formulas.copies_leak(n, k, others)
    exact = math.log2(tableaux(d, k))
    assert formulas.copies_leak(n, k) <= found <= n * k
    assert found <= math.log2(math.comb(k + d * rank - 1, k)) + 1e-6  # what all of it tells
    if rank == d:
        assert found >= min(exact, n * k) - 1e-6


def test_what_a_measurement_tells_of_a_mixed_qubit_is_within_the_bound() -> None:
    """Total spin of k copies, then spin-coherent states: at least 10.4 and 15.73 bits for 738 and
    8,198 copies, where log2(k + 1) is 9.53 and 13.0."""
    found = formulas.copies_leak(1, 738, 1)
    assert found == pytest.approx(math.log2(739 * 370), abs=1e-6)
    assert found > 11.74
    assert formulas.copies_leak(1, 8198, 1) > 16.88


def test_rounded_phases_and_blocks_are_near_enough() -> None:
    """The bounds that are not in the specification, on random instances."""
    import numpy as np

    rng = np.random.default_rng(5)
    for _ in range(50):
        eps = 10 ** rng.uniform(-2.5, -0.5)
        state = rng.normal(size=8) + 1j * rng.normal(size=8)
        state /= np.linalg.norm(state)
        observable = rng.normal(size=(8, 8)) + 1j * rng.normal(size=(8, 8))
        observable = observable + observable.conj().T
        observable /= np.linalg.norm(observable, 2)
        phases = rng.uniform(0, 2 * np.pi, 8)
        step = 2 * np.pi / 2 ** formulas.phase_bits(eps)
        rounded = np.round(phases / step) * step
        a, b = np.exp(1j * phases) * state, np.exp(1j * rounded) * state
        assert abs(np.vdot(a, observable @ a) - np.vdot(b, observable @ b)) <= eps / 2
        matrix = np.outer(state, state.conj())
        grid = 2.0 / 2 ** formulas.state_bits(8, eps)
        near = np.round(matrix.real / grid) * grid + 1j * np.round(matrix.imag / grid) * grid
        assert abs(np.trace((near - matrix) @ observable)) <= eps / 2


# ---- compiled programs -------------------------------------------------------------------

LAYERED = """\
network lan {{
  node alice {{ qubits 8, comm 2 }}
  node bob {{ qubits 8, comm 2 }}
  link alice -- bob {{ rate 200 Hz }}
}}
model layered(n = {n}, layers = 2) on lan {{
  data x: real[2**n] owner {data}
  param a: angle[layers, n] owner alice
  param b: angle[layers, n] owner bob
  qubits q[n]
  at {data} {{ amplitude(x) q }}
  for l in 0..layers {{
    at bob {{ for i in 0..n {{ rx(b[l, i]) q[i] }}; for i in 0..n-1 {{ cz q[i], q[i+1] }} }}
    at alice {{ for i in 0..n {{ ry(a[l, i]) q[i] }}; for i in 0..n-1 {{ cz q[i], q[i+1] }} }}
  }}
  return expect({word})
}}
"""


def layered(data: str, n: int, layers: int) -> Compiled:
    word = " * ".join(f"Z q[{i}]" for i in range(n))
    text = LAYERED.format(data=data, n=n, word=word)
    return qdsl.loads(text).compile(settings={"n": n, "layers": layers}, verify=False)


@pytest.mark.slow
@pytest.mark.parametrize("data", ["alice", "bob"])
@pytest.mark.parametrize("n", range(1, 9))
def test_compiled_counts_are_the_formulas(n: int, data: str) -> None:
    """Every layered model of at most 8 qubits and 6 layers."""
    side = {"alice": "A", "bob": "B"}[data]
    accuracy = Accuracy(0.1, 0.05)
    for layers in range(1, 7):
        compiled = layered(data, n, layers)
        counted, h = compiled.cost, two_party.forward_handovers(layers, side)
        assert counted.ebits == n * h
        assert counted.classical_bits == 2 * n * h
        assert counted.rounds == counted.message_rounds == h
        (sampling, estimation) = inference_tasks(compiled.scheduled.distributed, counted, accuracy)
        k = sampling.executions
        assert sampling.ebits == two_party.inference_ebits(n, layers, 0.1, 0.05, side)
        assert sampling.classical_bits == 2 * sampling.ebits + math.ceil(math.log2(k + 1))
        estimated = two_party.estimated_inference_ebits(n, layers, 0.1, 0.05, side)
        assert estimation.ebits == estimated
        shift, kick = gradient_tasks(compiled.scheduled.distributed, counted, accuracy)
        parameters = 2 * layers * n
        shifted = two_party.shift_ebits(n, layers, parameters, 0.1, 0.05, side)
        assert shift.ebits == shifted
        kicked = two_party.kick_ebits(n, layers, parameters, 0.1, 0.05, side)
        assert kick.ebits == kicked
        assert kick.chosen == (kick.ebits < shift.ebits)


@pytest.mark.parametrize(
    ("returned", "norm"), [("Z q", 1.0), ("4 * Z q", 4.0), ("1 - 2.5 * Z q", 2.5)]
)
def test_amplitude_estimation_is_to_the_accuracy_of_the_value(returned: str, norm: float) -> None:
    model = f"model m() {{ data x: angle; qubits q; rx(x) q; return expect({returned}) }}"
    compiled = qdsl.loads(model).compile(verify=False)
    tasks = inference_tasks(
        compiled.scheduled.distributed, compiled.cost, Accuracy(0.1, 0.05, True)
    )
    (found,) = (t for t in tasks if t.method == "amplitude estimation")
    assert found.executions == math.ceil(formulas.estimation_uses(0.1 / norm, 0.05))
