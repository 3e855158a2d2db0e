"""Where qubits live and operations happen: what the pass `partition` is made of."""
