"""`run --nodes`, `prepare`, `node` and `compile --emit nodes` as a user meets them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from qdsl import loads
from qdsl.cli.commands import cli
from tests.qdsl.runtime.test_run import REVEAL


def qdsl(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


@pytest.mark.slow
def test_a_run_on_nodes_is_in_the_report(tmp_path: Path) -> None:
    ended = qdsl("run", "--nodes", "--no-train", "--shots", "50", "examples/ghz.qdm", "--json")
    assert ended.exit_code == 0, ended.output
    report = json.loads(ended.output)
    jsonschema.validate(report, json.loads(Path("docs/reference/report.schema.json").read_text()))
    network, costs = report["result"]["network"], report["cost"]
    assert (report["result"]["backend"], report["result"]["shots"]) == ("nodes", 50)
    assert network["executions"] == 50
    for name in ("ebits", "classical_bits", "messages"):
        assert network[name] == 50 * costs[name]
    (tmp_path / "r.json").write_text(ended.output)
    shown = qdsl("report", tmp_path / "r.json")
    assert re.search(r"counted between 5 processes, as predicted:\s+100 ebits", shown.output)
    assert max(map(len, shown.output.splitlines())) <= 80


def test_a_file_for_every_node(tmp_path: Path) -> None:
    ended = qdsl("compile", "examples/ghz.qdm", "--emit", "nodes", "-o", tmp_path / "made")
    assert (ended.exit_code, ended.output) == (0, "")
    assert sorted(p.name for p in (tmp_path / "made").iterdir()) == [
        "node0.qasm",
        "node1.qasm",
        "node2.qasm",
    ]
    (tmp_path / "taken").write_text("")
    refused = qdsl("compile", "examples/ghz.qdm", "--emit", "nodes", "-o", tmp_path / "taken")
    assert refused.exit_code == 2
    assert "cannot create" in refused.output


def test_prepare_says_what_is_wrong(tmp_path: Path) -> None:
    source = tmp_path / "m.qdm"
    source.write_text(REVEAL)
    for more, said in (
        (("--at", "dave=1.2.3.4:5"), "'dave' takes no part"),
        (("--at", "bob=here"), "no NODE=HOST:PORT"),
        (("--shots", "0"), "--shots"),
        (("--patience", "nan"), "patience"),
        (("--seed", "-5"), "it is at least 0"),
        (("--at", "bob=127.0.0.1:47100"), "'alice' and 'bob' would both listen"),
    ):
        ended = qdsl("prepare", source, "-o", tmp_path / "t", *more)
        assert ended.exit_code != 0
        assert said in ended.output + str(ended.exception)


def test_prepare_lists_its_tickets_as_json(tmp_path: Path) -> None:
    source, folder = tmp_path / "m.qdm", tmp_path / "t"
    source.write_text(REVEAL)
    folder.mkdir()
    (folder / "bob.ticket").touch(0o644)
    ended = qdsl("prepare", "-q", "--json", source, "-o", folder)
    tickets = {t["name"]: t for t in json.loads(ended.output)["tickets"]}
    assert set(tickets) == {"alice", "bob", "carol", "hardware", "reader"}
    assert tickets["alice"]["values"] == ["t", "w"]
    assert Path(tickets["bob"]["file"]) == folder / "bob.ticket"
    if sys.platform != "win32":  # keys are in it, whatever was there before
        assert (folder / "bob.ticket").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("place", "is_open"),
    [("0.0.0.0:47100", True), ("192.168.7.7:47100", True), ("*:47100", True),
     ("[::]:47100", True), ("example.org:47100", True), ("127.0.0.1:47100", False),
     ("127.8.8.8:47100", False), ("localhost:47100", False), ("[::1]:47100", False)],
)  # fmt: skip
def test_ports_that_other_machines_reach_are_warned_of(
    tmp_path: Path, place: str, is_open: bool
) -> None:
    source = tmp_path / "m.qdm"
    source.write_text(REVEAL)
    for more in ([], ["--json"]):
        ended = qdsl("prepare", "-q", source, "-o", tmp_path / "t", "--at", f"alice={place}", *more)
        assert ended.exit_code == 0, ended.output
        assert ("other machines can connect to tcp://" in ended.stderr) == is_open
        assert "warning" not in ended.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are POSIX's")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o660])
def test_a_node_refuses_a_ticket_that_others_may_open(tmp_path: Path, mode: int) -> None:
    source, ticket = tmp_path / "m.qdm", tmp_path / "t" / "bob.ticket"
    source.write_text(REVEAL)
    assert qdsl("prepare", "-q", source, "-o", tmp_path / "t").exit_code == 0
    ticket.chmod(mode)
    ended = qdsl("node", ticket)
    assert ended.exit_code == 2
    assert "others may open it" in ended.stderr and "chmod 600" in ended.stderr


@pytest.mark.parametrize("more", [("--nodes", "--backend", "jax"), ("--patience", "5")])
def test_options_of_another_way_to_run_are_refused(more: tuple[str, ...]) -> None:
    ended = qdsl("run", "examples/ghz.qdm", *more)
    assert ended.exit_code == 2
    assert more[-2] in ended.output


NORM = """network lan {
  node alice { qubits 3, comm 1 }
  node bob { qubits 3, comm 1 }
  link alice -- bob { }
}
model m() on lan {
  data x: real[4] owner alice
  data z: real[4, 4] owner bob
  qubits q[2]
  at alice { amplitude(x) q }
  at bob { block(z) q }
  return norm2(q)
}
"""


def test_norms_of_private_data_are_not_for_a_reader(tmp_path: Path) -> None:
    source = tmp_path / "m.qdm"
    source.write_text(NORM)
    ended = qdsl("prepare", source, "-o", tmp_path / "t")
    assert "norm2" in ended.output + str(ended.exception)
    assert not (tmp_path / "t").exists()


@pytest.mark.slow
def test_norms_on_nodes_are_those_in_process() -> None:
    program = loads(NORM).compile(verify=False)
    (exact,) = program.run().outputs
    (shots,) = program.run(backend="nodes", shots=4000).outputs
    assert exact.mean is not None
    assert shots.mean is not None
    assert shots.standard_error is not None
    assert abs(shots.mean - exact.mean) < 5 * shots.standard_error


@pytest.mark.parametrize(
    "line",
    ["garbage", "{}", "[]", '{"ticket": "x", "values": {}}', '{"ticket": 3, "values": 4}', ""],
)
def test_a_child_without_a_parent_ends(line: str) -> None:
    command = [sys.executable, "-m", "qdsl", "node", "-"]
    ended = subprocess.run(command, input=line, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "refused" in ended.stdout
    assert ended.stderr == ""
