"""What the page offers for finding one's way: search, filters, tracks, small picture, curves."""

from __future__ import annotations

import re
from typing import Any

import pytest

import qdsl
from qdsl.drawing.layout import layout
from tests.qdsl.drawing.test_conditions import compiled as conditional
from tests.qdsl.report.pages import bell, compiled, full_report, page

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["two_party", "teleportation", "swapping", "imported"])
def test_names_of_qubits_lie_on_no_gate(name: str, opened: Any) -> None:
    at = opened(page(compiled(name)))
    if not at.count("#drawn .state"):
        pytest.skip("no qubit moves in view")
    met = """(() => {
      const place = (e) => e.getBBox();
      const boxes = [...document.querySelectorAll('#drawn .box')].map(place);
      const words = [...document.querySelectorAll('#drawn .state, #drawn .start')];
      const meets = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width
        && a.y + 2.5 < b.y + b.height && b.y + 2.5 < a.y + a.height;
      return words.filter((w, k) => (w.matches('.state') && boxes.some((b) => meets(place(w), b)))
        || words.some((o, n) => n > k && meets(place(w), place(o)))).map((e) => e.textContent);
    })()"""
    assert at.do(met) == []


def test_a_dot_says_for_which_bit_something_happens(opened: Any) -> None:
    at = opened(page(conditional()), viewport={"width": 1200, "height": 900})
    at.click("zoom-fit")
    at.page.locator("#scroller").focus()
    at.press("+")
    decided = [m for m in layout(conditional().scheduled).marks if m.decided_by >= 0]
    assert at.count("#drawn .decided") == len(decided) == 7
    assert at.count("#drawn .decided.open") == sum(not m.value for m in decided) == 4


def test_the_source_stands_beside_the_circuit_and_follows_it(opened: Any) -> None:
    at = opened(page(compiled("two_party")), viewport={"width": 1400, "height": 600})
    place = "document.getElementById('{}').getBoundingClientRect()"
    program, source = place.format("program"), place.format("source")
    assert at.do(f"{source}.left") > at.do(f"{program}.right")
    assert abs(at.do(f"{source}.top - {program}.top")) < 2
    assert at.do("document.documentElement.scrollWidth") <= 1400
    line = next(x.line for x in compiled("two_party").report().cost.lines if x.ebits)
    at.do("document.getElementById('source').scrollTop = 0")
    at.page.locator("#drawn g.hit:has(path.half)").first.dispatch_event("click")
    at.settle()
    row = at.page.locator(".listing tr.on")
    assert row.inner_text().split()[0] == str(line)
    box = row.bounding_box()
    shown = at.page.locator("#source").bounding_box()
    assert shown["y"] <= box["y"] <= shown["y"] + shown["height"]
    at.page.set_viewport_size({"width": 768, "height": 900})
    at.settle()
    assert at.do(f"{source}.top") > at.do(f"{program}.bottom") - 2


@pytest.mark.parametrize(("words", "of"), [
    ("cx", "gate"), ("bob", "node"), ("line 13", "line"), ("bell.qdm:13", "line"),
    ("q[1]", "qubit"), ("ebit", "gate"), ("if", "condition"), ("bob comm", "both"),
])  # fmt: skip
def test_operations_are_found(words: str, of: str, opened: Any) -> None:
    at = opened(page(bell()))
    at.page.locator("#find").fill(words)
    at.settle()
    found = re.fullmatch(r"“(.*)”: (\d+) operations?", at.text("#found"))
    assert found and found[1] == words, of
    assert at.count("#drawn g.picked") == int(found[2]) > 0
    assert at.count("#drawn g.other") == at.count("#drawn g.hit") - int(found[2])
    at.press("Enter")
    assert at.text("#found").startswith(f"“{words}”: 1 of ")
    assert at.text("#said").startswith("Step ")
    at.press("Escape")
    assert at.text("#found") == "" and at.count("#drawn .other") == 0
    assert at.page.locator("#find").input_value() == ""


def test_what_is_not_there_is_said(opened: Any) -> None:
    at = opened(page(bell()))
    at.page.locator("#find").fill("nowhere cx")
    at.settle()
    assert at.text("#found") == "Nothing is found for “nowhere cx”."
    assert at.page.locator("#find-on").is_disabled()
    at.page.locator("#find").fill("<img src=x onerror=window.hacked=1>")
    at.settle()
    assert at.count("img") == 0 and at.do("window.hacked") is None


def test_nodes_and_links_of_the_map_are_filters(opened: Any) -> None:
    at = opened(page(compiled("ghz")))
    buttons = at.page.locator(".qdsl-map [role=button]")
    names = [buttons.nth(k).get_attribute("aria-label") for k in range(buttons.count())]
    nodes = len({lane.node for lane in layout(compiled("ghz").scheduled).lanes})
    assert sum("data qubits" in name for name in names) == nodes
    assert sum("ebits" in name for name in names) >= 1
    link = at.page.locator(".qdsl-map [data-filter^=l]").first
    link.focus()
    at.press("Enter")
    assert link.get_attribute("aria-pressed") == "true"
    assert at.count("#drawn .picked line.ebit") >= 1
    assert " – " in at.text("#found") and "ebit" in at.text("#said")
    node = at.page.locator(".qdsl-map [data-filter=n0]")
    node.click()
    at.settle()
    assert link.get_attribute("aria-pressed") == "false"
    assert node.get_attribute("aria-pressed") == "true"
    at.page.locator("#scroller").focus()
    at.press("Escape")
    assert node.get_attribute("aria-pressed") == "false"


def test_the_timeline_has_tracks_that_fold(opened: Any) -> None:
    at = opened(page(compiled("two_party")))
    assert at.page.locator("#folds").is_hidden()
    at.click("tab-time")
    folds = at.page.locator("#folds button")
    assert [folds.nth(k).inner_text() for k in range(3)] == ["alice", "bob", "links"]
    assert at.count("#drawn text.label") == 8 + 1, "every qubit and the link"
    assert "alice – bob" in at.text("#drawn")
    folds.first.focus()
    at.press("Enter")
    assert folds.first.get_attribute("aria-expanded") == "false"
    assert at.count("#drawn text.label") == 5
    assert at.do("document.activeElement.textContent") == "alice", "the focus stays"
    at.press("Enter")
    assert at.count("#drawn text.label") == 9


WAITS = """
network pair = line(2) { qubits 2, comm 2, rate 1000 Hz, latency 2 ms }
model m() on pair {
  qubits q[2]
  at node0 { h q[0] }
  at node1 { h q[1] }
  cx q[0], q[1]
  return expect(Z q[1])
}
"""


def test_the_timeline_says_how_long_pairs_wait(opened: Any) -> None:
    at = opened(page(qdsl.loads(WAITS, "w.qdm").compile(verify=False)))
    at.click("tab-time")
    assert at.count("#drawn rect.wait") >= 1
    said = at.page.locator("#drawn g:has(> rect.wait) title").first.text_content()
    assert re.fullmatch(r"half of a pair waits 2(\.\d+)? ms for its first use", said)
    assert at.page.locator("#drawn text.age").first.text_content().startswith("waits 2")
    at.page.locator("#drawn g:has(> rect.wait)").first.dispatch_event("click")
    at.settle()
    assert "comm 0 waits 2" in at.text("#said")


def test_a_minimap_shows_where_one_is(opened: Any) -> None:
    at = opened(page(compiled("two_party")))
    assert at.page.locator("#minimap").is_visible()
    seen = "Number(document.querySelector('#minimap .seen').getAttribute('x'))"
    assert at.do(seen) == 0
    at.page.locator("#minimap").click(position={"x": 600, "y": 10})
    at.settle()
    assert at.do("document.getElementById('scroller').scrollLeft") > 100
    assert at.do(seen) > 100
    at.click("zoom-fit")
    assert at.page.locator("#minimap").is_hidden()


def test_curves_tell_their_values_and_show_parts_closer(opened: Any) -> None:
    at = opened(page(bell(), full_report()))
    plot = at.page.locator("#scaling .plot")
    reading = at.page.locator("#scaling .reading")
    plot.focus()
    at.press("ArrowRight", "ArrowRight")
    assert reading.inner_text().startswith("n 3 · ebits, one execution: 3 · ")
    at.press("ArrowLeft")
    assert reading.inner_text().endswith("best classical, bits: 16")
    box = plot.locator("svg").bounding_box()
    plot.locator("svg").hover(position={"x": box["width"] - 25, "y": 80})
    assert reading.inner_text().endswith(f"best classical, bits: {4**12:,}")
    ticks = "[...document.querySelectorAll('#scaling .field .tick.mid')].map(e => e.textContent)"
    assert at.do(ticks) == ["2", "4", "6", "8", "10", "12"]
    at.press("+", "+")
    assert float(at.do(ticks)[0]) > 9
    assert at.page.locator("#scaling figure button").is_visible()
    at.press("0")
    assert at.do(ticks) == ["2", "4", "6", "8", "10", "12"]
    assert at.page.locator("#scaling figure button").is_hidden()
    box = plot.locator("svg").bounding_box()
    y = box["y"] + 60
    at.page.mouse.move(box["x"] + 0.4 * box["width"], y)
    at.page.mouse.down()
    at.page.mouse.move(box["x"] + 0.6 * box["width"], y, steps=3)
    at.page.mouse.up()
    assert at.do(ticks) != ["2", "4", "6", "8", "10", "12"]
    at.page.locator("#scaling figure button").click()
    assert at.do(ticks) == ["2", "4", "6", "8", "10", "12"]


def test_a_colour_of_curves_has_one_meaning(opened: Any) -> None:
    at = opened(page(bell(), full_report()))
    colors = """[...document.querySelectorAll('svg.curves g[transform] > g')].map(e => [
        e.querySelector('text').textContent.split(/[ ,]/)[0],
        getComputedStyle(e.querySelector('.curve')).stroke])"""
    found: dict[str, set[str]] = {}
    for word, color in at.do(colors):
        found.setdefault(word, set()).add(color)
    assert {"ebits", "best", "classical", "held", "on"} <= set(found)
    assert all(len(colors) == 1 for colors in found.values())
    assert len({min(colors) for colors in found.values()}) == len(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_can_be_done_is_accessible(scheme: str, opened: Any) -> None:
    """By the rules of axe: curves that are read and zoomed, a search, a filter of the map."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    at = opened(page(bell(), full_report()), bypass_csp=True, color_scheme=scheme)
    at.page.locator("#scaling .plot").focus()
    at.press("ArrowRight", "+")
    at.page.locator(".qdsl-map [data-filter=n1]").focus()
    at.press("Enter")
    for words in ("", "cx", "nothing like it"):
        if words:
            at.page.locator("#find").fill(words)
            at.settle()
        found = axe.run(at.page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []
