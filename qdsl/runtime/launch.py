"""A run by one command: every node and the hardware in a process of its own on this machine.

A process is started afresh (nothing of this one's memory is in it), and is given through a pipe
its own ticket and its own numbers. It ends when the pipe ends, however this process ends.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

import numpy as np

from qdsl.backends.nodes.ticket import Ticket, ticket_text
from qdsl.records import dataclass
from qdsl.runtime.channel import Channel
from qdsl.runtime.errors import NodeProblem, PeerSilent, PeerStopped, failed, from_plain
from qdsl.runtime.reader import Collected, OnRound, run_reader

Private = Mapping[str, Any]  # the values that one node may know, by vector

GRACE_S = 2.0


def run_processes(
    tickets: Sequence[Ticket],
    values: Mapping[str, Private],
    on_round: OnRound | None = None,
    on_start: Callable[[Mapping[str, int]], None] | None = None,
) -> Collected:
    """Start all but the reader, which is this process, and collect what they find. `values` are
    each node's own. `on_start` is told every process's id. No process is left behind."""
    *others, reader = tickets
    crew = Crew([Child(t, values.get(t.name, {})) for t in others], reader.patience_s)
    channel = Channel(reader, on_idle=crew.check)
    try:
        addresses = {reader.index: channel.listen()} | crew.addresses()
        crew.introduce(addresses)
        if on_start is not None:
            on_start({c.ticket.name: c.process.pid for c in crew.children})
        channel.connect(addresses)
        found = run_reader(channel, reader, on_round)
        crew.finish()
        return found
    finally:
        crew.end()
        channel.close()


@dataclass(slots=True)
class Child:
    """One process. What it writes is read by a thread, so that it never waits for us."""

    ticket: Ticket
    values: Private
    process: subprocess.Popen[bytes] = field(init=False)
    lines: list[bytes] = field(default_factory=list)
    _reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        command = [sys.executable, "-P", "-m", "qdsl", "node", "-"]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        given = {"ticket": ticket_text(self.ticket), "values": packed_values(self.values)}
        self.tell(given)

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    def tell(self, document: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(document).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:  # it has ended, and `check` says so
            pass

    def close(self) -> None:
        """Wait for its end, and close its pipes."""
        self.process.wait()
        self._reader.join(GRACE_S)
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:  # what was still to be written has no reader
                continue

    def address(self) -> str | None:
        """Where it listens, once it has said so."""
        said = _document(self.lines[0]) if self.lines else {}
        return str(said["address"]) if "address" in said else None

    def problem(self) -> NodeProblem | None:
        """Why it ended, None while it runs or if it ended well."""
        code = self.process.poll()
        if code in (None, 0):
            return None
        self._reader.join(GRACE_S)
        said = [_document(line) for line in self.lines]
        told = [p for d in said if (p := from_plain(d.get("problem", {}))) is not None]
        words = [str(d["refused"]) for d in said if "refused" in d]
        how = words[0] if words else f"signal {-code}" if code < 0 else f"exit code {code}"
        return told[0] if told else PeerStopped(self.ticket.name, how)


def _document(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _environment() -> dict[str, str]:
    """One thread a process: their states are small, and there are many of them."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    single = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "RAYON")}
    return os.environ | single | {"PYTHONPATH": os.pathsep.join(p for p in paths if p)}


@dataclass(slots=True)
class Crew:
    """All processes that were started."""

    children: list[Child]
    patience_s: float

    def check(self) -> None:
        """InvalidProgram if a process has ended before its program. Of several, the first that
        knows why; those that only lost a peer come after."""
        problems = [p for child in self.children if (p := child.problem()) is not None]
        problems.sort(key=lambda p: isinstance(p, PeerStopped))
        if problems:
            raise failed(problems[0])

    def addresses(self) -> dict[int, str]:
        deadline = time.monotonic() + self.patience_s
        while True:
            found = {c.ticket.index: c.address() for c in self.children}
            known = {index: address for index, address in found.items() if address is not None}
            if len(known) == len(found):
                return known
            self.check()
            if time.monotonic() > deadline:
                late = next(c for c in self.children if c.address() is None)
                raise failed(PeerSilent("reader", late.ticket.name, self.patience_s, "its address"))
            time.sleep(0.01)

    def introduce(self, addresses: Mapping[int, str]) -> None:
        for child in self.children:
            known = {p.index: addresses[p.index] for p in child.ticket.peers}
            child.tell({"addresses": known})

    def finish(self) -> None:
        """Wait until all have ended well."""
        deadline = time.monotonic() + GRACE_S
        for child in self.children:
            try:
                child.process.wait(max(deadline - time.monotonic(), 0.01))
            except subprocess.TimeoutExpired:
                continue

    def end(self) -> None:
        """End what still runs."""
        for child in self.children:
            if child.process.poll() is None:
                child.process.kill()
        for child in self.children:
            child.close()


# ---- values through the pipe -----------------------------------------------------------


def packed_values(values: Private) -> dict[str, Any]:
    """Arrays as JSON, every bit kept."""
    arrays = {name: np.asarray(v, "<f8") for name, v in values.items()}
    return {
        name: {"shape": list(a.shape), "data": base64.b64encode(a.tobytes()).decode()}
        for name, a in arrays.items()
    }


def unpacked_values(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: np.frombuffer(base64.b64decode(v["data"]), "<f8").reshape(v["shape"])
        for name, v in document.items()
    }
