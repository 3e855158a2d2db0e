"""The pass `partition`: a node for every qubit at every time, and for every operation."""

from __future__ import annotations

from dataclasses import field, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from qdsl.ir.node_order import in_node_order
from qdsl.ir.search_watch import watch, while_wanted
from qdsl.ir.stages import Circuit, PlacedCircuit
from qdsl.network.network import Network, Node
from qdsl.network.prices import Objective, priced
from qdsl.passes.canonicalize.writing import is_too_wide, narrow, renumbered
from qdsl.passes.insert_communication.insertion import inserted
from qdsl.passes.partition.better_links import over_better_links, over_better_nodes
from qdsl.passes.partition.block_order import in_block_order
from qdsl.passes.partition.candidates import of_wide_gates, rewritings
from qdsl.passes.partition.connected import at_least
from qdsl.passes.partition.errors import too_many_qubits
from qdsl.passes.partition.greedy import Trajectories
from qdsl.passes.partition.improve import from_blocks, from_library, improved, seldom_served
from qdsl.passes.partition.plugin_starts import plugin_starts
from qdsl.passes.partition.result import beginning, placed, with_names, with_numbers
from qdsl.passes.partition.search import MOST_NODES, best_trajectories
from qdsl.passes.partition.timeline import timeline
from qdsl.records import dataclass

WORK_PER_SECOND = 300_000_000  # of annealing, about, on one core of 2024
LONGEST_S = 86_400
COMPARED_ROWS = 100_000
FEW_ROWS = 2000  # of a program that is also placed with no effort


@dataclass(frozen=True, slots=True)
class Partition:
    """Choose homes, residences and sites so that few ebits are needed.

    For the makespan or the fidelity links have prices, the time of a pair or what it loses, and
    what is needed is cheap.

    Deterministic for a seed. A circuit on no network gets one node that holds everything.
    Raises InvalidProgram (QDM601 to QDM605) if the network cannot run the program.
    """

    name: ClassVar[str] = "partition"

    seed: int = field(default=0, metadata={"help": "Seed of the random starts"})
    effort: int = field(default=1, metadata={"help": "Effort of the search: 0, 1, 2, ..."})

    time_limit: int = field(
        default=0,
        metadata={
            "help": "CPU seconds of annealing, about: counted in steps, so that results are the "
            "same on every machine; 0: set by the effort"
        },
    )

    gates_per_ebit: int = field(
        default=0,
        metadata={"help": "Most gates that one ebit may serve (lifetime of a pair); 0: no limit"},
    )

    library_starts: int = field(
        default=0,
        metadata={
            "help": "Also try this many starts by Mt-KaHyPar "
            "(`pip install 'qdsl-compiler[partition]'`)"
        },
    )

    partitioner: str = field(
        default="none",
        metadata={"help": "Also start from the homes that this plug-in finds"},
    )

    optimise: Objective = field(
        default="ebits", metadata={"help": "What to optimise in the whole compilation"}
    )

    def run(self, ir: Circuit) -> PlacedCircuit:
        with watch().searching():
            return in_node_order(self._run, ir)

    def _run(self, ir: Circuit) -> PlacedCircuit:
        network = ir.network or _one_node(ir)
        found = self._placed_on(priced(network, self.optimise), ir)
        return found if found.network is network else replace(found, network=network)

    def _placed_on(self, network: Network, ir: Circuit) -> PlacedCircuit:
        if ir.n_qubits > network.qubits:
            raise too_many_qubits(ir, network)
        if not 1 < len(network.nodes) <= MOST_NODES:
            return self._placed(narrow(ir), network, ir)
        whole, number = renumbered(ir)
        called = whole
        if is_too_wide(whole):  # how gates are written depends on what their qubits are called
            called, again = renumbered(narrow(whole))
            whole, number = with_numbers(whole, again), again[number]
        return with_names(self._placed(called, network, whole), number)

    def _placed(self, ir: Circuit, network: Network, whole: Circuit) -> PlacedCircuit:
        """The best placement of a circuit; `whole`: it with its wide gates whole."""
        times = timeline(ir)
        least = _at_least(ir, network)
        found = best_trajectories(ir, network, times, self.seed, self.effort, least)
        candidates = self._improved(ir, network, found, least)
        homes = candidates[0].home.tolist()
        others = rewritings(ir, network, homes, self.seed, self.effort)
        for other, start in while_wanted(others):
            candidates += self._improved(other, network, start, _at_least(other, network))
        candidates += self._by_blocks(ir, network)
        if self.effort > 0 and len(ir.table) <= FEW_ROWS:  # more effort is never worse
            plain = replace(self, effort=0, time_limit=0, library_starts=0)
            candidates.append(plain._placed(ir, network, whole))
        for start in plugin_starts(self.partitioner, ir, network, times, self.seed):
            candidates += self._improved(ir, network, start, least)
        if is_too_wide(whole):
            candidates += self._wide(whole, network, homes)
        best = candidates[0] if len(candidates) == 1 else min(candidates, key=self._cost)
        if len(ir.table) <= FEW_ROWS:
            best = over_better_nodes(best, self._cost)
        return over_better_links(best, self._pairs)

    def _by_blocks(self, ir: Circuit, network: Network) -> list[PlacedCircuit]:
        """Placements of a circuit of blocks in the order of these."""
        found = in_block_order(ir) if 1 < len(network.nodes) <= MOST_NODES else None
        if found is None:
            return []
        other, moments = found
        starts = from_blocks(other, moments, network, self.seed, self.effort, self._work)
        return [placed(other, network, one) for one in starts]

    def _wide(self, ir: Circuit, network: Network, homes: list[int]) -> list[PlacedCircuit]:
        """Placements of a circuit whose wide gates are not written with two-qubit gates; the best
        of them improved."""
        found = list(of_wide_gates(ir, network, homes, self.effort))
        candidates = [placed(other, network, start) for other, start in found]
        if self.effort < 1:
            return candidates
        judged = sorted(range(len(found)), key=lambda k: (self._cost(candidates[k]), k))
        for other, start in [found[k] for k in judged[: 1 + self.effort]]:
            candidates += self._improved(other, network, start, _at_least(other, network))
        return candidates

    def _improved(
        self, ir: Circuit, network: Network, found: Trajectories, least: int
    ) -> list[PlacedCircuit]:
        """What the annealing makes of trajectories, if it is better, and they as they are; and
        others, where the first needs more ebits than it should for want of communication
        qubits."""
        better = improved(
            ir, network, timeline(ir), found, self.seed, self.effort, self._work,
            self.gates_per_ebit, least,
        )  # fmt: skip
        both = (better,) if better is found else (better, found)
        candidates = [placed(ir, network, one) for one in both]
        if self.library_starts > 0:
            others = from_library(ir, network, found, self.seed, self.library_starts)
            candidates += [placed(ir, network, one) for one in others]
        if len(ir.table) <= COMPARED_ROWS and self._cost(candidates[0]) > better.ebits:
            others = seldom_served(ir, network, found, self.seed, self.effort)
            candidates += [placed(ir, network, one) for one in others]
        return candidates

    @property
    def _work(self) -> int:
        """Of all annealings; 0: as much as the effort says."""
        return min(max(0, self.time_limit), LONGEST_S) * WORK_PER_SECOND

    def _cost(self, ir: PlacedCircuit) -> int:
        """What a placement really costs, in ebits or, if links have prices, by these; of a large
        program its beginning. Where communication
        qubits are scarce, copies close before their time, so the placement that would be cheapest
        with enough of them need not be."""
        pairs = self._pairs(ir)
        if ir.network.scale == 1:
            return len(pairs)
        return int(np.array(ir.network.routing.price)[pairs[:, 0], pairs[:, 1]].sum())

    def _pairs(self, ir: PlacedCircuit) -> npt.NDArray[np.int64]:
        """The two nodes of every ebit."""
        some = inserted(beginning(ir, COMPARED_ROWS), gates_per_ebit=self.gates_per_ebit)
        first = some.table.operand_start[:-1][some.table.codes("ebit")]
        wires = some.table.operands[np.stack([first, first + 1], axis=1)]
        return some.wire_node[wires].astype(np.int64)


def _at_least(ir: Circuit, network: Network) -> int:
    """Ebits that no placement goes below, to end a search with; 0 where links have prices."""
    return at_least(ir, network) if network.scale == 1 else 0


def _one_node(ir: Circuit) -> Network:
    return Network("local", (Node("node0", max(ir.n_qubits, 1), 0),))
