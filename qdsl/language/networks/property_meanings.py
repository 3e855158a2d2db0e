"""What each property of a node or link says, in a few words."""

from __future__ import annotations

from collections.abc import Mapping

MEANS: Mapping[str, str] = {
    "qubits": "data qubits",
    "comm": "communication qubits, which hold halves of pairs",
    "gate_fidelity": "of each of its gates on two qubits or more, however many",
    "gate_time": "all three times at once",
    "one_qubit_time": "of a gate on one qubit",
    "two_qubit_time": "of a gate on two qubits; one on k takes k - 1 times as long",
    "readout_time": "of a measurement, and of a reset if that has no time of its own",
    "reset_time": "of a reset",
    "one_qubit_fidelity": "of each gate on one qubit",
    "readout_fidelity": "probability that a measurement gives the right outcome",
    "reset_fidelity": "probability that a reset qubit is in |0>",
    "t1": "relaxation time of data qubits",
    "t2": "coherence time of data qubits, at most twice `t1`",
    "comm_t1": "relaxation time of communication qubits",
    "comm_t2": "coherence time of communication qubits",
    "gates_at_once": "gates, measurements and resets that may be in progress at one time",
    "two_qubit_gates_at_once": "the same of gates on two qubits or more alone",
    "hardware": "figures of a preset, which those written out replace",
    "device": "what the node's circuit is compiled for: a backend, or a coupling map in a file",
    "comm_at": "qubits of the device that are the communication qubits, in their order",
    "fidelity": "of a pair to (|00> + |11>)/sqrt 2",
    "pair_state": "of a pair as it is born: probabilities of no error, X, Y, Z on one half",
    "rate": "pairs a second of one channel, one after another",
    "attempt_rate": "attempts a second of one channel, all waits included",
    "success_probability": "that an attempt gives a pair",
    "heralding_latency": "from the birth of a pair until both ends know of it",
    "channels": "pairs that are made side by side, each with communication qubits of its own",
    "buffer": "pairs that are made ahead and kept in a memory of the link's own",
    "cutoff": "age at which a pair that no operation has used is thrown away and made again",
    "distillation": "protocol by which several pairs of the link become one of higher fidelity",
    "distillation_levels": "of recurrence: each level makes one pair of two of the level below",
    "min_fidelity": "of a pair as it is born: the fewest levels of distillation are chosen for it",
    "latency": "of a classical message; if `latency_back` is given, of one from left to right",
    "latency_back": "of a classical message from right to left",
    "preset": "the same as `= NAME` behind the link",
}
