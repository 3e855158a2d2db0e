"""Circuits and models under construction: each call writes one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, partialmethod
from typing import Any

from qdsl.interchange.building.expressions import (
    Binders,
    BuilderMisuse,
    BuiltExpr,
    BuiltOperand,
    bound,
    call,
    checked_name,
    expression,
    iterable,
    pauli,
    total,
)
from qdsl.interchange.building.networks import BuiltNode, node_name

INDENT = "  "


class BlockBuilder:
    """Statements of a circuit or a model. `block.ry(theta, q[0])` applies an operation: numbers and
    vectors are arguments, qubits are what it acts on. Any name that is no method is an operation,
    which is looked up when the program is checked."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 1

    # ---- expressions --------------------------------------------------------------------

    X = staticmethod(partial(pauli, "X"))
    Y = staticmethod(partial(pauli, "Y"))
    Z = staticmethod(partial(pauli, "Z"))
    call = staticmethod(call)  # `call("log2", n)`, `call("random_regular", 3, n, seed=7)`
    sum = staticmethod(total)  # `sum(lambda i: ..., "i", n)`

    def name(self, name: str) -> BuiltExpr:
        """Something by its name: `pi`, a list of another file."""
        return BuiltExpr(checked_name(name))

    # ---- operations ---------------------------------------------------------------------

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        return partial(self.apply, name)

    def apply(
        self,
        operation: str,
        *arguments: Any,
        into: Sequence[BuiltOperand] = (),
        modifiers: Sequence[str] = (),
    ) -> None:
        """Apply an operation or circuit. A Pauli word is given as text, before the qubits of `rot`.
        `modifiers`, outermost first: "inv", "ctrl", "ctrl(2)", "pow(3)"; `into`: registers for the
        bits that an imported circuit returns."""
        qubits = [a for a in arguments if isinstance(a, BuiltOperand) and a.is_qubits]
        words = [a for a in arguments if isinstance(a, str)]
        values = [a for a in arguments if not any(a is x for x in (*qubits, *words))]
        if not qubits:
            raise BuilderMisuse(f"`{operation}` acts on no qubits: give some, such as q[0]")
        text = "".join(f"{_modifier(m)} @ " for m in modifiers) + checked_name(operation)
        text += f"({', '.join(expression(v).text for v in values)})" if values else ""
        text += "".join(f" {checked_name(word)}" for word in words)
        results = f"{', '.join(r.text for r in into)} = " if into else ""
        self._add(f"{results}{text} {', '.join(q.text for q in qubits)}")

    def modified(self, *modifiers: str) -> Modified:
        """Operations under modifiers: `block.modified("ctrl", "inv").rx(0.3, q[0], q[1])`."""
        return Modified(self, modifiers)

    def barrier(self, *qubits: BuiltOperand) -> None:
        self._add(" ".join(["barrier", ", ".join(q.text for q in qubits)]).strip())

    def let(self, name: str, value: Any) -> BuiltExpr:
        """`let name = value`; the name."""
        self._add(f"let {checked_name(name)} = {expression(value).text}")
        return BuiltExpr(name)

    # ---- blocks -------------------------------------------------------------------------

    @contextmanager
    def loop(
        self, binders: Binders, *over: Any, step: Any = None, through: Any = None
    ) -> Iterator[Any]:
        """`loop("i", n)` is `for i in 0..n`, `loop("i", 1, n, step=2)` a range, and
        `loop(("i", "j"), through=call("edges", g))` goes through a list. Gives what is bound."""
        text, names = bound(binders)
        with self._block(f"for {text} in {iterable(over, step, through)}"):
            yield names[0] if len(names) == 1 else tuple(names)

    @contextmanager
    def when(self, condition: Any) -> Iterator[None]:
        """`if condition { ... }`."""
        with self._block(f"if {expression(condition).text}"):
            yield

    @contextmanager
    def otherwise(self) -> Iterator[None]:
        """`else { ... }`, right behind `when`."""
        if not self._lines or self._lines[-1] != f"{INDENT * self._depth}}}":
            raise BuilderMisuse("`otherwise` stands right behind `when`")
        self._lines[-1] = f"{INDENT * self._depth}}} else {{"
        self._depth += 1
        yield
        self._close()

    @contextmanager
    def at(self, node: BuiltNode | str) -> Iterator[None]:
        """`at node { ... }`."""
        with self._block(f"at {node_name(node)}"):
            yield

    @contextmanager
    def _block(self, head: str) -> Iterator[None]:
        self._add(f"{head} {{")
        self._depth += 1
        yield
        self._close()

    def _close(self) -> None:
        self._depth -= 1
        self._add("}")

    def _add(self, line: str) -> None:
        self._lines.append(f"{INDENT * self._depth}{line}")


class Modified:
    """Operations of a block under modifiers."""

    def __init__(self, block: BlockBuilder, modifiers: Sequence[str]) -> None:
        self._own_block, self._modifiers = block, modifiers

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        return partial(self._own_block.apply, name, modifiers=self._modifiers)


def _modifier(text: str) -> str:
    kind, _, argument = text.partition("(")
    if argument and not argument.removesuffix(")").isalnum():
        raise BuilderMisuse(f'"{text}" is no modifier: "ctrl", "ctrl(2)", "inv", "pow(3)" are')
    return checked_name(kind) + (f"({argument}" if argument else "")


class CircuitBuilder(BlockBuilder):
    """`circuit name(arguments) on registers { ... }`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = checked_name(name)
        self._arguments: list[str] = []
        self._registers: list[str] = []

    def argument(self, name: str, kind: str, *shape: Any) -> BuiltExpr:
        """An argument, such as `argument("theta", "angle", 2 * n)`."""
        self._arguments.append(f"{checked_name(name)}: {kind_of(kind, shape)}")
        return BuiltExpr(name)

    def on(self, name: str, size: Any = None) -> BuiltOperand:
        """A register that it acts on; a size may be a name of `size`, for a register of any."""
        self._registers.append(f"{checked_name(name)}{_shape([] if size is None else [size])}")
        return BuiltOperand(name, is_qubits=True)

    def size(self, name: str) -> BuiltExpr:
        """A name for a register's size, which the call gives."""
        return BuiltExpr(checked_name(name))

    def text(self) -> str:
        given = f"({', '.join(self._arguments)})" if self._arguments else "()"
        head = f"circuit {self._name}{given} on {', '.join(self._registers)} {{"
        return "\n".join([head, *self._lines, "}"])


class ModelBuilder(BlockBuilder):
    """`model name(parameters) on network { ... }`."""

    def __init__(self, name: str, on: str | None) -> None:
        super().__init__()
        self.model = checked_name(name)
        self._on = on
        self._parameters: list[str] = []

    def parameter(self, name: str, default: int | None = None) -> BuiltExpr:
        """An integer parameter, which `settings` set."""
        said = "" if default is None else f" = {expression(default).text}"
        self._parameters.append(f"{checked_name(name)}{said}")
        return BuiltExpr(name)

    def data(
        self,
        name: str,
        kind: str,
        *shape: Any,
        owner: BuiltNode | str | None = None,
        value: Any = None,
    ) -> BuiltExpr:
        """`data name: kind[shape] owner node = value`."""
        said = "" if value is None else f" = {expression(value).text}"
        self._add(f"data {self._vector(name, kind, shape, owner)}{said}")
        return BuiltExpr(name)

    def param(
        self, name: str, kind: str, *shape: Any, owner: BuiltNode | str | None = None
    ) -> BuiltExpr:
        """`param name: kind[shape] owner node`."""
        self._add(f"param {self._vector(name, kind, shape, owner)}")
        return BuiltExpr(name)

    @staticmethod
    def _vector(name: str, kind: str, shape: Sequence[Any], owner: BuiltNode | str | None) -> str:
        whose = "" if owner is None else f" owner {node_name(owner)}"
        return f"{checked_name(name)}: {kind_of(kind, shape)}{whose}"

    def qubits(self, *registers: Any) -> Any:
        """Registers of qubits in one declaration: `qubits("q", n)`, `qubits("a", "b")`,
        `qubits(("a", 3), "b")`. The register, a tuple of several."""
        return self._registers_of("qubits", registers)

    def bits(self, *registers: Any) -> Any:
        """Registers of bits, as for `qubits`."""
        return self._registers_of("bits", registers)

    def _registers_of(self, sort: str, given: tuple[Any, ...]) -> Any:
        is_one = (
            len(given) == 2 and isinstance(given[0], str) and not isinstance(given[1], str | tuple)
        )
        registers = [r if isinstance(r, tuple) else (r,) for r in ([given] if is_one else given)]
        if not registers:
            raise BuilderMisuse(f'{sort} have names: `{sort}("q", 2)`')
        said = [f"{checked_name(name)}{_shape(size)}" for name, *size in registers]
        self._add(f"{sort} {', '.join(said)}")
        made = tuple(BuiltOperand(name, sort == "qubits") for name, *_ in registers)
        return made[0] if len(made) == 1 else made

    def measure(self, qubits: BuiltOperand, into: BuiltOperand | None = None) -> None:
        """`into = measure qubits`."""
        self._add(f"{'' if into is None else f'{into.text} = '}measure {qubits.text}")

    def reset(self, *qubits: BuiltOperand) -> None:
        self._add(f"reset {', '.join(q.text for q in qubits)}")

    def move(self, *qubits: BuiltOperand, to: BuiltNode | str) -> None:
        self._add(f"move {', '.join(q.text for q in qubits)} to {node_name(to)}")

    def reveal(self, vector: BuiltExpr, to: BuiltNode | str) -> None:
        self._add(f"reveal {vector.text} to {node_name(to)}")

    def output(self, kind: str, *arguments: Any, to: BuiltNode | str | None = None) -> BuiltExpr:
        """`expect(...)`, `sample(...)`, ...; `to`: who learns it."""
        inside = ", ".join(expression(a).text for a in arguments)
        who = "" if to is None else f" to {node_name(to)}"
        return BuiltExpr(f"{checked_name(kind)}({inside}){who}")

    expect = partialmethod(output, "expect")
    sample = partialmethod(output, "sample")
    probability = partialmethod(output, "probability")
    overlap = partialmethod(output, "overlap")
    norm2 = partialmethod(output, "norm2")
    quadratic = partialmethod(output, "quadratic")

    def returns(self, *outputs: BuiltExpr) -> None:
        """`return a, b`."""
        self._add(f"return {', '.join(o.text for o in outputs)}")

    def text(self) -> str:
        given = f"({', '.join(self._parameters)})"
        where = "" if self._on is None else f" on {self._on}"
        return "\n".join([f"model {self.model}{given}{where} {{", *self._lines, "}"])


def kind_of(kind: str, shape: Sequence[Any]) -> str:
    """`angle[layers, n]`."""
    return f"{checked_name(kind)}{_shape(shape)}"


def _shape(sizes: Sequence[Any]) -> str:
    return f"[{', '.join(expression(s).text for s in sizes)}]" if sizes else ""
