"""Libraries of targets that come with an extra of qdsl, loaded when the target is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from qdsl.diagnostics.request_error import MissingExtra


def library(module: str, extra: str) -> Any:
    """The module; MissingExtra where it is not installed."""
    try:
        return import_module(module)
    except ImportError:
        raise MissingExtra(
            f"the target needs {module}, which is not installed: "
            f"pip install 'qdsl-compiler[{extra}]'"
        ) from None
