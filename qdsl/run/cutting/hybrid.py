"""`Compiled.cut`: the program with circuit cutting on some links, and pairs on the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.request_error import Refused
from qdsl.ir.durations import link_of_rows
from qdsl.ir.stages import DistributedCircuit, ScheduledCircuit
from qdsl.network.network import Network
from qdsl.records import dataclass
from qdsl.run.cutting.estimating import drawn_result, exact_result
from qdsl.run.cutting.preparations import PREPARED, PROBABILITIES
from qdsl.run.cutting.prepared import CutVariant, PreparedProgram, prepared
from qdsl.run.cutting.result import HybridResult
from qdsl.run.cutting.weighing import gamma_of_pairs
from qdsl.run.job import Inputs, RunJob
from qdsl.run.noisy.simulate import TRAJECTORIES, FidelityFound, process_fidelity, slots_of

MOST_VARIANTS: Final = 1728  # that are enumerated: those of three pairs
LinkName = str | Sequence[str]
Given = Mapping[str, npt.ArrayLike]


class CannotCut(Refused):
    """A link is not there, has no pairs to cut, or has too many."""


class Runnable(Protocol):
    """What a compiled program has for its cut one."""

    @property
    def scheduled(self) -> ScheduledCircuit: ...
    @property
    def options(self) -> tuple[tuple[str, Any], ...]: ...

    def job_of(
        self, values: Given | None, shots: int | None, seed: int | None, backend: str, params: Any
    ) -> RunJob: ...
    def inputs_of(self, job: RunJob, values: Given | None, params: Any = None) -> Inputs: ...


@dataclass(frozen=True, slots=True, eq=False)
class HybridProgram:
    """A compiled program (`uncut`) in which the pairs of `links` are prepared apart.

    `links` are places in the network. What else the program does, other links' pairs, messages and
    corrections, is the same in every variant."""

    compiled: Runnable
    links: tuple[int, ...]
    program: PreparedProgram

    @property
    def uncut(self) -> ScheduledCircuit:
        return self.compiled.scheduled

    @property
    def stage(self) -> ScheduledCircuit:
        """Times, qubits and costs of every variant."""
        return self.program.stage

    @property
    def link_names(self) -> tuple[str, ...]:
        network = self.uncut.network
        return tuple(_name(network, k) for k in self.links)

    @property
    def pairs(self) -> int:
        """Pairs that are cut."""
        return len(self.program.rows)

    @property
    def ebits(self) -> int:
        """Pairs left in one execution."""
        return int(self.stage.distributed.table.codes("ebit").sum())

    @property
    def gamma(self) -> float:
        """By what a signed result is multiplied: 3 for every pair."""
        return gamma_of_pairs(self.pairs)

    @property
    def overhead(self) -> float:
        """gamma squared: the factor in executions for the same bound of the error."""
        return self.gamma**2

    @property
    def variants(self) -> int:
        """How many there are: 12 for every pair."""
        return int(len(PREPARED) ** self.pairs)

    def variant(self, choice: Sequence[int]) -> CutVariant:
        """With preparation `PREPARED[choice[k]]` in place of pair k."""
        return self.program.variant(choice)

    def all_variants(self) -> Iterator[CutVariant]:
        """Every variant, in the order of their choices. CannotCut if they are too many."""
        if self.variants > MOST_VARIANTS:
            raise CannotCut(
                f"{self.pairs} pairs are cut, in 12**{self.pairs} variants; up to "
                f"{MOST_VARIANTS:,} are enumerated: give a number of shots, for each of which "
                "preparations are drawn"
            )
        return map(self.variant, product(range(len(PREPARED)), repeat=self.pairs))

    def drawn(self, shots: int, seed: int = 0) -> Counter[tuple[int, ...]]:
        """How many of so many executions make each choice of preparations."""
        return Counter(map(tuple, self.choices(shots, seed).tolist()))

    def choices(self, shots: int, seed: int = 0) -> npt.NDArray[np.int64]:
        """The preparations of every execution, int64[shots, pairs]. Same seed, same choices."""
        random = np.random.default_rng((seed, self.pairs))
        return random.choice(len(PREPARED), (shots, self.pairs), p=PROBABILITIES)

    def run(
        self,
        values: Given | None = None,
        *,
        shots: int | None = None,
        seed: int | None = None,
        noise: bool = False,
        params: Any = None,
        on_variant: Callable[[int, int], None] | None = None,
    ) -> HybridResult:
        """The outputs, with those of the uncut program, for values that are given as to
        `Compiled.run`.

        `shots` None: all variants are summed, exactly; CannotCut if they are too many, CannotRun if
        one does not fit a density matrix. Else so many executions for every output, and every term
        of an expectation, each with preparations of its own: the mean of weighted results, with the
        standard error that they show. `noise`: of the network, gate by gate, in both programs.
        """
        backend = "noisy" if noise else "jax"
        job = self.compiled.job_of(values, shots, seed, backend, params)
        inputs = self.compiled.inputs_of(job, values, params)
        if shots is None:
            return exact_result(self, job, inputs, on_variant)
        return drawn_result(self, job, inputs, shots, on_variant)

    def process_fidelity(
        self, values: Given | None = None, seed: int = 0, count: int = TRAJECTORIES
    ) -> FidelityFound:
        """Of the sum over all variants, under the network's noise, to the uncut program without;
        for one item of values. It is exact where `error` is 0, else by `count` trajectories each.
        CannotCut if variants are too many, or the program measures."""
        if self.uncut.distributed.placed.circuit.table.codes("measure", "reset").any():
            raise CannotCut("programs that measure or reset have no process fidelity here")
        job = self.compiled.job_of(values, None, seed, "noisy", None)
        inputs = self.compiled.inputs_of(job, values)
        slots = slots_of(self.uncut, inputs.single | {k: a[0] for k, a in inputs.batched.items()})
        value, square = 0.0, 0.0
        for k, variant in enumerate(self.all_variants()):
            found = process_fidelity(variant.stage, slots, count, seed + k, self.uncut)
            value += variant.coefficient * found.value
            square += (variant.coefficient * found.error) ** 2
        return FidelityFound(value, square**0.5)


def cut(compiled: Runnable, links: Sequence[LinkName]) -> HybridProgram:
    """`CannotCut` for links that are not there or make no pairs."""
    stage = compiled.scheduled
    network, made = stage.network, _pairs_by_link(stage.distributed)
    there = ", ".join(f"{_name(network, k)} ({n})" for k, n in sorted(made.items()))
    if not there:
        raise CannotCut("the program makes no pairs, so that there is nothing to cut")
    if not links:
        raise CannotCut(f"name a link to cut; those with pairs are {there}")
    found = dict.fromkeys(_number(network, name) for name in links)
    for k in found:
        if not made[k]:
            raise CannotCut(f"link {_name(network, k)} makes no pairs here; others do: {there}")
    options = {k: v for k, v in compiled.options if k == "policy"}
    return HybridProgram(compiled, tuple(found), prepared(stage, tuple(found), options))


def _pairs_by_link(program: DistributedCircuit) -> Counter[int]:
    link = link_of_rows(program)
    return Counter(link[link >= 0].tolist())


def _name(network: Network, link: int) -> str:
    found = network.links[link]
    return f"{network.nodes[found.a].name}--{network.nodes[found.b].name}"


def _number(network: Network, name: LinkName) -> int:
    """The link of that name, in either direction; or between two nodes."""
    said = name if isinstance(name, str) else "--".join(map(str, name))
    for k, link in enumerate(network.links):
        a, b = network.nodes[link.a].name, network.nodes[link.b].name
        if said.replace(" ", "") in (f"{x}--{y}".replace(" ", "") for x, y in ((a, b), (b, a))):
            return k
    there = ", ".join(_name(network, k) for k in range(len(network.links))) or "none"
    raise CannotCut(f"there is no link '{said}'; there are: {there}")
