"""A machine for the QIR that is emitted: blocks, branches, phis, and calls on a state vector."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import cos, sin

import numpy as np
import numpy.typing as npt

State = npt.NDArray[np.complex128]
FIXED = {
    "x": np.array([[0, 1], [1, 0]]), "y": np.array([[0, -1j], [1j, 0]]), "z": np.diag([1, -1]),
    "h": np.array([[1, 1], [1, -1]]) / 2**0.5, "s": np.diag([1, 1j]), "t": np.diag([1, 1j**0.5]),
    "cnot": np.eye(4)[[0, 1, 3, 2]], "cz": np.diag([1, 1, 1, -1]), "swap": np.eye(4)[[0, 2, 1, 3]],
    "ccx": np.eye(8)[[0, 1, 2, 3, 4, 5, 7, 6]],
}  # fmt: skip


def turned(axis: str, angle: float) -> State:
    generator = FIXED[axis]
    return np.asarray(cos(angle / 2) * np.eye(2) - 1j * sin(angle / 2) * generator)


class QirMachine:
    """One program; `run` gives the recorded results of one execution."""

    def __init__(self, text: str) -> None:
        body = text.partition("define void @main() #0 {\n")[2].partition("\n}")[0]
        parts = re.split(r"^(\w+):.*$", body, flags=re.MULTILINE)
        self.blocks = dict(zip(parts[1::2], (p.split("\n") for p in parts[2::2]), strict=True))
        found = re.search(r'"required_num_qubits"="(\d+)"', text)
        assert found is not None
        self.n_qubits = int(found[1])

    def run(self, random: np.random.Generator) -> list[int]:
        self.state = np.zeros((2,) * self.n_qubits, np.complex128)
        self.state[(0,) * self.n_qubits] = 1
        self.random, self.results, self.recorded = random, dict[int, int](), list[int]()
        self.values = {"true": 1, "false": 0}
        block, before = "entry", ""
        while block:
            block, before = self._block(block, before), block
        return self.recorded

    def _block(self, name: str, before: str) -> str:
        for line in filter(None, map(str.strip, self.blocks[name])):
            if jump := re.match(r"br i1 (\S+), label %(\w+), label %(\w+)", line):
                return jump[2] if self.values[jump[1]] else jump[3]
            if jump := re.match(r"br label %(\w+)", line):
                return jump[1]
            if phi := re.match(r"(%\w+) = phi i1 (.*)", line):
                incoming = {b: v for v, b in re.findall(r"\[ (\S+), %(\w+) \]", phi[2])}
                self.values[phi[1]] = self.values[incoming[before]]
            elif line != "ret void":
                self._call(line)
        return ""

    def _call(self, line: str) -> None:
        found = re.match(r"(?:(%\w+) = )?call \w+ @__quantum__(\w+)\((.*)\)", line)
        assert found is not None, line
        to, name, text = found.groups()
        arguments = [*numbers(text)]
        match name:
            case "rt__initialize" | "rt__array_record_output":
                pass
            case "rt__read_result":
                self.values[to] = self.results[int(arguments[0])]
            case "rt__result_record_output":
                self.recorded.append(self.results[int(arguments[0])])
            case "qis__mz__body":
                self.results[int(arguments[1])] = self._measure(int(arguments[0]))
            case "qis__reset__body":
                if self._measure(int(arguments[0])):
                    self._apply(FIXED["x"].astype(np.complex128), [int(arguments[0])])
            case _:
                gate, _, form = name.removeprefix("qis__").partition("__")
                self._gate(gate, form, arguments)

    def _gate(self, name: str, form: str, arguments: list[float]) -> None:
        if name in {"rx", "ry", "rz"}:
            self._apply(turned(name[1], arguments[0]), [int(arguments[1])])
            return
        matrix = FIXED[name].astype(np.complex128)
        self._apply(matrix.conj().T if form == "adj" else matrix, [int(a) for a in arguments])

    def _apply(self, matrix: State, qubits: Sequence[int]) -> None:
        k = len(qubits)
        tensor = matrix.reshape((2,) * (2 * k))
        moved = np.tensordot(tensor, self.state, (range(k, 2 * k), qubits))
        self.state = np.moveaxis(moved, range(k), qubits)

    def _measure(self, qubit: int) -> int:
        front = np.moveaxis(self.state, qubit, 0)
        one = int(self.random.random() < (np.abs(front[1]) ** 2).sum())
        front[1 - one] = 0
        self.state /= np.linalg.norm(self.state)
        return one


def numbers(text: str) -> Iterator[float]:
    """Arguments of a call: angles, numbers of qubits and results; other things are left out."""
    for part in re.findall(r"double \S+(?=,|$)|ptr null|i64 \d+", text):
        word = part.split()[1]
        if word.startswith("0x"):
            yield float(np.array([int(word, 16)], np.uint64).view(np.float64)[0])
        else:
            yield 0.0 if word == "null" else float(word)
