"""Random values for the vectors of a circuit."""

from __future__ import annotations

import numpy as np

from qdsl.ir.values import Floats, Values, ValueVector


def random_slot_values(values: Values, seed: int) -> Floats:
    """Values that suit the kind of every vector; the same seed gives the same ones."""
    random = np.random.default_rng(seed)
    return values.flatten({v.name: _random(v, random) for v in values.vectors})


def _random(vector: ValueVector, random: np.random.Generator) -> Floats:
    match vector.kind:
        case "bits":
            drawn = random.integers(0, 2, vector.size)
        case "matching":
            drawn = random.permutation(vector.size)
        case "int":
            drawn = random.integers(0, 4, vector.size)
        case "angle":
            return random.uniform(-np.pi, np.pi, vector.size)
        case _:
            return random.normal(size=vector.size)
    return drawn.astype(np.float64)
