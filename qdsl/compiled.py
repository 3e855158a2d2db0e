"""Compiles hot loops to machine code; the same functions run, slowly, without the compiler.

Random numbers in such loops come from `next_random`, so that both ways give the same result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

try:
    from numba import njit
except ImportError:  # no wheel for this platform
    IS_COMPILED = False

    def compiled(function: F) -> F:
        """The function itself."""
        return function
else:
    IS_COMPILED = True

    def compiled(function: F) -> F:
        """The function, compiled at its first call and kept on disk."""
        decorated: F = njit(cache=True, error_model="numpy")(function)
        return decorated
