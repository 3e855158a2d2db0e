"""Compiles hot loops to machine code; the same functions run, slowly, without the compiler.

Random numbers in such loops are made by the loops themselves, so that both ways give the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any, Final, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

try:
    from numba import njit
except ImportError:  # no wheel for this platform
    IS_COMPILED = False

    def compiled(function: F) -> F:
        """The function itself."""
        return function

    entry = inlined = compiled
else:
    IS_COMPILED = True
    _ENTRY: Any = {"cache": True, "no_cfunc_wrapper": True, "nogil": True}
    _INNER: Any = _ENTRY | {"no_cpython_wrapper": True}

    def compiled(function: F) -> F:
        """The function, compiled, to be called by other compiled ones only: without a wrapper
        for Python, which would take longer to compile than the function."""
        return cast(F, njit(**_INNER)(function))

    def inlined(function: F) -> F:
        """The same, but copied into its callers: where these pass much, the call costs more than
        what is done."""
        return cast(F, njit(**_INNER, forceinline=True)(function))

    def entry(function: F) -> F:
        """The function, compiled at its first call and kept on disk, to be called from Python."""
        return cast(F, njit(**_ENTRY)(function))


SMALL: Final = 500  # rows: read in plain Python before the compiled loop would be loaded


def suited(function: F, rows: int, few: int = SMALL) -> F:
    """An `entry`, or for few rows the same in plain Python, with all that it calls: nothing is
    compiled for a small program."""
    return cast(F, _plain(function)) if IS_COMPILED and rows <= few else function


@cache
def _plain(function: Any) -> Any:
    """The function as it stands in its file, calling such functions."""
    source = function.py_func
    names = dict(source.__globals__)
    plain = FunctionType(source.__code__, names, source.__name__, source.__defaults__)
    for name in source.__code__.co_names:
        called = names.get(name)
        if hasattr(called, "py_func"):
            names[name] = plain if called is function else _plain(called)
    return plain
