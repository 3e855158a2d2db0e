"""Does a distributed program do what its source circuit does? An exact check, in NumPy.

Shares no code with the passes or the backends; `evolution` says how states are kept.

The *choi* method gives every source qubit a reference qubit, maximally entangled, at its home
wire, and compares the whole channel. The *state* method starts in |0...0>; it is taken for
programs with amplitude encodings, which mean something on |0...0> only, and above 6 qubits.
"""

from __future__ import annotations

import numpy as np

from qdsl.ir.random_values import random_slot_values
from qdsl.ir.stages import Circuit, DistributedCircuit, ScheduledCircuit
from qdsl.ir.state_vectors import Matrix
from qdsl.ir.values import Floats
from qdsl.records import dataclass
from qdsl.verify.simulation import evolution
from qdsl.verify.simulation.evolution import (
    NO_WIRES,
    ChannelSide,
    Unaffordable,
    final_states,
    last_touch,
)

CHOI_QUBITS = 6
MAX_AXES = 18
MAX_WORK = 2**31  # rows times amplitudes


@dataclass(frozen=True, slots=True)
class ChannelVerdict:
    """`equal` is False too where the check had to give up; `detail` then says so.

    `method` is "choi" or "state"; `tolerance` bounds the trace distance.
    """

    equal: bool
    method: str
    tolerance: float
    detail: str


def equal_channels(
    source: Circuit,
    distributed: Circuit | DistributedCircuit | ScheduledCircuit,
    slot_values: Floats | None = None,
    seed: int = 0,
    tolerance: float = 1e-8,
    *,
    shown_bits: bool = True,
    method: str | None = None,
) -> ChannelVerdict:
    """Compare the two on the given slot values, or on random ones that suit the vectors' kinds.
    `shown_bits`: whether the final values of the source's bits count; `method` "state" for a
    comparison from |0...0> only."""
    method = method or _method(source)
    if slot_values is None:
        slot_values = random_slot_values(source.values, seed)
    if not affordable(source, distributed):
        return ChannelVerdict(
            False, method, tolerance, "undecided: too many qubits to simulate exactly"
        )
    try:
        left, right = (ChannelSide.of(side, shown_bits) for side in (source, distributed))
        distance = _distance_of(left, right, slot_values, method == "choi")
    except Unaffordable as why:
        return ChannelVerdict(False, method, tolerance, f"undecided: {why}")
    return ChannelVerdict(
        distance <= tolerance, method, tolerance, f"trace distance {distance:.3g}"
    )


def channel_distance(
    source: Circuit,
    distributed: Circuit | DistributedCircuit | ScheduledCircuit,
    slot_values: Floats,
) -> float:
    """Trace distance, 0 to 1, of the joint states of final qubits, references and source bits.

    `slot_values` is float64[n_slots], as `Values.flatten` gives it. Raises `Unaffordable`.
    """
    left, right = ChannelSide.of(source), ChannelSide.of(distributed)
    return _distance_of(left, right, slot_values, _method(source) == "choi")


def _distance_of(
    source: ChannelSide, other: ChannelSide, slot_values: Floats, references: bool
) -> float:
    wanted = final_states(source, slot_values, references)
    found = final_states(other, slot_values, references)
    pairs = [(wanted.get(m), found.get(m)) for m in wanted.keys() | found.keys()]
    if sum(map(_effort, *zip(*pairs, strict=True))) > evolution.MAX_WORK:
        raise Unaffordable("its states are too many or too mixed to compare exactly")
    return sum(_distance(a, b) for a, b in pairs)


def affordable(
    source: Circuit, distributed: Circuit | DistributedCircuit | ScheduledCircuit
) -> bool:
    """Whether both fit in memory and in a few seconds, as far as the tables tell."""
    references = source.n_qubits if _method(source) == "choi" else 0
    for side in (ChannelSide.of(source), ChannelSide.of(distributed)):
        axes = most_axes(side, bool(references)) + references
        bits = min(source.n_bits, 8)
        if axes > MAX_AXES or len(side.table) << (axes + bits) > MAX_WORK:
            return False
    return True


def _method(source: Circuit) -> str:
    encodes = bool(source.table.codes("amplitude").any())
    return "state" if encodes or source.n_qubits > CHOI_QUBITS else "choi"


def most_axes(side: ChannelSide, references: bool) -> int:
    """The greatest number of wires alive at once."""
    alive = set(side.home) if references else set()
    ends = last_touch(side)
    most = len(alive | set(side.final))
    for row in side.table:
        if row.op.kind in NO_WIRES:
            continue
        alive.update(row.operands)
        most = max(most, len(alive))
        alive -= {wire for wire in row.operands if ends.get(wire) == row.index}
    return most


def _effort(a: Matrix | None, b: Matrix | None) -> int:
    """Multiplications of `_distance`, about."""
    shapes = [m.shape for m in (a, b) if m is not None]
    columns = sum(shape[1] for shape in shapes)
    return int(4 * shapes[0][0] * columns**2 + 25 * columns**3)


def _distance(a: Matrix | None, b: Matrix | None) -> float:
    """Half the trace norm of a a^+ - b b^+, None for 0."""
    parts = [m for m in (a, b) if m is not None]
    signs = [s for m, s in ((a, 1.0), (b, -1.0)) if m is not None for _ in range(m.shape[1])]
    triangle = np.asarray(np.linalg.qr(np.concatenate(parts, axis=1), mode="r"))
    difference = (triangle * np.array(signs)) @ triangle.conj().T
    return float(np.abs(np.linalg.eigvalsh(difference)).sum() / 2)
