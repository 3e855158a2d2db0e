"""What annotations of hot loops are in C."""

from __future__ import annotations

from functools import cache
from types import FunctionType
from typing import Any, Final, get_args, get_origin, get_type_hints

import numpy as np

from qdsl.records import dataclass

WIDTHS: Final = {
    np.bool_: "uint8_t",
    np.int8: "int8_t",
    np.int16: "int16_t",
    np.uint16: "uint16_t",
    np.int32: "int32_t",
    np.int64: "int64_t",
    np.float64: "double",
}


class NotInC(Exception):
    """A loop uses what is not translated."""


@dataclass(frozen=True, slots=True)
class CType:
    """`name` in C; `element`: of an array; `record`: the NamedTuple, `parts` of a tuple. Truth
    values are numbers, as in Python, but are known apart."""

    name: str
    element: Any = None
    record: Any = None
    parts: tuple[CType, ...] = ()
    is_truth: bool = False

    @property
    def is_number(self) -> bool:
        return self.name in ("int64_t", "double")

    @property
    def is_shared(self) -> bool:
        """Is it passed by its address? Records of arrays are."""
        return self.record is not None and not all(t.is_number for t in fields(self.record))


INT, FLOAT = CType("int64_t"), CType("double")
TRUTH, NOTHING = CType("int64_t", is_truth=True), CType("void")


@cache
def hints(of: Any) -> dict[str, Any]:
    return get_type_hints(of)


@cache
def fields(record: Any) -> tuple[CType, ...]:
    return tuple(c_type(hint) for hint in hints(record).values())


@cache
def c_type(hint: Any) -> CType:
    """The C type of an annotation."""
    known = {int: INT, float: FLOAT, bool: TRUTH, type(None): NOTHING}
    if hint in known:
        return known[hint]
    if get_origin(hint) is np.ndarray:
        element = get_args(get_args(hint)[1])[0]
        if element in WIDTHS:
            return CType(f"Array_{WIDTHS[element]}", element=element)
    if get_origin(hint) is tuple:
        parts = tuple(c_type(part) for part in get_args(hint))
        return CType("Tuple_" + "_".join(part.name for part in parts), parts=parts)
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        return CType(hint.__name__, record=hint)
    raise NotInC(f"the type {hint}")


def called_by(function: FunctionType) -> dict[str, FunctionType]:
    """The loops that a loop calls, by the names by which it knows them."""
    found = {}
    for name in function.__code__.co_names:
        called = function.__globals__.get(name)
        called = getattr(called, "py_func", called)
        if isinstance(called, FunctionType):
            found[name] = called
    return found
