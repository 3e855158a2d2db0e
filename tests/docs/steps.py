"""What a scheduled program does step by step, in words, for pages that teach it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from qdsl.drawing.layout import DrawingLayout, Mark, layout
from qdsl.ir.stages import ScheduledCircuit


@dataclass(frozen=True)
class Step:
    """Consecutive operations that do one thing, up to number `last` in the order of the layout."""

    start: int
    end: int
    what: str
    last: int


def steps(ir: ScheduledCircuit) -> list[Step]:
    """All steps of a program whose only communication are telegates."""
    drawing = layout(ir)
    found, last = [], 0
    for _, group in groupby(enumerate(drawing.marks), key=lambda k: _kind(drawing, k[1])):
        marks = [mark for _, mark in group]
        last += len(marks)
        start = min(m.start for m in marks)
        if marks[0].decided_by >= 0:  # from when the bit was measured
            start = drawing.marks[marks[0].decided_by].end
        end = max(m.end for m in marks)
        found.append(Step(start, end, _WORDS[_part(marks[0])](drawing, marks), last))
    return found


def _kind(drawing: DrawingLayout, mark: Mark) -> tuple[object, ...]:
    """Operations of one kind, one after the other, are one step."""
    if mark.role == "local":
        return ("local", drawing.lanes[mark.lanes[0]].node, mark.start)
    return (mark.role, mark.group, _part(mark))


def _part(mark: Mark) -> str:
    """Which part of what its role is an operation is."""
    if mark.role == "local":
        return "local"
    if mark.name == "ebit":
        return "pair"
    return f"{mark.role}, {'correct' if mark.decided_by >= 0 else 'measure'}"


def _node(drawing: DrawingLayout, lane: int) -> str:
    return drawing.nodes[drawing.lanes[lane].node]


def _holds(drawing: DrawingLayout, lane: int, mark: Mark) -> str:
    """The qubit of the program whose state a lane holds during an operation."""
    for stay in drawing.stays:
        if stay.lane == lane and stay.first <= mark.column <= stay.last and stay.qubit:
            name = stay.qubit.rstrip("'")
            return f"the copy of `{name}`" if stay.qubit.endswith("'") else f"`{name}`"
    return f"the half in {drawing.place(lane).partition(' ')[2]}"


def _pair(drawing: DrawingLayout, marks: list[Mark]) -> str:
    a, b = (_node(drawing, lane) for lane in marks[0].lanes)
    ends = " and ".join(f"{drawing.place(lane)}" for lane in marks[0].lanes)
    return f"The link {a} – {b} makes a pair; its halves are in {ends}."


def _entangle(drawing: DrawingLayout, marks: list[Mark]) -> str:
    root, half = marks[0].lanes
    return (
        f"{_node(drawing, root)} applies a CNOT from {_holds(drawing, root, marks[0])} to its half "
        f"of the pair ({drawing.place(half).partition(' ')[2]}), and measures that half."
    )


def _copied(drawing: DrawingLayout, marks: list[Mark]) -> str:
    (lane,) = marks[0].lanes
    return (
        f"The bit reaches {_node(drawing, lane)}, which flips its half if the bit is 1. That half "
        f"is now {_holds(drawing, lane, marks[0])}."
    )


def _read(drawing: DrawingLayout, marks: list[Mark]) -> str:
    (lane,) = marks[0].lanes
    return (
        f"{_node(drawing, lane)} measures {_holds(drawing, lane, marks[0])} in the X basis: a "
        "Hadamard gate, then a measurement."
    )


def _undone(drawing: DrawingLayout, marks: list[Mark]) -> str:
    (lane,) = marks[0].lanes
    return (
        f"The bit reaches {_node(drawing, lane)}, which applies Z to "
        f"{_holds(drawing, lane, marks[0])} if the bit is 1. The copy is undone."
    )


def _local(drawing: DrawingLayout, marks: list[Mark]) -> str:
    gates = ", ".join(_gate(drawing, mark) for mark in marks)
    return f"{_node(drawing, marks[0].lanes[0])}: {gates}."


def _gate(drawing: DrawingLayout, mark: Mark) -> str:
    on = " and ".join(_holds(drawing, lane, mark) for lane in mark.lanes)
    return f"`{mark.text}` on {on}"


_WORDS = {
    "pair": _pair,
    "cat-entangler, measure": _entangle,
    "cat-entangler, correct": _copied,
    "cat-disentangler, measure": _read,
    "cat-disentangler, correct": _undone,
    "local": _local,
}


def step_texts(ir: ScheduledCircuit) -> Iterator[tuple[str, str]]:
    """When a step happens, and what."""
    for step in steps(ir):
        start, end = exact(step.start), exact(step.end)
        when = f"at {start}" if start == end else f"from {start} to {end}"
        yield when, step.what


def exact(ns: int) -> str:
    """`5.05 ms`: a time in all its digits."""
    for size, unit in ((10**6, "ms"), (10**3, "us")):
        if ns >= size:
            return f"{ns / size:.12g} {unit}"
    return f"{ns} ns" if ns else "the start"
