"""Strangers neither stop a run nor change its result, and fill no memory."""

from __future__ import annotations

import resource
import threading
from dataclasses import replace
from typing import Any

import pytest

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.runtime import channel as channels
from qdsl.runtime.channel import Channel, _PeerLine
from qdsl.runtime.frames import MessageFrame, What
from tests.qdsl.runtime.strangers import intrude, without_keys
from tests.qdsl.runtime.test_faults import ALICE, BOB, two_party
from tests.qdsl.runtime.threads import Wire, deal, patient, run_threads, values_for

MOST_MORE_MIB = 64


def peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


@pytest.mark.parametrize(
    "count", [2_000, pytest.param(100_000, marks=pytest.mark.slow)], ids="{:,}".format
)
def test_messages_of_strangers_change_no_result_and_fill_no_memory(count: int) -> None:
    stage = two_party()
    dealt = patient(deal(stage, 20), 300.0)
    plain = run_threads(dealt, values_for(stage))
    assert plain.found is not None
    before = peak_mib()
    said: list[int] = []
    strangers: list[Any] = []

    def first(passed: int, data: bytes) -> bytes:
        """Holds the run up at its first byte until the strangers have said what they say."""
        with lock:
            if not said:
                port = wire.target[1]
                strangers.append(without_keys(dealt[BOB], port, count // 2))
                said.append(intrude(port, count - count // 2, 7))
        return data

    lock, wire = threading.Lock(), Wire(first)
    ended = run_threads(dealt, values_for(stage), between={"bob": wire})
    for stranger in strangers:
        stranger.close()
    assert ended.found is not None, ended.problems
    assert said == [count - count // 2]
    assert ended.found.tallies == plain.found.tallies
    assert peak_mib() - before <= MOST_MORE_MIB


def test_a_peer_that_sends_without_end_is_stopped_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "MOST_WAITING_BYTES", 1 << 20)
    ticket = deal(two_party(), 20)[BOB]
    channel = Channel(ticket)
    line = _PeerLine(ticket.peers[ALICE], None)
    channel._lines[ALICE] = line
    frame = MessageFrame(What.BITS, ALICE, 0, 0, 0, bytes(1000))
    with pytest.raises(InvalidProgram, match=r"alice.*1 MiB that nothing waits for"):
        for number in range(2000):
            channel._reserve(line, replace(frame, number=number))
    assert line.waiting < (1 << 20) + 2000


def test_the_same_address_twice_is_a_repeated_message() -> None:
    ticket = deal(two_party(), 20)[BOB]
    channel = Channel(ticket)
    line = _PeerLine(ticket.peers[ALICE], None)
    channel._box[ALICE, What.BITS, 0, 3] = b"x"
    with pytest.raises(InvalidProgram, match="came again"):
        channel._reserve(line, MessageFrame(What.BITS, ALICE, 1, 0, 3, b"y"))
