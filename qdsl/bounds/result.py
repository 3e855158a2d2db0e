"""What is known of the distance between a result and the optimum."""

from __future__ import annotations

from qdsl.records import dataclass

ANY_PLACEMENT = "any placement"
AS_WRITTEN = "any placement of these gates"
THIS_PLACEMENT = "this placement"


@dataclass(frozen=True, slots=True)
class Bound:
    """`ebits` cannot be gone below.

    `scope`: "any placement" (homes and moves are free, nodes keep their data qubits), "any
    placement of these gates" (other gates for the same, such as a block of CZ by parities, may need
    fewer) or "this placement" (every qubit lives where the compiled program has it live). `within`:
    "cat copies and teledata" (the compiler's model) or "any protocol" (local operations and
    messages of any kind that do the same on every input). `method`: the theorem.
    """

    ebits: int
    scope: str
    within: str
    method: str


@dataclass(frozen=True, slots=True)
class Optimality:
    """Bounds beside the ebits of the compiled program, all for its canonical circuit.

    `at_least`: the highest bound for any placement. `gap`: (ebits - at_least) / ebits, 0 where
    the program is proved optimal. `left_out`: bounds that are not computed at this size, and for
    what size; in the JSON form only where there are any.
    """

    ebits: int
    at_least: int
    gap: float
    is_optimal: bool
    bounds: tuple[Bound, ...]
    left_out: tuple[str, ...] = ()


def best_as_written(found: Optimality) -> int:
    """The highest bound for any placement of the gates as they are written."""
    return max((b.ebits for b in found.bounds if b.scope != THIS_PLACEMENT), default=0)


def optimality(ebits: int, bounds: tuple[Bound, ...], left_out: tuple[str, ...] = ()) -> Optimality:
    best = max((b.ebits for b in bounds if b.scope == ANY_PLACEMENT), default=0)
    gap = (ebits - best) / ebits if ebits else 0.0
    return Optimality(ebits, best, round(gap, 6), ebits == best, bounds, left_out)
