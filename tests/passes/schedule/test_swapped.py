"""Paths of swapped pairs on links with cut-offs: their ends wait until they have been swapped."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from qdsl.analysis.critical_path import critical_path
from qdsl.diagnostics.diagnostic import InternalError
from qdsl.ir.pairs import pair_times
from qdsl.ir.rules import verify
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.ir.swapped import limited_paths
from qdsl.network.models import LinkModel
from qdsl.network.network import Link, Network
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.schedule.clock import in_listed_order, in_program_order
from qdsl.passes.schedule.schedule import Schedule
from tests.build import circuit, network

LATENCY = 70


def along(
    times: Sequence[int], cutoffs: Sequence[int | None], comm: int = 2, latency: int = LATENCY
) -> Network:
    """A line whose links make a pair in so many ns, and throw it away at such an age."""
    where = network("line", len(times) + 1, 1, comm, Link(0, 1))
    links = tuple(
        replace(x, rate_hz=1e9 / t, latency_ns=latency, model=LinkModel(cutoff_ns=c))
        for x, t, c in zip(where.links, times, cutoffs, strict=True)
    )
    return replace(where, links=links)


def distributed(where: Network) -> DistributedCircuit:
    """One gate between the qubits at both ends."""
    pins = {0: 0, 1: len(where.nodes) - 1}
    lines = [("h", (0,)), ("h", (1,)), ("cx", (0, 1))]
    source = circuit(2, lines, network=where, pins=pins)
    return InsertCommunication().run(Partition().run(source))


def scheduled(
    program: DistributedCircuit, policy: Literal["asap", "alap"] = "asap"
) -> ScheduledCircuit:
    made = Schedule(policy=policy).run(program)
    verify(made, "schedule")
    return made


def test_only_paths_with_a_cutoff_wait() -> None:
    free = limited_paths(distributed(along([500, 5000], [None, None])))
    assert [len(x) for x in (free.swap, free.pair, free.use, free.bit)] == [0, 0, 0, 0]
    held = limited_paths(distributed(along([500, 400, 5000], [None, 10**6, None])))
    assert len(held.swap) == 2 * 3  # two swaps, three pairs
    assert len(set(held.use.tolist())) == 2 and len(held.use) == 2 * 4  # two ends, four bits


@pytest.mark.parametrize("policy", ["asap", "alap"])
@pytest.mark.parametrize("cutoff", [1000, 4600, 10**6])
def test_the_ends_are_used_after_the_swap(cutoff: int, policy: Literal["asap", "alap"]) -> None:
    """However long the cut-off is; without one the near end uses its pair at once."""
    ir = scheduled(distributed(along([500, 5000], [cutoff, None])), policy)
    paths = limited_paths(ir.distributed)
    assert ir.start_ns[paths.swap].tolist() == [5000, 5000]
    reads = np.flatnonzero(np.isin(ir.distributed.table.attr, paths.bit))
    heard = ir.end_ns[reads[ir.distributed.table.codes("measure")[reads]]].max() + LATENCY
    assert sorted(ir.start_ns[np.unique(paths.use)])[0] == heard
    pairs = pair_times(ir)
    limit = np.array([cutoff, 10**9])[pairs.link]
    assert (ir.start_ns[pairs.use] - pairs.born <= limit).all()
    plain = scheduled(distributed(along([500, 5000], [None, None])))
    assert pair_times(plain).known[0] == plain.start_ns[pair_times(plain).use[0]] == 500


def test_the_makespan_does_not_depend_on_the_cutoff_where_pairs_are_made_again_in_time() -> None:
    spans = {
        scheduled(distributed(along([500, 5000], [c, None]))).makespan_ns
        for c in (600, 1000, 4400, 4600, 10**6)
    }
    assert len(spans) == 1


def test_swaps_of_a_path_happen_together() -> None:
    """The first two pairs wait for the third; all are young enough then."""
    ir = scheduled(distributed(along([500, 600, 5000], [900, 10**6, None], 3)))
    paths = limited_paths(ir.distributed)
    assert set(ir.start_ns[paths.swap].tolist()) == {5000}
    pairs = pair_times(ir)
    assert (5000 - pairs.born).tolist()[0] <= 900


def test_the_critical_path_adds_up() -> None:
    ir = scheduled(distributed(along([500, 600, 5000], [900, 10**6, None], 3)))
    path = critical_path(ir)
    assert path.total == ir.makespan_ns
    assert (path.links, path.waiting) == (5000, 0)
    assert path.messages >= 2 * LATENCY


def test_an_old_half_at_a_later_swap_trips_the_rule() -> None:
    """The second swap is put off, with the pair that it meets first there: that is fresh, the
    other is not, although its other half was swapped in time."""
    ir = scheduled(distributed(along([500, 600, 700], [None, 5000, 5000], 3)))
    table = ir.distributed.table
    second = int(np.unique(limited_paths(ir.distributed).swap)[-1])
    late = np.arange(len(table)) >= second
    late[pair_times(ir).row[-1]] = True
    start, end = ir.start_ns + 20_000 * late, ir.end_ns + 20_000 * late
    with pytest.raises(InternalError) as error:
        verify(replace(ir, start_ns=start, end_ns=end), "test")
    assert error.value.rule == "pair-used-before-cutoff"


def test_an_end_that_is_used_too_soon_trips_the_rule() -> None:
    ir = scheduled(distributed(along([500, 5000], [None, None])))
    limited = along([500, 5000], [10**6, None])
    placed = replace(ir.distributed.placed, network=limited)
    with pytest.raises(InternalError) as error:
        verify(replace(ir, distributed=replace(ir.distributed, placed=placed)), "test")
    assert error.value.rule == "swapped-pair-held-back"


@pytest.mark.parametrize("seed", range(10))
def test_rules_hold_on_random_programs(seed: int) -> None:
    chance = random.Random(seed)
    where = network(chance.choice(["line", "ring"]), 5, 2, chance.choice([2, 3]), Link(0, 1))
    links = tuple(
        replace(x, rate_hz=chance.choice([1e6, 1e5, 3e5]), latency_ns=chance.randint(0, 900),
                model=LinkModel(cutoff_ns=chance.choice([None, 4000, 20_000, 10**6]),
                                buffer=chance.choice([0, 0, 2]), herald_ns=chance.choice([0, 300])))
        for x in where.links
    )  # fmt: skip
    lines = [("cx", tuple(chance.sample(range(10), 2))) for _ in range(20)]
    source = circuit(10, lines, network=replace(where, links=links))
    program = InsertCommunication().run(Partition(effort=0).run(source))
    assert len(limited_paths(program).swap)
    for made in (in_program_order(program), in_program_order(in_listed_order(program))):
        verify(made, "schedule")
    policies: tuple[Literal["asap", "alap"], ...] = ("asap", "alap")
    for policy in policies:
        made = scheduled(program, policy)
        path = critical_path(made)
        assert path.total == made.makespan_ns
        assert min(path.links, path.messages, path.gates, path.waiting) >= 0
