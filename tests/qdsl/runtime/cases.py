"""One case of every problem between nodes, for the goldens of diagnostics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qdsl.runtime.errors import (
    CannotListen,
    HardwareRefuses,
    MessageForged,
    MessageLost,
    MessageRepeated,
    NodeProblem,
    OtherProgram,
    PeerSilent,
    PeerStopped,
    RuntimeFails,
    RuntimeMissing,
    TrafficDiffers,
    failed,
)

PROBLEMS: tuple[NodeProblem, ...] = (
    PeerSilent("alice", "bob", 60.0, "message 3 of round 0"),
    PeerStopped("bob", "signal 9"),
    MessageForged("bob", "alice", "bytes that are no frame"),
    MessageLost("bob", "alice", 4, 5),
    MessageRepeated("bob", "alice", 4),
    OtherProgram("alice", "3f2a" * 16, "bob", "91c0" * 16),
    TrafficDiffers("classical bits", 15, 16),
    CannotListen("alice", "tcp://127.0.0.1:4711", "Address already in use"),
    HardwareRefuses("28 qubits are entangled in 64 executions at once"),
    RuntimeMissing("sq/bin/python", "No module named 'simulaqron'"),
    RuntimeFails("bob", "it has ended"),
)


def raising(problem: NodeProblem) -> Callable[[Path], object]:
    def run(folder: Path) -> object:
        raise failed(problem)

    return run


CASES = {problem.code: raising(problem) for problem in PROBLEMS}
