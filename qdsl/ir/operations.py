"""The operation table: what every operation is, said once.

A unitary operation is given by its *body*: a product of Pauli rotations
`exp(-i t P / 2)` in order of application, and a global phase; `t` is affine in the
operation's own angles. Unitary, inverse, control, powers, gradient generators, diagonality
and every backend's fallback follow from the body. Qubit 0 is the leftmost letter of a word
and the most significant bit of a basis index.

To add an operation, add one entry here; `tests/qdsl/ir/test_operations.py` proves it consistent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from itertools import combinations
from math import pi
from types import MappingProxyType

from qdsl.records import dataclass


class Kind(StrEnum):
    """What an operation does to its operands."""

    UNITARY = "unitary"
    ENCODE = "encode"  # data-dependent, on all operands at once at one node
    MEASURE = "measure"  # Z measurement; attr is the classical bit written
    RESET = "reset"
    MOVE = "move"  # identity that must happen at its pinned node
    BARRIER = "barrier"
    EBIT = "ebit"  # creates (|00> + |11>)/sqrt 2 on two fresh communication qubits
    SEND = "send"  # copies a classical bit to another node; operand is a bit, attr the new bit


class Attr(StrEnum):
    """What the table's `attr` column means for an operation."""

    NONE = "none"
    WORD = "word"  # index into the table's Pauli words
    BIT = "bit"  # classical bit written
    DATA = "data"  # index into the circuit's data references


@dataclass(frozen=True, slots=True)
class Affine:
    """`constant + sum_k coefficients[k] * angle_k`, in radians."""

    constant: float = 0.0
    coefficients: tuple[float, ...] = ()

    def scaled(self, factor: float) -> Affine:
        return Affine(self.constant * factor, tuple(c * factor for c in self.coefficients))

    def at(self, angles: tuple[float, ...]) -> float:
        return self.constant + sum(c * a for c, a in zip(self.coefficients, angles, strict=False))


@dataclass(frozen=True, slots=True)
class Rotation:
    """`exp(-i t P / 2)` with `P` the word over the operation's operands, `t` = `angle`."""

    word: str
    angle: Affine


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of the table.

    `arity` None: any number of operands. `body` and `phase` are set for unitary operations of
    fixed arity; `rot` has none because its word stands in the table. `symmetric`: the operands
    may be exchanged freely. `ebits` and `classical_bits` are what one use consumes itself.
    """

    name: str
    doc: str
    arity: int | None
    angles: int = 0
    kind: Kind = Kind.UNITARY
    attr: Attr = Attr.NONE
    body: tuple[Rotation, ...] = ()
    phase: Affine = field(default_factory=Affine)
    inverse: str | None = None  # named inverse; None: negate the angles, or undo the body
    symmetric: bool = False
    ebits: int = 0
    classical_bits: int = 0
    code: int = -1

    def axis(self, operand: int) -> str | None:
        """The Pauli letter with which this operation commutes on `operand`.

        "Z" if it is diagonal there, "X" or "Y" likewise, "I" if it does not act, None if none.
        """
        letters = {r.word[operand] for r in self.body} - {"I"}
        if not letters:
            return "I"
        return letters.pop() if len(letters) == 1 else None

    @property
    def is_unitary(self) -> bool:
        return self.kind is Kind.UNITARY


def _fixed(word: str, angle: float) -> Rotation:
    return Rotation(word, Affine(angle))


def _rotation(word: str, coefficient: float = 1.0, which: int = 0) -> Rotation:
    return Rotation(word, Affine(0.0, (0.0,) * which + (coefficient,)))


def controlled(body: tuple[Rotation, ...], phase: Affine) -> tuple[tuple[Rotation, ...], Affine]:
    """Body and phase of the operation with one control qubit put in front.

    `C(exp(-i t P/2)) = exp(-i t/4 IP) exp(+i t/4 ZP)` and `C(e^{ia}) = e^{ia/2} Rz(a)`.
    """
    rotations: list[Rotation] = []
    for r in body:
        rotations.append(Rotation("I" + r.word, r.angle.scaled(0.5)))
        rotations.append(Rotation("Z" + r.word, r.angle.scaled(-0.5)))
    if body and (phase.constant or any(phase.coefficients)):
        rotations.append(Rotation("Z" + "I" * len(body[0].word), phase))
    return tuple(rotations), phase.scaled(0.5)


def projector_phase(word: str, angle: Affine) -> tuple[tuple[Rotation, ...], Affine]:
    """Body of `exp(i angle * prod_k (1 - P_k)/2)`, the phase on the joint -1 eigenspace."""
    n = len(word)
    rotations: list[Rotation] = []
    for size in range(1, n + 1):
        for chosen in combinations(range(n), size):
            letters = "".join(word[k] if k in chosen else "I" for k in range(n))
            rotations.append(Rotation(letters, angle.scaled((-1.0) ** (size + 1) * 2.0 / 2**n)))
    return tuple(rotations), angle.scaled(1.0 / 2**n)


def _gates() -> list[Operation]:
    def one(
        name: str, doc: str, body: tuple[Rotation, ...], phase: float, inverse: str
    ) -> Operation:
        return Operation(name, doc, 1, 0, body=body, phase=Affine(phase), inverse=inverse)

    h_body = (_fixed("Y", pi / 2), _fixed("X", pi))
    gates = [
        Operation("id", "Identity.", 1, inverse="id", body=()),
        one("x", "Pauli X (bit flip).", (_fixed("X", pi),), pi / 2, "x"),
        one("y", "Pauli Y.", (_fixed("Y", pi),), pi / 2, "y"),
        one("z", "Pauli Z (phase flip).", (_fixed("Z", pi),), pi / 2, "z"),
        one("h", "Hadamard.", h_body, pi / 2, "h"),
        one("s", "Phase gate diag(1, i).", (_fixed("Z", pi / 2),), pi / 4, "sdg"),
        one("sdg", "Inverse of s.", (_fixed("Z", -pi / 2),), -pi / 4, "s"),
        one("t", "diag(1, exp(i pi/4)).", (_fixed("Z", pi / 4),), pi / 8, "tdg"),
        one("tdg", "Inverse of t.", (_fixed("Z", -pi / 4),), -pi / 8, "t"),
        one("sx", "Square root of X.", (_fixed("X", pi / 2),), pi / 4, "sxdg"),
        one("sxdg", "Inverse of sx.", (_fixed("X", -pi / 2),), -pi / 4, "sx"),
    ]
    for letter in "XYZ":
        doc = f"Rotation exp(-i theta {letter}/2)."
        gates.append(Operation(f"r{letter.lower()}", doc, 1, 1, body=(_rotation(letter),)))
    gates += [
        Operation(
            "p",
            "Phase diag(1, exp(i theta)).",
            1,
            1,
            body=(_rotation("Z"),),
            phase=Affine(0.0, (0.5,)),
        ),
        Operation(
            "u",
            "U(theta, phi, lambda) of Qiskit: the upper left entry is cos(theta/2).",
            1,
            3,
            body=(_rotation("Z", which=2), _rotation("Y"), _rotation("Z", which=1)),
            phase=Affine(0.0, (0.0, 0.5, 0.5)),
        ),
    ]
    return gates


def _two_qubit() -> list[Operation]:
    gates: list[Operation] = []
    for letter, symmetric in (("X", False), ("Y", False), ("Z", True)):
        body, phase = projector_phase("Z" + letter, Affine(pi))
        name = f"c{letter.lower()}"
        gates.append(
            Operation(
                name,
                f"Controlled {letter}; operand 0 controls.",
                2,
                body=body,
                phase=phase,
                inverse=name,
                symmetric=symmetric,
            )
        )
    body, phase = projector_phase("ZZ", Affine(0.0, (1.0,)))
    gates.append(
        Operation(
            "cp",
            "Controlled phase diag(1, 1, 1, exp(i theta)).",
            2,
            1,
            body=body,
            phase=phase,
            symmetric=True,
        )
    )
    for letter in "XYZ":
        body, phase = controlled((_rotation(letter),), Affine())
        gates.append(
            Operation(
                f"cr{letter.lower()}",
                f"Controlled r{letter.lower()}.",
                2,
                1,
                body=body,
                phase=phase,
            )
        )
    h_body = (_fixed("Y", pi / 2), _fixed("X", pi))
    body, phase = controlled(h_body, Affine(pi / 2))
    gates.append(Operation("ch", "Controlled Hadamard.", 2, body=body, phase=phase, inverse="ch"))
    for letter in "XYZ":
        name = f"r{letter.lower()}{letter.lower()}"
        doc = f"exp(-i theta {letter}{letter}/2)."
        gates.append(Operation(name, doc, 2, 1, body=(_rotation(letter * 2),), symmetric=True))
    swap = tuple(_fixed(letter * 2, -pi / 2) for letter in "XYZ")
    gates.append(
        Operation(
            "swap",
            "Exchanges two qubits.",
            2,
            body=swap,
            phase=Affine(-pi / 4),
            inverse="swap",
            symmetric=True,
        )
    )
    return gates


def _three_qubit() -> list[Operation]:
    ccx, ccx_phase = projector_phase("ZZX", Affine(pi))
    ccz, ccz_phase = projector_phase("ZZZ", Affine(pi))
    swap = tuple(_fixed(letter * 2, -pi / 2) for letter in "XYZ")
    cswap, cswap_phase = controlled(swap, Affine(-pi / 4))
    return [
        Operation("ccx", "Toffoli; operands 0 and 1 control.", 3, body=ccx, phase=ccx_phase,
                  inverse="ccx"),
        Operation("ccz", "Doubly controlled Z.", 3, body=ccz, phase=ccz_phase, inverse="ccz",
                  symmetric=True),
        Operation("cswap", "Fredkin; operand 0 controls.", 3, body=cswap, phase=cswap_phase,
                  inverse="cswap"),
    ]  # fmt: skip


def _others() -> list[Operation]:
    return [
        Operation("rot", "Pauli-word rotation exp(-i theta P/2).", None, 1, attr=Attr.WORD),
        Operation("amplitude", "Prepares sum_i x_i |i> / ||x|| from |0...0>.", None,
                  kind=Kind.ENCODE, attr=Attr.DATA),
        Operation("reflect", "Reflection 1 - 2 |x><x| about the state that amplitude prepares.",
                  None, kind=Kind.ENCODE, attr=Attr.DATA),
        Operation("diagonal", "Diagonal exp(i x_j): pi x_j for bits, x_j radians for reals.", None,
                  kind=Kind.ENCODE, attr=Attr.DATA),
        Operation("relabel", "Permutation that makes the pairs of a matching adjacent: "
                  "pair e = (i, j) gives |i> -> |e,0>, |j> -> |e,1>.", None,
                  kind=Kind.ENCODE, attr=Attr.DATA),
        Operation("block", "Block encoding of a real matrix M[i, j] by dilation: |0>|i> -> "
                  "|0> sum_j M[i, j] |j> / ||M|| + |1>(...); operand 0 is the flag, in |0>.",
                  None, kind=Kind.ENCODE, attr=Attr.DATA),
        Operation("lcu", "Block encoding of a real matrix as a linear combination of unitaries; "
                  "on n qubits with n + 1 flags before them, in |0>.", None,
                  kind=Kind.ENCODE, attr=Attr.DATA),
        Operation("eigenbasis", "Maps the eigenvectors of the symmetric part of a real matrix to "
                  "the basis states, in order of increasing eigenvalue.", None,
                  kind=Kind.ENCODE, attr=Attr.DATA),
        Operation("measure", "Z measurement into a classical bit.", 1, kind=Kind.MEASURE,
                  attr=Attr.BIT),
        Operation("reset", "Resets the qubit to |0>.", 1, kind=Kind.RESET),
        Operation("move", "Identity that must be executed at a named node.", None, kind=Kind.MOVE),
        Operation("barrier", "Operations are not reordered across it.", None, kind=Kind.BARRIER),
        Operation("ebit", "One EPR pair (|00> + |11>)/sqrt 2 over one link.", 2, kind=Kind.EBIT,
                  ebits=1),
        Operation("send", "Copies a classical bit to another node.", 1, kind=Kind.SEND,
                  attr=Attr.BIT, classical_bits=1),
    ]  # fmt: skip


def _numbered(operations: list[Operation]) -> tuple[Operation, ...]:
    from dataclasses import replace

    return tuple(replace(op, code=i) for i, op in enumerate(operations))


OPERATIONS: tuple[Operation, ...] = _numbered(_gates() + _two_qubit() + _three_qubit() + _others())
BY_NAME: Mapping[str, Operation] = MappingProxyType({op.name: op for op in OPERATIONS})


def operation(name: str) -> Operation:
    """The entry called `name`; KeyError if there is none."""
    return BY_NAME[name]
