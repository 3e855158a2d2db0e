"""Closed and full streams, pipes, devices, loops of links, odd arguments: told, never a crash, and
never waited for without end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from qdsl.cli.commands import cli
from qdsl.diagnostics.printable import shown
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
