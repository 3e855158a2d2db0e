"""How ebits and bits of one inference grow with a model, and where they cross.

Every number is that of a compiled program; a law is said only where it agrees with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qdsl.analysis.findings import Baselines, SizeLaw, SizePoint
from qdsl.analysis.growth import Growth, growths
from qdsl.analysis.structure import structure_of
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.records import dataclass
from qdsl.studies.scaling import with_room

if TYPE_CHECKING:
    from qdsl.analysis.findings import Advantage
    from qdsl.api import Compiled

MOST_QUBITS = 22
MOST_NUMBERS = 2**24  # of a declared vector
MOST_OPERATIONS = 2000  # of a size that is compiled besides
MOST_SIZES = 16  # beyond the size at hand, of a parameter that is not a dimension itself
MOST_DOUBLINGS = 10  # of one that is
FEWEST = 3  # compiled sizes that a law takes
FARTHEST = 64  # log2 of the largest N that a crossing is predicted for
SPREAD = 0.15  # of ebits, about a straight line in log N
SLOPE = 0.35  # of the exponents of two laws that agree

# of protocols that do not depend on what is declared: how their bits grow, by their own formulas
FORMULAS = {
    "random projection": "sqrt N log N",  # numbers, times bits of each
    "bits at shared random positions": "sqrt N",
    "SimHash": "1",
    "name an edge, get its bit": "log N",
}
ORDER = ("1", "log N", "sqrt N", "sqrt N log N", "N", "N log N", "N^2", "N^2 log N")


@dataclass(frozen=True, slots=True)
class _Sized:
    """One compiled size: its assessment, and log2 N."""

    value: int
    log2: float
    ebits: int
    found: Baselines

    def best(self, rounds: str) -> tuple[str, int] | None:
        one_way = rounds == "one way"
        name = self.found.best_one_way if one_way else self.found.best
        bits = self.found.best_one_way_bits if one_way else self.found.best_bits
        return None if name is None or bits is None else (name, bits)

    def bits_of(self, protocol: str) -> int | None:
        """What the protocol takes here, the best or not; None where it does not apply."""
        return next((p.bits for p in self.found.protocols if p.name == protocol), None)

    def is_below(self, rounds: str) -> bool:
        best = self.best(rounds)
        return best is not None and self.found.sent < best[1]


def size_laws(compiled: Compiled) -> tuple[SizeLaw, ...]:
    """For the protocols that the verdict is about and, where it is about one message, for those
    of any number, too; none for a model that no parameter makes larger, that shares no qubit, or
    that has no classical protocol to compare with."""
    sizes, advantage = _Sizes.of(compiled), compiled.assess().advantage
    if sizes is None or advantage is None:
        return ()
    kinds = ("one way", "any") if advantage.rounds == "one way" else ("any",)
    return tuple(law for rounds in kinds if (law := _law(sizes, rounds)) is not None)


def with_size_laws(advantage: Advantage | None, compiled: Compiled) -> Advantage | None:
    """The verdict, with how ebits and bits grow beside it."""
    return advantage and replace(advantage, sizes=size_laws(compiled) or None)


class _Sizes:
    """Sizes of a model along one parameter, each compiled when it is first asked for."""

    def __init__(self, compiled: Compiled, growth: Growth, found: Baselines) -> None:
        self.compiled, self.growth = compiled, growth
        settings = dict(compiled.settings)
        self.here = settings[growth.parameter]
        small, large = growth.values
        more = growth.large.qubits - growth.small.qubits
        self.is_dimension = more * 4 < large - small  # log2 of the parameter is added
        self.known: dict[int, _Sized | None] = {
            self.here: _Sized(self.here, self.log2(self.here), found.ebits, found)
        }

    @staticmethod
    def of(compiled: Compiled) -> _Sizes | None:
        """None for a model without a parameter that adds qubits, or without ebits."""
        checked, found = compiled.program.checked, compiled.assess().baselines
        grown = growths(checked, checked.models[compiled.model], dict(compiled.settings))
        return _Sizes(compiled, grown[0], found) if grown and found and found.ebits else None

    def log2(self, value: int) -> float:
        """log2 N at a value of the parameter."""
        return math.log2(value) if self.is_dimension else float(value)

    def value(self, step: int) -> int:
        """`step` sizes larger than the one at hand."""
        if not self.is_dimension:
            return self.here + step
        return self.here << step if step >= 0 else self.here >> -step

    def at(self, step: int) -> _Sized | None:
        """None where the model is not compiled at that size."""
        value = self.value(step)
        if value not in self.known:
            self.known[value] = self._compiled(value) if value > 0 else None
        return self.known[value]

    def _compiled(self, value: int) -> _Sized | None:
        compiled, name = self.compiled, self.growth.parameter
        settings = {**dict(compiled.settings), name: value}
        options = {k: v for k, v in compiled.options if k != "optimise"}
        try:
            circuit = compiled.program.lower(
                compiled.model,
                experiment=compiled.experiment,
                settings=settings,
                network=compiled.circuit.network,
            )
            largest = max((v.size for v in circuit.values.vectors), default=0)
            if circuit.n_qubits > MOST_QUBITS or largest > MOST_NUMBERS:
                return None
            if len(circuit.table) > MOST_OPERATIONS:
                return None
            made = compiled.program.compile(
                compiled.model,
                experiment=compiled.experiment,
                settings=settings,
                network=with_room(circuit.network, circuit.n_qubits),
                options=options,
                verify=False,
            )
        except InvalidProgram:
            return None
        found = made.assess().baselines
        return None if found is None else _Sized(value, self.log2(value), found.ebits, found)

    def compiled_sizes(self) -> list[_Sized]:
        return [p for _, p in sorted(self.known.items()) if p is not None]


# ---- the crossing ------------------------------------------------------------------------


def _law(sizes: _Sizes, rounds: str) -> SizeLaw | None:
    here = sizes.at(0)
    if here is None or here.best(rounds) is None:
        return None
    crossing = _first_below(sizes, rounds)
    for step in (1, 2, 4):
        sizes.at(step)
    points, ebits_grow, bits_grow, by = _seen(sizes, rounds)
    is_lasting = None if crossing is None else _is_lasting(bits_grow, ebits_grow)
    until = None
    if crossing is not None and not is_lasting:
        until = _first_above(sizes, rounds, crossing)
        points, ebits_grow, bits_grow, by = _seen(sizes, rounds)
        is_lasting = _is_lasting(bits_grow, ebits_grow) if until is None else None
    is_predicted = False
    if crossing is not None and until is None and (bits_grow, ebits_grow) == ("1", "log N"):
        until = _met_by_lines(sizes, points)
        is_predicted = until is not None
    dimension = sizes.growth.parameter if sizes.is_dimension else f"2^{sizes.growth.parameter}"
    is_final = crossing is None and _is_no_faster(bits_grow, ebits_grow)
    return SizeLaw(
        sizes.growth.parameter,
        dimension,
        rounds,
        points,
        ebits_grow,
        bits_grow,
        by,
        crossing,
        is_final,
        until,
        is_predicted,
        is_lasting,
    )


def _seen(sizes: _Sizes, rounds: str) -> tuple[tuple[SizePoint, ...], str | None, str | None, str]:
    """The compiled sizes, how ebits and bits grow by them, and by what the law of the bits is."""
    known = sizes.compiled_sizes()
    points = tuple(_point(p, *best) for p in known if (best := p.best(rounds)))
    last = points[-1].protocol
    others = [k for k, p in enumerate(points) if p.protocol != last]
    first = points[others[-1] + 1 if others else 0]
    return points, _of_ebits(known), *_of_bits(sizes, known, last, first)


def _point(p: _Sized, protocol: str, bits: int) -> SizePoint:
    return SizePoint(p.value, p.ebits, bits, protocol, p.found.outcome_bits)


def _first_below(sizes: _Sizes, rounds: str) -> int | None:
    """The least size with fewer ebits: downwards one by one, or upwards by doubled steps, then by
    halves. The size before it was compiled, too, and has not fewer, if there is one."""

    def below(step: int) -> bool:
        found = sizes.at(step)
        return found is not None and found.is_below(rounds)

    high = None if below(0) else _gallop(sizes, below)
    if high is not None:
        return sizes.value(_least_of(below, high))
    step = 0 if below(0) else _smaller(sizes, below)
    if step is None:
        return None
    while below(step - 1):
        step -= 1
    return sizes.value(step)


def _smaller(sizes: _Sizes, below: Callable[[int], bool]) -> int | None:
    """Of the steps down by 1, 2, 4, ... the first that it holds for."""
    step = -1
    while sizes.value(step) > 0:
        if below(step):
            return step
        step *= 2
    return None


def _first_above(sizes: _Sizes, rounds: str, at: int) -> int | None:
    """The least size beyond `at`, where there are fewer ebits, with no fewer: by doubled steps
    from there, then by halves."""
    least = -int(sizes.log2(sizes.here))
    begins = next(step for step in range(least, at) if sizes.value(step) >= at)
    if begins < 0 and (here := sizes.at(0)) is not None and here.is_below(rounds):
        begins = 0  # and so are all that are between

    def above(step: int) -> bool:
        found = sizes.at(begins + step)
        return found is not None and not found.is_below(rounds)

    found = _gallop(sizes, above, begins)
    return None if found is None else sizes.value(begins + _least_of(above, found))


def _least_of(holds: Callable[[int], bool], high: int) -> int:
    """The least step that it holds for, of those after the power of two before `high`."""
    low = high - (1 << (high.bit_length() - 1)) if high & (high - 1) else high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _gallop(sizes: _Sizes, holds: Callable[[int], bool], begins: int = 0) -> int | None:
    """The first of the steps 1, 2, 4, ... from there on, or the last that is compiled, that it
    holds for."""
    most = MOST_DOUBLINGS if sizes.is_dimension else MOST_SIZES
    last = 0
    step = 1
    while step <= most and sizes.at(begins + step) is not None:
        if holds(step):
            return step
        last, step = step, 2 * step
    beyond = (last + step) // 2
    while last < beyond < min(step, most + 1):  # between the last that is compiled and the next
        if holds(beyond):
            return beyond
        last, step = (beyond, step) if sizes.at(begins + beyond) is not None else (last, beyond)
        beyond = (last + step) // 2
    return None


# ---- the laws ----------------------------------------------------------------------------


def _of_ebits(points: Sequence[_Sized]) -> str | None:
    """`log N` where ebits are a straight line in it, to `SPREAD`."""
    points = [p for p in points if p.ebits]  # the smallest may share nothing
    if len(points) < FEWEST:
        return None
    n = [p.log2 for p in points]
    ebits = [float(p.ebits) for p in points]
    middle, mean = sum(n) / len(n), sum(ebits) / len(ebits)
    slope = sum((a - middle) * (b - mean) for a, b in zip(n, ebits, strict=True))
    slope /= sum((a - middle) ** 2 for a in n)
    worst = max(abs(mean + slope * (a - middle) - b) / b for a, b in zip(n, ebits, strict=True))
    if worst > SPREAD:
        return None
    return "log N" if slope * (n[-1] - n[0]) > SPREAD * ebits[0] else "1"


def _of_bits(
    sizes: _Sizes, known: Sequence[_Sized], last: str, first: SizePoint
) -> tuple[str | None, str]:
    """The law of the protocol `last`, which is best at the largest size and from `first` on, and
    where it is taken from."""
    same = [(p, bits) for p in known if (bits := p.bits_of(last)) is not None]
    if len(same) >= FEWEST and same[-1][1] == same[-FEWEST][1]:
        since = max(same[-FEWEST][0].value, first.value)
        return "1", f"the compiled sizes from {sizes.growth.parameter} = {since} on"
    law = FORMULAS.get(last) or (_of_sending(sizes, last) if last.startswith("send ") else None)
    if law is None and _is_line([(p.log2, bits) for p, bits in same]):
        return "log N", "the compiled sizes"
    if law is None or len(same) < 2:
        return law, "its formula"
    (a, before), (b, after) = same[-2:]
    # constant laws are not, where the accuracy of a number grows with how often it is used
    if not before or not after or (law == "1" and before != after):
        return None, "its formula"
    steps = b.log2 - a.log2
    seen = math.log2(after / before) / steps
    expected = (_size(law, b.log2) - _size(law, a.log2)) / steps
    return (law if abs(seen - expected) < SLOPE else None), "its formula"


def _is_line(points: Sequence[tuple[float, int]]) -> bool:
    """Do they lie on one line that rises, exactly?"""
    if len(points) < FEWEST or points[0][1] >= points[-1][1]:
        return False
    (n, a), (m, b) = points[0], points[-1]
    return all(abs((b - a) * (x - n) - (y - a) * (m - n)) < 1e-9 for x, y in points)


def _size(law: str, n: float) -> float:
    """log2 of a law at N = 2^n."""
    power = {"1": 0.0, "log N": 0.0, "sqrt N": 0.5, "N": 1.0, "N^2": 2.0}
    whole = power.get(law, power.get(law.removesuffix(" log N"), 0.0)) * n
    return whole + (math.log2(n) if law.endswith("log N") and n > 0 else 0.0)


def _of_sending(sizes: _Sizes, protocol: str) -> str | None:
    """By the numbers that are declared: so many are sent, each to the accuracy that is asked."""
    structure = structure_of(sizes.compiled.circuit)
    if structure is None:
        return None
    held = structure.unknown_to(protocol.rpartition(" to ")[2])
    # to so many bits a number whatever the size; what is small beside the largest does not count
    fixed = {
        h.vector.name: h.vector.kind == "bits" or h.way == "diagonal"
        for hs in held.values()
        for h in hs
    }
    names, g = fixed.keys(), sizes.growth
    most = max((g.large.vectors.get(v, 0) for v in names), default=0)
    is_plain = all(is_it for v, is_it in fixed.items() if g.large.vectors.get(v, 0) > most / 1000)
    small, large = (sum(s.vectors.get(v, 0) for v in names) for s in (g.small, g.large))
    a, b = (sizes.log2(v) for v in g.values)
    if small < 1 or b <= a:
        return None
    if large == small:
        return "1"
    power = math.log2(large / small) / (b - a)
    if power < 0.3:
        return "log N" if abs(large / small - b / a) < SPREAD * b / a else None
    law = next(
        (k for k, x in (("sqrt N", 0.5), ("N", 1.0), ("N^2", 2.0)) if abs(power - x) < 0.1), None
    )
    return law if law is None or is_plain else f"{law} log N"


def _is_lasting(bits: str | None, ebits: str | None) -> bool | None:
    """Will bits that are more be more at every larger size? None where both grow alike."""
    if bits not in ORDER or ebits not in ORDER or bits == ebits:
        return None
    return ORDER.index(bits) > ORDER.index(ebits)


def _met_by_lines(sizes: _Sizes, points: Sequence[SizePoint]) -> int | None:
    """The size at which what is sent, a straight line in log N, reaches bits that do not grow; None
    where that is out of all proportion to the sizes that were compiled."""
    a, b = points[0], points[-1]
    n, m = sizes.log2(a.value), sizes.log2(b.value)
    before, sent = (p.ebits + p.outcome_bits for p in (a, b))
    if sent <= before:
        return None
    met = max(m + 1, math.ceil(m + (b.bits - sent) * (m - n) / (sent - before) - 1e-9))
    if met > FARTHEST:
        return None
    return int(2**met if sizes.is_dimension else met)


def _is_no_faster(law: str | None, than: str | None) -> bool:
    return law in ORDER and than in ORDER and ORDER.index(law) <= ORDER.index(than)
