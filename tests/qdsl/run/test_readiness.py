"""`check` finds what a run would stumble over: files, columns, and nodes that are too small."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from qdsl.cli.commands import cli

MODEL = """model m(n = 1) on n1 {
  data x: real[2]
  qubits q[n]
  ry(x[0]) q[0]
  return expect(Z q[0])
}
network n1 { node a { qubits 2, comm 1 } node b { qubits 1, comm 1 } link a -- b }
"""


def checked(folder: Path, text: str, *options: str) -> tuple[int, str]:
    (folder / "m.qdm").write_text(text)
    ran = CliRunner().invoke(cli, ["check", str(folder / "m.qdm"), *options])
    return ran.exit_code, ran.output


@pytest.mark.parametrize(
    ("head", "source", "said"),
    [
        ("a,b,y", "t.csv:a,b", "no problems found"),
        ("a,b", "t.csv:a,c", "it has no column 'c'"),
        ("a,b", "u.csv:a,b", "No such file"),
        ("a;b;y", "t.csv:a,b", "write commas: a,b,y, and points in the numbers"),
        ("a,b,y", "../t.csv:a,b", "--allow DIR"),
    ],
)
def test_data_files_are_read(tmp_path: Path, head: str, source: str, said: str) -> None:
    (tmp_path / "t.csv").write_text(f"{head}\n" + "1,2,3\n".replace(",", head[1]))
    code, output = checked(tmp_path, MODEL + f'experiment e of m {{ data x from "{source}" }}')
    assert said in output
    assert code == (0 if "no problems" in said else 1)


def test_a_folder_that_is_allowed_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    (tmp_path / "sub").mkdir()
    text = MODEL + 'experiment e of m { data x from "../t.csv:a,b" }'
    assert checked(tmp_path / "sub", text, "--allow", str(tmp_path))[0] == 0


def test_nodes_have_room(tmp_path: Path) -> None:
    assert checked(tmp_path, MODEL)[0] == 0
    code, output = checked(tmp_path, MODEL.replace("n = 1", "n = 5"))
    assert code == 1 and "5 qubits, and the nodes of 'n1' hold 3" in output
    assert checked(tmp_path, MODEL + "experiment e of m { set n = 4 }")[0] == 1


def test_line_ends_of_old_macs_are_line_ends(tmp_path: Path) -> None:
    text = "model m() {\r  qubits q // one\r  h q[4]\r  return sample(q)\r}\r"
    assert "m.qdm:3:" in checked(tmp_path, text)[1]
    assert checked(tmp_path, text.replace("[4]", ""))[0] == 0
