"""The backend `jax`: a circuit as a JAX function. `MissingExtra` where JAX is not installed."""

from qdsl.diagnostics.extras import require

require("jax", "simulation")
