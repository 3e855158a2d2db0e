"""No constant decides what is proved: QAOA of many sizes, depths and degrees, from OpenQASM."""

from __future__ import annotations

from random import Random

import networkx as nx
import pytest

import qdsl


def qaoa(n: int, layers: int, degree: int, seed: int) -> str:
    """OpenQASM 2 as other tools write it, cx rz cx on every edge, with random angles."""
    random, graph = Random(seed), nx.random_regular_graph(degree, n, seed=seed)
    lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{n}];"]
    lines += [f"h q[{i}];" for i in range(n)]
    for _ in range(layers):
        for a, b in graph.edges:
            angle = random.uniform(-3, 3)
            lines.append(f"cx q[{a}],q[{b}]; rz({angle}) q[{b}]; cx q[{a}],q[{b}];")
        lines += [f"rx({random.uniform(-3, 3)}) q[{i}];" for i in range(n)]
    return "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "layers", "degree", "seed", "effort"),
    [
        (400, 5, 3, 1, 0),
        (600, 2, 4, 2, 0),
        (800, 3, 4, 3, 0),
        (800, 5, 4, 4, 0),
        (800, 3, 4, 5, 1),
        (1000, 4, 3, 5, 0),
        (1200, 3, 3, 6, 0),
        (1600, 2, 4, 7, 0),
        (1600, 5, 3, 8, 0),
    ],
)
def test_every_size_is_proved(n: int, layers: int, degree: int, seed: int, effort: int) -> None:
    network = f"line(4) {{ qubits {n // 4 + 1}, comm 2 }}"
    text = qaoa(n, layers, degree, seed)
    compiled = qdsl.distribute(text, network, options={"effort": effort})
    assert compiled.verification.verified
