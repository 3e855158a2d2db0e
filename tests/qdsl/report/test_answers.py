"""What stands first in a report: counted from the program, true at this size, and complete."""

from __future__ import annotations

import re

import pytest

import qdsl
from qdsl.report.answers import answers
from qdsl.report.data import Report
from qdsl.report.glossary import GLOSSARY
from qdsl.report.html import render_html
from qdsl.report.text import render_report
from tests.qdsl.report.pages import compiled, full_report
from tests.sources import EXAMPLES


def said(report: Report) -> dict[str, str]:
    return {a.key: " | ".join((a.short, *a.more)) for a in answers(report)}


def test_two_party_is_told_what_it_costs_and_that_it_is_not_worth_it() -> None:
    report = compiled("two_party").report()
    found = said(report)
    assert list(found) == ["cost", "right", "where", "worth", "leak"]
    assert report.shot_budget is not None
    inference = report.shot_budget.tasks[0]
    ebits = report.cost.ebits
    assert inference.ebits == ebits * inference.executions
    assert f"{ebits} ebits an execution" in found["cost"]
    assert f"{inference.ebits:,} ebits for one inference" in found["cost"]
    assert found["right"].startswith("not proved")  # as `compiled` compiles without proof
    assert found["where"].startswith(f"alice -- bob: {ebits}")
    assert found["worth"].startswith(f"at this size no: {inference.ebits:,} ebits against 67")
    assert "as the model grows: no advantage" in found["worth"]


def test_an_advantage_says_against_what_and_at_which_size() -> None:
    worth = said(full_report())["worth"]
    assert "at this size yes: 200 ebits against 1,024 classical bits" in worth
    assert "exponential advantage over one classical message, proved" in worth
    assert "at n = 9" in worth  # where the two cross


def test_where_nothing_is_owned_nothing_is_compared() -> None:
    found = said(compiled("qft").report())
    assert list(found) == ["cost", "right", "where"]
    assert "no placement of this circuit needs fewer than 1, proved" in found["cost"]
    assert "no qubit moves" in found["where"]


def test_a_run_says_what_came_out_and_what_training_took() -> None:
    result = said(full_report())["result"]
    assert result.startswith("accuracy 0.9: 18 of 20 right")
    assert "its training took 3,200 ebits" in result


def test_one_device_leaks_and_costs_nothing() -> None:
    report = qdsl.loads("model m() { qubits q[2]; h q[0]; return sample(q) }").compile().report()
    found = said(report)
    assert found["cost"].startswith("0 ebits an execution") and "where" not in found


@pytest.mark.parametrize("name", ["two_party", "qft", "ghz"])
def test_page_and_text_show_the_same_answers_first(name: str) -> None:
    report = compiled(name).report()
    page, text = render_html(report), " ".join(render_report(report).split())
    for a in answers(report):
        assert f'id="answer-{a.key}"' in page
        assert page.index(f'id="answer-{a.key}"') < page.index('<main id="content">')
        assert a.short in text


def test_placement_is_where_operations_find_their_qubits() -> None:
    """The first residence is the home; later ones are those of the placed circuit, in time."""
    program = compiled("two_party")
    placed = program.scheduled.distributed.placed
    nodes = [n.name for n in placed.network.nodes]
    found = program.report().placement
    assert found is not None
    for q, row in enumerate(found):
        assert row.qubit == placed.circuit.qubit_name(q)
        lived = [nodes[placed.home[q]]]
        for i in range(len(placed.circuit.table)):
            for k, qubit in enumerate(placed.circuit.table.row(i).operands):
                at = nodes[placed.residence[placed.circuit.table.operand_start[i] + k]]
                if qubit == q and placed.site[i] >= 0 and at != lived[-1]:
                    lived.append(at)
        assert [r.node for r in row.residences] == lived
        times = [r.from_ns for r in row.residences]
        assert times == sorted(times) and times[-1] <= program.scheduled.makespan_ns


def test_every_word_that_a_page_explains_is_in_the_documents() -> None:
    words = (EXAMPLES.parent / "docs" / "reference" / "words.md").read_text(encoding="utf-8")
    assert [word for word in GLOSSARY if f"**{word}**" not in words] == []
    page = render_html(compiled("two_party").report())
    for word in GLOSSARY:
        assert page.count(f'id="word-{word.replace(" ", "-")}"') == 1
    assert page.count('class="term"') > 8
    assert {h for h in re.findall(r'href="#([^"]+)"', page) if f'id="{h}"' not in page} == set()
