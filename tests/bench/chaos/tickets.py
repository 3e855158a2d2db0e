"""Changed tickets: none is accepted; what its owner seals anew is refused by the peers."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import time

from qdsl.backends.nodes.ticket import Ticket, read_ticket, sealed, ticket_text
from qdsl.diagnostics.request_error import Refused
from tests.bench.chaos.findings import Finding
from tests.qdsl.runtime.test_faults import BOB, two_party
from tests.qdsl.runtime.test_tickets import exchanged, flipped, renumbered, turned
from tests.qdsl.runtime.threads import deal, patient, run_threads, values_for

Session = Sequence[str]
Change = Callable[[Session, Session, random.Random], str]


def byte(own: Session, other: Session, choose: random.Random) -> str:
    text = choose.choice(own)
    at = choose.randrange(len(text))
    return text[:at] + choose.choice([c for c in map(chr, range(1, 127)) if c != text[at]]) + (
        text[at + 1 :]
    )  # fmt: skip


def truncated(own: Session, other: Session, choose: random.Random) -> str:
    text = choose.choice(own)
    return text[: choose.randrange(len(text) - 2)]


def expired(own: Session, other: Session, choose: random.Random) -> str:
    """Rightly sealed, by a whole session that ended a while ago."""
    dealt = [read_ticket(text) for text in own]
    past = int(time()) - choose.randrange(10**6)
    return ticket_text(choose.choice(sealed([replace(t, expires=past) for t in dealt])))


def mixed(own: Session, choose: random.Random) -> str:
    one, other = choose.sample(list(own), 2)
    return exchanged(one, other, choose)


CHANGES: dict[str, Change] = {
    "a bit is another": lambda own, other, c: flipped(c.choice(own), c),
    "a byte is another": byte,
    "a number is another": lambda own, other, c: renumbered(c.choice(own), c),
    "a field of another ticket": lambda own, other, c: mixed(own, c),
    "a field of another session": lambda own, other, c: exchanged(c.choice(own), c.choice(other),
                                                                  c),
    "expired": expired,
    "truncated": truncated,
}  # fmt: skip


def trials(count: int, seed: int, in_runs: int) -> list[Finding]:
    """`count` changed texts are read; `in_runs` changed tickets of each kind take part in runs."""
    choose = random.Random(seed)
    own, other = ([ticket_text(t) for t in deal(two_party(), 20, k)] for k in (1, 2))
    accepted = dict.fromkeys(CHANGES, 0)
    for k in range(count):
        name = list(CHANGES)[k % len(CHANGES)]
        accepted[name] += _is_accepted(CHANGES[name](own, other, choose), own)
    tried = {name: len(range(k, count, len(CHANGES))) for k, name in enumerate(CHANGES)}
    found = [
        Finding(f"ticket changed: {name}", tried[name], accepted[name], "refused by `qdsl node`")
        for name in CHANGES
    ]
    return [*found, *_in_runs(in_runs, choose)]


def _is_accepted(text: str, originals: Session) -> bool:
    """Whether it is read, and is not one of those that were written, line ends aside."""
    try:
        return ticket_text(read_ticket(text)) not in originals
    except Refused:
        return False


def _in_runs(count: int, choose: random.Random) -> list[Finding]:
    """Tickets that their own process takes, and the others must not."""
    stage = two_party()
    changed = others = 0
    for k in range(count):
        dealt = list(patient(deal(stage, 20, k), 1.0))
        while (new := turned(dealt[BOB], choose)) is None:
            pass
        changed += _gives_a_result([*dealt[:BOB], new, *dealt[BOB + 1 :]])
        foreign = patient(deal(stage, 20, k), 1.0)[BOB]
        others += _gives_a_result([*dealt[:BOB], foreign, *dealt[BOB + 1 :]])
    return [
        Finding("program changed and sealed anew by its owner", count, changed, "refused by peers"),
        Finding("whole ticket of another session", count, others, "refused by peers"),
    ]


def _gives_a_result(dealt: Sequence[Ticket]) -> bool:
    return run_threads(dealt, values_for(two_party())).found is not None
