"""How an operation is written with Hadamards and operations that are diagonal everywhere.

A rule gives `ExpansionStep`s over places (operand numbers of the operation) in order of time.
Steps that only change a basis undo one another, so they stay unconditional when the operation has a
condition: whether it happens or not, the basis is changed back.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import pi
from types import MappingProxyType
from typing import Final

from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class ExpansionStep:
    """An operation on operand places; `angle` None: the expanded operation's own first angle."""

    name: str
    places: tuple[int, ...]
    constant: float | None = None
    is_basis_change: bool = False

    @property
    def uses_own_angle(self) -> bool:
        return self.constant is None and self.name in ("rz", "cp", "crz", "rzz", "zrot")


def _change(name: str, place: int, constant: float | None = None) -> ExpansionStep:
    return ExpansionStep(name, (place,), constant, is_basis_change=True)


def _around(
    before: tuple[ExpansionStep, ...], core: tuple[ExpansionStep, ...]
) -> tuple[ExpansionStep, ...]:
    inverse = {"h": "h", "s": "sdg", "sdg": "s", "ry": "ry"}
    after = tuple(
        _change(inverse[b.name], b.places[0], None if b.constant is None else -b.constant)
        for b in reversed(before)
    )
    return before + core + after


def to_z(letter: str, place: int) -> tuple[ExpansionStep, ...]:
    """The gates V with `V P V^-1 = Z` for the Pauli letter P."""
    if letter == "X":
        return (_change("h", place),)
    if letter == "Y":
        return (_change("sdg", place), _change("h", place))
    return ()


def _on_target(letter: str, name: str, n: int) -> tuple[ExpansionStep, ...]:
    core = (ExpansionStep(name, tuple(range(n))),)
    return _around(to_z(letter, n - 1), core)


def _cx(control: int, target: int) -> tuple[ExpansionStep, ...]:
    return (_change("h", target), ExpansionStep("cz", (control, target)), _change("h", target))


def _cswap() -> tuple[ExpansionStep, ...]:
    outer = tuple(ExpansionStep(s.name, s.places, is_basis_change=True) for s in _cx(2, 1))
    ccx = _around((_change("h", 2),), (ExpansionStep("ccz", (0, 1, 2)),))
    return outer + ccx + outer


def _pair(letter: str) -> tuple[ExpansionStep, ...]:
    return _around(to_z(letter, 0) + to_z(letter, 1), (ExpansionStep("rzz", (0, 1)),))


EXPANSIONS: Final[Mapping[str, tuple[ExpansionStep, ...]]] = MappingProxyType(
    {
        "cx": _on_target("X", "cz", 2),
        "cy": _on_target("Y", "cz", 2),
        "crx": _on_target("X", "crz", 2),
        "cry": _on_target("Y", "crz", 2),
        # H = Ry(pi/4) Z Ry(-pi/4)
        "ch": _around((_change("ry", 1, -pi / 4),), (ExpansionStep("cz", (0, 1)),)),
        "rxx": _pair("X"),
        "ryy": _pair("Y"),
        "swap": _cx(0, 1) + _cx(1, 0) + _cx(0, 1),
        "ccx": _on_target("X", "ccz", 3),
        "cswap": _cswap(),
    }
)


def word_rotation(word: str) -> tuple[ExpansionStep, ...]:
    """`rot` on a Pauli word, letters I dropped; `zrot` stands for the rotation on a Z-word."""
    places = tuple(k for k, letter in enumerate(word) if letter != "I")
    if not places:
        return ()
    name = {1: "rz", 2: "rzz"}.get(len(places), "zrot")
    changes = tuple(step for k in places for step in to_z(word[k], k))
    return _around(changes, (ExpansionStep(name, places),))


def ladder(n: int) -> tuple[ExpansionStep, ...]:
    """A rotation on a Z-word of n letters by two-qubit gates: parities are collected along the
    word, the last letter is turned, and the parities are taken back."""
    up = tuple(s for k in range(n - 1) for s in _cx(k, k + 1))
    down = tuple(s for k in reversed(range(n - 1)) for s in _cx(k, k + 1))
    around = tuple(ExpansionStep(s.name, s.places, is_basis_change=True) for s in up)
    back = tuple(ExpansionStep(s.name, s.places, is_basis_change=True) for s in down)
    return (*around, ExpansionStep("rz", (n - 1,)), *back)


def toffoli_phase() -> tuple[ExpansionStep, ...]:
    """`ccz` by six cx and seven eighth turns (Nielsen and Chuang, figure 4.9, without the h)."""
    a, b, c = 0, 1, 2
    steps: list[ExpansionStep] = []
    parts: tuple[tuple[str, int, int], ...] = (
        ("cx", b, c), ("tdg", c, c), ("cx", a, c), ("t", c, c), ("cx", b, c), ("tdg", c, c),
        ("cx", a, c), ("t", b, b), ("t", c, c), ("cx", a, b), ("t", a, a), ("tdg", b, b),
        ("cx", a, b),
    )  # fmt: skip
    for name, x, y in parts:
        if name == "cx":
            steps += [ExpansionStep(s.name, s.places, is_basis_change=True) for s in _cx(x, y)]
        else:
            steps.append(ExpansionStep(name, (x,)))
    return tuple(steps)
