"""What is true of every source circuit."""

from __future__ import annotations

from typing import Final

import numpy as np

from qdsl.ir.rules import tables
from qdsl.ir.rules.rule import Rule, first_row, outside
from qdsl.ir.stages import Circuit


def _columns(ir: Circuit) -> str | None:
    if len(ir.pin) != len(ir.table):
        return f"{len(ir.pin)} pins for {len(ir.table)} rows"
    return tables.columns_match(ir.table)


def _registers(ir: Circuit) -> str | None:
    for registers in (ir.registers, ir.bit_registers):
        at = 0
        for register in registers:
            if register.first != at or register.size < 0:
                return f"register '{register.name}' starts at {register.first}, not {at}"
            at += register.size
    return None


def _pins(ir: Circuit) -> str | None:
    n = 0 if ir.network is None else len(ir.network.nodes)
    return first_row(ir.table, outside(ir.pin, -1, n), "pinned to no node of the network")


def _disclosures(ir: Circuit) -> str | None:
    n = 0 if ir.network is None else len(ir.network.nodes)
    for d in ir.disclosures:
        known = d.vector in {v.name for v in ir.values.vectors}
        if not known or not 0 <= d.to < n or not 0 <= d.before <= len(ir.table):
            return f"disclosure of '{d.vector}' to node {d.to} before row {d.before}"
    return None


def _outputs(ir: Circuit) -> str | None:
    for output in ir.outputs:
        for name in ("qubits", "left", "right"):
            qubits = np.array(getattr(output, name, ()), np.int64)
            if outside(qubits, 0, ir.n_qubits).any():
                return f"{type(output).__name__} of a qubit that there is not"
    return None


CIRCUIT_RULES: Final[tuple[Rule[Circuit], ...]] = (
    Rule("columns-match", "All columns have one entry per row.", _columns),
    Rule("registers-tile", "Registers follow one another without gaps.", _registers),
    Rule("operation-of-the-stage", "A source circuit has no pairs and no messages.",
         lambda ir: tables.operation_known(ir.table, "ebit", "send")),
    Rule("words-are-pauli", "Words are made of I, X, Y and Z.",
         lambda ir: tables.words_are_pauli(ir.table)),
    Rule("attr-valid", "Words, bits and data belong to the circuit.",
         lambda ir: tables.attr_valid(ir.table, ir.n_bits, len(ir.values.references))),
    Rule("arity-matches", "A row has the operands that its operation takes.",
         lambda ir: tables.arity_matches(ir.table)),
    Rule("operands-in-range", "Operands are qubits of the circuit.",
         lambda ir: tables.operands_in_range(ir.table, ir.n_qubits)),
    Rule("operands-distinct", "No qubit occurs twice in a row.",
         lambda ir: tables.operands_distinct(ir.table)),
    Rule("angles-in-range", "Angles are expressions of the circuit.",
         lambda ir: tables.angles_in_range(ir.table, ir.values)),
    Rule("slots-in-range", "Expressions read values that exist.",
         lambda ir: tables.slots_in_range(ir.values)),
    Rule("conditions-in-range", "Conditions are on bits of the circuit.",
         lambda ir: tables.conditions_in_range(ir.table, ir.n_bits)),
    Rule("condition-bit-measured-before", "A condition reads a bit measured in an earlier row.",
         lambda ir: tables.condition_known_before(ir.table, ir.n_bits)),
    Rule("spans-in-range", "Spans are positions in the circuit's sources.",
         lambda ir: tables.spans_in_range(ir.table)),
    Rule("pins-in-network", "Pins are nodes of the network.", _pins),
    Rule("disclosures-in-network", "Disclosures name vectors, nodes and rows.", _disclosures),
    Rule("outputs-in-range", "Outputs read qubits of the circuit.", _outputs),
)  # fmt: skip
