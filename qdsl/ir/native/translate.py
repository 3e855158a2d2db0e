"""Writes a hot loop and all that it calls in C.

The language is what such loops are written in: integers of 64 bits, floats, arrays and records
(`NamedTuple`) of them. The meaning is Python's: operands are evaluated from left to right,
division rounds down, negative indices count from the end.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from types import FunctionType
from typing import Any, Final

import numpy as np

from qdsl.ir.native.c_types import (
    INT,
    NOTHING,
    WIDTHS,
    CType,
    NotInC,
    c_type,
    called_by,
    fields,
    hints,
)  # fmt: skip
from qdsl.ir.native.expressions import BINARY, Expressions, Typed, is_pure

START: Final = """\
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
static inline int64_t floordiv(int64_t a, int64_t b)
{ if (!b) return 0; int64_t q = a / b; return q - ((a % b != 0) & ((a < 0) != (b < 0))); }
static inline int64_t floormod(int64_t a, int64_t b)
{ if (!b) return 0; int64_t r = a % b; return r + ((r != 0) & ((r < 0) != (b < 0))) * b; }
static inline double floatmod(double a, double b)
{ double r = __builtin_fmod(a, b); return r && (r < 0) != (b < 0) ? r + b : r; }
typedef struct { void *p; int64_t n, m; } Space;
static void end(void *a) { free(((Space *)a)->p); }
#define AT(i, n) ({ int64_t i_ = (i); i_ < 0 ? i_ + (n) : i_; })
#define MIN(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); b_ < a_ ? b_ : a_; })
#define MAX(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); b_ > a_ ? b_ : a_; })
"""


def library_source(entry: FunctionType) -> str:
    """The C text of a loop, under the name `entry`, and of all that it calls.

    Raises NotInC where something has no counterpart.
    """
    program = _LoopProgram()
    called = program.function(entry)
    return program.text(entry, called)


class _LoopProgram:
    """Types and functions so far, in the order in which C wants them."""

    def __init__(self) -> None:
        self._types: dict[str, str] = {}
        self._functions: dict[FunctionType, tuple[str, str]] = {}

    def text(self, entry: FunctionType, called: str) -> str:
        parameters = [c_type(hints(entry)[p]) for p in inspect.signature(entry).parameters]
        result = self.declared(c_type(hints(entry)["return"]))
        names = [f"a{k}" for k in range(len(parameters))]
        taken = ", ".join(f"const {t.name} *{n}" for t, n in zip(parameters, names, strict=True))
        given = ", ".join(
            n if t.is_shared else "*" + n for t, n in zip(parameters, names, strict=True)
        )
        word = "" if result == "void" else "return "
        last = f"{result} entry({taken})\n{{ {word}{called}({given}); }}\n"
        bodies = [body for _, body in self._functions.values()]
        return "\n".join([START, *self._types.values(), *bodies, last])

    def declared(self, kind: CType) -> str:
        """The name of a type that stands above in the text."""
        if kind.name in self._types or kind.is_number or kind == NOTHING:
            return kind.name
        if kind.element is not None:
            inside = f"{WIDTHS[kind.element]} *p; int64_t n, m;"
        elif kind.record is not None:
            parts = zip(hints(kind.record), fields(kind.record), strict=True)
            inside = " ".join(f"{self.declared(t)} {name};" for name, t in parts)
        else:
            inside = " ".join(f"{self.declared(t)} f{k};" for k, t in enumerate(kind.parts))
        self._types[kind.name] = f"typedef struct {{ {inside} }} {kind.name};"
        return kind.name

    def function(self, function: FunctionType) -> str:
        """The name in C of a function, which is translated first."""
        if function not in self._functions:
            name = f"{function.__name__}_{len(self._functions)}"
            self._functions[function] = name, ""
            body = _Function(self, function, name).text()
            del self._functions[function]  # it comes after those that it calls
            self._functions[function] = name, body
        elif not self._functions[function][1]:
            raise NotInC("a function that calls itself")
        return self._functions[function][0]


class _Function(Expressions):
    def __init__(self, program: _LoopProgram, function: FunctionType, name: str) -> None:
        super().__init__(program, function)
        self._name = name
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        assert isinstance(tree, ast.FunctionDef)
        self._tree = tree
        known = hints(function)
        self._result = c_type(known["return"])
        self._parameters = {a.arg: c_type(known[a.arg]) for a in tree.args.args}
        self._types = dict(self._parameters)
        self._own: set[str] = set()
        indexed = (n.value for n in ast.walk(tree) if isinstance(n, ast.Subscript))
        self._rows = {n.id for n in indexed if isinstance(n, ast.Name)}

    def text(self) -> str:
        body = self._block(self._tree.body)
        result = self._program.declared(self._result)
        taken = []
        for name, kind in self._parameters.items():
            declared = self._program.declared(kind)
            taken.append(
                f"const {declared} *v_{name}" if kind.is_shared else f"{declared} v_{name}"
            )
        mine = [
            f"{self._program.declared(t)} v_{n}"
            f"{' __attribute__((cleanup(end))) = { 0 }' if n in self._own else ''};"
            for n, t in self._types.items()
            if n not in self._parameters
        ]
        head = f"static {result} {self._name}({', '.join(taken)})"
        return "\n".join([head, "{", *mine, *body, "}"])

    # ---- statements ----------------------------------------------------------------------

    def _block(self, body: list[ast.stmt]) -> list[str]:
        return [line for statement in body for line in self._statement(statement)]

    def _statement(self, s: ast.stmt) -> list[str]:
        match s:
            case ast.Expr(ast.Constant()) | ast.Pass():
                return []
            case ast.Expr(value):
                return [f"{self._value(value)[0]};"]
            case ast.Return(None):
                return ["return;"]
            case ast.Return(value) if value is not None:
                return [f"return {self._as(value, self._result)};"]
            case ast.Assign(targets, value):
                return self._assigned(targets, value)
            case ast.AnnAssign(target, _, value) if value is not None:
                return self._assigned([target], value)
            case ast.AugAssign(target, op, value):
                return self._changed(target, op, value)
            case ast.If(test, body, orelse):
                lines = [f"if ({self._test(test)}) {{", *self._block(body), "}"]
                return [*lines, "else {", *self._block(orelse), "}"] if orelse else lines
            case ast.While(test, body, []):
                return [f"while ({self._test(test)}) {{", *self._block(body), "}"]
            case ast.For(ast.Name(name), over, body, []):
                return self._loop(name, over, body)
            case ast.Break():
                return ["break;"]
            case ast.Continue():
                return ["continue;"]
        raise NotInC(ast.unparse(s))

    def _loop(self, name: str, over: ast.expr, body: list[ast.stmt]) -> list[str]:
        self._fresh += 1
        k, end = f"k{self._fresh}", f"e{self._fresh}"
        if isinstance(over, ast.Call) and isinstance(over.func, ast.Name):
            if over.func.id != "range":
                raise NotInC(ast.unparse(over))
            bounds = [self._as(a, INT) for a in over.args[:2]]
            step = int(ast.literal_eval(over.args[2])) if len(over.args) > 2 else 1
            first, last = bounds if len(bounds) == 2 else ("0", bounds[0])
            self._bind(name, INT)
            goes_on = f"{k} < {end}" if step > 0 else f"{k} > {end}"
            head = f"for (int64_t {k} = {first}, {end} = {last}; {goes_on}; {k} += {step}) {{"
            return [head, f"v_{name} = {k};", *self._block(body), "}"]
        array, kind = self._value(over)
        if kind.element is None:
            raise NotInC(ast.unparse(over))
        self._bind(name, self._element(kind))
        head = f"for (int64_t {k} = 0, {end} = {array}.n; {k} < {end}; {k}++) {{"
        return [head, f"v_{name} = {array}.p[{k}];", *self._block(body), "}"]

    def _bind(self, name: str, kind: CType) -> None:
        known = self._types.setdefault(name, kind)
        if known.name != kind.name:
            raise NotInC(f"{name} is {known.name} and {kind.name}")
        if known != kind:
            self._types[name] = INT

    def _assigned(self, targets: list[ast.expr], value: ast.expr) -> list[str]:
        """Values come first, all of them, as in an exchange."""
        if isinstance(targets[0], ast.Subscript) and isinstance(targets[0].slice, ast.Slice):
            return self._filled(targets[0], "=", value)
        if isinstance(targets[0], ast.Name) and (space := self._space(targets[0].id, value)):
            return space
        if isinstance(targets[0], ast.Subscript) and isinstance(value, ast.Tuple):
            targets = [_row_of(targets[0], len(value.elts))]
        if isinstance(targets[0], ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = zip(targets[0].elts, value.elts, strict=True)
            given = [self._row(v) if self._is_row(t) else self._value(v) for t, v in pairs]
        elif self._is_row(targets[0]):
            given = [self._row(value)]
        else:
            given = [self._value(value)]
        names, lines = [], []
        for text, kind in given:
            self._fresh += 1
            names.append((f"t{self._fresh}", kind))
            lines.append(f"{self._program.declared(kind)} t{self._fresh} = {text};")
        for target in targets:
            parts = self._parts(names) if isinstance(target, ast.Tuple) else names
            to = target.elts if isinstance(target, ast.Tuple) else [target]
            lines += [self._stored(t, *p) for t, p in zip(to, parts, strict=True)]
        return ["{", *lines, "}"]

    def _space(self, name: str, value: ast.expr) -> list[str]:
        """An array of the function's own: zeros, or a copy; [] for any other value."""
        match value:
            case ast.Call(ast.Attribute(array, "copy"), [], []):
                text, kind = self._value(array)
                rows, columns = f"{text}.n", f"{text}.m"
                after = f"memcpy(v_{name}.p, {text}.p, {text}.n * {text}.m * sizeof *{text}.p);"
            case ast.Call(ast.Attribute(ast.Name("np"), "zeros"), [shape, _], []):
                sizes = shape.elts if isinstance(shape, ast.Tuple) else [shape]
                texts = [self._as(size, INT) for size in sizes]
                kind, after = c_type(np.ndarray[Any, np.dtype[np.int64]]), ""
                rows, columns = texts[0], (texts[1] if len(texts) > 1 else "1")
                if ast.unparse(value.args[1]) != "np.int64":
                    raise NotInC(ast.unparse(value))
            case _:
                return []
        if name in self._types and name not in self._own:
            raise NotInC(f"{name} is bound twice")
        self._bind(name, kind)
        self._own.add(name)
        made = f"calloc({rows} * {columns} + 1, sizeof *v_{name}.p)"
        name = f"v_{name}"
        return [f"{name}.n = {rows}; {name}.m = {columns}; {name}.p = {made};", after]

    def _parts(self, names: list[Typed]) -> list[Typed]:
        if len(names) > 1:
            return names
        name, kind = names[0]
        if not kind.parts:
            raise NotInC("a tuple from what is none")
        return [(f"{name}.f{k}", part) for k, part in enumerate(kind.parts)]

    def _stored(self, target: ast.expr, text: str, kind: CType) -> str:
        if isinstance(target, ast.Name):
            self._bind(target.id, kind)
            return f"v_{target.id} = {text};"
        if isinstance(target, ast.Subscript) and kind.is_number:
            return f"{self._place(target)[0]} = {text};"
        raise NotInC(ast.unparse(target))

    def _changed(self, target: ast.expr, op: ast.operator, value: ast.expr) -> list[str]:
        if isinstance(target, ast.Subscript):
            if not (is_pure(target) and self._only_reads(value)):
                raise NotInC(f"a call in a change of {ast.unparse(target)}")
            if isinstance(target.slice, ast.Slice):
                if type(op) not in BINARY:
                    raise NotInC(ast.unparse(target))
                return self._filled(target, BINARY[type(op)] + "=", value)
        return self._assigned([target], ast.BinOp(_loaded(target), op, value))

    def _only_reads(self, value: ast.expr) -> bool:
        """Does nothing change while this is evaluated?"""
        calls = [n for n in ast.walk(value) if isinstance(n, ast.Call)]
        return all(
            is_pure(c) or (isinstance(c.func, ast.Name) and self._stores_nothing(c.func.id))
            for c in calls
        )

    def _stores_nothing(self, name: str) -> bool:
        function = self._outside(ast.Name(name))
        function = getattr(function, "py_func", function)
        if not isinstance(function, FunctionType) or called_by(function):
            return False
        tree = ast.parse(inspect.getsource(function))
        stores = (n for n in ast.walk(tree) if isinstance(n, ast.Subscript))
        return all(isinstance(n.ctx, ast.Load) for n in stores)

    def _filled(self, target: ast.Subscript, sign: str, value: ast.expr) -> list[str]:
        """`array[:] = ...`, a number or an array of the same length."""
        (array, _), (text, kind) = self._value(target.value), self._value(value)
        if ast.unparse(target.slice) != ":":
            raise NotInC(ast.unparse(target))
        one = text if kind.is_number else f"{text}.p[k]"
        return [f"for (int64_t k = 0; k < {array}.n; k++) {array}.p[k] {sign} {one};"]


def _loaded(target: ast.expr) -> ast.expr:
    """What is stored to, read."""
    loaded = ast.parse(ast.unparse(target), mode="eval").body
    return loaded


def _row_of(target: ast.Subscript, n: int) -> ast.expr:
    """The elements of a row, to store to."""
    name, at = ast.unparse(target.value), ast.unparse(target.slice)
    places = ", ".join(f"{name}[{at}, {k}]" for k in range(n))
    return ast.parse(f"({places})", mode="eval").body
