"""One hostile name through every command and every form of output: nothing steers a terminal, and
nothing becomes markup."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest
from click.testing import CliRunner

from qdsl.cli import main
from qdsl.cli.commands import cli

NAME = "x\x1b]0;t\x07\x9b2J\u202e<script>alert(1)</script>$\\input{a}|`b"
FILE = "a\x1b[2J\u202e<b>.qdm"
TRAINING = "t\x1b[2J\u202e<b>.qdm"
CLEAN = NAME.replace("\x1b", "").replace("\x07", "")  # XML has no control characters
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
MODEL = f"model m() on g {{  // {NAME}\n  qubits q[2]\n  cx q[0], q[1]\n  return sample(q)\n}}\n"
IMPORT = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncx q[0],q[1];\n// '
TRAINED = """network g = line(2) { qubits 1, comm 2 }
model m() on g {
  data x: real[1] owner node0
  param w: angle[1] owner node1
  qubits q[2]
  at node0 { ry(x[0]) q[0] }
  cx q[0], q[1]
  at node1 { ry(w[0]) q[1] }
  return expect(Z q[1])
}
experiment e of m {
  data x from "d.csv:x", label y from "d.csv:y"
  loss mse
  train adam(lr = 0.1) { steps 2, seed 1 }
}
"""
COMMANDS = (
    ["check", FILE], ["check", "--json", FILE], ["check", "none" + FILE], ["fmt", "--stdout", FILE],
    ["fmt", "--check", FILE], ["compile", FILE], ["compile", FILE, "--dump-after", "all"],
    ["compile", FILE, "--emit", "qasm3"], ["compile", FILE, "--emit", "nodes"],
    ["compile", FILE, "--emit", "qasm2"], ["compile", FILE, "--emit", "stim"],
    ["compile", "net.qdm"], ["compile", "c.qasm", "--network", "net.json"], ["draw", FILE],
    ["draw", FILE, "-o", "o.svg"], ["verify", FILE], ["cost", FILE],
    ["report", "saved.json", "--html", "o.html"], ["report", "saved.json", "--markdown"],
    ["report", "saved.json", "--latex"], ["compare", "saved.json", "saved.json"],
    ["run", FILE], ["run", TRAINING, "--checkpoint", NAME[:9]], ["run", "lost.qdm"],
    ["run", TRAINING, "--save-params", "p.npz"], ["grad", TRAINING], ["analyze", TRAINING],
    ["predict", TRAINING, "--params", "p.npz", "--data", "new.csv", "-o", "out.csv"],
    ["predict", TRAINING, "--params", "p.npz", "--data", "bad.csv", "-o", "out.csv"],
    ["predict", TRAINING, "--params", "evil.npz", "--data", "d.csv", "-o", "out.csv"],
    ["run", "c.qasm", "--network", "net.graphml"], ["run", "c.qasm", "--network", NAME],
    ["run", "c.qasm", "--network", "key.graphml"],
    ["prepare", FILE, "-o", NAME[:9] + "t"],
    ["pareto", "c.qasm", "--network", "net.json", "--effort", "0", "--seeds", "1"],
    ["bench", "--circuits", "."], ["sweep", FILE, "--over", NAME + "=1"],
    ["cut", FILE, "--link", NAME], ["cut", FILE, "--link", "node0--node1", "--no-verify"],
    ["cut", "c.qasm", "--network", "net.json"], ["cut", FILE, "--emit", NAME, "-o", NAME[:9]],
    ["sweep", "c.qasm", "--network", "net.json", "--over", "link.rate=1,2", "--html", "o.html"],
    ["sweep", "c.qasm", "--network", "net.json", "--over", f"node.{NAME}.comm=1,2", "--csv"],
)  # fmt: skip


def poisoned(document: Any, key: str = "") -> Any:
    """A report with the hostile name behind every text, its schema excepted."""
    if isinstance(document, dict):
        return {k: poisoned(v, k) for k, v in document.items()}
    if isinstance(document, list):
        return [poisoned(v, key) for v in document]
    return document + NAME if isinstance(document, str) and key != "schema" else document


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    nodes = [{"id": f"{NAME}{k}", "qubits": 2, "comm": 2} for k in "12"]
    links = [{"source": nodes[0]["id"], "target": nodes[1]["id"]}]
    Path("net.json").write_text(json.dumps({"nodes": nodes, "links": links}))
    Path("net.qdm").write_text('network g = from "net.json"\n' + MODEL)
    Path(FILE).write_text("network g = line(2) { qubits 1, comm 2 }\n" + MODEL)
    Path("c.qasm").write_text(f"{IMPORT}{NAME}\n")
    graph = networkx.Graph()
    graph.add_node("n" + CLEAN, qubits=2, comm=2, **{CLEAN: 3})
    graph.add_node("m", qubits=2, comm=2)
    graph.add_edge("n" + CLEAN, "m")
    networkx.write_graphml(graph, "key.graphml")
    del graph.nodes["n" + CLEAN][CLEAN]
    networkx.write_graphml(graph, "net.graphml")
    Path(TRAINING).write_text(TRAINED)
    Path("lost.qdm").write_text(TRAINED.replace("d.csv", NAME.replace("`", "")))
    Path("d.csv").write_text("x,y\n0.1,1\n0.4,-1\n")
    Path("new.csv").write_text(f"x,{NAME}\n0.1,{NAME}\n")
    Path("bad.csv").write_text(f"{NAME},y\n0.1,{NAME}\n")
    named: dict[str, Any] = {NAME: np.zeros(2)}
    np.savez("evil.npz", **named)
    compiled = CliRunner().invoke(cli, ["compile", FILE, "--json"])
    Path("saved.json").write_text(json.dumps(poisoned(json.loads(compiled.stdout))))
    return tmp_path


@pytest.mark.parametrize("arguments", [["explain", NAME], [NAME], ["check", "--" + NAME]])
def test_arguments_are_quoted_clean(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["qdsl", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    written = "".join(capsys.readouterr())
    assert ended.value.code == 2 and "alert(1)" in written and not RAW.search(written)


def test_one_name_through_every_output(folder: Path) -> None:
    for command in COMMANDS:
        ended = CliRunner().invoke(cli, command)
        codes = (0, 1, 2)
        assert ended.exit_code in codes and "Traceback" not in ended.output, (command, ended.output)
        assert not RAW.search(ended.output), (command, RAW.findall(ended.output))
    for name in ("o.svg", "o.html"):
        written = (folder / name).read_text()
        assert not RAW.search(written) and "<script>alert" not in written
    latex = CliRunner().invoke(cli, ["report", "saved.json", "--latex"]).output
    assert not any("\\input{a}" in line for line in latex.splitlines() if line[:1] != "%")
    markdown = CliRunner().invoke(cli, ["report", "saved.json", "--markdown"]).output
    assert "<script>" not in markdown
