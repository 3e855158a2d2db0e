"""Classical bits as outputs: each is read from a qubit that holds its value at the end.

That is the qubit it was measured from, if nothing has happened to that since; otherwise a qubit
of its own, which begins as |0> and is turned by `x` where the bit is 1, at the node where the bit
was measured. A bit that nothing has written is 0, and on no qubit.
"""

from __future__ import annotations

from collections.abc import Set

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language.lowering.context import Show, Unrolling
from qdsl.language.typed.errors.flow import UnmeasuredBit
from qdsl.language.values.domain import Bits
from qdsl.language.values.steps import LoweredStep


def shown_on(run: Unrolling, bits: Bits, span: Span, taken: Set[int]) -> tuple[int | None, ...]:
    """A qubit for every bit, no two the same and none `taken`; None for a bit of an import that
    nothing writes, which is 0. `Refusal` of another bit that nothing has written."""
    written = run.state.measured | run.state.zeros
    if not run.state.is_partial and not written.issuperset(bits.ids):
        named = run.declared.name_of_bits({*bits.ids} - written)
        raise Refusal(UnmeasuredBit(span, named or span.text))
    if run.show is Show.DECLARED:
        show_declared(run, span)
    if run.show is not Show.HELD:
        return tuple(_own(run, bit, span) for bit in bits.ids)
    found: list[int | None] = []
    for bit in bits.ids:
        if bit not in run.state.measured:
            found.append(None)
            continue
        held = run.held.qubit(bit)
        is_free = held is not None and held not in taken and held not in found
        found.append(held if held is not None and is_free else _copy(run, bit, span))
    return tuple(found)


def show_declared(run: Unrolling, span: Span) -> None:
    """A qubit of its own for every bit that the model declares, in their order."""
    for register in run.declared.bits:
        for bit in range(register.first, register.first + register.size):
            _own(run, bit, span)


def _own(run: Unrolling, bit: int, span: Span) -> int:
    """The qubit that only shows this bit."""
    if bit not in run.shown:
        is_written = bit in run.state.measured
        run.shown[bit] = _copy(run, bit, span) if is_written else run.result_qubit(span)
    return run.shown[bit]


def _copy(run: Unrolling, bit: int, span: Span) -> int:
    """A fresh qubit with the value of a bit."""
    qubit, state = run.result_qubit(span), run.state
    before, state.cond = state.cond, 2 * bit + 1
    try:
        run.write(LoweredStep("x", (qubit,)), run.held.pins.get(bit, -1))
    finally:
        state.cond = before
    run.held.put(bit, qubit)
    return qubit
