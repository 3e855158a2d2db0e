"""Graph networks as circuits: karate club, both owners of the graph, and the Gram shortcut."""

from __future__ import annotations

from math import log2

import numpy as np
import numpy.typing as npt

from qdsl.data.karate import karate
from qdsl.studies.paper.findings import (
    FALSE_AS_READ,
    SHOWN,
    ClaimFinding,
    FindingTable,
    Part,
    Settings,
)
from qdsl.studies.paper.inference import ebits, model, run_of

Floats = npt.NDArray[np.float64]

HOPS = 2
SHADOWS = 4000


def hops_of(adjacency: Floats, features: Floats) -> Floats:
    """[X, A X, .., A**K X], float[nodes, (K + 1) * features]."""
    mixed = [features]
    for _ in range(HOPS):
        mixed.append(adjacency @ mixed[-1])
    return np.concatenate(mixed, axis=1)


def padded(matrix: Floats, *shape: int) -> Floats:
    found = np.zeros(shape)
    found[tuple(slice(size) for size in matrix.shape)] = matrix
    return found


def pooled(hidden: Floats, a: float, b: float, c: float) -> float:
    """Sum over nodes and channels of a z**2 + b z + c."""
    return float((a * hidden**2 + b * hidden + c).sum())


def graph_networks(settings: Settings) -> Part:
    adjacency, features = karate(settings.seed)
    rng = np.random.default_rng((settings.seed, 34))
    weights = rng.normal(size=(features.shape[1] * (HOPS + 1), 3))
    a, b, c = 0.7, 0.4, 0.1
    wanted = pooled(hops_of(adjacency, features) @ weights, a, b, c)
    alice = _at_alice(adjacency, features, weights, (a, b, c))
    bob = _at_bob(adjacency, features, weights, (a, b, c))
    gram = _gram(adjacency, features, weights, (a, b, c))
    errors = {
        name: abs(found - wanted) / abs(wanted)
        for name, (found, *_) in {"alice": alice, "bob": bob, "gram": gram}.items()
    }
    rows = (
        ("alice", str(alice[1]), f"{alice[2]:.3f}", f"{errors['alice']:.0e}"),
        ("bob", str(bob[1]), f"{bob[2]:.3f}", f"{errors['bob']:.0e}"),
    )
    holds = max(errors.values()) < 1e-9
    return Part(
        "graphs",
        "Graph networks: two hops, degree-2 polynomial, sum pooling, on the karate club",
        (
            ClaimFinding(
                "the network with a degree-2 polynomial is a circuit",
                "abstract",
                f"graph at alice: {alice[1]} qubits sent, error {errors['alice']:.0e}; at bob: "
                f"{bob[1]} qubits, error {errors['bob']:.0e}",
                "-",
                SHOWN,
                holds,
            ),
            ClaimFinding(
                "the advantage in the number of nodes holds whoever has the graph",
                "often read so",
                f"with the graph at alice, {gram[1]} numbers of her Gram matrix give the output "
                f"(error {errors['gram']:.0e}), however many nodes there are",
                "-",
                FALSE_AS_READ,
                errors["gram"] < 1e-9,
            ),
            _weight_gradient(adjacency, features, weights, settings),
        ),
        (
            FindingTable(
                "One copy: qubits sent, chance that no encoding fails, relative error of the "
                "exact output against NumPy",
                ("graph at", "qubits", "success", "error"),
                rows,
            ),
        ),
        "Squares are completed: a z**2 + b z + c = a (z + b/2a)**2 + const, the constant being "
        "known. The norm of alice's numbers is one float that she tells. Failures count as 0.",
    )


def _shifted(weights: Floats, a: float, b: float, scale: float) -> Floats:
    """Weights with a row for the constant feature `scale`: z + b/2a, times sqrt(a)."""
    shift = np.full((1, weights.shape[1]), b / (2 * a * scale))
    found: Floats = np.sqrt(a) * np.concatenate([weights, shift])
    return found


def _rest(nodes: int, weights: Floats, a: float, b: float, c: float) -> float:
    return float(nodes * weights.shape[1] * (c - b * b / (4 * a)))


def _success(value: float, x: Floats, w: Floats) -> float:
    return float(value / (np.linalg.norm(x) * np.linalg.norm(w, 2)) ** 2)


def _at_alice(
    adjacency: Floats, features: Floats, weights: Floats, polynomial: tuple[float, float, float]
) -> tuple[float, int, float]:
    """Output, qubits sent, chance of success."""
    a, b, c = polynomial
    nodes = len(features)
    mixed = np.concatenate([hops_of(adjacency, features), np.ones((nodes, 1))], axis=1)
    w = _shifted(weights, a, b, 1.0)
    rows, columns = _up(nodes), _up(mixed.shape[1])
    sizes = {"nodes": rows, "features": columns, "hidden": weights.shape[1]}
    compiled = model("graph_at_alice").compile(settings=sizes)
    given = {"X": padded(mixed, rows, columns), "W": padded(w, columns, weights.shape[1])}
    found = float(run_of(compiled)(given)[0])
    return found + _rest(nodes, weights, a, b, c), ebits(compiled), _success(found, mixed, w)


def _at_bob(
    adjacency: Floats, features: Floats, weights: Floats, polynomial: tuple[float, float, float]
) -> tuple[float, int, float]:
    a, b, c = polynomial
    nodes, n_features = features.shape
    hidden = weights.shape[1]
    x = np.concatenate([features.reshape(-1), [1.0]])
    power, blocks = np.eye(nodes), []
    for k in range(HOPS + 1):
        part = weights[k * n_features : (k + 1) * n_features]
        blocks.append(np.kron(power, part))
        power = power @ adjacency
    t = _shifted(np.sum(blocks, axis=0), a, b, 1.0)
    size = _up(len(x))
    compiled = model("graph_at_bob").compile(settings={"numbers": size, "results": nodes * hidden})
    given = {"X": padded(x, size), "T": padded(t, size, nodes * hidden)}
    found = float(run_of(compiled)(given)[0])
    return found + _rest(nodes, weights, a, b, c), ebits(compiled), _success(found, x, t)


def _gram(
    adjacency: Floats, features: Floats, weights: Floats, polynomial: tuple[float, float, float]
) -> tuple[float, int]:
    """The output out of X_e^T X_e alone, and how many numbers that is."""
    a, b, c = polynomial
    nodes = len(features)
    mixed = np.concatenate([hops_of(adjacency, features), np.ones((nodes, 1))], axis=1)
    w = _shifted(weights, a, b, 1.0)
    gram = mixed.T @ mixed
    found = float(np.trace(w.T @ gram @ w)) + _rest(nodes, weights, a, b, c)
    size = len(gram)
    return found, size * (size + 1) // 2


def _up(size: int) -> int:
    return 1 << (size - 1).bit_length()


# ---- weights ---------------------------------------------------------------------------


def _weight_gradient(
    adjacency: Floats, features: Floats, weights: Floats, settings: Settings
) -> ClaimFinding:
    """d/dW of ||X_e W||**2 = 2 X_e^T X_e W, entry by entry, out of one set of global shadows of
    the state of Bob's feature register (Huang, Kueng, Preskill, Nature Physics 16, 1050)."""
    mixed = hops_of(adjacency, features)
    size = _up(mixed.shape[1])
    gram = padded(mixed.T @ mixed, size, size)
    norm = float(np.trace(gram))
    state = gram / norm
    w = padded(weights, size, weights.shape[1])
    exact = 2 * gram @ w
    rng = np.random.default_rng((settings.seed, 5))
    count = SHADOWS // 4 if settings.is_quick else SHADOWS
    mean = np.zeros((size, size))
    for _ in range(count):
        mean += snapshot(state, rng) / count
    found = 2 * norm * mean @ w
    # the real part of an entry is an observable of squared Frobenius norm at most |w_c|**2
    bound = 2 * norm * np.sqrt(3 * (w**2).sum(axis=0) / count)
    worst = float((np.abs(found - exact) / bound).max())
    return ClaimFinding(
        "bob estimates all derivatives of his weights from copies of the feature state alone",
        "classical shadows, variance at most 3 ||O||_F**2",
        f"{count} shadows of {int(log2(size))} qubits: the worst of {exact.size} entries is "
        f"{worst:.1f} of the standard error's bound off",
        "-",
        SHOWN,
        worst < 5,
    )


def snapshot(state: Floats, rng: np.random.Generator) -> Floats:
    """The real part of one global shadow (d + 1) |b><b| - 1, `b` a random state measured.

    Haar random bases stand for random Cliffords: a shadow needs their second and third moments
    only, which agree.
    """
    size = len(state)
    q, r = np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))
    basis = q * (np.diag(r) / np.abs(np.diag(r)))
    chances = np.clip(np.einsum("ij,ik,kj->j", basis.conj(), state, basis).real, 0, None)
    b = basis[:, rng.choice(size, p=chances / chances.sum())]
    found: Floats = (size + 1) * np.outer(b, b.conj()).real - np.eye(size)
    return found
