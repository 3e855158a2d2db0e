"""The page as text: complete, one file, safe, the same every time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import qdsl
from qdsl.report.data import Report
from qdsl.report.html import render_html
from qdsl.report.text import render_report
from tests.qdsl.report.pages import EVIL, bell, full_report, page
from tests.sources import BELL, EXAMPLES

VOID = {"meta", "input", "br", "img", "link"}


class Reader(HTMLParser):
    """Elements and their attributes, the text, and that everything is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def everything() -> Reader:
    return Reader(page(bell(), full_report()))


ADDER = """network pair = line(2) { qubits 4, comm 2 }
circuit added from "adder.qasm"
model m() on pair {
  qubits q[8]
  added q
  return sample(q)
}
"""


def test_imported_openqasm_is_listed_with_the_ebits_of_its_lines() -> None:
    compiled = qdsl.loads(ADDER, "adder.qdm", (EXAMPLES,)).compile(verify=False)
    rows = re.findall(r"<tr>(?:(?!</tr>).)*</tr>", page(compiled))
    costs = {(c.line, c.ebits) for c in compiled.report().cost.lines if c.ebits}
    assert costs and all(c.path.endswith("adder.qasm") for c in compiled.report().cost.lines)
    text = (EXAMPLES / "adder.qasm").read_text().splitlines()
    for line, ebits in costs:
        row = next(r for r in rows if f"Line {line}: show its operations" in r)
        assert f"</svg>{ebits}</td>" in row and text[line - 1].strip() in row
    shown = " ".join(render_report(compiled.report()).split())
    assert f"adder.qasm:{min(costs)[0]}: " in shown and "line adder.qasm" not in shown


def test_a_listing_of_very_many_lines_says_what_it_leaves_out() -> None:
    gates = "\n".join("  h q[0]" for _ in range(2000))
    long = qdsl.loads(f"model m() {{\n  qubits q[1]\n{gates}\n  x q[0]\n  return sample(q)\n}}")
    passes = ("partition", "insert-communication", "schedule")  # else equal gates become few
    text = page(long.compile(verify=False, options={"effort": 0}, passes=passes))
    assert len(re.findall(r'data-line="\d', text)) == 1500
    assert "501 more lines with operations: those with most ebits are listed" in text


def test_every_section_is_there(everything: Reader) -> None:
    keys = [
        "network",
        "program",
        "source",
        "costs",
        "classical",
        "scaling",
        "privacy",
        "run",
        "compile",
        "words",
        "provenance",
    ]
    found = [a["id"] for tag, a in everything.tags if tag == "section"]
    assert found == keys
    links = [
        a["href"]
        for tag, a in everything.tags
        if tag == "a" and a.get("class") not in ("skip", "term")
    ]
    assert links == [f"#{key}" for key in keys]


@pytest.mark.parametrize(
    "words",
    [
        "bell on lan", "equal to its source, proved", "exponential (one way)", "Bar-Yossef 2004",
        "best known classical: send the data, 1,024 bits", "lower bound: Omega(sqrt N)",
        'ebits fall below "send the data" at n = 9', "200 (vacuous)", "What a party can learn",
        "Disclosed in classical bits",
        "adam(lr = 0.05)", "mean 0.1 ± 0.01", "0.7500", "18 of 20 items",
        "insert-communication", "alice -- bob", "cz q[0], q[1]", "qdsl report x.qdm",
        "compilation", "run 3", "5 items held out loss 0.02, accuracy 0.8, after step 38",
        "40 of 10 items, stopped early", "noise depolarising", "3,200 ebits", "10 * 64",
        "Loss over 40 training steps", "lower bound on ebits", "ebits so far",
        "Disclosed by reveal", "assumed, as nothing is asked",
    ],
)  # fmt: skip
def test_it_says(everything: Reader, words: str) -> None:
    assert words in everything.text


def test_nothing_is_loaded(everything: Reader) -> None:
    for tag, attributes in everything.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in {"src", "srcset", "style", "xlink:href"}, (tag, name)
            if name == "href":
                assert (value or "").startswith("#")
    text = page(bell(), full_report())
    assert "url(" not in text and "@import" not in text
    assert set(re.findall(r"https?://[\w./]*", text)) <= {"http://www.w3.org/2000/svg"}


def test_the_policy_allows_our_own_script_and_style_only(everything: Reader) -> None:
    text = page(bell())
    (policy,) = [a["content"] for t, a in Reader(text).tags if a.get("http-equiv")]
    assert policy is not None and policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        hashed = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{hashed}'" in policy


def hostile() -> tuple[Any, Report]:
    """A program whose every text is an attack."""
    source = f"// {EVIL}\n" + BELL.replace("cz q[0]", f"/* {EVIL} */ cz q[0]")
    if "/*" not in BELL:  # the language has line comments only
        source = BELL.replace("  cz q[0], q[1]\n", f"  cz q[0], q[1] // {EVIL}\n")
        source = f"// {EVIL} \u202e\n{source}"
    made = qdsl.loads(source, f"{EVIL}.qdm").compile(verify=False)
    report, full = made.report(), full_report()
    assert full.result is not None and full.result.training is not None
    training = replace(full.result.training, optimiser=EVIL, gradient=EVIL)
    outputs = tuple(replace(o, text=EVIL) for o in full.result.outputs)
    outputs = (*outputs, replace(outputs[1], values={EVIL: 1.0}))
    result = replace(
        full.result, experiment=EVIL, outputs=outputs, training=training, random_inputs=(EVIL,)
    )
    assert full.advantage is not None
    advantage = replace(full.advantage, here=EVIL, verdict=EVIL)
    report = replace(
        report,
        result=result,
        advantage=advantage,
        baselines=full.baselines,
        privacy=full.privacy,
        scaling=full.scaling,
    )
    nodes = tuple(replace(n, name=f"{EVIL}{k}") for k, n in enumerate(report.network.nodes))
    links = tuple(
        replace(x, a=nodes[0].name, b=nodes[1].name, preset=EVIL, source=EVIL)
        for x in report.cost.links
    )
    network = replace(report.network, name=EVIL, nodes=nodes)
    return made, replace(report, network=network, cost=replace(report.cost, links=links))


def test_hostile_text_stays_text() -> None:
    made, report = hostile()
    reader = Reader(page(made, report))
    kinds = {tag for tag, _ in reader.tags}
    assert "img" not in kinds
    assert [tag for tag, _ in reader.tags].count("script") == 2
    assert all(not name.startswith("on") for _, attributes in reader.tags for name in attributes)
    assert "onerror='window.hacked=1'" in reader.text  # shown, not obeyed
    assert "\u202e" not in page(made, report)


def test_a_saved_report_makes_a_page_without_the_program() -> None:
    saved = Report.from_json(json.loads(json.dumps(full_report().to_json())))
    reader = Reader(render_html(saved))
    assert "A saved report does not hold the program itself" in reader.text
    assert not [a for _, a in reader.tags if a.get("id") == "scroller"]
    assert "cz q[0], q[1]" in reader.text


def test_a_long_program_is_drawn_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    from qdsl.drawing import layout

    short = layout.layout(bell().scheduled, most=5)
    assert short.hidden == len(bell().scheduled.start_ns) - 5
    assert 0 < len(short.marks) <= 5


@pytest.mark.slow
def test_the_command_makes_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    made = []
    for seed in ("1", "2"):
        file = tmp_path / f"{seed}.html"
        command = [sys.executable, "-m", "qdsl", "report", "examples/qaoa.qdm", "--no-verify",
                   "--set", "n=8", "--html", str(file), "--markdown"]  # fmt: skip
        done = subprocess.run(
            command,
            cwd=EXAMPLES.parent,
            capture_output=True,
            text=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            check=True,
        )
        assert done.stdout.startswith("# qaoa on quad\n")
        made.append(file.read_bytes())
    assert made[0] == made[1]
    text = made[0].decode()
    command_line = "qdsl report examples/qaoa.qdm --no-verify --set n=8 --markdown"
    assert command_line in Reader(text).text
    assert str(tmp_path) not in text
