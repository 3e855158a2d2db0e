"""Problems with a proved gap between quantum and classical communication, at any size.

Every generator takes a seed; the same seed gives the same instance everywhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.records import dataclass

Bits = npt.NDArray[np.int8]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class HiddenMatching:
    """Boolean hidden matching on N = 2**n bits (Bar-Yossef, Jayram, Kerenidis, SICOMP 38, 366;
    Gavinsky et al., STOC 2007).

    Alice holds `x`, int8[N]. Bob holds `matching`, int64[N/2, 2], and int8[m] labels
    `w_e = x_i ^ x_j ^ answer` of its first m edges. The question is `answer`; with m = N/2 the
    matching is perfect, else a share 2m/N of the nodes lies in labelled edges.
    """

    n: int
    x: Bits
    matching: Ints
    labels: Bits
    answer: int

    @property
    def values(self) -> dict[str, Floats]:
        """What the model `hidden_matching` takes."""
        return {"x": self.x.astype(np.float64), "m": self.matching.astype(np.float64)}

    def decided(self, sample: Bits) -> int | None:
        """The answer that one sample of n bits tells Bob; None if its edge has no label."""
        edge = int("".join(map(str, sample[:-1].tolist())), 2)
        return int(sample[-1] ^ self.labels[edge]) if edge < len(self.labels) else None


def hidden_matching(n: int, seed: int, share: float = 1.0) -> HiddenMatching:
    """A random instance; `share` is the share of the nodes that labelled edges cover."""
    if n < 2:
        raise ValueError("hidden matching needs n >= 2: with two bits x gives the answer away")
    rng = np.random.default_rng((seed, n, 2310))
    size = 1 << n
    x = rng.integers(0, 2, size, dtype=np.int8)
    matching = rng.permutation(size).reshape(-1, 2)
    answer = int(rng.integers(2))
    kept = matching[: max(1, round(share * len(matching)))]
    labels = (x[kept[:, 0]] ^ x[kept[:, 1]] ^ answer).astype(np.int8)
    return HiddenMatching(n, x, matching, labels, answer)


def edges_known(instance: HiddenMatching, bits: int, seed: int) -> bool:
    """Does the classical one-way protocol succeed that sends `bits` bits of x, at positions drawn
    with shared randomness? It does if both ends of a labelled edge are among them."""
    rng = np.random.default_rng((seed, bits))
    sent = np.zeros(len(instance.x), bool)
    sent[rng.choice(len(instance.x), bits, replace=False)] = True
    labelled = instance.matching[: len(instance.labels)]
    return bool((sent[labelled[:, 0]] & sent[labelled[:, 1]]).any())


def two_way(instance: HiddenMatching) -> tuple[int, int]:
    """Bob names the ends of his first labelled edge, Alice answers with their parity: the answer,
    and the bits that were sent."""
    i, j = instance.matching[0].tolist()
    named = f"{i:0{instance.n}b}{j:0{instance.n}b}"
    parity = int(instance.x[int(named[: instance.n], 2)] ^ instance.x[int(named[instance.n :], 2)])
    return parity ^ int(instance.labels[0]), len(named) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Subspace:
    """Vector in subspace (Raz, STOC 1999; Klartag and Regev, STOC 2011), N = 2**n dimensions.

    Alice holds a unit vector, float[N]; Bob an orthonormal basis, the rows of `basis`,
    float[N, N]. The vector lies in the span of the first half of them (`answer` 0) or of the
    second (1).
    """

    n: int
    vector: Floats
    basis: Floats
    answer: int

    @property
    def first_half(self) -> Floats:
        """float[N, N/2]: a row vector times it has norm 1 in the first half and 0 in the other."""
        return np.ascontiguousarray(self.basis[: len(self.basis) // 2].T)


def subspace(n: int, seed: int) -> Subspace:
    rng = np.random.default_rng((seed, n, 1999))
    basis = random_orthogonal(1 << n, rng)
    answer = int(rng.integers(2))
    half = len(basis) // 2
    coefficients = rng.normal(size=half)
    vector = coefficients @ basis[answer * half : (answer + 1) * half]
    return Subspace(n, vector / np.linalg.norm(vector), basis, answer)


@dataclass(frozen=True, slots=True, eq=False)
class TraceProduct:
    """ABCD (Arunachalam, Girish, Lifshitz, arXiv 2310.02406): is |tr(ABCD)| / N large or small?

    Alice holds the orthogonal matrices A and C, Bob B and D, float[N, N] each. With `answer` 1
    ABCD is close to the identity, with 0 the four are independent.
    """

    n: int
    matrices: tuple[Floats, Floats, Floats, Floats]
    answer: int

    @property
    def share(self) -> float:
        """tr(ABCD) / N."""
        a, b, c, d = self.matrices
        return float(np.trace(a @ b @ c @ d)) / len(a)


def trace_product(n: int, seed: int) -> TraceProduct:
    rng = np.random.default_rng((seed, n, 2402))
    size = 1 << n
    a, b, c, d = (random_orthogonal(size, rng) for _ in range(4))
    answer = int(rng.integers(2))
    if answer:
        d = (a @ b @ c).T
    return TraceProduct(n, (a, b, c, d), answer)


def random_orthogonal(size: int, rng: np.random.Generator) -> Floats:
    """Haar random, float[size, size] (Mezzadri, Notices AMS 54, 592)."""
    q, r = np.linalg.qr(rng.normal(size=(size, size)))
    found: Floats = q * np.sign(np.diag(r))
    return found
