"""Published tables: the data, the random circuits, the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from qdsl.cli.bench import command
from qdsl.studies.bench.circuits import frozen
from qdsl.studies.bench.drawn import DRAWN, drawn
from qdsl.studies.bench.gates import NamedGate, from_qasm, gate_list
from qdsl.studies.bench.published import (
    SOURCES,
    NothingPublished,
    PublishedTask,
    compare_published,
    published,
    tasks,
)
from qdsl.studies.bench.published_table import BEGIN, END

HASHES = {"cp50": "40b4931a65e4", "qaoa50": "62da5e58bc31", "qv": "4e4593a26b9b"}


def run(*arguments: str | Path) -> tuple[int, str]:
    ended = CliRunner().invoke(command, ["--published", *map(str, arguments), "--quiet"])
    return ended.exit_code, ended.output


def test_every_number_has_a_source_and_a_rule() -> None:
    for row in published():
        assert row.kind in ("made", "file")
        assert row.claims and {source for _, _, source in row.claims} <= set(SOURCES)
        assert row.network.qubits >= row.qubits
    names = {peer.split()[0] for row in published() for peer, _, _ in row.claims}
    assert names == {"pytket-dqc", "DISQCO", "memq-dqc"}


def test_random_circuits_are_frozen() -> None:
    assert {f: drawn(f, 8, 0).sha256[:12] for f in DRAWN} == HASHES
    for family in DRAWN:
        made = drawn(family, 8, 0)
        assert from_qasm(made.qasm2(), made.name).sha256 == made.sha256
        assert made.sha256 != drawn(family, 8, 1).sha256


@pytest.mark.slow
def test_a_balanced_transform_takes_its_published_ebits(tmp_path: Path) -> None:
    """With one place to spare at each of two nodes, n/2 - 1."""
    page = tmp_path / "page.md"
    page.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n", encoding="utf-8")
    code, text = run("--family", "qft", "--max-gates", "120", "--json", "--write", page)
    assert code == 0
    two, four = json.loads(text)["rows"]
    assert (two["circuit"], two["nodes"], two["room"], two["ebits"]) == ("qft_n16", 2, 9, 7)
    assert (four["nodes"], four["room"]) == (4, 5) and four["ebits"] <= 18
    assert two["proved"] and four["proved"]
    written = page.read_text(encoding="utf-8")
    assert written.startswith(f"above\n{BEGIN}\n") and written.endswith(f"\n{END}\nbelow\n")
    assert "old" not in written and "| qft_n16 | 120 | 2 | 9 | 7 | 7 |" in written


def rewritten(g: NamedGate, form: str) -> list[NamedGate]:
    """A controlled phase with its qubits exchanged, or by cx and rz."""
    if g.name != "cp" or form == "cp(j, i)":
        return [g]
    (a, b), angle = g.qubits, g.angles[0]
    if form == "cp(i, j)":
        return [NamedGate("cp", (b, a), (angle,))]
    there, back = NamedGate("rz", (b,), (-angle / 2,)), NamedGate("rz", (b,), (angle / 2,))
    return [
        NamedGate("rz", (a,), (angle / 2,)),
        NamedGate("cx", (a, b)),
        there,
        NamedGate("cx", (a, b)),
        back,
    ]


@pytest.mark.parametrize("form", ["cp(j, i)", "cp(i, j)", "cx and rz"])
def test_every_form_of_a_transform_takes_the_published_ebits(form: str) -> None:
    row = next(r for r in published() if (r.circuit, r.nodes) == ("qft_n24", 2))
    gates = [new for g in frozen("qft", 24).gates for new in rewritten(g, form)]
    (found,) = compare_published([PublishedTask(row, (gate_list("qft_n24", 24, gates),))], 0)
    assert (found.ebits, found.row.best, found.proved) == (11, 11, True)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "bv_n30.qasm").write_text(frozen("ghz", 30).qasm2(), encoding="utf-8")
    (tmp_path / "ghz_n40.qasm").write_text("OPENQASM 2.0; nonsense", encoding="utf-8")
    found, absent = tasks(tmp_path, ("bv", "adder", "ghz"), 30)
    assert {t.row.circuit for t in found} == {"bv_n30"}
    assert {"adder_n28", "ghz_n40"} <= set(absent) and "bv_n30" not in absent
    with pytest.raises(NothingPublished, match=r"not at hand: .*bv_n30.*--circuits FOLDER"):
        tasks(None, ("bv",))


@pytest.mark.parametrize(
    "arguments",
    [("--quick",), ("--optimum", "1"), ("--against", "memq-dqc"), ("--family", "shor")],
)
def test_what_does_not_go_together_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    code, text = run(*arguments)
    assert code == 2
    assert "Traceback" not in text
