"""How nodes act on each other's qubits: what the pass `insert-communication` is made of."""
