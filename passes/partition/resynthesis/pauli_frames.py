"""Rotations about Pauli words, written for qubits that live at given nodes.

A node may conjugate its qubits by any Clifford operation of its own without an ebit. So before a
word is turned, its part at every node is made short there: what remains of many words are then
the same few letters, which one copy of a qubit can serve. Gates are chosen greedily by how much
shorter the next words get (as in synthesis of Pauli networks, arXiv 2404.03280); words that
commute change places so that letters change seldom. In the end the conjugation is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.passes.partition.resynthesis.pauli_rotations import PauliRotation
from qdsl.records import dataclass

Bits = npt.NDArray[np.int8]
X, Z, Y = 1, 2, 3  # letters as bits: x + 2 z
KINDS: Final = tuple((p, q) for p in (X, Z, Y) for q in (X, Z, Y))


def _anticommute(a: int, b: int) -> int:
    return ((a & 1) & (b >> 1) ^ (a >> 1) & (b & 1)) & 1


def _lengths() -> npt.NDArray[np.int8]:
    """How many letters of a pair of letters (4 a + b) are left by each kind, int8[9, 16]."""
    table = np.zeros((len(KINDS), 16), np.int8)
    for k, (p, q) in enumerate(KINDS):
        for a in range(4):
            for b in range(4):
                left = a ^ p * _anticommute(b, q), b ^ q * _anticommute(a, p)
                table[k, 4 * a + b] = sum(c != 0 for c in left)
    return table


LENGTHS: Final = _lengths()
LENGTHS_NOW: Final = np.array([(a != 0) + (b != 0) for a in range(4) for b in range(4)], np.int8)


@dataclass(frozen=True, slots=True)
class Joint:
    """`exp(i pi/4 (1 - P)(1 - Q))` for letters P, Q on two qubits: a cz in other bases."""

    qubits: tuple[int, int]
    letters: tuple[int, int]


@dataclass(frozen=True, slots=True)
class RotatedStep:
    """The rotation number `index` about letters on qubits; `is_negative`: its angle too."""

    index: int
    qubits: tuple[int, ...]
    letters: str
    is_negative: bool


def synthesised(
    rotations: Sequence[PauliRotation], home: Sequence[int], widest: int, ahead: int, gain: float
) -> list[Joint | RotatedStep]:
    """The rotations in some order with conjugations inside nodes, in order of time."""
    return list(_Synthesis(rotations, home, widest, ahead, gain).run())


class _Synthesis:
    def __init__(
        self,
        rotations: Sequence[PauliRotation],
        home: Sequence[int],
        widest: int,
        ahead: int,
        gain: float,
    ) -> None:
        self._widest = widest
        n = len(home)
        shift = range(n)
        self._x = np.array([[t.word.x >> q & 1 for q in shift] for t in rotations], np.int8)
        self._z = np.array([[t.word.z >> q & 1 for q in shift] for t in rotations], np.int8)
        self._sign = np.zeros(len(rotations), np.int8)  # in half turns
        self._home = np.array(home, np.int64)
        self._ahead, self._gain = ahead, gain
        letters = self._x | self._z
        at = [letters[:, self._home == v].any(1) for v in range(int(self._home.max(initial=0)) + 1)]
        self._is_remote: list[bool] = (np.array(at).sum(0) > 1).tolist()
        pairs = [(a, b) for a, b in combinations(range(n), 2) if home[a] == home[b]]
        self._first = np.array([a for a, _ in pairs], np.int64)
        self._second = np.array([b for _, b in pairs], np.int64)
        self._left = list(range(len(rotations)))
        self._letter = np.zeros(n, np.int8)  # the last on each qubit
        self._done: list[Joint] = []

    def run(self) -> Iterator[Joint | RotatedStep]:
        while self._left:
            yield from self._shorten()
            index = self._next()
            yield from self._narrow(index)
            yield self._turned(index)
        yield from reversed(self._done)

    def _shorten(self) -> Iterator[Joint]:
        """Conjugations, as long as they help the next words."""
        while len(self._first):
            rows = [t for t in self._left[: 4 * self._ahead] if self._is_remote[t]][: self._ahead]
            if not rows:
                return
            weight = 0.96 ** np.arange(len(rows))
            code = self._x[rows] + 2 * self._z[rows]
            pair = 4 * code[:, self._first] + code[:, self._second]  # [row, pair]
            now = LENGTHS_NOW[pair]
            gains = np.einsum(
                "r,rpk->pk", weight, (now[None] - LENGTHS[:, pair]).transpose(1, 2, 0)
            )
            best = int(np.argmax(gains))
            p, k = divmod(best, len(KINDS))
            if gains[p, k] < self._gain:
                return
            joint = Joint((int(self._first[p]), int(self._second[p])), KINDS[k])
            yield self._apply(joint)

    def _conjugate(self, joint: Joint) -> None:
        (a, b), (p, q) = joint.qubits, joint.letters
        x, z = self._x, self._z
        at_a = x[:, a] & (p >> 1) ^ z[:, a] & (p & 1)
        at_b = x[:, b] & (q >> 1) ^ z[:, b] & (q & 1)
        before = _ys(x[:, [a, b]], z[:, [a, b]])
        phase = _times(x, z, b, q, at_a) + _times(x, z, a, p, at_b) + 2 * (at_a & at_b)
        after = _ys(x[:, [a, b]], z[:, [a, b]])
        self._sign ^= (((before + phase - after) % 4) // 2).astype(np.int8)
        for place, letter in ((a, p), (b, q)):
            if self._letter[place] not in (0, letter):
                self._letter[place] = letter

    def _next(self) -> int:
        """The word that changes the fewest letters, of those that nothing holds back."""
        window = self._left[: self._ahead]
        x, z = self._x[window].astype(np.int64), self._z[window].astype(np.int64)
        clash = (x @ z.T + z @ x.T) & 1
        free = np.array([not clash[i, :i].any() for i in range(len(window))])
        code = self._x[window] + 2 * self._z[window]
        changes = ((code != 0) & (self._letter != 0) & (code != self._letter)).sum(1)
        remote = np.array([self._is_remote[t] for t in window])
        changes = np.where(remote, 4 * changes + 1, 0)
        index = window[int(np.argmin(np.where(free, changes, 1 << 30)))]
        self._left.remove(index)
        return index

    def _narrow(self, index: int) -> Iterator[Joint]:
        """Conjugations that leave a word no more letters than a gate may have qubits."""
        while True:
            code = self._x[index] + 2 * self._z[index]
            if int((code != 0).sum()) <= self._widest:
                return
            both = np.flatnonzero((code[self._first] != 0) & (code[self._second] != 0))
            if not len(both):
                return
            a, b = int(self._first[both[0]]), int(self._second[both[0]])
            kind = int(np.argmin(LENGTHS[:, 4 * code[a] + code[b]]))
            yield self._apply(Joint((a, b), KINDS[kind]))

    def _apply(self, joint: Joint) -> Joint:
        self._conjugate(joint)
        self._done.append(joint)
        return joint

    def _turned(self, index: int) -> RotatedStep:
        letters = self._x[index] + 2 * self._z[index]
        self._letter = np.where(letters != 0, letters, self._letter)
        on = np.flatnonzero(letters)
        names = "".join("IXZY"[c] for c in letters[on].tolist())
        return RotatedStep(index, tuple(on.tolist()), names, bool(self._sign[index]))


def _ys(x: Bits, z: Bits) -> npt.NDArray[np.int64]:
    """The phase of the bare letters: one i for every Y."""
    found: npt.NDArray[np.int64] = (x & z).sum(1).astype(np.int64)
    return found


def _times(x: Bits, z: Bits, qubit: int, letter: int, where: Bits) -> npt.NDArray[np.int64]:
    """Multiply words by a letter on the right, in place; the phase that this adds."""
    px, pz = letter & 1, letter >> 1
    phase = where.astype(np.int64) * (2 * (z[:, qubit] & px) + (px & pz))
    x[:, qubit] ^= where * np.int8(px)
    z[:, qubit] ^= where * np.int8(pz)
    return phase
