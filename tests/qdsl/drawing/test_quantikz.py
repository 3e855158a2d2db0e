"""Drawings for LaTeX: as many cells in every row, braces in pairs, names that command nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import qdsl
from tests.sources import EXAMPLES

NAMES = ("remote_cnot", "teleportation", "qft_two", "swapping", "grover", "two_party", "w_state")


def drawn(name: str) -> str:
    return qdsl.load(EXAMPLES / f"{name}.qdm").compile(verify=False).draw("latex")


@pytest.mark.parametrize("name", NAMES)
def test_rows_have_as_many_cells_and_braces_are_paired(name: str) -> None:
    text = drawn(name)
    for picture in re.findall(r"\\begin\{quantikz\}\[.*?\]\n(.*?)\\end", text, re.DOTALL):
        rows = picture.strip().split("\\\\\n")
        assert len({len(re.findall(r"(?<!\\)&", row)) for row in rows}) == 1
        assert all("\\lstick{" in row for row in rows)
        bare = re.sub(r"\\[{}]", "", picture)
        assert bare.count("{") == bare.count("}")


def test_a_remote_gate() -> None:
    text = drawn("remote_cnot")
    assert r"\lstick{node0 data 0 control} & \gate{H} & \ctrl{1}" in text
    assert r"\meter{$m_{1}$}" in text and r"\gate{X^{m_{1}}}" in text
    assert r"\gate{Z^{m_{2}}}" in text and text.count(r"\rstick{Z, X}") == 2


def test_angles_stand_at_controls_and_pairs_have_a_line() -> None:
    network = "network g = line(2) { qubits 2, comm 1 }\n"
    body = "qubits q[3]; cp(pi/4) q[0], q[1]; cz q[1], q[2]; return sample(q)"
    text = qdsl.loads(network + f"model m() on g {{ {body} }}").compile(verify=False).draw("latex")
    assert "rstick{sample}" in text
    assert r"\phase{\textrm{$\pi$/4}}" in text
    assert len(re.findall(r"\\gate\[style=.*?\]\{\}\\vqw\{-?\d+\}", text)) == 1


def test_names_command_nothing(tmp_path: Path) -> None:
    name = r"x\input{a}$%_"
    nodes = [{"id": f"{name}{k}", "qubits": 1, "comm": 1} for k in (0, 1)]
    links = [{"source": f"{name}0", "target": f"{name}1"}]
    (tmp_path / "lab.json").write_text(json.dumps({"nodes": nodes, "links": links}))
    model = "model m() on g { qubits q[2]; cx q[0], q[1]; return sample(q) }"
    text = f'network g = from "lab.json"\n{model}'
    drawing = qdsl.loads(text, folders=(tmp_path,)).compile(verify=False).draw("latex")
    assert r"x\_input\_a\_\_\_\_0" in drawing and r"\input" not in drawing


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
def test_latex_sets_them(tmp_path: Path) -> None:
    head = "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{quantikz,adjustbox}\n"
    body = "\n\n".join(drawn(name) for name in NAMES)
    (tmp_path / "d.tex").write_text(f"{head}\\begin{{document}}\n{body}\n\\end{{document}}\n")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "d.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
