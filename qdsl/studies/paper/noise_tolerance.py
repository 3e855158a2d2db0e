"""How much noise the quantum protocols bear and still take fewer ebits than the best classical
protocol that is run takes bits, at the same share of right answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import comb

from qdsl.drawing.curves import Curve, curves_picture, self_contained
from qdsl.records import dataclass
from qdsl.studies.paper.findings import (
    FALSE_AS_READ,
    SHOWN,
    ClaimFinding,
    FindingTable,
    Part,
    Picture,
    Settings,
)
from qdsl.studies.paper.noisy_problems import PROBLEMS, TWO_MESSAGES, NoisyProblem, NoisySize

WANTED = 0.9  # share of right answers
MOST_COPIES = 301
HALVINGS = 4
KINDS = ("pairs", "gates")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """One size of a problem: ebits without noise, bits of the classical protocol and the share it
    decides, and the largest infidelity of pairs and error of gates with fewer ebits than bits;
    None where there are not fewer without any noise. `gate_of_cx`: the largest error of a CX
    where every operation on several qubits is made of as many of them as cited formulas say."""

    problem: str
    n: int
    ebits: int | None
    bits: int
    right: float
    pairs: float | None
    gates: float | None
    gate_of_cx: float | None


def noise_tolerance(settings: Settings) -> Part:
    found = [_tolerance(p, n, settings) for p in PROBLEMS for n in _sizes(p, settings)]
    return Part(
        "noise-tolerance",
        "Advantage at realistic noise",
        (_borne(found), _lost(found)),
        (_table(found),),
        LIMITS,
        (*(_largest(found, kind) for kind in KINDS), _costs(settings)),
    )


LIMITS = (
    f"Copies are as many as make {WANTED:.0%} of the answers right by the best threshold on their "
    "outcomes, ebits n times that. The chance of a single outcome is simulated gate by gate, by "
    "the engines of `qdsl run --noise`: density matrices up to 9 qubits and else 1,000 "
    "trajectories, for an instance of either answer. Pairs have Werner noise and gates are "
    "perfect, or gates on any number of qubits are depolarised and pairs are perfect. More copies "
    "are allowed where bits outgrow ebits: then the largest error rises again. The classical "
    "protocols send one message, with shared randomness: positions of the string, and codewords "
    "close to the vector. Their bits are the fewest that decide the same share of 400 instances; "
    "others show that this is at times a little in their favour. In two messages 2 n + 1 bits "
    "tell the bit of an edge for certain, so that one copy has to do. Signals on a ring with "
    "random edges are smooth or rough: made of the half of its eigenvectors with large "
    "eigenvalues, or of the others. Bob measures in that eigenbasis, or multiplies by his filter "
    "as a dilation; that one copy then tells little costs more than the network saves at these "
    "sizes. An amplitude or phase encoding is one gate here, and bob's measurement another; of CX "
    "they take 2**n - 2 (Moettoenen et al., PRL 93, 130502; Bullock and Markov, quant-ph/0303039) "
    "and at most 23/48 4**m - 3/2 2**m + 4/3 on m qubits (Shende, Bullock, Markov, IEEE TCAD 25, "
    "1000): the last column divides by these, by formula. No pair is distilled: distilled ones "
    "bear more noise, and each takes several."
)


def _sizes(problem: NoisyProblem, settings: Settings) -> range:
    return range(3, 5) if settings.is_quick else range(3, problem.largest + 1)


def _tolerance(problem: NoisyProblem, n: int, settings: Settings) -> Tolerance:
    settings.say(f"{problem.name}, n = {n}")
    trials = 200 if settings.is_quick else 400
    bits, right = problem.classical(n, settings.seed, WANTED, trials)
    size = NoisySize(problem, n, settings.seed)
    ebits = _ebits(size, 0.0, 0.0)

    def wins(kind: str) -> Callable[[float], bool]:
        def is_won(e: float) -> bool:
            pairs, gates = (e, 0.0) if kind == "pairs" else (0.0, e)
            found = _ebits(size, pairs, gates)
            return found is not None and found < bits

        return is_won

    if ebits is None or ebits >= bits:
        return Tolerance(problem.name, n, ebits, bits, right, None, None, None)
    pairs, gates = (_largest_error(wins(kind), 0.1 / n) for kind in KINDS)
    per_cx = 1 - (1 - gates) ** (2 / problem.cx(n))
    return Tolerance(problem.name, n, ebits, bits, right, pairs, gates, per_cx)


def _ebits(size: NoisySize, pairs: float, gates: float) -> int | None:
    """Of all copies; None where even `MOST_COPIES` are too few."""
    copies = copies_for(*size.chances(pairs, gates), WANTED)
    return None if copies is None else copies * size.n


def copies_for(yes: float, no: float, wanted: float) -> int | None:
    """The fewest copies that tell apart outcomes that are 1 with probability `yes` or `no`, by the
    best threshold on how many are; both answers are equally likely. None: more than are tried."""
    if yes < no:
        yes, no = no, yes
    for k in range(1, MOST_COPIES + 1):
        if _best_threshold(yes, no, k) >= wanted:
            return k
    return None


def _best_threshold(yes: float, no: float, copies: int) -> float:
    """The share of right answers: every number of ones is read as the likelier answer."""
    return 0.5 * sum(
        comb(copies, j) * max(p**j * (1 - p) ** (copies - j) for p in (yes, no))
        for j in range(copies + 1)
    )


def _largest_error(wins: Callable[[float], bool], guess: float) -> float:
    """The largest error with which it is won, to about three per cent; it is won without any."""
    low, high = guess, guess * 1.5
    while not wins(low):
        low, high = low / 1.5, low
    while high < 1 and wins(high):
        low, high = high, high * 1.5
    for _ in range(HALVINGS):
        middle = (low * min(high, 1.0)) ** 0.5
        low, high = (middle, high) if wins(middle) else (low, middle)
    return low


# ---- what is said ------------------------------------------------------------------------


def _borne(found: Sequence[Tolerance]) -> ClaimFinding:
    won = [t for t in found if t.pairs is not None]
    return ClaimFinding(
        f"qubits win at {WANTED:.0%} right answers with noise, too, up to some error",
        "abstract, without noise",
        "; ".join(f"{name}: {_range(ts)}" for name, ts in _by_problem(won)) or "nowhere",
        "-",
        SHOWN,
        bool(won) and all(t.pairs and t.gates for t in won),
    )


def _range(ts: Sequence[Tolerance]) -> str:
    pairs, gates = ([v for t in ts if (v := getattr(t, kind)) is not None] for kind in KINDS)
    return (
        f"n = {ts[0].n} to {ts[-1].n}, pairs {min(pairs):.2g} to {max(pairs):.2g}, gates "
        f"{min(gates):.2g} to {max(gates):.2g}"
    )


def _lost(found: Sequence[Tolerance]) -> ClaimFinding:
    lost = [t for t in found if t.pairs is None]
    names = "; ".join(
        f"{name}: {', '.join(f'{t.ebits} ebits, {t.bits} bits' for t in ts)} at n = "
        f"{', '.join(str(t.n) for t in ts)}"
        for name, ts in _by_problem(lost)
    )
    return ClaimFinding(
        "qubits win at every size that is run, if only the noise is low enough",
        "often read so",
        f"not without any noise: {names}" if names else "they do",
        "-",
        FALSE_AS_READ,
        bool(lost),
    )


def _by_problem(found: Sequence[Tolerance]) -> Iterator[tuple[str, list[Tolerance]]]:
    for name in dict.fromkeys(t.problem for t in found):
        yield name, [t for t in found if t.problem == name]


def _table(found: Sequence[Tolerance]) -> FindingTable:
    rows = tuple(
        (
            t.problem, str(t.n), "-" if t.ebits is None else str(t.ebits), str(t.bits),
            f"{t.right:.3f}", *(("none",) * 3 if t.pairs is None else
                                (f"{t.pairs:.3f}", f"{t.gates:.3f}", f"{t.gate_of_cx:.0e}")),
        )
        for t in found
    )  # fmt: skip
    return FindingTable(
        f"Ebits without noise and classical bits for {WANTED:.0%} right answers, the share that "
        "the bits decide of other instances, and the largest infidelity of pairs or error of gates "
        "with fewer ebits than bits; the latter by formula for each CX that they are made of",
        ("problem", "n", "ebits", "bits", "right", "pairs", "gates", "CX"),
        rows,
    )


def _largest(found: Sequence[Tolerance], kind: str) -> Picture:
    """By n, for protocols of one message."""
    curves = [
        Curve(name, [t.n for t in ts], [float(getattr(t, kind)) for t in ts])
        for name, ts in _by_problem([t for t in found if t.pairs is not None])
        if name != TWO_MESSAGES
    ]
    what = {"pairs": "infidelity of pairs", "gates": "error of gates"}[kind]
    caption = f"The largest {what} with which qubits still win against one message"
    drawn = curves_picture(curves, caption, "n", what)
    return Picture(f"noise_{kind}", caption, self_contained(drawn))


def _costs(settings: Settings) -> Picture:
    """Ebits against the infidelity of pairs at one size, beside the bits."""
    problem, n = PROBLEMS[0], 4 if settings.is_quick else 6
    trials = 200 if settings.is_quick else 400
    bits, _ = problem.classical(n, settings.seed, WANTED, trials)
    size = NoisySize(problem, n, settings.seed)
    errors = [0.005 * 1.35**k for k in range(12)]
    ebits = [(e, found) for e in errors if (found := _ebits(size, e, 0.0)) is not None]
    xs = [e for e, _ in ebits]
    curves = [
        Curve("ebits, all copies", xs, [y for _, y in ebits], "ebits"),
        Curve("bits, one message", xs, [bits] * len(xs), "bits", dashed=True),
    ]
    caption = f"{problem.name.capitalize()}, n = {n}: ebits and bits for {WANTED:.0%} right answers"
    drawn = curves_picture(curves, caption, "infidelity of pairs", "ebits or bits", True, True)
    return Picture("noise_cost", caption, self_contained(drawn))
