"""States that are sharded over devices and over processes give what whole ones give."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jax
import pytest
from click.testing import CliRunner

import qdsl
from qdsl.backends.jax.sharded import compile_sharded
from qdsl.backends.jax.sharding import LaneExchange, phases
from qdsl.backends.jax.tape import tape
from qdsl.cli.commands import cli
from qdsl.run.job import CannotRun
from qdsl.run.processes import ProcessGroup
from tests.sources import ROOT

SOURCE = """
network lan {
  node a { qubits 12, comm 2 }
  node b { qubits 12, comm 2 }
  link a -- b { fidelity 0.97, rate 200 Hz }
}
model chain(n = 8) on lan {
  param w: angle[2*n] owner a
  qubits q[n]
  for i in 0..n { ry(w[i]) q[i] }
  for i in 0..n-1 { cx q[i], q[i+1] }
  for i in 0..n { rx(w[n+i]) q[i] }
  return expect(Z q[0] * Y q[n-1] + X q[n-2])
}
"""


def environment(devices: int = 1) -> dict[str, str]:
    flags = f"--xla_force_host_platform_device_count={devices}"
    return os.environ | {"XLA_FLAGS": flags, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}


def compared(cases: int) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.backends.jax.sharded_cases", str(cases)]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment(4), capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.mark.parametrize("cases", [0, pytest.param(9, marks=pytest.mark.slow)])
def test_four_devices_have_the_outputs_and_gradients_of_one(cases: int) -> None:
    """Every kind of operation and output, and encodings wider than the array of a device."""
    found = compared(cases)
    assert len(found) == 1 + 3 * cases
    assert any("gradient" in case for case in found) == (cases > 0)
    for case in found:
        assert case["outputs"] < 1e-12 and case.get("gradient", 0.0) < 1e-11, case


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def run_as(number: int, count: int, port: int, *more: str) -> subprocess.Popen[str]:
    where = ["--coordinator", f"127.0.0.1:{port}", "--processes", f"{count}"]
    where += ["--process-id", f"{number}"]
    return subprocess.Popen(
        [sys.executable, "-m", "qdsl", "run", *more, "--backend", "sharded", *where],
        env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize(("qubits", "count"), [(8, 2), pytest.param(20, 4, marks=pytest.mark.slow)])
def test_processes_hold_a_state_together(tmp_path: Path, qubits: int, count: int) -> None:
    """Each has a part of it, all have the same outputs, and process 0 reports."""
    file = tmp_path / "chain.qdm"
    file.write_text(SOURCE)
    more = (str(file), "--set", f"n={qubits}", "--json")
    port = free_port()
    started = [run_as(k, count, port, *more) for k in range(count)]
    said = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0] * count, said
    assert [out for out, _ in said[1:]] == [""] * (count - 1)
    result = json.loads(said[0][0])["result"]
    alone = qdsl.load(file).compile(settings={"n": qubits}).run()
    assert result["backend"] == "sharded" and result["of_source"]
    assert result["outputs"][0]["mean"] == pytest.approx(alone.outputs[0].mean, abs=1e-12)


def test_two_devices_hold_a_qubit_more_than_one() -> None:
    """What is too large for one device is planned for two, which have half of it each."""
    circuit = qdsl.loads(SOURCE).lower()
    limit = 3 * 16 << 7  # the copies of seven lanes
    with pytest.raises(ValueError, match=r"8 qubits at once, and .* on each device"):
        compile_sharded(circuit, jax.devices()[:1], limit)
    _, place = phases(tape(circuit), 1)
    assert len(place.devices) == 1 and len(place.local) == 7


def test_a_chain_needs_few_exchanges() -> None:
    """A lane is global until the chain comes to it, and not again before the last layer."""
    circuit = qdsl.loads(SOURCE).lower()
    planned, _ = phases(tape(circuit), 2)
    assert sum(isinstance(phase, LaneExchange) for phase in planned) <= 4


def test_what_does_not_fit_is_refused() -> None:
    circuit = qdsl.loads(SOURCE).lower(settings={"n": 3})
    with pytest.raises(ValueError, match=r"over 1, 2, 4, 8, \.\.\. devices; 3 are here"):
        compile_sharded(circuit, [None, None, None])
    with pytest.raises(ValueError, match="'chain' has 3 qubits: too few to shard them"):
        compile_sharded(circuit, [None] * 4)


# ---- processes that meet -----------------------------------------------------------------


def test_who_is_missing_is_said() -> None:
    where = f"127.0.0.1:{free_port()}"
    with pytest.raises(CannotRun, match=r"1 of 3 processes came to .*; missing: 1, 2"):
        ProcessGroup(where, 3, 0, patience_s=0.1).join()
    with pytest.raises(CannotRun, match=r"did not meet at .* within 0.1 s"):
        ProcessGroup(where, 3, 1, patience_s=0.1).join()
    with pytest.raises(CannotRun, match="'nowhere' is no address: give HOST:PORT"):
        ProcessGroup("nowhere", 3, 1, patience_s=0.1).join()


def test_alone_without_a_coordinator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_NTASKS", "1")
    assert ProcessGroup().join() == (1, 0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--processes", "2"], "--coordinator, --processes and --process-id go together"),
        (["--coordinator", "a:1", "--processes", "2", "--process-id", "2"], "1 is the last"),
        (
            ["--coordinator", "a:1", "--processes", "2", "--process-id", "0", "--backend", "jax"],
            "--coordinator requires --backend sharded",
        ),
    ],
)
def test_options_that_do_not_go_together(options: list[str], says: str) -> None:
    command = ["run", str(ROOT / "examples" / "ghz.qdm"), "--backend", "sharded", *options]
    ended = CliRunner().invoke(cli, command)
    assert ended.exit_code == 2 and says in " ".join(ended.output.split())


def test_a_lost_process_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: Any) -> Any:
        raise RuntimeError("UNKNOWN: Gloo all-reduce failed: Connection closed by peer\n more")

    monkeypatch.setattr("qdsl.backends.jax.sharded.compile_sharded", lambda _: lost)
    with pytest.raises(CannotRun, match=r"a part of the state failed: .* closed by peer$"):
        qdsl.loads(SOURCE).compile().run(backend="sharded")


@pytest.mark.slow
def test_the_others_end_when_one_is_killed(tmp_path: Path) -> None:
    """With a sentence and an exit code, and at once: JAX alone would wait, and then abort them."""
    file = tmp_path / "chain.qdm"
    file.write_text(SOURCE.replace("qubits 12", "qubits 24"))
    port = free_port()
    first, second = (run_as(k, 2, port, str(file), "--set", "n=25") for k in range(2))
    time.sleep(6)  # both are at work
    assert first.poll() is None
    second.kill()
    _, said = first.communicate(timeout=60)
    second.communicate()
    assert first.returncode == 2, said
    assert "a part of the state failed" in said and "bug" not in said
