"""The communication protocols, written by hand over two or three nodes; each can be broken by
leaving one of its corrections out (`omit` is "x" or "z")."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qdsl.ir.operations import Kind
from qdsl.ir.stages import ROLES, DistributedCircuit, Output
from tests.backends.programs import Rows, circuit, distributed

A, B = 0, 1


def _with_roles(program: DistributedCircuit, role: str) -> DistributedCircuit:
    """Measurements of wires that are no source measurements belong to the primitive."""
    roles = np.zeros(len(program.table), np.uint8)
    for row in program.table:
        if row.op.kind is Kind.MEASURE and row.attr not in program.source_bit:
            roles[row.index] = ROLES.index(role)
    return replace(program, role=roles)


def _correct(rows: Rows, name: str, wire: int, bit: int, omit: str) -> None:
    if name != omit:
        rows.add(name, wire, when=(bit, 1))


def teledata(
    omit: str = "", outputs: tuple[Output, ...] = (), order: str = "xz"
) -> DistributedCircuit:
    """cx 0 1; ry 0: qubit 0 goes from A to B, where the gates happen. `order` of corrections."""
    source = Rows().add("cx", 0, 1).add("ry", 0, angles=[0.8]).add("rx", 1, angles=[0.3])
    rows = Rows().add("ebit", 2, 3).add("cx", 0, 2).add("h", 0)
    rows.add("measure", 0, to=0).add("measure", 2, to=1).add("send", 0, to=2).add("send", 1, to=3)
    for letter in order:
        _correct(rows, letter, 3, 3 if letter == "x" else 2, omit)
    rows.add("cx", 3, 1).add("ry", 3, angles=[0.8]).add("rx", 1, angles=[0.3])
    wires = [(A, False), (B, False), (A, True), (B, True)]
    program = distributed(circuit(source, 2, outputs=outputs), rows, wires, [A, A, B, B], [3, 1])
    return _with_roles(program, "teledata")


def telegate(omit: str = "", outputs: tuple[Output, ...] = ()) -> DistributedCircuit:
    """h 0; ry 1; cp and cx from qubit 0 at A to qubit 1 at B, by one cat state."""
    source = Rows().add("h", 0).add("ry", 1, angles=[0.4])
    rows = Rows().add("h", 0).add("ry", 1, angles=[0.4])
    rows.add("ebit", 2, 3).add("cx", 0, 2).add("measure", 2, to=0).add("send", 0, to=1)
    _correct(rows, "x", 3, 1, omit)
    for control, target in ((source, 0), (rows, 3)):
        control.add("cp", target, 1, angles=[1.1]).add("cx", target, 1)
    rows.add("h", 3).add("measure", 3, to=2).add("send", 2, to=3)
    _correct(rows, "z", 0, 3, omit)
    wires = [(A, False), (B, False), (A, True), (B, True)]
    program = distributed(circuit(source, 2, outputs=outputs), rows, wires, [A, B, B, A], [0, 1])
    return _with_roles(program, "cat-entangler")


def swapping(omit: str = "", outputs: tuple[Output, ...] = ()) -> DistributedCircuit:
    """cz 0 1 over a node between the two: two pairs, joined there, serve a cat state."""
    rows = Rows().add("ebit", 2, 3).add("ebit", 4, 5).add("cx", 3, 4).add("h", 3)
    rows.add("measure", 3, to=0).add("measure", 4, to=1)
    _correct(rows, "x", 5, 1, omit)
    _correct(rows, "z", 5, 0, omit)
    rows.add("cx", 0, 2).add("measure", 2, to=2).add("x", 5, when=(2, 1)).add("cz", 5, 1)
    rows.add("h", 5).add("measure", 5, to=3).add("z", 0, when=(3, 1))
    wires = [(A, False), (B, False), (A, True), (B, True), (B, True), (B, True)]
    source = circuit(Rows().add("cz", 0, 1), 2, outputs=outputs)
    program = distributed(source, rows, wires, [B, B, B, A], [0, 1])
    return _with_roles(program, "swapping")


def mirror(omit: str = "", outputs: tuple[Output, ...] = ()) -> DistributedCircuit:
    """cz, x 0, cp, y 0, crz by one cat state: X and Y of its qubit are repeated on the copy."""
    source = Rows().add("h", 0).add("h", 1).add("cz", 0, 1).add("x", 0)
    source.add("cp", 0, 1, angles=[1.1]).add("y", 0).add("crz", 0, 1, angles=[0.7])
    rows = Rows().add("h", 0).add("h", 1).add("ebit", 2, 3).add("cx", 0, 2)
    rows.add("measure", 2, to=0).add("send", 0, to=1)
    _correct(rows, "x", 3, 1, omit)
    rows.add("cz", 3, 1).add("x", 3).add("x", 0).add("cp", 3, 1, angles=[1.1])
    rows.add("y", 0).add("x", 3).add("crz", 3, 1, angles=[0.7])
    rows.add("h", 3).add("measure", 3, to=2).add("send", 2, to=3)
    _correct(rows, "z", 0, 3, omit)
    wires = [(A, False), (B, False), (A, True), (B, True)]
    program = distributed(circuit(source, 2, outputs=outputs), rows, wires, [A, B, B, A], [0, 1])
    return _with_roles(program, "cat-entangler")


PROTOCOLS = {"teledata": teledata, "telegate": telegate, "swapping": swapping, "mirror": mirror}
