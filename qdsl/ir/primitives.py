"""The table of communication primitives: what each of them is, said once.

A primitive is given by its *body*: rows in base operations over named wires and bits. Insertion
writes the body, the count of costs charges the price, and programs are printed with the name.
The validator believes none of it: it reads base operations, and knows a body as what it does.

To add a primitive, add one entry; `tests/qdsl/ir/test_primitives.py` proves by simulation that the
body does what the entry says, at its price, and that the validator can take it away.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from qdsl.ir.operations import BY_NAME, Operation
from qdsl.records import dataclass


class Effect(StrEnum):
    """What a primitive is used for."""

    PAIR = "pair"  # joins pairs to one over several links, which another primitive uses
    COPY = "copy"  # a wire's value in the Z basis is known at another node, too
    END = "end"  # that is over
    MOVE = "move"  # a state lives at another node
    TELL = "tell"  # a bit is known at another node


@dataclass(frozen=True, slots=True)
class Wire:
    """At `site` "here", "there", or "between": an inner node of a route from here to there."""

    name: str
    site: str
    is_comm: bool


@dataclass(frozen=True, slots=True)
class PrimitiveStep:
    """One row: an operation on named wires (`send`: a bit); the bit that it `writes`; `when`: it
    happens only if that bit is 1."""

    operation: Operation
    operands: tuple[str, ...]
    writes: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Primitive:
    """On states that `promise` makes, `body` does what `realises` would do if all the wires were
    at one node. A wire that a body measures is over; one that begins in it is in |0>.

    `ebits`, `classical_bits`: the price of one use over one link; `rounds`: the longest chain of
    messages of which each waits for the last.
    """

    name: str
    doc: str
    effect: Effect
    wires: tuple[Wire, ...]
    body: tuple[PrimitiveStep, ...]
    realises: tuple[PrimitiveStep, ...]
    promise: tuple[PrimitiveStep, ...] = ()
    ebits: int = 0
    classical_bits: int = 0
    rounds: int = 0

    def wire(self, name: str) -> Wire:
        return next(wire for wire in self.wires if wire.name == name)

    def price(self, links: int = 1) -> tuple[int, int]:
        """Ebits and classical bits over so many links: every inner node swaps."""
        ebits = self.ebits * links
        return ebits, self.classical_bits + (ebits - self.ebits) * SWAPPING.classical_bits


def _wires(text: str) -> tuple[Wire, ...]:
    """`near here comm, data there`"""
    parts = [part.split() for part in text.split(",") if part]
    return tuple(Wire(name, site, bool(comm)) for name, site, *comm in parts)


def _steps(text: str) -> tuple[PrimitiveStep, ...]:
    """`cx root near; measure near -> m; x far if n`"""
    return tuple(_step(line) for line in text.split(";") if line.strip())


def _step(line: str) -> PrimitiveStep:
    row, _, when = line.partition(" if ")
    row, _, writes = row.partition(" -> ")
    name, *operands = row.split()
    return PrimitiveStep(BY_NAME[name], tuple(operands), writes.strip(), when.strip())


SWAPPING: Final = Primitive(
    "swapping",
    "Entanglement swapping: two pairs that meet at an inner node become one.",
    Effect.PAIR,
    _wires("near here comm, left between comm, right between comm, far there comm"),
    _steps(
        "ebit near left; ebit right far; cx left right; measure right -> m; h left;"
        "measure left -> n; send m -> x; send n -> z; x far if x; z far if z"
    ),
    _steps("ebit near far"),
    ebits=2,
    classical_bits=2,
    rounds=1,
)
PRIMITIVES: Final[tuple[Primitive, ...]] = (
    SWAPPING,
    Primitive(
        "cat-entangler",
        "A copy of a wire at another node: half a pair joins it.",
        Effect.COPY,
        _wires("root here, near here comm, far there comm"),
        _steps("ebit near far; cx root near; measure near -> m; send m -> x; x far if x"),
        _steps("cx root far"),
        ebits=1,
        classical_bits=1,
        rounds=1,
    ),
    Primitive(
        "cat-disentangler",
        "A copy ends; its root corrects the phase.",
        Effect.END,
        _wires("root here, far there comm"),
        _steps("h far; measure far -> n; send n -> z; z root if z"),
        _steps("cx root far"),
        _steps("cx root far"),
        classical_bits=1,
        rounds=1,
    ),
    Primitive(
        "teledata",
        "Teleportation: a state goes to another node, and is stored in a data qubit there.",
        Effect.MOVE,
        _wires("root here, near here comm, far there comm, data there"),
        _steps(
            "ebit near far; cx root near; measure near -> m; h root; measure root -> n;"
            "send m -> x; send n -> z; x far if x; z far if z; swap far data"
        ),
        _steps("swap root data"),
        ebits=1,
        classical_bits=2,
        rounds=1,
    ),
    Primitive(
        "message",
        "A bit of the program is told to a node that needs it.",
        Effect.TELL,
        (),
        _steps("send m -> x"),
        (),
        classical_bits=1,
        rounds=1,
    ),
    Primitive(
        "handover",
        "The root of a copy ends as a copy does, and its state lives on in the copy.",
        Effect.MOVE,
        _wires("root here, far there comm, data there"),
        _steps("h root; measure root -> n; send n -> z; z far if z; swap far data"),
        _steps("cx far root; swap far data"),
        _steps("cx root far"),
        classical_bits=1,
        rounds=1,
    ),
)
BY_ROLE: Final[Mapping[str, Primitive]] = MappingProxyType({p.name: p for p in PRIMITIVES})
