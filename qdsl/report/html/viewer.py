"""The drawing that the page's script makes: circuit and timeline of the program."""

from __future__ import annotations

from qdsl.diagnostics.numbers import count, duration, integer
from qdsl.drawing.svg import safe
from qdsl.report.data import Report
from qdsl.report.html.elements import notes
from qdsl.report.html.program import PageProgram


def viewer(report: Report, program: PageProgram) -> str:
    """Tabs, the controls, the drawing, and what is said of the step it is at."""
    d = program.drawing
    if not d.marks:
        return notes(["The program has no operations."])
    text = (
        f"Circuit of {count(len(d.marks), 'operation')} on {count(len(d.lanes), 'physical qubit')} "
        f"of {count(len({lane.node for lane in d.lanes}), 'node')}, with "
        f"{count(report.cost.ebits, 'ebit')}, in {duration(d.makespan)}. "
        "With this in focus, the arrow keys step through time, plus and minus zoom, 0 shows all, "
        "n and p go to the next and the previous match; each step is described below."
    )
    hidden = (
        f"The first {integer(len(d.marks))} operations are drawn; {integer(d.hidden)} more follow."
    )
    return f"""
<noscript><p class="note">The drawing needs script; everything else on this page does not.</p>
</noscript>
<div class="viewer script">
<div class="bar-line">
<div role="tablist" aria-label="Views" class="tabs">
<button type="button" role="tab" id="tab-circuit" aria-controls="stage" aria-selected="true"
>Circuit</button>
<button type="button" role="tab" id="tab-time" aria-controls="stage" aria-selected="false"
tabindex="-1">Timeline</button>
</div>
<div class="tools" role="group" aria-label="Zoom">
<button type="button" id="zoom-out" aria-label="Zoom out">−</button>
<button type="button" id="zoom-fit" aria-label="Show all">Fit</button>
<button type="button" id="zoom-in" aria-label="Zoom in">+</button>
</div></div>
<div class="bar-line find" role="search" aria-label="Operations">
<label for="find">Find</label>
<input type="search" id="find" placeholder="qubit, node, gate, line" autocomplete="off"
spellcheck="false">
<div class="tools">
<button type="button" id="find-back" aria-label="Previous match" disabled>↑</button>
<button type="button" id="find-on" aria-label="Next match" disabled>↓</button>
<button type="button" id="find-clear" disabled>Clear</button>
</div>
<output id="found" for="find" aria-label="Matches"></output>
</div>
<div id="stage" role="tabpanel" aria-labelledby="tab-circuit">
<div id="scroller" tabindex="0" role="group" aria-roledescription="drawing"
aria-label="{safe(text)}"><div id="sizer"><div id="folds"></div>
<div id="drawn"></div></div></div>
</div>
<div id="minimap" aria-hidden="true"></div>
<p id="crowd" class="note"></p>
<div class="bar-line steps">
<div class="tools" role="group" aria-label="Steps in time">
<button type="button" id="step-first" aria-label="Before the first step">|◀</button>
<button type="button" id="step-back" aria-label="One step back">◀</button>
<button type="button" id="step-on" aria-label="One step on">▶</button>
<button type="button" id="step-last" aria-label="Last step">▶|</button>
</div>
<input type="range" id="step" min="0" value="0" aria-label="Step">
<output id="ebits-so-far" for="step"></output>
</div>
<div id="said" aria-live="polite"></div>
<p class="legend"><span><span class="key-ebit">◆━◆</span> ebit</span>
<span>●┈┈ decided by a measured bit that is 1, ○┈┈ that is 0</span>
<span>╌╌ communication qubit in use</span>
<span><span class="key-wait"></span> half of a pair waits (timeline)</span></p>
</div>
<div id="printed" aria-hidden="true"></div>
{notes([hidden]) if d.hidden else ""}"""
