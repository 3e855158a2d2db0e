"""Pickles read as data: nothing that one names is imported, and nothing in it is called.

A pickle is a program for a small stack machine, and loading it may run any code. Here its
instructions are followed and every object that it would make stays a note of what was asked for
(`Made`). The arrays that the Planetoid files hold are put together from such notes, by their bytes.
"""

from __future__ import annotations

import pickletools
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from qdsl.diagnostics.request_error import Refused
from qdsl.studies.paper.datasets.sets import Floats

CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
LITERALS = frozenset(
    {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
     "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE",
     "BINBYTES", "SHORT_BINBYTES"}
)  # fmt: skip
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
ARRAY_KINDS = "biuf"
MAX_NUMBERS = 1 << 28  # of a sparse matrix written out


@dataclass(slots=True, eq=False)
class Made:
    """An object that was asked for: `maker` is its dotted name, which nobody looks up."""

    maker: str
    arguments: tuple[Any, ...] = ()
    state: Any = None
    items: list[tuple[Any, Any]] = field(default_factory=list)


class _Mark:
    """Where a group of operands begins."""


def read_pickle(content: bytes) -> Any:
    """The object: numbers, text, tuples, lists, dicts and `Made`. `Refused` for what is none."""
    machine = _Machine()
    try:
        for instruction, argument, _ in pickletools.genops(content):
            machine.follow(instruction.name, argument)
        return machine.stack[-1]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"it is no pickle of plain arrays: {error}") from None


class _Machine:
    """The stack machine, of which only the instructions that hold data are known."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def follow(self, name: str, argument: Any) -> None:
        if name in LITERALS:
            self.stack.append(argument)
        elif name in CONSTANTS:
            self.stack.append(CONSTANTS[name])
        elif name in TUPLES:
            self.stack.append(tuple(self._pop(TUPLES[name])))
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self.memo[int(argument)] = self.stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[int(argument)])
        else:
            act = getattr(self, f"_{name.lower()}", None)
            if act is None:
                raise Refused(f"its pickle has an instruction {name}, which holds no plain data")
            act(argument)

    def _pop(self, count: int) -> list[Any]:
        if count > len(self.stack):
            raise IndexError("operands are missing")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def _group(self) -> list[Any]:
        """The operands behind the last mark, which goes, too."""
        place = max(k for k, one in enumerate(self.stack) if isinstance(one, _Mark))
        taken = self.stack[place + 1 :]
        del self.stack[place:]
        return taken

    def _proto(self, _: Any) -> None:
        pass

    def _frame(self, _: Any) -> None:
        pass

    def _stop(self, _: Any) -> None:
        pass

    def _mark(self, _: Any) -> None:
        self.stack.append(_Mark())

    def _memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def _empty_tuple(self, _: Any) -> None:
        self.stack.append(())

    def _empty_list(self, _: Any) -> None:
        self.stack.append([])

    def _empty_dict(self, _: Any) -> None:
        self.stack.append({})

    def _tuple(self, _: Any) -> None:
        self.stack.append(tuple(self._group()))

    def _list(self, _: Any) -> None:
        self.stack.append(self._group())

    def _dict(self, _: Any) -> None:
        flat = self._group()
        self.stack.append(dict(zip(flat[::2], flat[1::2], strict=True)))

    def _append(self, _: Any) -> None:
        self._add(self._pop(1))

    def _appends(self, _: Any) -> None:
        self._add(self._group())

    def _add(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, list):
            raise TypeError("items are appended to what is no list")
        target += items

    def _setitem(self, _: Any) -> None:
        self._set(self._pop(2))

    def _setitems(self, _: Any) -> None:
        self._set(self._group())

    def _set(self, flat: list[Any]) -> None:
        target, pairs = self.stack[-1], list(zip(flat[::2], flat[1::2], strict=True))
        if isinstance(target, Made):
            target.items += pairs
        else:
            target.update(pairs)

    def _global(self, argument: str) -> None:
        self.stack.append(Made(argument.replace(" ", ".")))

    def _stack_global(self, _: Any) -> None:
        self.stack.append(Made(".".join(self._pop(2))))

    def _reduce(self, _: Any) -> None:
        maker, arguments = self._pop(2)
        if maker.maker.endswith("._reconstructor"):  # how protocols 0 and 1 say "a new object of"
            maker, arguments = arguments[0], ()
        self.stack.append(Made(maker.maker, tuple(arguments)))

    _newobj = _reduce

    def _build(self, _: Any) -> None:
        (state,) = self._pop(1)
        self.stack[-1].state = state


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
