"""`qdsl verify` of what another compiler distributed."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

import qdsl
from qdsl.cli.commands import cli
from tests.sources import ROOT

THEIRS, SOURCE = (str(ROOT / "examples" / f"{name}.qasm") for name in
                  ("ladder_distributed", "ladder"))  # fmt: skip
PAIR = "line(2) { qubits 2, comm 1 }"


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["verify", *words])
    return result.exit_code, result.output


def test_as_data() -> None:
    code, said = run(THEIRS, "--against", SOURCE, "--network", PAIR, "--json")
    found = json.loads(said)
    assert (code, found["verdict"]) == (0, "equal")
    made = found["distributed"]
    assert made["executable"] and not made["violations"]
    assert (made["ebits"], made["classical_bits"], made["cat_copies"]) == (1, 2, 1)
    assert made["links"] == [{"nodes": [0, 1], "ebits": 1}]
    assert found["imports"][0]["method"] == "ladder.qasm, read twice"


def test_a_broken_rule_ends_with_1(tmp_path: Path) -> None:
    code, said = run(THEIRS, "--against", SOURCE, "--network", "line(2) { qubits 2, comm 0 }")
    assert code == 1
    assert "equal, proved" in said
    assert "rule broken: node 0 has 0 communication qubits, 1 are declared" in said


def test_a_model_is_a_source_too(tmp_path: Path) -> None:
    (tmp_path / "m.qdm").write_text(
        "model m() { qubits q[3]; bits c[3]; h q[0]; cx q[0], q[1]; rz(0.3) q[0]; cx q[0], q[2]\n"
        "  ry(0.7) q[2]; c = measure q; return sample(c) }"
    )
    code, said = run(THEIRS, "--against", str(tmp_path / "m.qdm"))
    assert code == 0
    assert "equal, proved" in said
    assert "(no network given)" in said


def test_what_is_not_understood_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.qasm").write_text(Path(THEIRS).read_text().replace("ry(0.7)", "reset"))
    code, said = run(str(tmp_path / "t.qasm"), "--against", SOURCE)
    assert code == 2
    assert "line 17: QuantumReset is not part of this form" in said


def test_circuits_of_cunqa(tmp_path: Path) -> None:
    made = qdsl.distribute(Path(SOURCE), PAIR).emit("cunqa")
    (tmp_path / "t.json").write_text(json.dumps(made))
    words = (str(tmp_path / "t.json"), "--against", SOURCE, "--network", PAIR)
    code, said = run(*words)
    assert code == 0 and "t.json, against ladder.qasm: equal, proved" in said
    assert "by: pairs and messages as they stand there; 1 communication qubit" in said
    found = json.loads(run(*words, "--json")[1])["distributed"]
    assert found["written_out"] and (found["ebits"], found["classical_bits"]) == (1, 2)
    made["circuits"][0]["instructions"] = made["circuits"][0]["instructions"][:-1]
    (tmp_path / "t.json").write_text(json.dumps(made))
    code, said = run(*words)
    assert code == 2 and "has 2 outcomes, the source measures 3 bits" in said
