"""Machine code for hot loops by the C compiler of the system, where there is one: it takes half a
second for what numba compiles in ten."""
