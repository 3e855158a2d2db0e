"""Elements and parts of registers, arrays and lists, with every bound checked."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language.syntax import Index
from qdsl.language.values.domain import Bits, Qubits, Value, View, describe
from qdsl.language.values.errors import (
    IndexOutOfRange,
    InvalidArithmetic,
    TypeMismatch,
    WrongDimensions,
)
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.scope import Scope
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Slice:
    """`lo..hi step s` with its bounds known; None: from the start, to the end."""

    lo: int | None
    hi: int | None
    step: int
    span: Span


Item = int | Slice


def element(base: Value, items: Sequence[Item], expr: Index, scope: Scope) -> Value:
    """`base[items]`."""
    if isinstance(base, View) and len(items) == len(base.shape):
        slot = _slot(base, items)
        if slot is not None:
            return Polynomial.of_slot(slot)
    spans = [item.span for item in expr.items]
    if isinstance(base, View):
        return _of_view(base, items, spans, expr, scope)
    if isinstance(base, (Qubits, Bits)):
        name, register = base.name, base
        ids = of_register(register, items, spans, expr.span, scope)
        scalar = isinstance(items[0], int)
        return type(base)(name, ids, scalar)
    if isinstance(base, tuple):
        return _of_list(base, items, spans, expr, scope)
    suggestion = "a single number has no elements" if isinstance(base, (int, float)) else None
    raise Refusal(TypeMismatch(expr.base.span, "an array", describe(base), suggestion))


def _slot(view: View, items: Sequence[Item]) -> int | None:
    """The slot of one element, the usual case; None for everything else."""
    slot = view.start
    for item, size, stride in zip(items, view.shape, view.strides, strict=True):
        if type(item) is not int or not 0 <= item < size:
            return None
        slot += item * stride
    return slot


def positions(item: Item, size: int, span: Span, name: str, scope: Scope) -> range:
    """The positions that an index or a range means among `size`."""
    if isinstance(item, int):
        if not 0 <= item < size:
            raise Refusal(IndexOutOfRange(span, item, size, name, scope.showing()))
        return range(item, item + 1)
    if item.step == 0:
        raise Refusal(InvalidArithmetic(span, "the step is zero", "use step 1"))
    forward = item.step > 0
    lo = item.lo if item.lo is not None else (0 if forward else size - 1)
    hi = item.hi if item.hi is not None else (size if forward else -1)
    chosen = range(lo, hi, item.step)
    for end in (chosen[0], chosen[-1]) if chosen else ():
        if not 0 <= end < size:
            raise Refusal(IndexOutOfRange(span, end, size, name, scope.showing()))
    return chosen


def of_register(
    register: Qubits | Bits, items: Sequence[Item], spans: Sequence[Span], span: Span, scope: Scope
) -> tuple[int, ...] | range:
    """The qubits or bits of `register[items]`."""
    if register.scalar:
        text = f"'{register.name}' is a single one and has no indices"
        raise Refusal(WrongDimensions(span, text, None, f"write `{register.name}`"))
    if len(items) != 1:
        several = ", ".join(f"{register.name}[{place.text}]" for place in spans)
        what = f"'{register.name}' has one dimension"
        raise Refusal(WrongDimensions(span, what, None, f"write `{several}`"))
    chosen = positions(items[0], len(register.ids), spans[0], register.name, scope)
    if isinstance(register.ids, range):
        return (
            register.ids[chosen.start : chosen.stop : chosen.step]
            if chosen.step > 0
            else tuple(register.ids[k] for k in chosen)
        )
    return tuple(register.ids[k] for k in chosen)


def _of_view(
    view: View, items: Sequence[Item], spans: Sequence[Span], expr: Index, scope: Scope
) -> Value:
    if len(items) > len(view.shape):
        text = f"'{expr.base.span.text}' is {describe(view)}, and has {len(items)} indices here"
        raise Refusal(WrongDimensions(expr.span, text, view.vector.span))
    start = view.start
    shape: list[int] = []
    strides: list[int] = []
    for item, size, stride, span in zip(items, view.shape, view.strides, spans, strict=False):
        chosen = positions(item, size, span, expr.base.span.text, scope)
        start += (chosen[0] if chosen else 0) * stride
        if isinstance(item, Slice):
            shape.append(len(chosen))
            strides.append(stride * chosen.step)
    rest = len(items)
    part = View(view.vector, start, (*shape, *view.shape[rest:]), (*strides, *view.strides[rest:]))
    return part if part.shape else Polynomial.of_slot(start)


def _of_list(
    values: tuple[object, ...],
    items: Sequence[Item],
    spans: Sequence[Span],
    expr: Index,
    scope: Scope,
) -> Value:
    chosen = positions(items[0], len(values), spans[0], expr.base.span.text, scope)
    found: Value = tuple(values[k] for k in chosen)
    if isinstance(items[0], int):
        found = values[chosen[0]]  # type: ignore[assignment]
    if len(items) == 1:
        return found
    if not isinstance(found, tuple) or not isinstance(items[0], int):
        raise Refusal(WrongDimensions(expr.span, f"'{expr.base.span.text}' has one dimension"))
    inner = Index(expr.base, expr.items[1:], expr.span)
    return _of_list(found, items[1:], spans[1:], inner, scope)
