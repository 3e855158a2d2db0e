"""Runs hot loops: small work as the Python that it is, more as machine code.

Machine code is made by the system's C compiler (`native`), or where there is none, or it does not
take a loop, by numba. Nothing is made before it is needed, and all ways give the same: random
numbers in such loops are made by the loops themselves.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, update_wrapper
from importlib.util import find_spec
from time import perf_counter
from types import FunctionType
from typing import Any, Final, TypeVar, cast

import numpy as np

from qdsl.ir.native.c_types import called_by
from qdsl.ir.native.folder import own_folder
from qdsl.ir.native.library import Mismatch, is_kept, native

F = TypeVar("F", bound=Callable[..., Any])

WAYS: Final = ("plain", "c", "numba")
WAY: Final = os.environ.get("QDSL_LOOPS", "")  # only this way, for tests and doubts
HAS_NUMBA: Final = find_spec("numba") is not None and os.environ.get("NUMBA_DISABLE_JIT") != "1"
IS_COMPILED: Final = HAS_NUMBA  # are large programs gone through by machine code?
SMALL: Final = 500  # rows: gone through in plain Python before machine code would be loaded
TO_LOAD_S: Final = 0.01  # of machine code that is kept
TO_COMPILE_S: Final = 0.1
LITTLE: Final = 20_000  # entries of all arrays; where these are no more, work is little


def compiled(function: F) -> F:
    """A function that only other loops call; it is compiled with them."""
    return _marked(function, False)


def inlined(function: F) -> F:
    """The same, but copied into its callers: where these pass much, the call costs more than
    what is done."""
    return _marked(function, True)


def _marked(function: F, is_copied: bool) -> F:
    function.__dict__["is_copied"] = is_copied
    return function


class Entry:
    """A loop that is called from Python. `py_func` is the function as it stands in its file."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.py_func = cast(FunctionType, function)
        self.spent_s = 0.0  # on small work so far, in plain Python
        update_wrapper(self, function)

    def __call__(self, *given: Any) -> Any:
        is_little = WAY == "plain" or _entries(given) <= LITTLE
        return self.small(*given) if is_little else self.fast(*given)

    def small(self, *given: Any) -> Any:
        """For little work: in plain Python, unless much of it has been done by now."""
        if WAY in ("c", "numba") or (not WAY and self._is_due()):
            return self.fast(*given)
        start = perf_counter()
        found = self.py_func(*given)
        self.spent_s += perf_counter() - start
        return found

    def _is_due(self) -> bool:
        """Is C now the sooner way, and is there any? All ways give the same, whenever this
        changes; numba takes too long for little work."""
        if self.spent_s < TO_LOAD_S or (self.spent_s < TO_COMPILE_S and not is_kept(self.py_func)):
            return False
        return native(self.py_func) is not None

    def fast(self, *given: Any) -> Any:
        """By machine code, whatever the work, if there can be any."""
        if WAY in ("", "c") and (call := native(self.py_func)) is not None:
            try:
                return call(*given)
            except Mismatch:  # numba takes what arrays there are
                pass
        if WAY in ("", "numba") and HAS_NUMBA:
            return _by_numba(self.py_func)(*given)
        return self.py_func(*given)


def entry(function: F) -> F:
    """A loop to be called from Python: made ready at its first call, and kept on disk."""
    return cast(F, Entry(function))


def suited(loop: F, rows: int, few: int = SMALL) -> F:
    """An `entry`, or for few rows one that begins in plain Python: nothing is compiled for a
    small program."""
    known = cast(Entry, loop)
    return cast(F, known.small if rows <= few or WAY == "plain" else known.fast)


def _entries(given: Any) -> int:
    """Entries of all arrays in records and arrays."""
    if isinstance(given, np.ndarray):
        return int(given.size)
    return sum(map(_entries, given)) if isinstance(given, tuple) else 0


@cache
def _by_numba(function: FunctionType) -> Any:
    """The function, compiled by numba, calling such functions."""
    from numba import config, njit

    settings: Any = config  # numba fills it as it is loaded
    if not os.environ.get("NUMBA_CACHE_DIR"):
        settings.CACHE_DIR = str(own_folder() or "")
    names = dict(function.__globals__)
    copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__)
    update_wrapper(copy, function)
    copy.__dict__.pop("__wrapped__")  # numba would compile that
    options: dict[str, Any] = {"cache": bool(settings.CACHE_DIR), "no_cfunc_wrapper": True}
    if "is_copied" in function.__dict__:
        # a wrapper for Python would take longer to compile than the function
        options |= {"no_cpython_wrapper": True, "forceinline": function.__dict__["is_copied"]}
    loop = njit(nogil=True, **options)(copy)
    for name, called in called_by(function).items():
        names[name] = loop if called is function else _by_numba(called)
    return loop
