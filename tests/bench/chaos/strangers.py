"""Strangers at a node's port while nodes run: the result is the same, and memory stays bounded."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qdsl.backends.nodes.ticket import Ticket
from qdsl.runtime.channel import Channel
from qdsl.runtime.launch import Child, Crew
from qdsl.runtime.reader import run_reader
from qdsl.runtime.run import values_of
from tests.bench.chaos.findings import Finding
from tests.qdsl.runtime.strangers import GREETING, sayings, without_keys
from tests.qdsl.runtime.test_faults import BOB, two_party
from tests.qdsl.runtime.threads import Wire, deal, values_for

MOST_MORE_MIB = 64
KINDS = ("empty", "1 MB of raw bytes", "begun handshake", "well-formed, other keys", "replayed")
MIB = bytes(1 << 20)


@dataclass
class Node:
    """A node in a process of its own, seen from outside: its memory, and what alice sends it."""

    pid: int
    peak_mib: int = 0
    heard: list[bytes] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._ended.wait(0.02):
            with suppress(OSError, ValueError, IndexError):
                text = Path(f"/proc/{self.pid}/status").read_text()
                kib = int(text.split("VmHWM:")[1].split()[0])
                self.peak_mib = max(self.peak_mib, kib >> 10)

    def stop(self) -> None:
        self._ended.set()


def run_nodes(dealt: Sequence[Ticket], meanwhile: Callable[[int], None] | None) -> tuple[Any, Node]:
    """A run with every node in a process; `meanwhile` is called with bob's port after the first
    byte was sent to it, and the run waits until it returns."""
    *others, reader = dealt
    given = values_for(two_party())
    children = [Child(t, values_of(t, given)) for t in others]
    crew = Crew(children, reader.patience_s)
    channel = Channel(reader, on_idle=crew.check)
    node = Node(children[BOB].process.pid)
    lock = threading.Lock()
    called: list[bool] = []

    def seen(passed: int, data: bytes) -> bytes:
        with lock:
            node.heard.append(data)
            if meanwhile is not None and not called:
                called.append(True)
                meanwhile(wire.target[1])
        return data

    wire = Wire(seen)
    try:
        addresses = {reader.index: channel.listen()} | crew.addresses()
        wire.start(addresses[BOB])
        addresses[BOB] = wire.address
        crew.introduce(addresses)
        channel.connect(addresses)
        found = run_reader(channel, reader, None)
        crew.finish()
        return found.tallies, node
    finally:
        crew.end()
        channel.close()
        wire.stop()
        node.stop()


@dataclass
class Crowd:
    """Strangers that send so many messages, one kind after the other in turn."""

    target: Ticket
    count: int
    seed: int
    recorded: Sequence[bytes]
    sent: Counter[str] = field(default_factory=Counter)

    def __call__(self, port: int) -> None:
        choose = random.Random(self.seed)
        each = self.count // len(KINDS)
        keyless = without_keys(self.target, port, each)
        self.sent["well-formed, other keys"] = each
        for kind in (k for k in KINDS if k != "well-formed, other keys"):
            for _ in range(each):
                self.sent[kind] += self._connect(port, self._message(kind, choose))
        time.sleep(0.5)
        keyless.close()

    def _message(self, kind: str, choose: random.Random) -> bytes:
        if kind == "empty":
            return b""
        if kind == "replayed":
            return choose.choice(self.recorded)
        if kind == "begun handshake":
            return GREETING + b"CURVE".ljust(20, b"\0") + bytes(32) + sayings(choose)
        return MIB

    def _connect(self, port: int, data: bytes) -> bool:
        """Whether there was a connection; that it is closed before all was sent is fine."""
        for _ in range(50):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as line:
                with suppress(OSError):
                    line.sendall(data)
                return True
            time.sleep(0.1)
        return False


def trials(count: int, seed: int) -> list[Finding]:
    """A run without strangers, whose bytes are recorded, and one with them, by the same tickets."""
    dealt = deal(two_party(), 50, seed, patience=3600.0)
    plain, alone = run_nodes(dealt, None)
    whole = b"".join(alone.heard)
    crowd = Crowd(dealt[BOB], count, seed, [*alone.heard, whole])
    found, pestered = run_nodes(dealt, crowd)
    more = pestered.peak_mib - alone.peak_mib
    kinds = ", ".join(f"{n:,} {kind}" for kind, n in sorted(crowd.sent.items()))
    said = f"same result; {alone.peak_mib} MiB without, {more:+d} MiB with them"
    broken = int(found != plain) + int(more > MOST_MORE_MIB)
    return [Finding(f"messages of strangers ({kinds})", sum(crowd.sent.values()), broken, said)]
