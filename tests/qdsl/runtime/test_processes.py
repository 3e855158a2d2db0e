"""Nodes in processes of their own: what each can know, how they end, and runs by hand."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.backends.jax.jax import compile_function
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.runtime.run import ItemValues, run_nodes
from tests.backends.exact import p_value
from tests.qdsl.runtime.test_run import REVEAL, expected
from tests.qdsl.runtime.threads import deal, run_threads, tally

LINUX = sys.platform == "linux"
only_linux = pytest.mark.skipif(not LINUX, reason="reads the memory of processes in /proc")


MARK = f"QDSL_TEST={os.getpid()}"  # in the environment of all that is started from here


@pytest.fixture(autouse=True)
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*MARK.split("="))


def marked_processes() -> Iterator[tuple[int, list[bytes]]]:
    """Processes started by these tests and by nobody else, and their command lines."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
            if MARK.encode() in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name), command
        except OSError:
            continue


def children() -> set[int]:
    """Those that still run `qdsl node`."""
    return {pid for pid, command in marked_processes() if b"node" in command and b"qdsl" in command}


def memory(pid: int) -> Iterator[bytes]:
    """All memory that a process may write to, its files' names, arguments and environment."""
    root = Path(f"/proc/{pid}")
    for name in ("cmdline", "environ"):
        yield (root / name).read_bytes()
    for line in (root / "maps").read_text().splitlines():
        match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
        if match is None or "[v" in line:
            continue
        start, end = (int(x, 16) for x in match.groups())
        with (root / "mem").open("rb", buffering=0) as file:
            try:
                file.seek(start)
                yield file.read(end - start)
            except (OSError, ValueError):
                continue


def forms(number: float) -> list[bytes]:
    """How a number may stand in memory or files: binary, as text, in base64 at any offset."""
    raw = np.array([number], "<f8").tobytes()
    texts = [repr(number).encode()]
    for before in range(3):
        whole = base64.b64encode(bytes(before) + raw + bytes(3))
        texts.append(whole[4 if before else 0 : 11][:8] if before else whole[:10])
    return [raw, raw[::-1], *texts]


def holds(pid: int, number: float) -> bool:
    wanted = forms(number)
    return any(form in part for part in memory(pid) for form in wanted)


@only_linux
@pytest.mark.slow
def test_no_process_holds_a_private_value_of_another() -> None:
    """Searched in the middle of the run, when all have everything that they will ever get."""
    program = qdsl.loads(Path("examples/two_party.qdm").read_text()).compile(
        model="two_party", verify=False
    )
    secret = {"x": 0.7310585786300049, "a": 1.2345678912345678, "b": 2.5129874651230987}
    values = {
        "x": np.array([secret["x"], 0.5, -0.3, 0.2]),
        "a": np.full((2, 4), secret["a"]),
        "b": np.full((2, 4), secret["b"]),
    }
    pids: dict[str, int] = {}
    seen: dict[tuple[str, str], bool] = {}

    def look(number: int, rounds: int) -> None:
        if number == 2:
            for name, pid in pids.items():
                for value, sentinel in secret.items():
                    seen[name, value] = holds(pid, sentinel)

    items = {"x": np.repeat(values["x"][None], 40, axis=0)}
    given = ItemValues({"a": values["a"], "b": values["b"]}, items, 40)
    run_nodes(program.scheduled, given, 5, 1, on_round=look, on_start=pids.update)
    assert seen["alice", "x"]  # the search finds what is there
    assert seen["alice", "a"]
    assert seen["bob", "b"]
    assert not seen["alice", "b"]
    assert not seen["bob", "x"]
    assert not seen["bob", "a"]
    assert not seen["hardware", "x"]  # it sees angles of gates, and no data


@only_linux
def test_files_and_arguments_hold_no_values(tmp_path: Path) -> None:
    """Values go through a pipe: no file is open that could hold them."""
    program = qdsl.loads(REVEAL).compile()
    values = {"t": np.array([0.3, 1.1, 2.0]), "w": np.array([0.0, 1.0]), "u": np.array([0.4, 1.9])}
    pids: dict[str, int] = {}
    files: dict[str, set[str]] = {}

    def look(number: int, rounds: int) -> None:
        for name, pid in pids.items():
            links = (os.readlink(f) for f in Path(f"/proc/{pid}/fd").iterdir() if f.is_symlink())
            files[name] = {x for x in links if x.startswith("/") and not x.startswith("/dev/")}

    before = children()
    estimates, network = run_nodes(
        program.scheduled, ItemValues(values, {}, 1), 2000, 3, on_round=look, on_start=pids.update
    )
    assert set(pids) == {"alice", "bob", "carol", "hardware"}
    assert all(not names for names in files.values()), files
    assert p_value(estimates[0][0].counts, expected(program.circuit, values)) > 1e-4  # type: ignore[union-attr]
    assert network.processes == 5
    assert children() <= before  # nobody is left


@only_linux
def test_a_node_that_is_killed_ends_the_run() -> None:
    program = qdsl.loads(REVEAL).compile()
    values = {"t": np.ones(3), "w": np.zeros(2), "u": np.ones(2)}
    pids: dict[str, int] = {}
    before = children()

    def kill(number: int, rounds: int) -> None:
        if number == 1:
            os.kill(pids["bob"], signal.SIGKILL)

    items = ItemValues({"t": values["t"], "u": values["u"]}, {"w": np.zeros((300, 2))}, 300)
    with pytest.raises(InvalidProgram) as stopped:
        run_nodes(program.scheduled, items, 2, 3, 20.0, on_round=kill, on_start=pids.update)
    (problem,) = stopped.value.diagnostics
    assert problem.code == "QDM851"
    assert "bob" in problem.message
    assert "signal 9" in problem.message
    assert children() <= before


def qdsl_command(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "qdsl", *arguments], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)  # fmt: skip


@only_linux
@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopping_the_command_stops_all(how: signal.Signals) -> None:
    before = children()
    command = qdsl_command("run", "--nodes", "--no-train", "--shots", "400000", "examples/ghz.qdm")
    deadline = time.monotonic() + 60
    while len(children() - before) < 4:
        assert time.monotonic() < deadline
        assert command.poll() is None
        time.sleep(0.05)
    command.send_signal(how)
    _, said = command.communicate(timeout=30)
    assert "Traceback" not in said
    assert command.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    deadline = time.monotonic() + 20
    while children() - before:
        assert time.monotonic() < deadline, "processes are left behind"
        time.sleep(0.05)


def free_ports(n: int) -> list[int]:
    import socket

    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def by_hand(
    folder: Path, values: Mapping[str, Mapping[str, Any]], *more: str, patience: str = "30"
) -> dict[str, tuple[int, str, str]]:
    """`qdsl node` for every ticket in a folder: exit code, output and errors by name."""
    started = {}
    for ticket in sorted(folder.glob("*.ticket")):
        name = ticket.stem
        arguments = ["node", str(ticket), "--patience", patience, *more]
        if name in values:
            archive = folder / f"{name}.npz"
            arrays: dict[str, Any] = {k: np.asarray(v) for k, v in values[name].items()}
            np.savez(archive, **arrays)
            arguments += ["--values", str(archive)]
        started[name] = qdsl_command(*arguments)
    ended: dict[str, tuple[int, str, str]] = {}

    def wait(name: str) -> None:
        out, err = started[name].communicate(timeout=90)
        ended[name] = (started[name].returncode, out, err)

    threads = [threading.Thread(target=wait, args=(name,)) for name in started]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def prepared(tmp_path: Path, text: str, *more: str) -> Path:
    source, folder = tmp_path / "m.qdm", tmp_path / "tickets"
    source.write_text(text)
    ports = free_ports(5)
    places = [
        f"--at={name}=127.0.0.1:{port}"
        for name, port in zip(("alice", "bob", "carol", "hardware", "reader"), ports, strict=True)
    ]
    from click.testing import CliRunner

    from qdsl.cli.commands import cli

    made = CliRunner().invoke(cli, ["prepare", str(source), "-o", str(folder), *places, *more])
    assert made.exit_code == 0, made.output
    assert "values: t[3], w[2]" in made.output
    return folder


@pytest.mark.slow
def test_by_hand_one_command_a_node(tmp_path: Path) -> None:
    folder = prepared(tmp_path, REVEAL, "--shots", "2000", "--seed", "4")
    if os.name == "posix":
        assert all(t.stat().st_mode & 0o077 == 0 for t in folder.glob("*.ticket"))
    values = {"t": [0.3, 1.1, 2.0], "w": [0, 1], "u": [0.4, 1.9]}
    own = {"alice": {"t": values["t"], "w": values["w"]}, "bob": {"u": values["u"]}, "carol": {}}
    ended = by_hand(folder, {k: v for k, v in own.items() if v}, "--json")
    assert {code for code, _, _ in ended.values()} == {0}, ended
    document = json.loads(ended["reader"][1])
    shares = document["outputs"][0][0]["shares"]
    counts = {bits: round(share * 2000) for bits, share in shares.items()}
    arrays = {k: np.asarray(v, np.float64) for k, v in values.items()}
    program = qdsl.loads(REVEAL).compile(options={"seed": 4})
    assert p_value(counts, np.asarray(compile_function(program.circuit)(arrays)[0])) > 1e-4
    assert document["network"]["disclosed_bits"] == 194
    # the ticket's seed decides, wherever the nodes are
    again = run_threads(deal(program.scheduled, 2000, 4), ItemValues(arrays, {}, 1))
    assert tally(again) == counts


@pytest.mark.slow
def test_by_hand_errors_are_said(tmp_path: Path) -> None:
    folder = prepared(tmp_path, REVEAL, "--shots", "10")
    for name in ("carol", "bob"):
        (folder / f"{name}.ticket").unlink()
    ended = by_hand(folder, {"alice": {"t": [1, 2, 3]}}, patience="1.5")
    assert ended["alice"][0] == 2  # its values are not all there
    assert "values of t, w are wanted" in ended["alice"][2]
    for name in ("hardware", "reader"):
        code, _, errors = ended[name]
        assert code == 1
        assert "QDM850" in errors
        assert "Traceback" not in errors


@pytest.mark.parametrize("text", ["", "{}", '{"is": "Ticket", "version": "qdsl-nodes/0"}', "\0"])
def test_a_file_that_is_no_ticket(tmp_path: Path, text: str) -> None:
    from click.testing import CliRunner

    from qdsl.cli.node import command

    (tmp_path / "x.ticket").write_text(text)
    ended = CliRunner().invoke(command, [str(tmp_path / "x.ticket")])
    assert ended.exit_code == 2
    assert "ticket" in ended.output


def test_nodes_without_pyzmq_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from qdsl.diagnostics.request_error import Refused
    from qdsl.runtime import channel

    stage = qdsl.loads(REVEAL).compile().scheduled
    ticket = deal(stage)[0]
    monkeypatch.setitem(sys.modules, "zmq", None)
    with pytest.raises(Refused, match="need pyzmq"):
        deal(stage)
    with pytest.raises(Refused, match=r"qdsl-compiler\[nodes\]"):
        channel.Channel(replace(ticket)).listen()
