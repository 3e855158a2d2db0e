"""The command line as a process: Ctrl-C, closed pipes, terminals, what it imports."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sources import BELL, BROKEN, EXAMPLES, PARTIES


@pytest.fixture
def bell(tmp_path: Path) -> Path:
    return written(tmp_path / "bell.qdm", BELL)


def written(file: Path, text: str) -> Path:
    file.write_text(text)
    return file


LONG = """\
network pair = line(2) { qubits 40, comm 2 }
model long(n = 60, depth = 4000) on pair {
  qubits q[n]
  for d in 0..depth { for i in 0..n-1 { cx q[i], q[i+1]; rx(0.1*d) q[i] } }
  return sample(q)
}
"""
TRAINING = (
    PARTIES
    + """
experiment fit of parties {
  data x from "x.csv:a,b,c,d"
  label y from "x.csv:y"
  loss mse
  train adam(lr = 0.01) { steps 10000000 }
}
"""
)
POINTS = "a,b,c,d,y\n1,2,3,4,1\n4,3,2,1,-1\n"


STOPPED_COMPILING = (
    rb"qdsl: stopped(; \d of \d passes finished; nothing is kept, and a lower --effort or a "
    rb"--time-limit makes the search shorter)?"
)


def started(*arguments: str | Path, **kwargs: Any) -> subprocess.Popen[bytes]:
    """`qdsl ...` as a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "qdsl", *map(str, arguments)], **kwargs)


def interrupted(process: subprocess.Popen[bytes], after_s: float) -> tuple[float, bytes]:
    """How long it went on after SIGINT, and what it said."""
    time.sleep(after_s)
    assert process.poll() is None, "it ended before it could be stopped"
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return time.monotonic() - begin, err


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [1.5, 4.0])
def test_ctrl_c_while_compiling(tmp_path: Path, after_s: float) -> None:
    process = started(
        "compile",
        written(tmp_path / "long.qdm", LONG),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    took, err = interrupted(process, after_s)
    assert process.returncode == 130
    assert re.fullmatch(STOPPED_COMPILING, err.strip()), err
    assert took < 5


@pytest.mark.slow
def test_ctrl_c_while_training(tmp_path: Path) -> None:
    written(tmp_path / "x.csv", POINTS)
    process = started(
        "run",
        written(tmp_path / "fit.qdm", TRAINING),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    took, err = interrupted(process, 10.0)
    assert process.returncode == 130
    assert re.fullmatch(
        rb"qdsl: stopped; [\d,]+ of 10,000,000 training steps finished; none is kept: "
        rb"--checkpoint FOLDER would keep them, about once a second", err.strip()
    ), err  # fmt: skip
    assert took < 5


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on_from_a_checkpoint(tmp_path: Path) -> None:
    written(tmp_path / "x.csv", POINTS)
    file = written(tmp_path / "fit.qdm", TRAINING)
    command = ["run", str(file), "--checkpoint", str(tmp_path / "kept")]
    process = started(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not (tmp_path / "kept" / "checkpoint.safetensors").exists():
        time.sleep(0.2)
    _, err = interrupted(process, 2.0)
    assert err.strip().endswith(f"by: qdsl {shlex.join([*command, '--resume'])}".encode()), err
    again = started(*command, "--resume", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _, err = interrupted(again, 10.0)
    steps = int(err.split(b"stopped; ")[1].split()[0].replace(b",", b""))
    assert steps > 1 and err.count(b"--resume") == 1


@pytest.mark.slow
def test_ctrl_c_shows_what_a_benchmark_has_finished(tmp_path: Path) -> None:
    script = written(
        tmp_path / "interrupted.py",
        "import os, signal, sys\n"
        "from qdsl.studies.bench import suite\n"
        "measured, seen = suite.measured, []\n"
        "def interrupted(*given):\n"
        "    seen.append(given)\n"
        "    if len(seen) == 2: os.kill(os.getpid(), signal.SIGINT)\n"
        "    return measured(*given)\n"
        "suite.measured = interrupted\n"
        "sys.argv = ['qdsl', 'bench', '--quick', '--max-gates', '60', '--write', "
        f"{str(tmp_path / 'p.md')!r}]\n"
        "from qdsl.cli import main\n"
        "main()\n",
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 130, done.stderr
    assert "qdsl: stopped; 1 result finished and shown; no page is written" in done.stderr
    assert "ebits" in done.stdout and not (tmp_path / "p.md").exists()


@pytest.mark.slow
def test_ctrl_c_while_a_library_does_not_listen() -> None:
    """Between two steps of Python nothing may happen for long: the watcher ends the process."""
    code = (
        "import time\n"
        "from qdsl.cli.interrupt import prompt_stop\n"
        "class Deaf(Exception): pass\n"
        "with prompt_stop(0.2):\n"
        "    end = time.monotonic() + 60\n"
        "    while time.monotonic() < end:\n"
        "        try: time.sleep(1)\n"
        "        except KeyboardInterrupt: pass\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    took, err = interrupted(process, 1.0)
    assert (process.returncode, err.strip()) == (130, b"qdsl: stopped")
    assert took < 5


@pytest.mark.parametrize(
    "arguments", [["explain"], ["compile", "--no-verify", EXAMPLES / "ghz.qdm"]]
)
def test_a_closed_pipe_is_no_error(arguments: list[str | Path]) -> None:
    process = started(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), err) == (0, b"")


def on_a_terminal(
    *arguments: str | Path, environment: dict[str, str] | None = None, stop_at: bytes = b""
) -> str:
    """What a command writes to a terminal, both streams; Ctrl-C where it has written `stop_at`."""
    leader, follower = pty.openpty()
    process = started(*arguments, stdin=follower, stdout=follower, stderr=follower,
                      env={**os.environ, **(environment or {})})  # fmt: skip
    os.close(follower)
    seen = b""
    while select.select([leader], [], [], 60)[0]:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
        if stop_at and stop_at in seen:
            process.send_signal(signal.SIGINT)
            stop_at = b""
    process.wait(60)
    os.close(leader)
    return seen.decode()


def test_a_terminal_gets_colour_and_progress(bell: Path) -> None:
    seen = on_a_terminal("compile", bell)
    assert "\x1b[32mequal to its source, proved\x1b[0m" in seen
    assert "[##################      ] schedule" in seen and "counting costs" in seen
    assert "\r\x1b[K" in seen
    plain = on_a_terminal("compile", bell, "--quiet", environment={"NO_COLOR": "1"})
    assert "\x1b" not in plain


@pytest.mark.slow
def test_ctrl_c_takes_the_best_so_far(tmp_path: Path) -> None:
    long = written(tmp_path / "long.qdm", LONG.replace("depth = 4000", "depth = 100"))
    seen = on_a_terminal("compile", long, stop_at=b"ebits so far; Ctrl-C takes them")
    assert "ending the search; Ctrl-C again to stop" in seen
    assert "the search was ended early" in seen and "equal to its source, proved" in seen


def test_a_dumb_terminal_gets_no_escapes(bell: Path) -> None:
    shown = on_a_terminal("compile", bell, environment={"TERM": "dumb"})
    assert "In short" in shown and "\033" not in shown and "partition]" not in shown


def test_a_terminal_gets_coloured_diagnostics(tmp_path: Path) -> None:
    file = written(tmp_path / "broken.qdm", BROKEN)
    assert "\x1b[" in on_a_terminal("check", file)
    assert "\x1b[" not in on_a_terminal("check", file, environment={"NO_COLOR": "1"})


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom qdsl.cli import main\nsys.argv = ['qdsl', '--help']\n"
        "try: main()\n"
        "finally: print({'numpy', 'jax', 'networkx', 'lark'} & set(sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr == "set()\n"


def ran(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "qdsl", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_training_from_given_parameters_is_resumed_with_them(tmp_path: Path) -> None:
    program = """
model m() { data x: real
 param w: angle
 qubits q
 ry(x) q
 ry(w) q
 return expect(Z q) }
experiment fit of m { data x from "d.csv:x", label y from "d.csv:y", loss mse
 train adam(lr = 0.1) { steps STEPS, batch 2, seed 1 } }
"""
    (tmp_path / "d.csv").write_text("x,y\n0.1,1\n3,-1\n")
    np.savez(tmp_path / "start.npz", w=np.array(2.0))
    for name, steps in (("p", 2), ("q", 5)):
        (tmp_path / f"{name}.qdm").write_text(program.replace("STEPS", str(steps)))
    start = ("--params", "start.npz", "--json", "-q")
    first = ran("run", "p.qdm", *start, "--checkpoint", "kept", folder=tmp_path)
    assert first.returncode == 0, first.stderr
    resumed = ran("run", "q.qdm", *start, "--checkpoint", "kept", "--resume", folder=tmp_path)
    whole = ran("run", "q.qdm", *start, folder=tmp_path)
    assert json.loads(resumed.stdout)["result"] == json.loads(whole.stdout)["result"]
    more = ("--checkpoint", "kept", "--resume", "--no-train")
    refused = ran("run", "p.qdm", *start, *more, folder=tmp_path)
    assert refused.returncode == 2 and "both supply parameters" in refused.stderr
