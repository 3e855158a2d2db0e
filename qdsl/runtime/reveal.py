"""Values told to other nodes, once an item: `reveal` on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from qdsl.backends.nodes.program import Learn, Tell
from qdsl.backends.nodes.ticket import Ticket
from qdsl.backends.nodes.values import Floats, disclosed_bits, disclosed_body, disclosed_from
from qdsl.runtime.channel import Channel
from qdsl.runtime.errors import MessageForged, failed
from qdsl.runtime.frames import What
from qdsl.runtime.traffic import Traffic


def tell_one(
    channel: Channel, ticket: Ticket, step: Tell, address: tuple[int, int], numbers: Floats
) -> int:
    """Send a vector; `address` is the round and the number of the reveal to this peer. Returns
    its bits."""
    assert ticket.program is not None
    vector, (turn, number) = ticket.program.vector(step.vector), address
    body = disclosed_body(vector, numbers)
    channel.send(ticket.peer(step.peer).index, What.VALUES, turn, number, body)
    return disclosed_bits(vector)


def learn_one(channel: Channel, ticket: Ticket, step: Learn, address: tuple[int, int]) -> Floats:
    """Wait for a vector that a peer tells."""
    assert ticket.program is not None
    vector, (turn, number) = ticket.program.vector(step.vector), address
    body = channel.wait(ticket.peer(step.peer).index, What.VALUES, turn, number)
    try:
        return disclosed_from(vector, body)
    except ValueError as error:
        raise failed(MessageForged(ticket.name, step.peer, str(error))) from None


def reveal_all(
    channel: Channel, ticket: Ticket, numbers: Mapping[str, Floats], turn: int, traffic: Traffic
) -> dict[str, Floats]:
    """All reveals of an item at once: first what this node tells, then what it is told."""
    assert ticket.program is not None
    steps = [s for s in ticket.program.steps if isinstance(s, Tell | Learn)]
    counted: Counter[str] = Counter()
    addressed = []
    for step in steps:
        addressed.append((step, (turn, counted[step.peer])))
        counted[step.peer] += 1
    found: dict[str, Floats] = {}
    for step, address in addressed:
        if isinstance(step, Tell):
            bits = tell_one(channel, ticket, step, address, numbers[step.vector])
            traffic.disclosed_bits[step.peer] += bits
    for step, address in addressed:
        if isinstance(step, Learn):
            found[step.vector] = learn_one(channel, ticket, step, address)
            traffic.learnt_bits[step.peer] += disclosed_bits(ticket.program.vector(step.vector))
    return found
