"""Classical logic of pytket as statements of OpenQASM 3.

What a statement reads is copied first, so that it may write to bits that it reads. Registers are
numbers of 64 bits, as in pytket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import Any, Final

from qdsl.interchange.errors import NotWritable

MOST_INPUTS = 8  # of an operation that is given by its table
WIDTH = 64
# Names that no register of pytket has: those begin with small letters
READ, NUMBER, RESULT = "Read", "Number", "Result"

BIT_SIGNS: Final = MappingProxyType(
    {
        "BitAnd": "&&", "BitOr": "||", "BitXor": "!=", "BitEq": "==", "BitNeq": "!=",
        "RegEq": "==", "RegNeq": "!=", "RegLt": "<", "RegGt": ">", "RegLeq": "<=", "RegGeq": ">=",
    }
)  # fmt: skip
NUMBER_SIGNS: Final = MappingProxyType(
    {"RegAnd": "&", "RegOr": "|", "RegXor": "^", "RegLsh": "<<", "RegRsh": ">>"}
)


CONSTANTS: Final = MappingProxyType({"BitZero": "false", "BitOne": "true", "RegZero": "0"})


def bit(unit: Any) -> str:
    """A qubit or bit, as in the text."""
    return f"{unit.reg_name}[{unit.index[0]}]"


def condition(bits: Sequence[str], value: int) -> str:
    """That bits have a value, the first one the lowest."""
    parts = [name if value >> k & 1 else f"!{name}" for k, name in enumerate(bits)]
    return " && ".join(parts) if parts else "true"


def logic(op: Any, bits: Sequence[str]) -> Iterator[str]:
    """The statements of an operation on bits."""
    yield from LOGIC[op.type.name](op, bits)


def _set(op: Any, bits: Sequence[str]) -> Iterator[str]:
    for name, value in zip(bits, op.values, strict=True):
        yield f"{name} = {int(value)};"


def _copy(op: Any, bits: Sequence[str]) -> Iterator[str]:
    n = op.n_inputs
    for name, source in zip(bits[n:], bits[:n], strict=True):
        yield f"{name} = {source};"


def _repeated(op: Any, bits: Sequence[str]) -> Iterator[str]:
    """The same operation on groups of bits, one after the other."""
    size = len(bits) // op.multiplier
    for first in range(0, len(bits), size):
        yield from logic(op.basic_op, bits[first : first + size])


def _range(op: Any, bits: Sequence[str]) -> Iterator[str]:
    """Whether a number is in a range."""
    yield "{"
    yield from _number_of(f"{NUMBER}0", bits[:-1])
    most = min(op.upper, 2 ** len(bits[:-1]) - 1)
    yield f"{bits[-1]} = {NUMBER}0 >= {op.lower} && {NUMBER}0 <= {most};"
    yield "}"


def _table(op: Any, bits: Sequence[str]) -> Iterator[str]:
    """An operation that is given by its values: the last bit, or all bits, by the first ones."""
    values, n_read, first_written = _values(op, len(bits))
    if n_read > MOST_INPUTS:
        raise NotWritable(f"'{op.get_name()}' reads more than {MOST_INPUTS} bits")
    read = [f"{READ}[{k}]" for k in range(n_read)]
    yield "{"
    yield f"bit[{n_read}] {READ};"
    for name, source in zip(read, bits, strict=False):
        yield f"{name} = {source};"
    for k, name in enumerate(bits[first_written:]):
        parts = [f"({condition(read, i)})" for i, value in enumerate(values) if value >> k & 1]
        yield f"{name} = {' || '.join(parts) if parts else 'false'};"
    yield "}"


def _values(op: Any, n_bits: int) -> tuple[list[int], int, int]:
    """What is written by the number that is read; how many bits are read, and the first one that
    is written."""
    from pytket.circuit import Circuit

    circuit = Circuit(0, n_bits)
    circuit.add_gate(op, list(range(n_bits)))
    values = circuit.to_dict()["commands"][0]["op"]["classical"]["values"]
    if op.type.name == "ClassicalTransform":
        return values, n_bits, 0
    n_read = n_bits if op.type.name == "ExplicitModifier" else n_bits - 1
    return [int(value) for value in values], n_read, n_bits - 1


def _number_of(name: str, bits: Sequence[str]) -> Iterator[str]:
    yield f"uint[{WIDTH}] {name};"
    for k, source in enumerate(bits):
        yield f"{name}[{k}] = {source};"


# ---- expressions -------------------------------------------------------------------------


def _expression(op: Any, bits: Sequence[str]) -> Iterator[str]:
    """An expression of bits and registers, assigned to a bit or a register."""
    wired = op.expr
    outputs = [bits[k] for k in wired.output_posn]
    widths = [len(positions) for positions in wired.reg_posn.values()]
    if max([len(outputs), *widths]) > WIDTH:
        raise NotWritable(f"'{op.get_name()}' is on registers of more than {WIDTH} bits")
    yield "{"
    for k, position in wired.bit_posn.items():
        yield f"bit {READ}{k};"
        yield f"{READ}{k} = {bits[position]};"
    for k, positions in wired.reg_posn.items():
        yield from _number_of(f"{NUMBER}{k}", [bits[p] for p in positions])
    # how wide a register is shows only above its own bits
    text = _text(wired.expr, is_cut=len(outputs) <= min(widths, default=0))
    if _is_number(wired.expr):
        yield f"uint[{WIDTH}] {RESULT};"
        yield f"{RESULT} = {text};"
        for k, name in enumerate(outputs):
            yield f"{name} = {RESULT}[{k}];"
    else:
        yield f"{outputs[0]} = {text};"
    yield "}"


def _text(part: Any, is_cut: bool) -> str:
    """A part of an expression; comparisons and bits are truth values, registers numbers. `is_cut`:
    only bits are used that every register has."""
    kind = type(part).__name__
    if kind in ("ClBitVar", "ClRegVar"):
        return f"{READ if kind == 'ClBitVar' else NUMBER}{part.index}"
    if kind != "ClExpr":
        return str(int(part))
    name = part.op.name
    if name in CONSTANTS:
        return CONSTANTS[name]
    if name in ("RegNot", "RegOne") and not is_cut:
        raise NotWritable(f"'{name}' depends on how wide a register is; use it without comparing")
    is_cut = is_cut and name in ("RegAnd", "RegOr", "RegXor", "RegNot")
    parts = [_text(inner, is_cut) for inner in part.args]
    if name == "RegOne":
        return f"(~uint[{WIDTH}](0))"
    if name == "RegNot":
        return f"(~uint[{WIDTH}]({parts[0]}))"
    if name == "BitNot":
        return f"!({parts[0]})"
    sign = BIT_SIGNS.get(name) or NUMBER_SIGNS.get(name)
    if sign is None:
        raise NotWritable(f"'{name}' is arithmetic with measured bits")
    if name in ("BitXor", "BitEq", "BitNeq"):
        parts = [f"bool({each})" for each in parts]
    return f"({f' {sign} '.join(parts)})"


def _is_number(part: Any) -> bool:
    name = part.op.name
    return name in NUMBER_SIGNS or name in ("RegNot", "RegZero", "RegOne")


Statements = Callable[[Any, Sequence[str]], Iterator[str]]
LOGIC: Final[MappingProxyType[str, Statements]] = MappingProxyType(
    {
        "SetBits": _set,
        "CopyBits": _copy,
        "MultiBit": _repeated,
        "RangePredicate": _range,
        "ExplicitPredicate": _table,
        "ExplicitModifier": _table,
        "ClassicalTransform": _table,
        "ClExpr": _expression,
    }
)
