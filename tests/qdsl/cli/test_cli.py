"""The command line as a user meets it: every command, every exit code, pipes and Ctrl-C."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import qdsl
from qdsl.cli import main
from qdsl.cli.commands import COMMANDS
from qdsl.driver.pass_manager import DEFAULT_PASSES
from qdsl.ir.printing import print_ir
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.passes.schedule.schedule import Schedule
from tests.sources import BELL, BROKEN, EXAMPLES, MODELS


@dataclass
class Ended:
    code: int
    out: str
    err: str


Cli = Callable[..., Ended]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """`qdsl ...`, in this process."""

    def call(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["qdsl", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Ended(code, out, err)

    return call


@pytest.fixture
def bell(tmp_path: Path) -> Path:
    return written(tmp_path / "bell.qdm", BELL)


def written(file: Path, text: str) -> Path:
    file.write_text(text)
    return file


# ---- help and check ----------------------------------------------------------------------


def test_help_names_every_command(cli: Cli) -> None:
    ended = cli("--help")
    assert ended.code == 0
    for name in COMMANDS:
        assert re.search(rf"^  {name} +\S.*\.$", ended.out, re.MULTILINE), name
    assert "..." not in ended.out.partition("Commands:")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_in_80_columns(cli: Cli, name: str) -> None:
    ended = cli(name, "--help")
    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= 80


def test_options_of_passes_are_flags(cli: Cli) -> None:
    helped = cli("compile", "--help").out
    for flag in ("--seed", "--effort", "--keep-copies / --no-keep-copies", "--policy [asap|alap]"):
        assert flag in helped


def test_version(cli: Cli) -> None:
    assert cli("--version").out == f"qdsl {qdsl.__version__}\n"


def test_sound_files_check(cli: Cli, bell: Path) -> None:
    assert cli("check", bell) == Ended(0, "1 file: no problems found\n", "")
    assert cli("check", bell, bell).out == "2 files: no problems found\n"


def test_problems_go_to_standard_error(cli: Cli, tmp_path: Path, bell: Path) -> None:
    ended = cli("check", bell, written(tmp_path / "broken.qdm", BROKEN))
    assert (ended.code, ended.out) == (1, "")
    assert "error[QDM103]" in ended.err
    assert "broken.qdm:9:3" in ended.err
    assert "hadamard q[0]" in ended.err


def test_problems_as_json(cli: Cli, tmp_path: Path, bell: Path) -> None:
    ended = cli("check", "--json", bell, written(tmp_path / "broken.qdm", BROKEN))
    assert (ended.code, ended.err) == (1, "")
    document = json.loads(ended.out)
    assert document["schema"] == "qdsl-diagnostics/1"
    first = document["diagnostics"][0]
    assert (first["code"], first["labels"][0]["line"]) == ("QDM103", 9)
    assert json.loads(cli("check", "--json", bell).out)["diagnostics"] == []


@pytest.mark.parametrize("command", ["check", "fmt", "compile", "run", "report"])
def test_a_missing_file_is_the_inputs_fault(cli: Cli, tmp_path: Path, command: str) -> None:
    ended = cli(command, tmp_path / "none.qdm")
    assert ended.code == 1
    assert "QDM011" in ended.err
    assert "no such file" in ended.err.lower()


@pytest.mark.parametrize(
    "content", [b"\x00\xff\xfe", b"", b"model", b"(" * 10_000, b"\xef\xbb\xbf"]
)
def test_no_content_shows_a_traceback(cli: Cli, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "odd.qdm"
    file.write_bytes(content)
    for command in ("check", "compile", "fmt"):
        assert cli(command, file).code in (0, 1, 2)
    assert cli("compile", file).code in (1, 2)


# ---- usage -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["frobnicate"], "No such command"),
        (["check"], "Missing argument"),
        (["compile", "F", "--nonsense"], "No such option"),
        (["compile", "F", "--model", "x"], "there is no model 'x'"),
        (["compile", "F", "--experiment", "x"], "there is no experiment 'x'"),
        (["compile", "F", "--network", "x"], "there is no network 'x'"),
        (["compile", "F", "--set", "k=3"], "no parameter 'k'; it has n"),
        (["compile", "F", "--set", "n=three"], "--set expects NAME=INT"),
        (["compile", "F", "--set", "n=1_0"], "--set expects NAME=INT"),
        (["compile", "F", "--set", "n"], "--set expects NAME=INT"),
        (["compile", "F", "--policy", "later"], "is not one of 'asap', 'alap'"),
        (["compile", "F", "--seed", "x"], "not a valid integer"),
        (["compile", "F", "--stop-after", "x"], "no pass 'x' is run"),
        (["compile", "F", "--dump-after", "x"], "no pass 'x' is run"),
        (["compile", "F", "--json", "--emit", "qasm3"], "--json writes the report"),
        (["compile", "F", "--json", "--stop-after", "partition"], "--json writes the report"),
        (["compile", "F", "--dump-after", "schedule", "-o", "no/such/folder/x"], "cannot write"),
        (["compile", "F", "--emit", "qasm3", "--values", "F"], "cannot be read as an .npz"),
        (["run", "F", "--shots", "0"], "not in the range"),
        (["run", "F", "--backend", "abacus"], "is not one of"),
        (["run", "F", "--values", "none.npz"], "cannot be read as an .npz"),
        (["report", "none.json"], "cannot be read as a report"),
        (["explain", "QDM999"], "there is no diagnostic QDM999"),
    ],
)
def test_wrong_usage_exits_2(cli: Cli, bell: Path, arguments: list[str], says: str) -> None:
    ended = cli(*(str(bell) if a == "F" else a for a in arguments))
    assert (ended.code, ended.out) == (2, "")
    assert says in " ".join(ended.err.split())


# ---- compile -----------------------------------------------------------------------------


def test_compile_reports(cli: Cli, bell: Path) -> None:
    ended = cli("compile", bell)
    assert (ended.code, ended.err) == (0, "")
    assert "bell on lan" in ended.out
    assert "equal to its source, proved" in ended.out
    assert re.search(r"^  ebits +1  1 for cat-entangler$", ended.out, re.MULTILINE)
    assert ended.out == cli("compile", bell, "--quiet").out


def test_compile_json(cli: Cli, bell: Path) -> None:
    document = json.loads(cli("compile", bell, "--json").out)
    assert document["schema"] == "qdsl-report/2"
    assert document["cost"]["ebits"] == 1
    assert document["provenance"]["source"] == str(bell)
    assert document["result"] is None


def test_errors_of_compile_as_json(cli: Cli, bell: Path) -> None:
    ended = cli("compile", bell, "--set", "n=99", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["diagnostics"][0]["code"].startswith("QDM")


def test_settings_models_and_networks(cli: Cli, tmp_path: Path) -> None:
    file = written(tmp_path / "models.qdm", MODELS)
    assert cli("compile", file).code == 2
    document = json.loads(
        cli("compile", file, "--model", "first", "--set", "depth=3", "--set", "n=2", "--json").out
    )
    assert document["provenance"]["settings"] == [["depth", 3], ["n", 2]]
    assert document["program"]["values"][0]["shape"] == [3]
    on_lan = json.loads(cli("compile", file, "--model", "alone", "--network", "lan", "--json").out)
    assert on_lan["network"]["name"] == "lan"


@pytest.mark.parametrize("name", DEFAULT_PASSES)
def test_stop_after_prints_that_stage(cli: Cli, bell: Path, name: str) -> None:
    passes = DEFAULT_PASSES[: DEFAULT_PASSES.index(name) + 1]
    stage = qdsl.load(bell).compile(passes=passes, verify=False).stage
    assert cli("compile", bell, "--stop-after", name).out == f"// after {name}\n{print_ir(stage)}"


def test_dump_after(cli: Cli, bell: Path, tmp_path: Path) -> None:
    everything = cli("compile", bell, "--dump-after", "all").out
    assert re.findall(r"^// after (.*)$", everything, re.MULTILINE) == list(DEFAULT_PASSES)
    assert "Cost of one execution" in everything
    file = tmp_path / "dump.txt"
    ended = cli("compile", bell, "--dump-after", "schedule", "--json", "-o", file)
    assert json.loads(ended.out)["cost"]["ebits"] == 1
    assert file.read_text().startswith("// after schedule\nscheduled bell on lan\n")


@pytest.mark.parametrize(
    ("target", "starts"), [("qasm3", "OPENQASM 3"), ("qiskit", ""), ("tket", "")]
)
def test_emit(cli: Cli, bell: Path, tmp_path: Path, target: str, starts: str) -> None:
    to_terminal = cli("compile", bell, "--emit", target)
    assert (to_terminal.code, to_terminal.err) == (0, "")
    assert to_terminal.out.startswith(starts) and to_terminal.out.endswith("\n")
    file = tmp_path / "out.txt"
    assert cli("compile", bell, "--emit", target, "-o", file).out == ""
    assert file.read_text() == to_terminal.out


def test_an_unknown_target_is_a_diagnostic(cli: Cli, bell: Path) -> None:
    ended = cli("compile", bell, "--emit", "quil")
    assert ended.code == 1 and "QDM755" in ended.err


def test_timing_is_shown_if_asked_for(cli: Cli, bell: Path) -> None:
    assert re.search(r"schedule .* \d\.\d{3} s$", cli("compile", bell, "--timing").out, re.M)
    assert not re.search(r"schedule .* s$", cli("compile", bell).out, re.MULTILINE)


# ---- run and report ----------------------------------------------------------------------


def test_run_and_show_the_saved_report(cli: Cli, bell: Path, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    ended = cli("run", bell, "--shots", "500", "--seed", "3", "-o", saved)
    assert (ended.code, ended.err) == (0, "")
    assert "500 shots, by jax, seed 3" in ended.out
    assert cli("report", saved).out == ended.out
    assert json.loads(cli("report", saved, "--json").out) == json.loads(saved.read_text())
    assert json.loads(saved.read_text())["result"]["outputs"][0]["mean"] == 1.0


def test_report_is_compile_without_a_run(cli: Cli, bell: Path) -> None:
    assert cli("report", bell).out == cli("compile", bell).out


def test_run_takes_values(cli: Cli, tmp_path: Path) -> None:
    import numpy as np

    file = written(tmp_path / "models.qdm", MODELS)
    np.savez(tmp_path / "w.npz", w=[np.pi])
    ended = cli("run", file, "--model", "first", "--set", "depth=1", "--values",
                tmp_path / "w.npz", "--json")  # fmt: skip
    result = json.loads(ended.out)["result"]
    assert result["outputs"][0]["mean"] == pytest.approx(-1.0)
    assert result["random_inputs"] == []


@pytest.mark.slow
def test_run_by_qiskit(cli: Cli, bell: Path) -> None:
    ended = cli("run", bell, "--backend", "qiskit", "--shots", "50", "--json")
    result = json.loads(ended.out)["result"]
    assert (result["backend"], result["outputs"][0]["mean"]) == ("qiskit", 1.0)


def test_what_is_too_large_to_run_is_said(cli: Cli, tmp_path: Path) -> None:
    file = written(tmp_path / "models.qdm", MODELS)
    ended = cli("run", file, "--model", "alone", "--set", "n=50", "--no-verify")
    assert (ended.code, ended.out) == (2, "")
    assert "50 qubits" in ended.err


# ---- fmt and explain ---------------------------------------------------------------------


def test_fmt(cli: Cli, tmp_path: Path) -> None:
    file = written(tmp_path / "m.qdm", "model  m( ){qubits q;h   q; return sample( q)} // end\n")
    before = file.read_text()
    assert cli("fmt", "--check", file) == Ended(1, f"would change {file}\n", "")
    assert file.read_text() == before
    shown = cli("fmt", "--stdout", file).out
    assert cli("fmt", file) == Ended(0, f"changed {file}\n", "")
    assert file.read_text() == shown != before
    assert "// end" in shown
    assert cli("fmt", "--check", file) == Ended(0, "", "")


def test_fmt_of_a_broken_file_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    file = written(tmp_path / "m.qdm", "model m( {")
    assert cli("fmt", file).code == 1
    assert file.read_text() == "model m( {"


def test_explain(cli: Cli) -> None:
    page = cli("explain", "qdm301")
    assert page.code == 0 and page.out.startswith("QDM301: ")
    listing = cli("explain").out.splitlines()
    assert len(listing) > 50
    assert all(re.fullmatch(r"QDM\d{3}  \S.*", line) for line in listing)
    assert listing == sorted(listing)


# ---- faults of ours ----------------------------------------------------------------------


def test_a_fault_of_ours_exits_70_and_is_written_down(
    cli: Cli, bell: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Schedule.run

    def wrong(self: Schedule, ir: DistributedCircuit) -> ScheduledCircuit:
        stage = right(self, ir)
        return replace(stage, end_ns=stage.start_ns - 1)

    monkeypatch.setattr(Schedule, "run", wrong)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = cli("compile", bell)
    assert (ended.code, ended.out) == (70, "")
    assert "schedule: rule '" in ended.err and "bug in qdsl" in ended.err
    (file,) = tmp_path.glob("qdsl-crash-*.txt")
    assert str(file) in ended.err
    assert f"qdsl compile {bell}" in file.read_text()
    assert "distributed bell on lan" in file.read_text()


@pytest.mark.parametrize("command", ["check", "compile", "run"])
def test_any_exception_exits_70_without_a_traceback(
    cli: Cli, bell: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr("qdsl.language.check.check_source", broken)
    monkeypatch.setattr("qdsl.api.check_source", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = cli(command, bell)
    assert ended.code == 70
    assert "ZeroDivisionError: on purpose" in ended.err
    (file,) = tmp_path.glob("qdsl-crash-*.txt")
    assert "Traceback" in file.read_text()


def test_a_refuted_program_exits_70_and_is_not_emitted(
    cli: Cli, bell: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qdsl.verify.result import Check, Verification

    refuted = Verification((Check("test", False, "made up"),))
    monkeypatch.setattr("qdsl.verify.methods.compare", lambda *_: refuted)
    ended = cli("compile", bell)
    assert ended.code == 70
    assert "NOT EQUAL to its source" in ended.out
    assert "please report this bug" in ended.err
    file = tmp_path / "out.qasm"
    assert cli("compile", bell, "--emit", "qasm3", "-o", file).code == 70
    assert not file.exists()


def test_running_out_of_memory_is_said(
    cli: Cli, bell: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hungry(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("qdsl.api.run_passes", hungry)
    ended = cli("compile", bell)
    assert ended.code == 1 and "out of memory" in ended.err


def test_a_run_with_noise(cli: Cli) -> None:
    found = cli("run", EXAMPLES / "ions.qdm", "--noise")
    assert found.code == 0
    assert "exact, by simulation of noise" in found.out
    assert "gate by gate, by a density matrix" in found.out
    assert cli("run", EXAMPLES / "ions.qdm", "--noise", "--nodes").code == 2
    assert cli("run", EXAMPLES / "ions.qdm", "--noise", "--backend", "qiskit").code == 2
