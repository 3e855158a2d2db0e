"""What the methods' costs are computed from: prices of single executions, and how many."""

from __future__ import annotations

from dataclasses import field

from qdsl.analysis.joining import FinalPlaces
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class ExecutionProfile:
    """What one execution takes: ebits, classical bits, dependent rounds of ebits, and the most
    data qubits that one node holds; `fidelity` is the estimate of a report; `places`: where its
    qubits are measured, None: at one node."""

    ebits: int
    classical_bits: int
    rounds: int = 0
    qubits: int = 0
    fidelity: float = field(default=1.0, compare=False)
    places: FinalPlaces | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Read:
    """`number` circuits of one price; each is run `share` times for one shot of a derivative of
    unit range. `announced`: the counts of each, one a word, that who measures has to tell to those
    who follow what they give; `joined`: bits of every execution that put a word's outcomes at
    several nodes together."""

    price: ExecutionProfile
    share: float
    number: int = 1
    announced: int = 0
    joined: int = 0


@dataclass(frozen=True, slots=True)
class Layer:
    """A boundary at which a layer's owner holds the register: the price of getting there, the
    parameters read there, the weight of the heaviest word, blocks of the same price, and the
    qubits of their words, 0: all."""

    price: ExecutionProfile
    parameters: int
    weight: int
    blocks: int = 1
    support: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """A program as its gradient sees it.

    - `qubits`: of the register; `parameters`: derivatives wanted, over all outputs, without those
      that are 0 whatever the values;
    - `spread`: the range of the widest derivative: 1 for a parameter that turns one word of an
      observable of norm 1;
    - `rotations`: words that parameters turn about, counted for every word of the observable;
    - `forward`: one forward pass; `reads`: by method, of those that were derived or counted;
    - `layers`: by word of the observable, in order of application;
    - `room`: the largest node's data qubits, None: not limited;
    - `norm`, `words`: of the largest observable, without its constant part; `bases`: in which all
      outputs are measured;
    - `third`, `moved`: no third derivative is above the first; parameters that SPSA moves, 0: all
      that have derivatives;
    - `iterates`: for every word what a Grover iterate takes, two passes, and how many means of it
      a gradient is made of; empty: two forward passes, and a mean for every turn;
    - `nodes`: of the network; `pass_told`: of one execution in every basis the joined bits, and the
      counts told to those who follow any parameter; `iterates_told`: for every word the joined bits
      of an execution, and the means told; `blocks_told`: derivatives told by who reads the blocks;
    - `refused`: (method, why) of those that cannot be taken;
    - `leaks`: (method, what) of those in which a node learns derivatives of another's parameters.
    """

    qubits: int
    parameters: int
    spread: float
    rotations: int
    forward: ExecutionProfile
    reads: dict[str, tuple[Read, ...]]
    layers: tuple[tuple[Layer, ...], ...]
    room: int | None = None
    refused: tuple[tuple[str, str], ...] = ()
    leaks: tuple[tuple[str, str], ...] = ()
    norm: float = 1.0
    words: int = 1
    bases: int = 1
    third: float = 1.0
    moved: int = 0
    iterates: tuple[tuple[ExecutionProfile, int], ...] = ()
    nodes: int = 1
    pass_told: tuple[int, int] = (0, 0)
    iterates_told: tuple[tuple[int, int], ...] = ()
    blocks_told: int = 0
