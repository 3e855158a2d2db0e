"""What the words of the language mean, for those that no program declares."""

from __future__ import annotations

from collections.abc import Mapping

from qdsl.editor.markdown import code
from qdsl.editor.signatures import function, optimiser, shape
from qdsl.language.check.options import (
    GRADIENTS,
    INSTANCES,
    LOSSES,
    NOISES,
    OPTIMISERS,
)
from qdsl.language.networks.network_properties import LINK, NODE, Sort
from qdsl.language.networks.presets import presets
from qdsl.language.networks.property_meanings import MEANS
from qdsl.language.parser.forms import FORMS
from qdsl.language.typed.program import SCALINGS
from qdsl.language.typed.types import CIRCUIT_KINDS, PARAM_KINDS
from qdsl.language.values.arithmetic import CONSTANTS

# What may stand behind an option of an experiment, and between its braces.
VALUES: Mapping[str, tuple[str, ...]] = {
    "loss": LOSSES,
    "gradient": GRADIENTS,
    "train": tuple(OPTIMISERS),
    "noise": NOISES,
    "instances": tuple(INSTANCES),
}
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "gradient": ("epsilon", "delta", "shots"),
    "train": ("steps", "batch", "seed", "validation", "test", "patience"),
    "instances": ("seed", "items", "share"),
}
OPTION_MEANS = {
    "loss": "what training minimises: a name, or an expression of `value` and `label`",
    "gradient": "how gradients are estimated",
    "train": "the optimiser, and what it is told",
    "noise": "the noise of gates and pairs",
    "shots": "shots of each estimate",
    "seed": "seed of everything random",
    "instances": "a problem whose instances fill the data",
}
TYPE_MEANS = {
    "real": "real numbers", "angle": "angles in radians", "bits": "zeros and ones",
    "int": "integers", "matching": "a perfect matching of `2**n` numbers",
    "graph": "a graph, which shapes the circuit",
}  # fmt: skip
DATA_TYPES, PARAM_TYPES, SCALES = CIRCUIT_KINDS, PARAM_KINDS, SCALINGS


def property_text(name: str, sorts: Mapping[str, Sort]) -> str:
    """What a property of nodes or links says, with its form."""
    sort = sorts[name]
    return f"{MEANS[name]}: {sort.wanted}, such as `{name} {sort.example}`"


def in_network(word: str, block: str) -> str | None:
    """What a word means between the braces of a network, a node or a link."""
    for keyword, sorts in (("node", NODE), ("link", LINK)):
        if word in sorts and block in (keyword, "network"):
            return f"**{word}**: {property_text(word, sorts)}"
    preset = presets().get(word)
    return None if preset is None else f"**{word}**, a preset: {preset.origin}"


def in_experiment(word: str, option: str) -> str | None:
    """What a word means in an experiment, in the line of an option."""
    if word == option and word in OPTION_MEANS:
        return f"**{word}**: {OPTION_MEANS[word]}"
    if word in VALUES.get(option, ()):
        called = optimiser(word)
        return code(called.label if called else f"{option} {word}")
    if word in SETTINGS.get(option, ()):
        return f"**{word}**: of `{option}`"
    return None


def anywhere(word: str) -> str | None:
    """A function, a constant, a type, a generator of networks, or a keyword with its form."""
    found = function(word) or shape(word)
    if found is not None:
        return f"{code(found.label)}\n{found.doc}"
    if word in CONSTANTS:
        return f"**{word}** = {CONSTANTS[word]}"
    if word in FORMS:
        return f"**{word}**\n{code(FORMS[word])}"
    return f"**{word}**: {TYPE_MEANS[word]}" if word in TYPE_MEANS else None
