"""Tickets that were changed, exchanged, exposed or kept too long are refused; a changed one whose
owner sealed it anew is refused by the peers."""

from __future__ import annotations

import json
import os
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from qdsl.backends.nodes import ticket as tickets_of_a_run
from qdsl.backends.nodes.codec import NotReadable, plain, read
from qdsl.backends.nodes.ticket import Ticket, _seal, load_ticket, read_ticket, ticket_text
from qdsl.diagnostics.request_error import Refused
from tests.qdsl.runtime.test_faults import ALICE, BOB, two_party
from tests.qdsl.runtime.threads import deal, patient, run_threads, values_for


def flipped(text: str, choose: random.Random) -> str:
    """One bit of the text is another."""
    data = bytearray(text.encode())
    data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
    return data.decode("latin-1")


def renumbered(text: str, choose: random.Random) -> str:
    """One number is another."""
    found = choose.choice(list(re.finditer(r"-?\d+(\.\d+)?", text)))
    return text[: found.start()] + str(choose.randrange(1000, 9999)) + text[found.end() :]


def exchanged(text: str, other: str, choose: random.Random) -> str:
    """One entry is that of another ticket."""
    here, there = json.loads(text), json.loads(other)
    name = choose.choice([k for k in here if here[k] != there[k]])
    return json.dumps(here | {name: there[name]}, separators=(",", ":"), sort_keys=True)


@pytest.mark.slow
def test_of_a_thousand_changed_tickets_none_is_accepted() -> None:
    choose = random.Random(20)
    dealt = [ticket_text(t) for t in deal(two_party(), 20)]
    accepted = []
    for k in range(1000):
        text, other = choose.sample(dealt, 2)
        changes = (flipped(text, choose), renumbered(text, choose), exchanged(text, other, choose))
        try:
            read_ticket(changes[k % 3])
        except Refused:
            continue
        accepted.append(changes[k % 3])
    assert accepted == []


def resealed(ticket: Ticket) -> Ticket:
    """What the owner of a ticket can do, who has its key."""
    return replace(ticket, seal=_seal(ticket))


def turned(ticket: Ticket, choose: random.Random) -> Ticket | None:
    """One number of the program's steps is another; None if that is no program."""
    assert ticket.program is not None
    document = plain(replace(ticket, seal=""))
    text = json.dumps(document["program"]["steps"], separators=(",", ":"), sort_keys=True)
    try:
        document["program"]["steps"] = json.loads(renumbered(text, choose))
        found = read(Ticket, document)
    except (ValueError, Refused):
        return None
    assert isinstance(found, Ticket)
    return resealed(found)


@pytest.mark.slow
def test_a_program_that_its_owner_changed_and_sealed_anew_is_refused_by_the_peers() -> None:
    stage, choose = two_party(), random.Random(3)
    refused = 0
    while refused < 3:
        dealt = list(patient(deal(stage, 20), 1.0))
        changed = turned(dealt[BOB], choose)
        if changed is None:
            continue
        dealt[BOB] = changed
        assert read_ticket(ticket_text(changed)) == changed
        ended = run_threads(dealt, values_for(stage))
        assert ended.found is None
        assert ended.problems["alice"] == ended.problems["reader"] == "QDM855"
        assert "bob runs" in ended.problems["reader says"]
        refused += 1


def test_a_changed_expiry_or_plan_is_refused_by_the_peers() -> None:
    stage = two_party()
    for change in ({"expires": 2**40}, {"digest": "0" * 64}):
        dealt = list(patient(deal(stage, 20), 1.0))
        dealt[ALICE] = resealed(replace(dealt[ALICE], **change))
        ended = run_threads(dealt, values_for(stage))
        assert (ended.found, ended.problems["reader"]) == (None, "QDM855")


def test_a_ticket_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = deal(two_party(), 20)[ALICE]
    text = ticket_text(ticket)
    monkeypatch.setattr(tickets_of_a_run, "time", lambda: ticket.expires - 1)
    assert read_ticket(text) == ticket
    monkeypatch.setattr(tickets_of_a_run, "time", lambda: ticket.expires)
    with pytest.raises(NotReadable, match=r"expired at 20\d\d-"):
        read_ticket(text)


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
def test_a_ticket_that_others_may_open_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "alice.ticket"
    ticket = deal(two_party(), 20)[ALICE]
    path.write_text(ticket_text(ticket))
    for mode in (0o644, 0o640, 0o604, 0o620):
        path.chmod(mode)
        with pytest.raises(NotReadable, match="others may open it"):
            load_ticket(path)
    path.chmod(0o600)
    assert load_ticket(path) == ticket
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(NotReadable, match="no ordinary file"):
        load_ticket(path)
