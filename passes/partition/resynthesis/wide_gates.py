"""Gates on more qubits than copies can be held, written for qubits that live at given nodes.

A gate that is diagonal is a phase of parities (`phase_blocks`). All happen at one node, the host.
Of the qubits that live at another node, as many are copied to the host one by one as it has
communication qubits for; the parities of the rest are made by CX inside their node and copied in
turn, so that they take one communication qubit together. n such qubits need at most 2^n - 1
copies, one for each of their parities, where two-qubit gates need a copy or more each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import product
from typing import Final

import numpy as np

from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit, Nodes
from qdsl.ir.table import TableBuilder
from qdsl.network.network import Network
from qdsl.passes.canonicalize.merging import Sums
from qdsl.passes.canonicalize.rows import Draft, columns_of
from qdsl.passes.canonicalize.writing import widest_gate, with_rows
from qdsl.passes.partition.resynthesis.phase_blocks import Angle, PhaseBlock, phase_blocks
from qdsl.records import dataclass

_CX: Final = BY_NAME["cx"].code
MOST_ROWS: Final = 20_000
MOST_PLANS: Final = 4096  # for one gate at one host


@dataclass(frozen=True, slots=True)
class WideGates:
    """A circuit with its wide gates written anew, and int16[rows], where rows should happen: at
    their pins, and those of wide gates also where they were written for."""

    circuit: Circuit
    site: Nodes


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a host gets: `summed` are the qubits of other nodes of which parities are copied."""

    ebits: int
    host: int
    summed: tuple[tuple[int, ...], ...]


def with_wide_gates(circuit: Circuit, network: Network, home: Sequence[int]) -> WideGates | None:
    """The circuit with wide gates written for these homes; None where it has none, has too many
    rows, or tells secrets (a disclosure has its place among the rows)."""
    if len(circuit.table) > MOST_ROWS or circuit.disclosures:
        return None
    widest, writer = widest_gate(circuit), _Writer(circuit, home)
    is_changed = False
    for part in phase_blocks(circuit):
        plan = _plan(part, network, home, widest) if isinstance(part, PhaseBlock) else None
        if isinstance(part, PhaseBlock) and plan is not None:
            writer.write(part, plan)
            is_changed = True
        else:
            writer.keep(part.rows if isinstance(part, PhaseBlock) else part)
    return writer.result() if is_changed else None


# ---- which copies ----------------------------------------------------------------------


def _plan(block: PhaseBlock, network: Network, home: Sequence[int], widest: int) -> _Plan | None:
    """The cheapest way to run a block, if it is a wide one and there is any."""
    if block.widest <= widest:
        return None
    pin = block.rows[0].pin
    hosts = range(len(network.nodes)) if pin < 0 else (pin,)
    plans = [plan for host in hosts for plan in _plans(block, network, home, host)]
    return min(plans, key=lambda p: (p.ebits, p.host), default=None)


def _plans(block: PhaseBlock, network: Network, home: Sequence[int], host: int) -> Iterator[_Plan]:
    """Ways to run a block at a host."""
    masks = list(_served(block, home))
    groups: dict[int, list[int]] = {}
    for q in _qubits(masks):
        groups.setdefault(home[q], []).append(q)
    groups.pop(host, None)
    hops = {node: network.hops(node, host) for node in groups}
    room = network.free_comm[host]
    choices = [range(len(qubits) + 1) for qubits in groups.values()]
    if np.prod([len(c) for c in choices]) > MOST_PLANS:
        choices = [range(min(2, len(c))) for c in choices]
    for held in product(*choices):
        split = zip(groups.values(), held, strict=True)
        summed = tuple(tuple(qubits[n:]) for qubits, n in split if n < len(qubits))
        if sum(held) + len(summed) > room or None in hops.values():
            continue
        ebits = sum(n * (hops[node] or 0) for node, n in zip(groups, held, strict=True))
        near = [hops[home[qubits[0]]] or 0 for qubits in summed]
        order = list(in_turn(masks, summed))
        ebits += sum(
            h * _changes(order, bits) for h, bits in zip(near, map(_bits, summed), strict=True)
        )
        yield _Plan(ebits, host, summed)


def _served(block: PhaseBlock, home: Sequence[int]) -> Iterator[int]:
    """The parities that are not inside one node, or are pinned."""
    for mask in block.angle:
        if block.rows[0].pin >= 0 or len({home[q] for q in _qubits([mask])}) > 1:
            yield mask


def in_turn(masks: Sequence[int], summed: Sequence[Sequence[int]]) -> Iterator[int]:
    """Parities in an order in which few new copies are needed: those of the first node change
    least often, and those of the next go forth and back."""
    if not summed:
        yield from masks
        return
    bits, is_back = _bits(summed[0]), False
    parts: dict[int, list[int]] = {}
    for mask in masks:
        parts.setdefault(mask & bits, []).append(mask)
    for part in sorted(parts):
        found = list(in_turn(parts[part], summed[1:]))
        yield from reversed(found) if is_back else found
        is_back = not is_back


def _changes(order: Sequence[int], bits: int) -> int:
    """How often another parity of these qubits is needed."""
    now, count = 0, 0
    for mask in order:
        if mask & bits and mask & bits != now:
            now, count = mask & bits, count + 1
    return count


def _qubits(masks: Sequence[int]) -> list[int]:
    every = 0
    for mask in masks:
        every |= mask
    return [q for q in range(every.bit_length()) if every >> q & 1]


def _bits(qubits: Sequence[int]) -> int:
    return sum(1 << q for q in qubits)


# ---- writing ---------------------------------------------------------------------------


@dataclass(slots=True)
class _Writer:
    circuit: Circuit
    home: Sequence[int]
    rows: list[Draft] = field(default_factory=list)
    site: list[int] = field(default_factory=list)
    sums: Sums = field(init=False)
    words: TableBuilder = field(init=False)

    def __post_init__(self) -> None:
        self.sums = Sums(self.circuit.values)
        self.words = TableBuilder(self.circuit.table.words, self.circuit.table.spans)

    def keep(self, rows: Sequence[Draft]) -> None:
        """Rows as they are."""
        self.rows += rows
        self.site += [row.pin for row in rows]

    def write(self, block: PhaseBlock, plan: _Plan) -> None:
        """A block by a plan: first what is inside nodes, then what happens at the host."""
        like = block.rows[0]
        served = set(_served(block, self.home))
        for mask in sorted(block.angle.keys() - served):
            qubits = _qubits([mask])
            self._turn(like, qubits, block.angle[mask], self.home[qubits[0]])
        now = [0] * len(plan.summed)
        for mask in in_turn([m for m in block.angle if m in served], plan.summed):
            qubits = _qubits([mask])
            for k, bits in enumerate(map(_bits, plan.summed)):
                if mask & bits:
                    self._add_up(like, now[k], mask & bits)
                    now[k] = mask & bits
                    others = _qubits([mask & bits])[:-1]
                    qubits = [q for q in qubits if q not in others]
            self._turn(like, qubits, block.angle[mask], plan.host)
        for bits in now:
            self._add_up(like, bits, 0)
        self.keep(block.left)

    def _add_up(self, like: Draft, old: int, new: int) -> None:
        """Instead of one parity of a node's qubits another, each in the last of its qubits."""
        if old == new:
            return
        for bits in (old, new):
            *others, last = _qubits([bits]) or [-1]
            for q in others:
                self.rows.append(Draft(_CX, (q, last), -1, -1, -1, like.span, -1, like.source))
                self.site.append(self.home[q])

    def _turn(self, like: Draft, qubits: list[int], angle: Angle, site: int) -> None:
        """A rotation about Z on these qubits."""
        name = {1: "rz", 2: "rzz"}.get(len(qubits), "rot")
        word = self.words.word("Z" * len(qubits)) if name == "rot" else -1
        terms = tuple((c, slot) for slot, c in sorted(angle[1].items()))
        index = self.sums.add(angle[0], terms)
        code = BY_NAME[name].code
        self.rows.append(
            Draft(code, tuple(qubits), index, -1, word, like.span, like.pin, like.source)
        )
        self.site.append(site)

    def result(self) -> WideGates:
        site = np.array(self.site, np.int16)
        site.flags.writeable = False
        circuit = with_rows(self.circuit, columns_of(self.rows), self.sums, self.words)
        return WideGates(circuit, site)
