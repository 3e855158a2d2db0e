"""The backend `jax`: a circuit as a JAX function."""
