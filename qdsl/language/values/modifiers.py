"""`inv @`, `pow(k) @`, `ctrl @` and `negctrl @` on sequences of steps, global phases included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.operations import BY_NAME, Affine, controlled
from qdsl.language.values.polynomial import ZERO, Polynomial
from qdsl.language.values.steps import PHASE, LoweredStep

Steps = list[LoweredStep]

# The named entry that is the controlled form of another.
CONTROLLED = {
    "x": "cx", "y": "cy", "z": "cz", "h": "ch", "p": "cp", "rx": "crx", "ry": "cry", "rz": "crz",
    "swap": "cswap", "cx": "ccx", "cz": "ccz",
}  # fmt: skip
# Gates with U(a)^k = U(k a).
SCALABLE = frozenset({"rx", "ry", "rz", "p", "cp", "crx", "cry", "crz", "rxx", "ryy", "rzz", "rot"})


MAX_STEPS = 2_000_000  # under one operation's modifiers, which are kept in memory


class NoRealPower(Exception):
    """Only a single rotation has a power that is not whole."""


class TooManySteps(Exception):
    """More than `MAX_STEPS`."""


class Applied(NamedTuple):
    """A modifier with its number known: `value` is the count of controls, or the power."""

    kind: str
    value: int | float


def modified(steps: Steps, modifiers: Sequence[Applied], controls: Sequence[int]) -> Steps:
    """The steps under all modifiers; the last one is applied first and takes the last controls.

    `NoRealPower` if a power is not whole and the steps are not one rotation; `TooManySteps`.
    """
    left = len(controls)
    for modifier in reversed(modifiers):
        if modifier.kind == "inv":
            steps = inverted(steps)
        elif modifier.kind == "pow":
            steps = powered(steps, modifier.value)
        else:
            taken = controls[left - int(modifier.value) : left]
            left -= len(taken)
            steps = _under_controls(steps, taken, modifier.kind == "negctrl")
        if len(steps) > MAX_STEPS:
            raise TooManySteps
    return steps


# ---- inverse and powers ----------------------------------------------------------------


def inverted(steps: Steps) -> Steps:
    return [_inverse(step) for step in reversed(steps)]


def _inverse(step: LoweredStep) -> LoweredStep:
    if step.name == PHASE:
        return step._replace(angles=(-step.angles[0],))
    entry = BY_NAME[step.name]
    if entry.inverse is not None:
        return step._replace(name=entry.inverse)
    if not step.angles:
        raise InternalError("lower", "inverse-is-named", f"'{step.name}' names no inverse")
    if step.name == "u":
        theta, phi, lam = step.angles
        return step._replace(angles=(-theta, -lam, -phi))
    return step._replace(angles=tuple(-a for a in step.angles))


def powered(steps: Steps, k: int | float) -> Steps:
    """Whole powers repeat, or scale a rotation; others exist for a single rotation only."""
    if len(steps) == 1:
        scaled = _scaled(steps[0], k)
        if scaled is not None:
            return scaled
    if k != int(k):
        raise NoRealPower
    if len(steps) * abs(int(k)) > MAX_STEPS:
        raise TooManySteps
    return (inverted(steps) if k < 0 else steps) * abs(int(k))


def _scaled(step: LoweredStep, k: int | float) -> Steps | None:
    """`step ** k` by scaling its angle; None if it is no single rotation."""
    if step.name in SCALABLE or step.name == PHASE:
        return [step._replace(angles=(step.angles[0].scaled(k),))]
    entry = BY_NAME[step.name]
    if k == int(k) or len(entry.body) != 1 or entry.angles:
        return None
    turn = entry.body[0]
    rotation = Polynomial(turn.angle.constant * k)
    letter = turn.word.lower()
    phase = Polynomial(entry.phase.constant * k)
    if letter == "z":  # diag(1, e^{ia}) keeps the phase in one entry
        return [step._replace(name="p", angles=(rotation,))]
    return [step._replace(name=f"r{letter}", angles=(rotation,)), LoweredStep(PHASE, (), (phase,))]


# ---- control ---------------------------------------------------------------------------


def _under_controls(steps: Steps, controls: Sequence[int], negated: bool) -> Steps:
    for control in reversed(controls):
        if len(steps) > MAX_STEPS:
            raise TooManySteps
        steps = [part for step in steps for part in with_control(step, control)]
    if negated:
        flips = [LoweredStep("x", (control,)) for control in controls]
        return [*flips, *steps, *flips]
    return steps


def with_control(step: LoweredStep, control: int) -> Steps:
    """The controlled step: a named entry if there is one, else Pauli rotations and a phase."""
    operands = (control, *step.operands)
    if step.name == PHASE:
        return [LoweredStep("p", (control,), step.angles)]
    if step.name in CONTROLLED:
        return [step._replace(name=CONTROLLED[step.name], operands=operands)]
    if step.name == "rot":
        half = step.angles[0].scaled(0.5)
        word = step.word or ""
        return [
            step._replace(angles=(half,)),
            LoweredStep("rot", operands, (-half,), "Z" + word),
        ]
    entry = BY_NAME[step.name]
    if len(entry.body) == 1 and entry.body[0].word == "Z" and not entry.angles:
        return [LoweredStep("cp", operands, (Polynomial(entry.body[0].angle.constant),))]
    return _expanded(step, operands)


def _expanded(step: LoweredStep, operands: tuple[int, ...]) -> Steps:
    entry = BY_NAME[step.name]
    body, phase = controlled(entry.body, entry.phase)
    steps = [_rotation(r.word, operands, _filled(r.angle, step.angles)) for r in body]
    rest = _filled(phase, step.angles)
    return [*steps, LoweredStep(PHASE, (), (rest,))] if rest != ZERO else steps


def _rotation(word: str, operands: tuple[int, ...], angle: Polynomial) -> LoweredStep:
    """A Pauli rotation without the letters that do nothing."""
    kept = [(letter, q) for letter, q in zip(word, operands, strict=True) if letter != "I"]
    letters = "".join(letter for letter, _ in kept)
    return LoweredStep("rot", tuple(q for _, q in kept), (angle,), letters)


def _filled(affine: Affine, angles: tuple[Polynomial, ...]) -> Polynomial:
    total = Polynomial(affine.constant)
    for coefficient, angle in zip(affine.coefficients, angles, strict=False):
        if coefficient:
            total = total + angle.scaled(coefficient)
    return total
