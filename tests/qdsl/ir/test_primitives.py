"""Every primitive's body does what its entry says, at its price, and can be taken away."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np
import pytest

from qdsl.ir.operations import Kind
from qdsl.ir.primitives import BY_ROLE, SWAPPING, Effect, Primitive, PrimitiveStep
from qdsl.verify.translation.validate import validate
from tests.backends.programs import Rows, circuit, distributed
from tests.qdsl.verify.translation.test_validate import rebuilt
from tests.simulate import Vector, apply, rotated

NAMES = sorted(BY_ROLE)


def acted(
    steps: Iterable[PrimitiveStep],
    state: Vector,
    place: dict[str, int],
    outcomes: dict[str, int],
) -> Vector:
    """The state after these steps for these outcomes of their measurements, not normalised."""
    known = dict(outcomes)
    for step in steps:
        kind = step.operation.kind
        if kind is Kind.SEND:
            known[step.writes] = known[step.operands[0]]
            continue
        axes = [place[name] for name in step.operands]
        if kind is Kind.MEASURE:
            gone = [slice(None)] * state.ndim
            gone[axes[0]] = slice(1 - known[step.writes], 2 - known[step.writes])
            state = state.copy()
            state[tuple(gone)] = 0
        elif not step.when or known[step.when]:
            state = acted_on(step, state, axes)
    return state


EBIT = np.zeros((4, 4), np.complex128)
EBIT[[0, 3], 0] = np.sqrt(0.5)  # from |00>, where pairs begin; no unitary


def acted_on(step: PrimitiveStep, state: Vector, axes: list[int]) -> Vector:
    if step.operation.kind is Kind.EBIT:
        return apply(state, EBIT, axes)
    for rotation in step.operation.body:
        state = rotated(state, rotation.word, rotation.angle.constant, axes)
    return state


def begun(primitive: Primitive) -> tuple[Vector, dict[str, int]]:
    """Its wires in |0>, but for a root, which is entangled with a reference (axis 0)."""
    names = [wire.name for wire in primitive.wires]
    place = {name: k + 1 for k, name in enumerate(names)}
    state = np.zeros((2,) * (len(names) + 1), np.complex128)
    for value in (0, 1) if "root" in place else (0,):
        index = [0] * state.ndim
        index[0] = value
        if "root" in place:
            index[place["root"]] = value
        state[tuple(index)] = 1
    return state / np.linalg.norm(state), place


def is_over(primitive: Primitive) -> set[str]:
    """Wires that are measured, or whose state is swapped away."""
    over = {s.operands[0] for s in primitive.body if s.operation.kind is Kind.MEASURE}
    return over | {s.operands[0] for s in primitive.body if s.operation.name == "swap"}


@pytest.mark.parametrize("name", [n for n in NAMES if BY_ROLE[n].wires])
def test_the_body_realises_what_the_entry_says(name: str) -> None:
    """For all outcomes: the same state on the wires that are left, however the others end."""
    p = BY_ROLE[name]
    state, place = begun(p)
    state = acted(p.promise, state, place, {})
    wanted = acted(p.realises, state, place, {})
    measurements = [s for s in p.body if s.operation.kind is Kind.MEASURE]
    bits, measured = (
        [s.writes for s in measurements],
        [place[s.operands[0]] for s in measurements],
    )
    over = [place[w] for w in sorted(is_over(p))]
    total = 0.0
    for values in product((0, 1), repeat=len(bits)):
        end = acted(p.body, state, place, dict(zip(bits, values, strict=True)))
        at = dict(zip(measured, values, strict=True))
        left = end[tuple(at.get(k, 0) if k in over else slice(None) for k in range(end.ndim))]
        ideal = wanted[tuple(0 if k in over else slice(None) for k in range(end.ndim))]
        assert abs(np.linalg.norm(ideal) - 1) < 1e-12
        weight = float(np.linalg.norm(left))
        assert abs(abs(np.vdot(ideal, left)) - weight) < 1e-12
        total += weight**2
    assert abs(total - 1) < 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_the_price_is_what_the_body_takes(name: str) -> None:
    p = BY_ROLE[name]
    assert p.ebits == sum(s.operation.ebits for s in p.body)
    assert p.classical_bits == sum(s.operation.classical_bits for s in p.body)
    told = {s.writes: s.operands[0] for s in p.body if s.operation.kind is Kind.SEND}
    assert p.rounds == max(len(chain(told, bit)) for bit in told)
    if p.ebits and p.effect is not Effect.PAIR:
        bits = p.classical_bits + 2 * SWAPPING.classical_bits
        assert p.price(3) == (3 * p.ebits, bits)


def chain(told: dict[str, str], bit: str) -> list[str]:
    return [bit, *chain(told, told[bit])] if bit in told else []


@pytest.mark.parametrize("name", NAMES)
def test_corrections_and_messages_name_what_was_written_before(name: str) -> None:
    p = BY_ROLE[name]
    known = {"m"} if p.effect is Effect.TELL else set()
    for step in p.body:
        assert not step.when or step.when in known
        assert step.operation.kind is not Kind.SEND or step.operands[0] in known
        known.add(step.writes)
        if step.operation.kind not in (Kind.SEND, Kind.EBIT):
            assert len({p.wire(w).site for w in step.operands}) == 1


def written(rows: Rows, primitive: Primitive, wires: dict[str, int], bits: dict[str, int]) -> None:
    for step in primitive.body:
        if step.operation.kind is Kind.SEND:
            rows.add("send", bits[step.operands[0]], to=bits[step.writes])
        else:
            when = (bits[step.when], 1) if step.when else None
            to = bits[step.writes] if step.writes else -1
            rows.add(step.operation.name, *(wires[w] for w in step.operands), to=to, when=when)


@pytest.mark.parametrize("name", ["teledata", "cat-entangler", "handover"])
@pytest.mark.parametrize("omit", [False, True])
def test_the_validator_takes_a_body_away_by_its_own_rules(name: str, omit: bool) -> None:
    """`ry` here, then what brings the qubit there (a copy: and its end), and `rz`; or without the
    last correction, which the validator does not let pass."""
    used = {"teledata": ["teledata"], "handover": ["cat-entangler", "handover"],
            "cat-entangler": ["cat-entangler", "cat-disentangler"]}[name]  # fmt: skip
    rows, wires = Rows().add("ry", 0, angles=[0.4]), {"root": 0, "near": 1, "far": 2, "data": 3}
    count = 0
    for n, primitive in enumerate(map(BY_ROLE.__getitem__, used)):
        names = [s.writes for s in primitive.body if s.writes]
        bits = {bit: count + k for k, bit in enumerate(names)}
        count += len(bits)
        written(rows, primitive, wires, bits)
        if name == "cat-entangler" and n == 0:
            rows.add("rz", 2, angles=[0.7])
    end = 0 if name == "cat-entangler" else 3
    if end:
        rows.add("rz", end, angles=[0.7])
    source = Rows().add("ry", 0, angles=[0.4]).add("rz", 0, angles=[0.7])
    sites = [(0, False), (0, True), (1, True), (1, False)]
    program = distributed(circuit(source, 1), rows, sites, [0] * count, [end])
    if omit:
        kept = list(program.table)
        last = max(row.index for row in kept if row.cond >= 0)
        program = rebuilt(program, kept[:last] + kept[last + 1 :])
    assert validate(program.placed.circuit, program).equal is not omit
