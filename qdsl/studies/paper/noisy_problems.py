"""Problems with two answers, run on a noisy network: the chance that one copy says yes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qdsl.data.problems import hidden_matching, subspace, two_way
from qdsl.ir.stages import Eigenvalue, Expectation, Output, Probability, Sample
from qdsl.network.models import IDEAL_NODE
from qdsl.network.network import Network
from qdsl.records import dataclass
from qdsl.run.noisy.final import FinalStates, value_of
from qdsl.run.noisy.simulate import executions, slots_of
from qdsl.run.noisy.steps import NoisyProgram
from qdsl.studies.paper.codewords import HalfProblem, bits_for
from qdsl.studies.paper.inference import model
from qdsl.studies.paper.one_way import bits_wanted, success

if TYPE_CHECKING:
    from qdsl.api import Compiled

Floats = npt.NDArray[np.float64]
TRAJECTORIES = 1000
TWO_MESSAGES = "hidden matching, two messages"
DEGREE = 4.0  # mean, of a random graph


@dataclass(frozen=True, slots=True)
class NoisyInstance:
    """Values of the model by name, the answer, and which outcomes say yes: bool[2**k] of those that
    `shares_of` gives."""

    values: Mapping[str, Floats]
    answer: int
    says_yes: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NoisyProblem:
    """`drawn`: an instance from n and a seed; `classical`: bits of the classical protocol, and the
    share that they decide, from n, a seed, the share that is wanted and the number of trials;
    `cx`: CX of one copy, by formulas; `largest` n that is run."""

    name: str
    file: str
    size_of: Callable[[int], dict[str, int]]
    drawn: Callable[[int, int], NoisyInstance]
    classical: Callable[[int, int, float, int], tuple[int, float]]
    cx: Callable[[int], float]
    largest: int


class NoisySize:
    """One size of a problem, compiled once for every network; an instance of either answer."""

    def __init__(self, problem: NoisyProblem, n: int, seed: int) -> None:
        self.problem, self.n, self.seed = problem, n, seed
        self.settings = problem.size_of(n)
        self.instances: dict[int, NoisyInstance] = {}
        while len(self.instances) < 2:
            one = problem.drawn(n, seed)
            self.instances.setdefault(one.answer, one)
            seed += 1

    def chances(self, pairs: float, gates: float) -> tuple[float, float]:
        """That one copy says yes where the answer is 1, and where it is 0."""
        compiled = model(self.problem.file).compile(
            settings=self.settings, network=self._network(pairs, gates), verify=False
        )
        yes, no = (
            float(shares_of(compiled, one.values, self.seed)[one.says_yes].sum())
            for one in (self.instances[1], self.instances[0])
        )
        return yes, no

    def _network(self, pairs: float, gates: float) -> Network:
        network = model(self.problem.file).lower(settings=self.settings).network
        assert network is not None
        return with_noise(network, pairs, gates)


def with_noise(network: Network, pairs: float, gates: float) -> Network:
    """Werner pairs of this infidelity, and gates of this error; all else is perfect."""
    own = replace(IDEAL_NODE, one_qubit_fidelity=1 - gates)
    nodes = (replace(n, gate_fidelity=1 - gates, model=own) for n in network.nodes)
    links = (replace(x, fidelity=1 - pairs, model=None) for x in network.links)
    return replace(network, nodes=tuple(nodes), links=tuple(links))


def shares_of(compiled: Compiled, values: Mapping[str, Floats], seed: int) -> Floats:
    """The distribution of what bob measures under the noise of the network: of the sample, of the
    flags of his encodings, or of the eigenvalue; float[2**k]."""
    stage = compiled.scheduled
    program = NoisyProgram(stage, slots_of(stage, values))
    output = read_from(stage.distributed.placed.circuit.outputs[0])

    def read(final: FinalStates) -> Floats:
        return np.asarray(value_of(output, program, final), np.float64)

    found = [read(final) for final in executions(program, TRAJECTORIES, seed)]
    mean: Floats = np.concatenate(found).mean(axis=0)
    return mean


def read_from(output: Output) -> Sample | Probability:
    """What is measured for an output: a sample itself, else its outcomes."""
    if isinstance(output, Sample | Probability):
        return output
    if isinstance(output, Eigenvalue):
        return Probability(output.qubits)
    assert isinstance(output, Expectation)
    return Probability(tuple(sorted({q for t in output.terms for q, _ in t.paulis})))


# ---- hidden matching ---------------------------------------------------------------------


def _matching(n: int, seed: int) -> NoisyInstance:
    one = hidden_matching(n, seed)
    outcomes = np.arange(1 << n)
    said = (outcomes & 1) ^ one.labels[outcomes >> 1]
    return NoisyInstance(one.values, one.answer, said == 1)


def _matching_bits(n: int, seed: int, wanted: float, trials: int) -> tuple[int, float]:
    """Where bob knows no edge he guesses, and is right every other time."""
    bits = bits_wanted(n, seed, 2 * (1 - wanted))
    return bits, (1 + success(n, seed, bits)) / 2


def _two_messages(n: int, seed: int, wanted: float, trials: int) -> tuple[int, float]:
    told = [two_way(one) == (one.answer, 2 * n + 1)
            for k in range(trials) for one in [hidden_matching(n, seed + k)]]  # fmt: skip
    return 2 * n + 1, sum(told) / trials


# ---- vectors in subspaces ----------------------------------------------------------------


def _subspace(n: int, seed: int) -> NoisyInstance:
    one = subspace(n, seed)  # the flag is 0 in the first half
    return NoisyInstance({"v": one.vector, "P": one.first_half}, one.answer, np.array([0, 1]) == 1)


@cache
def filter_of(n: int, seed: int) -> Floats:
    """(1 + D^-1/2 A D^-1/2) / 2 of a ring of 2**n nodes with random edges and weights, which keep
    its eigenvalues apart: smooth signals pass."""
    size = 1 << n
    rng = np.random.default_rng((seed, n, 8))
    upper = np.triu(rng.random((size, size)) < (DEGREE - 2) / size, 1)
    upper |= np.triu(np.roll(np.eye(size, dtype=bool), 1, axis=1), 1)
    upper[0, -1] = True
    weights = np.where(upper, rng.uniform(0.5, 1.5, (size, size)), 0.0)
    a = weights + weights.T
    degree = a.sum(axis=1)
    found: Floats = (np.eye(size) + a / np.sqrt(degree[:, None] * degree)) / 2
    return found


def signal(n: int, seed: int) -> HalfProblem:
    """A random signal on a graph's nodes that is smooth, made of the half of the eigenvectors with
    the larger eigenvalues, or rough, made of the others; `answer` 0 is smooth."""
    _, vectors = np.linalg.eigh(filter_of(n, 0))
    rng = np.random.default_rng((seed, n, 9))
    rough, half = int(rng.integers(2)), 1 << (n - 1)
    basis = vectors[:, :half] if rough else vectors[:, half:]
    vector = basis @ rng.normal(size=half)
    return HalfProblem(vector / np.linalg.norm(vector), vectors[:, half:], rough)


def _by_eigenbasis(n: int, seed: int) -> NoisyInstance:
    one, a = signal(n, seed), filter_of(n, 0)
    is_rough = np.arange(1 << n) < 1 << (n - 1)  # eigenvalues ascend
    return NoisyInstance({"X": one.vector, "M": a @ a}, one.answer, is_rough)


def _by_dilation(n: int, seed: int) -> NoisyInstance:
    one = signal(n, seed)
    says_rough = np.array([0, 1]) == 1  # the filter failed
    return NoisyInstance({"X": one.vector, "T": filter_of(n, 0)}, one.answer, says_rough)


def _half_bits(n: int, seed: int, wanted: float, trials: int) -> tuple[int, float]:
    def drawn(k: int) -> HalfProblem:
        one = subspace(n, k)
        return HalfProblem(one.vector, one.first_half, one.answer)

    return bits_for(drawn, trials, wanted, seed)


def _signal_bits(n: int, seed: int, wanted: float, trials: int) -> tuple[int, float]:
    return bits_for(lambda k: signal(n, k), trials, wanted, seed)


# ---- CX by formulas ----------------------------------------------------------------------


def encoding_cx(n: int) -> float:
    """Of real amplitudes (Moettoenen et al., PRL 93, 130502), or of phases (Bullock and Markov,
    quant-ph/0303039)."""
    return 2.0**n - 2


def any_unitary_cx(qubits: int) -> float:
    """At most (Shende, Bullock, Markov, IEEE TCAD 25, 1000)."""
    return 23 / 48 * 4.0**qubits - 1.5 * 2.0**qubits + 4 / 3


def _cx(n: int) -> float:
    return encoding_cx(n) + any_unitary_cx(n)


def _cx_dilated(n: int) -> float:
    return encoding_cx(n) + any_unitary_cx(n + 1)


def _n(n: int) -> dict[str, int]:
    return {"n": n}


def _numbers(n: int) -> dict[str, int]:
    return {"numbers": 1 << n, "results": 1 << n}


PROBLEMS = (
    NoisyProblem("hidden matching", "matching", _n, _matching, _matching_bits, _cx, 8),
    NoisyProblem(TWO_MESSAGES, "matching", _n, _matching, _two_messages, _cx, 6),
    NoisyProblem("vector in subspace", "subspace", _n, _subspace, _half_bits, _cx_dilated, 7),
    NoisyProblem("graph network, eigenbasis", "signal", _n, _by_eigenbasis, _signal_bits, _cx, 7),
    NoisyProblem("graph network, dilation", "graph_at_bob", _numbers, _by_dilation, _signal_bits,
                 _cx_dilated, 7),
)  # fmt: skip
