"""Expressions of hot loops, in C."""

from __future__ import annotations

import ast
import inspect
from types import FunctionType, ModuleType
from typing import Any, Final, Protocol

from qdsl.ir.native.c_types import FLOAT, INT, TRUTH, WIDTHS, CType, NotInC, c_type, fields, hints

BINARY: Final = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
    ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
COMPARED: Final = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
Typed = tuple[str, CType]


class Declarations(Protocol):
    """What stands above a function in the text."""

    def declared(self, kind: CType) -> str: ...

    def function(self, function: FunctionType) -> str: ...


class Expressions:
    """Expressions of one function in C; `types` of its names are known as far as it is read."""

    def __init__(self, program: Declarations, function: FunctionType) -> None:
        self._program, self._function = program, function
        self._types: dict[str, CType] = {}
        self._rows: set[str] = set()
        self._fresh = 0

    def _is_row(self, target: ast.expr) -> bool:
        return isinstance(target, ast.Name) and target.id in self._rows

    def _row(self, e: ast.expr) -> Typed:
        """A row of an array of two dimensions, which is no copy."""
        if not isinstance(e, ast.Subscript) or isinstance(e.slice, ast.Tuple | ast.Slice):
            return self._value(e)
        text, kind = self._value(e.value)
        if kind.element is None:
            raise NotInC(ast.unparse(e))
        first = f"{text}.p + AT({self._as(e.slice, INT)}, {text}.n) * {text}.m"
        return f"(({kind.name}){{ {first}, {text}.m, 1 }})", kind

    def _test(self, e: ast.expr) -> str:
        """A condition; numbers are true where they are not 0."""
        match e:
            case ast.BoolOp(op, values):
                sign = " && " if isinstance(op, ast.And) else " || "
                return f"({sign.join(self._test(v) for v in values)})"
            case ast.UnaryOp(ast.Not(), operand):
                return f"(!{self._test(operand)})"
        text, kind = self._value(e)
        if not kind.is_number:
            raise NotInC(ast.unparse(e))
        return text

    def _as(self, e: ast.expr, kind: CType) -> str:
        """A value where one of this type is wanted."""
        if isinstance(e, ast.Tuple):
            later = [x for x in e.elts if not isinstance(x, ast.Constant)]
            in_turn = len(later) < 2 or not any(has_call(x) for x in later)
            if len(kind.parts) != len(e.elts) or not in_turn:
                raise NotInC(ast.unparse(e))
            given = [self._as(x, t) for x, t in zip(e.elts, kind.parts, strict=True)]
            return f"({self._program.declared(kind)}){{ {', '.join(given)} }}"
        text, found = self._value(e)
        if found.name != kind.name and not (found.is_number and kind.name == "double"):
            raise NotInC(f"{ast.unparse(e)} is no {kind.name}")
        return f"(&{text})" if kind.is_shared else text

    def _value(self, e: ast.expr) -> Typed:
        match e:
            case ast.Constant(value):
                return self._constant(value)
            case ast.Name(name) if name in self._types:
                kind = self._types[name]
                return (f"(*v_{name})" if kind.is_shared else f"v_{name}"), kind
            case ast.Name() | ast.Attribute() if (found := self._outside(e)) is not None:
                return self._constant(found)
            case ast.Attribute(value, attr):
                return self._member(value, attr)
            case ast.Subscript(ast.Attribute(array, "shape"), ast.Constant(0 | 1 as axis)):
                return f"{self._value(array)[0]}.{'nm'[1 if axis else 0]}", INT
            case ast.Subscript():
                text, kind = self._place(e)
                return (text, kind) if kind == FLOAT else (f"((int64_t){text})", kind)
            case ast.BinOp(left, op, right):
                return self._binary(left, op, right)
            case ast.BoolOp(_, values):
                if any(self._value(v)[1] != TRUTH for v in values):
                    raise NotInC(f"the value of {ast.unparse(e)}")
                return self._test(e), TRUTH
            case ast.UnaryOp(ast.Not()):
                return self._test(e), TRUTH
            case ast.UnaryOp(op, operand):
                text, kind = self._value(operand)
                sign = {ast.USub: "-", ast.Invert: "~"}[type(op)]
                return f"({sign}{text})", INT if kind == TRUTH else kind
            case ast.Compare():
                return self._compared(e), TRUTH
            case ast.IfExp(test, body, orelse):
                (a, kind), (b, other) = self._value(body), self._value(orelse)
                if kind.name != other.name:
                    raise NotInC(ast.unparse(e))
                return f"({self._test(test)} ? {a} : {b})", kind if kind == other else INT
            case ast.Call(ast.Name(name), args, []):
                return self._called(name, args)
        raise NotInC(ast.unparse(e))

    def _constant(self, value: Any) -> Typed:
        if isinstance(value, bool):
            return str(int(value)), TRUTH
        if isinstance(value, int):
            return f"INT64_C({value})", INT
        if isinstance(value, float):
            return f"({value.hex()})", FLOAT
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            kind = c_type(type(value))
            given = ", ".join(self._constant(part)[0] for part in value)
            return f"(({self._program.declared(kind)}){{ {given} }})", kind
        raise NotInC(repr(value))

    def _outside(self, e: ast.expr) -> Any:
        """What a name of the module, or one of a module that it imports, stands for."""
        names = self._function.__globals__
        if isinstance(e, ast.Name):
            return names.get(e.id)
        if isinstance(e, ast.Attribute) and isinstance(e.value, ast.Name):
            module = None if e.value.id in self._types else names.get(e.value.id)
            return getattr(module, e.attr) if isinstance(module, ModuleType) else None
        return None

    def _member(self, value: ast.expr, attr: str) -> Typed:
        text, kind = self._value(value)
        if kind.record is None:
            raise NotInC(f"{ast.unparse(value)}.{attr}")
        self._program.declared(kind)
        return f"{text}.{attr}", c_type(hints(kind.record)[attr])

    def _place(self, e: ast.Subscript) -> Typed:
        """An element of an array."""
        text, kind = self._value(e.value)
        if kind.element is None:
            raise NotInC(ast.unparse(e))
        if isinstance(e.slice, ast.Tuple):
            row, column = (self._as(part, INT) for part in e.slice.elts)
            at = f"AT({row}, {text}.n) * {text}.m + AT({column}, {text}.m)"
        else:
            at = f"AT({self._as(e.slice, INT)}, {text}.n)"
        return f"{text}.p[{at}]", self._element(kind)

    @staticmethod
    def _element(kind: CType) -> CType:
        return {"double": FLOAT, "uint8_t": TRUTH}.get(WIDTHS[kind.element], INT)

    def _in_turn(self, operands: list[ast.expr]) -> tuple[str, list[Typed]]:
        """Operands, evaluated from left to right, which C promises only of statements."""
        found = [self._value(e) for e in operands]
        if not any(has_call(e) for e in operands[1:]):
            return "", found
        before, names = "", []
        for text, kind in found:
            self._fresh += 1
            if kind.is_shared or kind.element is not None:
                names.append((text, kind))
                continue
            before += f"{self._program.declared(kind)} t{self._fresh} = {text}; "
            names.append((f"t{self._fresh}", kind))
        return before, names

    def _binary(self, left: ast.expr, op: ast.operator, right: ast.expr) -> Typed:
        before, ((a, one), (b, other)) = self._in_turn([left, right])
        if not (one.is_number and other.is_number):
            raise NotInC(ast.unparse(left))
        kind = FLOAT if FLOAT in (one, other) else INT
        if isinstance(op, ast.Div):
            text, kind = f"((double){a} / (double){b})", FLOAT
        elif isinstance(op, ast.Mod) and kind == FLOAT:
            text = f"floatmod({a}, {b})"
        elif isinstance(op, ast.FloorDiv | ast.Mod) and kind == INT:
            text = f"{'floormod' if isinstance(op, ast.Mod) else 'floordiv'}({a}, {b})"
        elif type(op) in BINARY:
            text = f"({a} {BINARY[type(op)]} {b})"
        else:
            raise NotInC(ast.dump(op))
        return (f"({{ {before}{text}; }})" if before else text), kind

    def _compared(self, e: ast.Compare) -> str:
        if isinstance(e.ops[0], ast.In) and isinstance(e.comparators[0], ast.Tuple):
            each = (ast.Compare(e.left, [ast.Eq()], [x]) for x in e.comparators[0].elts)
            return f"({' || '.join(self._compared(x) for x in each)})"
        operands = [e.left, *e.comparators]
        if len(operands) > 2 and not all(is_pure(x) for x in operands):
            raise NotInC(ast.unparse(e))
        before, found = self._in_turn(operands)
        parts = [
            f"{found[k][0]} {COMPARED[type(op)]} {found[k + 1][0]}" for k, op in enumerate(e.ops)
        ]
        text = f"({' && '.join(parts)})"
        return f"({{ {before}{text}; }})" if before else text

    def _called(self, name: str, args: list[ast.expr]) -> Typed:
        if name == "len":
            return f"{self._value(args[0])[0]}.n", INT
        if name in ("int", "bool", "abs"):
            return self._converted(name, args)
        if name in ("min", "max"):
            return self._extreme(name.upper(), args)
        found = self._outside(ast.Name(name))
        if isinstance(found, type) and hasattr(found, "_fields"):
            kind = c_type(found)
            if any(has_call(a) for a in args):
                raise NotInC(ast.unparse(args[0]))
            given = [self._as(a, t) for a, t in zip(args, fields(found), strict=True)]
            return f"(({self._program.declared(kind)}){{ {', '.join(given)} }})", kind
        function = getattr(found, "py_func", found)
        if not isinstance(function, FunctionType):
            raise NotInC(name)
        return self._kernel_call(function, args)

    def _kernel_call(self, function: FunctionType, args: list[ast.expr]) -> Typed:
        name, known = self._program.function(function), hints(function)
        wanted = [c_type(known[p]) for p in inspect.signature(function).parameters]
        result = c_type(known["return"])
        before, found = self._in_turn(args)
        for k, t in enumerate(wanted):
            if t.element is not None and found[k][1].element is None:
                found[k] = self._row(args[k])
        given = [
            f"(&{text})" if t.is_shared else text
            for (text, _), t in zip(found, wanted, strict=True)
        ]
        if [kind.name for _, kind in found] != [t.name for t in wanted] and not all(
            kind.name == t.name or (kind == INT and t == FLOAT)
            for (_, kind), t in zip(found, wanted, strict=True)
        ):
            raise NotInC(f"the operands of {function.__name__}")
        text = f"{name}({', '.join(given)})"
        return (f"({{ {before}{text}; }})" if before else text), result

    def _converted(self, name: str, args: list[ast.expr]) -> Typed:
        text, kind = self._value(args[0]) if name != "bool" else (self._test(args[0]), TRUTH)
        if name == "bool":
            return f"(({text}) != 0)", TRUTH
        if kind == FLOAT and name == "int":
            return f"((int64_t){text})", INT
        if name == "int":
            return text, INT
        return f"({{ __typeof__({text}) a_ = ({text}); a_ < 0 ? -a_ : a_; }})", kind

    def _extreme(self, name: str, args: list[ast.expr]) -> Typed:
        """The least or greatest; of equal ones the first, which shows only in zeros' signs."""
        before, found = self._in_turn(args)
        kind = FLOAT if any(k == FLOAT for _, k in found) else INT
        text = f"(({kind.name}){found[0][0]})"
        for other, _ in found[1:]:
            text = f"{name}({text}, (({kind.name}){other}))"
        return (f"({{ {before}{text}; }})" if before else text), kind


def has_call(node: ast.AST) -> bool:
    return not is_pure(node)


def is_pure(e: ast.AST) -> bool:
    pure = {"min", "max", "len", "int", "abs", "bool"}
    calls = [n for n in ast.walk(e) if isinstance(n, ast.Call)]
    return all(isinstance(c.func, ast.Name) and c.func.id in pure for c in calls)
