"""The bodies of the primitives as the loops read them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qdsl.ir.operations import Kind
from qdsl.ir.primitives import BY_ROLE, Primitive, PrimitiveStep
from qdsl.ir.stages import ROLES
from qdsl.passes.insert_communication import writing_kernel as kernel

_SORTS = {Kind.EBIT: kernel.PAIR, Kind.MEASURE: kernel.MEASURE, Kind.SEND: kernel.SEND}


def bodies() -> kernel.PrimitiveBodies:
    """Of all primitives that the loops use."""
    parts, steps = [], list[list[int]]()
    for name in kernel.USED:
        body = BY_ROLE[name].body if name in BY_ROLE else ()
        ends = [_first(body, *kinds) for kinds in _BEGINNINGS]
        parts.append([ROLES.index(name), *(len(steps) + end for end in (0, *ends, len(body)))])
        steps += [_row(BY_ROLE[name], step) for step in body]
    return kernel.PrimitiveBodies(np.array(parts, np.int64), np.array(steps, np.int64))


def n_bits() -> int:
    """Bits with a name of their own in any body."""
    return len(_BITS)


_BITS = tuple(
    dict.fromkeys(
        [*kernel.NAMED_BITS, *(s.writes for p in BY_ROLE.values() for s in p.body if s.writes)]
    )
)
_NO_PAIR = tuple(kind for kind in Kind if kind is not Kind.EBIT)
_BEGINNINGS = (_NO_PAIR, (Kind.SEND,), ())


def _first(body: Sequence[PrimitiveStep], *kinds: Kind) -> int:
    """The first step of these kinds; without any, the first that begins a data wire."""
    found = (i for i, s in enumerate(body) if (s.operation.kind in kinds if kinds else _stores(s)))
    return next(found, len(body))


def _stores(step: PrimitiveStep) -> bool:
    return step.operation.name == "swap"


def _row(primitive: Primitive, step: PrimitiveStep) -> list[int]:
    """The columns of `Bodies.step`."""
    is_send = step.operation.kind is Kind.SEND
    names = _BITS if is_send else kernel.NAMED_WIRES
    operands = [names.index(name) for name in step.operands]
    sites = [kernel.SITES.index(site) for site in _sites(primitive, step)]
    sort = kernel.FRESH if _stores(step) else _SORTS.get(step.operation.kind, kernel.GATE)
    bits = [_BITS.index(bit) if bit else -1 for bit in (step.when, step.writes)]
    frees = sort in (kernel.FRESH, kernel.MEASURE) and primitive.wire(step.operands[0]).is_comm
    return [step.operation.code, sort, *_two(operands), *bits, *_two(sites), int(frees)]


def _two(numbers: Sequence[int]) -> list[int]:
    return [*numbers, -1][:2]


def _sites(primitive: Primitive, step: PrimitiveStep) -> list[str]:
    """Of its wires; a bit is sent to where it is needed."""
    if step.operation.kind is not Kind.SEND:
        return [primitive.wire(name).site for name in step.operands]
    used = [s for s in primitive.body if s.when == step.writes]
    return _sites(primitive, used[0]) if used else ["there"]
