"""Programs and tickets as JSON, and back with every type checked."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from qdsl.diagnostics.request_error import Refused

LARGEST = 2**63 - 1


class NotReadable(Refused):
    """A document is not what it should be: a ticket, a program."""


def plain(value: Any) -> Any:
    """JSON-ready. Dataclasses become objects whose "is" names their class."""
    if is_dataclass(value) and not isinstance(value, type):
        found = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        return {"is": type(value).__name__, **found}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    return value


def text_of(value: Any) -> str:
    """One line of JSON, the same every time."""
    return json.dumps(plain(value), separators=(",", ":"), sort_keys=True)


def digest_of(value: Any) -> str:
    """SHA-256 of the JSON form, in hexadecimal."""
    return hashlib.sha256(text_of(value).encode()).hexdigest()


def read(kind: Any, value: Any, where: str = "it") -> Any:
    """`value`, as it came out of JSON, as the type `kind`; NotReadable if it is not one."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType or isinstance(kind, UnionType):
        return _one_of(arguments, value, where)
    if is_dataclass(kind):
        return _dataclass(kind, value, where)
    if origin is tuple:
        return _tuple(arguments, value, where)
    if kind is NoneType:
        if value is not None:
            raise NotReadable(f"{where} is not null")
        return None
    if kind is bytes:
        return _bytes(value, where)
    if isinstance(value, int | float) and not -LARGEST <= value <= LARGEST:
        raise NotReadable(f"{where} is no possible number")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise NotReadable(f"{where} is no {kind.__name__}")
    return value


def _one_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and NoneType in kinds:
        return None
    others = [k for k in kinds if k is not NoneType]
    if isinstance(value, dict):
        named = [k for k in others if getattr(k, "__name__", "") == value.get("is")]
        if len(named) != 1:
            raise NotReadable(f"{where} is no known thing")
        return read(named[0], value, where)
    if len(others) != 1:
        plain_kinds = [k for k in others if isinstance(k, type) and isinstance(value, k)]
        if not plain_kinds:
            raise NotReadable(f"{where} is of no known type")
        return value
    return read(others[0], value, where)


def _dataclass(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict) or value.get("is") != kind.__name__:
        raise NotReadable(f"{where} is no {kind.__name__}")
    hints = get_type_hints(kind)
    given = {}
    for f in fields(kind):
        if f.name in value:
            given[f.name] = read(hints[f.name], value[f.name], f"{where}.{f.name}")
        elif f.default is MISSING:
            raise NotReadable(f"{where} has no '{f.name}'")
    return kind(**given)


def _tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise NotReadable(f"{where} is no list")
    if arguments[-1] is ...:
        return tuple(read(arguments[0], v, f"{where}[{i}]") for i, v in enumerate(value))
    if len(value) != len(arguments):
        raise NotReadable(f"{where} has {len(value)} entries, not {len(arguments)}")
    pairs = zip(arguments, value, strict=True)
    return tuple(read(k, v, f"{where}[{i}]") for i, (k, v) in enumerate(pairs))


def _bytes(value: Any, where: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise NotReadable(f"{where} is not base64") from None
