"""Markdown, LaTeX, and what notebooks show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import qdsl
from qdsl.cli.commands import cli
from qdsl.diagnostics.latex import latex_escaped as latex_escape
from qdsl.diagnostics.numbers import at_most, frequency
from qdsl.diagnostics.printable import markdown_text
from qdsl.report.latex import render_latex
from qdsl.report.markdown import render_markdown
from qdsl.report.table import ReportTable
from qdsl.report.tables import tables
from qdsl.report.terminal import Style, field
from qdsl.report.text import render_report
from tests.qdsl.report.pages import EVIL, bell, compiled, full_report
from tests.qdsl.report.test_html import Reader
from tests.sources import EXAMPLES


def test_tables_are_rectangular_and_count_what_the_report_counts() -> None:
    report = full_report()
    found = {t.key: t for t in tables(report)}
    assert list(found) == ["cost", "time", "errors", "line-errors", "links", "nodes", "placement",
                           "lines", "layers", "primitives", "budget", "baselines",
                           "inapplicable", "advantage", "privacy", "announcements",
                           "scaling", "disclosed", "passes", "checks", "result", "outputs", "items",
                           "outcomes", "training", "steps", "alternatives"]  # fmt: skip
    for t in found.values():
        assert {len(row) for row in t.rows} == {len(t.header)}
        assert 0 <= t.words <= len(t.header)
    assert {row[0]: row[1] for row in found["cost"].rows}["ebits"] == str(report.cost.ebits)
    assert sum(int(row[2]) for row in found["lines"].rows) == report.cost.ebits


TRAINED = """network lan = line(2) { qubits 3 }
model tiny() on lan {
  data x: real[2]
  param t: angle[2]
  qubits q[2]
  rx(x[0]) q[0]; ry(t[0]) q[0]; rx(x[1]) q[1]; cx q[0], q[1]; ry(t[1]) q[1]
  return expect(Z q[1] + 0.25 * X q[0]), probability(q)
}
experiment fit of tiny {
  data x from "p.csv:a,b"
  label y from "p.csv:y"
  loss mse
  gradient parameter_shift { shots 20 }
  train adam(lr = 0.2) { steps 7, batch 3, validation 0.25, test 0.25 }
  shots 30
}
"""


def numbers_of(found: Any) -> Iterator[float]:
    """Every number in a JSON value, except where nothing is to be said of it."""
    if isinstance(found, bool) or found is None or isinstance(found, str):
        return
    if isinstance(found, dict | list | tuple):
        for one in found.values() if isinstance(found, dict) else found:
            yield from numbers_of(one)
        return
    yield found


@pytest.mark.parametrize("form", ["markdown", pytest.param("latex", marks=pytest.mark.slow)])
def test_every_number_of_a_run_is_in_every_form(form: str, tmp_path: Path) -> None:
    rows = [f"{k / 10},{1 - k / 7},{1 - 2 * (k % 2)}" for k in range(12)]
    (tmp_path / "p.csv").write_text("\n".join(["a,b,y", *rows]))
    compiled = qdsl.loads(TRAINED, folders=[tmp_path]).compile(experiment="fit", verify=False)
    report = compiled.report(compiled.run(seed=5))
    plain = report.to_json()["result"]
    text = render_markdown(report) if form == "markdown" else render_latex(report)
    words = set(re.findall(r"[-+]?[\d.,]+(?:e[-+]?\d+)?", text.replace("\\", "").replace("{}", "")))
    forms = ({f"{x:.6g}", f"{x:.6g},", f"{x:,}", f"{x:,}."} for x in numbers_of(plain))
    assert not [form for form in forms if not form & words]
    for name in ("loss_before", "held_out_loss", "test_loss", "ebits"):
        assert plain["training"][name] is not None


def test_notes_of_a_run_are_in_every_form() -> None:
    report = full_report()
    assert report.result is not None
    run = replace(report.result, of_source=True, noise="a formula", classes=(2.0, 7.0))
    for text in (f(replace(report, result=run)) for f in (render_markdown, render_latex)):
        plain = " ".join(text.split())
        for said in (
            "values are of the source circuit",
            "with a model of noise: a formula",
            "2 stands as -1, 7 as 1",
            "no source is given: w",
            "stopped early",
            "the losses before, after, held out and test are of exact values",
        ):
            assert said in plain


def test_markdown() -> None:
    text = render_markdown(full_report())
    assert text.startswith("# bell on lan\n\n- source: bell.qdm")
    assert "| link | ebits | fidelity | rate |\n| --- | ---: | ---: | ---: |\n" in text
    assert "| bell.qdm:13 | cz q\\[0\\], q\\[1\\] |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", "a\\|b"),
        ("two_party", "two\\_party"),
        ("<b>", "\\<b\\>"),
        ("a\n\nb", "a b"),
        ("\\", "\\\\"),
        ("[x](y)", "\\[x\\](y)"),
        ("*a*", "\\*a\\*"),
        ("`a`", "\\`a\\`"),
        ("\x1b[31m", "\\\\u{1b}\\[31m"),
    ],
)
def test_markdown_texts(text: str, escaped: str) -> None:
    assert markdown_text(text) == escaped


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("50%", r"50\%"),
        ("a_b & c#d", r"a\_b \& c\#d"),
        ("$x$", r"\$x\$"),
        ("{}", r"\{\}"),
        ("\\input{x}", r"\textbackslash{}input\{x\}"),
        ("a -- b", "a -{}- b"),
        ("~^", r"\textasciitilde{}\textasciicircum{}"),
        ("|0>", r"\textbar{}0\textgreater{}"),
        ("21 → 101", r"21 $\rightarrow$ 101"),
        ("日", "U+65E5"),
        ("é", "é"),
        ("a\n\nb", "a b"),
    ],
)
def test_latex_escapes(text: str, escaped: str) -> None:
    assert latex_escape(text) == escaped


def test_latex_is_balanced_and_every_row_is_as_wide_as_its_table() -> None:
    text = render_latex(full_report())
    begun = re.findall(r"\\begin\{(\w+)\}", text)
    assert begun == [name for _ in range(len(begun) // 2) for name in ("table", "tabular")]
    assert len(begun) == 2 * len(tables(full_report()))
    for columns, body in re.findall(
        r"\\begin\{tabular\}\{([^\n]*)\}\n(.*?)\\end\{tabular\}", text, re.DOTALL
    ):
        width = len(re.sub(r"p\{[^}]*\}", "l", columns.replace("\\linewidth", "")))
        for line in body.splitlines():
            if line.endswith(r"\\"):
                assert len(re.findall(r"(?<!\\)&", line)) == width - 1, line
    bare = re.sub(r"\\[{}%&#$_\\]", "", text)
    assert bare.count("{") == bare.count("}")


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_hostile_names_stay_one_cell(form: str) -> None:
    report = full_report()
    report = replace(report, program=replace(report.program, name=f"{EVIL}\n\n| $ % \\"))
    if form == "markdown":
        assert not re.search(r"(?<!\\)[<|$]", render_markdown(report).splitlines()[0])
        return
    bodies = [line for line in render_latex(report).splitlines() if not line.startswith("%")]
    assert any("onerror" in line for line in bodies)
    assert not any(re.search(r"(?<!\\)%", line) for line in bodies)


def test_notebook_forms_need_no_script_and_no_style_of_the_page() -> None:
    own: Any = full_report()
    for text in (bell()._repr_html_(), own._repr_html_()):
        reader = Reader(text)
        assert {tag for tag, _ in reader.tags}.isdisjoint({"script", "link", "iframe"})
        assert "bell on lan" in reader.text
    network: Any = bell().scheduled.network
    for text in (bell()._repr_svg_(), network._repr_svg_()):
        assert text.startswith("<svg ") and Reader(text).tags[0][1]["role"] == "img"
    assert "alice" in Reader(bell()._repr_svg_()).text
    ebits = bell().report().cost.ebits
    assert bell()._repr_svg_().count('stroke="#b5127b"') == ebits > 0


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, words)
    return done.exit_code, done.stdout, done.stderr


def test_the_commands_write_every_form() -> None:
    ghz = str(EXAMPLES / "ghz.qdm")
    code, out, _ = run("report", ghz, "--no-verify", "--latex")
    assert code == 0 and r"\begin{tabular}" in out
    code, out, _ = run("compile", ghz, "--no-verify", "--markdown")
    assert code == 0 and "## Cost of one execution" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("report", "--json", "--latex"), "choose one of --json and --latex"),
        (("run", "--markdown", "--latex"), "choose one"),
        (("compile", "--stop-after", "partition", "--html", "x.html"), "remove --stop-after"),
        (("compile", "--emit", "qasm3", "--markdown"), "--emit and a report"),
        (("report", "--html", "no/such/folder/x.html"), "cannot write"),
    ],
)
def test_what_cannot_be_asked_for_together(words: tuple[str, ...], says: str) -> None:
    command, *options = words
    code, _, err = run(command, str(EXAMPLES / "ghz.qdm"), "--no-verify", *options)
    assert code == 2
    assert says in err


@pytest.mark.parametrize(
    ("bits", "shown"),
    [(0.0, "0"), (26.0, "26"), (26.008, "26.1"), (9.79, "9.8"), (999.91, "1000"),
     (5904.0, "5,904"), (5904.2, "5,905"), (5.461e8, "5.47e8"), (9.999e8, "1e9")],
)  # fmt: skip
def test_upper_bounds_are_never_rounded_down(bits: float, shown: str) -> None:
    assert at_most(bits) == shown


def test_rates_have_the_unit_that_suits_them() -> None:
    shown = [frequency(hz) for hz in (0.5, 200, 999.5, 1000, 1500, 2e6, 3e9)]
    wanted = "0.5 Hz, 200 Hz, 999.5 Hz, 1 kHz, 1.5 kHz, 2 MHz, 3 GHz"
    assert ", ".join(shown) == wanted


def test_a_name_never_runs_into_what_stands_beside_it() -> None:
    """A name that takes all of its column has its text below."""
    lines = field("  flag[0] to flag[1]", "bob", 18)
    assert lines == ["  flag[0] to flag[1]", " " * 18 + "bob"]
    assert field("source", "a.qdm") == ["source      a.qdm"]
    report = compiled("graphnet").report()
    assert "flag[1]bob" not in render_report(report)
    wide = replace(report, cost=replace(report.cost, ebits=123_456_789))
    lines = render_report(wide).splitlines()
    assert any("123,456,789  7 for teledata" in x for x in lines)
    places = [x.find(s) for s in ("in 7 messages", "served by 0 packets") for x in lines if s in x]
    assert len(places) == 2 and len(set(places)) == 1


def test_words_go_to_the_left_and_numbers_to_the_right() -> None:
    table = ReportTable("t", "T", ("a", "b", "n"), (("x", "long words", "1"), ("y", "w", "10")), 2)
    shown = Style(color=False).section(table, "rows").splitlines()
    assert shown[2:4] == ["  x  long words   1", "  y  w           10"]
