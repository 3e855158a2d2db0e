"""A network runtime in this process: NetQASM in its binary form, on qdsl's own simulation."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from math import pi
from typing import Any, ClassVar

import numpy as np

from qdsl.runtime.errors import RuntimeFails, failed
from qdsl.runtime.hardware import Hardware, gate_matrix
from qdsl.runtime.qnodeos import Arrays

GATES = {"cnot": "cx", "cphase": "cz"}


@dataclass
class Network:
    """What all controllers share; `log` are the subroutines by node."""

    hardware: Hardware = field(default_factory=lambda: Hardware(1, np.random.default_rng(5)))
    pairs: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    asked: dict[tuple[int, int], deque[int]] = field(default_factory=lambda: defaultdict(deque))
    log: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))


@cache
def read(subroutine: bytes) -> Any:
    from netqasm.lang.parsing import deserialize

    return deserialize(subroutine).instructions


class Controller:
    """Stands for `QNode`. A test says which network it is of, and may say how it goes wrong."""

    network: ClassVar[Network]
    shifted: ClassVar[int] = 0  # added to the numbers of pairs
    state: ClassVar[int] = 0  # the Bell state that pairs are said to be in

    def __init__(self, name: str, port: int, patience_s: float) -> None:
        self.name, self.node = name, port

    def open(self, node: int, qubits: int, peers: Sequence[int]) -> None:
        assert node == self.node

    def close(self) -> None:
        pass

    def run(self, subroutine: bytes) -> Arrays:
        self.network.log[self.node].append(subroutine)
        self.registers: dict[str, int] = {}
        self.arrays: dict[int, list[int | None]] = {}
        found: Arrays = {}
        instructions, at = read(subroutine), 0
        while at < len(instructions):
            at = self._step(instructions[at], at, found)
        return found

    def _value(self, operand: Any) -> int:
        return self.registers[str(operand)]

    def _step(self, instruction: Any, at: int, found: Arrays) -> int:
        operands = instruction.operands
        match instruction.mnemonic:
            case "set":
                self.registers[str(operands[0])] = int(str(operands[1]))
            case "array":
                self.arrays[operands[1].address] = [None] * self._value(operands[0])
            case "store":
                entry = operands[1]
                self.arrays[entry.address.address][self._value(entry.index)] = self._value(
                    operands[0]
                )
            case "load":
                entry = operands[1]
                value = self.arrays[entry.address.address][self._value(entry.index)]
                assert value is not None
                self.registers[str(operands[0])] = value
            case "bez" | "bnz":
                if (self._value(operands[0]) == 0) == (instruction.mnemonic == "bez"):
                    return int(operands[1].value)
            case "ret_arr":
                found[operands[0].address] = self.arrays[operands[0].address]
            case "wait_all":
                pass
            case "create_epr" | "recv_epr":
                self._pair(instruction)
            case _:
                self._quantum(instruction)
        return at + 1

    def _pair(self, instruction: Any) -> None:
        """The one who asks makes both halves; the other's is at a place of its own until then."""
        peer, socket, qubits, *_, known = map(self._value, instruction.operands)
        (mine,) = self.arrays[qubits]
        assert socket == peer
        assert mine is not None
        network, hardware = self.network, self.network.hardware
        if instruction.mnemonic == "create_epr":
            request = self.arrays[self._value(instruction.operands[3])]
            assert (len(request), request[:2]) == (22, [0, 1])
            link = (self.node, peer)
            hardware.pair((self.node, mine), (-1 - peer, network.pairs[link]))
            network.asked[link].append(network.pairs[link])
            number = network.pairs[link]
            network.pairs[link] += 1
        else:
            if not network.asked[peer, self.node]:
                raise failed(RuntimeFails(self.name, "no pair came"))
            number = network.asked[peer, self.node].popleft()
            hardware.begin((self.node, mine))
            hardware.swap((self.node, mine), (-1 - self.node, number))
            hardware.end((-1 - self.node, number))
        self.arrays[known] = [0, number, 0, 0, number + self.shifted, 0, peer, 1, 0, self.state]

    def _quantum(self, instruction: Any) -> None:
        name, hardware = instruction.mnemonic, self.network.hardware
        if name.startswith("rot_"):
            register, n, d = instruction.operands
            angle = int(str(n)) * pi / 2 ** int(str(d))
            matrix = gate_matrix(f"r{name[-1]}", (angle,))
            hardware.gate(matrix, [(self.node, self._value(register))], None)
            return
        registers = [o for o in instruction.operands if str(o).startswith("Q")]
        qubits = [(self.node, self._value(r)) for r in registers]
        match name:
            case "qalloc":
                hardware.begin(qubits[0])
            case "init":
                hardware.reset(qubits[0], None)
            case "qfree":
                hardware.measure(qubits[0])  # at the end of a program it may be entangled
                hardware.end(qubits[0])
            case "meas":
                self.registers[str(instruction.operands[1])] = int(hardware.measure(qubits[0])[0])
            case _:
                hardware.gate(gate_matrix(GATES.get(name, name), ()), qubits, None)


@dataclass
class Started:
    """Stands for `Services`: a port is the number of a node."""

    python: str
    nodes: Sequence[str]
    qubits: int
    seed: int
    patience_s: float

    @property
    def ports(self) -> list[int]:
        return list(range(len(self.nodes)))

    def check(self) -> None:
        pass

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *how: object) -> None:
        pass
