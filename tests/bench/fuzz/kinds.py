"""The kinds of input: how each is made by chance, and what reads it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.bench.fuzz import readers, samples
from tests.bench.fuzz.changes import changed
from tests.bench.fuzz.grammar import program
from tests.damage import damaged

Make = Callable[[random.Random], bytes]
Read = Callable[[Path], bool]


@dataclass(frozen=True)
class Kind:
    """`share` of all inputs; `read` says whether it took the file, and raises what a user would
    meet as a diagnostic where it did not."""

    name: str
    share: int
    suffix: str
    make: Make
    read: Read


def changed_of(texts: Callable[[], Sequence[bytes]]) -> Make:
    """One of some texts, changed."""
    return lambda choose: changed(choose, choose.choice(texts()))


def odd_json(texts: Callable[[], Sequence[bytes]]) -> Make:
    """Half of the documents have an odd entry, the others changed bytes."""

    def make(choose: random.Random) -> bytes:
        text = choose.choice(texts())
        if choose.random() < 0.5:
            return changed(choose, text)
        with suppress(ValueError):
            document = json.loads(text)
            return json.dumps(damaged(document, choose.randrange(2**32))).encode()
        return changed(choose, text)

    return make


def zipped(choose: random.Random) -> bytes:
    """An archive of arrays, of which a part or the whole was changed."""
    if choose.random() < 0.5:
        return changed(choose, choose.choice(samples.archives()))
    parts = {f"{name}.npy": choose.choice(samples.arrays()) for name in ("x", "theta", "w")}
    name = choose.choice(sorted(parts))
    parts[name] = changed(choose, parts[name])
    return samples.archive(parts)


@cache
def kinds() -> tuple[Kind, ...]:
    return (
        Kind("QDM by the grammar", 24, ".qdm", lambda c: program(c).encode(), readers.program),
        Kind("QDM changed", 20, ".qdm", changed_of(samples.programs), readers.program),
        Kind("OpenQASM 2 changed", 5, ".qasm", changed_of(samples.qasm2), readers.circuit),
        Kind("OpenQASM 3 changed", 2, ".qasm", changed_of(samples.qasm3), readers.circuit),
        Kind("network, JSON", 8, ".json", odd_json(samples.networks), readers.network),
        Kind("network, GraphML", 4, ".graphml", changed_of(samples.graphml), readers.network),
        Kind("graph", 8, ".txt", odd_json(samples.graphs), readers.graph),
        Kind("data, CSV", 7, ".csv", changed_of(samples.tables), readers.data),
        Kind("data, NPY", 4, ".npy", changed_of(samples.arrays), readers.data),
        Kind("data, NPZ", 4, ".npz", zipped, readers.archive),
        Kind("parameters, safetensors", 3, ".safetensors", changed_of(samples.tensors),
             readers.parameters),
        Kind("saved report", 3, ".json", odd_json(samples.reports), readers.report),
        Kind("checkpoint", 3, ".safetensors", changed_of(samples.checkpoints),
             readers.checkpoint),
        Kind("ticket", 4, ".ticket", odd_json(samples.tickets), readers.ticket),
        Kind("pickle of a data set", 1, ".pickle", changed_of(samples.pickles), readers.pickled),
    )  # fmt: skip


def made(seed: int, number: int, only: str | None = None) -> tuple[Kind, bytes]:
    """The input of this number: the same in every run of the seed."""
    choose = random.Random(f"{seed}/{number}")
    known = [k for k in kinds() if only in (None, k.name)]
    kind = choose.choices(known, [k.share for k in known])[0]
    return kind, kind.make(choose)
