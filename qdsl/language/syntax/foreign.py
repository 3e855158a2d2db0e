"""What other languages call gates, registers, outputs and modifiers."""

from __future__ import annotations

from typing import Final

from qdsl.ir.operations import BY_NAME, Kind, Operation


def _table(pairs: str) -> dict[str, str]:
    """`word:meaning` for each word."""
    return dict(pair.split(":") for pair in pairs.split())


OTHER_GATES: Final = _table(
    """
    cnot:cx ccnot:ccx toffoli:ccx fredkin:cswap hadamard:h not:x phase_shift:p phaseshift:p
    phase:p cphase:cp cu1:cp u1:p u3:u paulix:x pauliy:y pauliz:z v:sx vdg:sxdg i:id zz:rzz
    r1:p isingxx:rxx isingyy:ryy isingzz:rzz controlledphaseshift:cp mcx:ccx xxphase:rxx
    yyphase:ryy zzphase:rzz
    """
)
REGISTERS: Final = _table(
    """
    qubit:qubits qbit:qubits qreg:qubits bit:bits creg:bits
    """
)
OUTPUTS: Final = _table(
    """
    probs:probability probabilities:probability prob:probability expval:expect
    expectation:expect expectation_value:expect counts:sample samples:sample measure:sample
    measure_all:sample fidelity:overlap
    """
)
MODIFIERS: Final = _table(
    """
    controlled:ctrl control:ctrl adjoint:inv inverse:inv dagger:inv invert:inv
    """
)
# What makes registers and parameters in libraries -> the keyword that declares them here.
CONSTRUCTORS: Final = _table(
    """
    quantumregister:qubits qubitregister:qubits qubit:qubits qubits:qubits qreg:qubits
    classicalregister:bits bitregister:bits bits:bits parameter:param parametervector:param
    param:param symbol:param fresh_symbol:param input:data data:data
    """
)
PAULIS: Final = {"pauliz": "Z", "paulix": "X", "pauliy": "Y", "z": "Z", "x": "X", "y": "Y"}


def gate_meant(word: str) -> str | None:
    """The gate that a word of another language, or one in capitals, stands for."""
    if word in GATES:
        return word
    return OTHER_GATES.get(word.lower()) or (word.lower() if word.lower() in GATES else None)


def entry_of(gate: str) -> Operation | None:
    return BY_NAME[gate] if gate in GATES else None


GATES: Final = frozenset(
    name for name, op in BY_NAME.items() if op.kind is Kind.UNITARY and name != "rot"
)
