"""Gates of node programs in the few gates that a target knows.

What a target has no name for is written as its Pauli rotations: changes of basis, a ladder of
`cx`, and one `rz`. Global phases are left out, which no node can see.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

from qdsl.backends.nodes.program import Angle, Gate, NodeProgram
from qdsl.backends.nodes.values import Numbers, angle_of
from qdsl.ir.operations import BY_NAME, Affine
from qdsl.records import dataclass

_TO_Z = {"X": "h", "Y": "sx"}  # before the ladder: the letter's basis to that of Z
_BACK = {"X": "h", "Y": "sxdg"}


@dataclass(frozen=True, slots=True)
class Simple:
    """One gate of the target's."""

    name: str
    qubits: tuple[int, ...]
    angles: tuple[Angle, ...] = ()


def elementary(gate: Gate, known: Collection[str]) -> Iterator[Simple]:
    """The gate itself if it is known, else in `h`, `sx`, `sxdg`, `cx` and `rz`."""
    if gate.name in known:
        yield Simple(gate.name, gate.qubits, gate.angles)
    elif gate.name == "rot":
        yield from _rotation(gate.word, gate.angles[0], gate.qubits)
    else:
        for turn in BY_NAME[gate.name].body:
            yield from _rotation(turn.word, affine(turn.angle, gate.angles), gate.qubits)


def _rotation(word: str, angle: Angle, qubits: tuple[int, ...]) -> Iterator[Simple]:
    acting = [(letter, q) for letter, q in zip(word, qubits, strict=True) if letter != "I"]
    if not acting:
        return
    for letter, q in acting:
        if letter in _TO_Z:
            yield Simple(_TO_Z[letter], (q,))
    ladder = list(pairwise(q for _, q in acting))
    for pair in ladder:
        yield Simple("cx", pair)
    yield Simple("rz", (acting[-1][1],), (angle,))
    for pair in reversed(ladder):
        yield Simple("cx", pair)
    for letter, q in acting:
        if letter in _BACK:
            yield Simple(_BACK[letter], (q,))


def affine(angle: Affine, own: tuple[Angle, ...]) -> Angle:
    """An operation's angle, its own ones given."""
    constant, terms = angle.constant, []
    for factor, a in zip(angle.coefficients, own, strict=False):
        if factor:
            constant += factor * a.constant
            terms += [(factor * c, elements) for c, elements in a.terms]
    return Angle(constant, tuple(terms))


def bound(angles: tuple[Angle, ...], numbers: Numbers) -> tuple[Angle, ...]:
    """The angles as numbers, where all values in them are given."""
    return tuple(
        Angle(angle_of(a, numbers)) if {v for _, t in a.terms for v, _ in t} <= set(numbers) else a
        for a in angles
    )


def own_numbers(program: NodeProgram, given: Mapping[str, object]) -> Numbers:
    """The values that the node has from the beginning, flat; not those revealed to it."""
    import numpy as np

    names = [v.name for v in program.vectors if v.source in ("private", "public")]
    return {name: np.asarray(given[name], np.float64).reshape(-1) for name in names}
