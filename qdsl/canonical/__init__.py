"""The canonical form of a circuit: what the pass `canonicalize` is made of."""
