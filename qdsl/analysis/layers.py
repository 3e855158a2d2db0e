"""Layers of a program: who acts, one after another.

A layer is what one node does before another has to. Operations that share no qubit and no bit may
come in any order, so an operation belongs to the earliest layer of its node that is not before
the layers of those that it follows; how the program is written does not count.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import Attr, Kind
from qdsl.ir.stages import Circuit

Column = npt.NDArray[np.int64]
LARGEST: Final = 300_000  # operations; of more the runs are taken as they are written


class LayerSequence:
    """Layers so far: the latest on every place, and by label those that it has, in order."""

    def __init__(self) -> None:
        self.count = 0
        self._floor = 0
        self._latest: dict[Hashable, int] = {}
        self._of_label: dict[Hashable, list[int]] = {}

    def add(self, label: Hashable, places: Iterable[Hashable]) -> int:
        """The layer of what acts on these places."""
        places = list(places)
        least = max((self._latest.get(p, 0) for p in places), default=0)
        mine = self._of_label.setdefault(label, [])
        at = bisect_left(mine, max(least, self._floor))
        if at == len(mine):
            mine.append(self.count)
            self.count += 1
        self._latest.update(dict.fromkeys(places, mine[at]))
        return mine[at]

    def join(self, places: Iterable[Hashable]) -> int:
        """What comes later on any of these places comes after what was on all of them."""
        places = list(places)
        least = max((self._latest.get(p, 0) for p in places), default=0)
        self._latest.update(dict.fromkeys(places, least))
        return least

    def end(self) -> None:
        """No later operation belongs to a layer that there is."""
        self._floor = self.count


def layers_of(circuit: Circuit) -> Column:
    """The layer of every operation, int64[n]; a barrier over all qubits ends all layers, one over
    some of them belongs to none and has the number of the last before it."""
    table = circuit.table
    whole = table.codes("barrier") & (table.arity >= circuit.n_qubits)
    if (circuit.pin == -1).all() and not whole.any():
        return np.zeros(len(table), np.int64)
    if len(table) > LARGEST:
        return _as_written(circuit)
    found, layers, pins = np.zeros(len(table), np.int64), LayerSequence(), circuit.pin.tolist()
    for row in table:
        qubits: list[Hashable] = list(row.operands)
        if row.op.kind is Kind.BARRIER:
            found[row.index] = layers.join(qubits)
            if whole[row.index]:
                layers.end()
            continue
        bits = [row.cond >> 1] if row.cond >= 0 else []
        bits += [row.attr] if row.op.attr is Attr.BIT else []
        places = qubits + [("bit", b) for b in bits]
        found[row.index] = layers.add(pins[row.index], places)
    return found


def _as_written(circuit: Circuit) -> Column:
    """Runs of operations that are pinned to one node."""
    barrier = circuit.table.codes("barrier")
    plain = np.flatnonzero(~barrier)
    changes = np.append(False, circuit.pin[plain][1:] != circuit.pin[plain][:-1])
    found = np.zeros(len(barrier), np.int64)
    found[plain] = np.cumsum(changes[: len(plain)])
    return np.maximum.accumulate(found)
