"""The page in a browser: every example opened, read, stepped through and zoomed; any error of the
page or its console fails the test, any request but for the page itself too."""

from __future__ import annotations

import re
from typing import Any

import pytest

import qdsl
from qdsl.drawing.layout import layout
from tests.qdsl.report.opened import DESKTOP, PHONE
from tests.qdsl.report.pages import NAMES, bell, compiled, full_report, page
from tests.qdsl.report.test_html import hostile

pytestmark = pytest.mark.slow


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
    halves = ("alice comm 0, bob comm 0", "bob comm 0, alice comm 0")
    assert said.startswith("Chosen: ") and any(f"ebit on {both}" in said for both in halves)
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


def test_hostile_text_does_nothing(opened: Any) -> None:
    at = opened(page(*hostile()))
    at.click("step-last")
    at.click("tab-time")
    assert at.do("window.hacked") is None
    assert at.count("img") == 0 and at.count("script") == 2
    assert "onerror" in at.text("h1")


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


TOUCHING = """[...document.querySelectorAll('table tr')].flatMap((row) => {
  const boxes = [...row.children].map((cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return [cell.innerText, range.getBoundingClientRect()];
  }).filter(([text, box]) => text && box.width);
  return boxes.flatMap(([a, x], k) => boxes.slice(k + 1).filter(([, y]) =>
    x.bottom > y.top + 2 && y.bottom > x.top + 2 && x.left < y.right + 6 && y.left < x.right + 6
  ).map(([b]) => `${a} | ${b}`));
})"""


@pytest.mark.parametrize("name", ["classes", "qft_two"])
def test_on_a_phone_cells_stand_apart_and_the_nodes_fit(name: str, opened: Any) -> None:
    at = opened(page(compiled(name)), viewport={"width": 390, "height": 844})
    assert at.do(TOUCHING) == []
    wide = "document.querySelector('.{}').getBoundingClientRect().width"
    for table in ("t-nodes", "t-placement"):
        assert at.do(wide.format(table)) <= 390 - 32, table
    shown = """(() => { const x = document.getElementById('find'); const c = document.
      createElement('canvas').getContext('2d'); c.font = getComputedStyle(x).font;
      return x.clientWidth - 20 - c.measureText(x.placeholder).width; })()"""
    assert at.do(shown) >= 0


def test_a_link_is_not_broken_within_its_dashes(opened: Any) -> None:
    at = opened(page(compiled("ghz")), viewport={"width": 390, "height": 844})
    heights = "[...document.querySelectorAll('.dash')].map((e) => e.getClientRects().length)"
    assert set(at.do(heights)) == {1}


def test_a_section_is_named_after_what_it_compares(opened: Any) -> None:
    assert opened(page(compiled("ghz"))).text("#classical h2") == "Shot budget"
    assert opened(page(compiled("two_party"))).text("#classical h2") == "Against classical"
