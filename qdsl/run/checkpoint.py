"""Checkpoints of a training run: one safetensors file, JSON in its header, replaced atomically.

A reader finds the old checkpoint or the new one, never a part, whenever the writer is killed.
The header holds a digest of everything that decides the run but the number of steps; a
checkpoint with another one is refused. It also holds a digest of the checkpoint's own content:
one that was damaged is refused, not resumed from. One run at a time uses a folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.request_error import MissingExtra, Refused
from qdsl.files.writing import write_bytes
from qdsl.records import dataclass

FORMAT = "qdsl-checkpoint/2"
FILE = "checkpoint.safetensors"
EVERY_S = 1.0  # at most one checkpoint in so many seconds, and one at the end

Arrays = Mapping[str, npt.NDArray[Any]]


class BadCheckpoint(Refused):
    """There is no checkpoint to go on from, it belongs to another run, or it is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run between two steps: arrays by name, and JSON."""

    arrays: dict[str, npt.NDArray[Any]]
    facts: dict[str, Any]


def digest(facts: Mapping[str, Any], arrays: Arrays) -> str:
    """SHA-256 of plain facts and arrays, names and shapes included."""
    found = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        found.update(f"{name} {array.dtype} {array.shape}\n".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def tensors() -> Any:
    """The library, for NumPy; MissingExtra where it is not installed."""
    try:
        import safetensors.numpy
    except ImportError:
        raise MissingExtra(
            ".safetensors files need safetensors, which is not installed: "
            "pip install 'qdsl-compiler[train]'"
        ) from None
    return safetensors.numpy


def read_tensors(file: Path) -> tuple[dict[str, npt.NDArray[Any]], dict[str, str]]:
    """All arrays of a safetensors file, and its header's own entries. BadCheckpoint if it is
    none."""
    tensors()
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as opened:
            arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            return arrays, dict(opened.metadata() or {})
    except FileNotFoundError:
        raise BadCheckpoint(f"there is no {file}") from None
    except OSError as error:
        raise BadCheckpoint(f"cannot read {file}: {error.strerror or error}") from None
    except (SafetensorError, TypeError, ValueError):
        raise BadCheckpoint(f"{file} is no safetensors file of numbers") from None


def snapshot_of(
    file: Path, arrays: dict[str, npt.NDArray[Any]], header: Mapping[str, str]
) -> Snapshot:
    """What a checkpoint holds; BadCheckpoint if the file is none."""
    try:
        facts = json.loads(header["qdsl"])
        if facts["format"] != FORMAT or np.ndim(arrays["held_out"]) != 1:
            raise KeyError(facts["format"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise BadCheckpoint(f"{file} is no {FORMAT}") from None
    if facts.pop("content", None) != digest(facts, arrays):
        raise BadCheckpoint(f"{file} is damaged: its content is not what qdsl wrote")
    return Snapshot(arrays, facts)


@contextmanager
def reserved(folder: Path | None) -> Iterator[None]:
    """Nobody else trains with this folder meanwhile; BadCheckpoint if somebody does. It is made
    where there is none. The lock ends with its process; systems without `flock` have none."""
    handle = None if folder is None else _lock(folder)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _lock(folder: Path) -> int | None:
    try:
        import fcntl
    except ImportError:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise _not_written(folder, error) from None
    try:
        with suppress(PermissionError):  # some network file systems lock no folders
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise BadCheckpoint(
            f"another run is using {folder}: wait until it ends, or choose another folder"
        ) from None
    except OSError:  # no locks there
        pass
    return handle


def _not_written(folder: Path, error: OSError) -> BadCheckpoint:
    return BadCheckpoint(f"cannot write a checkpoint in {folder}: {error.strerror or error}")


class Keeper:
    """Reads and writes the checkpoint of one run in `folder`; `identity` is the run's digest."""

    def __init__(self, folder: Path, resume: bool, identity: str) -> None:
        self._tensors = tensors()
        self._file = folder / FILE
        self._resume = resume
        self._identity = identity
        self._written_at = -EVERY_S
        if self._file.exists() and not resume:
            raise BadCheckpoint(
                f"{self._file} exists: go on from it with --resume, or choose another folder"
            )

    def start(self) -> Snapshot | None:
        """Where to go on from; None for a fresh run. BadCheckpoint if that is not possible."""
        if not self._resume:
            return None
        snapshot = snapshot_of(self._file, *read_tensors(self._file))
        if snapshot.facts.get("run") != self._identity:
            raise BadCheckpoint(
                f"{self._file} belongs to another run: the program, its network, its data, the "
                "options or the version of qdsl differ"
            )
        return snapshot

    def is_due(self, is_last: bool) -> bool:
        return is_last or monotonic() - self._written_at >= EVERY_S

    def write(self, snapshot: Snapshot) -> None:
        """Replace the checkpoint. BadCheckpoint if the folder cannot be written."""
        facts = {"format": FORMAT, "run": self._identity, **snapshot.facts}
        arrays = {k: np.asarray(v, order="C") for k, v in snapshot.arrays.items()}
        facts["content"] = digest(facts, arrays)
        data = self._tensors.save(
            arrays,
            {"qdsl": json.dumps(facts, sort_keys=True)},
        )
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(self._file, data)
        except OSError as error:
            raise _not_written(self._file.parent, error) from None
        self._written_at = monotonic()
