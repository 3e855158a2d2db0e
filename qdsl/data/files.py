"""Data sets for experiments: arrays out of .npz, .npy and .csv files, never by unpickling."""

from __future__ import annotations

import csv
import stat
import zipfile
from array import array
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from qdsl.data.errors import UnreadableData
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.diagnostics.source import Span
from qdsl.files.decimals import decimal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

MAX_BYTES = 1 << 30
MAX_CSV_BYTES = 1 << 26
SHOWN_NAMES = 8  # of those that a file has, in a suggestion
PANDAS = 3  # columns from which a first line of 0, 1, 2 ... is taken for a header of numbers


def read_array(path: Path, key: str, span: Span) -> Array:
    """The array `key` of a file, float64 of any shape. InvalidProgram if it cannot be read.

    `key` names an array of a `.npz`, comma-separated columns of a `.csv` (one column gives
    shape (items,), several (items, columns); empty: all), and is ignored for a `.npy`.
    """
    readers = {".npz": _read_npz, ".npy": _read_npy, ".csv": _read_csv}
    reader = readers.get(path.suffix.lower())
    try:
        if reader is None:
            raise _Refused(f"'{path.suffix}' files are not known", "use .npz, .npy or .csv")
        _check_file(path)
        return reader(path, key)
    except _Refused as refused:
        reason, suggestion, is_absent = refused.reason, refused.suggestion, refused.is_absent
    except Exception as error:  # NumPy, zipfile and csv raise what lies beneath them, of any kind
        reason, suggestion, is_absent = _reason(error), None, False
    raise InvalidProgram((UnreadableData(span, path.name, reason, suggestion, is_absent),))


def _check_file(path: Path) -> None:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for
        raise _Refused("it is no ordinary file")
    if found.st_size > MAX_BYTES:
        raise _Refused("it is larger than 1 GiB")


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "it holds more numbers than fit in memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = (str(error).splitlines() or ["it is damaged"])[0]
    return "it holds Python objects, which are never loaded" if "pickle" in text else text


class _Refused(Exception):
    """Why a file is not read, and what would do instead."""

    def __init__(self, reason: str, suggestion: str | None = None, is_absent: bool = False) -> None:
        super().__init__(reason)
        self.is_absent = is_absent
        self.reason = reason
        self.suggestion = suggestion


def _read_npz(path: Path, key: str) -> Array:
    with zipfile.ZipFile(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
            raise _Refused("it unpacks to more than 1 GiB")
        names = _members(archive)
        if not key and len(names) == 1:
            key = names[0]
        if key not in names:
            raise _Refused(f"it has no array '{key}'", _listed(names), is_absent=True)
        with archive.open(f"{key}.npy") as member:
            return _array(member.read())


def _members(archive: zipfile.ZipFile) -> list[str]:
    return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def _read_npy(path: Path, key: str) -> Array:
    return _array(path.read_bytes())


def _array(data: bytes) -> Array:
    """The array of a `.npy`; its size is compared with what there is before it is made."""
    from io import BytesIO
    from math import prod

    from numpy.lib import format as npy

    if data.startswith(b"\x80"):
        raise _Refused("it holds Python objects, which are never loaded")
    stream = BytesIO(data)
    version = npy.read_magic(stream)
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    if version not in readers:
        raise _Refused(f"it is of version {version[0]}.{version[1]} of the format")
    shape, _, dtype = readers[version](stream)
    if not dtype.hasobject and prod(shape) * dtype.itemsize > len(data):
        raise _Refused("it is damaged: it holds fewer numbers than it says")
    stream.seek(0)
    return _numbers(npy.read_array(stream, allow_pickle=False))


def _listed(names: list[str]) -> str | None:
    """What a file has, for a suggestion."""
    more = f" and {len(names) - SHOWN_NAMES:,} more" if len(names) > SHOWN_NAMES else ""
    return f"it has {', '.join(names[:SHOWN_NAMES])}{more}" if names else None


def _numbers(found: npt.NDArray[np.generic]) -> Array:
    import numpy as np

    if found.dtype.kind not in "biuf":
        raise _Refused(f"its numbers are of type {found.dtype}", "store real numbers")
    return np.asarray(found, dtype=np.float64)


def _read_csv(path: Path, key: str) -> Array:
    import numpy as np

    if path.stat().st_size > MAX_CSV_BYTES:
        raise _Refused("it is larger than 64 MiB", "store the numbers as .npz")
    table = array("d")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, skipinitialspace=True)  # a space before quotes
        first = next((row for row in rows if not _is_blank(row)), [])
        names = [name.strip() for name in first]
        has_names = _is_header(names, key)
        columns = _csv_columns(names, key) if has_names else list(range(len(names)))
        for row in rows if has_names else chain([first], rows):
            if not _is_blank(row):
                table.extend(_csv_row(row, columns, rows.line_num, len(names)))
    if not table:
        raise _Refused("it needs a line of column names and lines of numbers")
    numbers = np.array(table).reshape(-1, len(columns))
    return numbers[:, 0] if len(columns) == 1 and key else numbers


def _is_blank(row: list[str]) -> bool:
    """An empty line, or one of blanks; commas stand between numbers that are missing."""
    return len(row) < 2 and not "".join(row).strip()


_MARKS = {";": "semicolons", "\t": "tabs"}


def _commas(names: list[str], mark: str) -> str:
    """The head as it should be; decimal commas have to become points, too."""
    columns = names[0].split(mark)
    more = ",..." if len(columns) > SHOWN_NAMES else ""
    return ",".join(columns[:SHOWN_NAMES]) + more + ", and points in the numbers"


def _is_header(names: list[str], key: str) -> bool:
    """Whether the first line names the columns; numbers are the first item."""
    if not names or not all(_is_number(name) for name in names):
        return True
    if key:
        if all(name in names for name in _named(key, names)):
            return True
        raise _Refused("its first line holds numbers, and names no columns", "add a line of names")
    if len(names) >= PANDAS and names == [str(k) for k in range(len(names))]:
        raise _Refused(
            "its first line could be the numbers of columns or an item",
            "give the columns names, or take the line out",
        )
    return False


def _is_number(text: str) -> bool:
    """Whether it looks like a number, also one that is refused: no name of a column."""
    if text.lower().startswith("0x"):
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def _named(key: str, names: list[str]) -> list[str]:
    """The columns that a key lists; a name of the file may itself hold commas."""
    longest = 1 + max((name.count(",") for name in names), default=0)
    known, pieces = set(names), key.split(",")
    found, at = [], 0
    while at < len(pieces):
        heads = (",".join(pieces[at : at + k]).strip() for k in range(longest, 0, -1))
        name = next((head for head in heads if head in known), pieces[at].strip())
        found.append(name)
        at += 1 + name.count(",")
    return found


def _csv_columns(names: list[str], key: str) -> list[int]:
    for mark in (";", "\t"):
        if len(names) == 1 and mark in names[0]:
            raise _Refused(
                f"its columns are separated by {_MARKS[mark]}",
                f"write commas: {_commas(names, mark)}",
            )
    if not key:
        return list(range(len(names)))
    wanted = _named(key, names)
    for name in wanted:
        if name not in names:
            raise _Refused(f"it has no column '{name}'", _listed(names), is_absent=True)
        if names.count(name) > 1:
            many = names.count(name)
            raise _Refused(f"it has {many} columns called '{name}'", "give each its own name")
    return [names.index(name) for name in wanted]


def _csv_row(row: list[str], columns: list[int], line: int, width: int) -> list[float]:
    if len(row) > width:
        what = f"line {line} has {len(row)} cells, and the first line {width}"
        raise _Refused(what, "write numbers with a point, text with commas in quotes")
    try:
        numbers = [decimal(row[c]) for c in columns]
    except IndexError:
        raise _Refused(f"line {line} is too short") from None
    except ValueError as error:
        raise _Refused(f"line {line}: {error}") from None
    for number, c in zip(numbers, columns, strict=True):
        if not isfinite(number):
            raise _Refused(f"line {line}: '{row[c].strip()}' is not finite", "leave the line out")
    return numbers


def read_archive(path: Path) -> dict[str, Array]:
    """All arrays of a `.npz`, for values given by hand. `Refused` if it cannot be read."""
    try:
        _check_file(path)
        with zipfile.ZipFile(path) as archive:
            names = _members(archive)
        return {name: _read_npz(path, name) for name in names}
    except Exception as error:  # as in `read_array`
        raise Refused(f"'{path}' cannot be read as an .npz of numbers: {_reason(error)}") from None
