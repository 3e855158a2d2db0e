"""What every method would cost for an accuracy, and which is the cheapest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import ceil

from qdsl.analysis.formulas import (
    STAGE_SHOTS,
    count_bits,
    estimation_stages,
    number_bits,
    spsa_pairs,
    spsa_rounds,
    stage_bits,
)
from qdsl.diagnostics.request_error import Refused
from qdsl.gradient import counts
from qdsl.gradient.profile import ExecutionProfile, Layer, Profile
from qdsl.passes.derive_gradient.directions import perturbation
from qdsl.records import dataclass

CIRCUITS, COHERENT, SIMULATED = "circuits", "coherent", "simulated"


MOST_ACCURATE = 1e-12
MOST_CERTAIN = 1e-100  # smaller deltas overflow


class NoMethod(Refused):
    """No method fits, or there is none of that name."""


@dataclass(frozen=True, slots=True)
class MethodCost:
    """A method's total for the whole gradient.

    - `form`: "circuits" (derived, compiled, counted), "coherent" (likewise, of many passes in a
      row, whose number is decided while it runs: the price is a mean) or "simulated" (priced by
      compiled circuits and a declared count; runs as a simulated protocol only);
    - `classical_bits`: of the executions; `joined`: those of them that put outcomes of one word at
      several nodes together, one an execution from every node but one;
    - `announced`: bits of counts, powers and derivatives that are told besides, to those who
      follow the parameters: owners, those to whom they are revealed, or everyone;
    - `circuits`: those that differ, in rows or numbers; `executions`: of all of them;
    - `rounds`: dependent rounds of ebits if all copies go together;
    - `memory`: data qubits of one node for one copy, or for all that a protocol holds at once;
    - `fits`: why it does not fit the nodes, None: it does;
    - `leaks`: who learns derivatives of another node's parameters, None: nobody.
    """

    name: str
    form: str
    ebits: int
    classical_bits: int
    announced: int
    executions: int
    circuits: int
    rounds: int
    memory: int
    fits: str | None = None
    leaks: str | None = None
    joined: int = 0


@dataclass(frozen=True, slots=True)
class MethodComparison:
    """All methods for one accuracy; `refused`: (method, why) of those that cannot be taken."""

    epsilon: float
    delta: float
    shots: int
    costs: tuple[MethodCost, ...]
    refused: tuple[tuple[str, str], ...] = ()

    def cost(self, name: str) -> MethodCost:
        """NoMethod if it is not among the compared."""
        for c in self.costs:
            if c.name == name:
                return c
        why = dict(self.refused).get(name, "it is not known")
        raise NoMethod(f"'{name}' cannot be taken: {why}")

    def without(self, name: str, why: str) -> MethodComparison:
        """The same, with one method refused."""
        rest = tuple(c for c in self.costs if c.name != name)
        return replace(self, costs=rest, refused=(*self.refused, (name, why)))

    def best(self, forms: Iterable[str] = (CIRCUITS,)) -> MethodCost:
        """The fewest ebits, then bits, then executions, of those that fit the nodes, and leave
        every derivative with its parameter's owner alone, where there is one that does."""
        chosen = tuple(forms)
        fitting = [c for c in self.costs if c.fits is None and c.form in chosen]
        if not fitting:
            raise NoMethod("no method fits the nodes")
        fitting = [c for c in fitting if c.leaks is None] or fitting
        return min(fitting, key=lambda c: (c.ebits, c.classical_bits, c.executions))


def compared(profile: Profile, epsilon: float, delta: float) -> MethodComparison:
    """The comparison; derivatives of range W are wanted to epsilon, so words to epsilon / W."""
    require_accuracy(epsilon, delta)
    shots = unit_shots(profile, epsilon, delta)
    found = [_from_reads(profile, name, shots) for name in profile.reads]
    for name, function in _PRICED.items():
        if name in profile.reads or name in dict(profile.refused):
            continue
        cost = function(profile, name, epsilon / profile.spread, delta)
        if cost is not None:
            found.append(cost)
    leaks = dict(profile.leaks)
    found = [replace(c, leaks=leaks.get(c.name)) for c in found]
    return MethodComparison(epsilon, delta, shots, tuple(found), profile.refused)


def require_accuracy(epsilon: float, delta: float) -> None:
    if not MOST_ACCURATE <= epsilon < 1e9 or not MOST_CERTAIN <= delta < 1:
        raise NoMethod(
            f"epsilon is {MOST_ACCURATE:g} or more and below 1e9, and delta "
            f"{MOST_CERTAIN:g} or more and below 1"
        )


def unit_shots(profile: Profile, epsilon: float, delta: float) -> int:
    """Shots for a derivative of unit range; wider ones get more, as their shares say."""
    return max(1, ceil(counts.hoeffding(max(profile.parameters, 1), epsilon, delta)))


def _from_reads(profile: Profile, name: str, shots: int) -> MethodCost:
    ebits = bits = announced = executions = rounds = memory = number = joined = 0
    for read in profile.reads[name]:
        times = ceil(shots * read.share - 1e-9)
        executions += read.number * times
        ebits += read.number * times * read.price.ebits
        bits += read.number * times * read.price.classical_bits
        joined += read.number * times * read.joined
        announced += read.number * read.announced * count_bits(times)
        rounds, memory = max(rounds, read.price.rounds), max(memory, read.price.qubits)
        number += read.number
    return MethodCost(
        name,
        CIRCUITS,
        ebits,
        bits + joined,
        announced,
        executions,
        number,
        rounds,
        memory,
        joined=joined,
    )


def _priced(
    name: str,
    form: str,
    parts: Iterable[tuple[ExecutionProfile, int]],
    memory: int,
    profile: Profile,
    circuits: int,
    announced: int = 0,
    joined: int = 0,
) -> MethodCost:
    known = list(parts)
    fits = None
    if profile.room is not None and memory > profile.room:
        fits = f"holds {memory:.3g} qubits at once, and no node has more than {profile.room}"
    return MethodCost(
        name, form, sum(p.ebits * k for p, k in known),
        sum(p.classical_bits * k for p, k in known) + joined, announced,
        sum(k for _, k in known), circuits,
        max((p.rounds for p, _ in known), default=0), memory, fits, joined=joined,
    )  # fmt: skip


def spsa_plan(profile: Profile, epsilon: float, delta: float) -> tuple[int, int]:
    """Random directions, and pairs of shots for each."""
    moved = profile.moved or profile.parameters
    c = perturbation(epsilon / 2, profile.third, moved)
    pairs = spsa_pairs(profile.parameters, epsilon, delta, c, profile.norm)
    return spsa_rounds(pairs, moved)


def _spsa(profile: Profile, name: str, epsilon: float, delta: float) -> MethodCost:
    """Every point's counts are told to all who follow a parameter, as it moves all of them."""
    directions, each = spsa_plan(profile, epsilon * profile.spread, delta)
    parts = [(profile.forward, 2 * directions * each * profile.bases)]
    joined, told = profile.pass_told
    points = 2 * directions
    announced, joined = points * told * count_bits(each), points * each * joined
    return _priced(name, CIRCUITS, parts, profile.forward.qubits, profile, 1, announced, joined)


def _differences(profile: Profile, name: str, epsilon: float, delta: float) -> MethodCost:
    """Half of epsilon for the bias `h**2 / 6`, half for `(o+ - o-) / 2h`."""
    step = (3 * epsilon) ** 0.5
    shots = counts.hoeffding(profile.parameters, epsilon / 2, delta) / step**2
    total = profile.parameters * 2 * ceil(shots / 2)
    joined, told = profile.pass_told
    announced = profile.parameters * 2 * told * count_bits(ceil(shots / 2))
    return _priced(
        name,
        CIRCUITS,
        [(profile.forward, total)],
        profile.forward.qubits,
        profile,
        1,
        announced,
        total * joined,
    )


def _shadows(
    profile: Profile,
    name: str,
    epsilon: float,
    delta: float,
) -> MethodCost | None:
    """One set of copies for every boundary whose words all stand there: every block."""
    blocks = [layer for word in profile.layers for layer in word]
    if not blocks:
        return None

    def factor(layer: Layer) -> float:
        if name == "global_shadow":
            return counts.global_shadow(layer.support or profile.qubits, epsilon)
        return counts.local_shadow(layer.weight, epsilon)

    shots = unit_shots(profile, epsilon * profile.spread, delta) * profile.spread**2
    parts = [(b.price, 2 * b.blocks * ceil(shots * factor(b) / 2 - 1e-9)) for b in blocks]
    memory = max(b.price.qubits for b in blocks)
    announced = profile.blocks_told * number_bits(epsilon)
    return _priced(name, CIRCUITS, parts, memory, profile, len(parts), announced)


def _tomography(profile: Profile, name: str, epsilon: float, delta: float) -> MethodCost | None:
    if not profile.layers:
        return None
    parts = [
        (layer.price, counts.tomography_copies(layer.parameters, profile.qubits, epsilon))
        for word in profile.layers
        for layer in _boundaries(word)
    ]
    memory = profile.qubits * max(k for _, k in parts)
    announced = profile.blocks_told * number_bits(epsilon)
    return _priced(name, SIMULATED, parts, memory, profile, len(parts), announced)


def _boundaries(layers: Iterable[Layer]) -> list[Layer]:
    """Blocks that are read after as many ebits are one layer's."""
    found: list[Layer] = []
    for layer in layers:
        if found and found[-1].price == layer.price:
            last = found.pop()
            layer = Layer(
                layer.price, last.parameters + layer.parameters, max(last.weight, layer.weight)
            )
        found.append(layer)
    return found


def _sweep(profile: Profile, name: str, epsilon: float, delta: float) -> MethodCost | None:
    if not profile.layers:
        return None
    copies = counts.sweep_copies(profile.parameters, epsilon, delta)
    parts = [
        (max((b.price for b in word), key=lambda p: p.ebits), copies) for word in profile.layers
    ]
    announced = profile.blocks_told * number_bits(epsilon)
    return _priced(name, SIMULATED, parts, profile.qubits * copies, profile, len(parts), announced)


def _amplitude(profile: Profile, name: str, epsilon: float, delta: float) -> MethodCost:
    means = sum(many for _, many in profile.iterates) or profile.rotations
    passes = counts.amplitude_passes(epsilon, delta / max(means, profile.parameters))
    parts = [(price, ceil(passes * many / 2)) for price, many in profile.iterates]
    parts = parts or [(profile.forward, ceil(passes) * means)]
    each = STAGE_SHOTS * estimation_stages(epsilon)  # all powers that are gone through
    told = sum(told for _, told in profile.iterates_told)
    announced = told * number_bits(epsilon)
    if profile.nodes > 1:  # the power that comes next
        announced += means * stage_bits(epsilon)
    pairs = zip(profile.iterates_told, profile.iterates, strict=False)
    joined = sum(many * each * bits for (bits, _), (_, many) in pairs)
    found = _priced(
        name, COHERENT, parts, profile.forward.qubits, profile, means, announced, joined
    )
    stages = ceil(passes / STAGE_SHOTS)
    return replace(found, rounds=stages * profile.forward.rounds, executions=means * each)


_PRICED: dict[str, Callable[[Profile, str, float, float], MethodCost | None]] = {
    "shadow": _shadows,
    "global_shadow": _shadows,
    "shadow_tomography": _tomography,
    "gentle_sweep": _sweep,
    "spsa": _spsa,
    "finite_difference": _differences,
    "amplitude_estimation": _amplitude,
}
