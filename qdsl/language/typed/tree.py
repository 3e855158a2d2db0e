"""The typed tree: a program with every name resolved and every expression's type known.

A node keeps the syntax it comes from, for its place and text; what that means stands beside it.
The nodes of a program with errors have `UNKNOWN` types and no symbols where the errors are.
"""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.diagnostics.source import Span
from qdsl.ir.operations import Kind, Operation
from qdsl.language import syntax
from qdsl.language.qasm.rows import ImportedCircuit
from qdsl.language.typed.types import Symbol, Type
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression. `parts` stand in the order of the text: of an index the base first, of a
    range the bounds that are there, of a call the arguments and then the named ones. `symbols`
    are what a name or the register of a Pauli letter stands for, and what a sum binds."""

    syntax: syntax.Expr
    type: Type
    parts: tuple[Expr, ...] = ()
    symbols: tuple[Symbol, ...] = ()

    @property
    def span(self) -> Span:
        return self.syntax.span

    def walk(self) -> Iterator[Expr]:
        """The expression and everything in it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def names(self) -> frozenset[str]:
        """The declared names that occur in it, also those that it binds."""
        return frozenset(symbol.name for part in self.walk() for symbol in part.symbols)


@dataclass(frozen=True, slots=True)
class TypedOperand:
    syntax: syntax.Operand
    symbol: Symbol | None
    indices: tuple[Expr, ...]

    @property
    def span(self) -> Span:
        return self.syntax.span


# ---- statements --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypedVector:
    """`data` or `param`; `value` is what stands behind `=`."""

    syntax: syntax.DataDecl | syntax.ParamDecl
    symbol: Symbol
    shape: tuple[Expr, ...]
    value: Expr | None = None


@dataclass(frozen=True, slots=True)
class Registers:
    """`qubits` or `bits`; a size is None for a single one."""

    syntax: syntax.QubitsDecl | syntax.BitsDecl
    symbols: tuple[Symbol, ...]
    sizes: tuple[Expr | None, ...]


@dataclass(frozen=True, slots=True)
class TypedLet:
    syntax: syntax.Let
    symbol: Symbol
    value: Expr


@dataclass(frozen=True, slots=True)
class TypedModifier:
    syntax: syntax.Modifier
    argument: Expr | None

    @property
    def kind(self) -> str:
        return self.syntax.kind

    @property
    def span(self) -> Span:
        return self.syntax.span


@dataclass(frozen=True, slots=True)
class Builtin:
    """An operation of the table, under the name that programs give it."""

    name: str
    entry: Operation

    @property
    def is_gate(self) -> bool:
        return self.entry.kind is Kind.UNITARY and self.name != "rot"


@dataclass(frozen=True, slots=True)
class TypedApply:
    """`operation` None: there is none of that name."""

    syntax: syntax.Apply
    operation: CalledOperation
    modifiers: tuple[TypedModifier, ...]
    args: tuple[Expr, ...]
    operands: tuple[TypedOperand, ...]
    targets: tuple[TypedOperand, ...] = ()  # bits

    @property
    def name(self) -> str:
        return self.syntax.name.id

    @property
    def span(self) -> Span:
        return self.syntax.span


@dataclass(frozen=True, slots=True)
class TypedMeasure:
    syntax: syntax.MeasureStatement
    target: TypedOperand | None
    operand: TypedOperand


@dataclass(frozen=True, slots=True)
class OnQubits:
    """`reset`, `barrier` or `move`."""

    syntax: syntax.ResetStatement | syntax.Barrier | syntax.Move
    operands: tuple[TypedOperand, ...]


@dataclass(frozen=True, slots=True)
class TypedFor:
    syntax: syntax.For
    symbols: tuple[Symbol, ...]
    iterable: Expr
    body: Body


@dataclass(frozen=True, slots=True)
class TypedIf:
    """`is_dynamic`: on a measured bit, not known when the circuit is built."""

    syntax: syntax.If
    condition: Expr
    is_dynamic: bool
    then: Body
    otherwise: Body


@dataclass(frozen=True, slots=True)
class TypedAt:
    syntax: syntax.At
    body: Body


@dataclass(frozen=True, slots=True)
class TypedReveal:
    syntax: syntax.Reveal
    symbol: Symbol | None


@dataclass(frozen=True, slots=True)
class Output:
    """`has_matrix`: its first argument is a matrix, not an observable or a register."""

    syntax: syntax.OutputExpr
    args: tuple[Expr, ...]
    has_matrix: bool = False

    @property
    def kind(self) -> str:
        return self.syntax.function.id

    @property
    def span(self) -> Span:
        return self.syntax.span


@dataclass(frozen=True, slots=True)
class TypedReturn:
    syntax: syntax.Return
    outputs: tuple[Output, ...]


Statement = (
    TypedVector | Registers | TypedLet | TypedApply | TypedMeasure | OnQubits | TypedFor | TypedIf
    | TypedAt | TypedReveal | TypedReturn
)  # fmt: skip
Body = tuple[Statement, ...]


def declared(statement: Statement) -> tuple[str, ...]:
    """The names that a statement makes known behind it."""
    match statement:
        case TypedVector(symbol=symbol) | TypedLet(symbol=symbol):
            return (symbol.name,)
        case Registers(symbols=symbols):
            return tuple(symbol.name for symbol in symbols)
    return ()


# ---- top level ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a circuit's head declares: a value of a shape, or a register of at most one size."""

    syntax: syntax.CircuitParameter | syntax.QubitParameter
    symbol: Symbol
    sizes: tuple[Expr, ...]

    @property
    def name(self) -> str:
        return self.symbol.name


@dataclass(slots=True, eq=False)
class TypedCircuit:
    """A circuit. Calls refer to it before its own body is read, which is filled in then."""

    syntax: syntax.CircuitDecl
    parameters: tuple[Parameter, ...] = ()
    qubits: tuple[Parameter, ...] = ()
    body: Body = ()

    @property
    def name(self) -> str:
        return self.syntax.name.id

    @property
    def is_single(self) -> bool:
        """Whether it acts on single qubits only, and so on registers element by element."""
        return not any(q.sizes for q in self.qubits)


@dataclass(slots=True, eq=False)
class Import:
    """A circuit from a file; `circuit` is what the file has, None if it cannot be read.
    `drops_results`: some call gives its bits no name."""

    syntax: syntax.CircuitImport
    circuit: ImportedCircuit | None = None
    drops_results: bool = False

    @property
    def name(self) -> str:
        return self.syntax.name.id


CalledOperation = Builtin | TypedCircuit | Import | None


@dataclass(frozen=True, slots=True)
class Model:
    """`defaults` are those of the integer parameters; the values are in `ModelInfo`."""

    syntax: syntax.ModelDecl
    parameters: tuple[Symbol, ...]
    defaults: tuple[Expr | None, ...]
    body: Body
