"""Data classes that are ready sooner: an import makes hundreds, a command fills a few of them.

The library's `dataclass` writes and compiles six functions for a frozen class as it is made. Here
comparing, hashing, printing and freezing are functions that all classes share, and `__init__` is
compiled at the first use of the class. What a class is and does is the same, but for
`inspect.signature` before that use; `fields`, `replace`, `asdict` and patterns know it.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, Final

KNOWN: Final = frozenset({"frozen", "slots", "eq"})
SET: Final = object.__setattr__


def _made(cls: type[Any], options: dict[str, bool]) -> type[Any]:
    """The data class; the library's own, where what is asked for is seldom used."""
    if not options.keys() <= KNOWN or _is_by_library(cls):
        return dataclasses.dataclass(**options)(cls)
    frozen, slots = options.get("frozen", False), options.get("slots", False)
    if not cls.__doc__:  # else the library makes one of a signature, which is not known yet
        cls.__doc__ = cls.__name__
    methods = {name for name, value in cls.__dict__.items() if value is not None}
    made = _with_fields(cls, slots)
    names = tuple(f.name for f in dataclasses.fields(made))
    found: dict[str, Any] = {"__init__": _first_init(made, frozen)}
    if not any("__repr__" in base.__dict__ for base in cls.__mro__[1:-1]):
        found["__repr__"] = _repr
    if options.get("eq", True):
        found |= _compared(made, frozen)
    if frozen:
        found |= _kept(made, names, slots)
    for name, function in found.items():
        if name not in methods:
            setattr(made, name, function)
    return made


def _with_fields(cls: type[Any], slots: bool) -> type[Any]:
    """By the library, which need not look for what it is told is no `ClassVar`: looking takes most
    of its time."""
    hints = inspect.get_annotations(cls)
    cls.__annotations__ = {n: h if "ClassVar" in str(h) else ... for n, h in hints.items()}
    plain: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)
    made: type[Any] = plain(cls)
    made.__annotations__ = hints
    for f in dataclasses.fields(made):
        f.type = hints.get(f.name, f.type)
    return made


def _is_by_library(cls: type[Any]) -> bool:
    """Must the library make it: are a base's functions, or fields of other kinds, in its way?"""
    bases = (b.__dict__.get("__dataclass_params__") for b in cls.__mro__[1:])
    if any(params is not None and params.frozen for params in bases):
        return True
    hints = inspect.get_annotations(cls).values()
    return any(word in str(hint) for hint in hints for word in ("InitVar", "KW_ONLY"))


# ---- what all classes share --------------------------------------------------------------


def _values(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def _compared(cls: type[Any], frozen: bool) -> dict[str, Any]:
    compared = [f.name for f in dataclasses.fields(cls) if f.compare]
    hashed = [f.name for f in dataclasses.fields(cls) if f.compare and f.hash is not False]
    values, key = _values(tuple(compared)), _values(tuple(hashed))

    def equal(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values(self) == values(other)

    def hashed_value(self: Any) -> int:
        return hash(key(self))

    return {"__eq__": equal, "__hash__": hashed_value if frozen else None}


def _kept(cls: type[Any], names: tuple[str, ...], slots: bool) -> dict[str, Any]:
    """What keeps a record as it is, and copies and pickles it where it has slots."""

    def refuse_setting(self: Any, name: str, value: Any) -> None:
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def refuse_deleting(self: Any, name: str) -> None:
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    found = {"__setattr__": refuse_setting, "__delattr__": refuse_deleting}
    return found | ({"__getstate__": _state, "__setstate__": _restored} if slots else {})


def _state(self: Any) -> list[Any]:
    return [getattr(self, f.name) for f in dataclasses.fields(self)]


def _restored(self: Any, state: list[Any]) -> None:
    for f, value in zip(dataclasses.fields(self), state, strict=True):
        SET(self, f.name, value)


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


# ---- filling a record --------------------------------------------------------------------


def _first_init(cls: type[Any], frozen: bool) -> Callable[..., None]:
    """An `__init__` that puts the real one into its place."""

    def first_init(self: Any, *args: Any, **given: Any) -> None:
        made = _init(cls, frozen)
        type.__setattr__(cls, "__init__", made)
        made(self, *args, **given)

    return first_init


def _init(cls: type[Any], frozen: bool) -> Callable[..., None]:
    """As the library writes it: `self.x = x`, or around the lock of a frozen class."""
    names: dict[str, Any] = {"_set": SET, "_missing": MISSING}
    heads, lines = ["self"], []
    for f in dataclasses.fields(cls):
        value = f.name
        if f.default_factory is not MISSING:
            names[f"_make_{f.name}"] = f.default_factory
            made = f"_make_{f.name}()"
            value = f"{made} if {f.name} is _missing else {f.name}" if f.init else made
        if f.init:
            heads.append(f.name + _default(f, names))
        elif f.default_factory is MISSING:
            if f.default is MISSING:
                continue
            names[f"_default_{f.name}"] = f.default  # a class with slots keeps no default
            value = f"_default_{f.name}"
        lines.append(f"_set(self, {f.name!r}, {value})" if frozen else f"self.{f.name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    body = "\n    ".join(lines) or "pass"
    exec(f"def __init__({', '.join(heads)}):\n    {body}", names)
    names["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    found: Callable[..., None] = names["__init__"]
    return found


def _default(f: dataclasses.Field[Any], names: dict[str, Any]) -> str:
    if f.default is not MISSING:
        names[f"_default_{f.name}"] = f.default
        return f"=_default_{f.name}"
    return "=_missing" if f.default_factory is not MISSING else ""


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, **options):
        """`dataclasses.dataclass`, ready sooner."""
        return _made(cls, options) if cls is not None else lambda c: _made(c, options)
