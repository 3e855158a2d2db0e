"""Which claims of "Exponential Quantum Communication Advantage in Distributed Inference and
Learning" (arXiv 2310.07136) a model is an instance of, and which it runs against."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.analysis.findings import Advantage, Claim, Leak, Privacy, ShotBudget

_MANY = "inference with exponentially less communication, however many messages"
_LITTLE = (
    "no advantage where all but one party hold little: the paper's separations need much "
    "on both sides"
)

# by the code of a ground: the claim, and the part of `qdsl reproduce paper` that runs it
_OF_GROUNDS = {
    "hidden-matching": ("inference with exponentially less communication, one way", "matching"),
    "vector-in-subspace": (_MANY, "interactive"),
    "trace-product": (_MANY, "interactive"),
    "forrelation": (_MANY, "interactive"),
    "simhash": ("no exponential advantage for linear classification", "no-advantage"),
    "few-parameters": (_LITTLE, "no-advantage"),
    "few-data": (_LITTLE, "no-advantage"),
    "few-numbers": (_LITTLE, "no-advantage"),
    "gram": ("graph networks have an advantage only if the graph, or weights on the nodes, are "
             "not with the features", "graphs"),
    "barren-plateau": ("training has an advantage only where there is a gradient to see",
                       "no-advantage"),
}  # fmt: skip
NAMED = 3  # pairs of parties in a sentence
HOLEVO = "Holevo, Probl. Inf. Transm. 9, 177 (1973)"


def claims_of(
    advantage: Advantage, budget: ShotBudget, privacy: Privacy | None
) -> tuple[Claim, ...]:
    """In the order of the grounds; then training, where it is counted, and what is leaked, where
    the bound is below a secret."""
    found: dict[str, Claim] = {}
    for ground in (advantage.because, *advantage.also):
        says, part = _OF_GROUNDS.get(ground.code, ("", ""))
        if says:
            found.setdefault(says, Claim(says, ground.source, part))
    training = next((t for t in budget.tasks if t.name == "training" and t.chosen), None)
    if training is not None and training.ebits:
        says = "parameters are trained by sending quantum states"
        found[says] = Claim(says, f"{training.method}, counted; no theorem", "training")
    leaked = _protected(privacy) if privacy is not None else None
    if leaked is not None:
        found[leaked] = Claim(leaked, HOLEVO, "privacy")
    return tuple(found.values())


def _protected(privacy: Privacy) -> str | None:
    """Of whom an honest party gets something in an inference, and cannot get all; None: of
    nobody. `less than the secret` without names holds for all."""
    leaks = [x for x in privacy.leaks if x.task == "inference" and x.honest_bits]
    less = [x for x in leaks if not x.honest_vacuous]
    if not less:
        return None
    says = "communicated states leak at most Holevo's bound, here less than the secret"
    if len(less) == len(leaks):
        return says
    reached = _who_about_whom([x for x in leaks if x.honest_vacuous])
    return f"{says} ({_who_about_whom(less)}; not {reached})"


def _who_about_whom(leaks: Sequence[Leak]) -> str:
    """`bob about alice, carl about alice`."""
    named = [f"{x.party} about {x.about}" for x in leaks[:NAMED]]
    return ", ".join(named + ([f"{len(leaks) - NAMED} more"] if len(leaks) > NAMED else []))
