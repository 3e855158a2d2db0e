"""Traces for Perfetto: everything that happens, when, and where."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import Any

import pytest

import qdsl
from qdsl.drawing.layout import layout
from tests.qdsl.report.pages import NAMES, compiled
from tests.sources import EXAMPLES


def events(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(compiled(name).draw("trace"))["traceEvents"]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_is_on_its_qubits_and_every_pair_on_its_link(name: str) -> None:
    drawing = layout(compiled(name).scheduled)
    kinds = Counter(event.get("cat") for event in events(name))
    assert kinds["operation"] == sum(len(mark.lanes) for mark in drawing.marks)
    assert kinds["pair"] == compiled(name).cost.ebits
    assert kinds["held"] == len(drawing.stays)
    assert kinds["message"] == 2 * sum(mark.decided_by >= 0 for mark in drawing.marks)


@pytest.mark.parametrize("name", NAMES)
def test_pairs_of_a_link_follow_one_another_and_end_with_the_program(name: str) -> None:
    pairs = [e for e in events(name) if e.get("cat") == "pair"]
    for tid in {e["tid"] for e in pairs}:
        mine = sorted((e["ts"], e["ts"] + e["dur"]) for e in pairs if e["tid"] == tid)
        assert all(a[1] <= b[0] + 1e-9 for a, b in itertools.pairwise(mine))
    ends = [e["ts"] + e["dur"] for e in events(name) if e["ph"] == "X"]
    assert max(ends) == pytest.approx(compiled(name).cost.makespan_ns / 1000)


def test_operations_lie_within_what_their_qubit_holds() -> None:
    found = events("two_party")
    held = [e for e in found if e.get("cat") == "held"]
    for e in found:
        if e.get("cat") == "operation":
            around = [
                h for h in held
                if (h["pid"], h["tid"]) == (e["pid"], e["tid"])
                and h["ts"] <= e["ts"] and e["ts"] + e["dur"] <= h["ts"] + h["dur"]
            ]  # fmt: skip
            assert around, e


def test_tracks_have_names() -> None:
    names = [e["args"]["name"] for e in events("two_party") if e["ph"] == "M"]
    assert names[:3] == ["alice", "bob", "links"]
    assert "alice -- bob" in names
    assert "communication qubit 1" in names


def test_a_pair_says_how_it_is_distilled() -> None:
    trace = qdsl.load(EXAMPLES / "distilled.qdm").compile().draw("trace")
    assert isinstance(trace, str)
    said = [e for e in json.loads(trace)["traceEvents"] if "distilled" in e.get("args", {})]
    assert [e["cat"] for e in said] == ["pair"]
    assert said[0]["args"]["distilled"].startswith("dejmps, 2 levels")
    assert all("distilled" not in event.get("args", {}) for event in events(NAMES[0]))


AHEAD = """
network n {
  node a { qubits 1, comm 2, two_qubit_time 3 ms }
  node b { qubits 1, comm 2 }
  link a -- b { attempt_rate 1 kHz, heralding_latency 100 us KEPT }
}
model m() on n {
  qubits p, q
  cx p, q
  at a { ry(1) p }
  at b { ry(1) q }
  cx p, q
  return sample(p, q)
}
"""


@pytest.mark.parametrize("kept", ["", ", buffer 2"])
def test_a_pair_says_when_it_is_born_and_used_and_how_old_it_is_then(kept: str) -> None:
    """The first is used when both ends know of it; the second, born 1 ms later, when the gate of
    3 ms at the end of the first is over, whether it waits in the buffer or not."""
    trace = qdsl.loads(AHEAD.replace("KEPT", kept)).compile().draw("trace")
    assert isinstance(trace, str)
    found = [e["args"] for e in json.loads(trace)["traceEvents"] if e.get("cat") == "pair"]
    assert [p["born_us"] for p in found] == [1000, 2000]
    assert [p["known_us"] for p in found] == [1100, 2100]
    assert [p["used_us"] for p in found] == [1100, 4100]
    assert [p["age_us"] for p in found] == [100, 2100]


OUT_OF_ORDER = """
network n {
  node a { qubits 2, comm 2 }
  node b { qubits 1, comm 1 }
  node c { qubits 1, comm 1 }
  link a -- b { rate 100 Hz, buffer 1 }
  link a -- c { rate 1 kHz }
}
model m() on n {
  qubits p, r, q, s
  at b { cx p, q }
  at c { cx r, s }
  return sample(p, q, r, s)
}
"""


def test_ages_are_those_of_the_pair_where_rows_do_not_stand_in_the_order_of_their_starts() -> None:
    trace = qdsl.loads(OUT_OF_ORDER).compile().draw("trace")
    assert isinstance(trace, str)
    found = [e for e in json.loads(trace)["traceEvents"] if e.get("cat") == "pair"]
    born = {e["ts"] + e["dur"]: e["args"]["born_us"] for e in found}
    assert born == {1000: 1000, 10_000: 10_000}
