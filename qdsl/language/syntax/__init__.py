"""The syntax tree: what the parser makes of a `.qdm` file, every part with its place.

Nothing here is resolved or typed: names are strings, expressions are unevaluated.
"""

from __future__ import annotations

from qdsl.diagnostics.source import Source, Span
from qdsl.records import dataclass

# ---- expressions -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IntLit:
    value: int
    span: Span


@dataclass(frozen=True, slots=True)
class RealLit:
    value: float
    span: Span


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit: `200 Hz`, `0.5 ms`, `3 dB`."""

    value: float
    unit: str
    span: Span


@dataclass(frozen=True, slots=True)
class StringLit:
    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    op: str  # "-", "not"
    operand: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    op: str  # + - * / // % **   == != < <= > >=   and or
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Range:
    """`lo..hi step s`, half-open; as an index or a loop's iterable. None: to the end / by 1."""

    lo: Expr | None
    hi: Expr | None
    step: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """`base[items]`; an item may be a `Range`."""

    base: Expr
    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Keyword:
    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class Call:
    function: Name
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ListLit:
    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class PauliOn:
    """A Pauli letter on one qubit, `Z q[0]`: an atom of an observable."""

    word: Name
    operand: Operand
    span: Span


@dataclass(frozen=True, slots=True)
class SumOver:
    """`sum(i in 0..n) body` or `sum((i, j) in edges(g)) body`."""

    names: tuple[Name, ...]
    iterable: Expr
    body: Expr
    span: Span


Expr = (
    IntLit | RealLit | Quantity | StringLit | Name | Unary | Binary | Range | Index | Call
    | ListLit | PauliOn | SumOver
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operand:
    """A register or part of one: `q`, `q[i]`, `q[0..2]`, `q[..n-1]`."""

    name: Name
    indices: tuple[Expr, ...]  # empty: the whole register
    span: Span


# ---- types and declarations --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypeExpr:
    """`angle[layers, 2*n]`, `real[2**n]`, `bits[..]`, `matching[..]`, `int`, `graph`."""

    kind: Name
    shape: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class IntParameter:
    """`n = 4` in a model's head; `default` is None where a value must be given."""

    name: Name
    default: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class CircuitParameter:
    """`theta: angle[2*n]` in a circuit's head."""

    name: Name
    type: TypeExpr
    span: Span


@dataclass(frozen=True, slots=True)
class QubitParameter:
    """`q[n]` after a circuit's `on`; `size` None means one qubit. A bare name in `size` that is
    not otherwise known (the `n` of `on q[n]`) is bound by the call."""

    name: Name
    size: Expr | None
    span: Span


# ---- statements --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DataDecl:
    name: Name
    type: TypeExpr
    owner: Name | None  # None: public
    value: Expr | None  # `= random_regular(3, n, seed = 7)`
    span: Span


@dataclass(frozen=True, slots=True)
class ParamDecl:
    name: Name
    type: TypeExpr
    owner: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class RegisterDecl:
    name: Name
    size: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class QubitsDecl:
    registers: tuple[RegisterDecl, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class BitsDecl:
    registers: tuple[RegisterDecl, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Let:
    """`let k = 2*n`: a name for a compile-time value."""

    name: Name
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Modifier:
    """`ctrl @`, `ctrl(2) @`, `negctrl @`, `inv @`, `pow(k) @`."""

    kind: str
    argument: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Apply:
    """A gate, circuit, encoding or Pauli rotation applied: `inv @ rot(t) XZ q[0], q[1]`.

    `targets` are the registers of bits that take an imported circuit's results: `c, d = f q`.
    """

    modifiers: tuple[Modifier, ...]
    name: Name
    args: tuple[Expr, ...]
    word: Name | None  # the Pauli word of `rot`
    operands: tuple[Operand, ...]
    span: Span
    targets: tuple[Operand, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasureStatement:
    """`c[i] = measure q[i]`, or `measure q[i]` with the result thrown away."""

    target: Operand | None
    operand: Operand
    span: Span


@dataclass(frozen=True, slots=True)
class ResetStatement:
    operands: tuple[Operand, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Barrier:
    operands: tuple[Operand, ...]  # empty: all
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    names: tuple[Name, ...]  # one name, or the names of `(i, j)`
    iterable: Expr
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    """Static if the condition is known at compile time, else on a measured bit."""

    condition: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class At:
    node: Name
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Move:
    operands: tuple[Operand, ...]
    node: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Reveal:
    """`reveal x to bob`: the value's owner tells another node; counted and in the ledger."""

    value: Name
    node: Name
    span: Span


@dataclass(frozen=True, slots=True)
class OutputExpr:
    """`expect(...)`, `sample(q) to bob`, `overlap(a, b)`, `probability(q)`, `norm2(v, f)`."""

    function: Name
    args: tuple[Expr, ...]
    to: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    outputs: tuple[OutputExpr, ...]
    span: Span


Statement = (
    DataDecl | ParamDecl | QubitsDecl | BitsDecl | Let | Apply | MeasureStatement | ResetStatement
    | Barrier | For | If | At | Move | Reveal | Return
)  # fmt: skip


# ---- top level ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Property:
    """`fidelity 0.97` inside braces."""

    name: Name
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class NodeDecl:
    name: Name
    properties: tuple[Property, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class LinkDecl:
    left: Name
    right: Name
    preset: Name | None  # `link a -- b = ion_2025 { ... }`
    properties: tuple[Property, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class NetworkDecl:
    """Exactly one of (`nodes`, `links`), `generator` with `properties`, `file` is used."""

    name: Name
    nodes: tuple[NodeDecl, ...]
    links: tuple[LinkDecl, ...]
    generator: Call | None  # `ring(4)`
    properties: tuple[Property, ...]
    file: StringLit | None
    span: Span


@dataclass(frozen=True, slots=True)
class CircuitDecl:
    name: Name
    parameters: tuple[CircuitParameter, ...]
    qubits: tuple[QubitParameter, ...]
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CircuitImport:
    """`circuit adder from "adder.qasm"`."""

    name: Name
    file: StringLit
    span: Span


@dataclass(frozen=True, slots=True)
class ModelDecl:
    name: Name
    parameters: tuple[IntParameter, ...]
    network: Name | None
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SetItem:
    name: Name
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class DataSource:
    """`data x from "points.npz:x" standardise`; `role` is "data" or "label"."""

    role: str
    name: Name
    file: StringLit
    scaling: Name | None
    span: Span


@dataclass(frozen=True, slots=True)
class Option:
    """A line of an experiment: `loss mse`, `gradient auto { epsilon 0.05 }`,
    `train adam(lr = 0.05) { steps 200 }`, `shots 2000`, `seed 1`."""

    name: Name
    value: Expr | None
    properties: tuple[Property, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ExperimentDecl:
    name: Name
    model: Name
    settings: tuple[SetItem, ...]
    sources: tuple[DataSource, ...]
    options: tuple[Option, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Use:
    """`use std.ansatz`."""

    path: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class UseFile:
    """`use "gates.qdm"`."""

    file: StringLit
    span: Span


Item = NetworkDecl | CircuitDecl | CircuitImport | ModelDecl | ExperimentDecl | Use | UseFile


@dataclass(frozen=True, slots=True)
class File:
    """`n_tokens`: how many words, numbers, signs and comments were read."""

    source: Source
    items: tuple[Item, ...]
    n_tokens: int = 0
