"""Pickles read as data: nothing that one names is imported, and nothing in it is called.

A pickle is a program for a small stack machine, and loading it may run any code. Here only its
instructions for plain data are followed, and whatever name it asks for is a class that does
nothing (`Made`): it keeps what it was asked to hold. The arrays that the Planetoid files hold are
put together from such notes, by their bytes.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from math import prod
from typing import Any, ClassVar

import numpy as np

from qdsl.diagnostics.request_error import Refused
from qdsl.studies.paper.datasets.sets import Floats

PLAIN = frozenset({
    "PROTO", "FRAME", "STOP", "MARK", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "GET", "BINGET",
    "LONG_BINGET", "NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2", "LONG",
    "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE",
    "BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES", "EMPTY_TUPLE", "TUPLE",
    "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "LIST", "APPEND", "APPENDS", "EMPTY_DICT", "DICT",
    "SETITEM", "SETITEMS", "GLOBAL", "STACK_GLOBAL", "REDUCE", "NEWOBJ", "BUILD",
})  # fmt: skip
ARRAY_KINDS = "biuf"
MAX_NUMBERS = 1 << 28  # of a sparse matrix written out


class Made:
    """An object that was asked for; `maker` is its dotted name, which nobody looks up."""

    maker: ClassVar[str]
    arguments: tuple[Any, ...]
    state: Any
    items: list[tuple[Any, Any]]

    def __new__(cls, *arguments: Any) -> Made:
        if cls.maker.endswith("._reconstructor"):  # how protocols 0 and 1 say "a new object of"
            return cls._of(arguments[0])
        found = super().__new__(cls)
        found.arguments, found.state, found.items = arguments, None, []
        return found

    @staticmethod
    def _of(kind: Any) -> Made:
        if not (isinstance(kind, type) and issubclass(kind, Made)):
            raise TypeError("an object of what is no class")
        return kind()

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        self.items.append((key, value))


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type[Made]:
        return type("Made", (Made,), {"maker": f"{module}.{name}"})


def read_pickle(content: bytes) -> Any:
    """The object: numbers, text, tuples, lists, dicts and `Made`. `Refused` for what is none."""
    try:
        for instruction, argument, _ in pickletools.genops(content):
            if instruction.name not in PLAIN:
                raise Refused(
                    f"its pickle has an instruction {instruction.name}, which holds no plain data"
                )
            if instruction.name.endswith("PUT") and int(argument or 0) > len(content):
                raise ValueError(
                    "more is remembered than it has bytes"
                )  # would take that much room
        return _Unpickler(io.BytesIO(content), encoding="latin-1").load()
    except Refused:
        raise
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, LookupError,
            AttributeError, OverflowError) as error:  # fmt: skip
        raise Refused(f"it is no pickle of plain arrays: {error}") from None


# ---- what was asked for ----------------------------------------------------------------


def matrix(found: Any) -> Floats:
    """A numpy array, or a sparse matrix of scipy's, as float[rows, columns]."""
    if not isinstance(found, Made):
        raise Refused("it holds no array")
    try:
        return _sparse(found.state) if found.maker.endswith(".csr_matrix") else _array(found)
    except (ValueError, TypeError, OverflowError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"its array is damaged: {error}") from None


def _sparse(state: Any) -> Floats:
    if not isinstance(state, dict) or not state.keys() >= {"data", "indices", "indptr"}:
        raise Refused("its sparse matrix is not complete")
    shape = tuple(int(size) for size in state.get("_shape", state.get("shape")) or ())
    if prod(shape) > MAX_NUMBERS:
        raise Refused(f"its sparse matrix would take {prod(shape):,} numbers")
    data, columns, starts = (_array(state[key]) for key in ("data", "indices", "indptr"))
    counts = np.diff(starts).astype(np.int64)
    fits = len(shape) == 2 and len(counts) == shape[0] and counts.min(initial=0) >= 0
    if not fits or counts.sum() != len(data) or len(columns) != len(data):
        raise Refused("its sparse matrix does not fit its shape")
    if len(columns) and not 0 <= columns.min() <= columns.max() < shape[1]:
        raise Refused("its sparse matrix does not fit its shape")
    dense = np.zeros(shape)
    np.add.at(dense, (np.repeat(np.arange(shape[0]), counts), columns.astype(np.int64)), data)
    return dense


def _array(found: Any) -> Floats:
    """Put together from `(version, shape, type, is_fortran, bytes)`."""
    if not isinstance(found, Made) or not found.maker.endswith("multiarray._reconstruct"):
        raise Refused("it holds something else than an array of numbers")
    try:
        state: Any = found.state
        _, shape, kind, is_fortran, content = state
        code, order = kind.arguments[0], kind.state[1]
    except (TypeError, ValueError, AttributeError, IndexError):
        raise Refused("its array is not complete") from None
    if not isinstance(code, str) or code[:1] not in ARRAY_KINDS or not code[1:].isdigit():
        raise Refused(f"its array is of type '{code}', and no array of numbers")
    dtype = np.dtype(code).newbyteorder("<" if order == "|" else order)
    raw = _bytes(content)
    if len(raw) != prod(shape) * dtype.itemsize:
        raise Refused("its array is not as long as its shape says")
    flat = np.frombuffer(raw, dtype)
    return flat.reshape(shape, order="F" if is_fortran else "C").astype(np.float64)


def _bytes(content: Any) -> bytes:
    """Bytes, or what the pickles of Python 2 and of protocol 2 have for them."""
    if isinstance(content, Made) and content.maker == "_codecs.encode":
        content = content.arguments[0]
    return content if isinstance(content, bytes) else str(content).encode("latin-1")
