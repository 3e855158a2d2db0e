"""What `qdsl node` does: one process's part, by its ticket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qdsl.backends.nodes.ticket import Ticket
from qdsl.backends.nodes.values import own_values
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.runtime.channel import Channel
from qdsl.runtime.errors import HardwareRefuses, NodeProblem
from qdsl.runtime.guest import run_guest
from qdsl.runtime.host import run_host
from qdsl.runtime.party import run_party
from qdsl.runtime.reader import Collected, OnRound, run_reader
from qdsl.runtime.service import run_hardware

Addresses = Callable[[str], Mapping[int, str]]


def take_part(
    ticket: Ticket,
    values: Mapping[str, Any],
    addresses: Addresses | None = None,
    on_round: OnRound | None = None,
) -> Collected | None:
    """Run one node, the hardware or the reader to its end; only the reader finds something.

    `addresses` is told the address at which this process listens, and gives those of the peers.
    InvalidProgram where something goes wrong on the way; the peers are told.
    """
    own = _checked(ticket, values)
    channel = Channel(ticket)
    try:
        here = channel.listen()
        channel.connect(addresses(here) if addresses is not None else None)
        if ticket.reading is not None:
            return run_reader(channel, ticket, on_round)
        if ticket.timetable is not None:
            (run_hardware if ticket.runtime is None else run_host)(channel, ticket)
        else:
            (run_party if ticket.runtime is None else run_guest)(channel, ticket, own)
        return None
    except InvalidProgram as error:
        channel.fail(_own_problem(error))
        raise
    finally:
        channel.close()


def _checked(ticket: Ticket, values: Mapping[str, Any]) -> dict[str, Any]:
    vectors = ticket.program.vectors if ticket.program is not None else ()
    return own_values(vectors, values, ticket.plan.items)


def _own_problem(error: InvalidProgram) -> NodeProblem:
    """What the peers are told: the problem itself, without anything of this node's values."""
    problem = error.diagnostics[0]
    if isinstance(problem, NodeProblem):
        return problem
    return HardwareRefuses("a node's values cannot be encoded")
