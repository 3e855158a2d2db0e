"""Hashes of the circuits on 8 qubits, version 1 of the suite."""

HASHES = {
    "bv": "4daf3e1f5e56",
    "cuccaro": "d1aa9959400d",
    "czf30": "d3d96772631d",
    "czf50": "7f48eedafbdd",
    "czf90": "fb0a8236fdc7",
    "draper": "d9530b16e460",
    "ghz": "6e2c4acaea93",
    "ghz_star": "cd169b759e97",
    "grover": "d6c3d98a6d32",
    "hea_cz": "f4d5ba183f61",
    "hea_lin": "b7c3c610e5d6",
    "hea_ring": "dc69f1435f28",
    "pauli": "fa453fed63b4",
    "qaoa3": "5563efadd5a9",
    "qaoa4": "f21c465056e7",
    "qft": "4ac6c23a6a63",
    "qv": "cb32eb136440",
    "uccsd": "d31c88b254cf",
    "wstate": "a210e0b8e830",
}
