"""A pair as a signed mixture of local preparations.

`Phi = 2 s+ - s-`, where `s+ = (3 II + XX - YY + ZZ) / 12` and `s- = (3 II - XX + YY - ZZ) / 12`
are separable: each is the even mixture of six products of eigenstates of one Pauli operator. The
absolute weights add up to 3, the least possible: 1 + 2 R with the robustness R = 1 of a pair
(Vidal, Tarrach, PRA 59, 141 (1999)). Any use of a pair is then simulated with `gamma = 3` (Brenner,
Piveteau, Sutter, arXiv 2302.03366 (2023); Piveteau, Sutter, IEEE Trans. Inf. Theory 70, 2734
(2024)).
"""

from __future__ import annotations

from math import pi
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.analysis.cutting import GAMMA_OF_PAIR
from qdsl.ir.operations import BY_NAME
from qdsl.records import dataclass

TURNED: Final = -pi / 2  # the angle of `ry` that takes |0> to |->


@dataclass(frozen=True, slots=True)
class LocalState:
    """An eigenstate of a Pauli operator, and the gate that makes it of |0>."""

    name: str
    gate: str

    @property
    def code(self) -> int:
        return BY_NAME[self.gate].code

    @property
    def has_angle(self) -> bool:
        return BY_NAME[self.gate].angles > 0


STATES: Final = {
    state.name: state
    for state in (
        LocalState("+", "h"), LocalState("-", "ry"), LocalState("+i", "sxdg"),
        LocalState("-i", "sx"), LocalState("0", "id"), LocalState("1", "x"),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PreparedPair:
    """The states of both halves, and the share of their product in a pair."""

    left: LocalState
    right: LocalState
    coefficient: float

    @property
    def text(self) -> str:
        return f"{self.left.name} {self.right.name}"


def _pairs(text: str, coefficient: float) -> tuple[PreparedPair, ...]:
    words = (part.split() for part in text.split(","))
    return tuple(PreparedPair(STATES[a], STATES[b], coefficient) for a, b in words)


PREPARED: Final = (
    *_pairs("+ +, - -, +i -i, -i +i, 0 0, 1 1", 1 / 3),
    *_pairs("+ -, - +, +i +i, -i -i, 0 1, 1 0", -1 / 6),
)
COEFFICIENTS: Final[npt.NDArray[np.float64]] = np.array([p.coefficient for p in PREPARED])
PROBABILITIES: Final[npt.NDArray[np.float64]] = np.abs(COEFFICIENTS) / GAMMA_OF_PAIR
