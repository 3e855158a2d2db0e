"""The two-party model of alternating layers, and its exact counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from qdsl.ir.stages import Circuit, Expectation, PauliTerm
from qdsl.ir.values import DataReference, ValueVector
from qdsl.network.network import Link, Network, Node
from tests.build import circuit

ALICE, BOB = 0, 1


def alternating(
    layers: int,
    data: int = ALICE,
    n: int = 2,
    seed: int = 0,
    bob: tuple[str, ...] = ("XY", "ZX", "YZ"),
    alice: tuple[str, ...] = ("YX", "XZ", "ZY"),
    home: int | None = None,
) -> Circuit:
    """B_1 A_1 ... B_L A_L after an encoding at `data`; `Z` of the first qubit at the end.

    The words of a layer are on all n qubits and commute, so that a layer is one block; those of
    neighbours do not. `home`: where there is room for the register; None: at both.
    """
    lines: list[Any] = [("amplitude", tuple(range(n)), 0)]
    pins = {0: data}
    parameter = 0
    for _ in range(layers):
        for owner, words in ((BOB, bob), (ALICE, alice)):
            for word in words:
                pins[len(lines)] = owner
                angle = (0.0, ((1.0, 2**n + parameter),))
                lines.append(("rot", tuple(range(n)), word, angle))
                parameter += 1
    room = [n if home in (None, v) else 0 for v in (ALICE, BOB)]
    network = Network(
        "pair", (Node("alice", room[0], n), Node("bob", room[1], n)), (Link(0, 1, rate_hz=1e6),)
    )
    vectors = (
        ValueVector("x", "data", "real", (2**n,), "alice" if data == ALICE else "bob", 0),
        ValueVector("w", "param", "angle", (parameter,), None, 2**n),
    )
    reference = DataReference("x", "real", 0, (2**n,))
    made = circuit(n, lines, network=network, pins=pins, vectors=vectors, references=(reference,))
    return replace(made, outputs=(Expectation((PauliTerm(1.0, ((0, "Z"),)),)),))


def forward_handovers(layers: int, data: int) -> int:
    """Hand-overs of the register in one forward pass."""
    return 2 * layers if data == ALICE else 2 * layers - 1


def handovers(layers: int, layer: int, data: int) -> int:
    """h(m) = h_fwd + 2 L - m of the gradient of layer m = 1 .. 2 L."""
    return forward_handovers(layers, data) + 2 * layers - layer


def values_of(made: Circuit, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {v.name: rng.normal(size=v.size) for v in made.values.vectors}
