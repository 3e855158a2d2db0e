"""What is known of a node's gates and memory, and of how a link makes its pairs.

Times are in nanoseconds, rates in Hz. Fidelities of gates are process (entanglement) fidelities
of the gate's error; an average gate fidelity `f` on `d` dimensions is `((d + 1) f - 1) / d` of
these (Nielsen, PLA 303, 249 (2002)).
"""

from __future__ import annotations

from typing import Final

from qdsl.records import dataclass

PROTOCOLS: Final = ("dejmps", "bbpssw")
MOST_LEVELS: Final = 10  # of distillation: a pair takes more than 1,000 raw pairs
PairState = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class NodeModel:
    """Beyond counts and gate times; None: no limit, or as long as a read-out for `reset_time_ns`.

    `readout_fidelity`: the probability of the right outcome; `t1_ns`, `t2_ns`: of data qubits,
    `comm_t1_ns`, `comm_t2_ns`: of communication qubits. `gates_at_once`: so many gates, read-outs
    and resets may be in progress at one time, `two_qubit_gates_at_once`: so many gates on two
    qubits or more; None: as many as there are qubits for. `source` says where a preset's figures
    come from. `device`: what the node's circuit is compiled for, by name or the name of a file;
    `comm_at[k]`: the qubit of the device that is communication qubit k.
    """

    one_qubit_fidelity: float = 1.0
    readout_fidelity: float = 1.0
    reset_fidelity: float = 1.0
    reset_time_ns: int | None = None
    t1_ns: int | None = None
    t2_ns: int | None = None
    comm_t1_ns: int | None = None
    comm_t2_ns: int | None = None
    hardware: str | None = None
    source: str | None = None
    gates_at_once: int | None = None
    two_qubit_gates_at_once: int | None = None
    device: str | None = None
    comm_at: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Distillation:
    """What a link is asked for: a protocol and its levels, or the least fidelity of a pair.

    `protocol`: "dejmps" or "bbpssw", None: the one that needs fewer levels, then fewer raw pairs;
    `levels` of recurrence, up to 10, 0: none, None: the fewest for `min_fidelity`, or one without
    it. ValueError for what is not possible, and for levels beside a `min_fidelity`.
    """

    protocol: str | None = None
    levels: int | None = None
    min_fidelity: float | None = None

    def __post_init__(self) -> None:
        if self.protocol is not None and self.protocol not in PROTOCOLS:
            raise ValueError(f"no protocol is called '{self.protocol}': there are {PROTOCOLS}")
        if self.levels is not None and not 0 <= self.levels <= MOST_LEVELS:
            raise ValueError(f"there are 0 to {MOST_LEVELS} levels, not {self.levels}")
        if self.min_fidelity is not None and not 0 < self.min_fidelity <= 1:
            raise ValueError(f"a fidelity is above 0 and up to 1, not {self.min_fidelity}")
        if self.levels is not None and self.min_fidelity is not None:
            raise ValueError("levels determine a fidelity, and a least fidelity the levels")


@dataclass(frozen=True, slots=True)
class DistilledPair:
    """A pair by nested recurrence: each round of level k takes two pairs of level k - 1.

    `success`: the probability of a round at every level; `raw_pairs`: how many a pair takes on
    average, prod 2 / p; `state`: Bell-diagonal, as `LinkModel.pair_state`, when the last round's
    read-out ends; `message_ns` later both ends know of it. `time_ns`: until then, on average, from
    the first raw pair's first attempt on; `round_ns` of it is one round, messages included.
    """

    protocol: str
    success: tuple[float, ...]
    raw_pairs: float
    state: PairState
    time_ns: int
    round_ns: int
    message_ns: int

    @property
    def levels(self) -> int:
        return len(self.success)


@dataclass(frozen=True, slots=True)
class LinkModel:
    """How a link makes pairs; for every one of its `channels`, which work side by side.

    An attempt takes `1 / attempt_hz` and gives a pair with probability `success`; a pair is born
    at the end of an attempt, when its channel goes on with the next, and `herald_ns` later both
    ends know of it. `pair_state` is Bell-diagonal: the probabilities of no error, X, Y and Z on one
    half of (|00> + |11>)/sqrt 2; None: the Werner state of the link's fidelity. `buffer` pairs are
    made ahead and kept in a memory of the link's own, 0: none. A pair older than `cutoff_ns` is
    thrown away and made again, also where it waits to be swapped, and the ends of swapped pairs
    then wait as well; of distilled pairs it is the finished ones that count. `latency_back_ns` is
    that of messages from the second node to the first, None: as there.
    """

    attempt_hz: float | None = None
    success: float = 1.0
    herald_ns: int = 0
    channels: int = 1
    pair_state: PairState | None = None
    buffer: int = 0
    cutoff_ns: int | None = None
    latency_back_ns: int | None = None
    distillation: Distillation | None = None


IDEAL_NODE, PLAIN_LINK = NodeModel(), LinkModel()
