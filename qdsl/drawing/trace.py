"""A scheduled program as trace events, which Perfetto and Chrome's `about:tracing` open.

The format is the JSON of Chrome's trace events: a process for every node with a track for every
physical qubit, and one process of links with a track for each. Times are in microseconds there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from qdsl.diagnostics.numbers import count
from qdsl.diagnostics.printable import clean
from qdsl.drawing.layout import DrawingLayout, Mark
from qdsl.ir.pairs import pair_times
from qdsl.ir.stages import ScheduledCircuit
from qdsl.network.network import Network

Event = dict[str, Any]
NS_IN_US = 1000.0


def trace_events(drawing: DrawingLayout, title: str, ir: ScheduledCircuit) -> str:
    """Operations with their starts and ends; waiting states and pairs with their ages, from birth
    to use; arrows from measurements to what they decide; how busy every link is, and how it distils
    its pairs."""
    operations = _operations(drawing, ir)
    events = [*_names(drawing), *_stays(drawing), *operations, *_decisions(drawing)]
    lines = ",\n".join(json.dumps(event, ensure_ascii=False) for event in events)
    other = json.dumps({"title": clean(title), "operations left out": drawing.hidden})
    return f'{{"displayTimeUnit": "ns", "otherData": {other}, "traceEvents": [\n{lines}\n]}}\n'


def _names(drawing: DrawingLayout) -> Iterator[Event]:
    for pid, name in enumerate([*drawing.nodes, "links"]):
        yield _event("M", pid, 0, "process_name", args={"name": clean(name)})
    for tid, lane in enumerate(drawing.lanes):
        name = f"{'communication' if lane.is_comm else 'data'} qubit {lane.slot}"
        yield _event("M", lane.node, tid, "thread_name", args={"name": name})
    for tid, (a, b) in enumerate(_links(drawing)):
        name = f"{clean(drawing.nodes[a])} -- {clean(drawing.nodes[b])}"
        yield _event("M", len(drawing.nodes), tid, "thread_name", args={"name": name})


def _event(phase: str, pid: int, tid: int, name: str, **more: Any) -> Event:
    return {"ph": phase, "pid": pid, "tid": tid, "name": name} | more


def _span(pid: int, tid: int, name: str, times: tuple[int, int], **more: Any) -> Event:
    start, end = times
    length = (end - start) / NS_IN_US
    return _event("X", pid, tid, clean(name), ts=start / NS_IN_US, dur=length, **more)


def _links(drawing: DrawingLayout) -> list[tuple[int, int]]:
    return sorted({_ends(drawing, mark) for mark in drawing.marks if mark.name == "ebit"})


def _ends(drawing: DrawingLayout, mark: Mark) -> tuple[int, int]:
    a, b = (drawing.lanes[lane].node for lane in mark.lanes)
    return min(a, b), max(a, b)


def _stays(drawing: DrawingLayout) -> Iterator[Event]:
    """From when to when every physical qubit holds a state; operations are nested in them."""
    for stay in drawing.stays:
        lane = drawing.lanes[stay.lane]
        name = stay.qubit or ("half of a pair" if lane.is_comm else "a state")
        yield _span(lane.node, stay.lane, name, (stay.start, stay.end), cat="held")


def _distilled(network: Network, ends: tuple[int, int]) -> dict[str, str]:
    """How a pair is distilled, and from how many raw pairs on average."""
    made = network.link_between[ends].distilled
    if made is None:
        return {}
    levels = count(made.levels, "level")
    return {"distilled": f"{made.protocol}, {levels}, {made.raw_pairs:.4g} raw pairs on average"}


def _ages(ir: ScheduledCircuit) -> dict[int, dict[str, float]]:
    """Of every pair, by its row: when it was born, when both ends knew of it, when it was used
    first, and how old it was then, in us; the last two not where nothing used it."""
    pairs, found = pair_times(ir), {}
    for row, born, known, use in zip(
        pairs.row.tolist(), pairs.born.tolist(), pairs.known.tolist(), pairs.use.tolist(),
        strict=True,
    ):  # fmt: skip
        said = {"born_us": born / NS_IN_US, "known_us": known / NS_IN_US}
        if use >= 0:
            used = int(ir.start_ns[use])
            said |= {"used_us": used / NS_IN_US, "age_us": (used - born) / NS_IN_US}
        found[row] = said
    return found


def _operations(drawing: DrawingLayout, ir: ScheduledCircuit) -> Iterator[Event]:
    ages = _ages(ir)
    link_track = {link: tid for tid, link in enumerate(_links(drawing))}
    for mark in drawing.marks:
        times, said = (mark.start, mark.end), {"role": mark.role}
        if mark.line >= 0:
            path, line = drawing.lines[mark.line]
            said["line"] = f"{clean(path)}:{line}"
        if mark.decided_by >= 0:
            said["condition"] = clean(drawing.condition(mark))
        for tid in mark.lanes:
            node = drawing.lanes[tid].node
            yield _span(node, tid, mark.text, times, cat="operation", args=said)
        if mark.name == "ebit":
            ends = _ends(drawing, mark)
            facts = said | ages[mark.row] | _distilled(ir.network, ends)
            tid = link_track[ends]
            yield _span(len(drawing.nodes), tid, "pair", times, cat="pair", args=facts)


def _decisions(drawing: DrawingLayout) -> Iterator[Event]:
    """Arrows: a measured bit on its way."""
    for number, mark in enumerate(drawing.marks):
        if mark.decided_by >= 0:
            by = drawing.marks[mark.decided_by]
            for phase, at, time in (("s", by, by.end), ("f", mark, mark.start)):
                tid = at.lanes[0]
                node, when = drawing.lanes[tid].node, time / NS_IN_US
                more = {"id": number, "cat": "message", "bp": "e", "ts": when}
                yield _event(phase, node, tid, "bit", **more)
