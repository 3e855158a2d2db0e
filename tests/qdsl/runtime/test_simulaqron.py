"""Runs on SimulaQron itself, where there is a Python that has it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("netqasm", reason="the extra `netqasm` is not installed")

import qdsl
from qdsl.backends._readout import Outcomes
from qdsl.backends.jax.jax import compile_function
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.runtime.reader import Collected
from qdsl.runtime.run import ItemValues, run_nodes
from qdsl.runtime.services import SCRIPT
from tests.backends.exact import p_value
from tests.qdsl.runtime.test_processes import (
    children,
    holds,
    marked,  # noqa: F401
    marked_processes,
    qdsl_command,
)
from tests.qdsl.runtime.test_run import REVEAL, check_traffic
from tests.qdsl.runtime.threads import Ended, values_for

PYTHON = os.environ.get("QDSL_RUNTIME_PYTHON", "")
needs_simulaqron = pytest.mark.skipif(
    not PYTHON or sys.platform != "linux",
    reason="QDSL_RUNTIME_PYTHON names no Python with SimulaQron (docs/guide/nodes.md), or no Linux",
)
SHOTS = 80


def example(name: str, **options: Any) -> qdsl.api.Compiled:
    text = Path(f"examples/{name}.qdm").read_text().partition("experiment")[0]
    return qdsl.loads(text).compile(verify=False, **options)


def services() -> dict[int, str]:
    """Processes of SimulaQron that this package started, and what they are."""
    ours = [(pid, words) for pid, words in marked_processes() if str(SCRIPT).encode() in words]
    return {pid: " ".join(w.decode() for w in words[-4:]) for pid, words in ours}


def gone(before: set[int], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while (set(services()) | children()) - before:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@needs_simulaqron
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "settings"), [("two_party", {"layers": 1}), ("ghz", {"n": 6}), ("three_party", {})]
)
def test_the_statistics_are_those_of_the_source(name: str, settings: dict[str, int]) -> None:
    program = example(name, settings=settings)
    if name == "two_party":
        text = program.program.source.text.replace("expect(Z q[0])", "sample(q)")
        program = qdsl.loads(text).compile(verify=False, settings=settings)
    stage, given, before = program.scheduled, values_for(program.scheduled), set(services())
    estimates, network = run_nodes(stage, given, SHOTS, 1, 60.0, PYTHON)
    exact = compile_function(program.circuit)(dict(given.single))
    for found, wanted in zip(estimates[0], exact, strict=True):
        if isinstance(found, Outcomes):
            assert p_value(dict(found.counts), np.asarray(wanted)) > 1e-4
    check_traffic(Ended(Collected((), network)), stage, SHOTS)
    assert gone(before)


@needs_simulaqron
@pytest.mark.slow
def test_a_seed_gives_the_same_outcomes_and_values_stay_where_they_are() -> None:
    program = qdsl.loads(REVEAL).compile()
    secret = {"t": 1.2345678912345678, "u": 2.5129874651230987}
    values = {"t": np.full(3, secret["t"]), "w": np.array([0.0, 1.0]), "u": np.full(2, secret["u"])}
    pids: dict[str, int] = {}
    seen: dict[str, bool] = {}
    open_to: set[str] = set()

    def look(number: int, rounds: int) -> None:
        if number != 2 or seen:
            return
        processes = pids | {f"service {what}": pid for pid, what in services().items()}
        for name, pid in processes.items():
            for value, sentinel in secret.items():
                seen[f"{value} at {name.split(str(SCRIPT))[-1].strip()}"] = holds(pid, sentinel)
            open_to.update(listening(pid))

    found = []
    for _ in range(2):
        estimates, _network = run_nodes(
            program.scheduled, ItemValues(values, {}, 1), 15, 7, 60.0, PYTHON, look, pids.update
        )
        found.append(estimates[0][0].counts)  # type: ignore[union-attr]
    assert found[0] == found[1]
    assert seen["t at alice"]
    assert seen["t at bob"]  # it is revealed to him
    assert seen["u at bob"]
    holders = {name for name, holds_it in seen.items() if holds_it}
    assert holders == {"t at alice", "t at bob", "u at bob"}  # SimulaQron sees rounded angles
    assert len(seen) == 2 * (4 + 6)
    assert open_to == {"0100007F"}  # 127.0.0.1, as the kernel writes it


def listening(pid: int) -> set[str]:
    """The addresses at which a process waits for connections."""
    inodes = {
        os.readlink(f)[8:-1]
        for f in Path(f"/proc/{pid}/fd").iterdir()
        if os.readlink(f).startswith("socket:")
    }
    lines = [
        x.split()
        for n in ("tcp", "tcp6")
        if Path(f"/proc/net/{n}").exists()
        for x in Path(f"/proc/net/{n}").read_text().splitlines()[1:]
    ]
    return {x[1].partition(":")[0] for x in lines if x[3] == "0A" and x[9] in inodes}


@needs_simulaqron
@pytest.mark.slow
@pytest.mark.parametrize("role", ["vnode", "qnodeos"])
def test_a_service_that_is_killed_ends_the_run(role: str) -> None:
    stage, before = example("ghz", settings={"n": 6}).scheduled, set(services())

    def kill(number: int, rounds: int) -> None:
        if number == 1:
            pid = next(p for p, what in services().items() if role in what and p not in before)
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(InvalidProgram) as stopped:
        run_nodes(stage, ItemValues({}, {}, 1), 400, 1, 60.0, PYTHON, kill)
    (problem,) = stopped.value.diagnostics
    assert problem.code in ("QDM860", "QDM850"), problem.message
    assert gone(before)


@needs_simulaqron
@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopping_the_command_stops_all(how: signal.Signals) -> None:
    before = set(services()) | children()
    command = qdsl_command("run", "--nodes", "--runtime", "simulaqron", "--shots", "9000",
                           "--set", "n=6", "examples/ghz.qdm")  # fmt: skip
    deadline = time.monotonic() + 90
    while len(set(services()) - before) < 4:
        assert command.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(3)
    command.send_signal(how)
    _, said = command.communicate(timeout=30)
    assert "Traceback" not in said
    assert command.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert gone(before)


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ("", "no interpreter is given"),
        ("no/such/python", "there is no such program"),
        (sys.executable, "No module named 'simulaqron'"),
    ],
)
def test_without_simulaqron_it_is_said_what_to_install(python: str, said: str) -> None:
    stage = example("ghz", settings={"n": 6}).scheduled
    with pytest.raises(InvalidProgram) as refused:
        run_nodes(stage, ItemValues({}, {}, 1), 5, 1, 20.0, python)
    (problem,) = refused.value.diagnostics
    assert (problem.code, said in problem.message) == ("QDM859", True)
    assert "qutip<5" in (problem.help or "")


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux", reason="a program is a shell script, and /proc is read"
)
def test_a_runtime_that_never_starts_is_waited_for_so_long(tmp_path: Path) -> None:
    python, before = tmp_path / "python", children()
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    python.chmod(0o755)
    stage = example("ghz", settings={"n": 6}).scheduled
    start = time.monotonic()
    with pytest.raises(InvalidProgram) as refused:
        run_nodes(stage, ItemValues({}, {}, 1), 5, 1, 8.0, str(python))
    assert "has not started within" in refused.value.diagnostics[0].message
    assert time.monotonic() - start < 30
    assert gone(before)
    assert not [pid for pid, words in marked_processes() if b"sleep" in words]


@pytest.mark.parametrize(
    "more", [("--runtime", "simulaqron"), ("--nodes", "--runtime-python", "x")]
)
def test_options_of_the_runtime_need_the_others(more: tuple[str, ...]) -> None:
    from click.testing import CliRunner

    from qdsl.cli.commands import cli

    ended = CliRunner().invoke(cli, ["run", "examples/ghz.qdm", *more])
    assert ended.exit_code == 2
    assert "requires --" in ended.output
