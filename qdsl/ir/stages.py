"""The stages of a program. Stages hold one another; none inherits from another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.source import Span
from qdsl.ir.encodings import Scale
from qdsl.ir.primitives import BY_ROLE, Effect
from qdsl.ir.table import Ints, OpTable
from qdsl.ir.values import DataReference, Values
from qdsl.network.network import Network
from qdsl.records import dataclass

Nodes = npt.NDArray[np.int16]


# ---- what a program returns ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PauliTerm:
    """`coefficient` times a product of Pauli letters on distinct qubits; none: the identity."""

    coefficient: float
    paulis: tuple[tuple[int, str], ...]  # (qubit, "X" | "Y" | "Z"), by qubit


@dataclass(frozen=True, slots=True)
class Expectation:
    """`expect(...)`: the mean of a real sum of Pauli words in the final state.

    `norm2(...)` is one too: the probability that no block encoding failed, times the square of
    the factors `scales` that the encodings divided by. Every result is multiplied by that square
    (`qdsl.ir.encodings.scale_factor`); without scales it is 1.
    """

    terms: tuple[PauliTerm, ...]
    span: Span | None = None
    scales: tuple[Scale, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """`sample(q) to bob`: Z-measure the qubits; `qubits[0]` is the leftmost bit of an outcome.

    `to` is the node that learns the outcome, None: everybody who asks. `zeros`: see
    `with_zeros`.
    """

    qubits: tuple[int, ...]
    to: int | None = None
    span: Span | None = None
    zeros: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Probability:
    """`probability(q)`: the distribution over the basis states of the qubits, float[2**k], with
    k counting the `zeros` too (see `with_zeros`). `letters`: the Pauli operator in whose basis each
    qubit is read, "" for Z; other ones are read by simulations only."""

    qubits: tuple[int, ...]
    span: Span | None = None
    zeros: tuple[int, ...] = ()
    letters: str = ""


@dataclass(frozen=True, slots=True)
class Overlap:
    """`overlap(a, b)`: tr(rho_a rho_b) for a product of two registers, by the destructive swap
    test: the circuit ends with cx a_i, b_i and h a_i, and this is the mean of
    `prod_i (-1)^(a_i b_i)` (Garcia-Escartin and Chamorro-Posada, PRA 87, 052330)."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Eigenvalue:
    """`expect(M, q)` and `quadratic(M, q)`: the circuit ends with `eigenbasis(M)` on `qubits`, and
    outcome j stands for eigenvalue j of `matrix`, for 0 if any of `flags` is 1; their mean, times
    the squares of `scales`. `is_list`: instead of the mean the eigenvalues with those factors,
    float[2**k], out of which shots are made."""

    qubits: tuple[int, ...]
    matrix: DataReference
    flags: tuple[int, ...] = ()
    span: Span | None = None
    scales: tuple[Scale, ...] = ()
    is_list: bool = False


Output = Expectation | Sample | Probability | Overlap | Eigenvalue


def with_zeros(bits: str, zeros: tuple[int, ...]) -> str:
    """An outcome with the bits that are 0 for certain and on no qubit, such as those of an
    imported file that nothing writes. `zeros`: where they stand in it, ascending."""
    found = list(bits)
    for place in zeros:
        found.insert(place, "0")
    return "".join(found)


def outcome_of(index: int, n_qubits: int, zeros: tuple[int, ...]) -> str:
    """The outcome that an index into the distribution of so many qubits stands for."""
    return with_zeros(format(index, f"0{n_qubits}b") if n_qubits else "", zeros)


# ---- stage 1: the circuit --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Register:
    """A named run of qubits or bits: `first` to `first + size - 1`."""

    name: str
    first: int
    size: int


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A `reveal`: `bits` classical bits of vector `vector` told by its owner to node `to`.

    `before` is the index of the operation before which it happens.
    """

    vector: str
    owner: int
    to: int
    bits: int
    before: int
    span: Span | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Circuit:
    """A source circuit over qubits 0..n_qubits-1, all starting in |0>.

    `pin[i]` is the node index at which operation i must happen, -1: anywhere.
    `network` is None for a model on no network (then every pin is -1). The last `n_results` qubits
    hold classical bits that are returned, and nothing else; behind them is, if `has_scratch`, one
    on which conditions are computed, and which ends in |0>. `node_order`: the nodes in the order in
    which passes see them, however they are named and declared (`qdsl.ir.node_order`); None: as
    declared. `recorded`: (qubit, bit) of what outputs read from a qubit for a classical bit, which
    was measured once.
    """

    name: str
    table: OpTable
    values: Values
    registers: tuple[Register, ...]
    bit_registers: tuple[Register, ...]
    outputs: tuple[Output, ...]
    network: Network | None
    pin: Nodes
    disclosures: tuple[Disclosure, ...] = ()
    n_results: int = 0
    has_scratch: bool = False
    node_order: tuple[int, ...] | None = None
    recorded: tuple[tuple[int, int], ...] = ()

    @property
    def n_qubits(self) -> int:
        return sum(r.size for r in self.registers)

    @property
    def n_bits(self) -> int:
        return sum(r.size for r in self.bit_registers)

    def qubit_name(self, qubit: int) -> str:
        """`q[3]`, as the source calls it."""
        for r in self.registers:
            if r.first <= qubit < r.first + r.size:
                return f"{r.name}[{qubit - r.first}]"
        raise IndexError(qubit)

    def short_name(self, qubit: int) -> str:
        """`q[3]`, or `control` where that is all of its register."""
        name = self.qubit_name(qubit)
        register = name[: name.rindex("[")]
        alone = any(r.name == register and r.size == 1 for r in self.registers)
        return register if alone else name


# ---- stage 2: placed -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class PlacedCircuit:
    """A circuit with a node for every qubit at every time and for every operation.

    - `home` int16[n_qubits]: where each qubit starts;
    - `site` int16[n]: where operation i happens (-1: barriers);
    - `residence` int16[...], beside `circuit.table.operands`: where that operand's qubit lives
      while the operation happens. A qubit whose residence changes is teleported just before;
      an operand that lives elsewhere than the site is served there by a cat copy, which needs
      the operation to be diagonal (Z axis) on it;
    - `at_least`: ebits that no placement of the circuit can do without, where the pass that made
      it has proved some (`qdsl.passes.partition_exact`).
    """

    circuit: Circuit
    network: Network
    home: Nodes
    site: Nodes
    residence: Nodes
    at_least: int | None = None


# ---- stage 3: distributed --------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class DistributedCircuit:
    """Local operations, EPR pairs, measurements and classical messages: what nodes really do.

    The table's operands are *wires*. A wire is one stay of a quantum state in one qubit of one
    node, from its first operation to its last; wires that do not overlap in time may share a
    physical qubit, which `schedule` decides. Every wire starts in |0>, except `home_wire`s
    which start in the source's initial state (also |0>).

    - `wire_node` int16[w], `wire_is_comm` bool[w]: where the wire is and of which sort;
    - `bit_node` int16[b]: the node that knows a classical bit. Bits written by `send` are copies;
    - `origin` int32[n]: the row of the placed circuit that made the operation necessary;
    - `role` uint8[n]: index into `ROLES`, the primitive the operation belongs to;
    - `group` int32[n]: operations of one use of a primitive share a number, -1 for local ones;
    - `home_wire`, `final_wire` int32[n_qubits]: where each source qubit starts and ends;
    - `source_bit` int32[n source bits]: the bit that holds each source bit;
    - `gates_per_ebit`: the most gates and further copies that a cat copy may serve, as pairs do not
      live for ever; 0: any number.
    """

    placed: PlacedCircuit
    table: OpTable
    values: Values
    wire_node: Nodes
    wire_is_comm: npt.NDArray[np.bool_]
    bit_node: Nodes
    origin: Ints
    role: npt.NDArray[np.uint8]
    group: Ints
    home_wire: Ints
    final_wire: Ints
    source_bit: Ints
    gates_per_ebit: int = 0

    @property
    def network(self) -> Network:
        return self.placed.network

    @property
    def n_wires(self) -> int:
        return len(self.wire_node)


ROLES = ("local", *BY_ROLE)


def roles_of(*effects: Effect) -> tuple[int, ...]:
    """The roles of the primitives that are used for these, as numbers."""
    return tuple(ROLES.index(p.name) for p in BY_ROLE.values() if p.effect in effects)


# ---- stage 4: scheduled ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class ScheduledCircuit:
    """A distributed circuit with times and physical qubits.

    - `start_ns`, `end_ns` int64[n];
    - `slot` int32[w]: the physical qubit of wire w, numbered from 0 within its node's data or
      communication qubits;
    - `born_ns` int64[n]: when every pair was made, -1 for other rows; None: no link has a buffer,
      and pairs are made while their rows last (`qdsl.ir.pairs`).
    """

    distributed: DistributedCircuit
    start_ns: npt.NDArray[np.int64]
    end_ns: npt.NDArray[np.int64]
    slot: Ints
    born_ns: npt.NDArray[np.int64] | None = None

    @property
    def network(self) -> Network:
        return self.distributed.network

    @property
    def makespan_ns(self) -> int:
        return int(self.end_ns.max(initial=0))


Stage = Circuit | PlacedCircuit | DistributedCircuit | ScheduledCircuit
