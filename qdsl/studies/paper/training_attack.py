"""A party that keeps every copy of a training run, beside the report's ledger of that run.

In every step bob's block is measured on copies of alice's state, after layers that he is taken to
know, which changes no inner product: all copies of all steps are as good as copies of
|psi_x> = sum (-1)^(x_i) |i> / sqrt N. K of them are sum over y of sqrt(q_y) (-1)^(x.y) |y>, q_y the
chance that K random positions, each flipped once a draw, leave the pattern y.
"""

from __future__ import annotations

from math import comb, log2

from qdsl.studies.paper.findings import SHOWN, ClaimFinding, FindingTable, Settings
from qdsl.studies.paper.inference import text_of

EXPERIMENT = """
experiment fit of private {{
  loss linear, gradient commuting_block {{ epsilon {epsilon}, delta 0.5 }}
  train adam {{ steps {steps} }}
}}
"""
EPSILON = 1.8  # so coarse that a block takes three copies, two of one sign and one of the other


def training_attack(settings: Settings) -> tuple[ClaimFinding, FindingTable]:
    """Steps until the ledger reaches the secret, at N = 16 and 64."""
    rows, holds = [], True
    for n in (4, 6):
        size = 1 << n
        for step in range(1, size // (2 * n) + 2):
            bound, copies = ledger(n, step)
            most, guessed = holevo(size, copies), learned(size, copies)
            holds = holds and guessed <= most + 1e-9 <= bound + 1e-8
            rows.append((str(n), str(step), str(copies), f"{guessed:.2f}", f"{most:.2f}",
                         f"{bound:.2f}" + "*" * (bound >= size), str(size)))  # fmt: skip
    finding = ClaimFinding(
        "a party that keeps every copy of a training run stays below the ledger",
        "abstract; Holevo, Probl. Inf. Transm. 9, 177",
        f"in all {len(rows)} cases, by the best guess and by any measurement",
        "k log N bits",
        SHOWN,
        holds,
    )
    table = FindingTable(
        "A training run, step by step: bits that bob learns of alice's N bits by the measurement "
        "that guesses best, at most by any (Holevo's quantity of these states), and the ledger "
        "of the report (* vacuous)",
        ("n", "steps", "copies", "learned", "any", "ledger", "secret"),
        tuple(rows),
    )
    return finding, table


def ledger(n: int, steps: int) -> tuple[float, int]:
    """The report's bound on what bob learns in so many steps, and the copies that end at him."""
    from qdsl.api import loads

    text = text_of("private") + EXPERIMENT.format(epsilon=EPSILON, steps=steps)
    compiled = loads(text, "private.qdm").compile(experiment="fit", settings={"n": n})
    found = compiled.assess()
    assert found.privacy is not None
    (leak,) = (x for x in found.privacy.leaks if (x.party, x.task) == ("bob", "training"))
    gradient = next(t for t in found.shot_budget.tasks if t.name == "gradient" and t.chosen)
    return leak.honest_bits, steps * gradient.executions // 2  # one of two blocks is his


def patterns(size: int, copies: int) -> list[float]:
    """The chance that the pattern has weight j, j = 0 to `size`."""
    chances = [1.0] + [0.0] * size
    for _ in range(copies):
        up = [0.0, *(p * (size - j) / size for j, p in enumerate(chances[:-1]))]
        down = [*(chances[j] * j / size for j in range(1, size + 1)), 0.0]
        chances = [a + b for a, b in zip(up, down, strict=True)]
    return chances


def holevo(size: int, copies: int) -> float:
    """Of the ensemble over all x: the entropy of the pattern."""
    return sum(p * log2(comb(size, j) / p) for j, p in enumerate(patterns(size, copies)) if p)


def learned(size: int, copies: int) -> float:
    """Mutual information of x with the outcome of the square-root measurement, which for this
    group of signs is a Fourier transform of the patterns: x is guessed up to an error z of
    weight w, 2^-N (sum over y of sqrt(q_y) (-1)^(z.y))^2 being its chance."""
    chances = [(j, p) for j, p in enumerate(patterns(size, copies)) if p]
    entropy = 0.0
    for w in range(size + 1):
        total = sum((p / comb(size, j)) ** 0.5 * krawtchouk(size, j, w) for j, p in chances)
        each = total * total / 2.0**size
        if each > 0:
            entropy -= comb(size, w) * each * log2(each)
    return size - entropy


def krawtchouk(size: int, j: int, w: int) -> int:
    """The sum of (-1)^(z.y) over all y of weight j, z of weight w."""
    return sum((-1) ** k * comb(w, k) * comb(size - w, j - k) for k in range(min(j, w) + 1))
