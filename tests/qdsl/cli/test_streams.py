"""Closed and full streams, pipes, devices, loops of links, odd arguments: told, never a crash, and
never waited for without end."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import click
import numpy as np
import pytest
from click.testing import CliRunner

from qdsl.cli import main
from qdsl.cli.commands import cli
from qdsl.diagnostics.printable import shown
from tests.bench.chaos.training import write_training
from tests.sources import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="streams and files of POSIX")

PROGRAM = ROOT / "examples" / "ghz.qdm"
QDSL = f"'{sys.executable}' -m qdsl"
ENDED = 20.0  # seconds, on a busy machine


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, timeout=ENDED
    )


@pytest.mark.parametrize("stream", [">&-", ">/dev/full"])
@pytest.mark.parametrize("command", ["check --json", "compile --no-verify --json", "fmt --stdout"])
def test_output_that_cannot_be_written_is_an_error(
    command: str, stream: str, tmp_path: Path
) -> None:
    if stream == ">/dev/full" and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    ended = shell(f"{QDSL} {command} '{PROGRAM}' {stream}", tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"qdsl: input or output failed: ")
    assert b"Traceback" not in ended.stderr and b"bug" not in ended.stderr


TRAINED = "fit.qdm fit --params p.npz --data p.csv"
JSON = {
    "check": "ghz.qdm", "compile": "ghz.qdm", "run": "ghz.qdm", "predict": TRAINED,
    "grad": "fit.qdm", "report": "ghz.qdm", "cost": "ghz.qdm", "analyze": "fit.qdm",
    "draw": "ghz.qdm", "compare": "ghz.qdm ghz.qdm", "verify": "ghz.qdm", "prepare": "ghz.qdm -o t",
    "bench": "--optimum 1", "pareto": "fit.qdm", "reproduce": "paper", "node": "a.ticket",
    "sweep": "ghz.qdm --over link.rate=1,2", "cut": "ghz.qdm --link node0--node1", "doctor": "",
}  # fmt: skip


def test_every_command_that_writes_json_is_tried() -> None:
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    assert JSON.keys() == {
        name for name, c in found.items() if c and any("--json" in p.opts for p in c.params)
    }


@pytest.mark.parametrize("command", JSON)
def test_json_that_cannot_be_written_is_an_error(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error reaches `main`, which ends with 2: see below."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    monkeypatch.chdir(tmp_path)
    write_training(tmp_path)
    (tmp_path / "m.qdm").rename("fit.qdm")
    np.savez("p.npz", a=0.25)
    Path("ghz.qdm").write_bytes(PROGRAM.read_bytes())
    monkeypatch.setattr("qdsl.studies.paper.reproduce.reproduce", lambda *_: iter(()))
    reader = SimpleNamespace(name="reader", peers=())
    monkeypatch.setattr("qdsl.backends.nodes.ticket.load_ticket", lambda _: reader)
    monkeypatch.setattr("qdsl.runtime.session.take_part", lambda *_, **__: reader)
    monkeypatch.setattr("qdsl.runtime.outcomes.outcome_json", lambda *_: {})
    words = [command, *JSON[command].split(), "--json"]
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(OSError, match="No space left"):
            cli.main(words, standalone_mode=False)
        with suppress(OSError):
            full.close()


ERRORS = (
    OSError(errno.ENOSPC, "No space left on device", "x.json"),
    OSError(errno.EIO, "Input/output error"),
    PermissionError(13, "Permission denied", "x"),
    FileNotFoundError(2, "No such file", "\x1b[8m"),
    ConnectionResetError(104, "reset"),
    TimeoutError("too late"),
    OSError("odd"),
)


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_any_error_of_files_or_streams_ends_with_2_and_says_so(
    error: OSError, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(**_: object) -> None:
        raise error

    monkeypatch.setattr("qdsl.cli.fill_closed_streams", lambda: None)
    monkeypatch.setattr("qdsl.cli.streams.drop_unwritten", lambda: None)
    monkeypatch.setattr(cli, "main", failing)
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith("qdsl: input or output failed: ")
    assert said.count("\n") == 1 and "bug" not in said and "\x1b" not in said


def test_messages_that_nobody_can_see_change_no_exit_code(tmp_path: Path) -> None:
    for stream in ("2>&-", "2>/dev/full"):
        assert shell(f"{QDSL} check '{PROGRAM}' {stream}", tmp_path).returncode == 0
        assert shell(f"{QDSL} check missing.qdm {stream}", tmp_path).returncode in (1, 2)


def test_a_file_is_not_written_to_where_a_closed_stream_was(tmp_path: Path) -> None:
    (tmp_path / "m.qdm").write_text("model m(){qubits q[1];h q;return sample(q)}\n")
    ended = shell(f"{QDSL} fmt m.qdm <&- >&- 2>&-", tmp_path)
    assert ended.returncode == 2  # that the file was changed could not be told
    assert (tmp_path / "m.qdm").read_text().startswith("model m() {")


COMMANDS = ("check", "fmt", "compile", "cost", "verify", "report", "node")


@pytest.mark.parametrize("command", [*COMMANDS, "compare ghz.qdm", "run ghz.qdm --values"])
@pytest.mark.parametrize("name", ["fifo", "/dev/zero", "loop", "\udcff\udcfe.qdm", "."])
def test_what_is_no_file_is_refused(
    command: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    Path("loop").symlink_to("loop")
    Path("ghz.qdm").write_bytes(PROGRAM.read_bytes())
    assert refused([*command.split(), name])


def refused(arguments: list[str]) -> bool:
    """Whether a command refuses; what it raises otherwise would be exit code 70."""
    ended = CliRunner().invoke(cli, arguments)
    if ended.exception is not None and not isinstance(ended.exception, SystemExit | OSError):
        raise ended.exception
    return ended.exit_code in (1, 2)


def test_a_pipe_with_a_writer_is_read(tmp_path: Path) -> None:
    ended = shell(f"{QDSL} check <(sleep 0.2; cat '{PROGRAM}')", tmp_path)
    assert (ended.returncode, ended.stdout) == (0, b"1 file: no problems found\n")


@pytest.mark.parametrize(
    "options",
    ["--stop-after=", "--stop-after=all", "--dump-after=", "--seed=-1", "--set n=-1",
     "--set n=9223372036854775808", "--set n=1e400", f"--set n=1{'0' * 400}", "--set=",
     "--set \udcff=1", "--set n=\udcff", "--emit=", "--experiment=", "--model=",
     "--emit qasm3 -o /dev/full"],
)  # fmt: skip
def test_odd_options_are_refused(options: str) -> None:
    assert refused(["compile", "--no-verify", str(PROGRAM), *options.split()])


def test_names_do_nothing_to_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Titles of windows, colours and reversed text in a file's name are shown as what they are."""
    monkeypatch.chdir(tmp_path)
    name = "g\x1b]0;title\x07\u202e\x1b[8mb.qdm"
    Path(name).write_bytes(PROGRAM.read_bytes())
    for command in ("check", "compile --no-verify", "cost", "verify", "report", "prepare -o t"):
        ended = CliRunner().invoke(cli, [*command.split(), name])
        assert ended.exit_code == 0, command
        assert all(c.isprintable() or c in "\n\t\xa0\u2009\u202f" for c in ended.output), command


def test_only_the_colours_of_diagnostics_are_kept() -> None:
    assert shown("\x1b[1;31mno\x1b[0m\n\x1b[8m") == "\x1b[1;31mno\x1b[0m\n\\u{1b}[8m"
