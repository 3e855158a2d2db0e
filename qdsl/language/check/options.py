"""The options of an experiment: their names, values and ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.check.errors.experiments import InvalidOption, UnknownOption
from qdsl.language.syntax.spelling import closest
from qdsl.language.typed.evaluate import evaluate
from qdsl.language.typed.expressions import typed
from qdsl.language.values.scope import Scope
from qdsl.records import dataclass

LOSSES = ("mse", "linear", "cross_entropy")
NOISES = ("depolarizing", "simulated")
GRADIENTS = ("exact", "auto", "parameter_shift", "hadamard", "commuting_block", "mixed", "cat",
             "overlap", "shadow", "global_shadow", "amplitude_estimation", "gentle_sweep",
             "shadow_tomography", "finite_difference", "spsa")  # fmt: skip
FORMER_NAMES = {"kick": "commuting_block"}  # still accepted in programs
# Problems whose instances can be made, and the vectors that they fill.
INSTANCES: Mapping[str, tuple[str, ...]] = {
    "hidden_matching": ("x", "m", "w"),
    "vector_in_subspace": ("v", "P", "M"),
    "abcd": ("A", "B", "C", "D", "pair", "back"),
    "karate_club": ("X", "A", "W", "M"),
}
# Optimisers and what they may be told beside the learning rate `lr`.
OPTIMISERS: Mapping[str, tuple[str, ...]] = {
    "adam": ("lr", "b1", "b2", "eps"),
    "adamax": ("lr", "b1", "b2", "eps"),
    "sgd": ("lr",),
    "momentum": ("lr", "mass"),
    "nesterov": ("lr", "mass"),
    "rmsprop": ("lr", "gamma", "eps"),
    "adagrad": ("lr", "eps"),
}

Check = Callable[[str, syntax.Expr, float], float]


@dataclass(frozen=True, slots=True)
class Chosen:
    """`NAME(arguments) { properties }` of an option, every number checked."""

    name: str
    arguments: dict[str, float]
    properties: dict[str, float]


def number(name: str, expr: syntax.Expr, above: float = 0.0) -> float:
    """A positive real number."""
    value = _value(name, expr)
    if not above < value < 1e300:
        raise Refusal(InvalidOption(expr.span, name, "a number above 0"))
    return value


def whole(name: str, expr: syntax.Expr, least: float = 1) -> float:
    """A whole number, positive unless it is a seed."""
    value = _value(name, expr)
    if name == "seed":
        least = 0
    if value != value // 1 or not least <= value < 2**53:
        wanted = f"a whole number, at least {least:.0f}"
        raise Refusal(InvalidOption(expr.span, name, wanted))
    return value


def part(name: str, expr: syntax.Expr, above: float = 0.0) -> float:
    """A number above 0 and at most 1."""
    value = _value(name, expr)
    if not 0 < value <= 1:
        raise Refusal(InvalidOption(expr.span, name, "a number above 0, at most 1"))
    return value


def share(name: str, expr: syntax.Expr, above: float = 0.0) -> float:
    """A number between 0 and 1."""
    value = _value(name, expr)
    if not 0 < value < 1:
        raise Refusal(InvalidOption(expr.span, name, "a number between 0 and 1"))
    return value


def _value(name: str, expr: syntax.Expr) -> float:
    value = evaluate(typed(expr), Scope())
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refusal(InvalidOption(expr.span, name, "a number"))
    return float(value) if abs(value) < 1e300 else 1e300


def choice(
    option: syntax.Option,
    known: tuple[str, ...],
    properties: Mapping[str, Check],
    problems: Diagnostics,
) -> Chosen:
    """The word behind an option, its arguments and properties."""
    word, keywords = _word(option, known)
    word = FORMER_NAMES.get(word, word)
    if word not in known:
        meant = closest(word, known)
        suggestion = f"did you mean '{meant}'?" if meant else None
        wanted = f"one of {', '.join(known)}"
        span = option.value.span if option.value else option.name.span
        raise Refusal(InvalidOption(span, option.name.id, wanted, suggestion))
    allowed = dict.fromkeys(OPTIMISERS.get(word, ()), number) if keywords else {}
    arguments = [(k.name, k.value, k.name.span) for k in keywords]
    items = [(p.name, p.value, p.name.span) for p in option.properties]
    return Chosen(word, named(arguments, allowed, problems), named(items, properties, problems))


def _word(option: syntax.Option, known: tuple[str, ...]) -> tuple[str, tuple[syntax.Keyword, ...]]:
    value = option.value
    if isinstance(value, syntax.Name):
        return value.id, ()
    if isinstance(value, syntax.Call):
        if value.args:
            example = f"write `{value.function.id}(lr = {value.args[0].span.text[:20]})`"
            wanted = "an optimiser whose numbers have names"
            raise Refusal(InvalidOption(value.span, option.name.id, wanted, example))
        return value.function.id, value.keywords
    if value is None and option.name.id == "gradient":
        return "auto", ()
    span = value.span if value is not None else option.name.span
    raise Refusal(InvalidOption(span, option.name.id, f"one of {', '.join(known)}"))


def named(
    items: list[tuple[syntax.Name, syntax.Expr, Span]],
    known: Mapping[str, Check],
    problems: Diagnostics,
) -> dict[str, float]:
    """The numbers by name, each checked; unknown and repeated names are reported."""
    found: dict[str, float] = {}
    for name, value, span in items:
        if name.id not in known or name.id in found:
            meant = None if name.id in found else closest(name.id, known)
            problems.add(UnknownOption(span, name.id, tuple(known), meant, name.id in found))
            continue
        try:
            check = known[name.id]
            found[name.id] = check(name.id, value, 1 if check is whole else 0)
        except Refusal as refusal:
            problems.add(refusal.problem)
    return found


def only_value(option: syntax.Option, least: int, problems: Diagnostics) -> float:
    """The whole number behind `shots` or `seed`."""
    named([(p.name, p.value, p.name.span) for p in option.properties], {}, problems)
    if option.value is None:
        wanted = f"a whole number, at least {least}"
        example = f"write `{option.name.id} 1000`"
        raise Refusal(InvalidOption(option.name.span, option.name.id, wanted, example))
    return whole(option.name.id, option.value, least)
