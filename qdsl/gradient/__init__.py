"""Gradients of a program as circuits: which there are, what each costs, and what they give.

`plan(circuit, method)` derives, compiles and compares; `GradientPlan.estimate(values, shots)`
gives the gradient with its variance, and what it took. `estimate` does both.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = ["Estimate", "GradientPlan", "chained", "estimate", "plan"]

_FROM = {
    "Estimate": "estimation",
    "GradientPlan": "running",
    "chained": "losses",
    "estimate": "planning",
    "plan": "planning",
}

if TYPE_CHECKING:
    from qdsl.gradient.estimation import Estimate
    from qdsl.gradient.losses import chained
    from qdsl.gradient.planning import estimate, plan
    from qdsl.gradient.running import GradientPlan
else:

    def __getattr__(name):
        if name in _FROM:
            return getattr(import_module(f"qdsl.gradient.{_FROM[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
