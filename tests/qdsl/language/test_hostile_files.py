"""Files made to hang, crash or mislead: data, networks, graphs, OpenQASM, endless names."""

from __future__ import annotations

import json
import os
import time
from itertools import pairwise
from pathlib import Path

import pytest

from qdsl.data.files import read_array
from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram
from qdsl.diagnostics.render import render_all
from qdsl.diagnostics.source import Source, Span
from qdsl.language.check import check_text
from qdsl.language.qasm.files.import_qasm import read_qasm
from qdsl.language.typed.program import Checked

WIDE = 30_000
SPAN = Span(Source("m.qdm", "data"), 0, 4)


def refusal(path: Path, key: str = "x") -> str:
    started = time.process_time()
    with pytest.raises(InvalidProgram) as refused:
        read_array(path, key, SPAN)
    assert time.process_time() - started < 2
    (problem,) = refused.value.diagnostics
    assert len(problem.help or "") < 200
    return problem.message


def checked(text: str, folder: Path) -> tuple[Checked | None, tuple[Diagnostic, ...]]:
    started = time.process_time()
    found = check_text(text, "m.qdm", (folder,))
    assert time.process_time() - started < 2
    return found


# ---- data ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pipe.csv", "pipe.npz", "pipe.npy"])
def test_pipes_are_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert "no ordinary file" in refusal(tmp_path / name)


def test_a_table_of_many_columns(tmp_path: Path) -> None:
    names, numbers = (",".join(f"{c}{k}" for k in range(WIDE)) for c in ("c", ""))
    (tmp_path / "wide.csv").write_text(f"{names}\n{numbers}\n")
    assert read_array(tmp_path / "wide.csv", "", SPAN).shape == (1, WIDE)
    assert read_array(tmp_path / "wide.csv", "c7", SPAN).tolist() == [7]
    assert "no column" in refusal(tmp_path / "wide.csv")


def test_a_table_that_is_too_long(tmp_path: Path) -> None:
    with (tmp_path / "long.csv").open("wb") as file:
        file.truncate((1 << 26) + 1)
    assert "64 MiB" in refusal(tmp_path / "long.csv")


def test_a_pickle_is_called_what_it_is(tmp_path: Path) -> None:
    import pickle

    (tmp_path / "x.npy").write_bytes(pickle.dumps([1, 2]))
    assert "Python objects" in refusal(tmp_path / "x.npy")


# ---- networks and graphs ---------------------------------------------------------------


def test_names_of_nodes_are_made_safe(tmp_path: Path) -> None:
    names = ["\x1b[31mred", "new york", "x" * 10_000, "alice", 3]
    nodes = [{"id": name, "qubits": 2, "comm": 1} for name in names]
    links = [{"source": a, "target": b} for a, b in pairwise(names)]
    (tmp_path / "lab.json").write_text(json.dumps({"nodes": nodes, "links": links}))
    text = 'network lab = from "lab.json"\nmodel m() on lab { qubits q; h q; return sample(q) }'
    found, problems = checked(text, tmp_path)
    assert found is not None, render_all(problems)
    safe = [node.name for node in found.networks["lab"].nodes]
    assert safe == ["__31mred", "new_york", "x" * 60, "alice", "node3"]


def test_directed_graphml(tmp_path: Path) -> None:
    (tmp_path / "lab.graphml").write_text(
        """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="q" for="node" attr.name="qubits" attr.type="int"/>
<graph edgedefault="directed"><node id="a"><data key="q">2</data></node></graph></graphml>"""
    )
    text = 'network lab = from "lab.graphml"\nmodel m() on lab { qubits q; h q; return sample(q) }'
    assert [p.code for p in checked(text, tmp_path)[1]] == ["QDM410"]


@pytest.mark.parametrize("ids", ["0.0, 1.0", "false, true", '"a", "b"'])
def test_nodes_of_graphs_become_integers(tmp_path: Path, ids: str) -> None:
    a, b = ids.split(", ")
    (tmp_path / "g.json").write_text(
        f'{{"nodes": [{{"id": {a}}}, {{"id": {b}}}], "links": [{{"source": {a}, "target": {b}}}]}}'
    )
    text = """model m() {
      data g: graph = "g.json"
      qubits q[2]
      for (i, j) in edges(g) { cz q[i], q[j] }
      return sample(q)
    }"""
    assert checked(text, tmp_path)[1] == ()


# ---- OpenQASM --------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["9" * 25, "2." + "9" * 25, "2.0;OPENQASM 99999"])
def test_a_version_that_the_parser_gives_up_on(
    version: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The parser would write pages to standard error before it says so."""
    with pytest.raises(InvalidProgram) as refused:
        read_qasm(f"OPENQASM {version};\nqreg q[2];\n", "c.qasm")
    assert "no such version" in refused.value.diagnostics[0].message
    assert capfd.readouterr().err == ""


def test_gates_that_double_in_version_3() -> None:
    gates = "".join(f"gate g{k} x {{ g{k - 1} x; inv @ g{k - 1} x; }}\n" for k in range(1, 60))
    text = f'OPENQASM 3;\ninclude "stdgates.inc";\ngate g0 x {{ h x; }}\n{gates}qubit q;\ng59 q;'
    started = time.process_time()
    with pytest.raises(InvalidProgram) as refused:
        read_qasm(text, "f.qasm")
    assert time.process_time() - started < 2
    assert [p.code for p in refused.value.diagnostics] == ["QDM753"]


# ---- messages --------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["use {}", "model m() {{ {} q }}", 'circuit f from "{}"', "{} {}"])
def test_endless_names_do_not_fill_the_screen(text: str, tmp_path: Path) -> None:
    _, problems = checked(text.format("x" * 5000, "y" * 5000), tmp_path)
    assert problems
    assert max(len(line) for line in render_all(problems).split("\n")) < 300
