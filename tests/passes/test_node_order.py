"""The order in which nodes, links and qubits are declared decides nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.driver.pass_manager import DEFAULT_PASSES, configured, run_passes
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit, ScheduledCircuit
from qdsl.network.network import Link, Network, Node
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from tests.build import Line, circuit

N = 6
GATES = ("cz", "cx", "rzz", "h", "t", "cp", "rxx", "ryy", "ccz", "crx", "ry", "rx", "rz")
WRITTEN_OUT = ("swap", "cswap", "ccx", "rot", "rot", "measure", "cx", "h", "crx", "ryy", "t")


def _network(rooms: list[tuple[int, int]], ends: list[tuple[int, int]]) -> Network:
    nodes = (Node(f"n{i}", q, c, 1.0, (10, 100, 300)) for i, (q, c) in enumerate(rooms))
    links = (Link(a, b, rate_hz=1e6, latency_ns=50) for a, b in ends)
    return Network("plain", tuple(nodes), tuple(links))


def _with_rates(network: Network) -> Network:
    first, second, *others = network.links
    slow, lossy = replace(first, rate_hz=3e5), replace(second, fidelity=0.9)
    return replace(network, links=(slow, lossy, *others))


RING = [(0, 1), (1, 2), (2, 3), (0, 3)]
NETWORKS = {
    "pair": _network([(4, 2)] * 2, [(0, 1)]),
    "line": _network([(3, 2)] * 4, RING[:3]),
    "star": _network([(2, 3), (3, 2), (2, 2), (3, 1)], [(0, 1), (0, 2), (0, 3)]),
    "uneven": _network([(1, 2), (3, 2), (2, 2), (4, 2)], [*RING, (1, 3)]),
    "complete": _network([(2, 2), (3, 2), (4, 2)], [(0, 1), (1, 2), (0, 2)]),
    "rates": _with_rates(_network([(3, 2)] * 4, RING)),
}


def _program(seed: int, network: Network, share: float) -> tuple[list[Line], dict[int, int]]:
    """Random gates, so large a share of them pinned."""
    random = np.random.default_rng(seed)
    lines: list[Line] = []
    pins: dict[int, int] = {}
    for i, name in enumerate(random.choice(GATES, 25).tolist()):
        op = BY_NAME[name]
        qubits = tuple(random.permutation(N)[: op.arity].tolist())
        lines.append((name, qubits, *random.uniform(-3, 3, op.angles).tolist()))
        fit = [v for v, node in enumerate(network.nodes) if node.qubits >= len(qubits)]
        if random.random() < share:
            pins[i] = int(random.choice(fit))
    return lines, pins


def _compiled(ir: Circuit, effort: int) -> ScheduledCircuit:
    stage, _ = run_passes(ir, [configured(p, {"effort": effort}) for p in DEFAULT_PASSES])
    assert isinstance(stage, ScheduledCircuit)
    return stage


def _cost(ir: Circuit, effort: int) -> tuple[int, int, int]:
    """Ebits, classical bits, makespan."""
    stage = _compiled(ir, effort)
    table = stage.distributed.table
    return int(table.codes("ebit").sum()), int(table.codes("send").sum()), stage.makespan_ns


def _declared_otherwise(network: Network, seed: int) -> tuple[Network, list[int]]:
    """Nodes and links in another order, some links from their other end; where every node went."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(network.nodes))
    place = np.argsort(order).tolist()
    links = [replace(x, a=place[x.a], b=place[x.b]) for x in network.links]
    links = [replace(x, a=x.b, b=x.a) if random.random() < 0.5 else x for x in links]
    mixed = tuple(links[k] for k in random.permutation(len(links)).tolist())
    nodes = tuple(replace(network.nodes[v], name=f"m{k}") for k, v in enumerate(order.tolist()))
    return Network("other", nodes, mixed), place


def _cases() -> list[Any]:
    shares = enumerate((0.25, 0.8, 0.0, 0.8))
    return [
        pytest.param(name, seed, share, marks=pytest.mark.slow if seed > 1 else ())
        for seed, share in shares
        for name in NETWORKS
    ]


@pytest.mark.parametrize("name, seed, share", _cases())
def test_the_order_of_nodes_and_links_does_not_matter(name: str, seed: int, share: float) -> None:
    network = NETWORKS[name]
    lines, pins = _program(seed, network, share)
    other, place = _declared_otherwise(network, seed)
    moved = {i: place[v] for i, v in pins.items()}
    found = _cost(circuit(N, lines, network=other, pins=moved), seed % 2)
    assert found == _cost(circuit(N, lines, network=network, pins=pins), seed % 2)


@pytest.mark.parametrize("name, seed, share", _cases())
def test_the_order_of_qubits_does_not_matter(name: str, seed: int, share: float) -> None:
    network = NETWORKS[name]
    lines, pins = _program(seed, network, share)
    called = np.random.default_rng(seed).permutation(N).tolist()
    other: list[Line] = [(g, tuple(called[q] for q in on), *rest) for g, on, *rest in lines]
    found = _cost(circuit(N, other, network=network, pins=pins), seed % 2)
    assert found == _cost(circuit(N, lines, network=network, pins=pins), seed % 2)


@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_qubits_decides_nothing_for_gates_that_are_written_out(seed: int) -> None:
    """Exchanges, turns about Pauli words, measurements and what they decide, on sparse networks."""
    network = [NETWORKS["rates"], _network([(3, 1)] * 4, RING[:3])][seed % 2]
    n, random = 8, np.random.default_rng(seed)
    lines: list[Line] = []
    conditions: dict[int, tuple[int, int]] = {}
    bits = 0
    for name in random.choice(WRITTEN_OUT, 14).tolist():
        on = tuple(random.permutation(n)[: 4 if name == "rot" else BY_NAME[name].arity].tolist())
        if name == "measure":
            lines.append((name, on, bits))
            bits += 1
            continue
        if bits and random.random() < 0.3:
            conditions[len(lines)] = (int(random.integers(bits)), 1)
        word = ["".join(random.choice(list("XYZ"), 4))] if name == "rot" else []
        angles = random.uniform(-3, 3, BY_NAME[name].angles).tolist()
        lines.append((name, on, *word, *angles))
    found = []
    for called in (list(range(n)), random.permutation(n).tolist()):
        other: list[Line] = [(g, tuple(called[q] for q in on), *rest) for g, on, *rest in lines]
        ir = circuit(n, other, network=network, conditions=conditions, n_bits=bits)
        found.append(_cost(ir, seed // 2 % 2))
    assert found[0] == found[1]


TURNS = """
network pair {{ {nodes} link a -- b {{ rate 200 Hz }} }}
model m() on pair {{
  data x: angle[1] owner a
  param w: angle[2] owner b
  qubits q[1]
  at a {{ ry(x[0]) q[0] }}
  at b {{ ry(w[0]) q[0]; rx(w[1]) q[0] }}
  return expect(Z q[0])
}}
"""


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_turns_that_commute_come_where_their_qubit_is(order: str) -> None:
    """Ry at a, then Ry and Rx at b: one move, whichever node is declared first."""
    nodes = " ".join(f"node {name} {{ qubits 1, comm 1 }}" for name in order)
    assert qdsl.loads(TURNS.format(nodes=nodes)).compile().cost.ebits == 1


@pytest.mark.parametrize("names", ["abc", "acb", "bac", "bca", "cab", "cba"])
def test_three_pinned_turns_take_the_shortest_way(names: str) -> None:
    """On the line a - b - c: from a by b to c, where Rx is wanted, are two links."""
    at = {name: k for k, name in enumerate(names)}
    nodes = tuple(Node(name, 1, 2) for name in names)
    network = Network("line", nodes, tuple(Link(at[x], at[y]) for x, y in ("ab", "bc")))
    lines = [("rx", (0,), 0.1), *(("ry", (0,), 0.2 + k) for k in range(3)), ("rx", (0,), 0.7)]
    pins = dict(enumerate(at[name] for name in "acbac"))
    found = Canonicalize().run(circuit(1, lines, network=network, pins=pins))
    assert "".join(names[v] for v in found.pin.tolist()) == "aabcc"
    assert _cost(circuit(1, lines, network=network, pins=pins), 1)[0] == 2


def test_a_stage_has_its_nodes_as_declared() -> None:
    network = NETWORKS["uneven"]
    lines, pins = _program(1, network, 0.8)
    stage = _compiled(circuit(N, lines, network=network, pins=pins), 0)
    placed = stage.distributed.placed
    order = placed.circuit.node_order
    assert order is not None and order != tuple(range(4))
    assert stage.network is network and placed.network is network
    assert placed.circuit.network is network
    at, pin = placed.site.tolist(), placed.circuit.pin.tolist()
    assert all(site == wanted for site, wanted in zip(at, pin, strict=True) if wanted >= 0)


def test_a_network_in_another_order_and_back() -> None:
    network = NETWORKS["rates"]
    other = network.in_order((2, 0, 3, 1))
    assert [node.name for node in other.nodes] == ["n2", "n0", "n3", "n1"]
    assert other.hops(1, 3) == network.hops(0, 1) == 1
    assert [link.fidelity for link in other.links if link.fidelity < 1] == [0.9]
    assert other.in_order((1, 3, 0, 2)) is network
