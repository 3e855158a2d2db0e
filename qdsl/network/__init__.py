"""Networks: nodes, links, routes, and the order in which qubits can move."""
