"""What went over the network, as both ends and the hardware counted it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from itertools import combinations
from typing import TYPE_CHECKING

from qdsl.records import dataclass
from qdsl.runtime.errors import TrafficDiffers, failed

if TYPE_CHECKING:
    from qdsl.backends.nodes.ticket import Predicted, ShotPlan

NodeCounts = Mapping[str, Mapping[str, int]]  # by kind, then by peer


@dataclass(slots=True)
class Traffic:
    """What a node counted: bits and messages by peer, sent and received."""

    sent_bits: Counter[str] = field(default_factory=Counter)
    sent_messages: Counter[str] = field(default_factory=Counter)
    received_bits: Counter[str] = field(default_factory=Counter)
    received_messages: Counter[str] = field(default_factory=Counter)
    disclosed_bits: Counter[str] = field(default_factory=Counter)
    learnt_bits: Counter[str] = field(default_factory=Counter)
    pairs: Counter[str] = field(default_factory=Counter)

    def body(self) -> bytes:
        counts = {name: dict(sorted(getattr(self, name).items())) for name in self.__slots__}
        return json.dumps(counts).encode()


@dataclass(frozen=True, slots=True)
class LineTraffic:
    """Counted between two nodes, both ways, over all executions."""

    a: str
    b: str
    classical_bits: int
    messages: int
    ebits: int
    disclosed_bits: int


@dataclass(frozen=True, slots=True)
class NetworkRun:
    """A run in processes: how many there were, and the traffic of all executions, which equals
    what the report predicts for one, times `executions`. `disclosed_bits`: those of reveals,
    once an item."""

    processes: int
    executions: int
    classical_bits: int
    messages: int
    ebits: int
    disclosed_bits: int
    lines: tuple[LineTraffic, ...]


def compared(
    plan: ShotPlan, predicted: Predicted, names: Mapping[int, str], counts: Mapping[int, NodeCounts]
) -> NetworkRun:
    """The traffic, if both ends, the hardware (the last of `names`) and the report agree on it;
    InvalidProgram (QDM856) if not."""
    hardware = max(names)
    made = {tuple(map(int, k.split())): n for k, n in counts[hardware].get("pairs", {}).items()}
    lines = tuple(
        _line(names, counts, a, b, made.get((a, b), 0))
        for a, b in combinations(sorted(set(names) - {hardware}), 2)
    )
    runs = plan.executions
    _same("classical bits", sum(x.classical_bits for x in lines), predicted.classical_bits * runs)
    _same("messages", sum(x.messages for x in lines), predicted.messages * runs)
    _same("ebits", sum(x.ebits for x in lines), predicted.ebits * runs)
    _same(
        "revealed bits", sum(x.disclosed_bits for x in lines), predicted.disclosed_bits * plan.items
    )
    _same("ebits", sum(made.values()), predicted.ebits * runs)
    used = tuple(x for x in lines if x.classical_bits or x.ebits or x.disclosed_bits)
    return NetworkRun(
        len(names) + 1, runs, predicted.classical_bits * runs, predicted.messages * runs,
        predicted.ebits * runs, predicted.disclosed_bits * plan.items, used,
    )  # fmt: skip


def _line(
    names: Mapping[int, str], counts: Mapping[int, NodeCounts], a: int, b: int, ebits: int
) -> LineTraffic:
    """Both ends must have counted the same."""

    def both(sent: str, received: str) -> int:
        total = 0
        for i, j in ((a, b), (b, a)):
            left = counts[i].get(sent, {}).get(names[j], 0)
            _same(
                f"bits or messages at {names[j]}",
                counts[j].get(received, {}).get(names[i], 0),
                left,
            )
            total += left
        return total

    for i, j in ((a, b), (b, a)):
        _same(f"ebits at {names[i]}", counts[i].get("pairs", {}).get(names[j], 0), ebits)
    return LineTraffic(
        names[a],
        names[b],
        both("sent_bits", "received_bits"),
        both("sent_messages", "received_messages"),
        ebits,
        both("disclosed_bits", "learnt_bits"),
    )


def _same(what: str, measured: int, predicted: int) -> None:
    if measured != predicted:
        raise failed(TrafficDiffers(what, measured, predicted))
