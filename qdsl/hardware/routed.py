"""The programs of all nodes of a network on devices, and what is said of them together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from qdsl.hardware.calibration import Calibration
from qdsl.hardware.counting import facts_of
from qdsl.hardware.facts import HardwareFacts
from qdsl.hardware.merging import TimedOperation, merged
from qdsl.hardware.routing import RoutedNode
from qdsl.ir.stages import ScheduledCircuit
from qdsl.network.network import Network
from qdsl.records import dataclass


@dataclass(frozen=True)
class RoutedProgram:
    """`nodes`: by name, each node that does something, on its device or, if it has none, as it is
    declared; `named`: those with a device. `stage`: what was split, with these `values`, flat by
    vector."""

    stage: ScheduledCircuit
    nodes: Mapping[str, RoutedNode]
    named: tuple[str, ...]
    values: Mapping[str, Any]

    @property
    def network(self) -> Network:
        return self.stage.network

    @cached_property
    def operations(self) -> list[TimedOperation]:
        """What all nodes do, in order, with times."""
        return merged(self._by_index, self.network)

    @cached_property
    def facts(self) -> HardwareFacts:
        """Counts of the nodes that have a device, and the fidelity of all."""
        index = self.network.index
        named = [index[name] for name in self.named if name in self.nodes]
        return facts_of(self._by_index, self.operations, self.network, named)

    @property
    def _by_index(self) -> dict[int, RoutedNode]:
        return {self.network.index[name]: r for name, r in self.nodes.items()}

    @cached_property
    def _calibrations(self) -> dict[int, Calibration]:
        return {v: Calibration.of(r.device) for v, r in self._by_index.items()}

    def calibration(self, node: int) -> Calibration:
        """That of a node's device, by the index of the node."""
        return self._calibrations[node]
