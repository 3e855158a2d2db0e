"""Communication primitives under noise, beside density matrices that somebody else wrote.

`design/protocols/check_9_primitives.py`, in the folder `shared` beside the checkout, asserts its
own closed forms as it is imported; its functions are the right values here.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
import pytest

from qdsl import loads
from qdsl.network.models import Distillation, LinkModel
from qdsl.network.network import Link, Network, Node
from qdsl.run.noisy.simulate import process_fidelity, slots_of
from tests.qdsl.run.noisy.programs import compiled
from tests.sources import SHARED

FOLDER = SHARED / "design" / "protocols"
CLOSE = 1e-9


@pytest.fixture(scope="module")
def theirs() -> Any:
    if not (FOLDER / "check_9_primitives.py").is_file():
        pytest.skip("there is no folder shared/design/protocols beside the checkout")
    before = list(sys.path)
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module("check_9_primitives")
    finally:
        sys.path[:] = before


def simulated(text: str) -> float:
    """The process fidelity of the distributed program, gate by gate."""
    ir = compiled(text)
    return float(process_fidelity(ir, slots_of(ir, {})).value)


def overlap(theirs: Any, state: Any) -> float:
    """Of a state of two qubits with the perfect pair."""
    return float(np.real(theirs.EPR.conj() @ state @ theirs.EPR))


def line(fidelity: float) -> str:
    return f"network n = line(2) {{ qubits 4, comm 2, fidelity {fidelity} }}\n"


@pytest.mark.parametrize("fidelity", [1, 0.97, 0.85, 0.6])
def test_teledata(theirs: Any, fidelity: float) -> None:
    text = (
        "model m() on n { qubits a; at node0 { ry(0.3) a }; move a to node1; at node1 { t a }; "
        "return sample(a) }"
    )
    right = overlap(theirs, theirs.tele_channel(fidelity))
    assert simulated(line(fidelity) + text) == pytest.approx(right, abs=CLOSE)


@pytest.mark.parametrize("fidelity", [1, 0.97, 0.85, 0.6])
@pytest.mark.parametrize("targets", [1, 2])
def test_one_pair_serves_any_number_of_targets(theirs: Any, fidelity: float, targets: int) -> None:
    names = [f"b{k}" for k in range(targets)]
    there, gates = "; ".join(f"h {b}" for b in names), "; ".join(f"cx a, {b}" for b in names)
    text = line(fidelity) + (
        f"model m() on n {{ qubits a, {', '.join(names)}; at node0 {{ h a }}; "
        f"at node1 {{ {there} }}; {gates}; return sample(a, {', '.join(names)}) }}"
    )
    assert loads(text).compile().cost.ebits == 1
    right = float(theirs.telegate(fidelity, targets))
    assert simulated(text) == pytest.approx(right, abs=CLOSE)


@pytest.mark.parametrize("fidelities", [(0.95, 0.9), (0.95, 0.9, 0.85)])
def test_swapping_along_a_path(theirs: Any, fidelities: tuple[float, ...]) -> None:
    state = theirs.werner(fidelities[0])
    for fidelity in fidelities[1:]:
        state = theirs.swap(state, theirs.werner(fidelity))
    last = len(fidelities)
    nodes = [f"node n{k} {{ qubits {int(k in (0, last))}, comm 2 }}" for k in range(last + 1)]
    links = [f"link n{k} -- n{k + 1} {{ fidelity {f} }}" for k, f in enumerate(fidelities)]
    text = (
        f"network n {{ {'; '.join(nodes + links)} }}\nmodel m() on n {{ qubits a, b; "
        f"at n0 {{ h a }}; at n{last} {{ h b }}; cx a, b; return sample(a, b) }}"
    )
    assert simulated(text) == pytest.approx(overlap(theirs, state), abs=CLOSE)


@pytest.mark.parametrize("fidelity", [1, 0.9, 0.75])
@pytest.mark.parametrize("arms", [1, 2, 3])
def test_fan_out_to_a_ghz_state(theirs: Any, fidelity: float, arms: int) -> None:
    homes = "; ".join(f"move q[{k}] to node{k}" for k in range(arms + 1))
    gates = "; ".join(f"cx q[0], q[{k}]" for k in range(1, arms + 1))
    text = (
        f"network n = star({arms + 1}) {{ qubits 1, comm 2, fidelity {fidelity} }}\n"
        f"model m() on n {{ qubits q[{arms + 1}]; {homes}; h q[0]; {gates}; return sample(q) }}"
    )
    simulation = loads(text).compile().run(backend="noisy").simulation
    assert simulation is not None
    assert simulation.fidelity == pytest.approx(float(theirs.ghz_fid(fidelity, arms)), abs=CLOSE)


def distilled(link: Link) -> Any:
    nodes = (Node("a", 1, 3), Node("b", 1, 3))
    return Network("n", nodes, (link,)).links[0].distilled


@pytest.mark.parametrize("fidelity", [0.95, 0.8, 0.6])
def test_bbpssw(theirs: Any, fidelity: float) -> None:
    model = LinkModel(distillation=Distillation("bbpssw", 1))
    made = distilled(Link(0, 1, fidelity, rate_hz=1e3, model=model))
    right, success = theirs.bbpssw(fidelity)
    assert (made.state[0], made.success[0]) == pytest.approx((right, success), abs=CLOSE)


@pytest.mark.parametrize("seed", range(10))
def test_dejmps_of_any_bell_diagonal_state(theirs: Any, seed: int) -> None:
    """They order states Phi+, Psi-, Psi+, Phi-, which are the errors I, Y, X, Z."""
    i, y, x, z = np.random.default_rng(seed).dirichlet([12, 1, 1, 1]).tolist()
    model = LinkModel(pair_state=(i, x, y, z), distillation=Distillation("dejmps", 1))
    made = distilled(Link(0, 1, i, rate_hz=1e3, model=model))
    right, success = theirs.dejmps((i, y, x, z))
    assert made.success[0] == pytest.approx(success, abs=CLOSE)
    assert made.state == pytest.approx([right[k] for k in (0, 2, 1, 3)], abs=CLOSE)
