"""A page of 100,000 operations in a browser: how long it takes to open and to step through, and
that whatever is drawn together is said to be."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import qdsl
from qdsl.api import Compiled
from qdsl.drawing.layout import DrawingLayout, Lane, Mark, Stay
from qdsl.report.html import PageProgram, render_html
from tests.qdsl.report.pages import chromium

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="there is no Chromium here"),
]

OPERATIONS, DATA, COMM = 100_000, 4, 2
LOADS_S, STEPS_S = 2.0, 0.3


NETWORK = """network chain = line({nodes}) {{ qubits 4, comm 2 }}
model large() on chain {{
  qubits q[{nodes}]
  for i in 0..{nodes} {{ h q[i] }}
  cx q[0], q[1]
  return expect(Z q[0])
}}
"""


@cache
def small(nodes: int) -> Compiled:
    """Whose report stands around the drawing."""
    made = qdsl.loads(NETWORK.format(nodes=nodes), "large.qdm")
    return made.compile(verify=False, options={"effort": 0})


def large_drawing(nodes: int, n: int = OPERATIONS) -> DrawingLayout:
    """A program of `n` operations on a line of nodes: gates, pairs, measurements, conditions."""
    lanes = [
        Lane(k, comm, slot)
        for k in range(nodes)
        for comm, slots in ((False, DATA), (True, COMM))
        for slot in range(slots)
    ]
    wide = DATA + COMM
    free = [0] * len(lanes)
    marks: list[Mark] = []
    stays: list[Stay] = []

    def put(name: str, text: str, at: tuple[int, ...], group: int, by: int = -1) -> None:
        behind = marks[by].column + 1 if by >= 0 else 0
        column = max(behind, *(free[k] for k in range(min(at), max(at) + 1)))
        free[min(at) : max(at) + 1] = [column + 1] * (max(at) - min(at) + 1)
        role = "local" if group < 0 else "teledata"
        line = len(marks) % 6
        marks.append(
            Mark(
                name,
                text,
                at,
                column,
                1000 * column,
                1000 * column + 900,
                role,
                group,
                line,
                by,
                1,
                len(marks),
            )
        )

    k = 0
    while len(marks) < n:
        node = k % (nodes - 1)
        first = node * wide + k // nodes % DATA
        put("ry", f"ry({k % 97}/100)", (first,), -1)
        put("cx", "cx", (node * wide, node * wide + 1 + k % 3), -1)
        if k % 5 == 0:
            half, other = node * wide + DATA, (node + 1) * wide + DATA
            put("ebit", "ebit", (half, other), k)
            born = marks[-1]
            put("measure", "measure", (half,), k)
            put("x", "x", (other,), k, len(marks) - 1)
            for lane, last in ((half, marks[-2]), (other, marks[-1])):
                stays.append(Stay(lane, born.column, last.column, born.start, last.end, ""))
        k += 1
    columns = max(m.column for m in marks) + 1
    homes = [
        Stay(k, -1, columns, 0, 1000 * columns, f"q[{k}]")
        for k, lane in enumerate(lanes)
        if not lane.is_comm
    ]
    names = tuple(f"node{k}" for k in range(nodes))
    lines = tuple(("large.qdm", k + 1) for k in range(6))
    order = sorted(range(len(marks)), key=lambda k: (marks[k].start, k))
    place = {k: at for at, k in enumerate(order)} | {-1: -1}
    in_time = tuple(replace(marks[k], decided_by=place[marks[k].decided_by]) for k in order)
    return DrawingLayout(names, tuple(lanes), in_time, (*homes, *stays), lines, 1000 * columns, 0)


def opened(browser: Any, file: Path, nodes: int) -> tuple[Any, float]:
    """The page, and the main thread's seconds until nothing was left to do."""
    program = PageProgram(large_drawing(nodes), (small(nodes).program.source,))
    file.write_text(render_html(small(nodes).report(), program), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    told = page.context.new_cdp_session(page)
    told.send("Performance.enable")
    page.goto(file.as_uri())
    page.evaluate("new Promise(r => requestIdleCallback(r))")
    found = {m["name"]: m["value"] for m in told.send("Performance.getMetrics")["metrics"]}
    return page, found["TaskDuration"]


SHOWN_S = """async (id) => {
  const begin = performance.now();
  document.getElementById(id).click();
  await new Promise(r => requestAnimationFrame(() => setTimeout(r)));
  return (performance.now() - begin) / 1000;
}"""


@pytest.mark.parametrize("nodes", [2, 20])
def test_it_opens_in_two_seconds_and_steps_in_a_third(nodes: int, tmp_path: Path) -> None:
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page, took = opened(browser, tmp_path / "large.html", nodes)
        problems: list[str] = []
        page.on("pageerror", lambda e: problems.append(str(e)))
        assert took < LOADS_S
        steps = {}
        for tab in ("tab-circuit", "tab-time"):
            page.locator(f"#{tab}").click()
            for zoom in ("zoom-fit", *["zoom-in"] * 8):
                page.locator(f"#{zoom}").click()
                for step in ("step-on", "step-last", "step-back", "step-first"):
                    steps[tab, zoom, step] = page.evaluate(SHOWN_S, step)
        assert max(steps.values()) < STEPS_S, max(steps, key=lambda k: steps[k])
        page.locator("#tab-circuit").click()
        page.locator("#zoom-fit").click()
        said = page.inner_text("#crowd")
        assert said.startswith("Zoomed out: what is closer than two pixels is one block, of up to ")
        page.locator("#find").fill("cx node0")
        assert page.inner_text("#found").startswith("“cx node0”: ")
        assert page.evaluate("document.querySelectorAll('#drawn *').length") < 1500
        assert problems == []
        browser.close()


def test_every_operation_of_a_block_is_counted(tmp_path: Path) -> None:
    """Zoomed out, each operation is in the block at its place: none is left out."""
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page, _ = opened(browser, tmp_path / "large.html", 2)
        page.locator("#zoom-fit").click()
        covered = """(() => {
          const paths = [...document.querySelectorAll('#drawn path.solid, #drawn path.half')];
          const left = document.getElementById('drawn').getBoundingClientRect();
          return [0.02, 0.25, 0.5, 0.75, 0.97].map((part) => paths.some((path) => {
            const at = path.ownerSVGElement.createSVGPoint();
            for (let y = 0; y < 400; y += 2) {
              at.x = 120 + part * (left.width - 230); at.y = y;
              if (path.isPointInFill(at)) return true;
            }
            return false;
          }));
        })()"""
        assert page.evaluate(covered) == [True] * 5
        browser.close()
