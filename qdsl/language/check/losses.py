"""Losses written as an expression: what may stand in one."""

from __future__ import annotations

from qdsl.diagnostics.reported import Refusal
from qdsl.language.check.errors.experiments import InvalidOption
from qdsl.language.syntax import Binary, Call, Expr, IntLit, Name, RealLit, Unary
from qdsl.language.syntax.spelling import closest

NAMES = ("value", "label", "pi")
OPERATORS = ("+", "-", "*", "/", "**")
ANY = 2  # or any other number of arguments
# as NumPy and JAX call them, and how many arguments they take
FUNCTIONS: dict[str, tuple[str, int]] = {
    **{name: (name, 1) for name in ("abs", "exp", "sqrt", "sin", "cos", "tanh", "log2")},
    "ln": ("log", 1),
    "min": ("minimum", ANY),
    "max": ("maximum", ANY),
}

_EXAMPLE = "write a name or an expression such as `(value - label)**2`"


def check_loss(expr: Expr) -> None:
    """Refusal where an expression has something else than numbers, `value`, `label`, `pi`,
    arithmetic and the functions of `FUNCTIONS`, or does not depend on `value`."""
    if not _check(expr):
        raise Refusal(InvalidOption(expr.span, "loss", "an expression of `value`", _EXAMPLE))


def _check(expr: Expr) -> bool:
    """Whether it depends on `value`."""
    match expr:
        case IntLit() | RealLit():
            return False
        case Name(id=name) if name in NAMES:
            return name == "value"
        case Name(id=name):
            raise _refused(expr, "made of `value`, `label` and `pi`", closest(name, NAMES))
        case Unary(op="-", operand=inner):
            return _check(inner)
        case Binary(op=op, left=left, right=right) if op in OPERATORS:
            found = [_check(left), _check(right)]
            return any(found)
        case Call(function=function, args=args):
            return _check_call(expr, function.id, args)
    raise _refused(expr, "arithmetic on `value` and `label`")


def _check_call(expr: Call, name: str, args: tuple[Expr, ...]) -> bool:
    if name not in FUNCTIONS:
        raise _refused(expr, f"made with {', '.join(FUNCTIONS)}", closest(name, FUNCTIONS))
    takes_any = FUNCTIONS[name][1] == ANY
    if not args or expr.keywords or (len(args) > 1 and not takes_any):
        takes = "one argument or more" if takes_any else "one argument"
        raise _refused(expr, f"made with `{name}` of {takes}")
    found = [_check(a) for a in args]
    return any(found)


def _refused(expr: Expr, wanted: str, meant: str | None = None) -> Refusal:
    help_ = f"did you mean '{meant}'?" if meant else _EXAMPLE
    return Refusal(InvalidOption(expr.span, "loss", wanted, help_))
