"""Writes a distributed program row by row, and counts free communication qubits."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import ROLES, DistributedCircuit, PlacedCircuit
from qdsl.ir.table import TableBuilder

_CODE = {name: op.code for name, op in BY_NAME.items()}
_ROLE = {name: i for i, name in enumerate(ROLES)}
LOCAL = _ROLE["local"]
AT_ONCE = 1 << 9
N = TypeVar("N", bound=np.generic)
# code, wires, angle, cond, attr, origin, role, group
_Written = tuple[int, Sequence[int], int, int, int, int, int, int]


class Emitter:
    """New rows belong to the current `origin`, `role` and `group`."""

    def __init__(self, placed: PlacedCircuit) -> None:
        self.placed = placed
        table = placed.circuit.table
        self._rows = TableBuilder(table.words, table.spans)
        self._spans = table.span.tolist()
        self._wire_node = array("h")
        self._wire_is_comm = array("b")
        self._bit_node = array("h")
        self._origins = array("i")
        self._roles = array("B")
        self._groups = array("i")
        self._waiting: list[_Written] = []  # rows, written to the columns many at once
        self._n_groups = 0
        self.origin = 0
        self._role = LOCAL
        self._group = -1
        self.comm_free = [node.comm for node in placed.network.nodes]

    # ---- names for things ---------------------------------------------------------------

    def data_wire(self, node: int) -> int:
        self._wire_node.append(node)
        self._wire_is_comm.append(0)
        return len(self._wire_node) - 1

    def comm_wire(self, node: int) -> int:
        self.comm_free[node] -= 1
        self._wire_node.append(node)
        self._wire_is_comm.append(1)
        return len(self._wire_node) - 1

    def node_of(self, wire: int) -> int:
        return self._wire_node[wire]

    def bit_at(self, node: int) -> int:
        self._bit_node.append(node)
        return len(self._bit_node) - 1

    def new_group(self) -> int:
        self._n_groups += 1
        return self._n_groups - 1

    def enter(self, role: str, group: int) -> tuple[int, int]:
        """Rows from here on belong to one use of a primitive; returns what `leave` wants."""
        before = (self._role, self._group)
        self._role, self._group = _ROLE[role], group
        return before

    def leave(self, before: tuple[int, int]) -> None:
        self._role, self._group = before

    # ---- rows ---------------------------------------------------------------------------

    def gate(self, name: str, *wires: int, bit: int = -1) -> None:
        """A constant gate; with a bit it happens if that bit is 1."""
        self.row(_CODE[name], wires, cond=-1 if bit < 0 else 2 * bit + 1)

    def row(
        self, code: int, wires: Sequence[int], angle: int = -1, cond: int = -1, attr: int = -1
    ) -> None:
        self._waiting.append((code, wires, angle, cond, attr, self.origin, self._role, self._group))
        if len(self._waiting) == AT_ONCE:
            self._write()

    def _write(self) -> None:
        if not self._waiting:
            return
        *columns, origins, roles, groups = zip(*self._waiting, strict=True)
        self._waiting.clear()
        codes, wires, angles, conds, attrs = columns
        spans = [self._spans[origin] for origin in origins]
        self._rows.extend_rows(codes, wires, angles, conds, attrs, spans)
        self._origins.extend(origins)
        self._roles.extend(roles)
        self._groups.extend(groups)

    def read_out(self, wire: int) -> int:
        """Measure a wire for the last time; its communication qubit is free again."""
        node = self._wire_node[wire]
        bit = self.bit_at(node)
        self.row(_CODE["measure"], (wire,), attr=bit)
        if self._wire_is_comm[wire]:
            self.comm_free[node] += 1
        return bit

    def send(self, bit: int, node: int) -> int:
        """The bit as that node knows it."""
        if self._bit_node[bit] == node:
            return bit
        copy = self.bit_at(node)
        self.row(_CODE["send"], (bit,), attr=copy)
        return copy

    def store(self, wire: int) -> int:
        """Swap an arrived state out of its communication qubit into a fresh data qubit."""
        node = self._wire_node[wire]
        data = self.data_wire(node)
        self.gate("swap", wire, data)
        self.comm_free[node] += 1
        return data

    def build(
        self,
        home_wire: list[int],
        final_wire: list[int],
        source_bit: list[int],
        gates_per_ebit: int,
    ) -> DistributedCircuit:
        self._write()
        shorts = (np.array(column, np.int16) for column in (self._wire_node, self._bit_node))
        wire_node, bit_node = (_frozen(column) for column in shorts)
        columns = (self._origins, self._groups, home_wire, final_wire, source_bit)
        longs = (_frozen(np.array(column, np.int32)) for column in columns)
        origin, group, home, final, bits = longs
        is_comm = _frozen(np.array(self._wire_is_comm, np.bool_))
        role = _frozen(np.array(self._roles, np.uint8))
        return DistributedCircuit(
            self.placed, self._rows.build(), self.placed.circuit.values, wire_node, is_comm,
            bit_node, origin, role, group, home, final, bits, gates_per_ebit,
        )  # fmt: skip


def _frozen(column: npt.NDArray[N]) -> npt.NDArray[N]:
    column.flags.writeable = False
    return column
