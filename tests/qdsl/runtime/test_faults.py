"""What goes wrong between nodes is said, ends every process, and gives no result."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.backends.nodes.codec import NotReadable
from qdsl.backends.nodes.keys import public_key
from qdsl.backends.nodes.ticket import (
    VERSION,
    Ticket,
    addresses_of,
    file_names,
    read_ticket,
    sealed,
    ticket_text,
)
from qdsl.backends.nodes.values import WrongNodeValues, own_values
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.stages import ScheduledCircuit
from qdsl.runtime.channel import Channel
from qdsl.runtime.errors import HardwareRefuses, PeerSilent, from_plain
from qdsl.runtime.frames import MAGIC, BadFrame, MessageFrame, What, packed, unpacked
from qdsl.runtime.hardware import EntanglementTooLarge, Hardware, NotPossible
from qdsl.runtime.run import ItemValues
from qdsl.runtime.session import take_part
from qdsl.runtime.traffic import compared
from tests.damage import damaged
from tests.qdsl.runtime.threads import Deliver, Ended, Wire, deal, patient, run_threads, values_for

ALICE, BOB, HARDWARE = 0, 1, 2


@pytest.fixture(autouse=True)
def short_farewells(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent to a process that has ended is not waited for as long as between machines."""
    monkeypatch.setattr("qdsl.runtime.channel.LINGER_MS", 500)


@cache
def two_party() -> ScheduledCircuit:
    return qdsl.load("examples/two_party.qdm").compile(verify=False).scheduled


def frame_of(data: bytes) -> tuple[int, What, int]:
    """Sender, kind and sequence."""
    return data[0], What(data[5]), int.from_bytes(data[6:14], "big")


class Once:
    """Meddles with the k-th message of bits from alice."""

    def __init__(self, k: int) -> None:
        self.left = k
        self.kept: list[bytes] = []

    def __call__(self, data: bytes, deliver: Deliver) -> None:
        sender, kind, _ = frame_of(data)
        if sender != ALICE or kind is not What.BITS:
            deliver(data)
            return
        self.left -= 1
        if self.left:
            deliver(data)
        else:
            self.change(data, deliver)

    def change(self, data: bytes, deliver: Deliver) -> None:
        raise NotImplementedError


class Drop(Once):
    def change(self, data: bytes, deliver: Deliver) -> None:
        pass


class Repeat(Once):
    def change(self, data: bytes, deliver: Deliver) -> None:
        deliver(data)
        deliver(data)


class Garble(Once):
    """Bytes from alice herself that are no frame."""

    def change(self, data: bytes, deliver: Deliver) -> None:
        deliver(data[:1] + b"x" + data[2:])


class Exchange(Once):
    """Delivers the next message first."""

    def __call__(self, data: bytes, deliver: Deliver) -> None:
        if self.kept and frame_of(data)[0] == ALICE:
            deliver(data)
            deliver(self.kept.pop())
            return
        super().__call__(data, deliver)

    def change(self, data: bytes, deliver: Deliver) -> None:
        self.kept.append(data)


class Mute(Once):
    """From the k-th message on, nothing of alice comes through: she is cut off, or late."""

    def __call__(self, data: bytes, deliver: Deliver) -> None:
        if self.left <= 1 and frame_of(data)[0] == ALICE and frame_of(data)[1] is What.BITS:
            self.left = 1
            return
        super().__call__(data, deliver)

    def change(self, data: bytes, deliver: Deliver) -> None:
        pass


class Delay(Once):
    """Holds a message back until four others from the hardware have come."""

    def change(self, data: bytes, deliver: Deliver) -> None:
        import threading

        threading.Timer(0.3, lambda: self.kept.append(data)).start()
        while not self.kept:
            threading.Event().wait(0.02)
        deliver(self.kept.pop())


def run(meddle: Once, patience: float = 3.0) -> Ended:
    stage = two_party()
    return run_threads(
        patient(deal(stage, 20), patience), values_for(stage), between={"bob": meddle}
    )


@pytest.mark.parametrize(
    ("meddle", "codes"),
    [
        (Drop(1), {"QDM853", "QDM850"}),
        pytest.param(Drop(3), {"QDM853", "QDM850"}, marks=pytest.mark.slow),
        (Repeat(1), {"QDM854"}),
        (Repeat(3), {"QDM854"}),
        (Garble(1), {"QDM852"}),
        (Garble(4), {"QDM852"}),
        pytest.param(Exchange(1), {"QDM853", "QDM850"}, marks=pytest.mark.slow),
        # silent, or one message lost and later ones seen
        pytest.param(Mute(2), {"QDM850", "QDM853"}, marks=pytest.mark.slow),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, Once) else "",
)
def test_messages_lost_repeated_altered_made_up_exchanged_late(
    meddle: Once, codes: set[str]
) -> None:
    ended = run(meddle)
    assert ended.found is None
    assert set(ended.problems) >= {"alice", "bob", "hardware", "reader"}  # nobody waits for ever
    assert ended.problems["bob"] in codes
    said = {v for k, v in ended.problems.items() if not k.endswith("says")}
    assert said <= codes | {"QDM850"}


def test_a_message_that_is_late_and_in_time_changes_nothing() -> None:
    stage = two_party()
    plain = run_threads(deal(stage, 20), values_for(stage))
    late = run(Delay(2), 10.0)
    assert plain.found is not None
    assert late.found is not None, late.problems
    assert late.found.tallies == plain.found.tallies


GREETINGS = 900  # bytes of a connection by which keys are agreed upon, at most


def test_a_byte_that_is_changed_on_the_way_is_seen() -> None:
    left = [1]

    def flip(passed: int, data: bytes) -> bytes:
        if passed < GREETINGS or not left:
            return data
        left.pop()
        return data[:-1] + bytes([data[-1] ^ 1])

    stage = two_party()
    dealt = patient(deal(stage, 20), 3.0)
    ended = run_threads(dealt, values_for(stage), between={"bob": Wire(flip)})
    assert not left and (ended.found, ended.problems["bob"]) == (None, "QDM852")


def test_what_goes_over_the_wire_is_encrypted_and_of_no_use_later() -> None:
    """Neither what an earlier run with the same keys sent, nor a stranger's messages, change a
    result: they are turned away."""
    stage = two_party()
    dealt = deal(stage, 20)
    heard: list[bytes] = []

    def listen(passed: int, data: bytes) -> bytes:
        heard.append(data)
        return data

    plain = run_threads(dealt, values_for(stage), between={"bob": Wire(listen)})
    said = b"".join(heard)
    assert plain.found is not None and len(said) > GREETINGS
    assert MAGIC not in said and dealt[BOB].digest.encode() not in said

    def intrude(passed: int, data: bytes) -> bytes:
        if passed == 0:
            strangers.append(replayed(wire, said))
            strangers.append(forged(wire, dealt[BOB]))
        return data

    strangers: list[Any] = []
    wire = Wire(intrude)
    again = run_threads(dealt, values_for(stage), between={"bob": wire})
    for stranger in strangers:
        stranger.close()
    assert again.found is not None, again.problems
    assert len(strangers) >= 6 and again.found.tallies == plain.found.tallies


def replayed(wire: Wire, said: bytes) -> socket.socket:
    """A connection to the process behind a wire that says what was heard before."""
    stranger = socket.create_connection(wire.target)
    stranger.sendall(said)
    return stranger


def forged(wire: Wire, target: Ticket) -> Any:
    """Somebody who knows the process's public key and address, and greets as alice would."""
    import zmq

    stranger: Any = zmq.Context.instance().socket(zmq.PUSH)
    stranger.setsockopt(zmq.LINGER, 0)
    stranger.curve_serverkey = zmq.utils.z85.encode(public_key(target.secret))
    stranger.curve_publickey, stranger.curve_secretkey = zmq.curve_keypair()
    stranger.connect(f"tcp://127.0.0.1:{wire.target[1]}")
    stranger.send(packed(MessageFrame(What.HELLO, ALICE, 0, 0, 0, target.digest.encode())))
    return stranger


def test_a_node_that_never_comes_is_waited_for_so_long() -> None:
    stage = two_party()
    ended = run_threads(patient(deal(stage, 5), 1.0), values_for(stage), absent=("bob",))
    assert ended.found is None
    assert {ended.problems[n] for n in ("alice", "hardware", "reader")} == {"QDM850"}
    assert "bob" in ended.problems["reader says"]


def test_another_program_is_told_by_its_hash() -> None:
    stage = two_party()
    other = qdsl.load("examples/two_party.qdm").compile(settings={"layers": 1}).scheduled
    right, wrong = deal(stage, 5), deal(other, 5)
    bob = replace(wrong[BOB], peers=right[BOB].peers, secret=right[BOB].secret)
    dealt = patient([right[ALICE], bob, *right[2:]], 3.0)
    single = dict(values_for(stage).single)
    ended = run_threads(dealt, ItemValues(single | {"b": np.zeros((1, 4))}, {}, 1))
    assert ended.found is None
    assert "QDM855" in ended.problems.values()
    assert set(ended.problems.values()) >= {"QDM855"}


def test_tickets_of_two_preparations_do_not_fit() -> None:
    stage = two_party()
    first, second = deal(stage, 5), deal(stage, 5)
    dealt = patient([first[ALICE], second[BOB], *first[2:]], 2.0)
    ended = run_threads(dealt, values_for(stage))
    assert ended.found is None
    assert "QDM852" in ended.problems.values()


def altered(ticket: Ticket, change: Any) -> Ticket:
    assert ticket.program is not None
    return replace(ticket, program=replace(ticket.program, steps=change(ticket.program.steps)))


def test_a_node_that_does_something_else_is_refused_by_the_hardware() -> None:
    stage = two_party()
    for change in (lambda s: s[1:], lambda s: s[:2] + s[3:]):
        dealt = list(patient(deal(stage, 5), 2.0))
        dealt[ALICE] = altered(dealt[ALICE], change)
        ended = run_threads(sealed(dealt), values_for(stage))
        assert ended.found is None
        assert {"QDM858", "QDM850"} & set(ended.problems.values())


def test_the_hardware_names_the_node_that_is_out_of_turn() -> None:
    from qdsl.runtime.service import _HostService

    ticket = deal(two_party(), 5)[HARDWARE]
    with pytest.raises(NotPossible, match=r"alice asks for \['pair', 2, 1, 0\] out of turn"):
        _HostService(Channel(ticket), ticket)._carry_out((ALICE,), [["pair", 2, 1, 0]])


def test_traffic_that_differs_from_the_report_is_no_result() -> None:
    stage = two_party()
    dealt = list(patient(deal(stage, 5), 3.0))
    reading = dealt[-1].reading
    assert reading is not None
    for field in ("classical_bits", "messages", "ebits", "disclosed_bits"):
        wrong = replace(reading.predicted, **{field: getattr(reading.predicted, field) + 1})
        disclosed = [*dealt[:-1], replace(dealt[-1], reading=replace(reading, predicted=wrong))]
        ended = run_threads(sealed(disclosed), values_for(stage))
        assert (ended.found, ended.problems["reader"]) == (None, "QDM856")


def test_both_ends_must_have_counted_the_same() -> None:
    stage = two_party()
    dealt = deal(stage, 5)
    names = {0: "alice", 1: "bob", 2: "hardware"}
    reading = dealt[-1].reading
    assert reading is not None
    both = {
        "sent_bits": 16 * 5 // 2,
        "received_bits": 16 * 5 // 2,
        "sent_messages": 20,
        "received_messages": 20,
        "pairs": 40,
    }
    counts: Any = {
        0: {k: {"bob": n} for k, n in both.items()},
        1: {k: {"alice": n} for k, n in both.items()},
        2: {"pairs": {"0 1": 40}},
    }
    found = compared(dealt[0].plan, reading.predicted, names, counts)
    assert (found.ebits, found.classical_bits, found.messages) == (40, 80, 40)
    for kind in both:
        wrong = json.loads(json.dumps(counts))
        wrong = {int(k): v for k, v in wrong.items()}
        wrong[0][kind]["bob"] += 1
        with pytest.raises(InvalidProgram):
            compared(dealt[0].plan, reading.predicted, names, wrong)


# ---- frames, tickets, values, hardware ---------------------------------------------------


def test_frames_are_read_back_and_others_refused() -> None:
    frame = MessageFrame(What.BITS, 1, 5, 2, 3, b"abc")
    data = packed(frame)
    assert unpacked(data, 1) == frame
    for wrong in (b"", b"x" * 40, data[:28], b"qdn1" + data[4:], data[:4] + b"\xff" + data[5:]):
        with pytest.raises(BadFrame):
            unpacked(wrong, 1)


def test_an_encryption_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zmq.has", lambda what: what != "curve")
    with pytest.raises(Refused, match="built without CURVE"):
        deal(two_party(), 5)


def test_tickets_are_read_back_and_others_refused() -> None:
    for ticket in deal(two_party(), 5):
        text = ticket_text(ticket)
        assert read_ticket(text) == ticket
        for wrong in ("", "{", "[]", "{}", text.replace(VERSION, "qdsl-nodes/0"),
                      text.replace('"patience_s":20.0', '"patience_s":"long"'),
                      text.replace('"index":', '"indx":'), "[" * 5000):  # fmt: skip
            with pytest.raises(NotReadable):
                read_ticket(wrong)


def test_damaged_tickets_are_read_or_refused() -> None:
    ticket = ticket_text(deal(two_party(), 5)[0])
    for seed in range(200):
        with contextlib.suppress(Refused):
            read_ticket(json.dumps(damaged(json.loads(ticket), seed)))


@pytest.mark.parametrize("name", ["items", "settings", "shots", "lanes", "patience_s", "index"])
@pytest.mark.parametrize("number", [10**400, 10**25, float("nan")])
def test_absurd_numbers_in_a_ticket_are_refused(name: str, number: float) -> None:
    document = json.loads(ticket_text(deal(two_party(), 5)[0]))
    (document["plan"] if name in document["plan"] else document)[name] = number
    with pytest.raises(Refused):
        read_ticket(json.dumps(document))


@pytest.mark.parametrize("place", ["bob", "carol=1.2.3.4:5", "bob=:5", "bob=h:", "bob=h:99999",
                                   "bob=a b:5", "bob=127.0.0.1:47100"])  # fmt: skip
def test_places_that_are_none_are_refused(place: str) -> None:
    with pytest.raises(Refused):
        addresses_of(("alice", "bob"), (place,))


def test_places_and_file_names() -> None:
    found = addresses_of(("alice", "bob"), ("bob=10.0.0.2:4711",))
    assert found == {"alice": "tcp://127.0.0.1:47100", "bob": "tcp://10.0.0.2:4711"}
    assert file_names(("a/b", "a b", "A_B", "")) == ("a_b", "a_b_", "A_B__", "_")


def test_a_node_takes_its_own_values_only() -> None:
    program = deal(two_party(), 5)[ALICE].program
    assert program is not None
    right = {"x": np.ones(4), "a": np.ones((2, 4))}
    assert own_values(program.vectors, right, 1)["a"].shape == (1, 8)
    assert own_values(program.vectors, right | {"x": np.ones((3, 4))}, 3)["x"].shape == (3, 4)
    more: Sequence[dict[str, Any]] = (
        {"x": np.ones(4)},
        right | {"b": np.ones(8)},
        right | {"x": np.ones(5)},
        right | {"x": np.ones((2, 4))},
        right | {"x": np.array([1, np.nan, 0, 0])},
    )
    for wrong in more:
        with pytest.raises(WrongNodeValues):
            own_values(program.vectors, wrong, 3)


@pytest.mark.parametrize("patience", [float("nan"), float("inf"), 0.0, -1.0])
def test_nobody_waits_for_ever(patience: float) -> None:
    with pytest.raises(Refused, match="patience"):
        replace(deal(two_party(), 5)[HARDWARE], patience_s=patience)


def test_a_process_may_listen_by_ipv6() -> None:
    try:
        with socket.socket(socket.AF_INET6) as there:
            there.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no loopback address of IPv6")
    channel = Channel(replace(deal(two_party(), 5)[HARDWARE], address="tcp://[::1]:*"))
    try:
        assert channel.listen().startswith("tcp://[::1]:")
    finally:
        channel.close()


def test_an_address_in_use_is_said() -> None:
    import zmq

    with zmq.Context() as context, context.socket(zmq.PULL) as taken:
        taken.bind("tcp://127.0.0.1:*")
        address = taken.getsockopt_string(zmq.LAST_ENDPOINT)
        ticket = replace(deal(two_party(), 5)[HARDWARE], address=address)
        with pytest.raises(InvalidProgram) as refused:
            take_part(ticket, {})
        assert refused.value.diagnostics[0].code == "QDM857"


def test_hardware_does_only_what_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    hardware = Hardware(3, np.random.default_rng(1))
    a, b, c = (0, 0), (1, 0), (1, 1)
    hardware.pair(a, b)
    for wrong in (
        lambda: hardware.begin(a),
        lambda: hardware.pair(a, c),
        lambda: hardware.measure(c),
        lambda: hardware.end(a),
    ):
        with pytest.raises(NotPossible):
            wrong()
    assert (hardware.measure(a) == hardware.measure(b)).all()
    hardware.end(a)
    monkeypatch.setattr("qdsl.runtime.hardware.MAX_AMPLITUDES", 2**10)
    wide = Hardware(4, np.random.default_rng(1))
    for k in range(20):
        wide.begin((0, k))
    with pytest.raises(EntanglementTooLarge):
        for k in range(19):
            wide.rotate("ZZ", 0.1, [(0, k), (0, k + 1)], None)


def test_problems_travel_and_come_back() -> None:
    for problem in (PeerSilent("a", "b", 1.0, "x"), HardwareRefuses("y")):
        assert from_plain(problem.to_plain()) == problem
    for wrong in ({}, {"code": "QDM850"}, {"code": "QDM001"}, {"code": "QDM850", "x": 1}):
        assert from_plain(wrong) is None
