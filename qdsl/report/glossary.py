"""What the words of a report mean, in a sentence each; `docs/reference/words.md` says more."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

GLOSSARY: Final = MappingProxyType({
    "ebit": "One entangled pair of qubits on one link: the main cost of a distributed "
    "program, made once and used once.",
    "telegate": "A gate on qubits of different nodes by a cat copy: one ebit, one classical "
    "bit each way; no qubit moves.",
    "teledata": "Teleportation: a qubit's state moves to another node and stays; one ebit, two "
    "classical bits.",
    "cat-entangler": "Makes a cat copy: a qubit's value in the Z basis, shared with a "
    "communication qubit of another node; one ebit, one classical bit.",
    "packet": "All gates that are served by one cat copy.",
    "communication qubit": "A qubit of a node that can hold one half of an ebit.",
    "data qubit": "A qubit of a node that holds a qubit of the program.",
    "placement": "Which node holds each qubit and executes each operation, at every time.",
    "round": "Ebits whose uses do not depend on one another; rounds are how often the network's "
    "latency must be paid.",
    "message round": "The longest chain of classical messages of which each waits for the last.",
    "online": "Said of communication that depends on data or parameters, and has to wait for them.",
    "makespan": "The time from the first operation to the end of the last, with messages and the "
    "making of ebits.",
    "shot budget": "How often a program is executed for one answer of the wanted accuracy.",
    "epsilon": "How far an estimate may be from the true value.",
    "confidence": "The probability that an estimate is within epsilon of the true value.",
    "disclosed": "Sent to a node in classical bits, by a `reveal` or by the program's own "
    "messages.",
})  # fmt: skip


def explained(label: str) -> str | None:
    """The word of the glossary that a label of a table is about, if any: `ebits`, `rounds`."""
    word = label.strip().lower()
    for candidate in (word, word.removesuffix("s"), _LABELS.get(word, "")):
        if candidate in GLOSSARY:
            return candidate
    return None


_LABELS: Final = {
    "lower bound on ebits": "ebit",
    "online ebits": "online",
    "remote gates": "telegate",
    "teleported qubits": "teledata",
    "peak communication qubits": "communication qubit",
}
