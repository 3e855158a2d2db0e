"""What a measured bit decides: every drawing says so, for 0 and 1, for every kind of operation."""

from __future__ import annotations

import json
from functools import cache

import qdsl
from qdsl.api import Compiled
from qdsl.drawing.layout import layout

TEXT = """
model m() on one {
  qubits p[2], q, r
  bits c[2]
  h p
  c = measure p
  if c[0] == 0 { reset r; cp(0.3) q, r; ry(0.2) r }
  if c == 2 { x q }
  return sample(p, q, r)
}
network one { node a { qubits 6 } }
"""


@cache
def compiled() -> Compiled:
    return qdsl.loads(TEXT).compile(verify=False)


def test_a_measurement_that_is_decided_shows_by_what() -> None:
    """`c == 2` is measured on a scratch qubit: flipped if p[1], and read only if not p[0]."""
    text = compiled().draw("latex")
    scratch, q, r = (
        next(row for row in text.splitlines() if f" {name}}}" in row)
        for name in ("scratch", "q", "r")
    )
    assert r"\gate{X^{m_{2}}} & \meter{$m_{3}$ if $\bar m_{1}$} & \gate{X^{m_{2}}}" in scratch
    assert r"\gate{X^{m_{3}}}" in q
    assert r"\gate{\textrm{reset}^{\bar m_{1}}}" in r
    assert r"\gate{P^{\bar m_{1}}(\textrm{0.3})}" in r
    assert r"\gate{R_y^{\bar m_{1}}(\textrm{0.2})}" in r


def test_characters_tell_0_from_1() -> None:
    lines = compiled().draw().splitlines()
    scratch = next(line for line in lines if "scratch" in line)
    assert [part for part in scratch.split("─") if "[" in part] == ["[x?]", "[M?0]", "[x?]"]
    (r,) = (line for line in lines if " r " in line)
    assert "[reset?0]" in r and "●?0(0.3)" in r and "[ry 0.2?0]" in r


def test_every_form_says_every_condition() -> None:
    """As many as the program has; 4 of them on 0, the measurement's among them."""
    drawing = layout(compiled().scheduled)
    said = sorted(drawing.condition(m) for m in drawing.marks if m.decided_by >= 0)
    rows = [row.condition for row in compiled().scheduled.distributed.table]
    assert len(said) == sum(c is not None for c in rows) == 7
    assert sum(text.endswith(" is 0") for text in said) == 4
    assert said.count("if the bit measured on a data 4 is 1") == 1
    picture = compiled().draw("svg")
    assert picture.count("measure, if the bit measured on a data 0 is 0</title>") == 1
    dots = [part for part in picture.split("<circle")[1:] if 'r="2.5"' in part]
    assert len(dots) == 7 and sum('fill="#ffffff"' in dot.split(">")[0] for dot in dots) == 4
    traced = json.loads(compiled().draw("trace"))["traceEvents"]
    once = {(e["ts"], e["name"], e["args"]["condition"]) for e in traced
            if "condition" in e.get("args", {})}  # fmt: skip
    assert {c for _, _, c in once} == set(said)
