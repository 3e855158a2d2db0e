"""Classical shadows of kick states: random bases, and what outcomes in them say of every word.

H.-Y. Huang, R. Kueng, J. Preskill, Nat. Phys. 16, 1050 (2020). A word of weight w shows in one of
`3**w` local bases, and in one of `2**n + 1` global ones, and counts as much where it does.
"""

from __future__ import annotations

from math import pi, prod

import numpy as np

from qdsl.ir.batch import BatchJob, Contributions, Points
from qdsl.ir.paulis import PauliWord, bits_of
from qdsl.ir.stages import Circuit
from qdsl.passes.derive_gradient.blocks import CommutingBlock
from qdsl.passes.derive_gradient.frames import QUARTER, Basis, Frames, Global, Local, image
from qdsl.passes.derive_gradient.problem import GradientProblem, NoGradient
from qdsl.passes.derive_gradient.recipes import kicked, pruned
from qdsl.passes.derive_gradient.writer import CircuitWriter, mean_of
from qdsl.records import dataclass

EVERY_BASIS = 256  # a batch has all bases if they are no more, else so many random ones
MOST_GLOBAL = 6  # qubits of a global basis: its outcomes count 2**n + 1


@dataclass(frozen=True, slots=True)
class Shadow:
    """Forwards, the kick, and backwards to the boundary of a block, as for
    `CommutingBlockGradient`; there its qubits are rotated into a basis that the template's own
    numbers choose: first the kick, then one for each rotation of `Frames`."""

    word: PauliWord
    owner: int
    block: CommutingBlock
    shares: tuple[tuple[int, float], ...]
    is_global: bool = False

    @property
    def qubits(self) -> tuple[int, ...]:
        mask = 0
        for r in self.block.readings:
            mask |= r.word.support
        return bits_of(mask)

    @property
    def frames(self) -> Frames:
        return Global(len(self.qubits)) if self.is_global else Local(len(self.qubits))

    def circuit(self, source: Circuit) -> Circuit:
        axes = self.frames.axes
        writer = CircuitWriter(source, free=1 + len(axes))
        kicked(writer, self.word, self.owner, self.block.last)
        for k, axis in enumerate(axes):
            placed = self._placed(axis)
            writer.rotation(placed, (0.0, [(1.0, writer.slot(1 + k))]), self.block.pin)
        if self.block.pin >= 0:
            writer.gate("move", self.qubits, self.block.pin)
        outputs = [mean_of(self._placed(PauliWord(0, z))) for z in self.seen]
        kind = "global_shadow" if self.is_global else "shadow"
        return pruned(writer.build(f"{source.name}_{kind}", outputs))

    @property
    def seen(self) -> tuple[int, ...]:
        """The words of Z that are the template's outputs, over the block's qubits."""
        if self.is_global:
            return tuple(range(1, 2 ** len(self.qubits)))
        return tuple(dict.fromkeys(self.local(r.word).support for r in self.block.readings))

    def local(self, word: PauliWord) -> PauliWord:
        """A word over the block's qubits, numbered from 0."""

        def packed(mask: int) -> int:
            return sum(((mask >> q) & 1) << k for k, q in enumerate(self.qubits))

        return PauliWord(packed(word.x), packed(word.z), word.sign)

    def _placed(self, word: PauliWord) -> PauliWord:
        def spread(mask: int) -> int:
            return sum(((mask >> k) & 1) << q for k, q in enumerate(self.qubits))

        return PauliWord(spread(word.x), spread(word.z), word.sign)

    def point(self, first: int, kick: float, basis: Basis) -> list[tuple[int, float]]:
        """The template's numbers for a kick and a basis."""
        rotations = [(first + 1 + k, q * QUARTER) for k, q in enumerate(basis) if q]
        return [(first, kick * pi / 2), *rotations]

    def read(self, basis: Basis) -> list[tuple[int, int, float]]:
        """(reading, word of Z, value) of every reading that shows in this basis."""
        found, frames = [], self.frames
        for k, r in enumerate(self.block.readings):
            after = image(self.local(r.word), frames.axes, basis)
            if after.is_diagonal:
                value = after.sign * r.coefficient * frames.worth(r.word.support.bit_count())
                found.append((k, after.z, value))
        return found


# ---- as a batch ---------------------------------------------------------------------------


def shadow_job(
    problem: GradientProblem,
    word: PauliWord,
    shares: tuple[tuple[int, float], ...],
    block: CommutingBlock,
    is_global: bool,
    what: str,
) -> BatchJob:
    """All bases equally often where there are few, so that the batch is exact; else random ones,
    which `sampled` draws anew for every estimate."""
    recipe = Shadow(word, problem.owner(word), block, shares, is_global)
    if is_global and len(recipe.qubits) > MOST_GLOBAL:
        raise NoGradient(
            f"'global_shadow' reads {MOST_GLOBAL} qubits at most, and a block here "
            f"has {len(recipe.qubits)}: shadow reads them one by one"
        )
    chosen = _bases(recipe.frames, is_global)
    place = {z: k for k, z in enumerate(recipe.seen)}
    points: list[list[tuple[int, float]]] = []
    given: list[tuple[int, int, int, int, float]] = []
    for sign in (1.0, -1.0):
        for basis in chosen:
            for k, z, value in recipe.read(basis):
                part = -sign / 2 * value / len(chosen)
                given += [
                    (len(points), place[z], target, block.readings[k].site, part * share)
                    for target, share in shares
                ]
            points.append(recipe.point(problem.circuit.values.n_slots, sign, basis))
    return BatchJob(recipe, Points.of(points), Contributions.of(given), block.pin, what)


def _bases(frames: Frames, is_global: bool) -> list[Basis]:
    n = frames.qubits
    all_there_are = prod(2**k + 1 for k in range(1, n + 1)) if is_global else 3**n
    rng = np.random.default_rng(0)
    if all_there_are > EVERY_BASIS:
        return [frames.drawn(rng) for _ in range(EVERY_BASIS)]
    found: set[Basis] = set()
    while len(found) < all_there_are:
        found.add(frames.drawn(rng))
    return sorted(found)
