"""Times and physical qubits: what the pass `schedule` is made of."""
