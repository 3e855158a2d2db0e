"""The pass `canonicalize`, and the rewritings that it is made of."""
