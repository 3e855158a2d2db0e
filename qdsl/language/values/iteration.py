"""What loops and sums run over."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.diagnostics.reported import Refusal
from qdsl.language.syntax import Expr, Name
from qdsl.language.values.domain import Value, describe
from qdsl.language.values.errors import InvalidLoop
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Iterations(Sequence[tuple[int, ...]]):
    """The iterations of a loop, each the values of its names; ranges are not unrolled."""

    items: range | tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return int(self.total) if self.total < 2**62 else 2**62

    @property
    def total(self) -> int:
        """`len` without its bound."""
        if isinstance(self.items, tuple):
            return len(self.items)
        r = self.items
        distance = r.stop - r.start if r.step > 0 else r.start - r.stop
        return max(0, -(-distance // abs(r.step)))

    def __getitem__(self, k: int) -> tuple[int, ...]:  # type: ignore[override]
        return (self.items[k],) if isinstance(self.items, range) else self.items[k]


def iterations(value: Value, iterable: Expr, names: tuple[Name, ...]) -> Iterations:
    """The iterations of `for names in iterable`, whose value it is; `Refusal` if it has none."""
    if isinstance(value, range):
        if len(names) != 1:
            raise Refusal(
                InvalidLoop(names[0].span, "a range gives one value an iteration", "use one name")
            )
        return Iterations(value)
    if not isinstance(value, tuple):
        text = f"a loop cannot run over {describe(value)}"
        suggestion = f"write `0..{iterable.span.text}`" if isinstance(value, int) else None
        raise Refusal(InvalidLoop(iterable.span, text, suggestion))
    return Iterations(tuple(_iteration(item, iterable, names) for item in value))


def _iteration(item: object, iterable: Expr, names: tuple[Name, ...]) -> tuple[int, ...]:
    values = item if isinstance(item, tuple) else (item,)
    if not all(isinstance(v, int) and not isinstance(v, bool) for v in values):
        raise Refusal(InvalidLoop(iterable.span, "a loop runs over integers"))
    if len(values) != len(names):
        text = f"an element has {len(values)} part{'s' * (len(values) != 1)}, not {len(names)}"
        raise Refusal(InvalidLoop(names[0].span, text, "write `for (i, j) in edges(g)`"))
    return values
