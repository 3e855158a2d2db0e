"""Losses of values and labels, named or as an expression of `value` and `label`."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from qdsl.language.check.losses import ANY, FUNCTIONS
from qdsl.language.syntax import Binary, Call, Expr, IntLit, Name, RealLit, Unary

if TYPE_CHECKING:
    from qdsl.language.typed.program import Experiment
    from qdsl.run.job import Inputs

Array = npt.NDArray[np.float64]
# of values, float[items] or float[items, classes], and labels, float[items]; float[items]
Loss = Callable[[Any, Any], Any]

LEAST = 1e-12  # the least probability that the logarithm of cross_entropy takes


def _mse(values: Any, labels: Any) -> Any:
    return (values - labels) ** 2


def _linear(values: Any, labels: Any) -> Any:
    return (1 - labels * values) / 2


def _cross_entropy(values: Any, labels: Any) -> Any:
    """Of p(label) = (1 + label * value) / 2, labels -1 and 1; p is kept from `LEAST` to 1. Of
    several values an item, float[items, classes], p is their softmax and a label the number of its
    class.
    """
    lib = _library(values, labels)
    if values.ndim == 2:
        shifted = values - values.max(axis=1, keepdims=True)
        log_p = shifted - lib.log(lib.exp(shifted).sum(axis=1, keepdims=True))
        return -lib.take_along_axis(log_p, labels.astype(int)[:, None], axis=1)[:, 0]
    return -lib.log(lib.clip((1 + labels * values) / 2, LEAST, 1.0))


BY_SIGN = ("linear", "cross_entropy")  # losses of labels -1 and 1
NAMED: dict[str, Loss] = {"mse": _mse, "linear": _linear, "cross_entropy": _cross_entropy}


def loss_function(experiment: Experiment) -> Loss:
    """The loss of every item."""
    if experiment.loss_expression is None:
        return NAMED[str(experiment.loss)]
    expression = experiment.loss_expression

    def loss(values: Any, labels: Any) -> Any:
        with np.errstate(all="ignore"):  # what is not finite is refused where it is used
            return _evaluate(expression, values, labels)

    return loss


def labels_or_zeros(experiment: Experiment, inputs: Inputs) -> Array | None:
    """The labels; zeros where the loss does not look at them, None where it does and there are
    none."""
    if inputs.labels is not None:
        return inputs.labels
    expression = experiment.loss_expression
    if expression is None or _names_label(expression):
        return None
    return np.zeros(inputs.items)


def _names_label(expr: Expr) -> bool:
    match expr:
        case Name():
            return expr.id == "label"
        case Unary():
            return _names_label(expr.operand)
        case Binary():
            return _names_label(expr.left) or _names_label(expr.right)
        case Call():
            return any(_names_label(a) for a in expr.args)
    return False


def mean_loss(loss: Loss, values: Array, labels: Array) -> float:
    """The mean loss over all items; infinite or NaN where an expression is."""
    with np.errstate(all="ignore"):
        return float(np.mean(loss(values, labels) + np.zeros(len(values))))


def accuracy_of(values: Array, labels: Array, known: Array | None = None) -> float | None:
    """Share of items on their label's side of the middle between two labels, 0 for -1 and 1; None
    where the labels are not of two classes. Of several values an item, the share of items whose
    largest value is that of their class. `known`: all labels that there are, where `labels` are
    those of some items; these may be of one class."""
    if values.ndim == 2:
        return float((values.argmax(axis=1) == labels).mean())
    low, high = -1.0, 1.0
    every = labels if known is None else np.concatenate((known, labels))
    if not np.isin(every, (low, high)).all():
        found = np.unique(every)
        if len(found) != 2:
            return None
        low, high = found.tolist()
    return float((np.where(values >= (low + high) / 2, high, low) == labels).mean())


def _library(*arrays: Any) -> Any:
    """NumPy for its own arrays and numbers, else JAX."""
    if all(isinstance(a, np.ndarray | np.generic | float | int) for a in arrays):
        return np
    import jax.numpy as jnp

    return jnp


def _evaluate(expr: Expr, value: Any, label: Any) -> Any:
    """An expression that `check.losses` has passed."""
    match expr:
        case IntLit() | RealLit():
            return float(expr.value)
        case Name(id="value"):
            return value
        case Name(id="label"):
            return label
        case Name():
            return float(np.pi)
        case Unary():
            return -_evaluate(expr.operand, value, label)
        case Binary():
            left, right = (_evaluate(e, value, label) for e in (expr.left, expr.right))
            return _combined(expr.op, left, right)
        case Call():
            arguments = [_evaluate(a, value, label) for a in expr.args]
            name, takes = FUNCTIONS[expr.function.id]
            function = getattr(_library(*arguments), name)
            return reduce(function, arguments) if takes == ANY else function(*arguments)
    raise AssertionError(f"no loss has a {type(expr).__name__}")


def _combined(op: str, left: Any, right: Any) -> Any:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return _library(left, right).true_divide(left, right)
        case _:  # whole powers as such: their derivative is right at 0 and below
            if isinstance(right, float) and right == int(right) and abs(right) < 100:
                right = int(right)
            return _library(left, right).power(left, right)
