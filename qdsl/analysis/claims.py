"""Which claims of "Exponential Quantum Communication Advantage in Distributed Inference and
Learning" (arXiv 2310.07136) a model is an instance of, and which it runs against."""

from __future__ import annotations

from qdsl.analysis.findings import Advantage, Claim, Privacy, ShotBudget

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
        says = "both parties train their layers by sending quantum states"
        found[says] = Claim(says, f"{training.method}, counted; no theorem", "training")
    if privacy is not None and _is_protected(privacy):
        says = "communicated states leak at most Holevo's bound, here less than the secret"
        found[says] = Claim(says, HOLEVO, "privacy")
    return tuple(found.values())


def _is_protected(privacy: Privacy) -> bool:
    """An honest party gets something in an inference, and cannot get all."""
    leaks = (x for x in privacy.leaks if x.task == "inference")
    return any(x.honest_bits and not x.honest_vacuous for x in leaks)
