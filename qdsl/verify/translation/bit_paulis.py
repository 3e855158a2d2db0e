"""Pauli operators and Clifford frames as rows of bits, for compiled loops; `paulis` is the same
in plain Python.

A row holds some words of X bits, as many of Z bits, and then its phase modulo 4. Row q of a
frame is the image of X on qubit q, row n + q that of Z. A letter is 0 I, 1 X, 2 Z, 3 Y.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.ir.jit import compiled

Bits = npt.NDArray[np.int64]


@compiled
def copy(source: Bits, to: Bits) -> None:
    for k in range(len(source)):  # a slice would take seconds to compile
        to[k] = source[k]


@compiled
def is_odd(bits: int) -> int:
    for shift in (32, 16, 8, 4, 2, 1):
        bits ^= bits >> shift
    return bits & 1


@compiled
def count_ones(bits: int) -> int:
    bits = (bits & 0x5555555555555555) + ((bits >> 1) & 0x5555555555555555)
    bits = (bits & 0x3333333333333333) + ((bits >> 2) & 0x3333333333333333)
    bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F
    return (bits * 0x0101010101010101) >> 56


@compiled
def anticommute(p: Bits, q: Bits) -> bool:
    words = len(p) // 2
    odd = 0
    for k in range(words):
        odd ^= (p[k] & q[words + k]) ^ (p[words + k] & q[k])
    return is_odd(odd) == 1


@compiled
def bare_phase(p: Bits) -> int:
    """The phase of a row's letters with sign +1: how many are Y."""
    words = len(p) // 2
    ys = 0
    for k in range(words):
        ys += count_ones(p[k] & p[words + k])
    return ys & 3


@compiled
def multiply(p: Bits, q: Bits) -> None:
    """p becomes the product p q."""
    words = len(p) // 2
    odd = 0
    for k in range(words):
        odd ^= p[words + k] & q[k]
    for k in range(2 * words):
        p[k] ^= q[k]
    p[2 * words] = (p[2 * words] + q[2 * words] + 2 * is_odd(odd)) & 3


@compiled
def turn(p: Bits, k: int, q: Bits) -> None:
    """p becomes `K^+ p K`, `K = exp(-i k pi/4 q)`, where the two anticommute."""
    k &= 3
    if k & 1:
        multiply(p, q)
        k = 4 - k
    p[-1] = (p[-1] + k) & 3


@compiled
def image_of(frame: Bits, qubits: Bits, letters: Bits, out: Bits) -> None:
    """`out` becomes the image of the word."""
    n = len(frame) // 2
    for k in range(len(out)):
        out[k] = 0
    for k in range(len(qubits)):
        if letters[k] == 3:
            out[-1] = (out[-1] + 1) & 3
        if letters[k] & 1:
            multiply(out, frame[qubits[k]])
        if letters[k] & 2:
            multiply(out, frame[n + qubits[k]])


@compiled
def append_turns(frame: Bits, qubits: Bits, letters: Bits, k: int, image: Bits) -> None:
    """The frame followed by k quarter turns about the word, whose image is known."""
    n = len(frame) // 2
    for place in range(len(qubits)):
        if letters[place] & 2:
            turn(frame[qubits[place]], k, image)
        if letters[place] & 1:
            turn(frame[n + qubits[place]], k, image)


@compiled
def append_gate(frame: Bits, qubits: Bits, images: Bits, scratch: Bits) -> None:
    """The frame followed by a Clifford gate. `images`: for X and then Z on every operand the
    letters they become, and the phase."""
    n, arity = len(frame) // 2, len(qubits)
    for k in range(2 * arity):
        image_of(frame, qubits, images[k], scratch[k])
        scratch[k, -1] = (scratch[k, -1] + images[k, -1]) & 3
    for k in range(arity):
        copy(scratch[k], frame[qubits[k]])
        copy(scratch[arity + k], frame[n + qubits[k]])


@compiled
def follow_turns(frame: Bits, k: int, axis: Bits) -> None:
    """The frame after k quarter turns about a word that come before it."""
    for row in range(len(frame)):
        if anticommute(frame[row], axis):
            turn(frame[row], k, axis)
