"""The profile of the two-party model of alternating layers, by formula.

Layers B_1, A_1, ..., B_L, A_L of n qubits, data at one party, the observable with A. A forward
pass takes `h_fwd` hand-overs of the register: 2 L with the data at A, 2 L - 1 at B. The gradient
of layer m = 1 .. 2 L takes `h(m) = h_fwd + 2 L - m`.
"""

from __future__ import annotations

from math import ceil
from typing import Literal

from qdsl.gradient.profile import ExecutionProfile, Layer, Profile, Read

Grouping = Literal["commuting", "hw", "none"]


def forward_handovers(layers: int, data_at_a: bool = True) -> int:
    return 2 * layers if data_at_a else 2 * layers - 1


def gradient_handovers(layers: int, layer: int, data_at_a: bool = True) -> int:
    """h(m)."""
    return forward_handovers(layers, data_at_a) + 2 * layers - layer


def blocks_in_layer(words: int, qubits: int, grouping: Grouping) -> int:
    """All words of a layer commute; blocks of n do ("hw", as in hardware-efficient layers); or no
    two neighbours do."""
    return {"commuting": 1, "hw": ceil(words / qubits), "none": words}[grouping]


def two_party_profile(
    qubits: int,
    layers: int,
    parameters: int,
    grouping: Grouping,
    data_at_a: bool = True,
    weight: int = 2,
) -> Profile:
    """P parameters, evenly over 2 L layers, each turning one word of that weight."""
    words = max(1, ceil(parameters / (2 * layers)))
    blocks = blocks_in_layer(words, qubits, grouping)

    def passes(handovers: int) -> ExecutionProfile:
        ebits = qubits * handovers
        return ExecutionProfile(ebits, 2 * ebits, handovers, qubits)

    forward = passes(forward_handovers(layers, data_at_a))
    prices = [passes(gradient_handovers(layers, m, data_at_a)) for m in range(1, 2 * layers + 1)]
    reads = {
        "parameter_shift": (Read(forward, 1.0, parameters),),
        "commuting_block": tuple(Read(price, 1.0, blocks) for price in prices),
    }
    boundaries = tuple(Layer(price, words, weight, blocks) for price in prices)
    return Profile(qubits, parameters, 1.0, parameters, forward, reads, (boundaries,))
