"""Inference with exponentially less communication: hidden matching, and two-way problems."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from math import ceil, log, sqrt
from typing import TYPE_CHECKING

import numpy as np

from qdsl.data.problems import (
    HiddenMatching,
    edges_known,
    hidden_matching,
    subspace,
    trace_product,
    two_way,
)
from qdsl.studies.paper.findings import (
    FALSE_AS_READ,
    SHOWN,
    ClaimFinding,
    FindingTable,
    Part,
    Picture,
    Settings,
)
from qdsl.studies.paper.one_way import bits_wanted, success

if TYPE_CHECKING:
    from qdsl.api import Compiled, Program
    from qdsl.backends.jax.jax import CompiledFunction

FAILURE = 0.01  # the classical protocol, and the partial matching, may fail so often
TRIALS = 200  # of the classical protocol


@cache
def model(name: str) -> Program:
    """A model that stands beside this file."""
    from qdsl.api import loads

    return loads(text_of(name), f"{name}.qdm")


def text_of(name: str) -> str:
    file = files("qdsl.studies.paper").joinpath("models", f"{name}.qdm")
    return file.read_text(encoding="utf-8")


def ebits(compiled: Compiled) -> int:
    return compiled.cost.ebits


# ---- one way ---------------------------------------------------------------------------


def perfect_matching(settings: Settings) -> Part:
    """One copy decides every instance; the classical one-way protocol is run beside it."""
    sizes = range(3, 9) if settings.is_quick else range(3, 17)
    instances = 2 if settings.is_quick else 4
    rows, sent, classical, wrong, told = [], list[int](), list[int](), 0, True
    for n in sizes:
        compiled = model("matching").compile(settings={"n": n})
        drawn = [hidden_matching(n, settings.seed + k) for k in range(instances)]
        function = run_of(compiled)
        wrong += sum(_decided(function, one, 1, settings.seed) != one.answer for one in drawn)
        told = told and all(two_way(one) == (one.answer, 2 * n + 1) for one in drawn)
        sent.append(ebits(compiled))
        classical.append(bits_wanted(n, settings.seed, FAILURE))
        won = success(n, settings.seed, classical[-1])
        by_formula, _ = classical_bits(n, settings.seed)
        rows.append((str(n), str(2**n), str(sent[-1]), "1", str(classical[-1]), f"{won:.3f}",
                     str(by_formula)))  # fmt: skip
    exact = all(qubits == n for n, qubits in zip(sizes, sent, strict=True))
    decided = f"{len(sizes) * instances - wrong} of {len(sizes) * instances} instances decided"
    return Part(
        "matching",
        "Boolean hidden matching, one way",
        (
            ClaimFinding(
                "one copy of log N qubits decides hidden matching; classically one way it takes "
                "of the order of sqrt N bits",
                "abstract; Bar-Yossef et al., SICOMP 38, 366",
                f"{decided} by one copy of n qubits, n = {sizes[0]} to {sizes[-1]}",
                "log N qubits",
                SHOWN,
                exact and not wrong,
            ),
            ClaimFinding(
                "the gap is there for any number of rounds",
                "often read so",
                "2 n + 1 bits decide every one of these instances when bob may speak: he names an "
                "edge, alice answers",
                "one way only",
                FALSE_AS_READ,
                told,
            ),
        ),
        (
            FindingTable(
                "Qubits sent, and bits sent by the classical one-way protocol (shared random "
                "positions), run: the fewest that decide 99 % of 200 instances, the share of 200 "
                "others that they decide, and the birthday bound",
                ("n", "N", "qubits", "copies", "bits", "right", "by formula"),
                tuple(rows),
            ),
        ),
        "One-way only: two-way, 2 log N + 1 bits do. The lower bound is asymptotic "
        "(Gavinsky et al., STOC 2007); the bits in the table are those of one protocol.",
        (_picture(list(sizes), sent, classical),),
    )


def _picture(sizes: list[int], sent: list[int], classical: list[int]) -> Picture:
    from qdsl.drawing.curves import Curve, curves_picture, self_contained

    curves = [Curve("qubits, one copy", sizes, sent), Curve("bits, one way", sizes, classical)]
    caption = "Hidden matching: qubits sent, and bits of the classical one-way protocol"
    drawn = curves_picture(curves, caption, "n", "qubits or bits", log_y=True)
    return Picture("hidden_matching", caption, self_contained(drawn))


def run_of(compiled: Compiled) -> CompiledFunction:
    """The distributed program, as a function of its data."""
    from qdsl.backends.jax.jax import compile_function

    return compile_function(compiled.scheduled)


def _decided(
    function: CompiledFunction, instance: HiddenMatching, copies: int, seed: int
) -> int | None:
    """What Bob says after `copies` samples; None if no sample fell on a labelled edge."""
    shares = np.clip(np.asarray(function(instance.values)[0]), 0, None)
    drawn = np.random.default_rng(seed).choice(len(shares), copies, p=shares / shares.sum())
    for outcome in drawn.tolist():
        bits = np.array([int(b) for b in format(outcome, f"0{instance.n}b")], np.int8)
        answer = instance.decided(bits)
        if answer is not None:
            return answer
    return None


def classical_bits(n: int, seed: int, failure: float = FAILURE) -> tuple[int, float]:
    """Bits sent for the wanted failure by the birthday bound, P(no edge inside) about
    exp(-m (m - 1) / (2 (N - 1))), and the share of trials in which they really did."""
    size = 1 << n
    bits = min(size, ceil(0.5 + sqrt(0.25 + 2 * (size - 1) * log(1 / failure))))
    won = sum(edges_known(hidden_matching(n, seed + k), bits, k) for k in range(TRIALS))
    return bits, won / TRIALS


def partial_matching(settings: Settings) -> Part:
    """With labels on a share of the edges, a copy is conclusive with that probability."""
    n = 6 if settings.is_quick else 10
    compiled = model("matching").compile(settings={"n": n})
    function = run_of(compiled)
    rows, held = [], True
    for share in (0.5, 0.25, 0.125):
        copies = ceil(log(1 / FAILURE) / -log(1 - share))
        trials = 20 if settings.is_quick else 100
        said = [
            (one.answer, _decided(function, one, copies, settings.seed + k))
            for k in range(trials)
            for one in [hidden_matching(n, settings.seed + k, share)]
        ]
        right = sum(answer == answered for answer, answered in said)
        false = sum(answered is not None and answer != answered for answer, answered in said)
        held = held and not false and right >= (1 - FAILURE) * trials - 3 * sqrt(FAILURE * trials)
        rows.append((f"{share:g}", str(copies), str(copies * ebits(compiled)), f"{right}/{trials}"))
    return Part(
        "partial-matching",
        "Partial matching",
        (
            ClaimFinding(
                "a share a of labelled nodes costs a factor of about ln(1/delta)/a in copies",
                "Gavinsky et al., STOC 2007",
                f"n = {n}: {'; '.join(f'a = {r[0]}: {r[1]} copies, {r[3]}' for r in rows)}",
                "1/a copies",
                SHOWN,
                held,
            ),
        ),
        (
            FindingTable(
                f"Success against copies, n = {n}, wanted 99 %",
                ("share", "copies", "qubits", "right"),
                tuple(rows),
            ),
        ),
    )


# ---- two ways --------------------------------------------------------------------------


def interactive(settings: Settings) -> Part:
    """Vector in subspace, and ABCD."""
    return Part(
        "interactive",
        "Problems with a gap for any number of rounds",
        (_subspace(settings), _trace(settings)),
        limits="The lower bounds are asymptotic and for the worst case: a power of N "
        "(Klartag and Regev, STOC 2011) and of the order of sqrt N (arXiv 2310.02406).",
    )


def _subspace(settings: Settings) -> ClaimFinding:
    sizes = range(2, 5) if settings.is_quick else range(2, 8)
    worst, sent, decided = 0.0, [], []
    for n in sizes:
        compiled = model("subspace").compile(settings={"n": n})
        function = run_of(compiled)
        for k in range(2):
            one = subspace(n, settings.seed + k)
            found = float(function({"v": one.vector, "P": one.first_half})[0])
            worst = max(worst, abs(found - (1 - one.answer)))
        sent.append(ebits(compiled))
        decided.append(sent[-1] == n)
    return ClaimFinding(
        "vector in subspace is decided by one copy of log N qubits; classically it takes a power "
        "of N, two ways too",
        "Raz, STOC 1999; Klartag and Regev, STOC 2011",
        f"n qubits for n = {sizes[0]} to {sizes[-1]}; the norm is 1 or 0 up to {worst:.0e}",
        "log N qubits",
        SHOWN,
        worst < 1e-9 and all(decided),
    )


def _trace(settings: Settings) -> ClaimFinding:
    sizes = range(1, 3) if settings.is_quick else range(1, 4)
    worst, sent = 0.0, []
    for n in sizes:
        compiled = model("abcd").compile(settings={"n": n})
        size = 1 << n
        function = run_of(compiled)
        pair = np.eye(size).reshape(-1) / sqrt(size)
        for k in range(2):
            one = trace_product(n, settings.seed + k)
            given = dict(zip("ABCD", one.matrices, strict=True))
            found = float(function(given | {"pair": pair, "back": pair.reshape(-1, 1)})[0])
            worst = max(worst, abs(found - one.share**2))
        sent.append(ebits(compiled))
    return ClaimFinding(
        "the trace of a product of four matrices, two a party, needs O(log N) qubits in four "
        "hand-overs; classically of the order of sqrt N bits however many rounds",
        "arXiv 2310.02406",
        f"{', '.join(map(str, sent))} ebits for n = {', '.join(map(str, sizes))}; "
        f"(tr/N)**2 right up to {worst:.0e}",
        "O(log N) qubits",
        SHOWN,
        worst < 1e-9 and sent == [4 * n for n in sizes],
    )
