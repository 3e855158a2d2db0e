"""Pages and reports for the tests of their forms."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from typing import Any

import qdsl
from qdsl.analysis.findings import (
    Advantage,
    Announcement,
    Baselines,
    ClassicalProtocol,
    Crossover,
    Ground,
    Leak,
    LowerBound,
    Privacy,
    Scaling,
    ShotBudget,
    SweepAxis,
    SweepPoint,
    TaskCost,
)
from qdsl.api import Compiled
from qdsl.report.data import DisclosureFacts, Report
from qdsl.report.html import PageProgram, render_html
from qdsl.run.result import Alternative, OutputResult, RunResult, Training
from tests.sources import BELL, EXAMPLES

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.qdm"))
EVIL = "</script></title><img src=x onerror='window.hacked=1'>\"><svg onload=window.hacked=1>"


@cache
def compiled(name: str) -> Compiled:
    """An example, as `qdsl report` compiles it: its only model, or its only experiment's."""
    program = qdsl.load(EXAMPLES / f"{name}.qdm")
    model = program.models[0] if len(program.models) > 1 else None
    return program.compile(model, verify=False)


@cache
def bell() -> Compiled:
    return qdsl.loads(BELL, "bell.qdm").compile()


def page(of: Compiled, report: Report | None = None) -> str:
    program = PageProgram.of(of.scheduled, of.program.source)
    return render_html(report or of.report(), program, "qdsl report x.qdm")


def full_report() -> Report:
    """A report that has everything a report can have."""
    told = (DisclosureFacts("x", "alice", "bob", 64),)
    return replace(bell().report(), disclosures=told, result=_result(), **_findings())


def _result() -> RunResult:
    losses = tuple(0.5 / (k + 1) for k in range(40))
    taken = tuple(80 * (k + 1) for k in range(40))
    training = Training(
        "adam(lr = 0.05)", 40, 10, losses, 0.5, 0.0125, 0.5, 0.9, "exact", 5, losses, 0.02, 0.8, 4,
        0.03, 0.7, 38, True, "depolarising", taken, taken, taken,
        (Alternative("send the data", 640, "10 * 64"),),
    )  # fmt: skip
    outputs = (
        OutputResult("expect(Z q[0])", "expectation", (0.1,), 0.1, 0.01),
        OutputResult("sample(q)", "sample", {"00": 0.75, "11": 0.25}),
    )
    return RunResult("fit", "jax", 100, 3, 20, outputs, 0.0125, 0.9, training, ("w",))


def _findings() -> dict[str, Any]:
    ground = Ground("hidden-matching", "one-way classical needs about sqrt(N)", "Bar-Yossef 2004")
    crossover = Crossover("n", 2, 12, 9, True, "send the data", "compiled")
    points = tuple(
        SweepPoint((("n", n),), "compiled", n, 3 * n, n, 2 * n, 1, None, 0.9, 100, 100 * n,
                   "send the data", 4**n, "exponential")
        for n in range(2, 13)
    )  # fmt: skip
    protocols = (
        ClassicalProtocol("send the data", "one way", 1024, 10.0, "32 x 32", "folklore"),
        ClassicalProtocol("sketch", "one way", None, None, "not linear", "x"),
    )
    return {
        "shot_budget": ShotBudget(
            0.1, 0.05, False, 40, (TaskCost("inference", "direct", 100, 200, 400, "1/eps^2"),)
        ),
        "baselines": Baselines(
            200,
            protocols,
            "send the data",
            1024,
            "send the data",
            1024,
            (LowerBound("Omega(sqrt N)", "Bar-Yossef 2004"),),
        ),
        "advantage": Advantage("exponential", "one way", ground, (), "200 against 1024", crossover),
        "privacy": Privacy(
            64,
            32,
            (Leak("bob", "alice", "inference", 100, 64.0, 12.5, 200.0, 64, False, True),),
            (Announcement("loss", "bob", "alice", "training", 40, 640, ("bob",)),),
            16,
        ),
        "scaling": Scaling((SweepAxis("n", tuple(range(2, 13))),), 0.1, 0.05, points, crossover),
    }


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((path for name in names if (path := shutil.which(name))), None)
