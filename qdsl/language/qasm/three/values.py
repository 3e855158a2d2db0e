"""Values of OpenQASM 3 while a text is read: numbers, angles, bits, arrays, and what has names.

A number that is known is a Python number; one that depends on measured bits is `Cells`, and an
angle of such bits a `BitAngle`. An angle that is an input is a polynomial.
"""

from __future__ import annotations

from dataclasses import field
from math import pi, tau
from typing import Any, NamedTuple

from qdsl.language.values.cells import Cells
from qdsl.language.values.polynomial import Polynomial
from qdsl.language.values.truth import Truth
from qdsl.records import dataclass

DEFAULT_WIDTH = 32
MOST_WIDTH = 4096  # bits of a number


class Wrong(Exception):
    """The text says something that it must not. `where`: the node of the syntax tree, if known."""

    def __init__(self, what: str, where: Any = None) -> None:
        super().__init__(what)
        self.where = where


class NotExpressible(Wrong):
    """The text is right, but nothing here can say it."""


class BitAngle(NamedTuple):
    """An angle in radians: `constant`, and each number of `terms` where its function holds;
    `cells` where it is that of a register."""

    constant: float
    terms: tuple[tuple[float, Truth], ...]
    cells: Cells | None = None

    @staticmethod
    def of(cells: Cells) -> BitAngle:
        """Of a register: bit k of n stands for 2 pi 2**k / 2**n."""
        parts = [(tau * 2.0 ** (k - cells.width), cell) for k, cell in enumerate(cells.cells)]
        known = sum(weight for weight, cell in parts if cell.constant)
        return BitAngle(known, tuple((w, c) for w, c in parts if c.constant is None), cells)

    def scaled(self, factor: float) -> BitAngle:
        return BitAngle(self.constant * factor, tuple((w * factor, c) for w, c in self.terms))

    def plus(self, other: BitAngle) -> BitAngle:
        return BitAngle(self.constant + other.constant, self.terms + other.terms)


SIGN_IS_MEASURED = "a number whose sign is a measured bit; `uint` has none"


class SignedCells(NamedTuple):
    """Measured bits as a number in two's complement: it can be compared with one that is known."""

    cells: Cells

    @property
    def truth(self) -> Truth:
        """Whether it is not 0."""
        return self.cells.truth

    def widened(self, width: int) -> Cells:
        """With the sign's bit above, or without the highest bits."""
        return Cells((self.cells.cells + self.cells.cells[-1:] * width)[:width])

    def equals(self, number: int) -> Truth:
        """`NotExpressible` beyond its range, where it would never hold: whoever writes
        `int[2](c) == 3` means a number without a sign."""
        half = 1 << (self.cells.width - 1)
        if not -half <= number < half:
            kind = f"int[{self.cells.width}]"
            raise NotExpressible(f"`{kind}` is never {number}; `u{kind}` has no sign")
        return self.cells.equals(number % (2 * half))


class Duration(NamedTuple):
    """A length of time, which no circuit here has: only that it is one."""


class ValueType(NamedTuple):
    """`kind` is bit, bool, int, uint, float, angle, complex or duration; `width` in bits, None
    where the text gives none; `sizes` of an array."""

    kind: str
    width: int | None = None
    sizes: tuple[int, ...] = ()

    @property
    def is_register(self) -> bool:
        """Whether measured bits may be in it."""
        return self.kind in ("bit", "bool", "int", "uint", "angle") and not self.sizes

    @property
    def n_bits(self) -> int:
        if self.kind in ("bit", "bool"):
            return self.width or 1
        return self.width or DEFAULT_WIDTH


@dataclass(slots=True)
class Variable:
    """`name` is unique in the whole text; `value` as `converted` gives it. `is_measured`: a
    measurement writes to it directly."""

    name: str
    type: ValueType
    value: Any
    is_const: bool = False
    is_output: bool = False
    is_measured: bool = False


class QubitSlice(NamedTuple):
    """Qubits by number; `is_single`: a qubit and no register of one."""

    ids: tuple[int, ...]
    is_single: bool = False


class BitSlice(NamedTuple):
    """Some bits of variables, each by its variable and number: what `let` names."""

    places: tuple[tuple[Variable, int], ...]
    is_single: bool = False

    @property
    def cells(self) -> Cells:
        return Cells(tuple(cells_of(v.value, v.type).cells[k] for v, k in self.places))


@dataclass(slots=True)
class TextScope:
    """Names of a block, and those around it."""

    around: TextScope | None = None
    names: dict[str, Any] = field(default_factory=dict)

    def find(self, name: str) -> Any:
        here: TextScope | None = self
        while here is not None:
            if name in here.names:
                return here.names[name]
            here = here.around
        return None


def empty(type_: ValueType) -> Any:
    """What a variable holds that is given no value."""
    if type_.sizes:
        rest = type_._replace(sizes=type_.sizes[1:])
        return [empty(rest) for _ in range(type_.sizes[0])]
    if type_.kind == "bit":
        return Cells.of_number(0, type_.n_bits)
    if type_.kind == "duration":
        return Duration()
    return {"bool": False, "float": 0.0, "angle": 0.0, "complex": 0.0}.get(type_.kind, 0)


def cells_of(value: Any, type_: ValueType) -> Cells:
    """The bits of a register's value."""
    if isinstance(value, Cells):
        return value.widened(type_.n_bits)
    if type_.kind == "angle" and isinstance(value, int | float):
        width = type_.n_bits
        return Cells.of_number(round(value / tau * 2**width) % 2**width, width)
    if isinstance(value, int) and type_.is_register:
        return Cells.of_number(int(value) % 2**type_.n_bits, type_.n_bits)
    raise NotExpressible("bits of a number that is not known")


def converted(value: Any, type_: ValueType) -> Any:
    """A value as a variable of this type holds it. `Wrong` if it cannot be one."""
    if type_.sizes:
        return _array(value, type_)
    if isinstance(value, list):
        raise Wrong("an array where one value is wanted")
    if isinstance(value, BitSlice):
        value = value.cells
    if isinstance(value, BitAngle) and value.cells is not None and type_.kind in ("bit", "bool"):
        value = value.cells
    if isinstance(value, SignedCells):
        if type_.kind not in ("bit", "bool", "int", "uint"):
            raise NotExpressible(SIGN_IS_MEASURED)
        value = value.cells if type_.kind == "bool" else value.widened(type_.n_bits)
    change = _CONVERTED.get(type_.kind)
    if change is None:
        raise NotExpressible(f"values of type '{type_.kind}' have no counterpart here")
    return change(value, type_)


def compared_signed(sign: str, left: Any, right: Any) -> Cells:
    """`left == right` or `!=` of a number whose sign is a measured bit and one that is known."""
    number, known = (left, right) if isinstance(left, SignedCells) else (right, left)
    if isinstance(known, Cells):
        known = known.number
    if sign not in ("==", "!=") or isinstance(known, bool) or not isinstance(known, int):
        raise NotExpressible(SIGN_IS_MEASURED)
    found = number.equals(known)
    return Cells((found if sign == "==" else ~found,))


def _array(value: Any, type_: ValueType) -> Any:
    if not isinstance(value, list) or len(value) != type_.sizes[0]:
        raise Wrong(f"an array of {type_.sizes[0]} values is wanted")
    rest = type_._replace(sizes=type_.sizes[1:])
    return [converted(item, rest) for item in value]


def _bits(value: Any, type_: ValueType) -> Cells:
    if isinstance(value, Cells):
        if value.width == type_.n_bits:
            return value
        if type_.width is None:
            return Cells((value.truth,))
        return value.widened(type_.n_bits)
    if isinstance(value, int):
        return Cells.of_number(int(value) % 2**type_.n_bits, type_.n_bits)
    raise Wrong("bits are wanted")


def _bool(value: Any, type_: ValueType) -> Any:
    if isinstance(value, Cells):
        known = value.truth.constant
        return Cells((value.truth,)) if known is None else known
    return bool(_number(value))


def _int(value: Any, type_: ValueType) -> Any:
    if isinstance(value, Cells):
        known = value.number
        if known is None:
            found = value.widened(type_.n_bits)
            has_sign = type_.kind == "int" and found.cells[-1].constant is None
            return SignedCells(found) if has_sign else found
        value = known
    number = int(_number(value))
    if type_.width is None:
        return number
    number %= 1 << type_.width
    is_negative = type_.kind == "int" and number >> (type_.width - 1) & 1
    return number - (1 << type_.width) if is_negative else number


def _float(value: Any, type_: ValueType) -> Any:
    if isinstance(value, Cells):
        value = value.number
        if value is None:
            raise NotExpressible("a real number made of measured bits")
    return value if isinstance(value, Polynomial) else float(_number(value))


def _angle(value: Any, type_: ValueType) -> Any:
    """In [0, 2 pi), in steps of its width."""
    if isinstance(value, BitAngle) and value.cells is not None:  # the same angle in other bits
        spare = type_.n_bits - value.cells.width
        cells = (Truth.of(False),) * max(spare, 0) + value.cells.cells[max(-spare, 0) :]
        return _angle(Cells(cells), type_)
    if isinstance(value, Polynomial | BitAngle):
        return value
    if isinstance(value, Cells):
        known = value.number
        if known is None:
            return value.widened(type_.n_bits)
        return tau * known / 2**type_.n_bits
    number = float(_number(value))
    if type_.width is None:
        return number % tau
    return tau * (round(number / tau * 2**type_.width) % 2**type_.width) / 2**type_.width


def _duration(value: Any, type_: ValueType) -> Any:
    if not isinstance(value, Duration):
        raise Wrong("a duration is wanted")
    return value


def _number(value: Any) -> int | float:
    if isinstance(value, int | float):
        return value
    if isinstance(value, Polynomial):
        raise NotExpressible("an `input` where the circuit's shape depends on it")
    raise Wrong("a number is wanted")


_CONVERTED: dict[str, Any] = {
    "bit": _bits, "bool": _bool, "int": _int, "uint": _int, "float": _float, "angle": _angle,
    "duration": _duration,
}  # fmt: skip

CONSTANTS = {"pi": pi, "π": pi, "tau": tau, "τ": tau, "euler": 2.718281828459045,
             "ℇ": 2.718281828459045}  # fmt: skip
