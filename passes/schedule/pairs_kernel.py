"""The compiled loops of how links make pairs: integers only, the same with and without the
compiler."""

from __future__ import annotations

from qdsl.ir.jit import compiled
from qdsl.passes.schedule.clock_records import ClockRows, ClockState, Column, PairState

PATIENCE = 1000  # how often a use waits for pairs that go on expiring, one after another


@compiled
def soonest(free: Column, first: int, count: int) -> int:
    """Which of some entries is least."""
    found = first
    for k in range(first + 1, first + count):
        if free[k] < free[found]:
            found = k
    return found


@compiled
def channel_of(pairs: PairState, link: int) -> int:
    """The channel of a link that is free first."""
    found: int = soonest(pairs.channel_free, pairs.first_channel[link], pairs.channels[link])
    return found


@compiled
def last_channel(pairs: PairState, link: int, known: int) -> int:
    """A channel of a link that made a pair last that was known then, or -1."""
    first = pairs.first_channel[link]
    for k in range(first, first + pairs.channels[link]):
        if pairs.channel_free[k] == known - pairs.lead[link]:
            return k
    return -1


@compiled
def lane_of(pairs: PairState, node: int) -> int:
    """The lane of a node that is free first."""
    found: int = soonest(pairs.lane_free, pairs.first_lane[node], pairs.lanes[node])
    return found


@compiled
def after_distilling(pairs: PairState, link: int, time: int) -> int:
    """When both ends of a link have room to distil, at a time or later."""
    if pairs.ends[2 * link] >= 0:
        time = max(time, pairs.lane_free[lane_of(pairs, pairs.ends[2 * link])])
        time = max(time, pairs.lane_free[lane_of(pairs, pairs.ends[2 * link + 1])])
    return time


@compiled
def distil_until(pairs: PairState, link: int, time: int) -> None:
    """Both ends of a link have a pair in the making until a time."""
    if pairs.ends[2 * link] >= 0:
        for k in range(2 * link, 2 * link + 2):
            pairs.lane_free[lane_of(pairs, pairs.ends[k])] = time


@compiled
def has_last_lanes(pairs: PairState, link: int, known: int) -> bool:
    """Was a pair that was known then the last in its lanes at both ends?"""
    for k in range(2 * link, 2 * link + 2):
        node = pairs.ends[k]
        if node >= 0:
            is_last = False
            for lane in range(pairs.first_lane[node], pairs.first_lane[node] + pairs.lanes[node]):
                is_last = is_last or pairs.lane_free[lane] == known
            if not is_last:
                return False
    return True


@compiled
def move_lanes(pairs: PairState, link: int, known: int, time: int) -> None:
    """The pair that was the last in its lanes takes them until a later time."""
    for k in range(2 * link, 2 * link + 2):
        node = pairs.ends[k]
        if node >= 0:
            lane = pairs.first_lane[node]
            while pairs.lane_free[lane] != known:
                lane += 1
            pairs.lane_free[lane] = time


@compiled
def postpone(rows: ClockRows, pairs: PairState, pair: int, time: int) -> int:
    """Makes a pair later, so that it is there at a time or soon after it; when it is known. The
    times of all others stay."""
    link = rows.link[pair]
    known = pairs.known[pair]
    channel = last_channel(pairs, link, known)
    if channel >= 0 and has_last_lanes(pairs, link, known):
        move_lanes(pairs, link, known, time)
    else:
        channel = channel_of(pairs, link)
        begins = after_distilling(pairs, link, pairs.channel_free[channel])
        time = max(time, begins + rows.making[pair])
        distil_until(pairs, link, time)
    pairs.channel_free[channel] = time - pairs.lead[link]
    pairs.known[pair] = time
    return time


@compiled
def make_again(rows: ClockRows, pairs: PairState, pair: int) -> int:
    """Makes a pair again that was thrown away at its cut-off, in a random time; when it is
    known."""
    link = rows.link[pair]
    gone = pairs.known[pair] - pairs.herald[link] + pairs.cutoff[link]
    channel = channel_of(pairs, link)
    drawn = pairs.drawn[link * pairs.draws + pairs.next_draw[link] % pairs.draws]
    pairs.next_draw[link] += 1
    pairs.thrown[link] += 1
    begins = after_distilling(pairs, link, max(pairs.channel_free[channel], gone))
    pairs.known[pair] = begins + drawn
    distil_until(pairs, link, pairs.known[pair])
    pairs.channel_free[channel] = pairs.known[pair] - pairs.lead[link]
    known: int = pairs.known[pair]
    return known


@compiled
def renew(rows: ClockRows, pairs: PairState, pair: int, time: int, is_patient: bool) -> int:
    """Makes a pair again until it can be used at a time or later; when."""
    link = rows.link[pair]
    tries = 0
    while time - pairs.known[pair] + pairs.herald[link] > pairs.cutoff[link]:
        if pairs.is_random and is_patient and tries < PATIENCE:
            time = max(time, make_again(rows, pairs, pair))
        else:
            time = postpone(rows, pairs, pair, time)
        tries += 1
    return time


@compiled
def begin_pair(rows: ClockRows, pairs: PairState, row: int, start: int) -> int:
    """When a pair's row starts whose communication qubits are free at a time: its making, or for
    pairs from a buffer their being taken out of it."""
    link = rows.link[row]
    channel = channel_of(pairs, link)
    if not pairs.places[link]:
        begins: int = after_distilling(pairs, link, max(start, pairs.channel_free[channel]))
        return begins
    place = soonest(pairs.place_free, pairs.first_place[link], pairs.places[link])
    begun = max(pairs.channel_free[channel], pairs.place_free[place])
    pairs.known[row] = begun + rows.making[row]
    pairs.channel_free[channel] = pairs.known[row] - pairs.lead[link]
    start = max(start, pairs.known[row])
    if pairs.cutoff[link] >= 0:
        start = renew(rows, pairs, row, start, True)
    pairs.place_free[place] = start
    return start


@compiled
def finish_pair(rows: ClockRows, pairs: PairState, row: int, end: int) -> None:
    link = rows.link[row]
    if not pairs.places[link]:
        pairs.known[row] = end
        pairs.channel_free[channel_of(pairs, link)] = end - pairs.lead[link]
        distil_until(pairs, link, end)
    if pairs.has_cutoff:
        for k in range(rows.start[row], rows.start[row + 1]):
            pairs.pair_of[rows.operands[k]] = row


@compiled
def is_unused(rows: ClockRows, pairs: PairState, pair: int) -> bool:
    """Does a wire still hold a pair that no row has used?"""
    found: bool = pairs.pair_of[rows.operands[rows.start[pair]]] == pair
    return found


@compiled
def mark_used(rows: ClockRows, now: ClockState, pairs: PairState, pair: int, time: int) -> None:
    """A pair is used; no row uses its halves before a time."""
    for j in range(rows.start[pair], rows.start[pair + 1]):
        wire = rows.operands[j]
        pairs.pair_of[wire] = -1
        now.wire_free[wire] = max(now.wire_free[wire], time)


@compiled
def use_pairs(rows: ClockRows, now: ClockState, pairs: PairState, row: int, start: int) -> int:
    """When a row starts that could at a time, and needs all pairs that it uses to be fresh; a swap
    those of its whole path, which are used then."""
    before, tries = start - 1, 0
    while before < start and tries < 2 * PATIENCE:
        before, is_patient = start, tries < PATIENCE
        for k in range(rows.start[row], rows.start[row + 1]):
            pair = pairs.pair_of[rows.operands[k]]
            if pair >= 0 and pairs.cutoff[rows.link[pair]] >= 0:
                start = renew(rows, pairs, pair, start, is_patient)
        for k in range(rows.first_path[row], rows.first_path[row + 1]):
            pair = rows.path[k]
            if is_unused(rows, pairs, pair):
                start = max(start, pairs.known[pair])
                if pairs.cutoff[rows.link[pair]] >= 0:
                    start = renew(rows, pairs, pair, start, is_patient)
        tries += 1
    for k in range(rows.first_path[row], rows.first_path[row + 1]):
        if is_unused(rows, pairs, rows.path[k]):
            mark_used(rows, now, pairs, rows.path[k], start)
    for k in range(rows.start[row], rows.start[row + 1]):
        pair = pairs.pair_of[rows.operands[k]]
        if pair >= 0:
            mark_used(rows, now, pairs, pair, pairs.known[pair])
    return start
