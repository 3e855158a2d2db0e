"""Reports saved by the first version, `qdsl-report/1`, still open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qdsl.cli import main as _main  # noqa: F401  (loads the commands)
from qdsl.cli.commands import cli
from qdsl.report.compare import Limit, compare
from qdsl.report.data import SCHEMA, NotAReport, Report
from qdsl.report.html import render_html
from qdsl.report.markdown import render_markdown
from qdsl.report.text import render_report
from tests.damage import damaged

SAVED = Path(__file__).parent / "saved"
NAMES = ("training-1.json", "nodes-1.json")


def saved(name: str) -> Any:
    document = json.loads((SAVED / name).read_text())
    assert document["schema"] == "qdsl-report/1" != SCHEMA
    return document


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_but_the_names(name: str) -> None:
    before, now = saved(name), Report.from_json(saved(name)).to_json()
    budget = json.loads(json.dumps(now["shot_budget"]))
    assert budget.pop("uncounted") == ""  # fields that it had not
    assert [task.pop("joined_bits") for task in budget["tasks"]] == [0] * len(budget["tasks"])
    assert budget == before["executions"]
    counted, again = before["result"]["network"], now["result"]["network"]
    if counted is not None:
        assert again["disclosed_bits"] == counted["told_bits"] == 128
        assert [x["disclosed_bits"] for x in again["lines"]] == [128]
    if now["privacy"] is not None:  # a field that it had not
        assert now["privacy"].pop("assumed") == ""
    if now["baselines"] is not None:
        assert now["baselines"].pop("outcome_bits") == 0
    same = before.keys() - {"schema", "executions", "result"}
    assert {k: json.loads(json.dumps(now[k])) for k in same} == {k: before[k] for k in same}


def test_the_method_has_its_name_of_today() -> None:
    document = saved("training-1.json")
    document["executions"]["tasks"][2]["method"] = "kick, commuting blocks"
    budget = Report.from_json(document).shot_budget
    assert budget is not None and budget.tasks[2].method == "commuting blocks"


def test_the_commands_open_them() -> None:
    paths = [str(SAVED / name) for name in NAMES]
    for path in paths:
        shown = CliRunner().invoke(cli, ["report", path])
        assert shown.exit_code == 0 and "Shot budget at epsilon 0.1" in shown.output, shown.output
    both = CliRunner().invoke(cli, ["compare", *paths, "--fail-if", "moved_qubits>+0"])
    assert both.exit_code == 0 and "teleported" in both.output, both.output


def test_a_limit_on_moved_qubits_is_one_on_teleported() -> None:
    limit = Limit.parse("moved_qubits>1")
    assert limit.metric == "teleported"
    assert limit.fails(compare(saved("nodes-1.json"), saved("nodes-1.json")))


@pytest.mark.parametrize("part", ["executions", "result", "cost"])
@pytest.mark.parametrize("value", [[1], "x", {"tasks": 3, "network": 4, "lines": 5}])
def test_what_is_broken_is_refused(part: str, value: Any) -> None:
    with pytest.raises(NotAReport):
        Report.from_json(saved("nodes-1.json") | {part: value})


@pytest.mark.parametrize("link", [(0, 2), (-1, 0), (1, 1)])
def test_a_link_to_a_node_that_is_not_there_is_refused(link: tuple[int, int]) -> None:
    document = saved("nodes-1.json")
    document["network"]["links"][0] |= {"a": link[0], "b": link[1]}
    with pytest.raises(NotAReport, match=r"links\[0\]"):
        Report.from_json(document)


MISFITS: tuple[tuple[str, tuple[str | int, ...], Any], ...] = (
    ("cost.links", ("cost", "links", 0, "a"), "nobody"),
    ("placement", ("placement",), [{"name": "q", "residences": []}]),
    ("accuracy", ("result", "accuracy"), 1e308),
    ("outputs", ("result", "outputs", 0, "success"), 0.5),
    ("settings", ("provenance", "settings"), [["n"]]),
)


@pytest.mark.parametrize(("said", "place", "value"), MISFITS, ids=lambda p: str(p)[:12])
def test_parts_that_do_not_fit_together_are_refused(
    said: str, place: tuple[str | int, ...], value: Any
) -> None:
    document = saved("training-1.json")
    *path, last = place
    at = document
    for key in path:
        at = at[key]
    at[last] = value
    with pytest.raises(NotAReport, match=said):
        Report.from_json(document)


def test_an_answer_without_words_is_shown() -> None:
    document = saved("nodes-1.json")
    for link in document["cost"]["links"]:
        link["ebits"] = 0
    assert "  where" in render_report(Report.from_json(document))


@pytest.mark.parametrize("name", ["nodes-1.json", "training-1.json"])
def test_damaged_reports_are_shown_or_refused(name: str) -> None:
    for seed in range(150):
        try:
            report = Report.from_json(damaged(saved(name), seed))
            render_report(report)
            render_markdown(report)
            if seed % 5 == 0:
                render_html(report)
        except NotAReport:
            pass
