"""Loops as libraries: translated, compiled once by the system's C compiler, and called."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from struct import pack
from types import FunctionType, ModuleType
from typing import Any, Final

import numpy as np

from qdsl.ir.native.c_types import (
    FLOAT,
    NOTHING,
    TRUTH,
    CType,
    NotInC,
    c_type,
    called_by,
    fields,
    hints,
)  # fmt: skip
from qdsl.ir.native.folder import own_folder

# sums wrap and are not fused, so that results are the same to the bit
OPTIONS: Final = (
    "-O2", "-shared", "-fPIC", "-fwrapv", "-ffp-contract=off", "-fno-strict-aliasing", "-w",
)  # fmt: skip
LONGEST_S: Final = 60  # for the C compiler


class Mismatch(TypeError):
    """What is given is not what the annotations say."""


@cache
def native(function: FunctionType) -> Callable[..., Any] | None:
    """The function as machine code; None where there is no C compiler, or no way to use it."""
    path = _place(function)
    if path is None or sys.byteorder != "little" or sys.maxsize < 1 << 62:
        return None
    try:
        if not path.exists():
            _build(function, path)
        return _caller(function, ctypes.CDLL(str(path)).entry)
    except (NotInC, OSError, subprocess.SubprocessError):
        return None


@cache
def is_kept(function: FunctionType) -> bool:
    """Has this function been compiled before?"""
    path = _place(function)
    return path is not None and path.exists()


@cache
def _place(function: FunctionType) -> Path | None:
    """Where the machine code is kept."""
    folder = own_folder()
    return folder and folder / f"{function.__name__}-{_key(function)}.so"


def compiler() -> str | None:
    """The C compiler, `$CC` or `cc`."""
    return shutil.which(os.environ.get("CC") or "cc")


def _reached(function: FunctionType) -> set[FunctionType]:
    """The loop and all that it calls."""
    found, fresh = {function}, [function]
    while fresh:
        new = set(called_by(fresh.pop()).values()) - found
        found |= new
        fresh += new
    return found


def _sources(function: FunctionType) -> Iterator[Path]:
    """The files that decide what becomes of a loop."""
    reached = _reached(function)
    files = {Path(f.__code__.co_filename) for f in reached}
    for f in reached:
        used = (f.__globals__.get(name) for name in f.__code__.co_names)
        files |= {Path(m.__file__) for m in used if isinstance(m, ModuleType) and m.__file__}
    yield from sorted(files)
    yield from sorted(Path(__file__).parent.glob("*.py"))


def _key(function: FunctionType) -> str:
    text = sha256(sys.platform.encode())
    for path in _sources(function):
        text.update(path.read_bytes())
    return text.hexdigest()[:24]


def _build(function: FunctionType, path: Path) -> None:
    """Compile beside the place and move there: another process sees all of it or nothing."""
    from qdsl.ir.native.translate import library_source

    program = compiler()
    if program is None:
        raise NotInC("no compiler")
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        source, made = Path(name, "loop.c"), Path(name, "loop.so")
        source.write_text(library_source(function), encoding="ascii")
        command = [program, *OPTIONS, "-o", str(made), str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_S)
        os.replace(made, path)


# ---- calling -----------------------------------------------------------------------------


def _caller(function: FunctionType, entry: Any) -> Callable[..., Any]:
    known = dict(hints(function))
    result = c_type(known.pop("return"))
    kinds = [c_type(hint) for hint in known.values()]
    formats = ["=" + _format(kind) for kind in kinds]
    entry.restype = _returned(result)
    entry.argtypes = [ctypes.c_char_p] * len(kinds)

    def call(*given: Any) -> Any:
        packed = [
            pack(form, *_words(kind, value))
            for form, kind, value in zip(formats, kinds, given, strict=True)
        ]
        return _as_python(entry(*packed), result)

    return call


def _format(kind: CType) -> str:
    if kind.element is not None:
        return "qqq"
    if kind.record is not None:
        return "".join(map(_format, fields(kind.record)))
    return "d" if kind == FLOAT else "q"


def _words(kind: CType, value: Any) -> list[Any]:
    """A value as words of eight bytes."""
    if kind.element is not None:
        return _described(kind, value)
    if kind.record is not None:
        parts = zip(fields(kind.record), value, strict=True)
        return [word for part, given in parts for word in _words(part, given)]
    return [float(value) if kind == FLOAT else int(value)]


def _described(kind: CType, array: Any) -> list[int]:
    if (
        not isinstance(array, np.ndarray)
        or array.dtype != kind.element
        or array.ndim not in (1, 2)
        or not array.flags.c_contiguous
    ):
        raise Mismatch(f"no array of {kind.element.__name__}")
    return [array.ctypes.data, array.shape[0], array.shape[1] if array.ndim == 2 else 1]


def _returned(kind: CType) -> Any:
    if kind.parts:
        listed = [(f"f{k}", _returned(part)) for k, part in enumerate(kind.parts)]
        return type(kind.name, (ctypes.Structure,), {"_fields_": listed})
    if kind == NOTHING:
        return None
    if not kind.is_number:
        raise NotInC(f"a result of type {kind.name}")
    return ctypes.c_double if kind == FLOAT else ctypes.c_int64


def _as_python(value: Any, kind: CType) -> Any:
    if kind.parts:
        parts = enumerate(kind.parts)
        return tuple(_as_python(getattr(value, f"f{k}"), part) for k, part in parts)
    return bool(value) if kind == TRUTH else value
