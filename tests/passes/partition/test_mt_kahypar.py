"""Starts by the partitioning library."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from qdsl.cli.commands import cli
from qdsl.ir.stages import Circuit
from qdsl.network.network import Link, Network, Node, topology
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition import mt_kahypar as library
from qdsl.passes.partition.mt_kahypar import PartitionerMissing, library_starts
from qdsl.passes.partition.partition import Partition
from qdsl.passes.partition.segments import Segments, segments
from qdsl.passes.partition.timeline import timeline
from qdsl.studies.bench.circuits import frozen
from qdsl.verify.translation import validate
from tests.build import circuit
from tests.sources import EXAMPLES

pytest.importorskip("mtkahypar", reason="no wheel of Mt-KaHyPar for this platform")

FOUR = topology("complete", (4,), Node("", 3, 9), Link(0, 1))


def graph_of(source: Circuit) -> Segments:
    graph = segments(source, timeline(source))
    assert graph is not None
    return graph


def canonical(family: str, n: int, network: Network) -> Circuit:
    return Canonicalize().run(frozen(family, n).circuit(network))


def test_starts_fit_the_room_and_depend_on_the_seed_alone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    graph = graph_of(canonical("draper", 10, FOUR))
    starts, again = (list(library_starts(graph, FOUR, 3, 5)) for _ in range(2))
    assert capfd.readouterr() == ("", "")
    assert all(np.array_equal(a, b) for a, b in zip(starts, again, strict=True))
    assert len({s.tobytes() for s in starts}) > 1
    for start in starts:
        assert np.bincount(start[:10], minlength=4).max() <= 3
        for s, follower in enumerate(graph.follower.tolist()):
            assert follower < 0 or start[s] == start[follower]


def test_pinned_operations_stay_where_they_are() -> None:
    rows = [("cz", (0, 1)), ("cz", (1, 2)), ("h", (1,)), ("cz", (1, 3))]
    source = circuit(4, rows, network=FOUR, pins={0: 2})
    graph = graph_of(source)
    pinned = np.flatnonzero(graph.fixed >= 0)
    assert len(pinned)
    for start in library_starts(graph, FOUR, 0, 3):
        assert (start[pinned] == 2).all()


@pytest.mark.slow
def test_they_find_what_annealing_misses() -> None:
    wide = topology("complete", (4,), Node("", 9, 99), Link(0, 1))
    source = canonical("draper", 32, wide)
    program = InsertCommunication().run(Partition(library_starts=30).run(source))
    assert int(program.table.codes("ebit").sum()) <= 19
    assert validate(source, program).equal


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mtkahypar", None)
    library._library.cache_clear()
    with pytest.raises(PartitionerMissing, match=r"qdsl-compiler\[partition\]"):
        Partition(library_starts=2).run(canonical("ghz", 8, FOUR))


def test_the_flag_of_compile_takes_a_number() -> None:
    asked = ["compile", str(EXAMPLES / "qft.qdm"), "-q", "--json", "--library-starts"]
    plain, more = (json.loads(CliRunner().invoke(cli, [*asked, n]).output) for n in ("0", "4"))
    assert more["cost"]["ebits"] <= plain["cost"]["ebits"]
    assert CliRunner().invoke(cli, [*asked, "some"]).exit_code == 2
