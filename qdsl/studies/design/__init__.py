"""How good the links and nodes of a network have to be: `qdsl sweep` and `qdsl.sweep`."""
