"""Closed formulas of the two-party model, against which compiled programs are held.

It has L layers of each party, in the order B, A, B, A, ... on n qubits; the data stand at A or B
and A measures.
"""

from __future__ import annotations

import math

from qdsl.analysis.formulas import estimation_uses, hoeffding


def forward_handovers(layers: int, data: str = "A") -> int:
    """Owner changes from the data through all layers to A's measurement."""
    return 2 * layers if data == "A" else 2 * layers - 1


def layer_handovers(layers: int, m: int, data: str = "A") -> int:
    """Of one gradient pass for layer m = 1..2L: forward, and back to the layer."""
    return forward_handovers(layers, data) + 2 * layers - m


def all_layers_handovers(layers: int, data: str = "A") -> int:
    """One gradient pass for every layer: 6 L^2 - L, or 6 L^2 - 3 L with the data at B."""
    return sum(layer_handovers(layers, m, data) for m in range(1, 2 * layers + 1))


def inference_ebits(n: int, layers: int, eps: float, delta: float, data: str = "A") -> int:
    """By sampling."""
    return n * forward_handovers(layers, data) * hoeffding(1, eps, delta)


def estimated_inference_ebits(
    n: int, layers: int, eps: float, delta: float, data: str = "A"
) -> int:
    """By amplitude estimation."""
    return n * forward_handovers(layers, data) * math.ceil(estimation_uses(eps, delta))


def shift_ebits(
    n: int, layers: int, parameters: int, eps: float, delta: float, data: str = "A"
) -> int:
    """The whole gradient by parameter shift."""
    return n * forward_handovers(layers, data) * parameters * hoeffding(parameters, eps, delta)


def kick_ebits(
    n: int, layers: int, parameters: int, eps: float, delta: float, data: str = "A", blocks: int = 1
) -> int:
    """The whole gradient by kicks, `blocks` commuting blocks in every layer."""
    passes = n * all_layers_handovers(layers, data) * blocks
    return passes * hoeffding(parameters, eps, delta)


def sketch_numbers(dimension: int, eps: float) -> int:
    """Real numbers of a random projection that gives <v|M|v>, norm of M 1, with root mean square
    error eps."""
    return 2 * math.ceil(math.sqrt(dimension) / eps)
