"""`use "gates.qdm"`: declarations of other files, where their names start, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import qdsl
from qdsl.api import UsageError
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.language.check import check_source
from qdsl.language.parser.parse import read_source
from qdsl.report.text import render_report

GATES = "circuit pair on a, b { h a; cx a, b }\n"
LAB = {"nodes": [{"id": n, "qubits": 2} for n in "ab"], "links": [{"source": "a", "target": "b"}]}
MODEL = """use "gates.qdm"
use std.ansatz
circuit third from "c.qasm"
network lab = from "lab.json"
model hybrid() on lab {
  qubits q[3]
  pair q[0], q[1]
  third q
  return sample(q)
}
experiment own of hybrid { shots 5 }
"""
QASM = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\ncx q[0],q[2];\n'
MAIN = 'use "lib/model.qdm"\nuse "lib/gates.qdm"\nexperiment tried of hybrid { shots 100 }\n'


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(
        tmp_path, main_qdm=MAIN, lib__model_qdm=MODEL, lib__gates_qdm=GATES, lib__c_qasm=QASM,
        lib__lab_json=json.dumps(LAB),
    )  # fmt: skip


def codes(file: Path) -> list[str]:
    return [p.code for p in check_source(read_source(file))[1]]


def test_names_start_in_the_folder_of_the_file_that_has_them(folder: Path) -> None:
    program = qdsl.load(folder / "main.qdm")
    assert program.experiments == ("tried",)
    compiled = program.compile(experiment="tried")
    assert compiled.report().verification.verified
    lines = {(Path(x.path).name, x.text) for x in compiled.report().cost.lines if x.ebits}
    assert lines == {("c.qasm", "cx q[0],q[2];")}
    assert "c.qasm:4: cx q[0],q[2];" in render_report(compiled.report())


def test_it_is_the_program_written_as_one_file(folder: Path) -> None:
    one = GATES + MODEL.replace('use "gates.qdm"', "").replace('"c.qasm"', '"lib/c.qasm"')
    (folder / "one.qdm").write_text(one.replace('"lab.json"', '"lib/lab.json"'))
    tables = [
        qdsl.load(folder / name).lower("hybrid").table.operands.tolist()
        for name in ("main.qdm", "one.qdm")
    ]
    assert tables[0] == tables[1]


def test_the_model_meant_is_that_of_the_file(folder: Path) -> None:
    own = "model mine() { qubits q[2]; pair q[0], q[1]; return sample(q) }\n"
    written(folder, own_qdm='use "lib/model.qdm"\n' + own, none_qdm='use "lib/model.qdm"\n')
    assert qdsl.load(folder / "own.qdm").model_of(None, None) == "mine"
    assert qdsl.load(folder / "none.qdm").model_of(None, None) == "hybrid"
    written(folder, lib__more_qdm=own.replace("pair q[0], q[1]", "h q"))
    written(folder, two_qdm='use "lib/model.qdm"\nuse "lib/more.qdm"\n')
    with pytest.raises(UsageError, match="hybrid, mine"):
        qdsl.load(folder / "two.qdm").model_of(None, None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('use "lib/none.qdm"', "QDM702"),
        ('use "../other.qdm"', "QDM701"),
        ('use "lib/c.qasm"', "QDM115"),
        ('use "lib"', "QDM115"),
        ("use gates", "QDM105"),
        ('use "lib/gates.qdm"\ncircuit pair on a, b { cz a, b }', "QDM102"),
        ('use "lib/broken.qdm"', "QDM002"),
        ('use "lib/wrong.qdm"', "QDM103"),
        ('use "wrong.qdm"', "QDM114"),
    ],
)
def test_refused(folder: Path, text: str, code: str) -> None:
    written(folder, lib__broken_qdm="circuit pair on {", lib__wrong_qdm="circuit f on a { hh a }")
    written(folder, wrong_qdm=text)
    assert codes(folder / "wrong.qdm") == [code]


def test_a_circle_is_named_from_where_it_starts(folder: Path) -> None:
    written(folder, a_qdm='use "b.qdm"', b_qdm='use "c.qdm"', c_qdm='use "b.qdm"')
    with pytest.raises(InvalidProgram, match=r"b\.qdm -> .*c\.qdm -> .*b\.qdm"):
        qdsl.load(folder / "a.qdm")


def test_warnings_of_a_used_file_show_when_it_is_checked(folder: Path) -> None:
    written(folder, lib__gates_qdm=GATES + "circuit spare(t: angle) on a { h a }\n")
    assert codes(folder / "lib" / "gates.qdm") == ["QDM107"]
    assert codes(folder / "main.qdm") == []


def test_a_circuit_of_a_used_file_that_hides_one_of_the_library(tmp_path: Path) -> None:
    """It is said where the program uses the file, if the program calls the name."""
    text = (
        'use std.algorithms\nuse "lib/other.qdm"\n'
        "model m() { qubits q[3]; CALL q; return sample(q) }\n"
    )
    written(
        tmp_path, lib__other_qdm="circuit ghz on q[n] { x q[0] }\ncircuit own on q[n] { h q }\n"
    )
    for called, says in (
        ("ghz", ["'ghz' of lib/other.qdm hides that of std.algorithms"]),
        ("own", []),
    ):
        written(tmp_path, main_qdm=text.replace("CALL", called))
        _, found = check_source(read_source(tmp_path / "main.qdm"), (tmp_path,))
        assert [p.message.replace(f"{tmp_path}/", "") for p in found] == says


def test_reading_is_bounded(folder: Path) -> None:
    many = {f"f{k}_qdm": "\n" for k in range(110)}
    written(folder, **many, main_qdm="".join(f'use "f{k}.qdm"\n' for k in range(110)))
    assert set(codes(folder / "main.qdm")) == {"QDM115"}
    long = "circuit f{} on a {{" + "x a;" * 60_000 + "}}"
    written(folder, a_qdm=long.format(1), b_qdm=long.format(2), main_qdm='use "a.qdm"\nuse "b.qdm"')
    assert codes(folder / "main.qdm") == ["QDM029"]
