"""The optimisers that an experiment can name, as optax makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qdsl.diagnostics.request_error import MissingExtra

_LR = 0.01  # where the experiment gives none
_MASS = 0.9


def optimiser(name: str, options: Mapping[str, float]) -> Any:
    """An optax transformation. MissingExtra where optax is not installed."""
    try:
        import optax
    except ImportError:
        raise MissingExtra(
            "training needs optax, which is not installed: pip install 'qdsl-compiler[train]'"
        ) from None
    given = dict(options)
    return _MAKERS[name](optax, given.pop("lr", _LR), given)


def _rmsprop(optax: Any, lr: float, given: dict[str, float]) -> Any:
    return optax.rmsprop(lr, decay=given.get("gamma", 0.9), eps=given.get("eps", 1e-8))


def _adagrad(optax: Any, lr: float, given: dict[str, float]) -> Any:
    """Duchi, Hazan and Singer, JMLR 12, 2121 (2011): no momentum, sums of squares from 0."""
    scaled = optax.scale_by_rss(initial_accumulator_value=0.0, eps=given.get("eps", 1e-8))
    return optax.chain(scaled, optax.scale_by_learning_rate(lr))


_MAKERS: dict[str, Callable[[Any, float, dict[str, float]], Any]] = {
    "adam": lambda optax, lr, given: optax.adam(lr, **given),
    "adamax": lambda optax, lr, given: optax.adamax(lr, **given),
    "sgd": lambda optax, lr, given: optax.sgd(lr),
    "momentum": lambda optax, lr, given: optax.sgd(lr, given.get("mass", _MASS)),
    "nesterov": lambda optax, lr, given: optax.sgd(lr, given.get("mass", _MASS), nesterov=True),
    "rmsprop": _rmsprop,
    "adagrad": _adagrad,
}
