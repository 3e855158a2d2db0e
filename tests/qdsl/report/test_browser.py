"""The page in a browser: every example opened, read, stepped through and zoomed; any error of the
page or its console fails the test, any request but for the page itself too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import qdsl
from qdsl.drawing.layout import layout
from tests.qdsl.report.pages import NAMES, bell, chromium, compiled, full_report, page
from tests.qdsl.report.test_html import hostile

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="there is no Chromium here"),
]

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 812}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as p:
        made = p.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield made
        made.close()


class Opened:
    """A page of the browser, and everything that went wrong in it."""

    def __init__(self, browser: Any, file: Path, text: str, **context: Any) -> None:
        file.write_text(text, encoding="utf-8")
        self.context = browser.new_context(**{"viewport": DESKTOP, **context})
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("console", lambda m: self.problems.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.problems.append(str(e)))
        self.page.on("dialog", self.refuse)
        self.requests: list[str] = []
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.goto(file.as_uri())
        if context.get("java_script_enabled", True):
            self.settle()

    def refuse(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def settle(self) -> None:
        self.do("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")

    def do(self, script: str) -> Any:
        return self.page.evaluate(script)

    def text(self, selector: str) -> str:
        return " ".join(str(self.page.inner_text(selector)).split())

    def count(self, selector: str) -> int:
        return int(self.page.locator(selector).count())

    def click(self, name: str) -> None:
        self.page.locator(f"#{name}").click()
        self.settle()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def close(self) -> None:
        self.context.close()
        assert self.problems == []
        assert len(self.requests) == 1, self.requests


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    made: list[Opened] = []

    def open_page(text: str, **context: Any) -> Opened:
        made.append(Opened(browser, tmp_path / f"{len(made)}.html", text, **context))
        return made[-1]

    yield open_page
    for one in made:
        one.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 768, 390])
def test_a_page_is_accessible(width: int, scheme: str, opened: Any) -> None:
    """By the rules of axe: names, contrast, headings, focus, landmarks."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    view = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    at = opened(
        page(compiled("two_party"), compiled("two_party").report()), bypass_csp=True, **view
    )
    for tab in ("tab-circuit", "tab-time"):
        at.click(tab)
        found = axe.run(at.page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []


@pytest.mark.parametrize("name", NAMES)
def test_an_example_can_be_read_and_stepped_through(name: str, opened: Any) -> None:
    report = compiled(name).report()
    at = opened(page(compiled(name), report))
    assert at.text("h1") == f"{report.program.name} on {report.network.name}"
    assert at.text("#answer-cost p").startswith(f"{report.cost.ebits} ebit")
    source = at.page.locator("table.listing").first.inner_text()
    for line in report.cost.lines:
        assert line.path != compiled(name).program.source.path or line.text in source
    at.page.locator("#scroller").focus()
    at.press("0")
    steps = int(at.page.locator("#step").get_attribute("max"))
    at.press("End")
    assert at.text("#said").startswith(f"Step {steps} of {steps}")
    assert at.text("#ebits-so-far").startswith(f"{report.cost.ebits} of {report.cost.ebits} ebit")
    at.click("tab-time")
    assert at.count("#sizer svg .half, #sizer svg .solid") > 0
    assert at.do("document.documentElement.scrollWidth") <= DESKTOP["width"]


def test_steps_go_by_button_key_and_slider(opened: Any) -> None:
    at = opened(page(bell()))
    assert "operations in" in at.text("#said")
    at.click("step-on")
    assert at.text("#said").startswith("Step 1 of ")
    at.page.locator("#scroller").focus()
    at.press("ArrowRight", "ArrowRight", "ArrowLeft")
    assert at.text("#said").startswith("Step 2 of ")
    assert at.count("#sizer .now") >= 1
    assert at.count("#sizer .later") >= 1
    at.press("Home")
    assert at.count("#sizer .later") == 0
    at.page.locator("#step").focus()
    at.press("ArrowRight")
    assert at.text("#said").startswith("Step 1 of ")
    at.click("step-last")
    at.click("step-back")
    steps = int(at.page.locator("#step").get_attribute("max"))
    assert at.text("#said").startswith(f"Step {steps - 1} of {steps}")
    at.click("step-first")
    assert at.page.locator("#step").input_value() == "0"


def test_every_ebit_is_visible_and_one_can_be_chosen(opened: Any) -> None:
    at = opened(page(bell()))
    ebits = bell().report().cost.ebits
    assert at.count("#sizer line.ebit") == ebits
    assert at.count("#sizer path.half") == 2 * ebits
    at.page.locator("#sizer g.hit:has(path.half)").first.dispatch_event("click")
    at.settle()
    said = at.text("#said")
    assert said.startswith("Chosen: ") and "ebit on alice comm 0, bob comm 0" in said
    assert re.search(r"(teledata|cat-entangler) 0", said)
    assert at.count("#sizer .picked") > 1, "what belongs to it is shown with it"
    assert at.count(".listing tr.on") == 1
    at.page.locator("#scroller").focus()
    at.press("Escape")
    assert at.count("#sizer .picked") == 0


def test_a_line_of_the_source_shows_its_operations(opened: Any) -> None:
    at = opened(page(bell()))
    button = at.page.locator(".listing button", has_text="13")
    button.click()
    at.settle()
    assert button.get_attribute("aria-pressed") == "true"
    assert "bell.qdm:13" in at.text("#said") and "1 ebit" in at.text("#said")
    assert at.count("#sizer .other") > 0
    button.click()
    assert button.get_attribute("aria-pressed") == "false"


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


def test_zoom_by_button_key_and_wheel(opened: Any) -> None:
    at = opened(page(compiled("qaoa")))

    def width() -> float:
        return float(at.do("document.getElementById('sizer').offsetWidth"))

    start = width()
    at.click("zoom-in")
    assert width() > start * 1.2
    at.click("zoom-out")
    assert width() == pytest.approx(start, abs=2)
    at.click("zoom-fit")
    assert width() <= DESKTOP["width"]
    at.page.locator("#scroller").focus()
    at.press("+", "+")
    assert width() > start / 6
    at.do("""document.getElementById('scroller').dispatchEvent(
        new WheelEvent('wheel', {ctrlKey: true, deltaY: -300, clientX: 600, bubbles: true}))""")
    at.settle()
    assert at.count("#sizer svg") == 1


def test_tabs_by_mouse_and_by_keyboard(opened: Any) -> None:
    at = opened(page(bell()))
    at.click("tab-time")
    assert at.page.locator("#tab-time").get_attribute("aria-selected") == "true"
    assert at.count("#sizer .ruler") > 1
    at.press("ArrowLeft")
    assert at.page.locator("#tab-circuit").get_attribute("aria-selected") == "true"
    assert at.do("document.activeElement.id") == "tab-circuit"
    assert at.count("#sizer .gate") > 1


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


def test_hostile_text_does_nothing(opened: Any) -> None:
    at = opened(page(*hostile()))
    at.click("step-last")
    at.click("tab-time")
    assert at.do("window.hacked") is None
    assert at.count("img") == 0 and at.count("script") == 2
    assert "onerror" in at.text("h1")


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


GRID = """
network grid20 = grid(4, 5) { qubits 3, comm 4, rate 200 Hz, gate_time 1 us }
model big(n = 50) on grid20 {
  qubits q[n]
  for k in 0..10 { for i in 0..n-1 { cx q[i], q[i+1] } for i in 0..n { h q[i] } }
  return expect(Z q[0])
}
"""


def test_a_thousand_gates_on_twenty_nodes_stay_usable(opened: Any) -> None:
    big = qdsl.loads(GRID, "big.qdm").compile(verify=False, options={"effort": 0})
    assert len(big.circuit.table) >= 990
    at = opened(page(big), viewport=PHONE)
    drawn = "document.querySelectorAll('#sizer *').length"
    for view in ("tab-circuit", "tab-time"):
        at.click(view)
        at.page.locator("#scroller").focus()
        at.press("0", "End")
        assert 0 < at.do(drawn) < 1500, "only what is in view is drawn"
    assert at.do("document.documentElement.scrollWidth") <= PHONE["width"]
    assert at.count("svg.qdsl-map circle") == 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_fits_and_can_be_read(scheme: str, viewport: dict[str, int], opened: Any) -> None:
    at = opened(page(bell(), full_report()), viewport=viewport, color_scheme=scheme)
    assert at.do("document.documentElement.scrollWidth") <= viewport["width"]
    assert at.do(CONTRAST) == [], "WCAG 2.2 AA: 4.5 to 1, 3 to 1 for large text"
    assert at.do(NAMELESS) == []
    small = """[...document.querySelectorAll('.viewer button, .viewer input')].filter(
        e => e.offsetParent && (e.offsetHeight < 24 || e.offsetWidth < 24)
            && e.type !== 'range').map(e => e.outerHTML)"""
    for tab in ("tab-time", "tab-circuit"):
        at.click(tab)
        assert at.do(small) == [], "WCAG 2.2, 2.5.8: targets of 24 points"


def test_it_prints_the_circuit_in_rows(opened: Any) -> None:
    at = opened(page(compiled("two_party")), color_scheme="dark")
    at.page.emulate_media(media="print")
    at.do("window.dispatchEvent(new Event('beforeprint'))")
    rows = -(-layout(compiled("two_party").scheduled).columns // 24)
    assert at.count("#printed svg") == rows
    assert at.count("#printed line.ebit") >= compiled("two_party").report().cost.ebits
    assert not at.page.locator(".viewer").is_visible()
    assert at.do("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_without_script_the_tables_are_there(opened: Any) -> None:
    at = opened(page(bell()), java_script_enabled=False)
    assert "The drawing needs script" in at.text("#program")
    assert "Cost of one execution" in at.text("#costs")


# every piece of text against the nearest ground behind it
CONTRAST = """(() => {
  const seen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (c) => { seen.clearRect(0, 0, 1, 1); seen.fillStyle = c; seen.fillRect(0, 0, 1, 1);
    return [...seen.getImageData(0, 0, 1, 1).data]; };
  const lum = (c) => { const [r, g, b] = rgb(c).map((x) => { x /= 255;
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (e) => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (rgb(c)[3] > 250) return c; } return 'white'; };
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    const words = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!words || !e.getClientRects().length || /SCRIPT|STYLE/i.test(e.tagName)) continue;
    const s = getComputedStyle(e);
    let back = ground(e), color = s.color;
    if (e.namespaceURI.endsWith('svg')) {
      color = s.fill;
      const box = e.parentElement.querySelector('.box, .dev');
      if (box) back = getComputedStyle(box).fill;
    }
    const [a, b] = [lum(color), lum(back)].sort((x, y) => y - x);
    const large = parseFloat(s.fontSize) >= 24;
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) found.push(`${e.tagName}.${e.getAttribute('class')} ` +
      `${ratio.toFixed(2)} ${e.textContent.slice(0, 30)}`);
  }
  return found;
})()"""

# what can be used or seen and has no name for those who cannot see it
NAMELESS = """(() => [...document.querySelectorAll(
  'button, input, output, svg[role=img], [role=region], [tabindex="0"]')].filter((e) =>
  !(e.getAttribute('aria-label') || e.textContent.trim() || e.getAttribute('aria-labelledby')
    || (e.labels && e.labels.length)
    || e.closest('[aria-hidden=true]'))).map((e) => e.outerHTML.slice(0, 80)))()"""
