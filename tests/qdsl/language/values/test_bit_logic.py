"""Truth functions, and the operations that compute them, against tables written out."""

from __future__ import annotations

import random
from functools import reduce
from itertools import product

import pytest

from qdsl.language.values.bit_logic import BitLogic, LogicStep, parity_conditions
from qdsl.language.values.truth import MOST_BITS, TooManyBits, Truth, at_least, equals

CELLS = tuple(Truth.of_bit(k) for k in range(4))


def answer(f: Truth, values: dict[int, int]) -> bool:
    return bool(f.table[sum(values[bit] << k for k, bit in enumerate(f.bits))])


def carried_out(steps: list[LogicStep], values: dict[int, int]) -> dict[int, int]:
    """The bits after the steps; the scratch qubit is left in 0."""
    bits, scratch = dict(values), 0
    for name, condition, bit in steps:
        if condition is not None and bits.get(condition[0], 0) != condition[1]:
            continue
        if name == "x":
            scratch ^= 1
        else:
            assert bit is not None
            bits[bit] = scratch
    assert scratch == 0
    return bits


def random_function(seed: int, n: int) -> Truth:
    return Truth(tuple(range(n)), bytes(random.Random(seed).choices((0, 1), k=2**n)))


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("seed", range(12))
def test_computed_bits_have_the_functions_values(seed: int, n: int) -> None:
    wanted = random_function(seed, n)
    if len(wanted.bits) < 2:
        return
    steps: list[LogicStep] = []
    names = iter(range(10, 100))
    logic = BitLogic(lambda: next(names), steps.append)
    bit, value = logic.literal(wanted)
    again = logic.literal(~wanted)
    assert again == (bit, 1 - value)
    for given in product((0, 1), repeat=n):
        values = dict(enumerate(given))
        assert (carried_out(steps, values).get(bit, 0) == value) == answer(wanted, values)


def test_comparisons_with_every_number() -> None:
    for number in range(-1, 18):
        same, least = equals(CELLS, number), at_least(CELLS, number)
        for given in product((0, 1), repeat=4):
            found = sum(v << k for k, v in enumerate(given))
            values = dict(enumerate(given))
            assert answer(same, values) == (found == number)
            assert answer(least, values) == (found >= number)


def test_a_function_is_what_it_says() -> None:
    a, b, c, _ = CELLS
    assert a & b | ~a & b == b and hash(a & b | ~a & b) == hash(b)
    assert (a ^ b) ^ (b ^ c) == a ^ c
    assert (a & ~a).constant is False and (a | ~a).constant is True
    assert (~b).literal == (1, 0) and (a & b).literal is None
    assert a.chosen(b, c).given(0, 1) == b


def test_parities_need_no_bit_of_their_own() -> None:
    a, b, c, _ = CELLS
    assert (a ^ b ^ c).is_parity and not (a & b).is_parity
    assert parity_conditions(a ^ b) == [(0, 1), (1, 1)]
    assert parity_conditions(~(a ^ b)) == [None, (0, 1), (1, 1)]


def test_too_many_bits() -> None:
    with pytest.raises(TooManyBits):
        reduce(Truth.__and__, (Truth.of_bit(k) for k in range(MOST_BITS + 1)))
