"""Compiles hot loops to machine code; the same functions run, slowly, without the compiler.

Random numbers in such loops are made by the loops themselves, so that both ways give the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

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
